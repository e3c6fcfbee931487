"""Drops what is too old."""

from datetime import timedelta

import polars as pl
from pydantic import Field, PositiveFloat

from listening_etl import Options, hookimpl


class RecencyOptions(Options):
    """What is too old."""

    days: PositiveFloat = Field(
        365, le=100_000, description="the most that may lie between publication and fetching"
    )


class Recency:
    """Drops what was published more than `days` days before it was fetched; edits do not make it younger.

    It compares two times of the mention, not the clock: a replay answers the same. Running old windows, or
    reading an archive, is fetching late: leave this filter out of such a topic.
    """

    name = "recency"
    version = "1"
    reason = "published more than {days:g} days before it was fetched"
    options_type = RecencyOptions

    def keep(self, mentions, options):
        """One boolean a row; null where a time is unknown."""
        age = pl.col("fetched_at") - pl.col("published_at")
        return mentions.select(keep=age <= timedelta(days=options.days))["keep"]


@hookimpl
def listening_filters():
    """Offer the filter."""
    return [Recency()]
