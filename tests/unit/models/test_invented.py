"""The invented examples for intent and toxicity: enough of each, each once, and none of the held-out to train on."""

from pathlib import Path

import polars as pl
import pytest

MODELS = Path(__file__).parents[3] / "models"
INTENTS = {"complaint", "question", "praise", "suggestion", "purchase", "life_event", "news", "other"}
LANGUAGES = {"fr": 90, "en": 60, "de": 15, "es": 15, "it": 15, "pt": 15}


def read(name):
    return pl.read_csv(MODELS / name, separator="\t", quote_char=None, infer_schema=False)


def counted(rows, *by):
    """How many rows there are by these columns."""
    return {tuple(row[:-1]): row[-1] for row in rows.group_by(*by).len().rows()}


def test_there_are_enough_texts_of_every_intent_and_language():
    counts = counted(read("intent/invented.tsv"), "intent", "lang")
    assert {intent for intent, _ in counts} == INTENTS
    for intent in INTENTS:
        assert all(counts[intent, lang] >= least for lang, least in LANGUAGES.items()), intent


def test_a_tenth_of_each_intent_is_held_out_and_nothing_of_it_is_trained_on():
    train, held_out = read("intent/invented.tsv"), read("intent/invented_held_out.tsv")
    for intent in INTENTS:
        share = held_out.filter(intent=intent).height / train.filter(intent=intent).height
        assert share >= 0.1, intent
    texts = pl.concat([train, held_out])["text"].str.to_lowercase()
    assert texts.n_unique() == len(texts)


@pytest.mark.parametrize(
    "name", ["intent/invented.tsv", "intent/invented_held_out.tsv", "toxicity/invented.tsv"]
)
def test_texts_have_no_stray_spaces_and_stand_in_nfc(name):
    texts = read(name)["text"]
    assert (texts == texts.str.strip_chars()).all()
    assert (texts == texts.str.normalize("NFC")).all()
    assert not texts.str.contains(r"\s{2,}").any()


def test_half_of_the_toxicity_examples_are_clean():
    rows = read("toxicity/invented.tsv")
    assert rows["text"].n_unique() == rows.height
    counts = counted(rows, "lang", "label")
    assert counts["fr", "toxic"] == counts["fr", "clean"] == 90
    assert all(counts[lang, "toxic"] + counts[lang, "clean"] >= 25 for lang in ("es", "it", "de", "pt"))
