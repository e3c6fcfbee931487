"""Match a batch against the entities of a topic: who is addressed, tagged, declared or named, and where.

Of several ways in which a mention is about an entity the strongest counts: `author` (an account of the
entity wrote it), `reply`, `tagged`, `hashtag`, `declared` (the source says so: a review on its page),
`named` (its words are there: names, products, or what its query says).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import orjson
import polars as pl

from listening_etl.frame import fold, folded
from listening_etl.model import MATCHES
from listening_etl.query import Corpus, Query, parse

MATCH_SCHEMA: dict[str, Any] = {
    "row": pl.UInt32,
    "entity": pl.String,
    "role": pl.String,
    "match": pl.String,
    "evidence": pl.String,
    "position": pl.Int32,
    "owned": pl.Boolean,
    "products": pl.List(pl.String),
}


class EntityLike(Protocol):
    """What matching needs to know of an entity."""

    name: str
    role: str
    names: tuple[str, ...]
    products: tuple[str, ...]
    query: str | None
    handles: tuple[str, ...]
    hashtags: tuple[str, ...]
    context: tuple[str, ...]
    exclude: tuple[str, ...]


def quoted(words: Sequence[str]) -> str:
    """A query for any of these words and phrases, taken as they stand; `*` and `?` are wildcards."""
    return " OR ".join('"' + word.replace('"', " ") + '"' for word in words)


def words_of(entity: EntityLike) -> str:
    """What makes a mention one of the entity by its words, as a query."""
    named = quoted((*entity.names, *entity.products))
    if named and entity.context:
        named = f"({named}) AND ({quoted(entity.context)})"
    if named and entity.exclude:
        named = f"({named}) AND NOT ({quoted(entity.exclude)})"
    return " OR ".join(f"({part})" for part in (named, entity.query) if part)


def queries_of(
    entities: Mapping[str, EntityLike], lists: Mapping[str, Sequence[str]] | None = None
) -> dict[str, Query]:
    """The query of each entity; `lists` are the settings' `terms`. Raises `QueryError` for one that cannot be read."""
    return {name: parse(words_of(entity), lists=lists or {}) for name, entity in entities.items()}


def version(entities: Mapping[str, EntityLike], queries: Mapping[str, Query]) -> str:
    """Twelve hexadecimal digits that change when any entity's words change."""
    words = [
        [e.name, e.role, str(queries[e.name]), e.products, e.handles, e.hashtags] for e in entities.values()
    ]
    return hashlib.blake2b(orjson.dumps(words), digest_size=6).hexdigest()


def match(
    mentions: pl.DataFrame,
    entities: Mapping[str, EntityLike],
    queries: Mapping[str, Query],
    about: Sequence[str] = (),
    ways: Sequence[str] = MATCHES,
) -> pl.DataFrame:
    """One row per mention and entity that it is about: `MATCH_SCHEMA`, `row` counting mentions from 0.

    `about` names entities that every mention of the source is about; of the ways to match only `ways` count.
    """
    corpus = Corpus(mentions)
    told = mentions.with_row_index("row").select(
        "row",
        _handle("author_handle").alias("author"),
        _handle("reply_to_author").alias("reply"),
        "tagged",
        _folded_list("hashtags"),
        _folded_list("about"),
    )
    accounts = [handle for entity in entities.values() for handle in entity.handles]
    told = told.with_columns(pl.col("author").is_in(accounts).fill_null(value=False).alias("owned"))
    found = [
        _of_entity(corpus, told, entity, queries[name], ways, declared=name in about)
        for name, entity in entities.items()
    ]
    return pl.concat(found).sort("row", "entity") if found else pl.DataFrame(schema=MATCH_SCHEMA)


def _handle(column: str) -> pl.Expr:
    return pl.col(column).str.strip_chars_start("@").str.to_lowercase()


def _folded_list(column: str) -> pl.Expr:
    return pl.col(column).list.eval(folded(pl.element())).alias(column)


def _any_of(column: str, words: Sequence[str]) -> pl.Expr:
    if not words:
        return pl.lit(value=False)
    return pl.col(column).list.set_intersection(pl.lit(pl.Series([list(words)]))).list.len() > 0


def _of_entity(
    corpus: Corpus,
    told: pl.DataFrame,
    entity: EntityLike,
    query: Query,
    allowed: Sequence[str],
    *,
    declared: bool,
) -> pl.DataFrame:
    handles = list(entity.handles)
    labels = [fold(word) for word in (entity.name, *entity.names)]
    ways = {
        "author": pl.col("author").is_in(handles),
        "reply": pl.col("reply").is_in(handles),
        "tagged": _any_of("tagged", handles),
        "hashtag": _any_of("hashtags", [fold(word) for word in entity.hashtags]),
        "declared": pl.lit(declared) | _any_of("about", labels),
        "named": pl.lit(corpus.matches(query)),
    }
    strongest = pl.coalesce(
        *(
            pl.when(condition.fill_null(value=False)).then(pl.lit(way))
            for way, condition in ways.items()
            if way in allowed
        )
    )
    found = told.with_columns(match=strongest, products=_products(corpus, entity))
    found = found.filter(pl.col("match").is_not_null())
    return found.join(_evidence(corpus, entity, query), on="row", how="left", maintain_order="left").select(
        "row",
        pl.lit(entity.name).alias("entity"),
        pl.lit(entity.role).alias("role"),
        "match",
        pl.col("words").alias("evidence"),
        pl.col("position").cast(pl.Int32),
        "owned",
        "products",
    )


def _products(corpus: Corpus, entity: EntityLike) -> pl.Expr:
    """The products that each mention names; null where it names none."""
    if not entity.products:
        return pl.lit(None, dtype=pl.List(pl.String))
    named = [
        pl.when(pl.lit(corpus.matches(parse(quoted([name]))))).then(pl.lit(name)) for name in entity.products
    ]
    found = pl.concat_list(named).list.drop_nulls()
    return pl.when(found.list.len() > 0).then(found)


def _evidence(corpus: Corpus, entity: EntityLike, query: Query) -> pl.DataFrame:
    """The first words of each mention that speak of the entity, as written: `row, words, position`."""
    tags = [f"@{handle}" for handle in entity.handles] + [f"#{tag}" for tag in entity.hashtags]
    signs = " OR ".join(f'"{tag}"' for tag in tags)
    found = [corpus.first_evidence(query)]
    if signs:
        found.append(corpus.first_evidence(parse(signs)))
    return pl.concat(found).sort("row", pl.col("position"), nulls_last=True).unique("row", keep="first")
