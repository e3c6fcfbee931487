"""What a query is: a frozen tree of small nodes, each of which prints itself in the canonical form."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

KEYWORD = re.compile(r"AND|OR|NOT|O?NEAR(?:/\S*)?|(?i:o?near/\d+:).*")
FIELD_LIKE = re.compile(r"[A-Za-z_]+:(?!//)")
BARE = re.compile(r"(?:(?!/\*)[^\s()\"“”„«»{},]|(?<=\d),(?=\d))+")
PREFIXES = ("=", "!", "$", "-", "~", "//", "/*")

OR, AND, NOT, NEAR, ATOM = range(5)
"""How tightly a node holds together, the loosest first."""


NameOf = Callable[["Named"], str]


class Query(msgspec.Struct, frozen=True):
    """A query; `str` of it is its canonical form, which `parse` reads back to an equal query."""

    @property
    def children(self) -> tuple[Query, ...]:
        """The queries that it is made of; a named list holds its entries."""
        parts = (getattr(self, field) for field in self.__struct_fields__)
        several = (part if isinstance(part, tuple) else (part,) for part in parts)
        return tuple(one for part in several for one in part if isinstance(one, Query))

    def _written(self, name: NameOf, outside: int = OR) -> str:
        """Its canonical form, lists printed by `name`: in parentheses where what is `outside` binds tighter."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self._written(lambda named: f"${named.name}")

    @property
    def expanded(self) -> str:
        """Its canonical form with every list written out."""
        return self._written(lambda named: f"({named.tree.expanded})")

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that change with the words of the query and of its lists."""
        return hashlib.blake2b(self.expanded.encode(), digest_size=6).hexdigest()

    def walk(self) -> Iterator[Query]:
        """Itself and all that it is made of, lists included."""
        todo: list[Query] = [self]
        while todo:
            node = todo.pop()
            yield node
            todo.extend(reversed(node.children))


class Term(Query, frozen=True, tag=True):
    """A word, phrase, hashtag, `@account` or emoji; `marks` and `case` mean accents or capitals as written."""

    text: str
    marks: bool = False
    case: bool = False

    def _written(self, name: NameOf, outside: int = OR) -> str:
        return "=" * self.marks + "!" * self.case + quoted_if_needed(self.text)


class Value(Query, frozen=True, tag=True):
    """What a field is compared with."""

    text: str

    def _written(self, name: NameOf, outside: int = OR) -> str:
        return quoted_if_needed(self.text, ("$", "-", "~", "//", "/*"))


class Loose(Query, frozen=True, tag=True):
    """All words of a phrase in any order, each at most `distance` words after the one before it in the text."""

    text: str
    distance: int
    marks: bool = False
    case: bool = False

    def _written(self, name: NameOf, outside: int = OR) -> str:
        return "=" * self.marks + "!" * self.case + f"{quoted(self.text)}~{self.distance}"


class Raw(Query, frozen=True, tag=True):
    """Exactly these characters, anywhere in the text or title."""

    text: str

    def _written(self, name: NameOf, outside: int = OR) -> str:
        return f"raw:{quoted(self.text)}"


class Near(Query, frozen=True, tag=True):
    """Two spans that do not overlap, at most `distance` words apart; `ordered`: the left one comes first."""

    left: Query
    right: Query
    distance: int
    ordered: bool = False

    def _written(self, name: NameOf, outside: int = OR) -> str:
        operator = "ONEAR" if self.ordered else "NEAR"
        left, right = self.left._written(name, NEAR), self.right._written(name, ATOM)
        return parted(f"{left} {operator}/{self.distance} {right}", NEAR, outside)


class Not(Query, frozen=True, tag=True):
    """What does not match."""

    tree: Query

    def _written(self, name: NameOf, outside: int = OR) -> str:
        return parted(f"NOT {self.tree._written(name, NOT)}", NOT, outside)


class And(Query, frozen=True, tag=True):
    """All of several."""

    parts: tuple[Query, ...]

    def _written(self, name: NameOf, outside: int = OR) -> str:
        texts: list[str] = []
        for part in self.parts:  # no comprehension: deep queries need few frames of the stack
            texts.append(part._written(name, AND + 1))
        return parted(" AND ".join(texts), AND, outside)


class Or(Query, frozen=True, tag=True):
    """Any of several."""

    parts: tuple[Query, ...]

    def _written(self, name: NameOf, outside: int = OR) -> str:
        texts: list[str] = []
        for part in self.parts:  # no comprehension: deep queries need few frames of the stack
            texts.append(part._written(name, OR + 1))
        return parted(" OR ".join(texts), OR, outside)


class Scope(Query, frozen=True, tag=True):
    """An expression that looks at one segment alone, `text` or `title`."""

    segment: str
    tree: Query

    def _written(self, name: NameOf, outside: int = OR) -> str:
        return f"{self.segment}:{self.tree._written(name, ATOM)}"


class Field(Query, frozen=True, tag=True):
    """A field compared with a value, or with several joined by AND, OR and NOT."""

    name: str
    tree: Query

    def _written(self, name: NameOf, outside: int = OR) -> str:
        return f"{self.name}:{self.tree._written(name, ATOM)}"


class Named(Query, frozen=True, tag=True):
    """A named list: any of its entries."""

    name: str
    tree: Query

    def _written(self, name: NameOf, outside: int = OR) -> str:
        return name(self)


def all_of(parts: Iterable[Query]) -> Query:
    """All of them, flat; one alone stays as it is."""
    return _flat(And, parts)


def any_of(parts: Iterable[Query]) -> Query:
    """Any of them, flat; one alone stays as it is."""
    return _flat(Or, parts)


def _flat(kind: Any, parts: Iterable[Query]) -> Query:
    flat: list[Query] = []
    for part in parts:
        flat.extend(part.children if isinstance(part, kind) else (part,))
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


def parted(text: str, binding: int, outside: int) -> str:
    """The text, in parentheses where what is outside binds tighter."""
    return text if binding >= outside else f"({text})"


def quoted(text: str) -> str:
    """The text between quotation marks."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def quoted_if_needed(text: str, prefixes: tuple[str, ...] = PREFIXES) -> str:
    """The text as it is where it would be read back as one term, else between quotation marks."""
    bare = BARE.fullmatch(text) and not KEYWORD.fullmatch(text) and not FIELD_LIKE.match(text)
    return text if bare and not text.startswith(prefixes) else quoted(text)
