"""Find which aspects of which entities a batch speaks of, clause by clause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import polars as pl

from listening_etl.aspects.clauses import clauses
from listening_etl.aspects.vocabulary import SHIPPED
from listening_etl.model import CONTEXT
from listening_etl.query import Corpus, Query, parse
from listening_etl.query.entities import EntityLike, called, quoted

FOUND: dict[str, Any] = {
    "row": pl.UInt32,
    "entity": pl.String,
    "aspect": pl.String,
    "words": pl.String,
    "field": pl.String,
    "clause_start": pl.Int32,
    "clause_end": pl.Int32,
    "term_start": pl.Int32,
    "term_end": pl.Int32,
    "clause": pl.String,
}
THEME = "category"
"""Role of entities that are no brands: what is said beside a theme is said of it, whoever else is named."""

Words = str | Sequence[str]
Aspects = Mapping[str, Mapping[str, Query]]


class EntityWithAspects(EntityLike, Protocol):
    """What finding needs to know of an entity: for each aspect a query, or the entries of a list."""

    @property
    def aspects(self) -> Mapping[str, Words]:
        """By name, a query or the entries of a list."""


def queries_of(entities: Mapping[str, EntityWithAspects], lists: Mapping[str, Sequence[str]]) -> Aspects:
    """The query of each aspect of each entity that has any; `lists` are the settings' `terms`, and go before the
    shipped ones. Raises `QueryError`."""
    return {
        name: {aspect: query_of(words, lists) for aspect, words in entity.aspects.items()}
        for name, entity in entities.items()
        if entity.aspects
    }


def query_of(words: Words, lists: Mapping[str, Sequence[str]]) -> Query:
    """A query as it is written, or any of the entries of a list."""
    known = {**SHIPPED, **lists}
    if isinstance(words, str):
        return parse(words, lists=known)
    return parse(
        "$_entries", lists={**known, "_entries": words}
    )  # a name that no list of the settings can have


def find(
    mentions: pl.DataFrame,
    matches: pl.DataFrame,
    entities: Mapping[str, EntityWithAspects],
    aspects: Aspects,
) -> pl.DataFrame:
    """One row per mention (`row`, counted from 0), entity, aspect and clause that speaks of it: `FOUND`.

    `matches` are the entities that each mention is about: `row, entity, match`. A clause speaks of the brands that
    it names; one that names none, of those named last before it, and else of all that the mention is about.
    `words` is the version of the aspect's query. Places are in characters of the text or title in NFC.
    """
    about = matches.filter(pl.col("match") != CONTEXT).select("row", "entity")
    wanted = about.filter(pl.col("entity").is_in(list(aspects)))["row"].unique()
    if wanted.is_empty():
        return pl.DataFrame(schema=FOUND)
    pieces = said(mentions, wanted.sort())
    corpus = Corpus(_as_mentions(mentions, pieces))
    owners = spoken_of(corpus, pieces, about.filter(pl.col("row").is_in(wanted.implode())), entities)
    terms: dict[str, pl.DataFrame] = {}  # several entities share most of their aspects
    hits = [
        terms.setdefault(query.version, first_terms(corpus, query)).with_columns(
            entity=pl.lit(entity), aspect=pl.lit(aspect), words=pl.lit(query.version)
        )
        for entity, of_entity in aspects.items()
        for aspect, query in of_entity.items()
    ]
    named = pl.concat(hits).join(owners, on=["piece", "entity"], how="semi").join(pieces, on="piece")
    placed = named.with_columns(pl.col("term_start", "term_end") + pl.col("clause_start"))
    return placed.sort("row", "entity", "aspect", "piece").select(
        pl.col(name).cast(kind) for name, kind in FOUND.items()
    )


def said(mentions: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    """The clauses of these mentions, titles first: `piece, row, field, clause_start, clause_end, clause`."""
    parts = []
    for field in ("title", "text"):
        found = clauses(mentions[field].gather(rows), mentions["lang"].gather(rows))
        parts.append(found.with_columns(row=rows.gather(found["row"]), field=pl.lit(field)))
    whole = pl.concat(parts).sort("row", pl.col("field") == "text", "start")
    return (
        whole.rename({"start": "clause_start", "end": "clause_end"})
        .with_row_index("piece")
        .cast({"piece": pl.UInt32, "row": pl.UInt32})
    )


def _as_mentions(mentions: pl.DataFrame, pieces: pl.DataFrame) -> pl.DataFrame:
    """Each clause as a mention of its own: a query looks at a clause, and NOT excludes no more than it.

    Accounts and hashtags count where they are written: those that the source tells are of no clause.
    """
    in_text = pieces["field"] == "text"
    return mentions.drop("tagged", "hashtags", strict=False)[pieces["row"]].with_columns(
        pl.when(in_text).then(pieces["clause"]).alias("text"),
        pl.when(~in_text).then(pieces["clause"]).alias("title"),
    )


def first_terms(corpus: Corpus, query: Query) -> pl.DataFrame:
    """The first words in each clause that the query finds: `piece, term_start, term_end`."""
    first = corpus.evidence(query).unique("row", keep="first", maintain_order=True)
    return first.select(piece="row", term_start="start", term_end="end")


def spoken_of(
    corpus: Corpus, pieces: pl.DataFrame, about: pl.DataFrame, entities: Mapping[str, EntityLike]
) -> pl.DataFrame:
    """The entities that each clause speaks of: `piece, entity`."""
    brands = [name for name, entity in entities.items() if entity.role != THEME]
    named = pl.concat(
        [pl.DataFrame(schema={"piece": pl.UInt32, "entity": pl.String}), *_named(corpus, entities, brands)]
    )
    places = pieces.select("piece", "row")
    named = named.join(places, on="piece").join(about, on=["row", "entity"], how="semi")
    last = places.join(named.select("piece", last="piece").unique(), on="piece", how="left").sort("piece")
    last = last.with_columns(pl.col("last").forward_fill().over("row"))
    carried = last.join(named.select("entity", last="piece"), on="last")
    silent = last.filter(pl.col("last").is_null()).join(about, on="row")
    themes = places.join(about.filter(~pl.col("entity").is_in(brands)), on="row")
    return pl.concat([part.select("piece", "entity") for part in (carried, silent, themes)]).unique()


def _named(corpus: Corpus, entities: Mapping[str, EntityLike], brands: Sequence[str]) -> list[pl.DataFrame]:
    """The clauses in which each brand is named."""
    found = []
    for name in brands:
        entity = entities[name]
        signs = [f"@{one}" for one in entity.handles] + [f"#{one}" for one in entity.hashtags]
        words = [called((*entity.names, *entity.products)), quoted(signs)]
        query = " OR ".join(f"({part}\n)" for part in words if part) or entity.query
        rows = corpus.matches(parse(query)).arg_true() if query else pl.Series(dtype=pl.UInt32)
        found.append(pl.DataFrame({"piece": rows.cast(pl.UInt32)}).with_columns(entity=pl.lit(name)))
    return found
