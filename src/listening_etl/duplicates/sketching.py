"""A short sketch of each text, by which copies find one another among millions."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from listening_etl.duplicates.words import CUT, marked

if TYPE_CHECKING:
    from numpy.typing import NDArray

GRAM = 3
"""Characters in a shingle: one edit spoils three of them."""
ROWS = 32
"""MinHashes of each part of a text, one byte each."""
PARTS = 5
"""The four quarters of a text, and its first `HEAD` shingles, which a cut copy keeps."""
HEAD = 56
READ = 1_000
"""Characters of a text that count: of a long article the beginning stands for the whole."""
TOO_SHORT = 20
"""Shorter texts are no copies of one another: a thousand people write "merci beaucoup !"."""
WIDE = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]"
"""Characters that say as much as two letters; they count twice."""
BUCKETS = 1 << 16
AT_ONCE = 1 << 15
SKETCH = {"words_hash": pl.Binary, "signature": pl.Binary}


def sketches(texts: pl.Series) -> pl.DataFrame:
    """Sketch each text: `words_hash` (16 bytes, equal where the words are) and `signature` (160 MinHashes).

    Both are null where a text is too short to be told apart from others. Neither depends on the other texts.
    """
    return sketches_of_words(marked(texts))


def sketches_of_words(words: pl.Series) -> pl.DataFrame:
    """Sketch texts that are folded already."""
    told = (words.str.len_chars() + words.str.count_matches(WIDE) >= TOO_SHORT).fill_null(value=False)
    kept = words.filter(told)
    # hashlib takes one text at a time; polars' own hash may change with its version, and the warehouse keeps ours
    hashes = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in kept]
    packed = [row.tobytes() for row in signatures(kept.str.strip_suffix(CUT))]
    found = pl.DataFrame({"words_hash": hashes, "signature": packed}, SKETCH)
    place = pl.select(pl.when(told).then(told.cum_sum().cast(pl.Int64) - 1)).to_series()
    return found.select(pl.all().gather(place)) if len(found) else found.clear(len(words))


def signatures(words: pl.Series) -> NDArray[np.uint8]:
    """MinHash each part of each text: an array of texts × `PARTS` × `ROWS`."""
    padded = (" " + words.str.slice(0, READ) + " ").str.pad_end(GRAM + PARTS, " ")
    ends = np.cumsum(padded.str.len_chars().to_numpy().astype(np.int64))
    buckets = _buckets(np.frombuffer("".join(padded).encode("utf-32-le"), np.uint32))
    starts = np.concatenate([[0], ends[:-1]])
    found = np.empty((len(words), PARTS, ROWS), np.uint8)
    first = 0
    while first < len(words):
        last = max(first + 1, int(np.searchsorted(ends, starts[first] + AT_ONCE)))
        found[first:last] = _minima(buckets, starts[first:last], ends[first:last] - GRAM + 1)
        first = last
    return found


def _buckets(points: NDArray[np.uint32]) -> NDArray[np.uint16]:
    """A hash of 16 bits for the shingle that begins at each code point."""
    mixed = np.zeros(len(points), np.uint32)
    for place in range(min(GRAM, len(points))):
        head = mixed[: len(points) - place]
        head *= np.uint32(0x01000193)
        head += points[place:] * np.uint32(0x9E3779B1)
    for shift, factor in ((15, 0x2C1B3C6D), (12, 0x297A2D39)):
        mixed ^= mixed >> np.uint32(shift)
        mixed *= np.uint32(factor)
    return (mixed >> np.uint32(16)).astype(np.uint16)


def _minima(
    buckets: NDArray[np.uint16], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """The least rank of each part of each text, texts × `PARTS` × `ROWS`; its low byte tells as much."""
    base = starts[0]
    values = _ranks()[buckets[base : ends[-1]]]
    quarters = PARTS - 1
    cuts = starts[:, None] - base + (ends - starts)[:, None] * np.arange(quarters) // quarters
    borders = np.stack([cuts, np.roll(cuts, -1, 1)], 2)
    borders[:, -1, 1] = ends - base
    head = np.stack([starts - base, np.minimum(starts + HEAD, ends) - base], 1)[:, None]
    # reduceat takes pairs of borders and answers for what lies between them at every other place
    flat = np.concatenate([borders, head], 1).reshape(-1)
    whole = np.concatenate([values, np.full((1, ROWS), 65535, np.uint16)])
    found = np.minimum.reduceat(whole, flat, axis=0)[::2]
    return (found & 0xFF).astype(np.uint8).reshape(len(starts), PARTS, ROWS)


@cache
def _ranks() -> NDArray[np.uint16]:
    """The rank of every shingle under every permutation: SplitMix64 of its place, the same on every machine."""
    mixed = np.arange(1, BUCKETS * ROWS + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    return ((mixed ^ mixed >> np.uint64(31)) >> np.uint64(48)).astype(np.uint16).reshape(BUCKETS, ROWS)
