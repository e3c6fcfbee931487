"""What all classifiers answer: a label, how sure, and the probability of every label; silence where that is better."""

import numpy as np
import polars as pl

from listening_etl import Labels

SCALES = {
    "sentiment": ("negative", "neutral", "positive"),
    "emotion": ("anger", "joy", "optimism", "sadness"),
    "irony": ("not_ironic", "ironic"),
    "offensive": ("not_offensive", "offensive"),
    "toxicity": ("clean", "toxic"),
    "intent": ("complaint", "question", "praise", "suggestion", "purchase", "life_event", "news", "other"),
}
ORDERED = {"sentiment": {"negative": -1.0, "neutral": 0.0, "positive": 1.0}}  # measures with a `value`
DECIMALS = 6  # below, floats depend on what else is in the batch
TOLD_DECIMALS = 3  # of the probabilities in `detail`
TOLD = {"label": pl.String, "value": pl.Float64, "confidence": pl.Float64}


class Judgement:
    """A measure with its scale, and answers from probabilities."""

    languages = None  # a card or the options decide
    text_only = True

    def __init__(self, measure):
        self.measure = measure
        self.scale = Labels(*SCALES[measure])

    def answers(self, read, labels, shares, spoken, least):
        """A row for every row; `shares`, [rows that were `read`, labels].

        In a language of which nothing was measured, or below the `least` confidence, there is no label; then the
        probabilities alone say what it leans to.
        """
        if not len(shares):
            schema = {**TOLD, "detail": pl.Struct(dict.fromkeys(self.scale.names, pl.Float64))}
            return pl.DataFrame({name: [None] * len(read) for name in schema}, schema=schema)
        order = ORDERED.get(self.measure)
        worth = shares @ np.array([order[label] for label in labels]) if order else [None] * len(shares)
        answers = pl.DataFrame(
            {
                "label": pl.Series(labels).gather(shares.argmax(axis=1)),
                "value": pl.Series(worth, dtype=pl.Float64).round(DECIMALS),
                "confidence": pl.Series(shares.max(axis=1)).fill_nan(None).round(DECIMALS),
                "detail": pl.DataFrame(shares.round(TOLD_DECIMALS), schema=list(labels)).to_struct(),
            }
        )
        answers = answers.with_columns(pl.when(spoken.filter(read)).then("confidence").alias("confidence"))
        sure = (pl.col("confidence") >= least).fill_null(value=False)
        places = read.cum_sum().cast(pl.Int64) - 1
        rows = places.zip_with(read, pl.Series([None], dtype=pl.Int64))
        return answers.with_columns(pl.when(sure).then(pl.col("label", "value")))[rows]


def spoken(mentions, languages):
    """Whether each mention is in one of these languages (None: in any), and not in an unknown one."""
    lang = pl.col("lang").cast(pl.String)
    known = lang.is_in(sorted(languages)).fill_null(value=False) if languages else lang.is_not_null()
    return mentions.select(known.alias("spoken"))["spoken"]
