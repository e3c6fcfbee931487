"""Drops mentions with next to nothing to read."""

import polars as pl
from pydantic import Field, NonNegativeInt

from listening_etl import Options, hookimpl

NO_WORDS = r"(?i)\b(?:https?://|www\.)\S+|\B@\w[\w.-]*"


class MinLengthOptions(Options):
    """What counts as long enough."""

    characters: NonNegativeInt = Field(8, description="fewest that are kept, links and @handles not counted")


class MinLength:
    """Keeps mentions of at least `characters` characters, and any with a rating or a title.

    Links, @handles and white space around the text do not count. A text that is null is no short text (a
    picture, a tombstone): the mention stays.
    """

    name = "min_length"
    version = "1"
    reason = "shorter than {characters} characters"
    options_type = MinLengthOptions

    def keep(self, mentions, options):
        """One boolean a row; null where there is no text."""
        length = pl.col("text").str.replace_all(NO_WORDS, "").str.strip_chars().str.len_chars()
        says_more = pl.col("rating").is_not_null() | pl.col("title").is_not_null()
        return mentions.select(keep=(length >= options.characters) | says_more)["keep"]


@hookimpl
def listening_filters():
    """Offer the filter."""
    return [MinLength()]
