"""Drops reshares without a comment."""

from typing import Literal

import polars as pl
from pydantic import Field

from listening_etl import Options, hookimpl

OPENS_WITH_RT = r"^[^\p{L}\d@#]*(?:RT|MT) @\w"
"""A reshare of the old kind: "RT @name: …". What was written before it would be the resharer's own."""


class ResharesOptions(Options):
    """What goes beside pure reshares."""

    quotes: Literal["keep", "drop"] = Field("keep", description="posts that quote another and comment on it")


class Reshares:
    """Drops reshares without a comment of one's own; who says something before or instead stays.

    A reshare without text, a text that begins with "RT @name", and a forwarded message, whose words are the
    first author's. Emoji and hashtags after the words of another cannot be told from theirs. With `quotes: drop`
    quotes go too.
    """

    name = "reshares"
    version = "1"
    reason = "passed on without a comment"
    options_type = ResharesOptions

    def keep(self, mentions, options):
        """One boolean a row."""
        passed_on, silent = (
            pl.col("reshared_id").is_not_null(),
            pl.col("text").is_null() & pl.col("title").is_null(),
        )
        forwarded = passed_on & (pl.col("kind") == "message").fill_null(value=False)
        pure = (
            (passed_on & silent)
            | forwarded
            | pl.col("text").str.contains(OPENS_WITH_RT).fill_null(value=False)
        )
        if options.quotes == "drop":
            pure |= pl.col("quoted_id").is_not_null()
        return mentions.select(keep=~pure)["keep"]


@hookimpl
def listening_filters():
    """Offer the filter."""
    return [Reshares()]
