"""Pairs of copies, the strongest that hold them together, and what hangs together by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from listening_etl.duplicates.candidates import Candidates
from listening_etl.duplicates.likeness import likeness
from listening_etl.duplicates.sketching import PARTS, ROWS
from listening_etl.duplicates.words import normal

if TYPE_CHECKING:
    from numpy.typing import NDArray

AT_ONCE = 200_000
PAIR = ("left", "right", "similarity")
SAME = 1.0

Texts = Callable[[pl.Series], pl.DataFrame]
"""Given ids, answers with columns `id` and `text`; ids it does not know may be missing."""


def new_pairs(fresh: pl.DataFrame, known: pl.DataFrame, texts: Texts | None = None) -> pl.DataFrame:
    """Find the copies that `fresh` mentions bring: `left` < `right` and their `similarity`, 1 for the same words.

    Both frames have `id`, `words_hash`, `signature` and `text`; where `known` has no text, `texts` is asked for the
    few that may be copies. Of all pairs found, those are answered that `forest` would keep.
    """
    nodes = pl.concat([_columns(fresh).with_columns(fresh=True), _columns(known).with_columns(fresh=False)])
    nodes = nodes.drop_nulls("words_hash").unique("id", keep="first").sort("id")
    groups = nodes.group_by("words_hash", maintain_order=True).agg(
        pl.first("id", "text", "signature", "fresh"), member="id", member_fresh="fresh"
    )
    return forest(pl.concat([_same_words(groups), _nearly_the_same(groups, texts)]))


def _columns(mentions: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("text") if "text" in mentions.columns else pl.lit(None, pl.String).alias("text")
    return mentions.select("id", text.cast(pl.String), "words_hash", "signature")


def _same_words(groups: pl.DataFrame) -> pl.DataFrame:
    """A star around the smallest id of those with the same words: what the forest keeps of all their pairs."""
    members = groups.filter(pl.col("member").list.len() > 1).explode("member", "member_fresh")
    kept = members.filter(pl.col("member") != pl.col("id"), pl.col("member_fresh") | pl.col("fresh"))
    return kept.select(left="id", right="member", similarity=pl.lit(SAME))


def _nearly_the_same(groups: pl.DataFrame, texts: Texts | None) -> pl.DataFrame:
    ids = groups["id"]
    none = pl.DataFrame(schema={"left": ids.dtype, "right": ids.dtype, "similarity": pl.Float64})
    if groups["fresh"].any():
        signatures = np.frombuffer(b"".join(groups["signature"]), np.uint8).reshape(-1, PARTS, ROWS)
        words = _Words(groups, texts)
        likely = Candidates(signatures, groups["fresh"].to_numpy())
        for pairs in _in_bulk(map(likely.of, likely.blocks())):
            alike = likeness(*words.of(pairs))
            kept = ~np.isnan(alike)
            left, right = (ids.gather(side[kept]) for side in pairs)
            none = forest(pl.concat([none, pl.DataFrame(dict(zip(PAIR, (left, right, alike[kept]), strict=True)))]))
    return none


def _in_bulk(few: ...):
    """The same pairs, more at a time."""
    waiting, count = [], 0
    for pairs in few:
        waiting.append(pairs)
        count += pairs.shape[1]
        if count >= AT_ONCE:
            yield np.concatenate(waiting, axis=1)
            waiting, count = [], 0
    if count:
        yield np.concatenate(waiting, axis=1)


class _Words:
    """The normalised texts of the mentions that may be copies, read and folded when first asked for."""

    def __init__(self, groups: pl.DataFrame, texts: Texts | None) -> None:
        self.groups, self.texts = groups.select("id", "text"), texts
        self.seen = np.full(len(groups), -1)
        self.words = pl.Series("text", [], pl.String)

    def of(self, pairs: NDArray[np.int64]) -> tuple[pl.Series, pl.Series]:
        """The words of both sides; null where nobody knows the text (any more)."""
        new = np.unique(pairs)
        new = new[self.seen[new] < 0]
        self.seen[new] = np.arange(len(new)) + len(self.words)
        rows = self.groups[new]
        missing = rows.filter(pl.col("text").is_null())["id"]
        if self.texts is not None and len(missing):
            told = self.texts(missing).select("id", told="text")
            rows = rows.join(told, on="id", how="left", maintain_order="left").select(pl.coalesce("text", "told").alias("text"))
        self.words = pl.concat([self.words, normal(rows["text"])])
        left, right = (self.words.gather(self.seen[side]) for side in pairs)
        return left, right


def forest(pairs: pl.DataFrame) -> pl.DataFrame:
    """Keep the strongest pairs that connect what `pairs` connect: by similarity, then the smaller ids.

    The forest of a forest and more pairs is the forest of all pairs, in whatever order and portions they come.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    ranked = pairs.unique().sort("similarity", "left", "right", descending=[True, False, False]).unique(["left", "right"], keep="first", maintain_order=True)
    if not len(ranked):
        return ranked
    ids = pl.concat([ranked["left"], ranked["right"]]).unique().sort()
    places = _places(ids, ranked["left"]), _places(ids, ranked["right"])
    graph = coo_array((np.arange(1.0, len(ranked) + 1), places), (len(ids), len(ids)))
    kept = minimum_spanning_tree(graph.tocsr()).data
    return ranked[np.sort(kept).astype(np.int64) - 1]


def components(ids: pl.Series, pairs: pl.DataFrame) -> pl.Series:
    """For each id, the smallest id of what hangs together with it by `pairs`; itself when alone."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    known = pl.concat([ids, pairs["left"], pairs["right"]]).unique().sort()
    places = _places(known, pairs["left"]), _places(known, pairs["right"])
    graph = coo_array((np.ones(len(pairs)), places), (len(known), len(known)))
    _, labels = connected_components(graph, directed=False)
    # places are sorted, so the first place of a label is that of its smallest id
    _, first = np.unique(labels, return_index=True)
    return known.gather(first[labels[_places(known, ids)]]).alias(ids.name)


def _places(sorted_ids: pl.Series, ids: pl.Series) -> NDArray[np.int64]:
    place = pl.DataFrame({"id": sorted_ids}).with_row_index("place")
    found = pl.DataFrame({"id": ids}).join(place, on="id", how="left", maintain_order="left")
    return found["place"].to_numpy().astype(np.int64)
