"""Which mentions are to be asked after, and when that was done last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

DUE = sa.text("""
    SELECT m.mention_id, coalesce(p.native_id, m.native_id) AS native_id,
           coalesce(r.checked_at, m.first_fetched_at) AS seen_at,
           NOT EXISTS (
               SELECT FROM listening.bridge_mention_entity b
               WHERE b.topic = :topic AND b.mention_id = m.mention_id AND b.match <> 'context') AS context
    FROM listening.fct_mention m
    JOIN listening.bridge_mention_query q ON q.mention_id = m.mention_id AND q.topic = :topic
    LEFT JOIN private.mention p ON p.mention_id = m.mention_id
    LEFT JOIN ops.recheck r ON r.mention_id = m.mention_id
    WHERE m.source = :source AND m.deleted_at IS NULL AND m.published_at >= :since
      AND coalesce(r.checked_at, m.first_fetched_at) < :before
    ORDER BY coalesce(r.checked_at, m.first_fetched_at), m.mention_id LIMIT :most
""")


@dataclass(frozen=True)
class Held:
    """A mention that we hold, by the id that its platform knows, and when it was last asked after."""

    mention_id: UUID
    native_id: str
    seen_at: datetime
    context: bool


def due(
    connection: sa.Connection, topic: str, source: str, since: datetime, before: datetime, most: int
) -> list[Held]:
    """Mentions published since then and last asked after before then, those that waited longest first."""
    given = {"topic": topic, "source": source, "since": since, "before": before, "most": most}
    return [Held(*row) for row in connection.execute(DUE, given)]


def note(connection: sa.Connection, mention_ids: Sequence[UUID], at: datetime) -> None:
    """Note that these were asked after."""
    if mention_ids:
        connection.execute(
            sa.text("""
                INSERT INTO ops.recheck AS r SELECT unnest(CAST(:ids AS uuid[])), :at
                ON CONFLICT (mention_id) DO UPDATE SET checked_at = excluded.checked_at
            """),
            {"ids": list(mention_ids), "at": at},
        )
