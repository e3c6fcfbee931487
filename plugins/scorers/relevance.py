"""Whether a mention is about what it seems to name, learned from examples: for names such as Orange or Free.

The file offers a scorer and a filter of the same name. They learn alike, so the filter drops exactly the mentions
to which the scorer, with the same examples, would give less than `least`.
"""

import functools
import hashlib
from pathlib import Path

import polars as pl
from pydantic import Field

from listening_etl import ConfigError, Options, Range, did_you_mean, hookimpl

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

    Words, pairs of words and pieces of words under logistic regression, learned at first use (some seconds for a
    thousand examples) and again when the file changes. Give examples as you find them: the value of a text that
    is like none of them is about their share of yes. `confidence` is that of the likelier answer, 0.5 to 1.
    """

    name = "relevance"
    measure = "relevance"
    scale = Range(0, 1)
    version = "1"
    languages = None  # those of the examples
    options_type = RelevanceOptions

    def model_version(self, options):
        """First 12 hexadecimal digits of the SHA-256 of the examples."""
        return hashlib.sha256(read(options.examples)).hexdigest()[:12]

    def score(self, mentions, options):
        """`value`, the probability of yes, and `confidence`, that of the likelier answer."""
        value = relevance(mentions, options)
        return value.to_frame("value").with_columns(
            confidence=pl.max_horizontal("value", 1 - pl.col("value")).round(DECIMALS)
        )


class RelevanceFilter:
    """Drops mentions whose relevance, learned from examples, is below `least`; one without a text stays."""

    name = "relevance"
    version = "1"
    reason = "relevance below {least}"
    options_type = RelevanceFilterOptions

    def keep(self, mentions, options):
        """`keep`, null where there is no text; `why`: the relevance of the dropped."""
        value, keep = pl.col("value"), pl.col("value") >= options.least
        why = pl.when(~keep).then(pl.format("relevance {}", value.round(3)))
        return relevance(mentions, options).to_frame("value").select(keep=keep, why=why)


def relevance(mentions, options):
    """The probability of yes for each mention, null without a text. Equal texts are judged once."""
    model = learned(options.examples, *state(options.examples))
    both = pl.concat_str("title", "text", separator="\n", ignore_nulls=True).cast(pl.String)
    texts = mentions.select(text=pl.when(pl.col("text").cast(pl.String).str.contains(r"\S")).then(both))
    asked = texts["text"].drop_nulls().unique(maintain_order=True)
    found = model(asked.to_list()) if len(asked) else []
    answers = pl.DataFrame({"text": asked, "value": found}, schema={"text": pl.String, "value": pl.Float64})
    return texts.join(answers, "text", how="left", maintain_order="left")["value"]


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
    rows = rows.filter(pl.col("text").str.contains(r"\S")).with_columns(
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
def learned(path, _changed, _size):
    """A function from texts to probabilities of yes, learned from the examples."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline, make_union

    rows = examples(path)
    labels = rows["label"].to_numpy()
    yes, no = int(labels.sum()), int((1 - labels).sum())
    if min(yes, no) < FEWEST:
        what = f"{yes} examples say yes and {no} say no"
        raise ConfigError(what, where=where(path), do=f"Label at least {FEWEST} different texts of each.")
    common = {"sublinear_tf": True, "strip_accents": "unicode"}
    model = make_pipeline(
        make_union(
            TfidfVectorizer(ngram_range=(1, 2), **common),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **common),
        ),
        LogisticRegression(C=10, max_iter=2000),
    )
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    unseen = cross_val_predict(model, rows["text"].to_list(), labels, cv=folds, method="decision_function")
    # Platt 1999: scores of texts that were not learned from, as log-odds. With labels a little short of certain
    # a handful of examples that are easily told apart does not make the model boundlessly sure.
    line = LogisticRegression(C=1.0).fit(unseen[:, None], labels)
    scale, shift = max(line.coef_[0, 0], 0.0), line.intercept_[0]
    model.fit(rows["text"].to_list(), labels)

    def judge(texts):
        odds = scale * model.decision_function(texts) + shift
        return np.round(1 / (1 + np.exp(-odds)), DECIMALS)

    return judge


@hookimpl
def listening_scorers():
    """Offer the scorer."""
    return [Relevance()]


@hookimpl
def listening_filters():
    """Offer the filter."""
    return [RelevanceFilter()]
