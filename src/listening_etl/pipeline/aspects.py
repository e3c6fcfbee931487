"""What mentions say about each aspect of an entity: found clause by clause, judged by the sentiment of the clause."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from listening_etl.aspects.finding import FOUND, find
from listening_etl.pipeline import judging
from listening_etl.pipeline.context import Context
from listening_etl.pipeline.encodings import encoded, wanted
from listening_etl.privacy import MASK_PERSON

SENTIMENT = "sentiment"
PLACES = ("field", "clause_start", "clause_end", "term_start", "term_end")
SCHEMA: dict[str, Any] = {
    "mention_id": pl.Binary,
    "content_hash": pl.Binary,
    "fetched_at": pl.Datetime("us", "UTC"),
    "entity": pl.String,
    "aspect": pl.String,
    **{name: FOUND[name] for name in PLACES},
    "label": pl.String,
    "value": pl.Float64,
    "confidence": pl.Float64,
    "version": pl.String,
}
VERSION = "2"
"""Of how clauses are cut and given to entities; a row's version is this, the aspect's words and the scorer."""

Judge = Callable[[pl.DataFrame], pl.DataFrame]
"""From clauses, as mentions, to `label, value, confidence, version`, a row each."""


def aspects(
    context: Context, mentions: pl.DataFrame, matches: pl.DataFrame, judge: Judge | None = None
) -> pl.DataFrame:
    """One row per mention, entity, aspect and clause, as `SCHEMA`; places are those in the public text or title.

    `matches` are rows of the bridge to entities. Sentiment is by `judge`: the topic's own scorer of the measure
    unless given, so that it abstains alike; null where it does, or where the topic has none.
    """
    if not context.aspects:
        return pl.DataFrame(schema=SCHEMA)
    public = mentions.with_columns(text="public_text", title="public_title").with_row_index("row")
    about = matches.join(public.select("row", "mention_id", "content_hash", "fetched_at"), on=COPY)
    found = find(public.drop("row"), about, context.topic.entities, context.aspects)
    clauses = found.select("row", *PLACES[:3], "clause").unique(PLACES_OF_CLAUSE, maintain_order=True)
    judged = (judge or chosen(context))(as_mentions(public.drop("row"), clauses))
    answers = pl.concat([clauses.select(PLACES_OF_CLAUSE), judged], how="horizontal")
    whole = found.join(answers, on=PLACES_OF_CLAUSE, maintain_order="left")
    version = pl.concat_str(pl.lit(VERSION), "words", "version", separator="/", ignore_nulls=True)
    copies = mentions[whole["row"]].select(COPY)
    return pl.concat([copies, whole.with_columns(version=version)], how="horizontal").select(SCHEMA.keys())


COPY = ["mention_id", "content_hash", "fetched_at"]
PLACES_OF_CLAUSE = ["row", "field", "clause_start"]


def as_mentions(mentions: pl.DataFrame, clauses: pl.DataFrame) -> pl.DataFrame:
    """Each clause as a mention that says nothing else; people masked in it are accounts to whoever reads it."""
    text = clauses["clause"].str.replace_all(MASK_PERSON, "@user", literal=True)
    nothing = pl.lit(None, dtype=pl.String)
    return mentions[clauses["row"]].with_columns(
        text=text, public_text=text, title=nothing, public_title=nothing
    )


def chosen(context: Context) -> Judge:
    """Judges by the scorer that the topic chose for sentiment; by none where it has none."""

    def judge(clauses: pl.DataFrame) -> pl.DataFrame:
        if SENTIMENT not in context.topic.scorers or clauses.is_empty():
            return pl.DataFrame(schema={name: SCHEMA[name] for name in ANSWER}).clear(clauses.height)
        if wanted([context.scorer(SENTIMENT)[0]]):
            clauses, _ = encoded(context, clauses)
        return judging.score(context, SENTIMENT, clauses).select(
            "label", "value", "confidence", pl.concat_str("scorer", "version", separator=":").alias("version")
        )

    return judge


ANSWER = ("label", "value", "confidence", "version")
