"""Drops mentions with next to nothing to read, and mentions that no post is as long as."""

import polars as pl
from pydantic import Field, NonNegativeInt, PositiveInt

from listening_etl import Options, hookimpl

NO_WORDS = r"(?i)\b(?:https?://|www\.)\S+|\B@\w[\w.-]*"


class MinLengthOptions(Options):
    """What counts as long enough."""

    characters: NonNegativeInt = Field(
        3, description="fewest letters and digits that are kept, links and @handles not counted"
    )


class MinLength:
    """Keeps mentions of at least `characters` letters and digits, and any with a rating or a title.

    Emoji, signs, links and @handles do not count. One word may say all (« arnaque », "refund?"): beyond a few
    letters short is not the same as empty. A text that is null is no short text (a picture, a tombstone): the
    mention stays.
    """

    name = "min_length"
    version = "2"
    reason = "fewer than {characters} letters and digits"
    options_type = MinLengthOptions

    def keep(self, mentions, options):
        """One boolean a row; null where there is no text."""
        says_more = pl.col("rating").is_not_null() | pl.col("title").is_not_null()
        letters = said().str.count_matches(r"[\p{L}\p{N}]")
        return mentions.select(keep=(letters >= options.characters) | says_more)["keep"]


class MaxLengthOptions(Options):
    """What counts as too long."""

    at_most: PositiveInt = Field(
        10_000, description="most characters that are kept, links and @handles not counted"
    )


class MaxLength:
    """Keeps mentions of at most `at_most` characters, links and @handles not counted; a null text stays."""

    name = "max_length"
    version = "1"
    reason = "longer than {at_most} characters"
    options_type = MaxLengthOptions

    def keep(self, mentions, options):
        """One boolean a row; null where there is no text."""
        return mentions.select(keep=said().str.len_chars() <= options.at_most)["keep"]


def said():
    """The text without links, @handles and white space around it."""
    return pl.col("text").str.replace_all(NO_WORDS, "").str.strip_chars()


@hookimpl
def listening_filters():
    """Offer the filters."""
    return [MinLength(), MaxLength()]
