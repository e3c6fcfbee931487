-- kpi: share_of_voice
-- definition: share_of_voice/1
-- title: Share of voice
-- unit: proportion, 0 to 1
-- grain: one row per own or competitor entity, day of the topic's time zone and weighting over all
--   sources, and one per source and channel, where any of these entities was mentioned by people
-- formula: mentions of the entity / sum of the mentions of the own and competitor entities in the same
--   day, source, channel and weighting (n); author: distinct authors that day instead of mentions; story:
--   distinct stories; what is about two entities counts for both; sums to 1 over the entities
-- interval: 95 % Wilson score interval of mentions out of n
-- nulls: never null; where nobody mentioned any of the entities there is no row
-- source: listening.ugc; intervals: Wilson 1927
with counted as (
    -- over all sources, and within each source and channel
    select
        entity, day, coalesce(source, 'all') as source, coalesce(channel, 'all') as channel,
        count(*) as mentions, count(distinct voice) as authors, count(distinct story) as stories
    from listening.ugc
    where topic = :topic and published_at >= :since and published_at < :until and day = any(:days)
        and role in ('own', 'competitor')
    group by grouping sets ((entity, day), (entity, day, source, channel))
),
compared as (
    select
        day, source, channel,
        sum(mentions)::bigint as mentions, sum(authors)::bigint as authors, sum(stories)::bigint as stories
    from counted
    group by day, source, channel
)
select
    :topic as topic,
    e.entity,
    compared.day,
    compared.source,
    compared.channel,
    w.weighting,
    w.mentions::float8 / w.n as value,
    w.n,
    kpi.wilson_low(w.mentions, w.n) as low,
    kpi.wilson_high(w.mentions, w.n) as high,
    covered.coverage,
    'share_of_voice/1' as definition,
    w.mentions
from compared
join listening.dim_entity as e on e.topic = :topic and e.role in ('own', 'competitor')
left join counted using (entity, day, source, channel)
left join kpi.coverage(:topic, :days) as covered using (day, source)
cross join lateral (values
    ('each', coalesce(counted.mentions, 0), compared.mentions),
    ('author', coalesce(counted.authors, 0), compared.authors),
    ('story', coalesce(counted.stories, 0), compared.stories)
) as w (weighting, mentions, n)
