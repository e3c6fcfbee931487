-- kpi: net_sentiment
-- definition: net_sentiment/1
-- title: Net sentiment
-- unit: from -1 (all negative) to 1 (all positive)
-- grain: one row per entity, day of the topic's time zone, weighting and formula over all sources, and
--   one per source and channel, where a mention by people was judged
-- formula: nss = (P - N) / (P + N); nss_all = (P - N) / (P + N + U); each: every mention votes 1, 0 or
--   -1; author: every author votes once a day with the mean of those votes (of the polar ones for nss);
--   story: every story does, with the mean of its copies of the day; n = votes in the denominator;
--   positive P, neutral U, negative N and judged always count mentions
-- interval: 95 % adjusted Wald of the mean vote in the manner of Agresti and Min 2005: two votes more, of
--   sum 0 and sum of squares 1, cut to -1 and 1
-- nulls: null when n is 0 (nss where all are neutral); mentions not judged are left out, and there is no
--   row where none is judged
-- source: listening.ugc, listening.chosen_score of the measure sentiment, kpi.vote
with voters as (
    -- one row per mention, author and story over all sources, and one within each source and channel
    select
        entity, day, coalesce(source, 'all') as source, coalesce(channel, 'all') as channel, weighting,
        count(*) filter (where vote = 1) as positive,
        count(*) filter (where vote = 0) as neutral,
        count(*) filter (where vote = -1) as negative
    from listening.ugc
    join listening.chosen_score using (topic, mention_id)
    cross join lateral (select kpi.vote(label, value) as vote) as ballot
    cross join lateral (values
        ('each', mention_id), ('author', voice), ('story', story)
    ) as v (weighting, voter)
    where topic = :topic and published_at >= :since and published_at < :until and day = any(:days)
        and measure = 'sentiment' and vote is not null
    group by grouping sets ((entity, day, weighting, voter), (entity, day, source, channel, weighting, voter))
),
votes as (
    -- the voter's one vote by each formula, beside the mentions that it comes from
    select
        *,
        (positive - negative) / nullif(positive + negative, 0)::numeric as nss,
        (positive - negative) / (positive + neutral + negative)::numeric as nss_all
    from voters
),
cells as (
    select
        entity, day, source, channel, weighting,
        sum(positive)::bigint as positive,
        sum(neutral)::bigint as neutral,
        sum(negative)::bigint as negative,
        count(nss) as nss_n,
        sum(nss) as nss_s1,
        sum(nss * nss) as nss_s2,
        count(nss_all) as all_n,
        sum(nss_all) as all_s1,
        sum(nss_all * nss_all) as all_s2
    from votes
    group by entity, day, source, channel, weighting
)
select
    :topic as topic,
    cells.entity,
    cells.day,
    cells.source,
    cells.channel,
    cells.weighting,
    (f.s1 / nullif(f.n, 0))::float8 as value,
    f.n,
    kpi.vote_low(f.s1, f.s2, f.n) as low,
    kpi.vote_high(f.s1, f.s2, f.n) as high,
    covered.coverage,
    'net_sentiment/1' as definition,
    f.formula,
    positive,
    neutral,
    negative,
    positive + neutral + negative as judged
from cells
left join kpi.coverage(:topic, :days) as covered using (day, source)
cross join lateral (values
    ('nss', nss_n, nss_s1, nss_s2),
    ('nss_all', all_n, all_s1, all_s2)
) as f (formula, n, s1, s2)
