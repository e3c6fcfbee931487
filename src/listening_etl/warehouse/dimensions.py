"""Topics, entities, queries, measures and sources as rows: what the settings say, for who reads the tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from listening_etl.warehouse.runs import upsert
from listening_etl.warehouse.tables import asked, dim_entity, dim_measure, dim_query, dim_source, dim_topic

SHAPE = """
SELECT timezone, '', '' FROM listening.dim_topic WHERE topic = :topic
UNION ALL SELECT entity, role, '' FROM listening.dim_entity WHERE topic = :topic
UNION ALL SELECT '', measure, scorer FROM listening.dim_measure WHERE topic = :topic
UNION ALL SELECT 'asked', source, query FROM ops.asked WHERE topic = :topic
ORDER BY 1, 2, 3
"""

EVERY_DAY = """
INSERT INTO ops.stale_day
SELECT :topic, day, clock_timestamp()
FROM (
    SELECT day FROM kpi.volume WHERE topic = :topic
    UNION
    SELECT generate_series((greatest(min(c.since), t.since) AT TIME ZONE t.timezone)::date,
                           ((max(c.until) - interval '1 microsecond') AT TIME ZONE t.timezone)::date, '1 day')::date
    FROM ops.coverage c JOIN listening.dim_topic t USING (topic)
    WHERE topic = :topic AND c.state <> 'recheck' GROUP BY t.since, t.timezone
) days
ON CONFLICT (topic, day) DO UPDATE SET marked_at = excluded.marked_at
"""


def store_dimensions(
    connection: sa.Connection, topic: str, dimensions: dict[str, list[dict[str, Any]]]
) -> None:
    """Bring topic, entities, queries, measures and sources to what the settings say.

    Entities and measures that left the settings leave here too; versions of queries stay. When days, roles, the scorers that KPIs
    rest on or what sources are asked for changed, every day of the topic is stale.
    """
    before = connection.execute(sa.text(SHAPE), {"topic": topic}).all()
    for table in (dim_topic, dim_entity, dim_query, dim_measure, dim_source):
        upsert(connection, table, dimensions[table.name])
    for table, column in ((dim_entity, dim_entity.c.entity), (dim_measure, dim_measure.c.measure)):
        named = [row[column.name] for row in dimensions[table.name]]
        connection.execute(sa.delete(table).where(table.c.topic == topic, column.not_in(named)))
    connection.execute(sa.delete(asked).where(asked.c.topic == topic))
    upsert(connection, asked, dimensions[asked.name])
    if before and connection.execute(sa.text(SHAPE), {"topic": topic}).all() != before:
        connection.execute(sa.text(EVERY_DAY), {"topic": topic})
