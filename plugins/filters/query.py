"""Keeps and drops by boolean queries."""

from functools import cache

import polars as pl
from pydantic import Field, model_validator

from listening_etl import ConfigError, Corpus, Options, hookimpl, parse_query

QUOTED = 60
"""Characters of a match that a reason repeats."""


class QueryOptions(Options):
    """The queries, in the language of docs/query.md."""

    keep: str | None = Field(None, description="what does not match is dropped")
    drop: str | None = Field(None, description="what matches is dropped")
    lists: dict[str, tuple[str, ...]] = Field(
        {}, description="named lists of words; a query refers to one as $name"
    )

    @model_validator(mode="after")
    def _queries_can_be_read(self):
        if self.keep is None and self.drop is None:
            raise ValueError("give `keep`, `drop` or both")
        try:
            for name in ("keep", "drop"):
                if (text := getattr(self, name)) is not None:
                    parse_query(text, lists=self.lists, where=name)
        except ConfigError as error:
            raise ValueError(str(error)) from error
        return self


class Query:
    """Drops what matches `drop`, and what does not match `keep`; who wrote nothing is not asked for words.

    For what a name also means: `drop: orange NEAR/5 (jus OR fruit)`; for a context without which a mention is
    off topic: `keep: café OR machine OR expresso`. The reason quotes the words that matched. A mention without
    text and title stays, unless `drop` matches it by another field.
    """

    name = "query"
    version = "1"
    reason = "by a query"
    options_type = QueryOptions

    def keep(self, mentions, options):
        """Whether each row stays, and else the words that matched; null where there are no words to match."""
        corpus, silent = Corpus(mentions), pl.col("text").is_null() & pl.col("title").is_null()
        found = mentions.select(
            "text",
            "title",
            wanted=matches(corpus, options.keep, options, missing=True),
            unwanted=matches(corpus, options.drop, options, missing=False),
            words=words(corpus, options),
        )
        lacking = ~pl.col("wanted") & ~silent
        held = pl.format("it holds « {} »", pl.col("words").str.slice(0, QUOTED))
        why = pl.when("unwanted").then(held).when(lacking).then(pl.lit("it does not match `keep`"))
        return found.select(keep=~(pl.col("unwanted") | lacking), why=why)


def matches(corpus, text, options, *, missing):
    """Whether each row matches; `missing` where there is no such query."""
    if text is None:
        return pl.Series([missing]).new_from_index(0, corpus.height)
    return corpus.matches(read(text, tuple(options.lists.items())))


def words(corpus, options):
    """The first words of each row that match `drop`; null where none do, or where a field does."""
    if options.drop is None:
        return pl.lit(None, pl.String)
    first = corpus.first_evidence(read(options.drop, tuple(options.lists.items())))
    return pl.select(row=pl.int_range(corpus.height, dtype=pl.UInt32)).join(
        first, on="row", how="left", maintain_order="left"
    )["words"]


@cache
def read(text, lists):
    """The query, parsed once."""
    return parse_query(text, lists=dict(lists))


@hookimpl
def listening_filters():
    """Offer the filter."""
    return [Query()]
