-- kpi: reach
-- definition: reach/1
-- title: Reach (estimate)
-- unit: people; an upper bound, since one person can follow several authors
-- grain: one row per entity, day of the topic's time zone and weighting over all sources, and one per
--   source and channel, where there was a mention by people
-- formula: each: sum over mentions of followers * f, an estimate of impressions; author: sum over
--   authors, each once a day with the most followers seen that day; f falls in a straight line from 0.15
--   at 100,000 followers and below to 0.06 at 10,000,000 and above
-- interval: 95 % of a compound Poisson sum: value -+ z * sqrt(sum of squares), not below 0
-- nulls: null when no follower count is known (never 0); unknown ones are left out, n counts all mentions
--   (authors) and known those with followers
-- source: listening.ugc, fct_mention.author_followers; f: Sprinklr's impressions estimate
with voices as (
    -- one row per author over all sources, and one within each source and channel
    select
        entity, day, coalesce(source, 'all') as source, coalesce(channel, 'all') as channel,
        count(*) as mentions,
        count(seen) as known,
        sum(seen) as total,
        sum(seen * seen) as squares,
        kpi.impressions(max(author_followers)) as once
    from listening.ugc
    cross join lateral (select kpi.impressions(author_followers) as seen) as estimate
    where topic = :topic and published_at >= :since and published_at < :until and day = any(:days)
    group by grouping sets ((entity, day, voice), (entity, day, source, channel, voice))
),
cells as (
    select
        entity, day, source, channel,
        sum(mentions)::bigint as mentions,
        sum(known)::bigint as known,
        sum(total) as total,
        sum(squares) as squares,
        count(*) as authors,
        count(once) as authors_known,
        sum(once) as authors_total,
        sum(once * once) as authors_squares
    from voices
    group by entity, day, source, channel
)
select
    :topic as topic,
    cells.entity,
    cells.day,
    cells.source,
    cells.channel,
    w.weighting,
    w.total::float8 as value,
    w.n,
    kpi.sum_low(w.total, w.squares) as low,
    kpi.sum_high(w.total, w.squares) as high,
    covered.coverage,
    'reach/1' as definition,
    w.known
from cells
left join kpi.coverage(:topic, :days) as covered using (day, source)
cross join lateral (values
    ('each', mentions, known, total, squares),
    ('author', authors, authors_known, authors_total, authors_squares)
) as w (weighting, n, known, total, squares)
