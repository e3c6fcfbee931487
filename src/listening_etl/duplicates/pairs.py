"""Pairs of copies, the strongest that hold them together, and what hangs together by them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from listening_etl.duplicates.candidates import Candidates
from listening_etl.duplicates.likeness import Words, likeness
from listening_etl.duplicates.sketching import PARTS, ROWS
from listening_etl.duplicates.words import marked

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAME = 1.0

Texts = Callable[[pl.Series], pl.DataFrame]
"""Given ids, answers with columns `id` and `text`; ids it does not know may be missing."""
Fold = Callable[[pl.Series], pl.Series]


def new_pairs(fresh: pl.DataFrame, known: pl.DataFrame, texts: Texts | None = None) -> pl.DataFrame:
    """Find the copies that `fresh` mentions bring: `left` < `right` and their `similarity`, 1 for the same words.

    Both frames have `id`, `words_hash`, `signature` and `text`; where `known` has no text, `texts` is asked for the
    few that may be copies. Of all pairs found, those are answered that `forest` would keep.
    """
    return pairs_of_words(fresh, known, texts, marked)


def pairs_of_words(fresh: pl.DataFrame, known: pl.DataFrame, texts: Texts | None, fold: Fold) -> pl.DataFrame:
    """The same with a way to fold texts."""
    nodes = pl.concat([_columns(fresh).with_columns(fresh=True), _columns(known).with_columns(fresh=False)])
    nodes = nodes.drop_nulls("words_hash").unique("id", keep="first").sort("id")
    groups = nodes.group_by("words_hash", maintain_order=True).agg(
        pl.first("id", "signature", "fresh"),
        pl.col("text").drop_nulls().first(),
        member="id",
        member_fresh="fresh",
    )
    return forest(pl.concat([_same_words(groups), _nearly_the_same(groups, texts, fold)]))


def _columns(mentions: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("text") if "text" in mentions.columns else pl.lit(None, pl.String).alias("text")
    return mentions.select("id", text.cast(pl.String), "words_hash", "signature")


def _same_words(groups: pl.DataFrame) -> pl.DataFrame:
    """A star around the smallest id of those with the same words: what the forest keeps of all their pairs."""
    members = groups.filter(pl.col("member").list.len() > 1).explode("member", "member_fresh")
    kept = members.filter(pl.col("member") != pl.col("id"), pl.col("member_fresh") | pl.col("fresh"))
    return kept.select(left="id", right="member", similarity=pl.lit(SAME))


def _nearly_the_same(groups: pl.DataFrame, texts: Texts | None, fold: Fold) -> pl.DataFrame:
    """Pairs of groups with nearly the same words, one of them fresh."""
    ids, found = groups["id"], _pairs(np.zeros((2, 0), np.int64), np.zeros(0))
    if groups["fresh"].any():
        signatures = np.frombuffer(b"".join(groups["signature"]), np.uint8).reshape(-1, PARTS, ROWS)
        likely = Candidates(signatures, groups["fresh"].to_numpy())
        known = _Known(groups.select("id", "text"), texts, fold)
        workers = os.cpu_count() or 1
        with ThreadPoolExecutor(workers) as pool:
            for blocks in _portions(likely.blocks(), 2 * workers):
                pairs = [known.read(pair) for pair in pool.map(likely.of, blocks)]
                alike = pool.map(
                    likeness, repeat(known.words), *zip(*(known.at[pair] for pair in pairs), strict=True)
                )
                found = forest(pl.concat([found, *map(_pairs, pairs, alike)]))
    return found.with_columns(
        ids.gather(found["left"]).alias("left"), ids.gather(found["right"]).alias("right")
    )


def _pairs(places: NDArray[np.int64], alike: NDArray[np.float64]) -> pl.DataFrame:
    kept = ~np.isnan(alike)
    return pl.DataFrame({"left": places[0, kept], "right": places[1, kept], "similarity": alike[kept]})


def _portions(blocks: list[slice], size: int) -> Iterator[list[slice]]:
    return (blocks[start : start + size] for start in range(0, len(blocks), size))


class _Known:
    """The words of those that may be copies, read and folded when first asked for."""

    def __init__(self, groups: pl.DataFrame, texts: Texts | None, fold: Fold) -> None:
        self.groups, self.texts, self.fold = groups, texts, fold
        self.words = Words()
        self.at = np.full(len(groups), -1)

    def read(self, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
        """Make sure that the words of these are there."""
        new = np.unique(pairs)
        new = new[self.at[new] < 0]
        rows = self.groups[new]
        missing = rows.filter(pl.col("text").is_null())["id"]
        if self.texts is not None and len(missing):
            told = self.texts(missing).select("id", told="text")
            rows = rows.join(told, on="id", how="left", maintain_order="left")
            rows = rows.select(text=pl.coalesce("text", "told"))
        self.at[new] = np.arange(len(new)) + len(self.words.texts)
        self.words.add(self.fold(rows["text"]))
        return pairs


def forest(pairs: pl.DataFrame) -> pl.DataFrame:
    """Keep the strongest pairs that connect what `pairs` connect: by similarity, then the smaller ids.

    The forest of a forest and more pairs is the forest of all pairs, in whatever order and portions they come.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    ranked = (
        pairs.unique()
        .sort("similarity", "left", "right", descending=[True, False, False])
        .unique(["left", "right"], keep="first", maintain_order=True)
    )
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
