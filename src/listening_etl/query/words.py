"""An inverted index: which words stand where in a batch of texts, and where words follow one another.

A place is one number: the segment (a text or title) in the upper 32 bits, the word in it in the lower ones.
So words of two segments are never near each other, and places in order are texts in order.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from listening_etl.query.tokens import SPLIT, TOKEN, Sequence, Slot, fold, sequences, slots

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SEGMENT = 32
WORD = (1 << SEGMENT) - 1
MOST = 64
"""How many partners one side of a NEAR keeps, the nearest first, when the NEAR stands in another one."""
CROWD = 100_000
"""Pairs that one text brings to a NEAR, above which each side keeps fewer partners: a text that repeats two words
a hundred thousand times is no reason to run out of memory."""


class Spans(NamedTuple):
    """Stretches of words, by the places of their first and last one; sorted, each once."""

    start: Ints
    end: Ints

    def where(self, keep: Bools) -> Spans:
        """Those that are to be kept."""
        return Spans(self.start[keep], self.end[keep])


NOTHING = Spans(np.empty(0, np.int64), np.empty(0, np.int64))


class Postings:
    """Distinct keys and the numbers that belong to each."""

    def __init__(self, keys: pl.Series, numbers: Ints) -> None:
        grouped = pl.DataFrame({"key": keys, "number": numbers}).group_by("key").agg("number")
        self.keys: list[str] = grouped["key"].to_list()
        counts = grouped["number"].list.len().to_numpy().astype(np.int64)
        self.offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
        self.numbers: Ints = grouped["number"].explode().drop_nulls().to_numpy().astype(np.int64)

    def count(self, ids: Iterable[int]) -> int:
        """How many numbers belong to these keys."""
        return sum(int(self.offsets[i + 1] - self.offsets[i]) for i in ids)

    def of(self, ids: Iterable[int]) -> Ints:
        """The numbers of these keys, in order."""
        found = [self.numbers[self.offsets[i] : self.offsets[i + 1]] for i in ids]
        if len(found) == 1:
            return found[0]
        joined: Ints = np.sort(np.concatenate(found), kind="stable") if found else NOTHING.start
        return joined


class Keys:
    """What the tokens of a batch are compared by, in one way of folding."""

    def __init__(self, tokens: list[str], *, marks: bool, case: bool) -> None:
        self.marks, self.case = marks, case
        self.ids: dict[str, list[int]] = {}
        for i, token in enumerate(tokens):  # a loop over the distinct words of a batch
            for key in self.of(token):
                self.ids.setdefault(key, []).append(i)
        self.found: dict[Slot, list[int]] = {}

    def of(self, token: str) -> tuple[str, ...]:
        """The keys of a token: a hashtag is found as a word too, an account without its server too."""
        if token.startswith("@"):
            whole = fold(token)
            return tuple(dict.fromkeys((whole, "@" + whole.split("@")[1])))
        key = fold(token, marks=self.marks, case=self.case)
        if token.startswith("#") and len(key) > 1 and not token.endswith("\u20e3"):
            return key, key[1:]
        return (key,) if key else ()

    @cached_property
    def sorted(self) -> dict[str, list[str]]:
        """The keys that wildcards look among, sorted: hashtags, accounts, and words."""
        lists: dict[str, list[str]] = {"#": [], "@": [], "": []}
        for key in sorted(self.ids):
            sign = key[0] if key[0] in "#@" else ""
            if sign or ((key[0].isalnum() or key[0] == "_") and "://" not in key and "@" not in key):
                lists[sign].append(key)
        return lists

    def find(self, slot: Slot) -> list[int]:
        """The tokens that fill a place of a term."""
        if not slot.wild:
            token = slot.token if not slot.token.startswith("@") else fold(slot.token)
            return self.ids.get(fold(token, marks=self.marks, case=self.case), [])
        if slot not in self.found:
            self.found[slot] = self.search(fold(slot.token, marks=self.marks, case=self.case))
        return self.found[slot]

    def search(self, wanted: str) -> list[int]:
        """The tokens that a wildcard leaves."""
        keys = self.sorted[wanted[0] if wanted[0] in "#@" else ""]
        before = re.split(r"[*?]", wanted, maxsplit=1)[0]
        if before:
            keys = keys[bisect_left(keys, before) : bisect_left(keys, before + "\U0010ffff")]
        if wanted.rstrip("*") != before or not wanted.endswith("*"):
            series = pl.Series(keys, dtype=pl.String)
            keys = series.filter(series.str.contains(f"^{wildcard(wanted)}$")).to_list()
        return sorted({i for key in keys for i in self.ids[key]})


def wildcard(wanted: str) -> str:
    """A regular expression for a value with `*` and `?`."""
    escaped = re.escape(wanted).replace(r"\*", ".*").replace(r"\?", ".")
    return f"(?s:{escaped})"


class Words:
    """The words of a batch of segments. Texts are compared in NFC; offsets count its characters."""

    def __init__(self, segments: pl.Series) -> None:
        self.segments = segments.fill_null("").str.replace_all(SPLIT, " ", literal=True).str.normalize("NFC")
        tokens = self.segments.str.extract_all(TOKEN)
        self.lengths: Ints = tokens.list.len().to_numpy().astype(np.int64)
        flat = tokens.explode().drop_nulls()
        self.first: Ints = np.cumsum(self.lengths) - self.lengths
        segment = np.repeat(np.arange(len(segments), dtype=np.int64), self.lengths)
        place = (
            (segment << SEGMENT) + np.arange(len(flat), dtype=np.int64) - np.repeat(self.first, self.lengths)
        )
        self.postings = Postings(flat, place)
        self.widths = flat.str.len_chars().to_numpy().astype(np.int64)
        self._keys: dict[tuple[bool, bool], Keys] = {}

    def keys(self, *, marks: bool = False, case: bool = False) -> Keys:
        """The words as they are compared when accents or capitals matter, or not."""
        if (marks, case) not in self._keys:
            self._keys[marks, case] = Keys(self.postings.keys, marks=marks, case=case)
        return self._keys[marks, case]

    def term(self, text: str, *, marks: bool = False, case: bool = False) -> Spans:
        """Where a word or phrase stands."""
        keys = self.keys(marks=marks, case=case)
        return union([self.run(way, keys) for way in sequences(text)])

    def run(self, way: Sequence, keys: Keys) -> Spans:
        """Where these tokens stand side by side, found from the rarest one."""
        found = {i: keys.find(slot) for i, slot in enumerate(way) if not slot.any}
        order = sorted(found, key=lambda i: self.postings.count(found[i]))
        start = self.postings.of(found[order[0]]) - order[0]
        for i in order[1:]:
            start = start[among(self.postings.of(found[i]), start + i)]
        for i, slot in enumerate(way):
            if slot.any:
                place = start + i
                start = start[(place & WORD) < self.lengths[place >> SEGMENT]]
        return Spans(start, start + (len(way) - 1))

    def loose(self, text: str, distance: int, *, marks: bool = False, case: bool = False) -> Spans:
        """The shortest stretches with all words of a phrase, in any order, each near the one before it."""
        keys, parts = self.keys(marks=marks, case=case), slots(text)
        places = [union([self.run(way, keys) for way in ways]) for ways in parts]
        return chained(self.together(places), [parts.index(ways) for ways in parts], distance)

    def near(self, left: Spans, right: Spans, distance: int, *, ordered: bool, most: int) -> Spans:
        """Where two spans stand near each other, from the first word to the last."""
        left, right = self.together([left, right])
        forth = follow(left, right, distance, most)
        return forth if ordered else union([forth, follow(right, left, distance, most)])

    def together(self, spans: list[Spans]) -> list[Spans]:
        """Only what stands in segments where each of them is found."""
        here = np.ones(len(self.lengths), np.bool_)
        for one in spans:
            found = np.zeros(len(self.lengths), np.bool_)
            found[one.start >> SEGMENT] = True
            here &= found
        return [one.where(here[one.start >> SEGMENT]) for one in spans]

    @cached_property
    def starts(self) -> Ints:
        """The character at which each token starts in its segment."""
        gaps = self.segments.str.replace_all(TOKEN, SPLIT).str.split(SPLIT).explode().str.len_chars()
        between = np.cumsum(gaps.to_numpy().astype(np.int64))
        segment = np.repeat(np.arange(len(self.lengths)), self.lengths)
        token = np.arange(len(segment))
        before = np.concatenate([np.zeros(1, np.int64), np.cumsum(self.widths)])
        ahead = np.concatenate([np.zeros(1, np.int64), between])[np.arange(len(self.lengths)) + self.first]
        start: Ints = between[token + segment] - ahead[segment] + before[token] - before[self.first[segment]]
        return start

    def characters(self, spans: Spans) -> tuple[Ints, Ints]:
        """From which character to which the spans reach in their segments."""
        first = self.first[spans.start >> SEGMENT] + (spans.start & WORD)
        last = self.first[spans.end >> SEGMENT] + (spans.end & WORD)
        return self.starts[first], self.starts[last] + self.widths[last]


def among(places: Ints, wanted: Ints) -> Bools:
    """Which of `wanted` are among the sorted `places`."""
    if not len(places):
        return np.zeros(len(wanted), np.bool_)
    found: Any = places[np.minimum(np.searchsorted(places, wanted), len(places) - 1)] == wanted
    return np.asarray(found, np.bool_)


def union(several: list[Spans]) -> Spans:
    """All of them, sorted, each once."""
    several = [spans for spans in several if len(spans.start)]
    if len(several) < 2:
        return several[0] if several else NOTHING
    start, end = (np.concatenate(ends) for ends in zip(*several, strict=True))
    return in_order(start, end)


def in_order(start: Ints, end: Ints) -> Spans:
    """Spans sorted by start and then by end, each once."""
    order = np.lexsort((end, start))
    start, end = start[order], end[order]
    new = np.ones(len(start), np.bool_)
    new[1:] = (start[1:] != start[:-1]) | (end[1:] != end[:-1])
    return Spans(start[new], end[new])


def follow(left: Spans, right: Spans, distance: int, most: int) -> Spans:
    """Where a right span begins at most `distance` words after the end of a left one; `most` for each left."""
    low = np.searchsorted(right.start, left.end, side="right")
    high = np.searchsorted(right.start, left.end + distance, side="right")
    count = np.minimum(high - low, most if most * len(left.start) <= CROWD else fewer(left, most))
    which = np.repeat(np.arange(len(count)), count)
    nth = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    return in_order(left.start[which], right.end[low[which] + nth])


def fewer(spans: Spans, most: int) -> Ints:
    """How many partners each span keeps, so that no text, whatever it repeats, brings more than `CROWD` pairs."""
    _, which, count = np.unique(spans.start >> SEGMENT, return_inverse=True, return_counts=True)
    kept: Ints = np.clip(CROWD // count, 1, most)[which]
    return kept


def chained(places: list[Spans], classes: list[int], distance: int) -> Spans:
    """The shortest stretches in which spans of every place follow one another in some order.

    `classes` says which places ask for the same. Built up from chains of few places to chains of all: of the
    chains of the same places that end at the same word, the one that starts last is kept.
    """
    chains: dict[tuple[tuple[int, ...], int], Spans] = {
        ((kind,), kind): latest([places[classes.index(kind)]]) for kind in classes
    }
    for size in range(2, len(places) + 1):
        for chosen in sorted(set(combinations(sorted(classes), size))):
            for last in set(chosen):
                rest = list(chosen)
                rest.remove(last)
                before = latest([chains[tuple(rest), kind] for kind in set(rest)])
                chains[chosen, last] = latest([after(before, places[classes.index(last)], distance)])
        chains = {key: spans for key, spans in chains.items() if len(key[0]) == size}
    found = latest(list(chains.values()))
    shortest = np.ones(len(found.start), np.bool_)
    shortest[1:] = found.start[1:] > np.maximum.accumulate(found.start)[:-1]
    return found.where(shortest)


def latest(several: list[Spans]) -> Spans:
    """Of spans that end at the same word the one that starts last, in the order of their ends."""
    start, end = (np.concatenate(ends) for ends in zip(*several, strict=True))
    order = np.lexsort((start, end))
    start, end = start[order], end[order]
    keep = np.append(end[1:] != end[:-1], True)[: len(end)]
    return Spans(start[keep], end[keep])


def after(before: Spans, spans: Spans, distance: int) -> Spans:
    """Each span that begins at most `distance` words after the end of a chain, with the latest start of such chains.

    `before` has distinct ends in order. The latest start of any run of them comes from a table of the latest
    starts of runs of 1, 2, 4, 8… of them.
    """
    low = np.searchsorted(before.end, spans.start - distance, side="left")
    high = np.searchsorted(before.end, spans.start, side="left")
    found = high > low
    low, high, end = low[found], high[found], spans.end[found]
    level = np.log2(high - low).astype(np.int64)
    start, runs = np.empty(len(low), np.int64), before.start
    for exponent in range(int(level.max(initial=-1)) + 1):
        here, width = level == exponent, 1 << exponent
        start[here] = np.maximum(runs[low[here]], runs[high[here] - width])
        runs = np.maximum(runs[:-width], runs[width:]) if len(runs) > width else runs
    return Spans(start, end)
