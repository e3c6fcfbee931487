"""Topics, entities, measures and sources as rows: what the settings say, for who reads the tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from listening_etl.warehouse.runs import upsert
from listening_etl.warehouse.tables import dim_entity, dim_measure, dim_source, dim_topic

SHAPE = """
SELECT timezone, '', '' FROM listening.dim_topic WHERE topic = :topic
UNION ALL SELECT entity, role, '' FROM listening.dim_entity WHERE topic = :topic
UNION ALL SELECT '', measure, scorer FROM listening.dim_measure WHERE topic = :topic
ORDER BY 1, 2, 3
"""

EVERY_DAY = """
INSERT INTO ops.stale_day
SELECT :topic, generate_series(min(day) - 1, max(day) + 1, interval '1 day')::date, clock_timestamp()
FROM kpi.volume WHERE topic = :topic HAVING count(*) > 0
ON CONFLICT (topic, day) DO UPDATE SET marked_at = excluded.marked_at
"""


def store_dimensions(
    connection: sa.Connection, topic: str, dimensions: dict[str, list[dict[str, Any]]]
) -> None:
    """Bring topic, entities, measures and sources to what the settings say.

    Entities and measures that left the settings leave here too. When days, roles or the scorers that KPIs
    rest on changed, every day of the topic is stale.
    """
    before = connection.execute(sa.text(SHAPE), {"topic": topic}).all()
    for table in (dim_topic, dim_entity, dim_measure, dim_source):
        upsert(connection, table, dimensions[table.name])
    for table, column in ((dim_entity, dim_entity.c.entity), (dim_measure, dim_measure.c.measure)):
        named = [row[column.name] for row in dimensions[table.name]]
        connection.execute(sa.delete(table).where(table.c.topic == topic, column.not_in(named)))
    if before and connection.execute(sa.text(SHAPE), {"topic": topic}).all() != before:
        connection.execute(sa.text(EVERY_DAY), {"topic": topic})
