"""More like this: the mentions of a topic that are nearest to one in meaning, whatever their language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl

from listening_etl.pipeline.context import Context
from listening_etl.pipeline.meaning import Meaning
from listening_etl.warehouse import nearest
from listening_etl.warehouse.engine import Connection

SPARE = 4
"""Candidates for each mention that is asked for: of several with the same words one is shown."""


def index(context: Context, connection: Connection, version: str, width: int) -> None:
    """Bring the index for `similar` up to date, where the settings and the server have one."""
    if context.topic.themes is None or not context.topic.themes.index:
        return
    if not nearest.prepare(connection, width):
        return
    new = nearest.waiting(connection, context.topic.name, version)
    meant = Meaning(version)

    def directions() -> Iterator[pl.DataFrame]:
        for frame in new:
            ways = pl.Series("direction", meant(frame["vector"]), dtype=pl.Array(pl.Float32, width))
            yield frame.select("mention_id", "text_hash").with_columns(ways.arr.to_list())

    if new:
        nearest.add(connection, version, directions(), sum(map(len, new)))


def similar(
    connection: Connection, topic: str, mention_id: UUID, limit: int, *, exact: bool = False
) -> list[dict[str, Any]] | None:
    """`mention_id, similarity` of the nearest mentions in other words, nearest first; None: this one was not read.

    Of mentions in the same words the first by id is shown. `exact`: without the index, which may miss some.
    """
    asked = nearest.read(connection, mention_id)
    if asked is None:
        return None
    meant = Meaning(asked["version"])
    way = meant(pl.Series([asked["vector"]]))[0]
    known = (connection, topic, asked["version"], asked["text_hash"])
    if not exact and nearest.has_table(connection):
        frames = iter([nearest.near(*known, way.tolist(), SPARE * limit)])
    else:
        frames = nearest.every(*known)
    best = pl.DataFrame(schema={"mention_id": pl.Binary, "text_hash": pl.Binary, "similarity": pl.Float64})
    for frame in frames:
        likeness = pl.Series("similarity", (meant(frame["vector"]) @ way).astype(np.float64).round(6))
        best = _best(pl.concat([best, frame.select("mention_id", "text_hash").with_columns(likeness)]), limit)
    return [{"mention_id": UUID(bytes=id), "similarity": likeness} for id, _, likeness in best.iter_rows()]


def _best(found: pl.DataFrame, limit: int) -> pl.DataFrame:
    ordered = found.sort("similarity", "mention_id", descending=[True, False])
    return ordered.unique("text_hash", keep="first", maintain_order=True).head(limit)
