"""Crisis vocabulary: the gravest category, where its words stand, and lists that users extend."""

import pytest
from pydantic import ValidationError

from listening_etl.testing.judges import frame_of
from plugins.scorers.crisis import CATEGORIES, Crisis, CrisisOptions


def judged(*texts, language="fr", **options):
    return Crisis().score(frame_of(texts, language), CrisisOptions(**options))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Deux blessés dans l'explosion de la bouteille de gaz", "injury"),
        ("La machine prend feu toute seule", "danger"),
        ("Rappel de 12 000 véhicules pour un défaut de freins", "recall"),
        ("Fuite de données : 80 000 comptes en ligne", "data_leak"),
        ("Refus d'entrée raciste à la porte du magasin", "discrimination"),
        ("c'est de l'arnaque pure", "fraud"),
        ("Appel au #boycott de la marque", "boycott"),
        ("Nous portons l'affaire au tribunal", "legal"),
        ("Préavis de grève jeudi", "strike"),
        ("Nouvelle polémique autour de la pub", "scandal"),
        ("Un rappel : la réunion est à 10 h", "none"),
        ("Rendez-vous Tue ou Wed ?", "none"),
        ("Aucun danger pour le consommateur", "none"),
        ("il n'y a pas eu de blessés", "none"),
        ("pas de grève demain", "none"),
    ],
)
def test_each_category_and_what_is_none(text, label):
    assert judged(text)["label"].to_list() == [label]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Three people were killed after the crash", "injury"),
        ("my phone died again", "none"),
        ("you guys killed it, thanks", "none"),
        ("Product recall: frozen peas", "recall"),
        ("Staff on strike since Monday", "strike"),
        ("There is no danger", "none"),
    ],
)
def test_english(text, label):
    assert judged(text, language="en")["label"].to_list() == [label]


def test_the_gravest_is_the_label_and_every_word_is_told_with_its_place():
    answer = judged("Boycottez cette marque : fraude et racisme")
    assert answer["label"].to_list() == ["discrimination"]
    assert answer["detail"][0]["words"] == [
        {"category": "boycott", "words": "Boycottez", "field": "text", "start": 0, "end": 9},
        {"category": "fraud", "words": "fraude", "field": "text", "start": 25, "end": 31},
        {"category": "discrimination", "words": "racisme", "field": "text", "start": 35, "end": 42},
    ]


def test_users_add_words_and_categories_and_leave_some_out():
    lists = {"poison": ("arsenic", "mort aux rats")}
    own = {"tampering": ("$poison", "verre NEAR/4 bocal"), "strike": ("opération escargot",), "scandal": ()}
    texts = (
        "de l'arsenic dans le bocal",
        "du verre au fond du bocal",
        "opération escargot lundi",
        "quel scandale",
    )
    answer = judged(*texts, categories=own, lists=lists)
    assert answer["label"].to_list() == ["tampering", "tampering", "strike", "none"]


def test_a_list_that_cannot_be_read_is_told_in_the_settings():
    with pytest.raises(ValidationError, match="category 'tampering'"):
        CrisisOptions(categories={"tampering": ("(verre",)})


def test_leaving_every_category_out_is_told_in_the_settings():
    with pytest.raises(ValidationError, match="every category is left out"):
        CrisisOptions(categories=dict.fromkeys(CATEGORIES, ()))
    assert CrisisOptions(
        categories={**dict.fromkeys(CATEGORIES, ()), "own": ("verre",)}
    ).queries().keys() == {"own"}


def test_other_languages_and_silence_are_not_judged_unless_the_settings_say_so():
    assert judged("Betrug! fraude", None, language="de").rows() == [(None, None)] * 2
    answer = judged("Betrug!", language="de", languages={"de"}, categories={"fraud": ("betrug",)})
    assert answer["label"].to_list() == ["fraud"]


def test_a_word_of_one_category_stands_in_no_other():
    everything = [entry for entries in CATEGORIES.values() for entry in entries]
    assert len(everything) == len(set(everything))
