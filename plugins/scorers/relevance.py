"""Whether a mention is about what it seems to name, learned from examples: for names such as Orange or Free.

The file offers a scorer and a filter of the same name. They learn alike, so the filter drops exactly the mentions
to which the scorer, with the same examples, would give less than `least`.
"""

import functools
import hashlib
from pathlib import Path

import numpy as np
import polars as pl
from pydantic import Field

from listening_etl import (
    ConfigError,
    Encoder,
    Options,
    Range,
    did_you_mean,
    encoder_folder,
    hookimpl,
    readable,
)

FEWEST = 20  # examples of each label
FOLDS = 5
DECIMALS = 6  # of a value: below, floats depend on the order of addition
YES = {"yes": 1, "oui": 1, "1": 1, "true": 1, "no": 0, "non": 0, "0": 0, "false": 0}


class RelevanceOptions(Options):
    """What is learned from."""

    examples: Path = Field(
        description="CSV or JSON Lines with `text` and `label` (yes or no), at least 20 of each"
    )


class RelevanceFilterOptions(RelevanceOptions):
    """What is learned from, and what is dropped."""

    least: float = Field(0.2, ge=0, le=1, description="the least relevance that is kept")


class Relevance:
    """How probably a mention is about the topic, 0 to 1, by what people said of examples; null without a text.

    Words, pairs of words, pieces of words and what the encoder takes the text to be about, under logistic regression,
    learned at first use (some seconds for a thousand examples) and again when the file changes. Give examples as you
    find them: the value of a text that is like none of them is about their share of yes. `confidence` is that of the
    likelier answer, 0.5 to 1.
    """

    name = "relevance"
    measure = "relevance"
    scale = Range(0, 1)
    version = "2"
    languages = None  # those of the examples
    needs = ("encoding",)
    options_type = RelevanceOptions

    def model_version(self, options):
        """First 12 hexadecimal digits of the SHA-256 of the examples, and what the encoder's meanings are told by."""
        return f"{hashlib.sha256(read(options.examples)).hexdigest()[:12]}+{encoder().space}"

    def score(self, mentions, options):
        """`value`, the probability of yes, and `confidence`, that of the likelier answer."""
        value = relevance(mentions, options)
        return value.to_frame("value").with_columns(
            confidence=pl.max_horizontal("value", 1 - pl.col("value")).round(DECIMALS)
        )


class RelevanceFilter:
    """Drops mentions whose relevance, learned from examples, is below `least`; one without a text stays.

    Every mention that comes to it is read by the encoder, 300 a second or so: put it after the other filters.
    """

    name = "relevance"
    version = "2"
    needs = ("encoding",)
    reason = "relevance below {least}"
    options_type = RelevanceFilterOptions

    def keep(self, mentions, options):
        """`keep`, null where there is no text; `why`: the relevance of the dropped."""
        value, keep = pl.col("value"), pl.col("value") >= options.least
        why = pl.when(~keep).then(pl.format("relevance {}", value.round(3)))
        return relevance(mentions, options).to_frame("value").select(keep=keep, why=why)


def relevance(mentions, options):
    """The probability of yes for each mention, null without a text."""
    odds = learned(options.examples, *state(options.examples), encoder().space)
    both = pl.concat_str("title", "text", separator="\n", ignore_nulls=True).cast(pl.String)
    there = pl.col("text").cast(pl.String).str.contains(r"\S") & pl.col("encoding").is_not_null()
    asked, values = (
        mentions.select("encoding", text=pl.when(there).then(both)),
        np.full(len(mentions), np.nan),
    )
    rows = asked["text"].is_not_null().to_numpy()
    if rows.any():
        asked = asked.filter(rows)
        told = odds(asked["text"].to_list(), meaning(asked["encoding"].to_numpy()))
        values[rows] = np.round(1 / (1 + np.exp(-told)), DECIMALS)
    return pl.Series("value", values).fill_nan(None)


def encoder():
    """The one that every text is read by."""
    return Encoder.load(encoder_folder())


def meaning(encodings):
    """What texts are about, [texts, width], in double precision."""
    return encoder().meaning(encodings).astype(np.float64)


def where(path):
    """The place that an error names."""
    return f"'relevance', option 'examples': {path}"


def state(path):
    """What changes when the file does."""
    try:
        about = path.stat()
    except OSError as error:
        do = "Give a CSV or JSON Lines file with the columns text and label."
        raise ConfigError(
            f"the examples cannot be read: {error.strerror}", where=where(path), do=do
        ) from error
    return about.st_mtime_ns, about.st_size


def read(path):
    """The bytes of the file."""
    state(path)
    return path.read_bytes()


def examples(path):
    """The distinct texts and their labels, 1 for yes, in an order that does not depend on the file's."""
    content = read(path)
    try:
        if content.lstrip()[:1] == b"{":
            rows = pl.read_ndjson(content, schema_overrides={"text": pl.String, "label": pl.String})
        else:
            rows = pl.read_csv(content, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        do = "Write a CSV with the header text,label, or JSON Lines."
        raise ConfigError(
            f"they cannot be read: {error}".splitlines()[0], where=where(path), do=do
        ) from error
    if missing := {"text", "label"} - set(rows.columns):
        what = f"column '{min(missing)}' is missing, there are {', '.join(rows.columns)}"
        raise ConfigError(what, where=where(path), do="Name the columns text and label.")
    rows = rows.filter(readable(rows["text"].cast(pl.String)).is_not_null()).with_columns(
        pl.col("label").cast(pl.String).str.strip_chars().str.to_lowercase()
    )
    if wrong := sorted(set(rows["label"]) - set(YES), key=str):
        what = f"label {wrong[0]!r} is neither yes nor no.{did_you_mean(str(wrong[0]), YES)}"
        raise ConfigError(what, where=where(path), do="Label each text yes or no.")
    rows = rows.select("text", label=pl.col("label").replace_strict(YES, return_dtype=pl.Int8)).unique()
    if twice := rows.filter(pl.col("text").is_duplicated())["text"].sort().to_list():
        what = f"{twice[0][:60]!r} is labelled yes and no"
        raise ConfigError(what, where=where(path), do="Decide for one of them.")
    return rows.sort("text")


@functools.lru_cache(maxsize=8)
def learned(path, _changed, _size, _space):
    """A function from texts and their meanings to the log-odds of yes, learned from the examples."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    rows = examples(path)
    labels = rows["label"].to_numpy()
    yes, no = int(labels.sum()), int((1 - labels).sum())
    if min(yes, no) < FEWEST:
        what = f"{yes} examples say yes and {no} say no"
        raise ConfigError(what, where=where(path), do=f"Label at least {FEWEST} different texts of each.")
    texts = np.array(rows["text"].to_list(), dtype=object)
    meanings = meaning(encoder().encode(readable(rows["text"]).to_list()))
    unseen = np.zeros(len(texts))
    for seen, rest in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(texts, labels):
        unseen[rest] = fitted(texts[seen], meanings[seen], labels[seen])(texts[rest], meanings[rest])
    # Platt 1999: scores of texts that were not learned from, as log-odds. With labels a little short of certain
    # a handful of examples that are easily told apart does not make the model boundlessly sure.
    line = LogisticRegression(C=1.0).fit(unseen[:, None], labels)
    scale, shift = max(line.coef_[0, 0], 0.0), line.intercept_[0]
    whole = fitted(texts, meanings, labels)
    return lambda texts, meanings: scale * whole(texts, meanings) + shift


def fitted(texts, meanings, labels):
    """A function from texts and meanings to a score, greater for those like the examples of yes."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_union

    common = {"sublinear_tf": True, "strip_accents": "unicode"}
    words = make_union(
        TfidfVectorizer(ngram_range=(1, 2), **common),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **common),
    )
    model = LogisticRegression(C=10, max_iter=2000)
    model.fit(hstack([words.fit_transform(texts), meanings]).tocsr(), labels)
    width = meanings.shape[1]
    by_word, by_meaning = model.coef_[0, :-width], model.coef_[0, -width:]
    return lambda texts, meanings: words.transform(texts) @ by_word + meanings @ by_meaning + model.intercept_


@hookimpl
def listening_scorers():
    """Offer the scorer."""
    return [Relevance()]


@hookimpl
def listening_filters():
    """Offer the filter."""
    return [RelevanceFilter()]
