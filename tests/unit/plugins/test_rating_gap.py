"""Stars against text: what contradicts, what only differs, and what cannot be compared."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.scorers.rating_gap import RatingGap, RatingGapOptions, doubt


def judged(*rows, **options):
    """Answers to rows of (stars, scale, text, label, value, confidence)."""
    columns = {"rating": pl.Float64, "rating_scale": pl.Float64, "text": pl.String, "score_sentiment_label": pl.String,
               "score_sentiment_value": pl.Float64, "score_sentiment_confidence": pl.Float64}  # fmt: skip
    frame = pl.DataFrame(list(rows), schema=columns, orient="row").with_columns(title=pl.lit(None, pl.String))
    return RatingGap().score(frame, RatingGapOptions(**options))


SURE = ("super merci", "positive", 0.94, 0.95)  # p 0.95, neutral 0.04, n 0.01
UNSURE = ("super merci", "positive", 0.4, 0.6)  # p 0.6, neutral 0.2, n 0.2
MILD = ("Reçu lundi.", "neutral", 0.02, 0.9)
ANGRY = ("Une honte.", "negative", -0.88, 0.9)


def row(stars, said, scale=5.0):
    return stars, scale, *said


def test_one_star_beside_thanks_is_flagged_and_a_sentiment_that_is_not_sure_flags_nothing():
    answer = judged(row(1, SURE), row(1, UNSURE), row(5, SURE), row(5, ANGRY), row(1, ANGRY))
    assert answer["label"].to_list() == ["flag", "fits", "fits", "flag", "fits"]
    assert answer["value"].round(6).to_list() == [-1.94, -1.4, 0.06, 1.88, -0.12]
    # p + n = 2 * 0.95 - 0.94 = 0.96; 0.96 - 0.94² = 0.0764, whose root is 0.276; 1.94 - 0.276 = 1.664 > 1
    assert answer["detail"][0] == {"rating": -1.0, "sentiment": 0.94, "doubt": 0.276}
    # p + n = 2 * 0.6 - 0.4 = 0.8; 0.8 - 0.4² = 0.64, whose root is 0.8; 1.4 - 0.8 = 0.6 < 1
    assert answer["detail"][1] == {"rating": -1.0, "sentiment": 0.4, "doubt": 0.8}


def test_stars_beside_neutral_words_and_three_stars_beside_praise_are_no_contradiction():
    answer = judged(row(5, MILD), row(1, MILD), row(3, SURE), row(4, ANGRY))
    assert answer["label"].to_list() == ["fits", "fits", "fits", "fits"]
    # the last: 0.5 + 0.88 = 1.38; p + n = 2 * 0.9 - 0.88 = 0.92, doubt √(0.92 - 0.7744) = 0.382; 1.38 - 0.382 < 1


def test_the_options_say_when_it_is_flagged():
    assert judged(row(4, ANGRY), doubts=0)["label"][0] == "flag"
    assert judged(row(4, ANGRY), least=0.7)["label"][0] == "flag"


@pytest.mark.parametrize(
    ("stars", "scale", "side"),
    [
        (1, 5, -1), (3, 5, 0), (4.5, 5, 0.75), (0.5, 5, -1), (0, 10, -1), (5, 10, 0), (10, 10, 1), (0, 1, -1),
        (1, 1, 1), (15, 20, 0.5), (0, 5, None), (6, 5, None), (-1, 10, None), (4, None, None), (None, 5, None),
        (float("nan"), 5, None),
    ],
)  # fmt: skip
def test_ratings_of_every_scale(stars, scale, side):
    value = judged((stars, scale, "Reçu.", "neutral", 0.0, 1.0))["value"][0]
    assert value == (None if side is None else pytest.approx(side))


def test_the_worst_rating_may_be_given():
    assert judged((1, 10, "Reçu.", "neutral", 0.0, 1.0), lowest=1)["value"][0] == -1


def test_without_text_rating_or_sentiment_nothing_is_said():
    answer = judged((1, 5, None, "positive", 0.9, 0.95), (1, 5, " ", "positive", 0.9, 0.95), row(None, SURE),
                    (1, 5, "super merci", None, None, None))  # fmt: skip
    assert answer.rows() == [(None, None, None)] * 4


def test_a_sentiment_that_does_not_say_how_sure_it_is_gives_a_gap_and_no_flag():
    answer = judged((1, 5, "super merci", None, 0.9, None))
    assert answer["value"].to_list() == [-1.9]
    assert answer["label"].to_list() == [None]


@given(st.lists(st.integers(1, 50), min_size=3, max_size=3))
def test_the_doubt_is_the_standard_deviation_of_the_three_probabilities(weights):
    negative, neutral, positive = (weight / sum(weights) for weight in weights)
    label, confidence = max(
        [("negative", negative), ("neutral", neutral), ("positive", positive)], key=lambda answer: answer[1]
    )
    answer = pl.DataFrame({"l": [label], "v": [positive - negative], "c": [confidence]})
    mean = positive - negative
    variance = negative * (-1 - mean) ** 2 + neutral * mean**2 + positive * (1 - mean) ** 2
    found = answer.select(d=doubt(pl.col("l"), pl.col("v"), pl.col("c")))["d"][0]
    assert found**2 == pytest.approx(variance, abs=1e-9)
