"""Drops mentions in languages that nobody listens for."""

from pydantic import Field

from listening_etl import Options, hookimpl


class LanguageOptions(Options):
    """What is listened for."""

    languages: frozenset[str] = Field(
        description="ISO 639 codes as the language scorer gives them, such as fr"
    )


class Language:
    """Keeps mentions in one of `languages`, and those whose language is undetermined.

    Null keeps: nobody is dropped on a guess.
    """

    name = "language"
    version = "1"
    reason = "in a language that is not listened for"
    options_type = LanguageOptions

    def keep(self, mentions, options):
        """One boolean a row; null where the language is."""
        return mentions["lang"].is_in(sorted(options.languages))


@hookimpl
def listening_filters():
    """Offer the filter."""
    return [Language()]
