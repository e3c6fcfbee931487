import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from listening_etl import PluginError
from plugins.scorers import flair_classifier
from plugins.scorers._classifier import ClassifierOptions
from plugins.scorers.flair_classifier import FlairScorer

SHIPPED = Path(__file__).parents[3] / "models" / "sentiment"
TOLD = ("label", "value", "confidence")
scorer = FlairScorer("sentiment")


def score(texts, langs, **options):
    columns = {"title": [None] * len(texts), "text": texts, "lang": langs}
    mentions = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    return scorer.score(mentions, ClassifierOptions(**({"model": str(SHIPPED)} | options)))


@pytest.mark.parametrize(
    ("lang", "text", "label"),
    [
        ("fr", "J'adore cette bouilloire, elle est magnifique !", "positive"),
        ("fr", "Quelle horreur, elle est nulle", "negative"),
        ("en", "I love it, best phone ever", "positive"),
        ("en", "Worst customer service, I hate this company", "negative"),
    ],
)
def test_obvious_sentiment_is_recognised(lang, text, label):
    answer = score([text], [lang]).row(0, named=True)
    assert answer["label"] == label
    assert (answer["value"] > 0) == (label == "positive")
    assert 1 / 3 < answer["confidence"] <= 1
    assert answer["detail"][label] == pytest.approx(answer["confidence"], abs=0.001)


def test_a_language_outside_the_card_a_missing_language_and_a_missing_or_blank_text_are_not_judged():
    answers = score(["ja to lubię", "I love it", None, "  \n"], ["pl", None, "en", "en"])
    assert answers.select(TOLD).rows() == [(None, None, None)] * 4


def test_a_frame_without_rows_keeps_the_columns():
    assert score([], []).columns == [*TOLD, "detail"]


def test_languages_of_the_options_go_before_those_of_the_card():
    answers = score(["I love it", "Je l'adore"], ["en", "fr"], languages=frozenset({"fr"}))
    assert answers["label"].is_null().to_list() == [True, False]


def test_order_is_kept_equal_texts_get_equal_scores_and_a_batch_equals_one_by_one():
    texts = ["I hate it", "I love it", "a table", "I love it", None, "I hate it", "Worst\nday ever"]
    langs = ["en"] * 3 + ["it"] + ["en"] * 3
    together = score(texts, langs, batch_size=2).select(TOLD)
    alone = pl.concat([score([t], [lang]).select(TOLD) for t, lang in zip(texts, langs, strict=True)])
    assert_frame_equal(together, alone, abs_tol=1e-6)
    assert together.row(0) == together.row(5)
    assert together.row(1) == together.row(3)
    assert together["label"].to_list()[:2] == ["negative", "positive"]


def test_below_the_threshold_there_is_no_label_and_the_probabilities_stay():
    sure, unsure = score(["I love it, best phone ever"], ["en"]), score(["a table"], ["en"])
    between = (sure["confidence"][0] + unsure["confidence"][0]) / 2
    answers = score(["I love it, best phone ever", "a table"], ["en", "en"], threshold=between)
    assert answers["label"].to_list() == ["positive", None]
    assert answers["value"][1] is None
    assert answers["detail"][1] == unsure["detail"][0]


def test_labels_that_share_a_name_add_up():
    given = {"negative": "negative", "neutral": "positive", "positive": "positive"}
    plain = score(["I love it"], ["en"]).row(0, named=True)
    merged = score(["I love it"], ["en"], labels=given).row(0, named=True)
    # p(neutral) goes to positive, and the three sum to 1: value = 1 - 2 p(negative)
    assert merged["label"] == "positive"
    assert merged["value"] == pytest.approx(2 * merged["confidence"] - 1, abs=2e-6)
    assert merged["confidence"] > plain["confidence"]


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
    assert score(["ja to lubię"], ["pl"], model=str(tmp_path / "copy.pt"))["label"][0] is not None
    versions = {
        scorer.model_version(ClassifierOptions(model=str(m))) for m in (SHIPPED, tmp_path / "copy.pt")
    }
    assert len(versions) == 1


def test_another_measure_has_its_own_labels():
    with pytest.raises(PluginError, match=r"none of anger, joy, optimism, sadness: 'negative'"):
        mentions = pl.DataFrame({"title": [None], "text": ["I love it"], "lang": ["en"]})
        FlairScorer("emotion").score(mentions, ClassifierOptions(model=str(SHIPPED)))


def test_the_shipped_head_is_a_plain_flair_classifier_of_a_few_kilobytes():
    from flair.models import TextClassifier

    assert json.loads((SHIPPED / "card.json").read_text("utf-8"))["measure"] == "sentiment"
    assert type(TextClassifier.load(str(SHIPPED / "model.pt"))) is TextClassifier
    assert (SHIPPED / "model.pt").stat().st_size <= 20_000


def test_a_life_event_that_no_purpose_is_stated_for_is_something_else():
    frame = pl.DataFrame({"title": [None], "text": ["On se marie samedi, tellement hâte !!"], "lang": ["fr"]})
    options = ClassifierOptions(model=str(SHIPPED.with_name("intent")))
    answer = FlairScorer("intent").score(frame, options).row(0, named=True)
    assert (answer["label"], answer["detail"]["life_event"]) == ("other", 0.0)


def test_a_model_that_gives_several_labels_at_once_is_refused(monkeypatch, tmp_path):
    model = flair_classifier.load(SHIPPED / "model.pt")
    monkeypatch.setattr(model, "multi_label", True)
    monkeypatch.setattr(flair_classifier, "flair_model", lambda _: model)
    copy = Path(shutil.copy(SHIPPED / "model.pt", tmp_path))
    with pytest.raises(PluginError, match="gives several labels to a text"):
        flair_classifier.load(copy)


def test_a_head_made_for_another_encoder_is_refused_here_too(tmp_path):
    shutil.copy(SHIPPED / "model.pt", tmp_path)
    card = json.loads((SHIPPED / "card.json").read_text("utf-8"))
    (tmp_path / "card.json").write_text(json.dumps(card | {"encoder": "0" * 12}))
    with pytest.raises(PluginError, match="was trained on encoder 000000000000, and this one is"):
        score(["I love it"], ["en"], model=str(tmp_path))
