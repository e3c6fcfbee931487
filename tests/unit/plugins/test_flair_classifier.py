import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from listening_etl import PluginError
from plugins.scorers.flair_classifier import FlairOptions, FlairSentiment

SHIPPED = Path(__file__).parents[3] / "models" / "sentiment"
scorer = FlairSentiment()


def score(texts, langs, **options):
    mentions = pl.DataFrame({"text": texts, "lang": langs}, schema={"text": pl.String, "lang": pl.String})
    return scorer.score(mentions, FlairOptions(**({"model": str(SHIPPED)} | options)))


@pytest.mark.parametrize(
    ("lang", "text", "label"),
    [
        ("fr", "J'adore cette bouilloire, elle est magnifique !", "positive"),
        ("fr", "Franchement c'est pas terrible", "negative"),
        ("en", "I love it, best phone ever", "positive"),
        ("en", "Worst customer service, I hate this company", "negative"),
    ],
)
def test_obvious_sentiment_is_recognised(lang, text, label):
    answer = score([text], [lang]).row(0, named=True)
    assert answer["label"] == label
    assert (answer["value"] > 0) == (label == "positive")
    assert 1 / 3 < answer["confidence"] <= 1


def test_a_language_outside_the_card_a_missing_language_and_a_missing_or_blank_text_are_not_judged():
    answers = score(["bahut accha", "I love it", None, "  \n"], ["hi", None, "en", "en"])
    assert answers.rows() == [(None, None, None)] * 4


def test_a_frame_without_rows_and_one_of_nulls_keep_the_three_columns():
    types = {"label": pl.String, "value": pl.Float64, "confidence": pl.Float64}
    assert score([], []).schema == types
    untyped = scorer.score(pl.DataFrame({"text": [None], "lang": [None]}), FlairOptions(model=str(SHIPPED)))
    assert untyped.schema == types
    assert untyped.rows() == [(None, None, None)]


def test_languages_of_the_options_go_before_those_of_the_card():
    answers = score(["I love it", "Je l'adore"], ["en", "fr"], languages=frozenset({"fr"}))
    assert answers["label"].is_null().to_list() == [True, False]


def test_order_is_kept_equal_texts_get_equal_scores_and_a_batch_equals_one_by_one():
    texts = [
        "I hate it",
        "I love it",
        "a table",
        "I love it",
        None,
        "I hate it",
        "Worst\nday ever",
    ]
    langs = ["en"] * 3 + ["it"] + ["en"] * 3
    together = score(texts, langs, batch_size=2)
    alone = pl.concat([score([text], [lang]) for text, lang in zip(texts, langs, strict=True)])
    assert_frame_equal(together, alone, abs_tol=1e-6)
    assert together.row(0) == together.row(5)
    assert together.row(1) == together.row(3)
    assert together["label"].to_list()[:2] == ["negative", "positive"]


def test_below_the_threshold_nothing_is_said():
    sure, unsure = score(["I love it, best phone ever"], ["en"]), score(["a table"], ["en"])
    between = (sure["confidence"][0] + unsure["confidence"][0]) / 2
    answers = score(["I love it, best phone ever", "a table"], ["en", "en"], threshold=between)
    assert answers["label"].to_list() == ["positive", None]
    assert answers.row(1) == (None, None, None)


def test_labels_that_share_a_name_add_up():
    given = {"negative": "negative", "neutral": "positive", "positive": "positive"}
    plain = score(["a table"], ["en"]).row(0, named=True)
    merged = score(["a table"], ["en"], labels=given).row(0, named=True)
    # p(neutral) goes to positive, and the three sum to 1: value = 1 - 2 p(negative)
    assert plain["label"] == "neutral"
    assert merged["label"] == "positive"
    assert merged["value"] == pytest.approx(2 * merged["confidence"] - 1, abs=1e-6)


def test_a_label_that_is_not_mapped_to_ours_is_refused():
    with pytest.raises(PluginError, match=r"'neutral' -> 'meh'.*Map each of them") as refused:
        score(["I love it"], ["en"], labels={"neutral": "meh"})
    assert refused.value.where == "scorer 'flair', option 'labels'"


@pytest.mark.parametrize("name", ["", "absent.pt", "a/folder"])
def test_a_missing_model_is_named(tmp_path, name):
    with pytest.raises(PluginError, match="there is no file") as refused:
        score(["I love it"], ["en"], model=str(tmp_path / name))
    assert str(tmp_path) in refused.value.what
    assert "Give a folder with a model.pt" in refused.value.do


def test_a_file_that_is_no_model_and_a_name_that_flair_does_not_know_are_refused(tmp_path):
    (tmp_path / "model.pt").write_text("not a model")
    for model in (str(tmp_path), "no-such-flair-model"):
        with pytest.raises(PluginError, match="cannot be loaded as a Flair TextClassifier"):
            score(["I love it"], ["en"], model=model)


def test_without_a_card_every_language_is_judged_and_the_version_is_the_same_hash(tmp_path):
    shutil.copy(SHIPPED / "model.pt", tmp_path / "copy.pt")
    assert score(["bahut accha"], ["hi"], model=str(tmp_path / "copy.pt"))["label"][0] is not None
    card = json.loads((SHIPPED / "card.json").read_text(encoding="utf-8"))
    for model in (SHIPPED, tmp_path / "copy.pt"):
        assert scorer.model_version(FlairOptions(model=str(model))) == card["version"]


def test_the_shipped_model_is_a_plain_flair_classifier_of_at_most_8_megabytes():
    from flair.models import TextClassifier

    file = SHIPPED / "model.pt"
    assert type(TextClassifier.load(str(file))) is TextClassifier
    assert file.stat().st_size <= 8_000_000
