"""Why a mention matches or does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
import polars as pl

from listening_etl.query import tree as t
from listening_etl.query.corpus import Corpus


class Explanation(msgspec.Struct, frozen=True):
    """One clause of a query in its canonical form: whether it `matched`, by which words, and its own parts.

    `because` names the clauses that decided.
    """

    clause: str
    matched: bool
    words: tuple[str, ...]
    because: str
    parts: tuple[Explanation, ...] = ()

    def lines(self, depth: int = 0) -> Iterator[str]:
        """The whole as indented lines, for a terminal."""
        shown = f" ({', '.join(self.words)})" if self.words and not self.parts else ""
        yield f"{'  ' * depth}{'yes' if self.matched else 'no '} {self.clause}{shown}"
        for part in self.parts:
            yield from part.lines(depth + 1)


def explain(query: t.Query, mention: pl.DataFrame) -> Explanation:
    """Why the one mention of the frame matches or does not, clause by clause."""
    if mention.height != 1:
        raise ValueError(f"explain takes one mention, not {mention.height}")
    return _explain(query, None, Corpus(mention))


def _explain(query: t.Query, scope: str | None, corpus: Corpus) -> Explanation:
    here = t.Scope(scope, query) if scope else query
    matched = bool(corpus.rows(here)[0])
    words = tuple(corpus.evidence(here)["words"].unique(maintain_order=True).to_list()) if matched else ()
    inner = query.children if isinstance(query, t.And | t.Or | t.Not | t.Named | t.Scope) else ()
    parts: list[Explanation] = []
    for part in inner:  # no comprehension: deep queries need few frames of the stack
        parts.append(_explain(part, query.segment if isinstance(query, t.Scope) else scope, corpus))
    verdict = "It matches" if matched else "It does not match"
    reasons = " and ".join(dict.fromkeys(_reasons(query, matched, words, parts)))
    return Explanation(str(query), matched, words, f"{verdict}, because {reasons}.", tuple(parts))


def _reasons(
    query: t.Query, matched: bool, words: tuple[str, ...], parts: list[Explanation]
) -> Iterable[str]:
    """What decided: of an AND that fails the parts that fail, of an OR that holds the parts that hold."""
    decided = [part for part in parts if part.matched == matched]
    if (isinstance(query, t.Or | t.Named) and not matched) or not parts:
        yield _reason(query, matched, words)
        return
    for part in parts if isinstance(query, t.Not) else decided:
        yield part.because.split(", because ", 1)[1].removesuffix(".")


def _reason(query: t.Query, matched: bool, words: tuple[str, ...]) -> str:
    if isinstance(query, t.Field):
        return f"{query} {'holds' if matched else 'does not hold'}"
    if isinstance(query, t.Or | t.Named):
        return f"nothing of {query} is there"
    shown = [word for word in words if word != str(query)]
    return f"{query} is {'' if matched else 'not '}there" + (f" ({', '.join(shown)})" if shown else "")
