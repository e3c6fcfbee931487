"""Drops mentions in languages that nobody listens for."""

import polars as pl
from pydantic import Field, NonNegativeInt

from listening_etl import Options, hookimpl

NO_WORDS = r"https?://\S+|@\S+"


class LanguageOptions(Options):
    """What is listened for, and how sure one has to be to drop."""

    languages: frozenset[str] = Field(
        description="ISO 639 codes as the language scorer gives them, such as fr"
    )
    confidence: float = Field(0.9, ge=0, le=1, description="of the language scorer, below which it is kept")
    letters: NonNegativeInt = Field(
        20, description="with fewer Latin letters it is kept; in other scripts a word is enough"
    )


class Language:
    """Keeps mentions in one of `languages`, those whose language is undetermined, and those where it is unsure.

    Nobody is dropped on a guess: to say in which language a short text is takes less evidence than to throw it
    away for it. The reason names the language. Without a language scorer the declared one is believed.
    """

    name = "language"
    version = "2"
    reason = "in a language that is not listened for"
    options_type = LanguageOptions

    def keep(self, mentions, options):
        """Whether each row stays, and else its language; null where the language is."""
        said = pl.coalesce("text", "title").str.replace_all(NO_WORDS, "")
        latin = said.str.count_matches(r"\p{Latin}")
        enough = (latin == 0) | (latin >= options.letters)
        declared = pl.col("lang_confidence").is_null()
        sure = declared | ((pl.col("lang_confidence") >= options.confidence) & enough)
        listened = pl.col("lang").is_in(sorted(options.languages))
        return mentions.select(keep=listened | ~sure, why=pl.when(~listened).then("lang"))


@hookimpl
def listening_filters():
    """Offer the filter."""
    return [Language()]
