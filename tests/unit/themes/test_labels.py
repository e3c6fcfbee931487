"""Labels hold the words that are of a theme and of no other, as people write them."""

import polars as pl

from listening_etl.themes import labels, said_by_several
from listening_etl.themes.stopwords import BY_LANGUAGE, stop_words

BILL = [
    "Ma facture Ondeval a doublé", "La Facture de mars est fausse", "encore une facture Ondeval à contester",
    "Qui comprend sa facture ?", "Facture illisible, prélèvement double", "prélèvement en double sur la facture",
]  # fmt: skip
APP = [
    "L'appli Ondeval plante", "cette appli plante tous les jours", "mise à jour de l'appli ratée chez Ondeval",
    "l'appli plante encore", "appli lente depuis la mise à jour", "Mise à jour : plus rien",
]  # fmt: skip


def told(texts, themes, times=5, **more):
    """What themes are called where each text was said so many times."""
    texts, themes = texts * times, themes * times
    return dict(labels(pl.Series(texts), pl.Series(themes, dtype=pl.Int32), **more).iter_rows())


def test_each_theme_is_called_by_its_own_words():
    found = told(BILL + APP, [1] * 6 + [2] * 6)
    assert found[1][0] == "facture"  # four of six write it in lower case
    assert found[2][0] == "appli"
    assert "Ondeval" not in found[1] + found[2]  # both say it
    assert not {"la", "une", "les"} & set(found[1] + found[2])


def test_a_word_that_two_said_is_in_no_label():
    told_twice = [f"{text} zut" if n in (0, 7) else text for n, text in enumerate(BILL * 5)]
    told_more = [f"{text} zut" if n % 2 else text for n, text in enumerate(BILL * 5)]
    themes = [1] * 30 + [2] * 30
    assert "zut" not in told(told_twice + APP * 5, themes, 1)[1]
    assert "zut" in told(told_more + APP * 5, themes, 1)[1]


def test_a_word_that_one_author_says_again_and_again_is_in_no_label():
    texts = [f"{text} zut" if n % 2 else text for n, text in enumerate(BILL * 5)] + APP * 5
    themes, others = [1] * 30 + [2] * 30, [f"author {n}" for n in range(60)]
    by_one = ["ana" if "zut" in text else other for text, other in zip(texts, others, strict=True)]
    assert "zut" in told(texts, themes, 1, voices=pl.Series(others))[1]
    assert "zut" not in told(texts, themes, 1, voices=pl.Series(by_one))[1]
    assert "facture" in told(texts, themes, 1, voices=pl.Series(by_one))[1]


def test_only_what_three_people_say_is_said_by_several():
    texts = pl.Series(["Facture double", "la facture", "FACTURE", "double", None, "double zut", "zut zut"])
    voices = pl.Series(["ana", "bo", "cy", "ana", "di", "ana", "bo"])
    assert said_by_several(texts, voices) == {"facture"}
    assert said_by_several(texts.clear(), voices.clear()) == set()


def test_what_was_listened_for_is_left_out():
    texts = [f"{word} Ondeval Fibre" for word in ("a", "b", "c", "d", "e")] + APP
    assert told(texts, [1] * 5 + [2] * 6, without=["Ondeval"])[1] == ["Fibre"]
    assert told(texts, [1] * 5 + [2] * 6, without=["Ondeval Fibre"])[1] == []


def test_words_that_stand_together_are_one():
    waiting = [
        f"le service client {word}" for word in ("raccroche", "attend", "promet", "oublie", "rappelle")
    ]
    found = told(waiting + BILL, [1] * 5 + [2] * 6)
    assert "service client" in found[1]
    assert not {"service", "client"} & set(found[1])


def test_mentions_of_no_theme_count_as_the_others():
    found = told(BILL + APP, [1] * 6 + [None] * 6)
    assert list(found) == [1]
    assert found[1][0] == "facture"


def test_handles_links_and_masks_are_no_words():
    texts = [f"@… regarde https://court.example/facture{n} panne" for n in range(6)] + BILL
    assert set(told(texts, [1] * 6 + [2] * 6)[1]) == {"regarde panne"}
    masked = [
        f"{word} [mail] [phone] signé [author] [iban]" for word in ("a", "b", "c", "d", "e", "f")
    ] + BILL
    assert told(masked, [1] * 6 + [2] * 6)[1] == ["signé"]


def test_nobody_says_anything():
    assert told(["", None, "le la les"], [1, 1, 2]) == {1: [], 2: []}
    assert dict(labels(pl.Series([], dtype=pl.String), pl.Series([], dtype=pl.Int32)).iter_rows()) == {}


def test_stop_words_are_lower_case_and_of_each_language():
    assert all(word == word.lower() for word in stop_words())
    assert {"fr", "en", "de", "es", "it", "pt", "ar"} <= set(BY_LANGUAGE)
    assert {"que", "the", "und", "los", "che", "não", "من"} <= stop_words()
