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

LONG, LIKE = 60, 0.74
"""From so many characters on a text leaves no doubt that it was copied, if so much of it stays in the copy."""
SHORT, LIKE_SHORT = 30, 0.9
"""The same for short texts; in between, the share falls in a straight line."""
CUT_LIKE = 0.9
"""A text that breaks off is the cut copy of a longer one if so much stays of the beginning of that."""
TYPED, TYPED_EVERYWHERE = 0.36, 0.5
"""Errors of typing change so much of a word, when one word has them and when all words have them; beyond this,
one word took the place of another."""
REPLACED, DIGIT = 0.03, 10
"""Share of a text that may be other words or names; a digit weighs as much as so many characters."""
MOST = 0.9999
"""Only the same words are alike to 1."""


class Words:
    """Normalised texts, and what two of them are compared by; they are added as they are needed."""

    def __init__(self) -> None:
        none = np.zeros(0, object)
        self.texts, self.words, self.digits = none, none, none
        self.sizes, self.counts = np.zeros((2, 0), np.int64)
        self.letters = np.zeros((0, 32), np.uint8)
        self.cut = np.zeros(0, bool)

    def add(self, texts: pl.Series) -> None:
        """Add texts as `marked` has folded them; null is compared with nothing."""
        cut = texts.str.ends_with(CUT).fill_null(value=False)
        texts = texts.fill_null("").str.strip_suffix(CUT).str.head(READ)
        split = texts.str.split(" ")
        digits = texts.str.replace_all(r"\P{Nd}", "")
        self.texts = np.append(self.texts, texts.to_numpy())
        self.words = np.append(self.words, _as_characters(split))
        self.cut = np.append(self.cut, cut.to_numpy())
        self.digits = np.append(self.digits, digits.to_numpy())
        self.sizes = np.append(self.sizes, texts.str.len_chars().to_numpy().astype(np.int64))
        self.counts = np.append(self.counts, split.list.len().to_numpy().astype(np.int64))
        self.letters = np.concatenate([self.letters, _letters(texts)])


def likeness(words: Words, left: Places, right: Places) -> Floats:
    """Share of characters that stay when one text is turned into the other; NaN for what is no copy.

    Of a cut copy, the share of what is left of it.
    """
    found = np.full(len(left), np.nan)
    for start in range(0, len(left), 1 << 15):  # portions that stay in the processor's cache
        part = slice(start, start + (1 << 15))
        found[part] = _likeness(words, left[part], right[part])
    return np.minimum(found, MOST)


def _likeness(words: Words, left: Places, right: Places) -> Floats:
    swapped = words.sizes[left] > words.sizes[right]
    left, right = np.where(swapped, right, left), np.where(swapped, left, right)
    short, long = words.sizes[left], words.sizes[right]
    gone, come = _letters_apart(words, left, right)
    found = np.full(len(left), np.nan)
    needed = np.interp(short, [SHORT, LONG], [LIKE_SHORT, LIKE])
    close = np.flatnonzero((np.maximum(gone, come) <= (1 - needed) * long) & (short > 0))
    found[close] = _whole(words, left[close], right[close], needed[close], gone[close], come[close])
    cut = np.flatnonzero(np.isnan(found) & words.cut[left] & (short < long) & (gone <= (1 - CUT_LIKE) * short))
    found[cut] = _begun(words, left[cut], right[cut])
    return found


def _whole(words: Words, left: Places, right: Places, needed: Floats, gone: Places, come: Places) -> Floats:
    short, long = words.sizes[left], words.sizes[right]
    replaced = _apart(words.words[left], words.words[right])
    allowed = np.maximum(_typed(replaced, np.minimum(words.counts[left], words.counts[right]), short), REPLACED * short)
    found = np.full(len(left), np.nan)
    # texts that only share most of a template are left here, before the dear comparison by characters
    likely = np.flatnonzero((np.maximum(gone, come) <= allowed) | (gone == 0))
    left, right, short, long = left[likely], right[likely], short[likely], long[likely]
    apart = _apart(words.texts[left], words.texts[right])
    alike = 1 - apart / long
    close = (alike >= needed[likely]) & ((apart <= allowed[likely]) | (apart == long - short))
    kept = np.flatnonzero(close)
    kept = kept[_same_numbers(words.digits[left[kept]], words.digits[right[kept]], apart[kept], short[kept])]
    found[likely[kept]] = alike[kept]
    return found


def _begun(words: Words, left: Places, right: Places) -> Floats:
    """The same for a text and the beginning of a longer one."""
    short = words.sizes[left]
    head = _heads(words.texts[right], short)
    apart = _apart(words.texts[left], head)
    replaced = _apart(words.words[left], _heads(words.words[right], words.counts[left]))
    allowed = np.maximum(_typed(replaced, words.counts[left], short), REPLACED * short)
    alike = 1 - apart / short
    kept = (alike >= CUT_LIKE) & (apart <= allowed)
    numbers = pl.Series(head, dtype=pl.String).str.replace_all(r"\P{Nd}", "").to_numpy()
    kept &= _same_numbers(words.digits[left], numbers, apart, short)
    return np.where(kept, alike, np.nan)


def _typed(replaced: Floats, counts: Places, sizes: Places) -> Floats:
    """Most characters that typing errors change in so many words of so many, in a text of this size."""
    share = replaced / np.maximum(counts, 1)
    return share * (sizes + 1) * (TYPED + (TYPED_EVERYWHERE - TYPED) * np.minimum(share, 1))


def _same_numbers(left: NDArray[np.object_], right: NDArray[np.object_], apart: Floats, sizes: Places) -> NDArray[np.bool_]:
    """Whether digits are the same, or differ as little as everything else does."""
    digits = _apart(left, right)
    return (digits == 0) | (2 * digits < apart) | (apart + (DIGIT - 1) * digits <= REPLACED * sizes)


def _apart(left: NDArray[np.object_], right: NDArray[np.object_]) -> Floats:
    """Fewest characters to put in, leave out, replace or swap with the next, to get from one text to the other."""
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import cpdist

    return cpdist(left.tolist(), right.tolist(), scorer=OSA.distance, dtype=np.int32).astype(np.float64)


def _heads(texts: NDArray[np.object_], sizes: Places) -> NDArray[np.object_]:
    # each text is cut at a place of its own; few pairs come so far
    return np.array([text[:size] for text, size in zip(texts, sizes.tolist(), strict=True)], object)


def _letters_apart(words: Words, left: Places, right: Places) -> tuple[Places, Places]:
    """How many characters one text has and the other lacks, both ways; they are at least so far apart."""
    one, other = words.letters[left], words.letters[right]
    most = np.maximum(one, other)
    return (most - other).sum(1, dtype=np.int64), (most - one).sum(1, dtype=np.int64)


def _letters(texts: pl.Series) -> NDArray[np.uint8]:
    """How often characters occur, in 32 classes; 255 stands for more."""
    sizes = texts.str.len_chars().to_numpy()
    points = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32)
    cells = np.repeat(np.arange(len(texts)) * 32, sizes) + points % 32
    return np.minimum(np.bincount(cells, minlength=32 * len(texts)), 255).astype(np.uint8).reshape(-1, 32)


def _as_characters(split: pl.Series) -> NDArray[np.object_]:
    """Texts in which each word has become one character, so that words are compared as fast as characters."""
    ends = np.cumsum(split.list.len().to_numpy()).tolist()
    # within a run equal words have equal hashes; that is all that is asked of them
    codes = (split.explode().hash() % 1_000_000 + 0x10000).cast(pl.UInt32).to_numpy().tobytes()
    line = codes.decode("utf-32-le")
    return np.array([line[start:end] for start, end in zip([0, *ends], ends, strict=False)], object)
