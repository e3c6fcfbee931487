"""What the command line shows: the funnel, figures, rejects, coverage, as rows of plain values."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from listening_etl.warehouse import figures

Rows = list[dict[str, Any]]

FUNNEL_STEPS = (
    "rows", "malformed", "skipped", "outside", "duplicates", "unmatched", "filtered", "opted_out", "quarantined", "deletions",
    "mentions",
)  # fmt: skip


def _rows(connection: sa.Connection, query: str, **parameters: Any) -> Rows:
    return [dict(row) for row in connection.execute(sa.text(query), parameters).mappings()]


def funnel(connection: sa.Connection, topic: str) -> Rows:
    """One row per source and one for all: what came, what each step took, what stayed; rows = sum of the rest."""
    sums = ", ".join(f"sum({step})::bigint AS {step}" for step in FUNNEL_STEPS)
    return _rows(
        connection,
        f"""
        SELECT coalesce(source, 'all') AS source, {sums}
        FROM ops.coverage WHERE topic = :topic GROUP BY ROLLUP (source) ORDER BY grouping(source), source
        """,
        topic=topic,
    )


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


def rejects(connection: sa.Connection, topic: str, stage: str | None, limit: int) -> Rows:
    """Rejected records with their place and reason, in a fixed random order: a sample a person can check."""
    return _rows(
        connection,
        """
        SELECT reject_id::text AS id, stage, rule, reason, source, at, published_at, text, raw, raw_row
        FROM ops.reject WHERE topic = :topic AND (CAST(:stage AS text) IS NULL OR stage = :stage)
        ORDER BY md5(reject_id::text) LIMIT :limit
        """,
        topic=topic,
        stage=stage,
        limit=limit,
    )


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
       v.mentions / nullif(sum(v.mentions) FILTER (WHERE e.role IN ('own', 'competitor')) OVER (), 0) AS share,
       kpi.wilson_low(v.mentions::bigint, (sum(v.mentions) OVER ())::bigint) AS share_low,
       kpi.wilson_high(v.mentions::bigint, (sum(v.mentions) OVER ())::bigint) AS share_high,
       m.positive, m.neutral, m.negative, a.due, a.answered
FROM listening.dim_entity e
LEFT JOIN volume v USING (entity) LEFT JOIN mood m USING (entity) LEFT JOIN answers a USING (entity)
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
