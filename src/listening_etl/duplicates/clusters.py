"""Clusters of copies in a batch of texts, and in a file."""

from __future__ import annotations

import codecs
import operator
import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from listening_etl.duplicates.pairs import components, pairs_of_words
from listening_etl.duplicates.sketching import sketches_of_words
from listening_etl.duplicates.words import marked
from listening_etl.errors import ConfigError

BAD = re.compile("[\udc80-\udcff]+")
"""How Python spells bytes that are no UTF-8, so that they can be counted before they are replaced."""


@dataclass(frozen=True)
class Deduped:
    """What was found in a file: `copies` are lines that have an earlier copy, `damaged` ones hold bytes that are no UTF-8."""

    lines: int
    clusters: int
    copies: int
    damaged: int


def clusters(texts: pl.Series) -> pl.Series:
    """Number the clusters of copies from 0, in order of first appearance; a text without copies has its own."""
    words = marked(texts)
    nodes = sketches_of_words(words).with_columns(id=pl.int_range(pl.len(), dtype=pl.Int64), text=words)
    first = components(nodes["id"], pairs_of_words(nodes, nodes.clear(), None, pl.Series.clone))
    return (first.rank("dense").cast(pl.Int64) - 1).alias("cluster")


def dedupe(texts_file: Path, output: Path) -> Deduped:
    """Cluster the lines of a file and write the number of each line's cluster, a line each, in the same order.

    Text is UTF-8; bytes that are none are replaced. An empty line keeps its place and its own cluster.
    """
    if output.exists() and texts_file.exists() and output.samefile(texts_file):
        raise ConfigError(
            "texts and output are the same file", where=str(output), do="Name another file for the output."
        )
    lines, damaged = _lines(_read(texts_file))
    found = clusters(pl.Series("text", lines, pl.String))
    _write(output, "".join(f"{cluster}\n" for cluster in found))
    count = found.n_unique()
    return Deduped(lines=len(lines), clusters=count, copies=len(lines) - count, damaged=damaged)


def _lines(content: bytes) -> tuple[list[str], int]:
    """The lines of a file as text, and how many of them hold bytes that are no text."""
    text = content.removeprefix(codecs.BOM_UTF8).decode(errors="surrogateescape")
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    if not lines[-1]:
        lines.pop()
    sound = [BAD.sub("\ufffd", line) for line in lines]
    return sound, sum(map(operator.ne, lines, sound))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"cannot read the texts: {error.strerror}", where=str(path), do="Name a text file."
        ) from error


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ConfigError(
            f"cannot write the clusters: {error.strerror}", where=str(path), do="Name another file."
        ) from error
