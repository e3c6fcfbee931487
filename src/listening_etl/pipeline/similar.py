"""More like this: the mentions of a topic that are nearest to one in meaning, whatever their language."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl
from numpy.typing import NDArray

from listening_etl.pipeline.context import Context
from listening_etl.pipeline.meaning import Meaning
from listening_etl.warehouse import nearest
from listening_etl.warehouse.engine import Connection, transaction
from listening_etl.warehouse.publishing import lock

SPARE = 4
"""Candidates for each mention that is asked for: of several with the same words one is shown."""


def index(context: Context) -> None:
    """Bring the index for `similar` up to date, where the settings and the server have one.

    Comes after a refresh and under none of its locks: publishes go on while it is built. What a run that was broken
    off has left, or what another run keeps meanwhile, the next one finishes.
    """
    topic = context.topic.name
    if context.topic.themes is None or not context.topic.themes.index:
        return
    with nearest.alone(context.url) as connection:
        if connection is None or (read := nearest.most_read(connection, topic)) is None:
            return
        version, width = read
        if nearest.width(connection) != width and not _prepared(context, width):
            return
        meant = Meaning(version)
        at_once = nearest.make_room(connection, topic, version, meant.space)
        after: bytes | None = bytes(16)
        while after is not None:
            after = _add(context, meant, after, at_once)
        nearest.build(connection)


def _prepared(context: Context, width: int) -> bool:
    with transaction(context.url) as connection:
        lock(connection)
        return nearest.prepare(connection, width)


def _add(context: Context, meant: Meaning, after: bytes, limit: int) -> bytes | None:
    """Add the next mentions to the index; answers the id of the last, None when there was none."""
    topic = context.topic.name
    with transaction(context.url) as connection:
        frame = nearest.waiting(connection, topic, meant.version, meant.space, after, limit)
        if frame.is_empty():
            return None
        ways = meant(frame["vector"])
        way = pl.Series("direction", ways, dtype=pl.Array(pl.Float32, ways.shape[1])).arr.to_list()
        nearest.add(connection, meant.space, frame.select("mention_id", "text_hash").with_columns(way))
    last: bytes = frame["mention_id"][-1]
    return last


def similar(
    connection: Connection, topic: str, mention_id: UUID, limit: int, *, exact: bool = False
) -> list[dict[str, Any]] | None:
    """`mention_id, similarity` of the nearest mentions in other words, nearest first; None: this one was not read.

    Of mentions in the same words the first by id is shown. `exact`: without the index, which may miss some. Where it
    finds too few, as among many copies, every mention is compared.
    """
    asked = nearest.read(connection, mention_id)
    if asked is None:
        return None
    meant = Meaning(asked["version"])
    way = meant(pl.Series([asked["vector"]]))[0]
    known = (connection, topic, asked["version"], asked["text_hash"])
    best = None
    if not exact and nearest.width(connection) == len(way):
        near = nearest.near(*known, meant.space, way.tolist(), SPARE * limit)
        best = _best(chain([near], nearest.every(*known, meant.space)), meant, way, limit)
    if best is None or best.height < limit:
        best = _best(nearest.every(*known), meant, way, limit)
    return [{"mention_id": UUID(bytes=id), "similarity": likeness} for id, _, likeness in best.iter_rows()]


def _best(
    frames: Iterable[pl.DataFrame], meant: Meaning, way: NDArray[np.float32], limit: int
) -> pl.DataFrame:
    best = pl.DataFrame(schema={"mention_id": pl.Binary, "text_hash": pl.Binary, "similarity": pl.Float64})
    for frame in frames:
        if frame.is_empty():
            continue
        likeness = pl.Series("similarity", (meant(frame["vector"]) @ way).astype(np.float64).round(6))
        found = pl.concat([best, frame.select("mention_id", "text_hash").with_columns(likeness)])
        found = found.sort("similarity", "mention_id", descending=[True, False])
        best = found.unique("text_hash", keep="first", maintain_order=True).head(limit)
    return best
