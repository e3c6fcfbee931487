"""Which texts could be copies, by their signatures alone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from listening_etl.duplicates.sketching import PARTS, ROWS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pairs = NDArray[np.int64]
    """Two rows of places: left and right."""

QUARTERS = PARTS - 1
TURNS = 8
"""Bands of each row: band (turn, row) takes one MinHash of every quarter, each `turn` rows after the last."""
HEAD_BANDS = 16
HEAD_ROWS = 8
"""Bands over the beginning alone, for copies that were cut: long ones, since a cut copy is faithful otherwise."""
LIKE = 34
"""Equal MinHashes of the quarters, of 128, that a pair needs."""
LIKE_QUARTER = 2
"""... and in the quarter that has fewest: who replaces a whole sentence writes another text."""
LIKE_HEAD = 20
"""Equal MinHashes of the beginning, of 32, that a cut copy needs."""
MEETINGS = 1 << 22
"""Meetings of two texts in a band that are counted at once; it bounds memory."""


class Candidates:
    """Pairs of texts that meet in a band and have enough of their signatures in common, at least one side fresh.

    `signatures` are texts × `PARTS` × `ROWS`. Whether a pair is found depends on its two signatures alone.
    """

    def __init__(self, signatures: NDArray[np.uint8], fresh: NDArray[np.bool_]) -> None:
        self.signatures, self.fresh = signatures, fresh
        self.asked = np.flatnonzero(fresh)
        bands = _bands(signatures, fresh)
        self.bands, self.members = bands[self.asked], bands.T.tocsr()

    def blocks(self) -> list[slice]:
        """Portions of the fresh texts, each with about as many meetings."""
        met = self.bands @ np.diff(self.members.indptr)
        borders = np.flatnonzero(np.diff(np.cumsum(met) // MEETINGS, prepend=0))
        return [
            slice(*ends)
            for ends in zip([0, *borders], [*borders, len(self.asked)], strict=True)
            if ends[0] < ends[1]
        ]

    def of(self, block: slice) -> Pairs:
        """The pairs (left < right) of a portion; over all portions, each pair once."""
        met = (self.bands[block] @ self.members).tocoo()
        one, other = self.asked[block][met.row], met.col.astype(np.int64)
        kept = (one < other) | ~self.fresh[other]
        one, other = one[kept], other[kept]
        pairs = np.stack([np.minimum(one, other), np.maximum(one, other)])
        return pairs[:, self._alike(pairs)]

    def _alike(self, pairs: Pairs) -> NDArray[np.bool_]:
        alike = np.empty(pairs.shape[1], bool)
        for start in range(0, len(alike), 1 << 14):  # a portion that stays in the processor's cache
            part = slice(start, start + (1 << 14))
            same = self.signatures[pairs[0, part]] == self.signatures[pairs[1, part]]
            equal = np.bitwise_count(np.packbits(same, axis=-1).view(np.uint32)[..., 0])
            *quarters, head = equal.T
            whole = (reduce(np.add, quarters) >= LIKE) & (reduce(np.minimum, quarters) >= LIKE_QUARTER)
            alike[part] = whole | (head >= LIKE_HEAD)
        return alike


def _bands(signatures: NDArray[np.uint8], fresh: NDArray[np.bool_]) -> Any:
    """A sparse matrix of texts × keys of bands, without the keys that no fresh text shares."""
    from scipy.sparse import csr_array

    columns = _columns(signatures)
    texts, keys, count = [], [], 0
    for rows in _rows():
        places, numbers = _shared(_keys(columns, rows), fresh)
        texts.append(places)
        keys.append(numbers + count)
        count += int(numbers[-1]) + 1 if len(numbers) else 0
    place = np.concatenate(texts).astype(np.int32), np.concatenate(keys).astype(np.int32)
    return csr_array((np.ones(len(place[0]), np.int32), place), (len(signatures), count))


def _columns(signatures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Signatures on their side, turned piece by piece: a million at once would miss every cache."""
    flat = signatures.reshape(len(signatures), -1)
    columns = np.empty(flat.shape[::-1], np.uint8)
    for start in range(0, len(flat), 1 << 10):
        columns[:, start : start + (1 << 10)] = flat[start : start + (1 << 10)].T
    return columns


def _rows() -> Iterator[list[int]]:
    """The MinHashes of each band, by their places in a signature."""
    for turn in range(TURNS):
        for row in range(ROWS):
            yield [part * ROWS + (row + part * turn) % ROWS for part in range(QUARTERS)]
    for band in range(HEAD_BANDS):
        yield [QUARTERS * ROWS + (2 * band + (3 + 2 * (band % 2)) * step) % ROWS for step in range(HEAD_ROWS)]


def _keys(columns: NDArray[np.uint8], rows: list[int]) -> NDArray[np.uint32]:
    """The MinHashes of a band as one number; those of a long band as a hash of them."""
    key = np.zeros(columns.shape[1], np.uint32)
    for row in rows:
        key = key << np.uint32(8) if len(rows) <= 4 else (key ^ key >> np.uint32(15)) * np.uint32(0x9E3779B1)
        key += columns[row]
    return key


def _shared(
    keys: NDArray[np.uint32], fresh: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Texts that share a key with another one, fresh on one side, and the numbers of their keys."""
    endings = keys.astype(np.uint16)
    wanted = np.zeros(1 << 16, bool)
    wanted[endings[fresh]] = True
    places = np.flatnonzero(wanted[endings])  # quick where few are fresh
    places = places[np.argsort(keys[places])]
    ordered = keys[places]
    number = np.cumsum(np.diff(ordered, prepend=ordered[:1]) != 0)
    asked = np.bincount(number, fresh[places])
    shared = ((asked > 0) & (np.bincount(number) > 1))[number]
    _, numbers = np.unique(number[shared], return_inverse=True)
    return places[shared], numbers
