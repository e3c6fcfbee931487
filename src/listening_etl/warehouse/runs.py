"""What runs leave in `ops`: their state, what checks found, and the days whose KPIs are stale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from listening_etl.model import Window
from listening_etl.warehouse.tables import coverage, quality_result, run, stale_day


def upsert(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows, or update those whose key is there and that differ."""
    if not rows:
        return
    statement = insert(table).values(rows)
    keys = [column.name for column in table.primary_key]
    values = {
        c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys and c.name in rows[0]
    }
    if values:
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=values))
    else:
        connection.execute(statement.on_conflict_do_nothing())


def record(connection: sa.Connection, row: dict[str, Any]) -> None:
    """Write the state of a run; `row` has the columns of ops.run."""
    upsert(connection, run, [row])


def finish(connection: sa.Connection, run_id: str, at: datetime, counts: dict[str, Any]) -> None:
    """Note that a run is published."""
    connection.execute(
        sa.update(run).where(run.c.run_id == run_id).values(state="published", finished_at=at, counts=counts)
    )


def state(connection: sa.Connection, run_id: str) -> dict[str, Any] | None:
    """The row of a run, or None."""
    found = connection.execute(sa.select(run).where(run.c.run_id == run_id)).mappings().first()
    return None if found is None else dict(found)


def store_quality(connection: sa.Connection, run_id: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Replace what the checks of a run found."""
    connection.execute(sa.delete(quality_result).where(quality_result.c.run_id == run_id))
    rows = list(rows)
    if rows:
        connection.execute(sa.insert(quality_result), rows)


def quality(connection: sa.Connection, since: datetime) -> list[dict[str, Any]]:
    """What every check of every run found since then."""
    query = sa.select(quality_result).where(quality_result.c.checked_at >= since)
    return [dict(row) for row in connection.execute(query).mappings()]


def settled(
    connection: sa.Connection, topic: str, overlaps: Mapping[str, timedelta]
) -> dict[tuple[str, str], list[tuple[datetime, datetime]]]:
    """The stretches that need not be asked for again, by source and query: complete, or lost for good.

    `overlaps`: for how long mentions of a source may still appear after their publication. What is younger than
    that when it was heard is not settled, however long ago that is.
    """
    rows = connection.execute(
        sa.text("""
            SELECT source, query, lower(stretch) AS since, upper(stretch) AS until
            FROM (
                SELECT source, query, unnest(range_agg(tstzrange(since, until))) AS stretch
                FROM (
                    SELECT c.source, c.query, c.since,
                           least(c.until, CASE WHEN c.state = 'complete' THEN c.recorded_at - o.overlap END) AS until
                    FROM ops.coverage c
                    JOIN unnest(CAST(:sources AS text[]), CAST(:overlaps AS interval[])) AS o (source, overlap) USING (source)
                    WHERE c.topic = :topic AND c.state IN ('complete', 'lost')
                ) c WHERE since < until GROUP BY source, query
            ) s ORDER BY 1, 2, 3
        """),
        {"topic": topic, "sources": list(overlaps), "overlaps": list(overlaps.values())},
    )
    found: dict[tuple[str, str], list[tuple[datetime, datetime]]] = {}
    for source, query, since, until in rows:
        found.setdefault((source, query), []).append((since, until))
    return found


def open_gaps(connection: sa.Connection, topic: str) -> list[tuple[str, datetime, datetime]]:
    """The stretches that were asked for in vain and that a later call may still bring: source, start, end."""
    rows = connection.execute(
        sa.text("""
            SELECT DISTINCT source, lower(stretch), upper(stretch)
            FROM (
                SELECT source, unnest(
                    range_agg(tstzrange(since, until)) FILTER (WHERE state = 'gap')
                    - coalesce(range_agg(tstzrange(since, until)) FILTER (WHERE state IN ('complete', 'lost')), '{}')) AS stretch
                FROM ops.coverage c WHERE topic = :topic AND (
                    NOT EXISTS (SELECT FROM ops.asked a WHERE (a.topic, a.source) = (c.topic, c.source))
                    OR EXISTS (SELECT FROM ops.asked a WHERE (a.topic, a.source, a.query) = (c.topic, c.source, c.query)))
                GROUP BY source, query
            ) s ORDER BY 2, 1
        """),
        {"topic": topic},
    )
    return [(source, since, until) for source, since, until in rows]


def ledger(connection: sa.Connection, topic: str, window: Window | None) -> list[dict[str, Any]]:
    """The slices that brought something and touch `window`, as they were received; every one without a window."""
    asked = sa.select(
        *(coverage.c[name] for name in ("topic", "source", "query", "since", "until", "state", "reason")),
        *(coverage.c[name] for name in ("expected", "received", "raw", "recorded_at")),
    ).where(coverage.c.topic == topic, coverage.c.raw.is_not(None))
    if window is not None:
        asked = asked.where(coverage.c.since < window.until, coverage.c.until > window.since)
    ordered = asked.order_by(coverage.c.since, coverage.c.source, coverage.c.query, coverage.c.until)
    return [dict(row) for row in connection.execute(ordered).mappings()]


def stale_days(connection: sa.Connection, topic: str) -> list[tuple[date, datetime]]:
    """Days of the topic whose KPIs have to be computed again, with the mark of the latest publish."""
    query = sa.select(stale_day.c.day, stale_day.c.marked_at).where(stale_day.c.topic == topic)
    return [(row.day, row.marked_at) for row in connection.execute(query.order_by(stale_day.c.day))]


def clear_stale(connection: sa.Connection, topic: str, stale: Iterable[tuple[date, datetime]]) -> None:
    """Clear these marks; a day that was marked again meanwhile stays."""
    for day, marked_at in stale:
        connection.execute(
            sa.delete(stale_day).where(
                stale_day.c.topic == topic, stale_day.c.day == day, stale_day.c.marked_at == marked_at
            )
        )
