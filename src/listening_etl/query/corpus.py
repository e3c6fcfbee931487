"""A batch of mentions to put queries to: which rows match, and the words that make them match."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

import numpy as np
import polars as pl

from listening_etl.query import tree as t
from listening_etl.query.columns import Columns
from listening_etl.query.tokens import Slot, slots
from listening_etl.query.words import MOST, NOTHING, SEGMENT, Bools, Ints, Spans, Words, union

SEGMENTS = ("text", "title")
EVIDENCE = {"row": pl.UInt32, "field": pl.String, "start": pl.UInt32, "end": pl.UInt32, "words": pl.String}


class Live(NamedTuple):
    """A part of a query, the segment it is restricted to, and the rows in which it counts when it `wanted`."""

    node: t.Query
    scope: str | None
    rows: Bools
    wanted: bool


class Corpus:
    """A batch, indexed once. Needs `text` and `title`; other columns only where a field asks for them."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.height = frame.height
        nothing = pl.Series([None] * frame.height, dtype=pl.String)
        both = [frame[name].cast(pl.String) if name in frame.columns else nothing for name in SEGMENTS]
        alternating = np.arange(2 * frame.height).reshape(2, -1).T.ravel()
        self.words = Words(pl.concat([both[0].alias(""), both[1].alias("")]).gather(alternating))
        self.columns = Columns(frame, self._rows_of_token)

    def matches(self, query: t.Query) -> pl.Series:
        """Whether each row matches, in order."""
        return pl.Series("matches", self.rows(query))

    def evidence(self, query: t.Query) -> pl.DataFrame:
        """One row per occurrence that made a row match: `row, field, start, end, words`.

        `start` and `end` count characters of the text or title in NFC. A row that matches by its fields alone,
        or by what is not there, has none.
        """
        return self._evidence(query, first=False)

    def first_evidence(self, query: t.Query) -> pl.DataFrame:
        """The first occurrence of each matching row that has one, texts before titles: `row, words, position`.

        `position` is the character of the text at which it starts; null when it stands in the title.
        """
        found = self._evidence(query, first=True)
        in_text = pl.when(pl.col("field") == "text").then("start")
        return found.select("row", "words", in_text.alias("position"))

    def rows(self, query: t.Query, scope: str | None = None) -> Bools:  # noqa: PLR0911, PLR0912 - one case a node
        """Whether each row matches; `scope` restricts words to one segment."""
        match query:
            case t.And(parts):
                found = np.ones(self.height, np.bool_)
                for part in parts:
                    if not found.any():
                        break
                    found &= self.rows(part, scope)
                return found
            case t.Or(parts):
                found, words = np.zeros(self.height, np.bool_), []
                for part in parts:
                    if isinstance(part, t.Term):
                        words.append(part)
                    else:
                        found |= self.rows(part, scope)
                return self._rows_of_terms(words, scope, found)
            case t.Not(tree):
                return ~self.rows(tree, scope)
            case t.Named(_, tree):
                return self.rows(tree, scope)
            case t.Scope(segment, tree):
                return self.rows(tree, segment)
            case t.Field(name, tree):
                return self._rows_of_field(name, tree)
            case t.Term():
                return self._rows_of_terms([query], scope, np.zeros(self.height, np.bool_))
            case t.Raw(text):
                return self._rows_of_raw(text, scope)
            case _:
                return self._mark(self._spans(query, 1).start, scope, np.zeros(self.height, np.bool_))

    def _mark(self, places: Ints, scope: str | None, found: Bools) -> Bools:
        """Mark the rows in whose segments these places are."""
        segment = places >> SEGMENT
        if scope is not None:
            segment = segment[(segment & 1) == SEGMENTS.index(scope)]
        found[segment >> 1] = True
        return found

    def _rows_of_terms(self, terms: list[t.Term], scope: str | None, found: Bools) -> Bools:
        """Mark the rows of any of these terms: all single words in one look-up."""
        ids: set[int] = set()
        for term in terms:  # a loop over the terms of a query
            places = slots(term.text)
            if len(places) == 1 and len(places[0]) == 1:
                slot = places[0][0][0]
                ids.update(self.words.keys(marks=term.marks, case=term.case).find(slot))
                if scope is None and slot.token[0] in "@#" and not term.case and not term.marks:
                    found |= self.columns.tagged(slot)
            else:
                self._mark(self.words.term(term.text, marks=term.marks, case=term.case).start, scope, found)
        postings = self.words.postings
        for i in ids:
            self._mark(postings.numbers[postings.offsets[i] : postings.offsets[i + 1]], scope, found)
        return found

    def _rows_of_token(self, slot: Slot) -> Bools:
        places = self.words.postings.of(self.words.keys().find(slot))
        return self._mark(places, None, np.zeros(self.height, np.bool_))

    def _rows_of_field(self, name: str, tree: t.Query) -> Bools:
        match tree:
            case t.Value(text):
                return self.columns.matches(name, [text])
            case t.Not(inner):
                return ~self._rows_of_field(name, inner)
            case t.Named(_, inner):
                return self._rows_of_field(name, inner)
            case t.And(parts):
                found = np.ones(self.height, np.bool_)
                for part in parts:
                    found &= self._rows_of_field(name, part)
                return found
            case t.Or(parts):
                values = [part.text for part in parts if isinstance(part, t.Value)]
                found = self.columns.matches(name, values) if values else np.zeros(self.height, np.bool_)
                for part in parts:
                    if not isinstance(part, t.Value):
                        found |= self._rows_of_field(name, part)
                return found
            case _:
                raise TypeError(f"{type(tree).__name__} is no value of a field")

    def _rows_of_raw(self, text: str, scope: str | None) -> Bools:
        holds = self.words.segments.str.contains(nfc(text), literal=True).to_numpy().reshape(-1, 2)
        if scope is not None:
            holds = holds[:, [SEGMENTS.index(scope)]]
        return np.asarray(holds.any(axis=1), np.bool_)

    def _spans(self, query: t.Query, most: int) -> Spans:
        """Where words, phrases and NEARs stand; `most` partners for each side of a NEAR."""
        match query:
            case t.Term(text, marks, case):
                return self.words.term(text, marks=marks, case=case)
            case t.Loose(text, distance, marks, case):
                return self.words.loose(text, distance, marks=marks, case=case)
            case t.Near(left, right, distance, ordered):
                sides = self._spans(left, MOST), self._spans(right, MOST)
                return self.words.near(*sides, distance, ordered=ordered, most=most)
            case t.Or(parts):
                several: list[Spans] = []
                for part in parts:  # no comprehension: deep queries need few frames of the stack
                    several.append(self._spans(part, most))
                return union(several)
            case t.Named(_, tree):
                return self._spans(tree, most)
            case _:
                raise TypeError(f"{type(query).__name__} has no place in the text")

    def _evidence(self, query: t.Query, *, first: bool) -> pl.DataFrame:
        found, raw = [NOTHING], []
        todo = [Live(query, None, self.rows(query), True)]
        while todo:
            live = todo.pop()
            match live.node:
                case t.Term() | t.Loose() | t.Near() if live.wanted:
                    found.append(self._within(self._spans(live.node, 1), live))
                case t.Raw(text) if live.wanted:
                    raw.append(self._raw_evidence(nfc(text), live))
                case t.Not(tree):
                    todo.append(live._replace(node=tree, wanted=not live.wanted))
                case t.Named(_, tree):
                    todo.append(live._replace(node=tree))
                case t.Scope(segment, tree):
                    todo.append(live._replace(node=tree, scope=segment))
                case t.And(parts) | t.Or(parts):
                    todo.extend(self._counting(part, live) for part in parts)
        spans = union(found)
        if first:  # of those that start at the same word the longest
            spans = spans.where(np.diff(spans.start, append=-1) != 0)
            spans = spans.where(np.diff(spans.start >> (SEGMENT + 1), prepend=-1) != 0)
        segments, (start, end) = spans.start >> SEGMENT, self.words.characters(spans)
        frames = [self._frame(segments, start, end), *raw]
        frame = pl.concat(frames).unique().sort("row", "field", "start", "end")
        return frame.unique("row", keep="first", maintain_order=True) if first else frame

    def _counting(self, part: t.Query, live: Live) -> Live:
        """A part of AND or OR, with the rows in which it made the whole true; a leaf sees to that itself."""
        if isinstance(part, t.Term | t.Loose | t.Near | t.Raw | t.Field):
            return live._replace(node=part)
        return live._replace(node=part, rows=live.rows & (self.rows(part, live.scope) == live.wanted))

    def _within(self, spans: Spans, live: Live) -> Spans:
        keep = live.rows[spans.start >> (SEGMENT + 1)]
        if live.scope is not None:
            keep = keep & ((spans.start >> SEGMENT & 1) == SEGMENTS.index(live.scope))
        return spans.where(keep)

    def _raw_evidence(self, text: str, live: Live) -> pl.DataFrame:
        """Every occurrence of exactly these characters, found by what stands between them."""
        holds = self.words.segments.str.contains(text, literal=True).to_numpy() & np.repeat(live.rows, 2)
        if live.scope is not None:
            holds = holds & (np.arange(2 * self.height) % 2 == SEGMENTS.index(live.scope))
        segments = np.flatnonzero(holds)
        pieces = self.words.segments.gather(segments).str.split(text)
        count = pieces.list.len().to_numpy().astype(np.int64)
        ends = np.cumsum(pieces.explode().str.len_chars().to_numpy().astype(np.int64) + len(text))
        last = np.cumsum(count) - 1
        base = np.repeat(np.concatenate([[0], ends[last]])[:-1], count) if len(count) else ends
        keep = np.ones(len(ends), np.bool_)
        keep[last] = False
        end = (ends - base)[keep]
        return self._frame(np.repeat(segments, count - 1), end - len(text), end)

    def _frame(self, segments: Ints, start: Ints, end: Ints) -> pl.DataFrame:
        texts = pl.DataFrame(
            {"text": self.words.segments.gather(segments), "start": start, "width": end - start}
        )
        cut = texts.select(pl.col("text").str.slice(pl.col("start"), pl.col("width")))["text"]
        field = pl.Series(segments & 1).replace_strict([0, 1], SEGMENTS, return_dtype=pl.String)
        columns = {"row": segments >> 1, "field": field, "start": start, "end": end, "words": cut}
        return pl.DataFrame(columns).cast(EVIDENCE)  # type: ignore[arg-type]


def nfc(text: str) -> str:
    """The text in the form in which texts are compared."""
    return unicodedata.normalize("NFC", text)
