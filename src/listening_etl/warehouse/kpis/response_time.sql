-- kpi: response_time
-- definition: response_time/1
-- title: Response time
-- unit: seconds
-- grain: one row per own entity, day of the topic's time zone on which the mention was published, and
--   weighting over all sources, and one per source and channel, where a mention was answered
-- formula: median, and p90, of the seconds from a mention that was due a reply to the first direct public
--   reply by the entity's own account, over those answered (n); author: the first answered mention of
--   each author and day; the mean is not shown, since one forgotten mention would move it at will
-- interval: 95 % of the median by order statistics: the value of rank n/2 - z/2 * sqrt(n), rounded down,
--   at least 1, and the value of that rank from the other end; below 6 values even the whole range holds
--   the median in less than 95 % of samples
-- nulls: never null; where nothing was answered there is no row; what is still open is not in it, read it
--   beside the response rate
-- source: listening.due; intervals: Campbell and Gardner 1988
with voices as (
    -- one row per author over all sources, and one within each source and channel
    select
        entity, day, coalesce(source, 'all') as source, coalesce(channel, 'all') as channel,
        array_agg(seconds order by published_at, mention_id) as waits
    from listening.due
    cross join lateral (select extract(epoch from answered_at - published_at)::float8 as seconds) as wait
    where topic = :topic and published_at >= :since and published_at < :until and day = any(:days)
        and answered_at is not null
    group by grouping sets ((entity, day, voice), (entity, day, source, channel, voice))
),
cells as (
    select
        v.entity, v.day, v.source, v.channel, w.weighting,
        count(*) as n,
        percentile_cont(0.5) within group (order by w.seconds) as median,
        percentile_cont(0.9) within group (order by w.seconds) as p90,
        array_agg(w.seconds order by w.seconds) as ranked
    from voices as v
    cross join lateral (
        select 'each' as weighting, unnest(v.waits) as seconds
        union all
        select 'author', v.waits[1]
    ) as w
    group by v.entity, v.day, v.source, v.channel, w.weighting
)
select
    :topic as topic,
    cells.entity,
    cells.day,
    cells.source,
    cells.channel,
    cells.weighting,
    cells.median as value,
    cells.n,
    cells.ranked[kpi.median_low_rank(cells.n)] as low,
    cells.ranked[kpi.median_high_rank(cells.n)] as high,
    covered.coverage,
    'response_time/1' as definition,
    cells.p90
from cells
left join kpi.coverage(:topic, :days) as covered using (day, source)
