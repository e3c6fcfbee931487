-- How mentions spread: how fast they are growing, and in what shape. Then what a mention weighs.
-- Idempotent: run after every migration, after functions.sql. Everything is worked out mention by mention, so
-- that asking for a day reads the snapshots of that day's mentions and no others.

-- --------------------------------------------------------------------------------------------- growth

create or replace function listening.growth(of_mention uuid)
returns table (
    snapshots bigint, first_counted_at timestamptz, last_counted_at timestamptz, engagement bigint, velocity float8,
    peak_velocity float8, doubling_time_hours float8, doubling_fit float8
)
language sql stable parallel safe rows 1
as $$
    with shown as (
        -- a counter that is hidden today and shown tomorrow is no growth: only like is compared with like
        select
            g.fetched_at,
            coalesce(g.likes, 0) + coalesce(g.replies, 0) + coalesce(g.reshares, 0) as engagement,
            (g.likes is null)::int + 2 * (g.replies is null)::int + 4 * (g.reshares is null)::int as hidden,
            last_value((g.likes is null)::int + 2 * (g.replies is null)::int + 4 * (g.reshares is null)::int) over whole
                as hidden_now,
            g.fetched_at = last_value(g.fetched_at) over whole as is_last
        from listening.fct_engagement as g
        where g.mention_id = of_mention and num_nonnulls(g.likes, g.replies, g.reshares) > 0
        window whole as (order by g.fetched_at rows between unbounded preceding and unbounded following)
    ),
    moved as (
        -- over less than ten minutes, one like more would look like a flood
        select
            s.fetched_at,
            s.engagement,
            s.is_last,
            (s.engagement - last_value(s.engagement) over before)
            / (extract(epoch from s.fetched_at - last_value(s.fetched_at) over before)::float8 / 3600) as velocity,
            s.engagement > coalesce(max(s.engagement) over earlier, 0) as is_record,
            case when s.engagement > 0 then ln(s.engagement::float8) end as logarithm,
            extract(epoch from s.fetched_at)::float8 / 3600 as hours
        from shown as s
        where s.hidden = s.hidden_now
        window
            earlier as (order by s.fetched_at rows between unbounded preceding and 1 preceding),
            before as (order by s.fetched_at range between unbounded preceding and '10 minutes' preceding)
    ),
    summed as (
        select
            count(*) as snapshots,
            min(m.fetched_at) as first_counted_at,
            max(m.fetched_at) as last_counted_at,
            max(m.engagement) filter (where m.is_last) as engagement,
            max(m.velocity) filter (where m.is_last) as velocity,
            max(m.velocity) as peak_velocity,
            count(*) filter (where m.is_record) as records,
            regr_slope(m.logarithm, m.hours) as slope,
            regr_r2(m.logarithm, m.hours) as fit
        from moved as m
    )
    select
        s.snapshots,
        s.first_counted_at,
        s.last_counted_at,
        s.engagement,
        s.velocity,
        s.peak_velocity,
        case when s.records >= 3 and s.slope > 0 then ln(2::float8) / s.slope end,
        case when s.records >= 3 and s.slope > 0 then s.fit end
    from summed as s
    where s.snapshots > 0
$$;
comment on function listening.growth(uuid) is
    'How the engagement of a mention grew over its snapshots, see listening.virality; no row where no counter was ever shown. Compared are the snapshots that show the same counters as the latest one that shows any.';

create or replace view listening.virality as
select
    m.mention_id,
    m.published_at,
    m.source,
    g.snapshots,
    g.first_counted_at,
    g.last_counted_at,
    g.engagement,
    g.velocity,
    g.peak_velocity,
    case when g.last_counted_at >= m.published_at + interval '10 minutes' then
        g.engagement / (extract(epoch from g.last_counted_at - m.published_at)::float8 / 3600)
    end as mean_velocity,
    g.doubling_time_hours,
    g.doubling_fit,
    c.mentions as cascade_mentions,
    c.passed_on as cascade_passed_on,
    c.depth as cascade_depth,
    c.structural_virality,
    c.largest_broadcast
from listening.fct_mention as m
left join lateral listening.growth(m.mention_id) as g on true
left join listening.fct_cascade as c on c.mention_id = m.mention_id
where m.deleted_at is null;
comment on view listening.virality is
    'How a mention spreads: one row per mention that was not deleted, the context of threads included. Velocities come from the snapshots of its counters, the cascade from the mentions that we hold. Filter on published_at: it reads only the months needed.';
comment on column listening.virality.mention_id is 'mention';
comment on column listening.virality.published_at is 'when it was published';
comment on column listening.virality.source is 'where it comes from, see dim_source';
comment on column listening.virality.snapshots is
    'snapshots that are compared: those that show the same counters as the latest one that shows any; null: none does';
comment on column listening.virality.first_counted_at is 'the first of them; null: none';
comment on column listening.virality.last_counted_at is 'the last of them; null: none';
comment on column listening.virality.engagement is 'likes, replies and reshares at last_counted_at, of those shown; null: none ever was';
comment on column listening.virality.velocity is
    'interactions per hour between the last snapshot and the one before it, 10 minutes earlier at least; below 0 when they were taken back; null: no such pair';
comment on column listening.virality.peak_velocity is
    'the highest velocity between two such snapshots; null: no such pair. It is a mean over the time between, so the true peak was higher';
comment on column listening.virality.mean_velocity is
    'interactions per hour from publication to the last snapshot; null: not counted, or sooner than 10 minutes after';
comment on column listening.virality.doubling_time_hours is
    'hours in which engagement doubles, ln 2 / slope, by least squares on its logarithm over all snapshots above 0; null: fewer than three that each rise above all before, or it falls';
comment on column listening.virality.doubling_fit is
    'share of the variance of the logarithm that steady doubling explains, 0 to 1: when it is low, growth has stopped or started since; null as doubling_time_hours';
comment on column listening.virality.cascade_mentions is
    'mentions that we hold which answer, quote or reshare it, or one of these, itself included; null: we hold none';
comment on column listening.virality.cascade_passed_on is 'of these, reshares and quotes; the others are replies';
comment on column listening.virality.cascade_depth is 'steps to the farthest of them';
comment on column listening.virality.structural_virality is
    'mean distance of all pairs of the cascade, in steps: below 2 where all have it straight from one, (n + 1) / 3 where each has it from the one before; null: no cascade';
comment on column listening.virality.largest_broadcast is
    'share of the mentions below this one that have it straight from one and the same, 0 to 1; null: no cascade';

-- --------------------------------------------------------------------------------------------- weight

create or replace view listening.impact as
select
    q.topic,
    m.mention_id,
    m.published_at,
    m.source,
    m.author_key,
    k.label as mention_kind,
    k.value as kind_weight,
    a.influence,
    round((k.value * a.influence)::numeric, 12)::float8 as impact
from listening.bridge_mention_query as q
join listening.fct_mention as m on m.mention_id = q.mention_id
left join listening.chosen_score as k on k.topic = q.topic and k.mention_id = q.mention_id and k.measure = 'mention_kind'
left join listening.dim_author as a on a.author_key = m.author_key
where m.deleted_at is null;
comment on view listening.impact is
    'What a mention weighs by its form and its author: one row per topic and mention. Never let it stand alone beside a figure in which everybody counts one: it takes small voices for small matters. Filter on topic and published_at.';
comment on column listening.impact.topic is 'topic';
comment on column listening.impact.mention_id is 'mention';
comment on column listening.impact.published_at is 'when it was published';
comment on column listening.impact.source is 'where it comes from, see dim_source';
comment on column listening.impact.author_key is 'who wrote it, by pseudonym; null: unknown';
comment on column listening.impact.mention_kind is
    'reshare, review, article, quote, bare_link, reply or original; null: not judged, or said to the company alone';
comment on column listening.impact.kind_weight is 'weight of that kind by the settings, 0 to 1; null as mention_kind';
comment on column listening.impact.influence is 'how far the author''s mentions travel, 0 to 1 within the platform; null: not judged';
comment on column listening.impact.impact is 'kind_weight times influence, 0 to 1; null: one of them is';
