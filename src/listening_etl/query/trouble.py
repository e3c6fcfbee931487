"""What is wrong with a query, shown in the query: its line, a caret under the place, and what to write."""

from __future__ import annotations

import unicodedata

from listening_etl.errors import ConfigError

WIDEST = 100
"""Characters of a query shown around a mistake."""


class QueryError(ConfigError):
    """A query that cannot be read: `query` as written, `at` the character that is wrong, from 0."""

    def __init__(
        self, what: str, *, query: str, at: int, where: str | None = None, do: str | None = None
    ) -> None:
        super().__init__(what, where=where, do=do)
        self.query, self.at = query, min(at, len(query))

    @property
    def line(self) -> int:
        """The line of the query, from 1."""
        return self.query.count("\n", 0, self.at) + 1

    @property
    def column(self) -> int:
        """The character in its line, from 1."""
        return self.at - (self.query.rfind("\n", 0, self.at) + 1) + 1

    @property
    def picture(self) -> str:
        """The line of the query, shortened, and below it a caret under the place."""
        line, before = self.query.split("\n")[self.line - 1], self.column - 1
        start = max(0, before - WIDEST * 2 // 3)
        shown = line[start : start + WIDEST].replace("\t", " ")
        left, right = "…" * (start > 0), "…" * (start + WIDEST < len(line))
        return f"  {left}{shown}{right}\n  {' ' * wide(left + shown[: before - start])}^"

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        remedy = f"\n{self.do}" if self.do else ""
        return f"{place}{self.what}\n{self.picture}{remedy}"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.what, self.query, self.at, self.where, self.do))


def wide(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def _rebuild(what: str, query: str, at: int, where: str | None, do: str | None) -> QueryError:
    return QueryError(what, query=query, at=at, where=where, do=do)
