"""From the text of a query to its tree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

from listening_etl.errors import did_you_mean
from listening_etl.query import tree as t
from listening_etl.query.fields import FIELDS, MISSING, unknown_field, wrong_value
from listening_etl.query.grammar import near_not, read
from listening_etl.query.tokens import contains_letters, slots
from listening_etl.query.trouble import QueryError

if TYPE_CHECKING:
    from lark import Token

DEEPEST = 200
"""Parentheses in parentheses; each takes a few frames of Python's stack."""
FARTHEST = 1_000
"""Words between the two sides of NEAR. A text that is longer is searched with AND."""
MOST_LOOSE = 8
"""Words of a loose phrase: every order of them is tried."""

Lists = Mapping[str, Iterable[str] | str]
PLAIN_WORDS = re.compile(rf"(?:{t.BARE.pattern})(?:\s+(?:{t.BARE.pattern}))*")
PREFIX = re.compile(r"(=!|!=|=|!)?(.*)", re.DOTALL)


def parse(text: str, lists: Lists | None = None, where: str | None = None) -> t.Query:
    """Read a query; `lists` holds the named lists it may use, `where` says in errors where it stands.

    Raises `QueryError`, which shows the place.
    """
    if damaged := re.search("[\ud800-\udfff]", text):  # how Python hands over an argument that is no UTF-8
        what, do = "this is no character of UTF-8", "Write the query in UTF-8."
        raise QueryError(what, query=text, at=damaged.start(), where=where, do=do)
    return _Reader(text, lists or {}, where).query()


class _Reader:
    """Turns the tokens of one query, or of one entry of a list, into nodes."""

    def __init__(
        self,
        text: str,
        lists: Lists,
        where: str | None,
        field: str | None = None,
        within: tuple[str, ...] = (),
    ) -> None:
        self.text, self.lists, self.where, self.field, self.within = text, lists, where, field, within

    def query(self) -> t.Query:
        return self.node(read(self.text, self.where).children[0], self.field, 0)

    def wrong(self, what: str, at: int, do: str) -> QueryError:
        return QueryError(what, query=self.text, at=at, where=self.where, do=do)

    def node(self, tree: Any, field: str | None, depth: int) -> t.Query:
        """One node; `field` is the one whose value stands here, None where words of the mention do."""
        if depth > DEEPEST:
            raise self.wrong(
                f"parentheses nest deeper than {DEEPEST}", start(tree), "Use named lists, or fewer levels."
            )
        while hasattr(tree, "data") and tree.data == "group":
            tree = tree.children[1]
        if not hasattr(tree, "data"):
            return self.leaf(tree, field)
        parts = tree.children
        match tree.data:
            case "negated":
                return t.Not(self.node(parts[1], field, depth + 1))
            case "or" | "and":
                nodes: list[t.Query] = []
                for part in parts:  # no comprehension: deep queries need few frames of the stack
                    nodes.append(self.node(part, field, depth + (tree.data == "or")))
                return t.any_of(nodes) if tree.data == "or" else t.all_of(nodes)
            case "field":
                return self.of_field(parts[0], parts[1], field, depth + 1)
            case "near":
                return self.near(parts[0::2], parts[1::2], field, depth)
            case _:
                operator, *operands = [part for part in parts if part != ","]
                return self.near(operands, [operator] * (len(operands) - 1), field, depth)

    def near(
        self, operands: Sequence[Any], operators: Sequence[Token], field: str | None, depth: int
    ) -> t.Query:
        if field not in {None, "text", "title"}:
            raise self.wrong(f"NEAR cannot stand in {field}:", start(operators[0]), "Join the values by OR.")
        if depth + len(operands) > DEEPEST:
            raise self.wrong(f"more than {DEEPEST} words in one NEAR", start(operators[0]), "Use a phrase.")
        nodes = [self.node(operand, field, depth + 1) for operand in operands]
        for operand, node in zip(operands, nodes, strict=True):
            self.check_operand(operand, node)
        return reduce(
            lambda left, next_: t.Near(left, next_[1], *self.distance(next_[0])),
            zip(operators, nodes[1:], strict=True),
            nodes[0],
        )

    def distance(self, operator: Token) -> tuple[int, bool]:
        """How many words apart, and whether the left one comes first."""
        words = int(re.sub(r"\D", "", operator))
        if not 1 <= words <= FARTHEST:
            do = f"From 1, side by side, to {FARTHEST}; further apart, AND says as much."
            raise self.wrong(f"{operator} is out of range", start(operator), do)
        return words, operator.lower().startswith("o") or operator.endswith("f")

    def check_operand(self, operand: Any, node: t.Query) -> None:
        for part in node.walk():
            if isinstance(part, t.Not):
                at, what, do = near_not(start(operand))
                raise self.wrong(what, at, do)
            if isinstance(part, t.And | t.Field | t.Scope | t.Raw):
                name = "AND" if isinstance(part, t.And) else str(part).split(":")[0] + ":"
                do = 'Beside NEAR stand words, "phrases", (a OR b), lists and other NEARs.'
                raise self.wrong(f"{name} cannot stand beside NEAR", start(operand), do)

    def of_field(self, token: Token, value: Any, field: str | None, depth: int) -> t.Query:
        name = token[:-1].lower()
        if name in MISSING:
            raise self.wrong(
                f"there is no field '{token}', because {MISSING[name]}", start(token), "Leave it out."
            )
        if name not in FIELDS:
            raise self.wrong(f"there is no field '{token}'", start(token), unknown_field(token[:-1]))
        if field is not None and not (name == "raw" and field in {"text", "title"}):
            do = "Join them by AND. To search for the words, put quotation marks around them."
            raise self.wrong(f"the field {name}: stands in the field {field}:", start(token), do)
        if name == "raw":
            return self.raw(value)
        kind = t.Scope if name in {"text", "title"} else t.Field
        return kind(name, self.node(value, name, depth))

    def raw(self, token: Any) -> t.Query:
        text = None if hasattr(token, "data") or token.type not in {"TERM", "PHRASE"} else unquoted(token)
        if not text:
            raise self.wrong("raw: takes one text", start(token), 'Write raw:"exactly this".')
        return t.Raw(text)

    def leaf(self, token: Token, field: str | None) -> t.Query:
        if token.type == "LIST":
            return self.named(token, field)
        if field in {None, "text", "title"}:
            return self.term(token)
        text = unquoted(token)
        assert field is not None
        if problem := wrong_value(field, text):
            raise self.wrong(problem[0], start(token), problem[1])
        if FIELDS[field].sort in {"words", "account", "host"} and not re.search(r"\w", text):
            raise self.wrong(f"{field}: is compared with no word", start(token), "Write a word of it.")
        if FIELDS[field].sort == "host" and "/" in text:
            do = f"Such as {field}:orange.fr; url: looks at the whole address."
            raise self.wrong(f"{field}: needs a host, not {text!r}", start(token), do)
        return t.Value(text)

    def term(self, token: Token) -> t.Query:
        prefix, body = ("!", token) if token.type == "BRACED" else PREFIX.fullmatch(token).groups()  # type: ignore[union-attr]
        prefix, text = prefix or "", " ".join(unquoted(body).split())
        marks, case = "=" in prefix, "!" in prefix
        self.check_term(token, text, prefix)
        distance = re.search(r'["“”»]~(\d+)$', token)
        if distance is None:
            return t.Term(text, marks, case)
        words = int(distance[1])
        if not 2 <= len(slots(text)) <= MOST_LOOSE or not 1 <= words <= FARTHEST:
            do = (
                f"Between the quotation marks 2 to {MOST_LOOSE} words, after ~ a number from 1 to {FARTHEST}."
            )
            raise self.wrong("~ joins several words of one phrase", start(token), do)
        return t.Loose(text, words, marks, case)

    def check_term(self, token: Token, text: str, prefix: str) -> None:
        at = start(token)
        if token.type == "TERM" and text.endswith(":") and text[:-1].lower() in FIELDS:
            raise self.wrong(
                f"{text} is compared with nothing", at, "Write the value without a space before it."
            )
        if token.type == "TERM" and re.fullmatch(r"~\d+", text):
            raise self.wrong(f"{text} has no phrase", at, 'Write it after the quotation mark: "two words"~5.')
        if token.type == "TERM" and prefix and not text:
            raise self.wrong(
                f"{prefix} stands alone", at, f'Write it before a word or a phrase: {prefix}"two words".'
            )
        if token.type == "TERM" and text.startswith("$"):
            raise self.wrong(f"{text} names no list", at, "Write $ and the name of a list.")
        if not contains_letters(text):
            do = f"Write a word, or raw:{t.quoted(text)} for the characters."
            raise self.wrong(f"{text or token!s} has no letter, digit or emoji to search for", at, do)
        if prefix and text.startswith("@"):
            raise self.wrong("accounts have no capitals or accents", at, f"Write {text}.")

    def named(self, token: Token, field: str | None) -> t.Query:
        name = token[1:]
        if name not in self.lists:
            known = f"Lists: {', '.join(sorted(self.lists))}." if self.lists else "No list is declared."
            what = f"there is no list '${name}'"
            raise self.wrong(what, start(token), f"{known}{did_you_mean(name, self.lists)}")
        if name in self.within:
            path = " > ".join(f"${step}" for step in (*self.within, name))
            raise self.wrong(
                f"the list '${name}' holds itself: {path}", start(token), "Take it out of one of them."
            )
        given = self.lists[name]
        entries = [given] if isinstance(given, str) else list(given)
        if not entries:
            raise self.wrong(
                f"the list '${name}' is empty", start(token), "Give it an entry, or leave it out."
            )
        return t.Named(
            name, t.any_of([self.entry(name, i, text, field) for i, text in enumerate(entries, 1)])
        )

    def entry(self, name: str, number: int, text: str, field: str | None) -> t.Query:
        """One entry of a list: an expression; words side by side, with nothing else, are a phrase."""
        place = f"list ${name}, entry {number}"
        where = f"{self.where}, {place}" if self.where else place
        words = text.split()
        if len(words) > 1 and PLAIN_WORDS.fullmatch(" ".join(words)) and all(map(is_plain, words)):
            text = t.quoted(" ".join(words))
        return _Reader(text, self.lists, where, field, (*self.within, name)).query()


def is_plain(word: str) -> bool:
    """Whether a word says nothing but itself."""
    return t.quoted_if_needed(word, (*t.PREFIXES, "=", "!")) == word


def start(tree: Any) -> int:
    """Where a tree begins in the query."""
    while hasattr(tree, "data"):
        tree = tree.children[0]
    return tree.start_pos or 0


def unquoted(token: str) -> str:
    """The text of a term without its quotation marks, braces or distance."""
    found = re.fullmatch(r'(?:"(.*)"|“(.*)”|„(.*)[“”]|«(.*)»|\{(.*)\})(?:~\d+)?', token, re.DOTALL)
    if found is None:
        return str(token)
    inner = next(group for group in found.groups() if group is not None)
    return re.sub(r"\\(.)", r"\1", inner) if found[1] is not None else inner
