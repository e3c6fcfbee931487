"""The recipe of the shipped models: what it measures, worked out by hand, and that its loop learns."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from models.recipe import data, heads, measuring, packing, tuning
from plugins.scorers._judgement import SCALES


def test_f1_of_each_class():
    # class 0: 1 hit of 2 there and 1 said; class 1: 1 hit of 1 there and 2 said
    found = measuring.f1(np.array([0, 0, 1]), np.array([0, 1, 1]), 3)
    assert found == pytest.approx([2 / 3, 2 / 3, 0])


def test_calibration_error_is_the_mean_distance_of_confidence_and_truth():
    sure, right = np.repeat([0.6, 0.9], 75), np.tile([1, 1, 1, 0, 0], 30)
    # 60 % are right everywhere: nothing to say against 0.6, and 0.3 against 0.9, half of the texts each
    assert measuring.calibration_error(sure, right) == pytest.approx(0.15)


def test_the_temperature_makes_confidence_what_it_says():
    logits = np.tile([[4.0, 0.0]], (100, 1))
    labels = np.array([0] * 75 + [1] * 25)
    heat = heads.temperature(logits, labels)
    # right three times of four: logits ln 3 apart, which is 4 / 3.64
    assert heat == pytest.approx(4 / np.log(3), rel=0.02)
    assert heads.softmax(logits / heat)[0, 0] == pytest.approx(0.75, abs=0.01)


def test_a_text_has_no_part_in_its_own_temperature():
    rng = np.random.default_rng(1)
    shares = heads.softmax(rng.normal(size=(50, 3)))
    labels = rng.integers(0, 3, 50)
    before = measuring.confidence_of_others(shares, labels)
    labels[7] = (labels[7] + 1) % 3
    after = measuring.confidence_of_others(shares, labels)
    own_part = np.arange(50) % measuring.FOLDS == 7 % measuring.FOLDS
    assert (before[own_part] == after[own_part]).all()
    assert (before != after).any()


def test_a_card_gets_its_figures_and_keeps_its_words(tmp_path, monkeypatch):
    monkeypatch.setattr(measuring, "MODELS", tmp_path)
    card = tmp_path / "irony" / "README.md"
    card.parent.mkdir()
    card.write_text(f"before\n\n{measuring.BEGIN}old\n{measuring.END}\n\nafter\n", "utf-8")
    for figures in ("| 1 |", "| 2 |"):
        measuring.write_into_card("irony", figures)
    assert card.read_text("utf-8") == f"before\n\n{measuring.BEGIN}| 2 |\n{measuring.END}\n\nafter\n"


def test_tasks_are_the_measures_and_what_helps_them():
    assert set(data.CLASSES) == {*SCALES, "hate", "feelings"}
    examples = data.invented("toxicity", "invented_held_out.tsv", {"fr"})
    assert len(examples.texts) == len(examples.labels) == 80
    assert set(examples.labels) == {0, 1}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("@ana_k  voit https://t.example/x &amp; rit", "@user voit http & rit"),
        (r"caf\u00e9 \ud83d\ude00", "café 😀"),
        ("a\tb", "a b"),
    ],
)
def test_texts_are_cleaned_as_the_encoder_reads_them(text, wanted):
    assert data.clean(text) == wanted


def test_examples_come_as_often_as_asked():
    pool = tuning.Pool([[1]] * 6, ["a"] * 4 + ["b"] * 2, [0] * 6, [None] * 6)
    order = pool.order({"a": 1.5}, np.random.default_rng(0))
    assert sorted(np.bincount(order, minlength=6)[:4]) == [1, 1, 2, 2]
    assert list(np.bincount(order, minlength=6)[4:]) == [1, 1]
    batches = tuning.batches(pool, order, np.random.default_rng(0))
    assert sorted(row for batch in batches for row in batch) == sorted(order)


def test_the_loop_learns_a_label_a_meaning_and_leaves_the_pieces_alone(monkeypatch):
    monkeypatch.setattr(tuning, "WIDTH", 16)
    torch.manual_seed(0)
    shape = BertConfig(
        vocab_size=8, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32
    )
    network = tuning.Network(BertModel(shape, add_pooling_layer=False))
    before = network.bert.embeddings.word_embeddings.weight.clone()
    north = np.eye(16, dtype=np.float32)[0]
    pieces, labels = [[0, 3, 4]] * 100 + [[0, 5, 4]] * 100, [0] * 100 + [1] * 100
    pool = tuning.Pool(pieces, ["irony"] * 200, labels, [north] * 200)
    stage = tuning.Stage(rate=3e-3, repeats={"irony": 5}, average=0.9, meaning=True)
    tuning.tune(network, pool, stage, log=lambda words: None).eval()
    with torch.inference_mode():
        vectors = network(*tuning.padded([[0, 3, 4], [0, 5, 4]]))
        said = network.heads["irony"](vectors).argmax(1).tolist()
        turned = torch.nn.functional.normalize(network.meaning(vectors), dim=1)
    assert said == [0, 1]
    assert (turned[:, 0] > 0.9).all()
    assert (network.bert.embeddings.word_embeddings.weight == before).all()


def test_meaning_is_what_sentences_do_not_have_in_common():
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(4_000, 6)) + 5  # far from nought, as encodings are
    turn, _ = np.linalg.qr(rng.normal(size=(6, 6)))
    rest = (vectors - vectors.mean(axis=0)) @ turn
    alike = 20 * np.ones(6)  # most of every direction, as in the base
    wanted = (alike + rest) / np.linalg.norm(alike + rest, axis=1, keepdims=True)
    projection, centre = packing.onto(vectors[:3_000], wanted[:3_000])
    found = vectors[3_000:] @ projection - centre
    told = wanted[3_000:] - wanted[:3_000].mean(axis=0)
    likeness = (found * told).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(told, axis=1)
    assert np.mean(likeness) > 0.95
    assert abs(np.mean(found / np.linalg.norm(found, axis=1, keepdims=True), axis=0)).max() < 0.1


@pytest.mark.parametrize(
    ("kind", "name", "smoothed"),
    [
        ("Attention", "Attention_0", True),
        ("MatMul", "/encoder/layer.0/intermediate/dense/MatMul", True),
        ("MatMul", "/encoder/layer.0/output/dense/MatMul", True),
        ("MatMul", "/encoder/layer.0/attention/output/dense/MatMul", False),
        ("Add", "/encoder/layer.0/output/dense/Add", False),
    ],
)
def test_both_halves_and_the_attention_are_smoothed(kind, name, smoothed):
    assert packing.is_smoothed(SimpleNamespace(op_type=kind, name=name)) is smoothed


def test_hindi_is_as_we_read_it_and_not_as_its_file_says(tmp_path, monkeypatch):
    for name in data.LANGUAGES.values():
        folder = tmp_path / "umsab" / name
        folder.mkdir(parents=True)
        (folder / "val_text.txt").write_text("bahut accha hai\nbakwas\n", "utf-8")
        (folder / "val_labels.txt").write_text("0\n1\n", "ascii")
    sheet = tmp_path / "sentiment" / "sheet_hindi.tsv"
    sheet.parent.mkdir()
    sheet.write_text(f"line\tsha\tsentiment\n1\t{data.fingerprint('bahut accha hai')}\tpositive\n", "utf-8")
    monkeypatch.setattr(data, "MODELS", tmp_path)
    found = data.hindi_by_hand(tmp_path)
    assert (found.texts, found.labels.tolist(), found.language) == (["bahut accha hai"], [2], "hi")
