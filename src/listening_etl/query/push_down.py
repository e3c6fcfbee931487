"""What a platform is asked for on behalf of a query: never less than what matches here.

A platform knows fewer operators than we do, and cuts words in its own way. So a search is the query with everything
taken out that the platform might understand otherwise (NOT, distances, wildcards, capitals, most fields): it brings
what matches and more, and what it brings is matched again here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from listening_etl.query.tree import And, Field, Loose, Named, Near, Or, Query, Scope, Term, Value, any_of


@dataclass(frozen=True)
class Dialect:
    """How a platform writes searches; None where it has no such thing.

    `both` and `either` stand between two parts, `group` goes around parts joined by either of them, `author` is what
    finds the posts of an account.
    """

    both: str | None = " "
    either: str | None = " OR "
    group: str = "({})"
    phrase: str = '"{}"'
    hashtag: str | None = "#{}"
    account: str | None = "@{}"
    author: str | None = None


def pushed_down(entity: Any, dialect: Dialect, longest: int | None = None) -> list[str]:
    """Searches that find whatever is about an entity by its words: its query (`words`), or its names alone."""
    words: Query | None = getattr(entity, "words", None)
    return searches(any_of(Term(name) for name in entity.names) if words is None else words, dialect, longest)


def searches(query: Query, dialect: Dialect, longest: int | None = None) -> list[str]:
    """Searches one of which finds whatever the query matches, each of at most `longest` characters.

    Empty where no search is narrower than everything there is: `NOT` alone, a wildcard alone.
    """
    return [search.text for search in _searches(query, dialect, longest) or []]


@dataclass(frozen=True)
class _Search:
    text: str
    parts: int = 1

    def within(self, dialect: Dialect) -> str:
        return self.text if self.parts == 1 else dialect.group.format(self.text)


def _searches(query: Query, dialect: Dialect, longest: int | None) -> list[_Search] | None:
    """Alternatives that together are no narrower than the query; None for everything."""
    found: list[_Search] | None = None
    match query:
        case Or(parts):
            some = [_searches(part, dialect, longest) for part in parts]
            found = None if None in some else [one for searches in some for one in searches or []]
        case And(parts):
            found = _all_of(list(parts), dialect, longest)
        case Near(left, right):
            found = _all_of([left, right], dialect, longest)
        case Named(_, tree) | Scope(_, tree):
            found = _searches(tree, dialect, longest)
        case Loose(text):
            found = _all_of([Term(word) for word in text.split()], dialect, longest)
        case Term(text):
            found = _of_term(text, dialect, longest)
        case Field(name, Value(text)) if "*" not in text and "?" not in text:
            found = _of_field(name, text.lstrip("@#"), dialect)
    return found


def _all_of(parts: list[Query], dialect: Dialect, longest: int | None) -> list[_Search] | None:
    """The parts that narrow, joined as far as the platform and the length allow; the narrowest alone otherwise."""
    found = [some for part in parts if (some := _searches(part, dialect, longest)) is not None]
    if not found:
        return None
    narrowest = min(found, key=lambda some: (len(some), -max((len(one.text) for one in some), default=0)))
    if dialect.both is None or len(found) == 1:
        return narrowest
    if dialect.either is None:
        if any(len(some) > 1 for some in found):
            return narrowest
        joined = [some[0] for some in found]
    else:
        either = dialect.either
        joined = [_Search(either.join(one.within(dialect) for one in some), len(some)) for some in found]
        joined = [one if one.parts == 1 else _Search(one.within(dialect)) for one in joined]
    whole = _Search(dialect.both.join(dict.fromkeys(one.within(dialect) for one in joined)), len(joined))
    return [whole] if longest is None or len(whole.within(dialect)) <= longest else narrowest


def _of_term(text: str, dialect: Dialect, longest: int | None) -> list[_Search] | None:
    sign, name = text[:1], text[1:]
    if sign in "#@" and re.fullmatch(r"[\w.@-]+", name):
        form = dialect.hashtag if sign == "#" else dialect.account
        return [_Search(form.format(name))] if form else None
    runs = [run.strip() for run in re.split(r"\S*[*?]\S*", text)]
    plain = max((run for run in runs if re.search(r"\w", run)), key=len, default="").replace('"', " ").strip()
    if not plain or (longest is not None and len(plain) + 2 > longest):
        return None
    found = [_Search(dialect.phrase.format(plain))]
    joined = plain.replace("-", "")
    if plain != joined:  # wi-fi is wifi too
        found.append(_Search(dialect.phrase.format(joined)))
    return found


def _of_field(name: str, value: str, dialect: Dialect) -> list[_Search] | None:
    forms = {"hashtag": dialect.hashtag, "tagged": dialect.account, "author": dialect.author}
    form = forms.get(name)
    return [_Search(form.format(value))] if form else None
