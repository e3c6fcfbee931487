"""Match a batch against the entities of a topic: who is addressed, tagged, declared or named, and where.

Of several ways in which a mention is about an entity the strongest counts: `author` (an account of the
entity wrote it), `reply`, `tagged`, `hashtag`, `declared` (the source says so: a review on its page),
`named` (its words are there: names, products, or what its query says).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import orjson
import polars as pl

from listening_etl.frame import fold, folded
from listening_etl.model import MATCHES
from listening_etl.query import Corpus, Query, parse
from listening_etl.query.tree import quoted as in_quotes
from listening_etl.query.words import Bools, Ints, Postings

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
FOUND = {name: kind for name, kind in MATCH_SCHEMA.items() if name != "owned"}


SHORTEST_TAG = 5
"""Letters of a hashtag made of a name: #CA is not C&A."""


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
    return " OR ".join(map(in_quotes, words))


def called(names: Sequence[str]) -> str:
    """A query for any of these names; of several words also as the one hashtag that people make of them."""
    parts = [re.findall(r"\w+", name) for name in names if "*" not in name and "?" not in name]
    tags = ["#" + "".join(words) for words in parts if len(words) > 1]
    return quoted([*names, *(tag for tag in tags if len(tag) > SHORTEST_TAG)])


def words_of(entity: EntityLike) -> str:
    """What makes a mention one of the entity by its words, as a query."""
    named = called((*entity.names, *entity.products))
    if named and entity.context:
        named = f"({named}) AND ({quoted(entity.context)})"
    if named and entity.exclude:
        named = f"({named}) AND NOT ({quoted(entity.exclude)})"
    parts = [part for part in (named, entity.query) if part]
    return " OR ".join(f"({part}\n)" for part in parts)  # the query may end in a comment, as far as its line


def queries_of(
    entities: Mapping[str, EntityLike], lists: Mapping[str, Sequence[str]] | None = None
) -> dict[str, Query]:
    """The query of each entity; `lists` are the settings' `terms`. Raises `QueryError` for one that cannot be read."""
    return {name: parse(words_of(entity), lists=lists or {}) for name, entity in entities.items()}


def version(entities: Mapping[str, EntityLike], queries: Mapping[str, Query]) -> str:
    """Twelve hexadecimal digits that change when any entity's words change, those of the lists it names too."""
    words = [
        [e.name, e.role, queries[e.name].version, e.products, e.handles, e.hashtags]
        for e in entities.values()
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
    columns = mentions.select(
        _handle("author_handle").alias("author"),
        _handle("reply_to_author").alias("reply"),
        "tagged",
        _folded_list("hashtags"),
        _folded_list("about"),
    )
    told = {column.name: _Told(column) for column in columns}
    accounts = [handle for entity in entities.values() for handle in entity.handles]
    owned = pl.Series("owned", told["author"].any_of(accounts))
    found = [
        _of_entity(corpus, told, entity, queries[name], ways, declared=name in about)
        for name, entity in entities.items()
    ]
    if not found:
        return pl.DataFrame(schema=MATCH_SCHEMA)
    matched = pl.concat(found).sort("row", "entity")
    return matched.with_columns(owned.gather(matched["row"])).select(*MATCH_SCHEMA)


def _handle(column: str) -> pl.Expr:
    return pl.col(column).str.strip_chars_start("@").str.to_lowercase()


def _folded_list(column: str) -> pl.Expr:
    return pl.col(column).list.eval(folded(pl.element())).alias(column)


class _Told:
    """Which rows hold each value of a column: looked up for every entity, so indexed once."""

    def __init__(self, column: pl.Series) -> None:
        rows = pl.DataFrame({"row": np.arange(len(column)), "value": column})
        rows = (rows.explode("value") if isinstance(column.dtype, pl.List) else rows).drop_nulls()
        self.height = len(column)
        self.postings = Postings(rows["value"], rows["row"].to_numpy())
        self.ids = {value: i for i, value in enumerate(self.postings.keys)}

    def any_of(self, values: Sequence[str]) -> Bools:
        """The rows that hold one of these."""
        found = np.zeros(self.height, np.bool_)
        found[self.postings.of(self.ids[value] for value in values if value in self.ids)] = True
        return found


def _of_entity(
    corpus: Corpus,
    told: Mapping[str, _Told],
    entity: EntityLike,
    query: Query,
    allowed: Sequence[str],
    *,
    declared: bool,
) -> pl.DataFrame:
    labels = [fold(word) for word in (entity.name, *entity.names)]
    found = {
        "author": told["author"].any_of(entity.handles),
        "reply": told["reply"].any_of(entity.handles),
        "tagged": told["tagged"].any_of(entity.handles),
        "hashtag": told["hashtags"].any_of([fold(word) for word in entity.hashtags]),
        "declared": told["about"].any_of(labels) | declared,
        "named": corpus.rows(query),
    }
    ways = [way for way in found if way in allowed]  # the strongest first
    holds = np.stack([found[way] for way in ways])
    rows = np.flatnonzero(holds.any(axis=0))
    if not len(rows):
        return pl.DataFrame(schema=FOUND)
    strongest = pl.Series("match", ways).gather(holds.argmax(axis=0)[rows])
    about = pl.DataFrame([pl.Series("row", rows, pl.UInt32), strongest, _products(corpus, entity, rows)])
    return about.join(_evidence(corpus, entity, query), on="row", how="left", maintain_order="left").select(
        "row",
        pl.lit(entity.name).alias("entity"),
        pl.lit(entity.role).alias("role"),
        "match",
        pl.col("words").alias("evidence"),
        pl.col("position").cast(pl.Int32),
        "products",
    )


def _products(corpus: Corpus, entity: EntityLike, rows: Ints) -> pl.Series:
    """The products that each of these rows names; null where it names none."""
    if not entity.products:
        return pl.Series("products", [None] * len(rows), dtype=pl.List(pl.String))
    named = pl.DataFrame(
        {name: corpus.rows(parse(called([name])))[rows] for name in dict.fromkeys(entity.products)}
    )
    each = [pl.when(pl.col(name)).then(pl.lit(name)) for name in named.columns]
    found = pl.concat_list(each).list.drop_nulls()
    return named.select(pl.when(found.list.len() > 0).then(found).alias("products"))["products"]


def _evidence(corpus: Corpus, entity: EntityLike, query: Query) -> pl.DataFrame:
    """The first words of each mention that speak of the entity, as written: `row, words, position`."""
    tags = [f"@{handle}" for handle in entity.handles] + [f"#{tag}" for tag in entity.hashtags]
    signs = " OR ".join(f'"{tag}"' for tag in tags)
    found = [corpus.first_evidence(query)]
    if signs:
        found.append(corpus.first_evidence(parse(signs)))
    return pl.concat(found).sort("row", pl.col("position"), nulls_last=True).unique("row", keep="first")
