"""Which words carry a judgement: a scorer that counts words makes it arithmetic."""

from __future__ import annotations

import polars as pl
import pytest

from listening_etl import Labels, Options, PluginError
from listening_etl.pipeline import trying
from listening_etl.pipeline.context import open_registry
from listening_etl.pipeline.explaining import evidence, reads_text_alone
from listening_etl.registry import product_folders


class Shouting:
    """Loud or calm: a tenth for each `!!`, and `pas` takes two away."""

    name = measure = "loudness"
    scale = Labels("calm", "loud")
    version = "1"
    languages = None
    options_type = Options
    text_only = True

    def score(self, mentions, options):
        text = pl.col("text")
        loud = 0.5 + 0.1 * text.str.count_matches("!!") - 0.2 * text.str.count_matches("pas")
        frame = mentions.select(loud=loud.cast(pl.Float64))
        label = pl.when(pl.col("loud") >= 0.5).then(pl.lit("loud")).otherwise(pl.lit("calm"))
        return frame.select(
            label=label,
            confidence=pl.max_horizontal("loud", 1 - pl.col("loud")),
            detail=pl.struct(calm=1 - pl.col("loud"), loud=pl.col("loud")),
        )


def words(text, scorer):
    found = evidence(scorer, Options(), trying.frame_of([text]))
    return {text[word.start : word.end]: word.weight for word in found}


def test_a_words_weight_is_what_the_judgement_loses_without_it():
    found = words("ah !! bon", Shouting())
    # without « !! » alone 0.1 less, in a stretch of two 0.1 shared by two: twice; the mean of 0.1, 0.05, 0.05
    assert found["!!"] == pytest.approx((0.1 + 0.05 + 0.05) / 3)
    # « ah » alone nothing, with « !! » half of 0.1: the mean of 0 and 0.05
    assert found["ah"] == found["bon"] == pytest.approx(0.025)


def test_what_speaks_against_it_is_below_nought_and_nothing_gives_nothing():
    found = words("!! !! !! pas là", Shouting())
    assert found["pas"] < 0 < found["!!"]
    assert words("", Shouting()) == {}
    assert words("seul", Shouting()) == {}


@pytest.fixture(scope="module")
def registry():
    return open_registry(product_folders())


def test_each_text_has_its_answer_in_order_and_a_repeated_one_the_same(registry):
    scorer = registry.scorer("sentiment", "sentiment")
    texts = ["J'adore, elle est parfaite", "", "Quelle horreur, c'est nul", "J'adore, elle est parfaite"]
    answers = list(trying.judge(registry, scorer, scorer.options_type(), texts))
    assert [set(answer) for answer in answers] == [{"value", "confidence", "abstained", "language"}] * 4
    assert [answer["value"] for answer in answers] == ["positive", None, "negative", "positive"]
    assert [answer["abstained"] for answer in answers] == [False, True, False, False]
    assert [answer["language"] for answer in answers] == ["fr", None, "fr", "fr"]


def test_an_abstention_says_what_it_leans_to(registry):
    scorer = registry.scorer("irony", "irony")
    (answer,) = trying.judge(registry, scorer, scorer.options_type(), ["Super, encore 2 h de retard"])
    assert answer["abstained"]
    assert answer["value"] in scorer.scale.names
    assert answer["confidence"] is None


def test_numbers_are_values_and_a_given_language_is_not_detected_again(registry):
    scorer = registry.scorer("urgency", "urgency")
    (answer,) = trying.judge(registry, scorer, scorer.options_type(), ["C'est urgent, à l'aide"], "fr")
    assert isinstance(answer["value"], float)
    assert answer["language"] == "fr"


def test_a_scorer_that_reads_others_is_refused_and_so_are_wrong_options(registry):
    gap = registry.scorer("rating_gap", "rating_gap")
    with pytest.raises(PluginError, match=r"reads what others answered \(sentiment\)"):
        list(trying.judge(registry, gap, gap.options_type(), ["bien"]))
    scorer = registry.scorer("sentiment", "sentiment")
    assert trying.options_of(scorer, {"languages": "[fr, en]"}).languages == {"fr", "en"}
    with pytest.raises(PluginError, match="abstaining_costs: Input should be a valid number"):
        trying.options_of(scorer, {"abstaining_costs": "much"})
    with pytest.raises(PluginError, match="colour"):
        trying.options_of(scorer, {"colour": "red"})


def test_lines_of_a_file_stay_aligned_whatever_ends_them(tmp_path):
    file = tmp_path / "texts.txt"
    file.write_bytes("\ufeffun\r\n\r\nligne\u2028entière\x85et\rici\n\n".encode() + b"\xed\xa0\x80\x00 fin")
    assert trying.lines(file) == ["un", "", "ligne\u2028entière\x85et\rici", "", "���\x00 fin"]
    file.write_bytes(b"")
    assert trying.lines(file) == []
    file.write_bytes(b"\n")
    assert trying.lines(file) == [""]


@pytest.mark.parametrize("measure", ["influence", "addressed"])
def test_a_scorer_that_reads_more_than_a_text_is_told_apart(registry, measure):
    scorer = registry.scorer(measure, measure)
    with pytest.raises(PluginError, match=rf"scorer '{measure}' reads more than a text has: unable to find"):
        list(trying.judge(registry, scorer, scorer.options_type(), ["bien"], "fr"))


def test_a_detail_of_any_shape_is_no_probability(registry):
    class Lister(Shouting):
        def score(self, mentions, options):
            return super().score(mentions, options).with_columns(detail=pl.lit('["loud"]'))

    assert words("ah !! bon", Lister())["!!"] > 0
    (answer,) = trying.judge(registry, Lister(), Options(), ["ah"], "fr")
    assert answer["value"] == "loud"
    assert trying.leaning(Lister(), ["loud"]) is None


def test_what_rests_on_other_measures_is_not_asked_again_without_a_word():
    class Resting(Shouting):
        needs = ("encoding", "sentiment")

    assert reads_text_alone(Shouting())
    assert not reads_text_alone(Resting())
