-- Functions and views that the KPI files share, and the views that people read.
-- Idempotent: run after every migration. All intervals are 95 % intervals; the same formulas, for numpy, are
-- in statistics/intervals.py, and a test holds both against each other. Sums are taken in numeric, so that a
-- figure does not depend on the order of the rows.

-- ------------------------------------------------------------------------------------------ intervals

create or replace function kpi.z() returns float8
language sql immutable parallel safe
return 1.959963984540054;
comment on function kpi.z() is '97.5 % point of the normal distribution: two-sided 95 % intervals.';

create or replace function kpi.wilson_low(k bigint, n bigint) returns float8
language sql immutable parallel safe
return case when n > 0 then greatest(0, least(k::float8 / n,
    (k + kpi.z() ^ 2 / 2 - kpi.z() * sqrt(k::float8 * (n - k) / n + kpi.z() ^ 2 / 4)) / (n + kpi.z() ^ 2)
)) end;
comment on function kpi.wilson_low(bigint, bigint) is
    'Lower end of the Wilson score interval (1927) of the proportion k / n; null when n is 0.';

create or replace function kpi.wilson_high(k bigint, n bigint) returns float8
language sql immutable parallel safe
return case when n > 0 then least(1, greatest(k::float8 / n,
    (k + kpi.z() ^ 2 / 2 + kpi.z() * sqrt(k::float8 * (n - k) / n + kpi.z() ^ 2 / 4)) / (n + kpi.z() ^ 2)
)) end;
comment on function kpi.wilson_high(bigint, bigint) is
    'Upper end of the Wilson score interval (1927) of the proportion k / n; null when n is 0.';

create or replace function kpi.poisson_low(n bigint) returns float8
language sql immutable parallel safe
return case when n > 0 then n * (1 - 1 / (9 * n::float8) - kpi.z() / (3 * sqrt(n::float8))) ^ 3 else n end;
comment on function kpi.poisson_low(bigint) is
    'Lower end of the interval of a Poisson count, by Byar''s approximation (Breslow and Day 1987); 0 when n is 0.';

create or replace function kpi.poisson_high(n bigint) returns float8
language sql immutable parallel safe
return (n + 1) * (1 - 1 / (9 * (n + 1)::float8) + kpi.z() / (3 * sqrt((n + 1)::float8))) ^ 3;
comment on function kpi.poisson_high(bigint) is
    'Upper end of the interval of a Poisson count, by Byar''s approximation (Breslow and Day 1987).';

create or replace function kpi.sum_low(total numeric, squares numeric) returns float8
language sql immutable parallel safe
return case when total is not null then greatest(0, total::float8 - kpi.z() * sqrt(squares::float8)) end;
comment on function kpi.sum_low(numeric, numeric) is
    'Lower end, never below 0, of the interval of a compound Poisson sum: total - z sqrt(sum of the squares).';

create or replace function kpi.sum_high(total numeric, squares numeric) returns float8
language sql immutable parallel safe
return total::float8 + kpi.z() * sqrt(squares::float8);
comment on function kpi.sum_high(numeric, numeric) is
    'Upper end of the interval of a compound Poisson sum: total + z sqrt(sum of the squares).';

create or replace function kpi.vote_low(s1 numeric, s2 numeric, n bigint) returns float8
language sql immutable parallel safe
return case when n > 0 then greatest(-1,
    s1::float8 / (n + 2)
    - kpi.z() * sqrt(((s2::float8 + 1) / (n + 2) - (s1::float8 / (n + 2)) ^ 2) / (n + 2))
) end;
comment on function kpi.vote_low(numeric, numeric, bigint) is
    'Lower end of the interval of the mean of n votes from -1 to 1, from their sum s1 and sum of squares s2: adjusted Wald in the manner of Agresti and Min (2005), that is with two votes more, of sum 0 and sum of squares 1; null when n is 0.';

create or replace function kpi.vote_high(s1 numeric, s2 numeric, n bigint) returns float8
language sql immutable parallel safe
return case when n > 0 then least(1,
    s1::float8 / (n + 2)
    + kpi.z() * sqrt(((s2::float8 + 1) / (n + 2) - (s1::float8 / (n + 2)) ^ 2) / (n + 2))
) end;
comment on function kpi.vote_high(numeric, numeric, bigint) is
    'Upper end of the interval of the mean of n votes from -1 to 1; see kpi.vote_low.';

create or replace function kpi.median_low_rank(n bigint) returns bigint
language sql immutable parallel safe
return greatest(1, floor(n / 2::float8 - kpi.z() / 2 * sqrt(n::float8)))::bigint;
comment on function kpi.median_low_rank(bigint) is
    'Rank, from 1, of the value at the lower end of the interval of a median of n values: n / 2 - z / 2 sqrt(n), rounded down, at least 1 (Campbell and Gardner 1988).';

create or replace function kpi.median_high_rank(n bigint) returns bigint
language sql immutable parallel safe
return n + 1 - kpi.median_low_rank(n);
comment on function kpi.median_high_rank(bigint) is
    'Rank, from 1, of the value at the upper end of the interval of a median of n values: the lower one counted from the other end.';

-- -------------------------------------------------------------------------------------------- figures

create or replace function kpi.impressions(followers bigint) returns numeric
language sql immutable parallel safe
return followers
    * (0.15 - 0.09 * (least(greatest(followers, 100000), 10000000) - 100000) / 9900000.0);
comment on function kpi.impressions(bigint) is
    'Estimate of how many followers see a mention: 15 % of them up to 100,000 followers, falling in a straight line to 6 % at 10,000,000 and above; null when followers are unknown.';

create or replace function kpi.vote(label text, value float8) returns integer
language sql immutable parallel safe
return case
    when label = 'positive' then 1
    when label = 'neutral' then 0
    when label = 'negative' then -1
    when value >= 0.05 then 1
    when value <= -0.05 then -1
    when value is not null then 0
end;
comment on function kpi.vote(text, float8) is
    'Vote of a sentiment score: 1, 0 or -1 by its label; without one by its value, neutral inside +-0.05 (Hutto and Gilbert 2014); null when not judged.';

create or replace function kpi.answered(of_topic text, since timestamptz, until timestamptz)
returns table (source text, complete tstzmultirange)
language sql stable parallel safe
as $$
    with asked as (
        select
            c.source,
            coalesce(range_agg(tstzrange(c.since, c.until)) filter (where c.state = 'complete'), '{}') as done,
            coalesce(
                range_agg(tstzrange(c.since, c.until)) filter (where c.state in ('gap', 'lost') and c.query = any(q.now)), '{}'
            ) as missed
        from ops.coverage as c
        cross join lateral (
            select coalesce(array_agg(n.query), array[c.query]) as now
            from ops.asked as n
            where n.topic = c.topic and n.source = c.source
        ) as q
        where c.topic = of_topic and c.state <> 'recheck'
        group by c.source, c.query
    )
    select a.source, (range_agg(a.done) - range_agg(a.missed - a.done)) * tstzmultirange(tstzrange(since, until))
    from asked as a
    group by a.source
$$;
comment on function kpi.answered(text, timestamptz, timestamptz) is
    'When each source that was ever asked answered in full, by the ledger ops.coverage: what some query brought, less what another, of those asked today, asked for in vain. Slices that meet become one range.';

create or replace function kpi.coverage(of_topic text, of_days date[])
returns table (day date, source text, coverage float8)
language sql stable parallel safe
as $$
    with asked as (
        -- the part of each day that was asked for: since the topic's start, before its horizon
        select
            d.day,
            greatest(d.day::timestamp at time zone t.timezone, t.since) as since,
            least((d.day + 1)::timestamp at time zone t.timezone, h.horizon) as until
        from listening.dim_topic as t
        cross join (select distinct unnest(of_days) as day) as d
        cross join (
            select max(c.until) as horizon from ops.coverage as c where c.topic = of_topic and c.state <> 'recheck'
        ) as h
        where t.topic = of_topic
    ),
    answered as (
        select n.source, n.complete
        from kpi.answered(
            of_topic, (select min(a.since) from asked as a), (select max(a.until) from asked as a)
        ) as n
    ),
    shares as (
        select
            a.day,
            s.source,
            (
                select coalesce(sum(extract(epoch from upper(r.part) - lower(r.part))), 0)
                from unnest(s.complete * tstzmultirange(tstzrange(a.since, a.until))) as r (part)
            ) / extract(epoch from a.until - a.since) as share
        from asked as a
        cross join answered as s
        where a.since < a.until
    )
    select h.day, h.source, round(h.share, 12)::float8 from shares as h
    union all
    select h.day, 'all', round(avg(h.share), 12)::float8 from shares as h group by h.day
$$;
comment on function kpi.coverage(text, date[]) is
    'Share of each day, 0 to 1, that each source answered in full by the ledger ops.coverage, and under the name all the mean over the sources that were ever asked. Counts the part of the day since the topic''s start and before its horizon (the end of the latest slice); no row where there is no such part. It does not matter how the window was cut into slices.';

-- ---------------------------------------------------------------------------------------------- views

create or replace view listening.ugc as
select
    b.topic,
    b.entity,
    e.role,
    m.mention_id,
    (m.published_at at time zone t.timezone)::date as day,
    m.published_at,
    m.source,
    m.channel,
    m.author_key,
    m.author_followers,
    coalesce(m.author_key, m.mention_id) as voice,
    b.match,
    coalesce(s.story_id, m.mention_id) as story
from listening.bridge_mention_entity as b
join listening.dim_topic as t on t.topic = b.topic
join listening.dim_entity as e on e.topic = b.topic and e.entity = b.entity
join listening.fct_mention as m on m.mention_id = b.mention_id
left join listening.bridge_mention_story as s on s.topic = b.topic and s.mention_id = b.mention_id
where not b.owned and b.match <> 'context' and m.deleted_at is null;
comment on view listening.ugc is
    'What people say of each entity: one row per topic, entity and mention, without the brand''s own, the deleted, and the context of threads. Every KPI rests on it.';
comment on column listening.ugc.topic is 'topic';
comment on column listening.ugc.entity is 'entity that the mention is about';
comment on column listening.ugc.role is 'role of the entity: own, competitor, category or best_in_class';
comment on column listening.ugc.mention_id is 'mention';
comment on column listening.ugc.day is 'day of publication in the topic''s time zone';
comment on column listening.ugc.published_at is 'when it was published; filter on it as well as on day, to read only the months needed';
comment on column listening.ugc.source is 'where it comes from, see dim_source';
comment on column listening.ugc.channel is 'social, web, review, email, store, call, survey or crm';
comment on column listening.ugc.author_key is 'who wrote it, by pseudonym; null: unknown';
comment on column listening.ugc.author_followers is 'followers of the author when fetched; null: unknown';
comment on column listening.ugc.voice is 'author_key, or mention_id where the author is unknown: who counts one where authors are counted';
comment on column listening.ugc.match is 'how we know that it is about the entity: reply, tagged, hashtag, declared or named';
comment on column listening.ugc.story is 'story that it is a copy of, or mention_id where it is alone: what counts one where stories are counted';

create or replace view listening.due as
select
    u.topic,
    u.entity,
    u.mention_id,
    u.day,
    u.published_at,
    u.source,
    u.channel,
    u.author_key,
    u.voice,
    first.answered_at
from listening.ugc as u
cross join lateral (
    select min(r.published_at) as answered_at
    from listening.fct_link as l
    join listening.bridge_mention_entity as b
        on b.topic = u.topic and b.mention_id = l.mention_id and b.entity = u.entity and b.match = 'author'
    join listening.fct_mention as r
        on r.mention_id = l.mention_id and r.published_at > u.published_at and r.deleted_at is null
    where l.other_id = u.mention_id and l.kind = 'reply'
) as first
where u.role = 'own' and u.match in ('reply', 'tagged');
comment on view listening.due is
    'Mentions addressed to the brand (a reply to its account, or tagging it), which are due a reply, and when they got one.';
comment on column listening.due.topic is 'topic';
comment on column listening.due.entity is 'own entity that is addressed';
comment on column listening.due.mention_id is 'mention';
comment on column listening.due.day is 'day of publication in the topic''s time zone';
comment on column listening.due.published_at is 'when it was published';
comment on column listening.due.source is 'where it comes from, see dim_source';
comment on column listening.due.channel is 'social, web, review, email, store, call, survey or crm';
comment on column listening.due.author_key is 'who wrote it, by pseudonym; null: unknown';
comment on column listening.due.voice is 'author_key, or mention_id where the author is unknown: who counts one where authors are counted';
comment on column listening.due.answered_at is
    'publication of the first direct public reply by the entity''s own account that was not deleted; null: none that we know of';

create or replace function listening.latest_engagement(of_mention uuid) returns setof listening.fct_engagement
language sql stable parallel safe rows 1
as $$
    select g.*
    from listening.fct_engagement as g
    where g.mention_id = of_mention
    order by g.fetched_at desc
    limit 1
$$;
comment on function listening.latest_engagement(uuid) is 'Latest snapshot of the counters of a mention; no row when there is none.';

create or replace view listening.chosen_score as
select s.topic, s.mention_id, s.measure, s.scorer, s.version, s.label, s.value, s.confidence, s.detail
from listening.fct_score as s
join listening.dim_measure as c on c.topic = s.topic and c.measure = s.measure and c.scorer = s.scorer;
comment on view listening.chosen_score is
    'What the scorer that the settings chose for a measure says of each mention; at most one row per topic, mention and measure.';
comment on column listening.chosen_score.topic is 'topic';
comment on column listening.chosen_score.mention_id is 'mention';
comment on column listening.chosen_score.measure is 'what is measured: sentiment, addressed, language, …';
comment on column listening.chosen_score.scorer is 'who measured';
comment on column listening.chosen_score.version is 'version of the scorer and its model';
comment on column listening.chosen_score.label is 'label, on a scale of names; null: not judged';
comment on column listening.chosen_score.value is 'number, on a scale of numbers; null: not judged';
comment on column listening.chosen_score.confidence is '0 to 1; null where the scorer has none';
comment on column listening.chosen_score.detail is 'components or evidence';

create or replace view listening.mention as
select
    about.topic,
    m.mention_id,
    (m.published_at at time zone t.timezone)::date as day,
    m.published_at,
    m.source,
    m.channel,
    m.kind,
    m.site,
    m.url,
    m.title,
    m.text,
    m.lang,
    m.lang_declared,
    about.entities,
    about.owned,
    sentiment.label as sentiment,
    sentiment.value as sentiment_value,
    sentiment.confidence as sentiment_confidence,
    addressed.label as addressed,
    latest.likes,
    latest.replies,
    latest.reshares,
    latest.views,
    latest.fetched_at as counted_at,
    m.rating,
    m.rating_scale,
    m.author_key,
    coalesce(m.author_followers, a.followers) as followers,
    a.verified,
    a.influence,
    m.hashtags,
    p.name as place,
    m.lat,
    m.lon,
    m.native_id,
    m.in_reply_to,
    m.conversation_id,
    m.updated_at,
    m.fetched_at,
    about.context,
    s.story_id as story
from listening.fct_mention as m
cross join lateral (
    select
        b.topic, array_agg(b.entity order by b.entity) as entities, bool_or(b.owned) as owned,
        bool_and(b.match = 'context') as context
    from listening.bridge_mention_entity as b
    where b.mention_id = m.mention_id
    group by b.topic
) as about
join listening.dim_topic as t on t.topic = about.topic
left join listening.chosen_score as sentiment
    on sentiment.topic = about.topic and sentiment.mention_id = m.mention_id and sentiment.measure = 'sentiment'
left join listening.chosen_score as addressed
    on addressed.topic = about.topic and addressed.mention_id = m.mention_id and addressed.measure = 'addressed'
left join lateral listening.latest_engagement(m.mention_id) as latest on true
left join listening.dim_author as a on a.author_key = m.author_key
left join listening.dim_place as p on p.place_id = m.place_id
left join listening.bridge_mention_story as s on s.topic = about.topic and s.mention_id = m.mention_id
where m.deleted_at is null;
comment on view listening.mention is
    'Everything about a mention in one row per topic, for people and their tools; mentions that were deleted are left out. Filter on published_at: it reads only the months needed.';
comment on column listening.mention.topic is 'topic';
comment on column listening.mention.mention_id is 'mention, the key of every other table';
comment on column listening.mention.day is 'day of publication in the topic''s time zone';
comment on column listening.mention.published_at is 'when it was published';
comment on column listening.mention.source is 'where it comes from, see dim_source';
comment on column listening.mention.channel is 'social, web, review, email, store, call, survey or crm';
comment on column listening.mention.kind is 'post, comment, reply, review, article, message, note, survey or call';
comment on column listening.mention.site is 'host of the url, without www; null: no url';
comment on column listening.mention.url is 'link to it; null where the link names its author';
comment on column listening.mention.title is 'title, masked; null: none';
comment on column listening.mention.text is 'text, masked; null: none';
comment on column listening.mention.lang is 'language detected, ISO 639-1; null: undetermined';
comment on column listening.mention.lang_declared is 'language that the platform states, BCP 47; null: not stated';
comment on column listening.mention.entities is 'entities that it is about, in alphabetical order';
comment on column listening.mention.owned is 'written by an account of one of the topic''s entities: outside most KPIs';
comment on column listening.mention.context is 'about none of them itself, but in a thread with a mention that is: outside every KPI';
comment on column listening.mention.sentiment is 'sentiment by the chosen scorer: positive, neutral or negative; null: not judged, or the scorer gives only a value';
comment on column listening.mention.sentiment_value is 'sentiment by the chosen scorer, -1 to 1; null: not judged, or the scorer gives only a label';
comment on column listening.mention.sentiment_confidence is 'confidence of that sentiment, 0 to 1; null: the scorer has none';
comment on column listening.mention.addressed is 'whom it addresses, by the chosen scorer; null: not judged';
comment on column listening.mention.likes is 'likes at counted_at; null: hidden or never counted';
comment on column listening.mention.replies is 'replies at counted_at; null: hidden or never counted';
comment on column listening.mention.reshares is 'reshares at counted_at; null: hidden or never counted';
comment on column listening.mention.views is 'views at counted_at; null: hidden or never counted';
comment on column listening.mention.counted_at is 'time of the latest snapshot of the counters; null: never counted';
comment on column listening.mention.rating is 'rating given, in units of rating_scale; null: none';
comment on column listening.mention.rating_scale is 'best possible rating; null: no rating';
comment on column listening.mention.author_key is 'who wrote it, by pseudonym; null: unknown';
comment on column listening.mention.followers is 'followers of the author when fetched, or else last seen; null: unknown';
comment on column listening.mention.verified is 'author verified by the platform; null: unknown';
comment on column listening.mention.influence is 'how far this author''s mentions travel, 0 to 1 within the platform; null: not judged';
comment on column listening.mention.hashtags is 'hashtags without #, lower case';
comment on column listening.mention.place is 'place that it names; null: none';
comment on column listening.mention.lat is 'latitude, degrees, WGS 84; null: unknown';
comment on column listening.mention.lon is 'longitude, degrees, WGS 84; null: unknown';
comment on column listening.mention.native_id is 'id within the source; a keyed hash where that names an account';
comment on column listening.mention.in_reply_to is 'native id of the mention it answers; null: none';
comment on column listening.mention.conversation_id is 'thread within the source; null: unknown';
comment on column listening.mention.updated_at is 'last edit; null: none that the platform tells of';
comment on column listening.mention.fetched_at is 'when we last received this version';
comment on column listening.mention.story is 'mention_id of the first copy of it, see listening.story; null: it has no copies';

create or replace view ops.funnel as
with ledger as (
    select
        c.topic,
        c.source,
        sum(c.rows)::bigint as received,
        sum(c.malformed)::bigint as malformed,
        sum(c.skipped)::bigint as skipped,
        sum(c.outside)::bigint as outside,
        sum(c.deletions)::bigint as deletions,
        sum(c.unmatched)::bigint as unmatched,
        sum(c.filtered)::bigint as filtered,
        sum(c.opted_out)::bigint as opted_out,
        sum(c.duplicates)::bigint as duplicates,
        sum(c.quarantined)::bigint as quarantined,
        sum(c.mentions)::bigint as kept
    from ops.coverage as c
    group by c.topic, c.source
),
by_filter as (
    select c.topic, c.source, f.rule, sum(f.records::bigint)::bigint as records
    from ops.coverage as c
    cross join lateral jsonb_each_text(c.filtered_by) as f (rule, records)
    group by c.topic, c.source, f.rule
),
not_told as (
    select l.topic, l.source, l.filtered - coalesce(sum(f.records), 0)::bigint as records
    from ledger as l
    left join by_filter as f on f.topic = l.topic and f.source = l.source
    group by l.topic, l.source, l.filtered
)
select l.topic, l.source, s.place, s.step, null::text as rule, s.records
from ledger as l
cross join lateral (
    values
    (1, 'received', l.received), (2, 'malformed', l.malformed), (3, 'skipped', l.skipped), (4, 'outside', l.outside),
    (5, 'deletions', l.deletions), (6, 'unmatched', l.unmatched), (8, 'opted_out', l.opted_out),
    (9, 'duplicates', l.duplicates), (10, 'quarantined', l.quarantined), (11, 'kept', l.kept)
) as s (place, step, records)
union all
select f.topic, f.source, 7, 'filter', f.rule, f.records from by_filter as f
union all
select n.topic, n.source, 7, 'filter', '(not recorded)', n.records from not_told as n where n.records <> 0;
comment on view ops.funnel is
    'The funnel by the ledger ops.coverage: what each source brought, what each step and each filter took of it, and what was kept. What was received is the sum of all other rows of its source. Order by place, then by rule.';
comment on column ops.funnel.topic is 'topic';
comment on column ops.funnel.source is 'source, by its name in the settings';
comment on column ops.funnel.place is 'place of the step, from 1; the filters share one';
comment on column ops.funnel.step is
    'received; taken away: malformed, skipped, outside, deletions, unmatched, filter, opted_out, duplicates, quarantined; kept';
comment on column ops.funnel.rule is
    'name of the filter, or (not recorded) where the ledger does not say which; null: the step is no filter';
comment on column ops.funnel.records is 'how many records';
