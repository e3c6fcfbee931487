"""The boolean query language: parse, match a batch, say why; and which mentions are about what.

    query = parse('orange NEAR/5 (panne OR "ne marche plus") NOT jus')
    Corpus(mentions).matches(query)

The names are loaded when they are first used. docs/query.md describes the language.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from listening_etl.query.corpus import Corpus
    from listening_etl.query.covering import cover
    from listening_etl.query.explaining import Explanation, explain
    from listening_etl.query.linting import Finding, lint
    from listening_etl.query.parsing import parse
    from listening_etl.query.tree import Query
    from listening_etl.query.trouble import QueryError

HOMES = {
    "Corpus": "corpus",
    "Explanation": "explaining",
    "Finding": "linting",
    "Query": "tree",
    "QueryError": "trouble",
    "cover": "covering",
    "explain": "explaining",
    "lint": "linting",
    "parse": "parsing",
}

__all__ = [
    "Corpus", "Explanation", "Finding", "Query", "QueryError", "cover", "explain", "lint", "parse",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
