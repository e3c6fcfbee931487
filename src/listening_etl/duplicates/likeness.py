"""How alike two texts are, and how alike copies must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from listening_etl.duplicates.sketching import READ
from listening_etl.duplicates.words import CUT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]
    Strings = NDArray[np.object_]

LONG, LIKE = 60, 0.74
"""From so many characters on a text leaves no doubt that it was copied, if so much of it stays in the copy."""
SHORT, LIKE_SHORT = 30, 0.9
"""The same for short texts; in between, the share falls in a straight line."""
CUT_LIKE = 0.9
"""A text that breaks off is the cut copy of a longer one if so much stays of the beginning of that."""
TYPED, TYPED_MORE, TYPED_BY_CHANCE = 0.16, 0.65, 0.2
"""Errors of typing change so much of a word, and so much more when all words have some, and so much when one word
has them; by chance they come together in one word, hardly in several. Who changes more wrote other words."""
REPLACED, DIGIT = 0.03, 10
"""Share of a text that may be other words or names; a digit weighs as much as so many characters."""
MOST = 0.9999
"""Only the same words are alike to 1."""
LIMITS = [4, 8, 16, 32, 64, 2 * READ]
SWAPS = 1.5
"""Where swapped letters count twice, the distance is that much more, hardly ever more."""
LETTERS, TALLY = 32, 128
"""A text is tallied in classes of letters and, in the rest, classes of words."""


class Words:
    """Folded texts, and what two of them are compared by; they are added as they are needed."""

    def __init__(self) -> None:
        self.texts = self.digits = np.zeros(0, object)
        self.sizes = self.counts = np.zeros(0, np.int64)
        self.cut = np.zeros(0, bool)
        self.tallies = np.zeros((0, TALLY), np.uint8)

    def add(self, marked: pl.Series) -> None:
        """Add texts as `marked` folds them; null is like nothing."""
        cut = marked.str.ends_with(CUT).fill_null(value=False)
        texts = marked.fill_null("").str.strip_suffix(CUT).str.head(READ)
        tallies, counts = _tallied(texts)
        self.texts = np.append(self.texts, texts.to_numpy())
        self.digits = np.append(self.digits, _digits(texts))
        self.sizes = np.append(self.sizes, texts.str.len_chars().to_numpy().astype(np.int64))
        self.counts = np.append(self.counts, counts)
        self.cut = np.append(self.cut, cut.to_numpy())
        self.tallies = np.concatenate([self.tallies, tallies])


def likeness(words: Words, left: Places, right: Places) -> Floats:
    """Share of characters that stay when one text is turned into the other; NaN for what is no copy.

    Of a cut copy, the share of what is left of it.
    """
    found = np.full(len(left), np.nan)
    for start in range(0, len(left), 1 << 14):  # portions that stay in the processor's cache
        part = slice(start, start + (1 << 14))
        found[part] = _likeness(words, left[part], right[part])
    np.minimum(found, MOST, out=found)
    return found


def _likeness(words: Words, left: Places, right: Places) -> Floats:
    swapped = words.sizes[left] > words.sizes[right]
    left, right = np.where(swapped, right, left), np.where(swapped, left, right)
    short, long = words.sizes[left], words.sizes[right]
    (gone, come), (gone_words, come_words) = _differences(words.tallies[left], words.tallies[right])
    found = np.full(len(left), np.nan)
    # what tallies differ by is the least that texts differ by: most pairs that only share a template end here
    needed = np.interp(short, [SHORT, LONG], [LIKE_SHORT, LIKE])
    counts = np.minimum(words.counts[left], words.counts[right])
    typed = _typed(np.maximum(gone_words, come_words), counts, short)
    least = np.maximum(gone, come)
    likely = np.flatnonzero((least <= (1 - needed) * long) & ((least <= typed) | (gone == 0)) & (short > 0))
    found[likely] = _whole(words, left[likely], right[likely], needed[likely], typed[likely], least[likely])
    typed = _typed(gone_words, words.counts[left], short)
    begun = (
        np.isnan(found)
        & words.cut[left]
        & (short < long)
        & (gone <= np.minimum(typed, (1 - CUT_LIKE) * short))
    )
    likely = np.flatnonzero(begun)
    found[likely] = _begun(words, left[likely], right[likely], typed[likely], gone[likely])
    return found


def _typed(changed: Places, counts: Places, sizes: Places) -> Floats:
    """Most characters that typing errors change in so many words of so many, in a text of this size."""
    share = changed / np.maximum(counts, 1)
    of_each = TYPED + TYPED_MORE * share + TYPED_BY_CHANCE / np.sqrt(np.maximum(changed, 1))
    most: Floats = np.maximum(share * (sizes + 1) * of_each, REPLACED * sizes)
    return most


def _whole(words: Words, left: Places, right: Places, needed: Floats, typed: Floats, least: Places) -> Floats:
    short, long = words.sizes[left], words.sizes[right]
    most = np.minimum((1 - needed) * long, np.maximum(typed, long - short))
    apart = _apart(words.texts[left], words.texts[right], most, least)
    close = np.flatnonzero((apart <= most) & ((apart <= typed) | (apart == long - short)))
    same = _same_numbers(words.digits[left[close]], words.digits[right[close]], apart[close], short[close])
    found = np.full(len(left), np.nan)
    found[close[same]] = 1 - apart[close[same]] / long[close[same]]
    return found


def _begun(words: Words, left: Places, right: Places, typed: Floats, least: Places) -> Floats:
    """The same for a text that breaks off and the beginning of a longer one."""
    short = words.sizes[left]
    most = np.minimum((1 - CUT_LIKE) * short, typed)
    # each beginning has its own length, so they are cut one by one; few pairs come so far
    texts = zip(words.texts[right], short.tolist(), strict=True)
    begun = np.array([text[:size] for text, size in texts], object)
    apart = _apart(words.texts[left], begun, most, least)
    close = np.flatnonzero(apart <= most)
    digits = _digits(pl.Series(begun[close], dtype=pl.String))
    same = _same_numbers(words.digits[left[close]], digits, apart[close], short[close])
    found = np.full(len(left), np.nan)
    found[close[same]] = 1 - apart[close[same]] / short[close[same]]
    return found


def _same_numbers(left: Strings, right: Strings, apart: Floats, sizes: Places) -> NDArray[np.bool_]:
    """Whether digits are the same, or differ as little as all else does."""
    digits = _distances(left, right, READ)
    same: NDArray[np.bool_] = (digits == 0) | (2 * digits < apart)
    return same | (apart + (DIGIT - 1) * digits <= REPLACED * sizes)


def _apart(left: Strings, right: Strings, most: Floats, least: Places) -> Floats:
    """Fewest characters to put in, leave out, replace or swap with the next one, to get from one text to the other.

    What is more than `most` may come out as more than it is.
    """
    found = np.zeros(len(left))
    limits = np.searchsorted(LIMITS, SWAPS * most)
    for limit in np.unique(limits):  # the lower the limit, the sooner a comparison ends
        some = np.flatnonzero(limits == limit)
        found[some] = _distances(left[some], right[some], LIMITS[limit])
    # every swap that saves one leaves the letters as they are: where letters differ more, there are not so many
    some = np.flatnonzero((found > most) & (found <= np.minimum(SWAPS * most, 2 * most - least)))
    found[some] = _distances(left[some], right[some], READ, swaps=True)
    return found


def _distances(left: Strings, right: Strings, most: int, *, swaps: bool = False) -> NDArray[np.int32]:
    from rapidfuzz.distance import OSA, Levenshtein
    from rapidfuzz.process import cpdist

    scorer = OSA.distance if swaps else Levenshtein.distance
    return cpdist(left.tolist(), right.tolist(), scorer=scorer, score_cutoff=most, dtype=np.int32)


def _differences(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> list[tuple[Places, Places]]:
    """How many letters, then words, the one has and the other lacks, and the other way round."""
    most = np.maximum(one, other)
    gone, come = most - other, most - one
    parts = slice(LETTERS), slice(LETTERS, TALLY)
    return [(_sum(gone[:, part]), _sum(come[:, part])) for part in parts]


def _sum(tallies: NDArray[np.uint8]) -> Places:
    # sums of small integers are several times faster than sums of large ones
    return np.asarray(tallies.sum(axis=1, dtype=np.uint16), np.int64)


def _tallied(texts: pl.Series) -> tuple[NDArray[np.uint8], Places]:
    """How often letters and words of each class occur in each text, 255 for more, and how many words it has."""
    if not len(texts):
        return np.zeros((0, TALLY), np.uint8), np.zeros(0, np.int64)
    padded = texts + " "
    sizes = padded.str.len_chars().to_numpy().astype(np.int64)
    points = np.frombuffer("".join(padded).encode("utf-32-le"), np.uint32)
    ends = np.flatnonzero(points == ord(" "))
    text = np.repeat(np.arange(len(texts)), sizes)
    begin = np.concatenate([[0], ends[:-1] + 1])
    place = (np.arange(len(points)) - np.repeat(begin, ends - begin + 1)).astype(np.uint32)
    mixed = (points + place * np.uint32(0x9E3779B1)) * np.uint32(0x85EBCA6B)
    mixed ^= mixed >> np.uint32(15)
    hashed = np.add.reduceat(mixed * np.uint32(0x2C1B3C6D), begin, dtype=np.uint32)
    words = LETTERS + (hashed >> np.uint32(8)) % (TALLY - LETTERS)
    cells = np.concatenate([text * TALLY + points % LETTERS, text[ends] * TALLY + words])
    tallies = np.minimum(np.bincount(cells, minlength=TALLY * len(texts)), 255).astype(np.uint8)
    return tallies.reshape(-1, TALLY), np.bincount(text[ends], minlength=len(texts))


def _digits(texts: pl.Series) -> Strings:
    return texts.str.replace_all(r"\P{Nd}", "").to_numpy()
