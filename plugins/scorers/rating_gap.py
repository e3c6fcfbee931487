"""Stars against text: whether a review says what its rating says."""

import polars as pl
from pydantic import Field

from listening_etl import Options, Range, hookimpl

SIDES = {"negative": -1.0, "neutral": 0.0, "positive": 1.0}
FROM_ONE = (
    2,
    10,
)  # scales from 2 up to, not including, 10 begin at 1; others (thumbs, marks out of 10, 20, 100) at 0
SENTIMENT = "score_sentiment_"


class RatingGapOptions(Options):
    """When stars and text contradict each other."""

    least: float = Field(
        1.0,
        ge=0,
        le=2,
        description="the gap beyond doubt from which it is flagged; 1 is from neutral to positive",
    )
    doubts: float = Field(
        1.0, ge=0, description="standard deviations of the sentiment that are taken off the gap first"
    )
    lowest: float | None = Field(
        None,
        description="the worst rating; null: 1 on scales such as 5 stars, 0 on 10 and more and on thumbs",
    )


class RatingGap:
    """Flags reviews whose stars contradict their words, such as one star for « super, merci ».

    `value` is the rating, brought to -1…1, less the sentiment of the text: above 0 the stars are better than the
    words. Label: `flag` or `fits`. The sentiment's three probabilities, which follow from its label, value and
    confidence, have a standard deviation, its doubt; it is flagged if more than 1 is left of the gap once the doubt is
    taken off. So five stars beside neutral words fit, and a sentiment that is not sure flags nothing.
    What such a review is, irony, a slip of the finger, another shop's, somebody has to read. Null: no rating or one
    off its scale, no text, or no sentiment; without its label and confidence there is a gap and no flag.
    """

    name = "rating_gap"
    measure = "rating_gap"
    scale = Range(-2, 2)
    version = "1"
    languages = None  # those of the sentiment
    needs = ("sentiment",)
    options_type = RatingGapOptions

    def score(self, mentions, options):
        """`value`, `label`, and `detail` with both sides of the gap and the doubt."""
        words = pl.any_horizontal(pl.col("text", "title").str.contains(r"\S")).fill_null(value=False)
        gap = pl.col("rating") - pl.col("sentiment")
        sides = mentions.select(
            rating=pl.when(words).then(stars(options)),
            sentiment=pl.col(f"{SENTIMENT}value"),
            doubt=doubt(*(pl.col(f"{SENTIMENT}{name}") for name in ("label", "value", "confidence"))),
        )
        beyond = gap.abs() - options.doubts * pl.col("doubt")
        said = (
            pl.when(beyond > options.least)
            .then(pl.lit("flag"))
            .when(beyond.is_not_null())
            .then(pl.lit("fits"))
        )
        return sides.select(
            value=gap, label=said, detail=pl.when(gap.is_not_null()).then(pl.struct(pl.all().round(3)))
        )


def stars(options):
    """The rating from -1, the worst, to 1, the best; null where it is unknown or off its scale."""
    rating, best = pl.col("rating").fill_nan(None), pl.col("rating_scale").fill_nan(None)
    low, high = FROM_ONE
    worst = pl.when((best >= low) & (best < high)).then(1.0).otherwise(0.0)
    if options.lowest is not None:
        worst = pl.lit(options.lowest)
    given = (
        (rating <= best) & (best > worst) & ((rating > 0) | (rating >= worst))
    )  # 0 of 5 stars is no rating
    return pl.when(given).then(
        (2 * (rating - worst) / (best - worst) - 1).clip(-1, 1)
    )  # half a star is the worst


def doubt(label, value, confidence):
    """The standard deviation of a sentiment of -1, 0 or 1, whose mean is `value` and whose likeliest has `confidence`."""
    side = label.replace_strict(SIDES, default=None, return_dtype=pl.Float64)
    # With p and n for positive and negative, value is p - n; the likeliest being positive, p is the confidence.
    either = pl.when(side == 0).then(1 - confidence).otherwise(2 * confidence - side * value)
    return (either.clip(value.abs(), 1) - value**2).clip(0).sqrt()


@hookimpl
def listening_scorers():
    """Offer the scorer."""
    return [RatingGap()]
