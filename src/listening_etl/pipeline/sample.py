"""What was received, read again from the raw files: to try queries on it, and to say why a mention matched or not."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from listening_etl.errors import ConfigError
from listening_etl.pipeline import judging, records
from listening_etl.pipeline.context import Context
from listening_etl.pipeline.normalising import newest, normalise
from listening_etl.pipeline.parsing import parse
from listening_etl.pipeline.replay import RAW_FILE
from listening_etl.warehouse import runs
from listening_etl.warehouse.engine import transaction

SEED = 20_261_122
"""Of the draw: the same raw files, the same sample."""


def sample(context: Context, most: int) -> pl.DataFrame:
    """At most so many of the topic's received mentions, as matching sees them, from raw files drawn at random.

    Raises `ConfigError` when nothing was received yet, or nothing is kept.
    """
    drawn: list[pl.DataFrame] = []
    size = 0
    files = sorted(_files(context, _ledger(context)))
    random.Random(SEED).shuffle(files)
    for source, uri in files:
        frame = newest(received(context, source, uri))
        drawn.append(frame.sample(min(frame.height, most - size), seed=SEED))
        size += drawn[-1].height
        if size >= most:
            break
    if not size:
        raise ConfigError(
            f"nothing is kept of topic '{context.topic.name}'",
            do="Run it first, or try the query on --texts.",
        )
    return pl.concat(drawn)


def find(context: Context, source: str, mention_id: bytes, published_at: Any) -> pl.DataFrame:
    """One mention as matching sees it, a frame of one row; of none when its raw file is gone."""
    rows = [row for row in _ledger(context) if context.topic.sources[row["source"]].identity == source]
    near = [row for row in rows if row["since"] <= published_at < row["until"]]
    for name, uri in dict.fromkeys(_files(context, [*near, *rows])):
        frame = newest(received(context, name, uri)).filter(pl.col("mention_id") == mention_id)
        if frame.height:
            return frame.head(1)
    return pl.DataFrame()


def received(context: Context, source: str, uri: str) -> pl.DataFrame:
    """The mentions of a raw file, with what matching looks at: the texts that anybody may read."""
    plugin, options = context.source(source)
    parsed = parse(plugin, options, context.staging.read_frame(uri))
    entities = [e for topic in context.settings.topics.values() for e in topic.entities.values()]
    mentions = records.with_public_text(normalise(parsed.mentions, context.topic.sources[source]), entities)
    mentions, _ = judging.detect_language(context, mentions)
    return mentions.with_columns(text="public_text", title="public_title")


def _ledger(context: Context) -> list[dict[str, Any]]:
    with transaction(context.url) as connection:
        rows = runs.ledger(connection, context.topic.name, None)
    return [row for row in rows if row["source"] in context.topic.sources]


def _files(context: Context, rows: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for row in rows:
        for uri in RAW_FILE.findall(row["raw"]):
            if context.staging.exists(uri):
                yield row["source"], uri
