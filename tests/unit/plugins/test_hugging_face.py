"""Any sequence classifier of transformers: here one of a few weights, set by hand."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from listening_etl import PluginError
from plugins.scorers import hugging_face
from plugins.scorers.hugging_face import HuggingFaceOptions, HuggingFaceScorer

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "bien", "nul")
scorer = HuggingFaceScorer("sentiment")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A folder with a classifier that looks at its first piece alone: POS for « bien », NEG for « nul »."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import DistilBertConfig, DistilBertForSequenceClassification, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    pieces = Tokenizer(models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="[UNK]"))
    pieces.pre_tokenizer = pre_tokenizers.Whitespace()
    inputs = ["input_ids", "attention_mask"]
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=pieces, pad_token="[PAD]", unk_token="[UNK]", model_input_names=inputs
    )
    tokenizer.save_pretrained(folder)
    shape = DistilBertConfig(
        vocab_size=len(WORDS), dim=4, hidden_dim=4, n_layers=1, n_heads=1, max_position_embeddings=128,
        id2label={0: "NEG", 1: "POS"}, label2id={"NEG": 0, "POS": 1}, pad_token_id=0,
    )  # fmt: skip
    classifier = DistilBertForSequenceClassification(shape).eval()
    with torch.no_grad():
        for weights in classifier.parameters():
            weights.zero_()
        distil = classifier.distilbert
        for norm in [m for m in distil.modules() if isinstance(m, torch.nn.LayerNorm)]:
            norm.weight.fill_(1)
        distil.embeddings.word_embeddings.weight[4] = torch.tensor([2.0, -2.0, 0.0, 0.0])
        distil.embeddings.word_embeddings.weight[5] = torch.tensor([-2.0, 2.0, 0.0, 0.0])
        classifier.pre_classifier.weight.copy_(torch.eye(4))
        classifier.classifier.weight[1, 0] = 3.0
        classifier.classifier.weight[0, 1] = 3.0
    classifier.save_pretrained(folder)
    return str(folder)


def score(texts, langs, model, **options):
    columns = {"title": [None] * len(texts), "text": texts, "lang": langs}
    labels = {"NEG": "negative", "POS": "positive"}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    return scorer.score(frame, HuggingFaceOptions(**({"model": model, "labels": labels} | options)))


def test_labels_are_translated_and_a_label_that_the_model_lacks_has_no_share(model):
    answers = score(["bien", "nul nul", None, "bien"], ["fr"] * 4, model)
    assert answers["label"].to_list() == ["positive", "negative", None, "positive"]
    assert answers["detail"][0]["neutral"] == 0
    assert answers["value"][0] == pytest.approx(2 * answers["confidence"][0] - 1)
    assert answers["value"][1] == pytest.approx(1 - 2 * answers["confidence"][1])
    assert answers.row(0) == answers.row(3)


def test_order_is_kept_whatever_the_lengths_and_the_batches(model):
    texts = ["nul", "bien bien bien bien", "nul nul", "bien"]
    answers = score(texts, ["fr"] * 4, model, batch_size=1)
    assert answers["label"].to_list() == ["negative", "positive", "negative", "positive"]
    together = score(texts, ["fr"] * 4, model, batch_size=4)
    assert together["confidence"].to_list() == pytest.approx(answers["confidence"].to_list(), abs=1e-6)


def test_languages_that_are_not_named_are_left_alone(model):
    answers = score(["bien", "bien", "bien"], ["fr", "de", None], model, languages=frozenset({"fr"}))
    assert answers["label"].to_list() == ["positive", None, None]


def test_the_version_names_the_weights(model):
    version = scorer.model_version(HuggingFaceOptions(model=model))
    assert len(version) == 12
    assert version == scorer.model_version(HuggingFaceOptions(model=model))


def test_labels_without_translation_and_a_model_that_is_not_here_are_refused(model):
    with pytest.raises(PluginError, match=r"'NEG' -> 'NEG'.*Map each of them"):
        score(["bien"], ["fr"], model, labels=None)
    with pytest.raises(PluginError, match="cannot be loaded as a sequence classifier") as refused:
        score(["bien"], ["fr"], "nobody/such-a-model")
    assert "download: true" in refused.value.do


@pytest.mark.parametrize("problem", ["multi_label_classification", "regression"])
def test_a_model_that_does_not_choose_one_of_several_labels_is_refused(model, tmp_path, problem):
    folder = Path(shutil.copytree(model, tmp_path / "other"))
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"problem_type": problem}))
    with pytest.raises(PluginError, match="does not choose one of several labels"):
        score(["bien"], ["fr"], str(folder))


def test_weights_are_hashed_once(model, monkeypatch):
    version = scorer.model_version(HuggingFaceOptions(model=model))
    monkeypatch.setattr(hugging_face.hashlib, "sha256", None)
    assert scorer.model_version(HuggingFaceOptions(model=model)) == version
