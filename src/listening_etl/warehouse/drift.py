"""What each measure said week by week, and the verdicts on it: written at refresh, read by people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
import sqlalchemy as sa

from listening_etl.warehouse.figures import day_bounds
from listening_etl.warehouse.loading import copy
from listening_etl.warehouse.tables import drift

WEEK = timedelta(days=7)

VOTES: dict[str, Any] = {
    "measure": pl.String,
    "scorer": pl.String,
    "version": pl.String,
    "source": pl.String,
    "week": pl.Date,
    "what": pl.String,
    "numbers": pl.Boolean,
    "key": pl.String,
    "votes": pl.Float64,
}

WHOLE = 1_000_000_000
"""A vote, in parts: sums of whole numbers do not depend on the order of the rows."""

DECILES = ", ".join(f"min(value) FILTER (WHERE 10 * up_to >= {tenth} * numbers)" for tenth in range(1, 10))

# Values are rounded to hundredths, or from 10 on to three digits: enough to tell where they lie, few enough to count.
COUNTED = f"""
INSERT INTO listening.measure_week (topic, measure, scorer, version, source, week, judged, abstained, counts, mean, sd,
    deciles, votes, judged_votes, abstained_votes)
WITH mention AS (
    SELECT DISTINCT mention_id, source, voice, story, day - extract(isodow FROM day)::int + 1 AS week
    FROM listening.ugc
    WHERE topic = :topic AND published_at >= :since AND published_at < :until
),
voter AS (
    SELECT mention_id, source, week, {WHOLE} / greatest(
        count(*) OVER (PARTITION BY source, week, voice), count(*) OVER (PARTITION BY source, week, story)) AS parts
    FROM mention WHERE week = ANY(CAST(:weeks AS date[]))
),
keyed AS (
    SELECT s.measure, s.scorer, s.version, v.source, v.week, s.label, r.value, count(*) AS mentions,
           round(sum(v.parts) / {WHOLE}, 6) AS votes
    FROM voter v JOIN listening.fct_score s ON s.topic = :topic AND s.mention_id = v.mention_id
    CROSS JOIN LATERAL (SELECT CASE
        WHEN s.label IS NOT NULL THEN NULL
        WHEN abs(s.value) < 10 THEN round(s.value * 100) / 100 + 0
        WHEN abs(s.value) < 100 THEN round(s.value * 10) / 10
        WHEN abs(s.value) < 1000 THEN round(s.value)
        WHEN abs(s.value) < 10000 THEN round(s.value / 10) * 10
        WHEN abs(s.value) < 100000 THEN round(s.value / 100) * 100
        ELSE round(s.value / 1000) * 1000 END AS value) r
    GROUP BY s.measure, s.scorer, s.version, v.source, v.week, s.label, r.value
),
placed AS (
    SELECT *, coalesce(label, value::text) AS key, value::numeric * mentions AS total,
           sum(mentions) FILTER (WHERE value IS NOT NULL) OVER (series ORDER BY value) AS up_to,
           sum(mentions) FILTER (WHERE value IS NOT NULL) OVER series AS numbers
    FROM keyed WINDOW series AS (PARTITION BY measure, scorer, version, source, week)
)
SELECT :topic, measure, scorer, version, source, week,
       coalesce(sum(mentions) FILTER (WHERE key IS NOT NULL), 0)::bigint,
       coalesce(sum(mentions) FILTER (WHERE key IS NULL), 0)::bigint,
       jsonb_object_agg(key, mentions) FILTER (WHERE label IS NOT NULL),
       (sum(total) / min(numbers))::float8,
       sqrt(greatest(0, sum(total * value::numeric) - sum(total) ^ 2 / min(numbers)) / nullif(min(numbers) - 1, 0))::float8,
       CASE WHEN min(numbers) > 0 THEN ARRAY[{DECILES}] END,
       coalesce(jsonb_object_agg(key, votes) FILTER (WHERE key IS NOT NULL), '{{}}'),
       coalesce(sum(votes) FILTER (WHERE key IS NOT NULL), 0)::float8,
       coalesce(sum(votes) FILTER (WHERE key IS NULL), 0)::float8
FROM placed GROUP BY measure, scorer, version, source, week
"""

NEVER_COUNTED = """
SELECT DISTINCT date_trunc('week', day)::date FROM kpi.volume
WHERE topic = :topic AND EXISTS (SELECT FROM listening.fct_score WHERE topic = :topic)
  AND NOT EXISTS (SELECT FROM listening.measure_week WHERE topic = :topic)
"""

SERIES = """
SELECT measure, scorer, version, source, week, 'values' AS what, counts IS NULL AS numbers, e.key, e.value::float8 AS votes
FROM listening.measure_week CROSS JOIN LATERAL jsonb_each_text(votes) e
WHERE topic = :topic AND week >= :since AND week < :until
UNION ALL
SELECT measure, scorer, version, source, week, 'abstention', false, e.key, e.votes
FROM listening.measure_week
CROSS JOIN LATERAL (VALUES ('judged', judged_votes), ('abstained', abstained_votes)) e (key, votes)
WHERE topic = :topic AND week >= :since AND week < :until
ORDER BY measure, source, what, scorer, version, week, key
"""


def monday(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


def count_weeks(connection: sa.Connection, topic: str, days: Sequence[date]) -> list[date]:
    """Count the weeks of these days anew in listening.measure_week; answers their Mondays.

    The first time, of a warehouse that is older than this table, all weeks are counted.
    """
    before = connection.scalars(sa.text(NEVER_COUNTED), {"topic": topic})
    weeks = sorted({monday(day) for day in (*days, *before)})
    since, until = day_bounds(connection, topic, [weeks[0], weeks[-1] + timedelta(days=6)])
    asked = {"topic": topic, "weeks": weeks}
    gone = "DELETE FROM listening.measure_week WHERE topic = :topic AND week = ANY(CAST(:weeks AS date[]))"
    connection.execute(sa.text(gone), asked)
    connection.execute(sa.text(COUNTED), {**asked, "since": since, "until": until})
    return weeks


def last_week(connection: sa.Connection, topic: str) -> date | None:
    """The latest week that anything was measured in."""
    query = sa.text("SELECT max(week) FROM listening.measure_week WHERE topic = :topic")
    found: date | None = connection.scalar(query, {"topic": topic})
    return found


def votes(connection: sa.Connection, topic: str, since: date, until: date) -> pl.DataFrame:
    """The votes of the weeks from `since` to before `until`, `VOTES`: one row per series, week and label or value.

    `what` is values, or abstention with the labels judged and abstained; `numbers` says that keys are numbers.
    """
    rows = connection.execute(sa.text(SERIES), {"topic": topic, "since": since, "until": until})
    return pl.DataFrame([tuple(row) for row in rows], schema=VOTES, orient="row")


def store(connection: sa.Connection, topic: str, since: date, until: date, verdicts: pl.DataFrame) -> None:
    """Put these rows of ops.drift in the place of those of the weeks from `since` to before `until`."""
    own = (drift.c.topic == topic) & (drift.c.week >= since) & (drift.c.week < until)
    connection.execute(sa.delete(drift).where(own))
    copy(connection, "ops.drift", verdicts.select(pl.lit(topic).alias("topic"), pl.all()))


def told(connection: sa.Connection, topic: str, weeks: int) -> list[dict[str, Any]]:
    """Rows of listening.drift of so many weeks up to the latest, the latest and the farthest moved first."""
    query = """
        SELECT * FROM listening.drift
        WHERE topic = :topic AND week > (SELECT max(week) FROM listening.measure_week WHERE topic = :topic) - 7 * :weeks
        ORDER BY week DESC, distance DESC NULLS LAST, measure, source, what, scorer, version"""
    return [
        dict(row) for row in connection.execute(sa.text(query), {"topic": topic, "weeks": weeks}).mappings()
    ]


def by_week(connection: sa.Connection, topic: str, weeks: int) -> list[dict[str, Any]]:
    """Rows of listening.measure_week of so many weeks up to the latest, series by series."""
    query = """
        SELECT * FROM listening.measure_week
        WHERE topic = :topic AND week > (SELECT max(week) FROM listening.measure_week WHERE topic = :topic) - 7 * :weeks
        ORDER BY measure, source, week, scorer, version"""
    rows = connection.execute(sa.text(query), {"topic": topic, "weeks": weeks}).mappings()
    return [dict(row) for row in rows]
