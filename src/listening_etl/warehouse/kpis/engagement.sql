-- kpi: engagement
-- definition: engagement/1
-- title: Engagement
-- unit: likes, replies and reshares
-- grain: one row per entity, day of the topic's time zone and weighting over all sources, and one per
--   source and channel, where there was a mention by people
-- formula: engagement of a mention = likes + replies + reshares of its latest snapshot, hidden ones left
--   out; each: sum over mentions; author: sum of each author's mean that day; rate = sum of engagement /
--   sum of followers, over mentions (authors) where both are known and followers > 0
-- interval: 95 % of a compound Poisson sum: value -+ z * sqrt(sum of squares), not below 0
-- nulls: null when no counter of any mention is known (never 0); n counts the mentions (authors) with a
--   known counter; rate is null when no followers are known
-- source: listening.ugc, fct_engagement; the day is that of the mention, the counters those last seen
with counted as (
    -- one row per mention; unknown is null, and so are no followers at all, by which nothing can be divided
    select
        u.entity, u.day, u.source, u.channel, u.voice, nullif(u.author_followers, 0) as followers,
        case when coalesce(g.likes, g.replies, g.reshares) is not null
            then coalesce(g.likes, 0) + coalesce(g.replies, 0) + coalesce(g.reshares, 0)
        end as engagement
    from listening.ugc as u
    left join lateral listening.latest_engagement(u.mention_id) as g on true
    where u.topic = :topic and u.published_at >= :since and u.published_at < :until and u.day = any(:days)
),
voices as (
    -- one row per author over all sources, and one within each source and channel
    select
        entity, day, coalesce(source, 'all') as source, coalesce(channel, 'all') as channel,
        count(engagement) as n,
        sum(engagement) as total,
        sum(engagement * engagement) as squares,
        sum(engagement) filter (where followers is not null) as rated,
        sum(followers) filter (where engagement is not null) as followers,
        avg(engagement) as mean,
        max(followers) as most_followers
    from counted
    group by grouping sets ((entity, day, voice), (entity, day, source, channel, voice))
),
cells as (
    select
        entity, day, source, channel,
        sum(n)::bigint as n,
        sum(total) as total,
        sum(squares) as squares,
        sum(rated) / sum(followers) as rate,
        count(mean) as authors,
        sum(mean) as authors_total,
        sum(mean * mean) as authors_squares,
        sum(mean) filter (where most_followers is not null)
            / sum(most_followers) filter (where mean is not null) as authors_rate
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
    'engagement/1' as definition,
    w.rate::float8 as rate
from cells
left join kpi.coverage(:topic, :days) as covered using (day, source)
cross join lateral (values
    ('each', n, total, squares, rate),
    ('author', authors, authors_total, authors_squares, authors_rate)
) as w (weighting, n, total, squares, rate)
