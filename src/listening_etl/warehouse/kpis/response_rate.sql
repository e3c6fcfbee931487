-- kpi: response_rate
-- definition: response_rate/1
-- title: Response rate
-- unit: proportion, 0 to 1
-- grain: one row per own entity, day of the topic's time zone on which the mention was published, and
--   weighting over all sources, and one per source and channel, where a mention was due a reply
-- formula: answered / n; each: n = mentions by people that reply to the entity's account or tag it,
--   answered = those with a direct public reply by that account, published later, at any time; author:
--   authors that day, answered if any of their mentions of the day was
-- interval: 95 % Wilson score interval of answered out of n
-- nulls: never null; where nothing was due a reply there is no row
-- source: listening.due; only replies that the sources brought count, private ones do not; Wilson 1927
with voices as (
    -- one row per author over all sources, and one within each source and channel
    select
        entity, day, coalesce(source, 'all') as source, coalesce(channel, 'all') as channel,
        count(*) as due,
        count(answered_at) as answered
    from listening.due
    where topic = :topic and published_at >= :since and published_at < :until and day = any(:days)
    group by grouping sets ((entity, day, voice), (entity, day, source, channel, voice))
),
cells as (
    select
        entity, day, source, channel,
        sum(due)::bigint as due,
        sum(answered)::bigint as answered,
        count(*) as authors,
        count(*) filter (where answered > 0) as authors_answered
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
    w.answered::float8 / w.n as value,
    w.n,
    kpi.wilson_low(w.answered, w.n) as low,
    kpi.wilson_high(w.answered, w.n) as high,
    covered.coverage,
    'response_rate/1' as definition,
    w.answered
from cells
left join kpi.coverage(:topic, :days) as covered using (day, source)
cross join lateral (values
    ('each', due, answered),
    ('author', authors, authors_answered)
) as w (weighting, n, answered)
