"""What the fields of a query look at: the columns of a batch beside its words.

An unknown value matches nothing: a missing column is a column of unknown values.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property

import numpy as np
import polars as pl

from listening_etl.query.fields import FIELDS, bounds, has_wildcard, moment
from listening_etl.query.tokens import Slot, fold
from listening_etl.query.words import SEGMENT, Bools, Postings, Words, wildcard

HOST = r"^(?:[a-z][a-z0-9+.-]*://)?(?:[^@/]*@)?(?:www\.)?([\w.-]*\w)"
HOST_ALONE = re.compile(r"[\w*?-]+(?:\.[\w*?-]+)+")
FLAGS: dict[tuple[str, str], tuple[str, ...]] = {
    ("is", "reply"): ("in_reply_to", "reply_to_author"),
    ("is", "reshare"): ("reshared_id",),
    ("is", "quote"): ("quoted_id",),
    ("has", "media"): ("media",),
    ("has", "link"): ("links",),
    ("has", "hashtag"): ("hashtags",),
    ("has", "place"): ("place", "lat"),
    ("has", "rating"): ("rating",),
    ("has", "title"): ("title",),
    ("has", "text"): ("text",),
}
"""A flag is up where one of these columns is known and not empty."""


class Columns:
    """The columns of a batch, looked up by field; `written` says in which rows a token is written."""

    def __init__(self, frame: pl.DataFrame, written: Callable[[Slot], Bools]) -> None:
        self.frame, self.written = frame, written
        self._values: dict[str, Values] = {}
        self._indexes: dict[str, Words] = {}

    def matches(self, field: str, values: list[str]) -> Bools:
        """Which rows have one of these values, one a row."""
        sort = FIELDS[field].sort
        by_sort: dict[str, Callable[[str, str], Bools]] = {
            "words": self._words,
            "flag": self._flag,
            "number": self._number,
            "time": self._time,
        }
        if sort in by_sort:
            each: list[Bools] = [by_sort[sort](field, value) for value in values]
            either: Bools = np.any(each, axis=0)
            return either
        found = self.values(field).matches(sort, values, hosts=field == "link")
        if field in {"tagged", "hashtag"}:
            sign = "@" if field == "tagged" else "#"
            for value in values:
                found |= self.written(Slot(sign + value.lstrip("@#"), has_wildcard(value)))
        if field == "link":
            found |= Values(self._links_written).matches(sort, values, hosts=True)
        return found

    def tagged(self, slot: Slot) -> Bools:
        """Which rows a source itself gives this hashtag or tagged account."""
        field, sort = ("tagged", "account") if slot.token.startswith("@") else ("hashtag", "whole")
        return self.values(field).matches(sort, [slot.token])

    def values(self, field: str) -> Values:
        """The distinct values of a field."""
        if field not in self._values:
            self._values[field] = Values(self._column(field))
        return self._values[field]

    def _column(self, field: str) -> pl.Series:
        names = [name for name in FIELDS[field].columns if name in self.frame.columns]
        if field == "site" and not names and "url" in self.frame.columns:
            return self.frame["url"].str.to_lowercase().str.extract(HOST, 1)
        if not names:
            return pl.Series([None] * self.frame.height, dtype=pl.String)
        return self.frame.select(pl.coalesce(names))[names[0]]

    @cached_property
    def _links_written(self) -> pl.Series:
        nowhere = pl.Series([None] * self.frame.height, dtype=pl.String)
        text = self.frame["text"] if "text" in self.frame.columns else nowhere
        return text.str.extract_all(r"(?i:https?)://[^\s<>\"]+")

    def _words(self, field: str, value: str) -> Bools:
        names = [name for name in FIELDS[field].columns if name in self.frame.columns]
        found = np.zeros(self.frame.height, np.bool_)
        for name in names:
            spans = self._index(name).term(value)
            found[spans.start >> SEGMENT] = True
        return found

    def _index(self, name: str) -> Words:
        if name not in self._indexes:
            self._indexes[name] = Words(self.frame[name])
        return self._indexes[name]

    def _flag(self, field: str, value: str) -> Bools:
        value = value.lower()
        found = np.zeros(self.frame.height, np.bool_)
        for name in FLAGS.get((field, value), ()):
            if name in self.frame.columns:
                column = self.frame[name]
                known = column.list.len() > 0 if isinstance(column.dtype, pl.List) else column.is_not_null()
                found |= known.fill_null(value=False).to_numpy()
        if (field, value) == ("has", "link"):
            found |= (self._links_written.list.len() > 0).fill_null(value=False).to_numpy()
        if (field, value) == ("has", "hashtag"):
            found |= self.written(Slot("#*", wild=True))
        for flag, name in (("verified", "author_verified"), ("context", "context")):
            if value == flag and name in self.frame.columns:
                found |= self.frame[name].fill_null(value=False).to_numpy()
        if field == "is":
            found |= self.values("kind").matches("whole", [value])
        return found

    def _number(self, field: str, value: str) -> Bools:
        (name,) = FIELDS[field].columns
        if name not in self.frame.columns:
            return np.zeros(self.frame.height, np.bool_)
        column = self.frame[name]
        numbers = column.str.len_chars() if field == "length" else column
        low, low_too, high, high_too = bounds(value)
        numbers = numbers.cast(pl.Float64).fill_nan(None)
        above = numbers >= low if low_too else numbers > low
        below = numbers <= high if high_too else numbers < high
        return (above & below).fill_null(value=False).to_numpy()

    def _time(self, field: str, value: str) -> Bools:
        at = moment(value)
        if "published_at" not in self.frame.columns or at is None:
            return np.zeros(self.frame.height, np.bool_)
        published = self.frame["published_at"]
        if getattr(published.dtype, "time_zone", None) is None:
            published = published.dt.replace_time_zone("UTC")
        found = published >= at if field == "since" else published < at
        return found.fill_null(value=False).to_numpy()


class Values:
    """The distinct values of one column, folded, and the rows that hold each."""

    def __init__(self, column: pl.Series) -> None:
        rows = pl.DataFrame({"row": np.arange(len(column)), "value": column})
        if isinstance(column.dtype, pl.List):
            rows = rows.explode("value")
        rows = rows.drop_nulls()
        self.height = len(column)
        self.postings = Postings(rows["value"].cast(pl.String), rows["row"].to_numpy())
        self.keys = pl.Series("key", [fold(key) for key in self.postings.keys], dtype=pl.String)

    @cached_property
    def accounts(self) -> pl.DataFrame:
        """Handles without `@`, whole and without their server."""
        whole = self.keys.str.strip_chars_start("@")
        return pl.DataFrame({"whole": whole, "local": whole.str.replace(r"@.*$", "")})

    @cached_property
    def hosts(self) -> pl.Series:
        """The hosts of addresses; a bare host is its own."""
        return self.keys.str.extract(HOST, 1).fill_null("")

    def matches(self, sort: str, values: list[str], *, hosts: bool = False) -> Bools:
        """Which rows have one of the values, compared in the way of the field."""
        wanted = [fold(value) for value in values]
        among = pl.repeat(value=False, n=len(self.keys), eager=True)
        plain = [value for value in wanted if not has_wildcard(value)]
        if sort == "account":
            names = [value.lstrip("@") for value in plain]
            among = self.accounts["whole"].is_in(names) | self.accounts["local"].is_in(names)
        elif sort == "whole":
            among = self.keys.is_in([value.lstrip("#") for value in plain])
        else:
            for value in plain:
                among |= self._one(sort, value, hosts=hosts)
        for value in wanted:
            if has_wildcard(value):
                among |= self._open(sort, value, hosts=hosts)
        found = np.zeros(self.height, np.bool_)
        found[self.postings.of(np.flatnonzero(among.to_numpy()).tolist())] = True
        return found

    def _one(self, sort: str, value: str, *, hosts: bool) -> pl.Series:
        if sort == "language":
            return (self.keys == value) | self.keys.str.contains(f"^{re.escape(value)}[-_]")
        if sort == "host" or (hosts and HOST_ALONE.fullmatch(value)):
            host = value.removeprefix("www.")
            return (self.hosts == host) | self.hosts.str.ends_with(f".{host}")
        return self.keys.str.contains(value, literal=True)

    def _open(self, sort: str, value: str, *, hosts: bool) -> pl.Series:
        """As `_one` and the others, for a value with wildcards."""
        if sort == "account":
            anchored = f"^{wildcard(value.lstrip('@'))}$"
            return self.accounts["whole"].str.contains(anchored) | self.accounts["local"].str.contains(
                anchored
            )
        if sort == "host" or (hosts and HOST_ALONE.fullmatch(value)):
            return self.hosts.str.contains(rf"(?:^|\.){wildcard(value.removeprefix('www.'))}$")
        if sort == "part":
            return self.keys.str.contains(wildcard(value))
        return self.keys.str.contains(f"^{wildcard(value.lstrip('#'))}$")
