-- kpi: volume
-- definition: volume/1
-- title: Volume
-- unit: mentions (each), authors (author) or stories (story)
-- grain: one row per entity, day of the topic's time zone and weighting over all sources, silent days
--   included; and one per source and channel where there was something
-- formula: each: number of mentions by people (neither owned nor deleted) about the entity; author:
--   number of their distinct authors that day, an unknown author counting as one of its own; story:
--   number of the distinct stories that they tell that day: all copies are one, and so is one without
-- interval: 95 % of a Poisson count by Byar's approximation; it does not speak of what was not covered
-- nulls: null when nothing of the day was answered in full (coverage 0 or unknown), n then holds what was
--   seen all the same; 0 when the day was covered and silent
-- source: listening.ugc; intervals: Breslow and Day 1987
with counted as (
    -- over all sources, and within each source and channel
    select
        entity, day, coalesce(source, 'all') as source, coalesce(channel, 'all') as channel,
        count(*) as mentions, count(distinct voice) as authors, count(distinct story) as stories
    from listening.ugc
    where topic = :topic and published_at >= :since and published_at < :until and day = any(:days)
    group by grouping sets ((entity, day), (entity, day, source, channel))
),
cells as (
    -- silent days have a row too
    select e.entity, d.day, 'all' as source, 'all' as channel
    from listening.dim_entity as e
    cross join unnest(:days) as d (day)
    where e.topic = :topic
    union
    select entity, day, source, channel from counted
)
select
    :topic as topic,
    cells.entity,
    cells.day,
    cells.source,
    cells.channel,
    w.weighting,
    case when covered.coverage > 0 then w.n::float8 end as value,
    w.n,
    case when covered.coverage > 0 then kpi.poisson_low(w.n) end as low,
    case when covered.coverage > 0 then kpi.poisson_high(w.n) end as high,
    covered.coverage,
    'volume/1' as definition
from cells
left join counted using (entity, day, source, channel)
left join kpi.coverage(:topic, :days) as covered using (day, source)
cross join lateral (values
    ('each', coalesce(counted.mentions, 0)),
    ('author', coalesce(counted.authors, 0)),
    ('story', coalesce(counted.stories, 0))
) as w (weighting, n)
