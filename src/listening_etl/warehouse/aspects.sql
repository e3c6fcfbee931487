-- Views on what people say about aspects of an entity.
-- Idempotent: run after every migration, after functions.sql.

create or replace view listening.aspect_vote as
select
    u.topic,
    u.entity,
    a.aspect,
    u.mention_id,
    u.day,
    u.published_at,
    u.source,
    u.channel,
    u.voice,
    avg(kpi.vote(a.label, a.value)) as vote,
    count(*) as clauses
from listening.fct_aspect as a
join listening.ugc as u on u.topic = a.topic and u.mention_id = a.mention_id and u.entity = a.entity
group by u.topic, u.entity, a.aspect, u.mention_id, u.day, u.published_at, u.source, u.channel, u.voice;
comment on view listening.aspect_vote is
    'What each mention says of each aspect of an entity: one row per topic, entity, aspect and mention that names it. The brand''s own, the deleted and the context of threads are left out.';
comment on column listening.aspect_vote.topic is 'topic';
comment on column listening.aspect_vote.entity is 'entity whose aspect it is';
comment on column listening.aspect_vote.aspect is 'aspect, by its name in the settings';
comment on column listening.aspect_vote.mention_id is 'mention';
comment on column listening.aspect_vote.day is 'day of publication in the topic''s time zone';
comment on column listening.aspect_vote.published_at is 'when it was published';
comment on column listening.aspect_vote.source is 'where it comes from, see dim_source';
comment on column listening.aspect_vote.channel is 'social, web, review, email, store, call, survey or crm';
comment on column listening.aspect_vote.voice is 'author_key, or mention_id where the author is unknown';
comment on column listening.aspect_vote.vote is
    'mean over its clauses on the aspect, of 1 (positive), 0 and -1 (negative); null: none was judged';
comment on column listening.aspect_vote.clauses is 'clauses that name the aspect';

create or replace view listening.aspect_sentiment as
with voices as (
    -- an author's one vote a day: the mean of their mentions'
    select v.topic, v.day, v.entity, v.aspect, v.voice, avg(v.vote) as vote
    from listening.aspect_vote as v
    group by v.topic, v.day, v.entity, v.aspect, v.voice
),
authors as (
    select
        v.topic,
        v.day,
        v.entity,
        v.aspect,
        count(*) as n_authors,
        count(v.vote) as n,
        sum(v.vote) as s1,
        sum(v.vote * v.vote) as s2
    from voices as v
    group by v.topic, v.day, v.entity, v.aspect
),
mentions as (
    select
        v.topic,
        v.day,
        v.entity,
        v.aspect,
        count(*) as n,
        count(v.vote) as judged,
        count(*) filter (where v.vote > 0) as positive,
        count(*) filter (where v.vote = 0) as neutral,
        count(*) filter (where v.vote < 0) as negative,
        sum(v.vote) as s1,
        sum(v.vote * v.vote) as s2
    from listening.aspect_vote as v
    group by v.topic, v.day, v.entity, v.aspect
)
select
    m.topic,
    m.day,
    m.entity,
    m.aspect,
    m.n,
    a.n_authors,
    m.judged,
    m.positive,
    m.neutral,
    m.negative,
    round(m.s1 / nullif(m.judged, 0), 12)::float8 as net,
    kpi.vote_low(m.s1, m.s2, m.judged) as low,
    kpi.vote_high(m.s1, m.s2, m.judged) as high,
    round(a.s1 / nullif(a.n, 0), 12)::float8 as net_by_author,
    kpi.vote_low(a.s1, a.s2, a.n) as low_by_author,
    kpi.vote_high(a.s1, a.s2, a.n) as high_by_author
from mentions as m
join authors as a on a.topic = m.topic and a.day = m.day and a.entity = m.entity and a.aspect = m.aspect;
comment on view listening.aspect_sentiment is
    'Sentiment of each aspect of each entity: one row per topic, day, entity and aspect with a mention. Net is the mean vote of those judged, neutral included, as nss_all of kpi.net_sentiment; intervals are its 95 % adjusted Wald intervals of a mean vote (Agresti and Min 2005). Once with every mention one vote, once with every author one a day.';
comment on column listening.aspect_sentiment.topic is 'topic';
comment on column listening.aspect_sentiment.day is 'day of publication in the topic''s time zone';
comment on column listening.aspect_sentiment.entity is 'entity whose aspect it is';
comment on column listening.aspect_sentiment.aspect is 'aspect, by its name in the settings';
comment on column listening.aspect_sentiment.n is 'mentions that name it';
comment on column listening.aspect_sentiment.n_authors is 'different authors of these; an unknown author counts as one of its own';
comment on column listening.aspect_sentiment.judged is 'mentions whose sentiment on it was judged';
comment on column listening.aspect_sentiment.positive is 'mentions whose clauses on it are positive on the whole';
comment on column listening.aspect_sentiment.neutral is 'mentions whose clauses on it are neutral, or balance';
comment on column listening.aspect_sentiment.negative is 'mentions whose clauses on it are negative on the whole';
comment on column listening.aspect_sentiment.net is 'mean vote of those judged, -1 to 1; null: none was';
comment on column listening.aspect_sentiment.low is 'lower end of its 95 % interval';
comment on column listening.aspect_sentiment.high is 'upper end of its 95 % interval';
comment on column listening.aspect_sentiment.net_by_author is 'the same with every author one vote a day, the mean of theirs';
comment on column listening.aspect_sentiment.low_by_author is 'lower end of its 95 % interval';
comment on column listening.aspect_sentiment.high_by_author is 'upper end of its 95 % interval';
