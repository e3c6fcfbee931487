"""How alike two texts are, and how alike copies must be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from listening_etl.duplicates.sketching import READ

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONG = 60
"""Characters from which a text leaves no doubt that it was copied, even with many typing errors."""
SHORT = 30
LIKE = 0.76
"""Share of a long text that stays when one copy is turned into the other."""
LIKE_SHORT = 0.9
"""... of a short one; between the two lengths it falls in a straight line."""
CUT = 0.9
"""A text that is shorter than this share of another may be its cut copy: it is compared with its beginning."""
CUT_LONG = 40
"""... if it has so many characters, and so much stays."""
CUT_LIKE = 0.9
TYPED = 0.5
"""Errors of typing change few characters of many words. Above this share, words took the place of words."""
REPLACED = 0.03
"""Share of a text that may be replaced by other words or names; a digit counts as `DIGIT` characters."""
DIGIT = 4
MOST = 0.9999
"""Only the same words are alike to 1."""


def likeness(left: pl.Series, right: pl.Series) -> NDArray[np.float64]:
    """Share of characters that stay when one normalised text is turned into the other; NaN for what is no copy.

    Of a cut copy, the share of what is left of it. Null texts are copies of nothing.
    """
    pair = pl.DataFrame({"left": left.str.head(READ), "right": right.str.head(READ)})
    found = np.full(len(pair), np.nan)
    whole = _Compared(pair)
    _settle(found, np.arange(len(pair)), whole, whole.alike >= np.interp(whole.short, [SHORT, LONG], [LIKE_SHORT, LIKE]))
    cut = np.flatnonzero(np.isnan(found) & (whole.short < CUT * whole.long) & (whole.short >= CUT_LONG))
    begun = _Compared(pair[cut].select(pl.all().str.head(pl.Series(whole.short[cut]))))
    _settle(found, cut, begun, begun.alike >= CUT_LIKE)
    return found


def _settle(found, places, compared, close):
    kept = np.flatnonzero(close)
    kept = kept[compared.same_but_for_typing(kept)]
    found[places[kept]] = np.minimum(compared.alike[kept], MOST)


class _Compared:
    """Two columns of texts, compared by character."""

    def __init__(self, pair: pl.DataFrame) -> None:
        self.pair = pair
        lengths = pair.select(pl.all().str.len_chars().fill_null(0).cast(pl.Int64)).to_numpy()
        self.short, self.long = lengths.min(1), lengths.max(1)
        self.apart = _apart(pair["left"], pair["right"])
        self.alike = 1 - self.apart / np.maximum(self.long, 1)

    def same_but_for_typing(self, kept: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether what differs is typing errors, words put in, or little; not other words, names or numbers."""
        pair, apart, short = self.pair[kept], self.apart[kept], self.short[kept]
        digits = _apart(*pair.select(pl.all().str.replace_all(r"\P{Nd}", "")))
        words, count = _words_apart(pair)
        typed = apart <= TYPED * words * (short + 1) / count
        added = apart == self.long[kept] - short
        little = apart + (DIGIT - 1) * digits <= REPLACED * short
        return little | ((typed | added) & (2 * digits < np.maximum(apart,1)))


def _apart(left: pl.Series, right: pl.Series) -> NDArray[np.float64]:
    """Fewest characters to put in, leave out, replace or swap with the next, to get from one to the other."""
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import cpdist

    sides = (left.fill_null("").to_list(), right.fill_null("").to_list())
    return cpdist(*sides, scorer=OSA.distance, workers=-1, dtype=np.float64)


def _words_apart(pair: pl.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same in words, with the number of words of the side that has fewer: each word is made a character."""
    coded = pair.select(pl.all().str.split(" ").list.eval(pl.element().hash() % 1_000_000 + 0x10000))
    count = coded.select(pl.min_horizontal(pl.all().list.len())).to_series().to_numpy().astype(np.float64)
    left, right = (
        pl.Series([np.array(words, np.uint32).tobytes().decode("utf-32-le") for words in coded[side].to_list()], dtype=pl.String)
        for side in coded.columns
    )
    return _apart(left, right), count
