"""Read each text once: mentions get the column `encoding`, from which every head judges."""

from __future__ import annotations

import functools
from itertools import islice
from typing import Any

import numpy as np
import polars as pl

from listening_etl.encoding import Encoder, encoder_folder, said
from listening_etl.frame import digests
from listening_etl.pipeline.context import Context

ENCODING = "encoding"
STAGED = {
    "mention_id": pl.Binary,
    "content_hash": pl.Binary,
    "text_hash": pl.Binary,
    "version": pl.String,
    "vector": pl.Binary,
}
REMEMBERED = 50_000
"""Texts whose vectors a process remembers, 50 MB: what many files of a run say, or a clause that is the whole text, is
read once, before the warehouse knows it."""


def wanted(plugins: list[Any]) -> bool:
    """Whether one of these filters or scorers judges encodings."""
    return any(ENCODING in getattr(plugin, "needs", ()) for plugin in plugins)


def encoded_for(context: Context, mentions: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """As `encoded` where a scorer of the topic judges encodings or it has themes; else as they are, and no rows."""
    if context.topic.themes is not None or wanted(
        [context.scorer(measure)[0] for measure in context.topic.scorers]
    ):
        return encoded(context, mentions)
    return mentions, pl.DataFrame(schema=STAGED)


def encoded(context: Context, mentions: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The mentions with `encoding`, null where there is nothing to read, and the rows of private.encoding.

    Texts that read alike are read once, and those that the warehouse knows not at all.
    """
    encoder = Encoder.load(encoder_folder())
    public = mentions.with_columns(text="public_text", title="public_title")
    rows = mentions.select("mention_id", "content_hash").with_columns(said(public).alias("said"))
    rows = rows.with_columns(digests(rows["said"]).alias("text_hash"))
    texts = rows.select("text_hash", "said").drop_nulls().unique("text_hash", maintain_order=True)
    vectors = _read(encoder, texts, _known(context, encoder.version, texts["text_hash"].to_list()))
    rows = rows.join(vectors, on="text_hash", how="left", maintain_order="left")
    staged = rows.drop_nulls("vector").with_columns(version=pl.lit(encoder.version)).select(STAGED.keys())
    return mentions.with_columns(as_column(rows["vector"], encoder.width)), staged


def encode(mentions: pl.DataFrame) -> pl.DataFrame:
    """The mentions with `encoding`, read now, from `title` and `text` as they stand: for trying and explaining."""
    encoder = Encoder.load(encoder_folder())
    texts = said(mentions)
    once = texts.drop_nulls().unique(maintain_order=True)
    vectors = [row.tobytes() for row in encoder.encode(once.to_list()).astype("<f2")]
    kept = texts.replace_strict(
        once, pl.Series(vectors, dtype=pl.Binary), default=None, return_dtype=pl.Binary
    )
    return mentions.with_columns(as_column(kept, encoder.width))


def as_column(vectors: pl.Series, width: int) -> pl.Series:
    """Vectors as kept, half precision in bytes, as the column `encoding`: arrays of single precision."""
    here = vectors.is_not_null()
    numbers = np.frombuffer(b"".join(vectors.drop_nulls().to_list()), dtype="<f2").reshape(-1, width)
    arrays = pl.Series(ENCODING, numbers.astype(np.float32), dtype=pl.Array(pl.Float32, width))
    places = pl.Series(here).cum_sum().cast(pl.Int64) - 1
    return arrays.gather(places.zip_with(here, pl.Series([None], dtype=pl.Int64)))


def _known(context: Context, version: str, hashes: list[bytes]) -> dict[bytes, bytes]:
    from listening_etl.warehouse import encodings
    from listening_etl.warehouse.engine import transaction

    lately = read_lately(version)
    found = {hash: lately[hash] for hash in hashes if hash in lately}
    with transaction(context.url) as connection:
        return found | encodings.known(connection, version, [hash for hash in hashes if hash not in found])


@functools.cache
def read_lately(version: str) -> dict[bytes, bytes]:
    """What this process read by a version of the encoder: vectors by the hash of the text."""
    return {}


def _read(encoder: Encoder, texts: pl.DataFrame, known: dict[bytes, bytes]) -> pl.DataFrame:
    """`text_hash` and `vector` of every text; only those that are not known are read."""
    new = texts.filter(~pl.col("text_hash").is_in(list(known)))
    read = [row.tobytes() for row in encoder.encode(new["said"].to_list()).astype("<f2")]
    lately = read_lately(encoder.version)
    if len(lately) + len(read) > REMEMBERED:
        lately.clear()
    lately.update(islice(zip(new["text_hash"].to_list(), read, strict=True), REMEMBERED))
    hashes = [*known, *new["text_hash"].to_list()]
    schema = {"text_hash": pl.Binary, "vector": pl.Binary}
    return pl.DataFrame({"text_hash": hashes, "vector": [*known.values(), *read]}, schema=schema)
