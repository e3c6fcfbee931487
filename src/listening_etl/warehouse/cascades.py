"""What spread from each mention: the tree of those who answered, quoted or reshared it, and its shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import sqlalchemy as sa

from listening_etl.statistics import networks
from listening_etl.warehouse.loading import copy

EDGE = {"child": pl.Binary, "parent": pl.Binary, "passed_on": pl.Int32}

EDGES = """
SELECT DISTINCT ON (m.published_at, m.mention_id)
       uuid_send(m.mention_id), uuid_send(p.mention_id), (l.kind <> 'reply')::int
FROM listening.fct_link l
JOIN listening.fct_mention m ON m.mention_id = l.mention_id
JOIN listening.fct_mention p ON p.mention_id = l.other_id
WHERE m.source = %(source)s AND p.source = %(source)s AND m.deleted_at IS NULL AND p.deleted_at IS NULL
  AND (p.published_at, p.mention_id) < (m.published_at, m.mention_id)
ORDER BY m.published_at, m.mention_id, array_position(ARRAY['reshare', 'quote', 'reply'], l.kind), p.mention_id
"""
"""Who has it from whom, earlier ones first. A mention has it from one: it is in one place of the tree."""

KEPT = """
INSERT INTO listening.fct_cascade AS c SELECT * FROM traced
ON CONFLICT (mention_id) DO UPDATE SET {columns}
WHERE c IS DISTINCT FROM excluded
"""

GONE = """
DELETE FROM listening.fct_cascade c
WHERE c.source = :source AND NOT EXISTS (SELECT FROM traced t WHERE t.mention_id = c.mention_id)
"""


def trace(connection: sa.Connection, source: str) -> None:
    """Bring `listening.fct_cascade` of a source up to date: one row a mention from which something spread."""
    found = below(edges(connection, source)).with_columns(source=pl.lit(source))
    connection.execute(sa.text("CREATE TEMP TABLE traced (LIKE listening.fct_cascade) ON COMMIT DROP"))
    copy(connection, "traced", found)
    connection.execute(sa.text("ANALYZE traced"))
    connection.execute(sa.text(GONE), {"source": source})
    columns = ", ".join(f"{name} = excluded.{name}" for name in found.columns)
    connection.execute(sa.text(KEPT.format(columns=columns)))
    connection.execute(sa.text("DROP TABLE traced"))


def edges(connection: sa.Connection, source: str) -> pl.DataFrame:
    """Who has it from whom among the mentions that we hold, as `EDGE`: earlier children first."""
    driver: Any = connection.connection.driver_connection
    with driver.cursor(binary=True) as cursor:
        cursor.execute(EDGES, {"source": source})
        return pl.DataFrame(cursor.fetchall(), schema=EDGE, orient="row")


def below(edges: pl.DataFrame) -> pl.DataFrame:
    """The cascade below each mention that has one: `mention_id` and what `networks.cascades` says of it."""
    first = edges.select(child="parent").unique().join(edges, on="child", how="anti")
    nodes = pl.concat([first, edges.select("child")]).with_row_index("place")
    parents = edges.join(nodes, left_on="parent", right_on="child", how="left", maintain_order="left")
    begin = np.full(first.height, -1)
    shape = networks.cascades(
        np.concatenate([begin, parents["place"].to_numpy()]),
        np.concatenate([begin * 0, edges["passed_on"].to_numpy()]),
    )
    return nodes.select(
        pl.col("child").alias("mention_id"),
        mentions=shape.size,
        passed_on=shape.marked,
        depth=shape.depth,
        structural_virality=shape.structural_virality,
        largest_broadcast=shape.largest_broadcast,
    ).filter(pl.col("mentions") > 1)
