"""How soon somebody needs an answer: what counts, how much together, what a negation takes back."""

from itertools import combinations

import polars as pl
import pytest
from pydantic import ValidationError

from listening_etl import Mention
from listening_etl.testing.judges import NOON, frame_of
from plugins.scorers import urgency
from plugins.scorers._signs import any_of, words
from plugins.scorers.urgency import SIGNS, Urgency, UrgencyOptions


def judged(*texts, language="fr", **options):
    return Urgency().score(frame_of(texts, language), UrgencyOptions(**options))


def kinds(text, language="fr"):
    """The kinds of signs that are told of a text."""
    detail = judged(text, language=language)["detail"][0]
    return [] if detail is None else [sign.partition(":")[0] for sign in detail["signs"]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Odeur de gaz dans la cuisine, que faire ?", ["harm", "help"]),
        ("Bloquée à la gare avec un bébé", ["stuck", "vulnerable"]),
        ("rappelez-moi dès que possible", ["help", "soon"]),
        ("Plus d'internet depuis 3 jours", ["outage", "waiting"]),
        ("ça fait 2h que j'attends", ["waiting"]),
        ("Prélevée deux fois, mon avocat vous écrira", ["legal", "money"]),
        ("toujours pas de nouvelles, 3e relance", ["again"]),
        ("mon vol est annulé, départ demain", ["outage", "deadline"]),
        ("Merci, livraison parfaite, le technicien est charmant.", []),
        ("Le café est bon, le tiroir un peu dur.", []),
    ],
)
def test_the_kinds_of_signs_in_french(text, told):
    assert kinds(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Smell of gas, please help", ["harm", "help"]),
        ("stuck at the airport, flight cancelled", ["stuck", "outage"]),
        ("My card was stolen, need help asap", ["asked", "money", "help"]),
        ("on hold for 2 hours, still no answer", ["waiting", "again"]),
        ("Lovely coffee, thank you", []),
    ],
)
def test_the_kinds_of_signs_in_english(text, told):
    assert kinds(text, "en") == told


@pytest.mark.parametrize(
    "text",
    ["Ce n'est pas urgent", "pas du tout urgent", "Aucun danger.", "sans danger pour les enfants", "pas besoin d'aide",
     "It is not urgent", "no danger at all", "nobody was injured", "It isn't urgent"],
)  # fmt: skip
def test_what_a_negation_takes_back_does_not_count(text):
    assert judged(text)["value"].to_list() == [0.0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Ça ne marche pas, urgent", ["asked", "outage"]),  # a comma ends what « pas » takes back
        ("ca marche pas urgent svp", ["asked", "outage"]),  # it belongs to « marche pas »
        ("Je n'en peux pas. Urgent", ["asked"]),
        ("pas cher et dangereux", ["harm"]),
        ("pas de nouvelles de vos services, danger", ["harm"]),
        ("toujours pas de réponse", ["again"]),
    ],
)
def test_a_negation_takes_back_only_what_it_is_about(text, told):
    assert kinds(text) == told


def test_signs_add_up_without_passing_one_and_shouting_counts_beside_another_only():
    texts = ("urgent", "urgent, aidez-moi", "URGENT, AIDEZ-MOI", "urgent !!", "Bravo !!", "")
    # 0.5; 1 - 0.5 * 0.65; the same and 0.1: 1 - 0.5 * 0.65 * 0.9; 1 - 0.5 * 0.9; nothing to be loud about; no text
    assert judged(*texts)["value"].to_list() == [0.5, 0.675, 0.7075, 0.55, 0.0, None]


def test_the_words_that_told_are_quoted_the_heaviest_first_and_once_a_kind():
    detail = judged("Toujours pas de nouvelles, c'est urgent, vraiment urgent")["detail"][0]
    assert detail == {"signs": ["asked: « urgent »", "again: « Toujours pas »"]}


def test_weights_of_the_settings_replace_ours():
    assert judged("urgent, aidez-moi", weights={"asked": 1, "help": 0})["value"].to_list() == [1.0]
    assert judged("aidez-moi", weights={"help": 0}).rows() == [(0.0, None)]


def test_other_languages_articles_and_silence_are_not_judged():
    assert "de" not in Urgency.languages
    article = Mention(native_id="1", published_at=NOON, kind="article", text="Incendie à Lyon, un blessé")
    assert judged(article, None, "12 34", "urgent", language="de").rows() == [(None, None)] * 4
    assert judged(article)["value"].to_list() == [None]


def test_a_title_counts_and_people_in_what_is_quoted_are_masked():
    rows = frame_of([Mention(native_id="1", published_at=NOON, title="Urgent", text="Bonjour à tous")], "fr")
    assert Urgency().score(rows, UrgencyOptions())["value"].to_list() == [0.5]
    masked = rows.with_columns(
        text=pl.lit("attends Anaïs 3 jours"), public_text=pl.lit("attends [person] 3 jours"), public_title=pl.lit(None, pl.String)
    )  # fmt: skip
    assert Urgency().score(masked, UrgencyOptions())["detail"][0] == {
        "signs": ["waiting: « attends [person] 3 jours »"]
    }


def test_every_list_of_words_can_be_read():
    for kind, (weight, told) in SIGNS.items():
        assert 0 < weight < 1
        assert any_of(words(told), tuple(urgency.LISTS.items())), kind


def test_another_sign_never_makes_it_less_urgent():
    every = ("urgent", "aidez-moi", "coupure", "depuis 3 jours", "demain", "relance")
    chosen = [". ".join(("Bonjour", *some)) for size in range(7) for some in combinations(every, size)]
    value, more = judged(*chosen)["value"], judged(*(f"{text}. Danger" for text in chosen))["value"]
    assert len(chosen) == 64
    assert ((value >= 0) & (value < more) & (more <= 1)).all()


@pytest.mark.parametrize("weight", [-0.1, 1.5, float("nan")])
def test_a_weight_that_would_leave_the_scale_is_refused_with_the_settings(weight):
    with pytest.raises(ValidationError):
        UrgencyOptions(weights={"asked": weight})
