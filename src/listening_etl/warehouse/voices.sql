-- Views on who speaks: the ordinary voice beside the loud one, and figures split by kinds of authors.
-- Idempotent: run after every migration, after functions.sql.

create or replace view listening.voice as
with in_topic as (
    select u.topic, u.voice, count(distinct u.mention_id) as mentions
    from listening.ugc as u
    group by u.topic, u.voice
),
about as (
    select
        u.topic,
        u.entity,
        u.voice,
        u.author_key,
        count(*) as mentions,
        sum(count(*)) over (partition by u.topic, u.entity) as of_entity,
        min(u.published_at) as first_published_at,
        max(u.published_at) as last_published_at
    from listening.ugc as u
    group by u.topic, u.entity, u.voice, u.author_key
)
select
    b.topic,
    b.entity,
    b.voice,
    b.author_key,
    coalesce(a.kind, 'unknown') as kind,
    a.influence,
    b.mentions,
    round(b.mentions / b.of_entity, 12)::float8 as share,
    t.mentions as topic_mentions,
    case when b.author_key is not null then t.mentions = 1 end as is_one_time,
    case when b.author_key is not null then b.mentions >= 10 and b.mentions > 0.05 * b.of_entity end as is_superposter,
    b.first_published_at,
    b.last_published_at
from about as b
join in_topic as t on t.topic = b.topic and t.voice = b.voice
left join listening.dim_author as a on a.author_key = b.author_key;
comment on view listening.voice is
    'Who speaks of each entity, and how much of it: one row per topic, entity and voice, over all days. An unknown author is a voice of their own for each mention. The brand''s own, the deleted and the context of threads are left out.';
comment on column listening.voice.topic is 'topic';
comment on column listening.voice.entity is 'entity that they speak of';
comment on column listening.voice.voice is 'author_key, or mention_id where the author is unknown';
comment on column listening.voice.author_key is 'who it is, by pseudonym; null: unknown';
comment on column listening.voice.kind is 'consumer, specialist, media, brand, employee, bot, or unknown: no rule could tell, or the author is unknown';
comment on column listening.voice.influence is 'how far this author''s mentions travel, 0 to 1 within the platform; null: not judged';
comment on column listening.voice.mentions is 'mentions of the entity by this voice';
comment on column listening.voice.share is 'their share of all mentions of the entity, 0 to 1; sums to 1 over its voices';
comment on column listening.voice.topic_mentions is 'mentions of any entity of the topic by this voice, each counted once';
comment on column listening.voice.is_one_time is
    'has spoken once in the whole topic; null: the author is unknown, and may have spoken again';
comment on column listening.voice.is_superposter is
    'wrote at least 10 mentions of the entity, and more than 5 % of all; null: the author is unknown';
comment on column listening.voice.first_published_at is 'their first mention of the entity';
comment on column listening.voice.last_published_at is 'their latest mention of the entity';

create or replace view listening.volume_by_kind as
select
    u.topic,
    u.entity,
    u.day,
    coalesce(a.kind, 'unknown') as kind,
    count(*) as mentions,
    count(distinct u.voice) as authors
from listening.ugc as u
left join listening.dim_author as a on a.author_key = u.author_key
group by u.topic, u.entity, u.day, coalesce(a.kind, 'unknown');
comment on view listening.volume_by_kind is
    'Volume split by kinds of authors: one row per topic, entity, day and kind with mentions. Mentions and authors add up to n of kpi.volume over all sources, weighting each and author. Filter on day, of the topic''s time zone.';
comment on column listening.volume_by_kind.topic is 'topic';
comment on column listening.volume_by_kind.entity is 'entity that the mentions are about';
comment on column listening.volume_by_kind.day is 'day of publication in the topic''s time zone';
comment on column listening.volume_by_kind.kind is 'consumer, specialist, media, brand, employee, bot, or unknown: no rule could tell, or the author is unknown';
comment on column listening.volume_by_kind.mentions is 'mentions by authors of that kind';
comment on column listening.volume_by_kind.authors is 'different authors of that kind; an unknown author counts as one of its own';
