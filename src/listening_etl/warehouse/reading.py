"""What the command line shows: the funnel, figures, rejects, coverage, as rows of plain values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from listening_etl.errors import ConfigError
from listening_etl.warehouse import figures

Rows = list[dict[str, Any]]


def _rows(connection: sa.Connection, query: str, **parameters: Any) -> Rows:
    return [dict(row) for row in connection.execute(sa.text(query), parameters).mappings()]


def funnel(connection: sa.Connection, topic: str, filters: Sequence[str] = ()) -> Rows:
    """The view ops.funnel by source, and under `all` together, step by step: what was received is the sum of the rest.

    `filters`: their names in the order in which they run; others come after them, the greediest first.
    """
    return _rows(
        connection,
        """
        SELECT coalesce(source, 'all') AS source, place, step, rule, sum(records)::bigint AS records
        FROM ops.funnel WHERE topic = :topic
        GROUP BY GROUPING SETS ((source, place, step, rule), (place, step, rule))
        ORDER BY grouping(source), source, place, array_position(CAST(:filters AS text[]), rule), records DESC, rule
        """,
        topic=topic,
        filters=list(filters),
    )


def heard(connection: sa.Connection, topic: str) -> dict[str, Any]:
    """What the ledger answers for: the first and the last time asked for, and when it was written last."""
    return _rows(
        connection,
        """
        SELECT min(since) FILTER (WHERE state <> 'recheck') AS since, max(until) FILTER (WHERE state <> 'recheck') AS until,
               max(recorded_at) AS recorded_at
        FROM ops.coverage WHERE topic = :topic
        """,
        topic=topic,
    )[0]


def reasons(connection: sa.Connection, topic: str) -> Rows:
    """Why records did not become mentions, most frequent first."""
    return _rows(
        connection,
        """
        SELECT stage, coalesce(rule, '') AS rule, reason, count(*) AS records
        FROM ops.reject WHERE topic = :topic GROUP BY 1, 2, 3
        UNION ALL
        SELECT 'quarantine', suite, reason, count(*) FROM ops.quarantine WHERE topic = :topic GROUP BY 1, 2, 3
        ORDER BY records DESC, stage, reason
        """,
        topic=topic,
    )


def rejects(
    connection: sa.Connection,
    topic: str,
    stage: str | None,
    limit: int,
    rule: str | None = None,
    seed: str = "",
) -> Rows:
    """Rejected records with their place and reason, drawn at random: a sample a person can check.

    `rule` is the name of a filter. The same `seed` draws the same, in whatever order they came.
    """
    return _rows(
        connection,
        """
        SELECT reject_id::text AS id, stage, rule, reason, source, at, published_at, text, raw, raw_row
        FROM ops.reject
        WHERE topic = :topic AND (CAST(:stage AS text) IS NULL OR stage = :stage)
          AND (CAST(:rule AS text) IS NULL OR rule = :rule)
        ORDER BY md5(reject_id::text || :seed), reject_id LIMIT :limit
        """,
        topic=topic,
        stage=stage,
        rule=rule,
        seed=seed,
        limit=limit,
    )


def thrown_away(connection: sa.Connection, topic: str, each: int, seed: str = "") -> Rows:
    """Of every step and filter that keeps what it takes, `each` records drawn as `rejects` draws them.

    Named by step and rule as in the funnel; `held` says how many there are to draw from.
    """
    return _rows(connection, THROWN_AWAY, topic=topic, each=each, seed=seed)


THROWN_AWAY = """
WITH thrown AS (
    SELECT CASE stage WHEN 'duplicate' THEN 'duplicates' ELSE stage END AS step,
           CASE stage WHEN 'filter' THEN rule END AS rule, reject_id AS id
    FROM ops.reject WHERE topic = :topic
    UNION ALL
    SELECT 'quarantined', NULL, md5(mention_id::text || content_hash)::uuid FROM ops.quarantine WHERE topic = :topic
),
drawn AS (
    SELECT *, count(*) OVER (PARTITION BY step, rule) AS held,
           row_number() OVER (PARTITION BY step, rule ORDER BY md5(id::text || :seed), id) AS number
    FROM thrown
)
SELECT d.step, d.rule, d.held, d.id::text AS id, coalesce(r.reason, q.reason) AS reason, coalesce(r.source, q.source) AS source,
       r.at, coalesce(r.published_at, q.published_at) AS published_at, coalesce(r.lang, q.record ->> 'lang') AS lang,
       coalesce(r.text, q.record ->> 'text') AS text, coalesce(r.raw, q.raw) AS raw, coalesce(r.raw_row, q.raw_row) AS raw_row
FROM drawn d
LEFT JOIN ops.reject r ON d.step <> 'quarantined' AND r.topic = :topic AND r.reject_id = d.id
LEFT JOIN ops.quarantine q ON d.step = 'quarantined' AND q.topic = :topic
    AND md5(q.mention_id::text || q.content_hash)::uuid = d.id
WHERE d.number <= :each ORDER BY d.step, d.rule, d.number
"""


def kpi(
    connection: sa.Connection,
    name: str,
    topic: str,
    since: date | None = None,
    until: date | None = None,
    entity: str | None = None,
    *,
    detail: bool = False,
) -> Rows:
    """Rows of a KPI table, by entity and day; every source and channel with `detail`, else all together."""
    if name not in figures.KPI_NAMES:
        raise KeyError(name)
    return _rows(
        connection,
        f"""
        SELECT * FROM kpi.{name}
        WHERE topic = :topic AND (CAST(:entity AS text) IS NULL OR entity = :entity)
          AND day >= coalesce(CAST(:since AS date), '-infinity') AND day < coalesce(CAST(:until AS date), 'infinity')
          AND (:detail OR source = 'all')
        ORDER BY entity, day, source, channel, weighting
        """,
        topic=topic,
        entity=entity,
        since=since,
        until=until,
        detail=detail,
    )


def coverage(connection: sa.Connection, topic: str) -> Rows:
    """The ledger's slices, and up to when each source is complete."""
    return _rows(
        connection,
        """
        SELECT c.source, c.query, c.since, c.until, c.state, c.reason, c.expected, c.received, c.mentions,
               w.complete_until
        FROM ops.coverage c LEFT JOIN ops.watermark w USING (topic, source)
        WHERE topic = :topic ORDER BY c.source, c.query, c.since
        """,
        topic=topic,
    )


def heard_by_day(connection: sa.Connection, topic: str) -> Rows:
    """The share of each day, 0 to 1, that each source answered in full, since the topic's first slice."""
    return _rows(
        connection,
        """
        SELECT v.source, v.day, v.coverage
        FROM (
            SELECT array_agg(g::date) AS days
            FROM listening.dim_topic t, LATERAL (
                SELECT min(c.since) AS since, max(c.until) AS until FROM ops.coverage c
                WHERE c.topic = t.topic AND c.state <> 'recheck'
            ) c, generate_series((c.since AT TIME ZONE t.timezone)::date,
                ((c.until - interval '1 microsecond') AT TIME ZONE t.timezone)::date, '1 day') g
            WHERE t.topic = :topic
        ) d CROSS JOIN LATERAL kpi.coverage(:topic, d.days) v
        ORDER BY v.source = 'all', v.source, v.day
        """,
        topic=topic,
    )


def missed(connection: sa.Connection, topic: str) -> Rows:
    """What was not heard: stretches that no slice completed, with the latest reason."""
    return _rows(
        connection,
        """
        WITH missed AS (
            SELECT source, query, unnest(
                range_agg(tstzrange(since, until)) FILTER (WHERE state IN ('gap', 'lost'))
                - coalesce(range_agg(tstzrange(since, until)) FILTER (WHERE state = 'complete'), '{}')) AS stretch
            FROM ops.coverage WHERE topic = :topic GROUP BY source, query
        )
        SELECT m.source, m.query, lower(m.stretch) AS since, upper(m.stretch) AS until, c.state, c.expected, c.received,
               c.reason
        FROM missed m CROSS JOIN LATERAL (
            SELECT c.* FROM ops.coverage c
            WHERE c.topic = :topic AND (c.source, c.query) = (m.source, m.query) AND c.state IN ('gap', 'lost')
              AND tstzrange(c.since, c.until) && m.stretch
            ORDER BY c.recorded_at DESC, c.since LIMIT 1
        ) c ORDER BY 1, 2, 3
        """,
        topic=topic,
    )


def totals(connection: sa.Connection, topic: str) -> Rows:
    """Per entity over all days: mentions, authors, share of voice, sentiment, replies; for a first look."""
    return _rows(connection, TOTALS, topic=topic)


TOTALS = """
WITH volume AS (
    SELECT entity, sum(value) FILTER (WHERE weighting = 'each') AS mentions,
           sum(value) FILTER (WHERE weighting = 'author') AS author_days
    FROM kpi.volume WHERE topic = :topic AND source = 'all' GROUP BY entity
),
share AS (
    SELECT e.entity, v.mentions::bigint AS compared, (sum(v.mentions) OVER ())::bigint AS n
    FROM volume v JOIN listening.dim_entity e ON e.topic = :topic AND e.entity = v.entity
    WHERE e.role IN ('own', 'competitor')
),
mood AS (
    SELECT entity, sum(positive)::bigint AS positive, sum(neutral)::bigint AS neutral, sum(negative)::bigint AS negative
    FROM kpi.net_sentiment
    WHERE topic = :topic AND source = 'all' AND weighting = 'each' AND formula = 'nss_all' GROUP BY entity
),
answers AS (
    SELECT entity, sum(n)::bigint AS due, sum(answered)::bigint AS answered
    FROM kpi.response_rate WHERE topic = :topic AND source = 'all' AND weighting = 'each' GROUP BY entity
)
SELECT e.entity, e.title, e.role, v.mentions::bigint, v.author_days::bigint,
       s.compared::float8 / nullif(s.n, 0) AS share, kpi.wilson_low(s.compared, s.n) AS share_low,
       kpi.wilson_high(s.compared, s.n) AS share_high, m.positive, m.neutral, m.negative, a.due, a.answered
FROM listening.dim_entity e
LEFT JOIN volume v USING (entity) LEFT JOIN mood m USING (entity) LEFT JOIN answers a USING (entity)
LEFT JOIN share s USING (entity)
WHERE e.topic = :topic ORDER BY e.role <> 'own', e.entity
"""

MENTIONS = """
SELECT m.published_at, m.source, m.channel, m.title, m.text, s.label AS sentiment, s.confidence, b.match
FROM listening.bridge_mention_entity b
JOIN listening.fct_mention m USING (mention_id)
JOIN listening.dim_topic t USING (topic)
LEFT JOIN listening.fct_score s ON s.topic = b.topic AND s.mention_id = m.mention_id AND s.measure = 'sentiment'
WHERE b.topic = :topic AND b.entity = :entity AND NOT b.owned AND b.match <> 'context' AND m.deleted_at IS NULL
  AND (m.published_at AT TIME ZONE t.timezone)::date = :day AND m.text IS NOT NULL
ORDER BY md5(m.mention_id::text) LIMIT :limit
"""


def verbatims(connection: sa.Connection, topic: str, entity: str, day: date, limit: int = 5) -> Rows:
    """Mentions of an entity on a day, drawn at random with a fixed seed: a sample, not a choice."""
    return _rows(connection, MENTIONS, topic=topic, entity=entity, day=day, limit=limit)


def busiest_day(connection: sa.Connection, topic: str, entity: str) -> dict[str, Any] | None:
    """The day with most mentions of an entity, against its median day."""
    found = _rows(
        connection,
        """
        SELECT day, value, low, high,
               (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY value) FROM kpi.volume
                WHERE topic = :topic AND entity = :entity AND source = 'all' AND weighting = 'each') AS median
        FROM kpi.volume
        WHERE topic = :topic AND entity = :entity AND source = 'all' AND weighting = 'each' AND value IS NOT NULL
        ORDER BY value DESC, day LIMIT 1
        """,
        topic=topic,
        entity=entity,
    )
    return found[0] if found else None


def mention(connection: sa.Connection, topic: str, id: str) -> dict[str, Any]:
    """A mention of the topic as everybody may read it, kept or not, by its id, 8 digits of it or more, or source:native_id.

    `state` is kept, quarantined, or the stage at which it was rejected; then `reject` says why, and where the item
    lies as received. A reject's own id will do too. What a reject has not kept is null.
    """
    low, high = _ids(id)
    found = _rows(connection, MENTION, topic=topic, low=low, high=high)
    if not found:
        raise ConfigError(
            f"no mention '{id}'",
            where=f"topic '{topic}'",
            do="Write an id that `listening rejects --json` or the view listening.mention shows, or source:native_id.",
        )
    if len(found) > 1:
        some = ", ".join(f"{row['mention_id'] or row['reject']['reject_id']}" for row in found[:5])
        raise ConfigError(
            f"several mentions begin with '{id}'",
            where=f"topic '{topic}'",
            do=f"Write more digits: {some}{', …' if len(found) > 5 else ''}.",
        )
    return found[0]


def scores(connection: sa.Connection, topic: str, mention_id: UUID) -> Rows:
    """Everything that was measured of a mention."""
    query = """
        SELECT measure, scorer, version, label, value, confidence, detail FROM listening.fct_score
        WHERE topic = :topic AND mention_id = :mention_id ORDER BY measure, scorer"""
    return _rows(connection, query, topic=topic, mention_id=mention_id)


def _ids(id: str) -> tuple[UUID, UUID]:
    """The first and the last id that is meant."""
    digits = id.replace("-", "").lower()
    if re.fullmatch(r"[0-9a-f]{8,32}", digits):
        return UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))
    source, colon, native_id = id.partition(":")
    if not (source and colon and native_id):
        raise ConfigError(
            f"'{id}' is no id of a mention", do="Write 8 of its digits or more, or source:native_id."
        )
    import polars as pl

    from listening_etl.frame import digests, mention_ids

    identity = pl.DataFrame({"native_id": [native_id]}).select(mention_ids(source, "native_id"))
    return (only := UUID(bytes=digests(identity.to_series())[0])), only


_WORDS = """m.mention_id, m.source, m.native_id, m.kind, m.channel, m.site, m.url, m.title, m.text, m.lang,
    m.lang_declared, m.published_at, m.hashtags, m.links, m.rating, m.rating_scale, m.author_followers, p.name AS place,
    m.lat, m.lon, m.deleted_at, e.likes, e.replies, e.reshares, e.views"""
_BESIDE = """LEFT JOIN listening.dim_place p ON p.place_id = m.place_id
    LEFT JOIN LATERAL listening.latest_engagement(m.mention_id) e ON true"""

MENTION = f"""
WITH kept AS (
    SELECT 'kept' AS state, {_WORDS}, (
        SELECT jsonb_agg(to_jsonb(b) - 'topic' - 'mention_id' ORDER BY b.entity) FROM listening.bridge_mention_entity b
        WHERE b.topic = q.topic AND b.mention_id = q.mention_id) AS entities, NULL::jsonb AS reject
    FROM listening.bridge_mention_query q JOIN listening.fct_mention m USING (mention_id) {_BESIDE}
    WHERE q.topic = :topic AND q.mention_id BETWEEN :low AND :high
),
quarantined AS (
    SELECT DISTINCT ON (m.mention_id) 'quarantined', {_WORDS}, NULL::jsonb,
        jsonb_build_object('stage', 'quarantined', 'rule', q.suite, 'reason', q.reason, 'raw', q.raw, 'raw_row', q.raw_row)
    FROM ops.quarantine q
    CROSS JOIN LATERAL jsonb_populate_record(NULL::listening.fct_mention, to_jsonb(q) || q.record) m {_BESIDE}
    WHERE q.topic = :topic AND q.mention_id BETWEEN :low AND :high
    ORDER BY m.mention_id, q.version_at DESC, q.fetched_at DESC
),
rejected AS (
    SELECT DISTINCT ON (coalesce(r.mention_id, r.reject_id)) r.stage, {_WORDS}, NULL::jsonb,
        to_jsonb(r) - '{{topic,mention_id,content_hash,version_at,source,text,lang,published_at}}'::text[] AS reject
    FROM ops.reject r CROSS JOIN LATERAL jsonb_populate_record(NULL::listening.fct_mention, to_jsonb(r)) m {_BESIDE}
    WHERE r.topic = :topic AND (r.mention_id BETWEEN :low AND :high OR r.reject_id BETWEEN :low AND :high)
    ORDER BY coalesce(r.mention_id, r.reject_id), r.stage = 'duplicate', r.version_at DESC NULLS LAST, r.fetched_at DESC
)
SELECT * FROM kept
UNION ALL
SELECT * FROM quarantined WHERE mention_id NOT IN (SELECT mention_id FROM kept)
UNION ALL
SELECT * FROM rejected r
WHERE (reject ->> 'reject_id')::uuid BETWEEN :low AND :high
   OR (mention_id NOT IN (SELECT mention_id FROM kept) AND mention_id NOT IN (SELECT mention_id FROM quarantined))
"""
