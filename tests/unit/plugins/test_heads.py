"""Heads on the shared encoding: what they answer, when they are silent, and that Flair's own way says the same."""

import json
import shutil
import types

import msgspec
import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from listening_etl import PluginError
from listening_etl.encoding import MODELS, Card, Encoder, Head, encoder_folder, heads, read_card
from listening_etl.pipeline.encodings import encode
from plugins.scorers._classifier import ClassifierOptions
from plugins.scorers._judgement import Judgement
from plugins.scorers.flair_classifier import FlairScorer
from plugins.scorers.heads import HeadOptions, HeadScorer, IntentOptions, IntentScorer

TEXTS = [
    "Ma machine fuit, quelle horreur",
    "J'adore, elle est parfaite",
    "Le magasin ouvre à neuf heures",
    "Service client injoignable depuis trois jours !!",
    "Comment on change le filtre ?",
]


def batch(texts, lang="fr"):
    columns = {"title": [None] * len(texts), "text": texts, "lang": [lang] * len(texts)}
    return encode(pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)))


def test_a_head_says_what_flair_says_of_the_same_model():
    ours = HeadScorer("sentiment").score(batch(TEXTS), HeadOptions(abstaining_costs=1.0))
    theirs = FlairScorer("sentiment").score(batch(TEXTS), ClassifierOptions(model=str(MODELS / "sentiment")))
    assert ours["label"].to_list() == theirs["label"].to_list()
    assert ours["confidence"].to_list() == pytest.approx(theirs["confidence"].to_list(), abs=1e-5)
    assert ours["value"].to_list() == pytest.approx(theirs["value"].to_list(), abs=1e-5)


@pytest.mark.parametrize("measure", ["sentiment", "emotion", "irony", "offensive", "toxicity", "intent"])
def test_every_shipped_head_fits_the_shipped_encoder_and_its_scale(measure):
    head, scorer = Head.load(MODELS / measure), HeadScorer(measure)
    assert set(head.labels) == set(scorer.scale.names)
    assert head.card.encoder == Encoder.load(encoder_folder()).version
    assert scorer.model_version(HeadOptions()).endswith(f"+{head.card.encoder}")
    shares = head.probabilities(Encoder.load(encoder_folder()).encode(TEXTS))
    assert shares.sum(axis=1) == pytest.approx(np.ones(len(TEXTS)))


def test_silence_follows_from_what_it_costs():
    scorer, mentions = HeadScorer("sentiment"), batch(TEXTS)
    confidence = scorer.score(mentions, HeadOptions(abstaining_costs=1.0))["confidence"]
    for costs in (1.0, 0.6, 0.3, 0.0):
        answers = scorer.score(mentions, HeadOptions(abstaining_costs=costs))
        judged = (confidence >= 1 - costs).to_list()
        assert answers["label"].is_not_null().to_list() == judged
        assert answers["value"].is_not_null().to_list() == judged
        assert answers["confidence"].to_list() == confidence.to_list()


def test_in_a_language_of_which_nothing_was_measured_only_the_leaning_is_told():
    (answer,) = HeadScorer("emotion").score(batch(["Jestem zachwycona"], "pl"), HeadOptions()).to_dicts()
    assert (answer["label"], answer["value"], answer["confidence"]) == (None, None, None)
    assert sum(answer["detail"].values()) == pytest.approx(1, abs=0.002)
    (answer,) = HeadScorer("emotion").score(batch([None], "fr"), HeadOptions()).to_dicts()
    assert set(answer.values()) == {None}


def test_life_events_need_a_purpose():
    scorer, mentions = IntentScorer("intent"), batch(["On se marie samedi, tellement hâte !!"])
    without = scorer.score(mentions, IntentOptions(abstaining_costs=1.0)).to_dicts()[0]
    told = "Congratulate customers who invite us to."
    with_it = scorer.score(mentions, IntentOptions(abstaining_costs=1.0, life_events=told)).to_dicts()[0]
    assert (without["detail"]["life_event"], without["label"]) == (0.0, "other")
    assert with_it["label"] == "life_event"
    both = with_it["detail"]["life_event"] + with_it["detail"]["other"]
    assert without["detail"]["other"] == pytest.approx(both, abs=0.002)
    with pytest.raises(ValidationError, match="at least 20 characters"):
        IntentOptions(life_events="because")


def test_a_head_of_another_encoder_and_a_broken_card_are_refused(tmp_path):
    card = json.loads((MODELS / "irony" / "card.json").read_text("utf-8"))
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(MODELS / "irony" / "model.pt", other)
    (other / "card.json").write_text(json.dumps(card | {"encoder": "0" * 12}))
    with pytest.raises(PluginError, match="was trained on encoder 000000000000"):
        Head.load(other)
    (other / "card.json").write_text("{}")
    with pytest.raises(PluginError, match=r"cannot be read: .*measure"):
        read_card(other)
    with pytest.raises(PluginError, match="cannot be read"):
        read_card(tmp_path / "absent")


def test_a_head_on_an_encoder_of_its_own_is_refused_it_would_judge_what_ours_read(tmp_path, monkeypatch):
    model = heads.flair_model(MODELS / "irony" / "model.pt")
    monkeypatch.setattr(model.embeddings, "encoder", types.SimpleNamespace(version="0" * 12))
    monkeypatch.setattr(heads, "flair_model", lambda _: model)
    card = json.loads((MODELS / "irony" / "card.json").read_text("utf-8"))
    (tmp_path / "card.json").write_text(json.dumps(card | {"encoder": "0" * 12}))
    (tmp_path / "model.pt").write_bytes(b"")
    with pytest.raises(PluginError, match="was trained on encoder 000000000000, and this one is"):
        Head.load(tmp_path)


def test_an_answer_is_the_same_to_the_last_digit_whatever_else_is_in_the_batch():
    rows = np.random.default_rng(0).normal(size=(500, 384)).astype(np.float16).astype(np.float32)
    mentions = pl.DataFrame({"encoding": pl.Series(rows, dtype=pl.Array(pl.Float32, 384))})
    mentions, scorer = mentions.with_columns(lang=pl.lit("fr")), HeadScorer("sentiment")
    together = scorer.score(mentions, HeadOptions())
    alone = pl.concat([scorer.score(part, HeadOptions()) for part in mentions.iter_slices(7)])
    assert together.equals(alone)


def test_what_is_not_a_number_is_not_judged():
    judgement, yes = Judgement("irony"), pl.Series([True])
    answers = judgement.answers(yes, judgement.scale.names, np.full((1, 2), np.nan), yes, 0.5)
    assert answers.select("label", "confidence").rows() == [(None, None)]


def test_a_head_of_intent_that_knows_no_life_events_has_none_to_hold_back():
    shares = np.array([[0.75, 0.25]])
    assert IntentScorer("intent").permitted(shares, ("complaint", "praise"), IntentOptions()) is shares


def test_probabilities_are_the_softmax_of_the_logits_worked_out_by_hand():
    head = Head.load(MODELS / "irony")
    small = object.__new__(heads.Head)
    small.model, small.weights, small.bias = head.model, np.array([[1.0, 0.0], [0.0, 1.0]]), np.zeros(2)
    # logits ln 3 and 0: three to one
    assert small.probabilities(np.array([[np.log(3), 0]], dtype=np.float32)) == pytest.approx(
        np.array([[0.75, 0.25]])
    )


def test_the_threshold_is_one_less_the_cost():
    card = Card(measure="irony", languages=frozenset({"en"}), encoder="x", abstaining_costs=0.3)
    assert card.threshold == pytest.approx(0.7)
    assert msgspec.structs.replace(card, abstaining_costs=1.0).threshold == 0
