"""What two copies of a text share."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from listening_etl.duplicates import normal
from listening_etl.duplicates.words import CUT, marked


def folded(text: str) -> str:
    return normal(pl.Series([text])).item()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("L’ÉTÉ à Œrsted", "l ete a oersted"),
        ("ﬁn ＡＢＣ １２３", "fin abc 123"),
        ("Straße, Łódź, Ærø", "strasse lodz aero"),
        ("Ma   machine\n\tfuit !!!", "ma machine fuit"),
        ("c'est-à-dire", "c est a dire"),
        ("Panne https://t.co/Ab1?x=y depuis hier", "panne depuis hier"),
        ("Panne www.exemple.fr/a depuis exemple.fr/b/c hier http", "panne depuis hier"),
        ("RT @ana: ma machine fuit", "ma machine fuit"),
        ("rt @ana RT @bo : ma machine fuit via @cy", "ma machine fuit"),
        ("Rentrer via Lyon", "rentrer via lyon"),
        ("Merci @ana@social.exemple et @bo.social.exemple !", "merci et"),
        ("Écrire à sav@exemple.fr", "ecrire a sav exemple fr"),
        ("😀 Ma 👩‍👩‍👧 machine ☕️🇫🇷 fuit", "ma machine fuit"),
        ("Fuite &amp; panne &#39;encore&#39;", "fuite panne encore"),
        ("#bonplan #café Ma machine fuit #fail #sav", "ma machine fuit"),
        ("Ma #machine fuit depuis #hier soir", "ma machine fuit depuis hier soir"),
        ("Ma machine fuit #fail https://t.co/x 😡", "ma machine fuit"),
        ("soft\u00adhyphen et zéro\u200blargeur\ufeff", "softhyphen et zerolargeur"),
        ("МОСКВА, йод", "москва иод"),
        ("مَرْحَبًا بـــكم", "مرحبا بكم"),
        ("नमस्ते दुनिया", "नमस्ते दुनिया"),
        ("한국어 カタカナ ｶﾀｶﾅ", "한국어 カタカナ カタカナ"),
    ],
)
def test_what_copying_changes_is_left_out(text, words):
    assert folded(text) == words


def test_where_only_tags_and_handles_are_they_are_the_words():
    assert folded("#Torvelio #Panne @sav 😡") == "torvelio panne sav"


def test_no_words_are_no_words():
    assert normal(pl.Series(["", "😀 !!!", "https://t.co/x", None])).to_list() == ["", "", "", None]


def test_a_text_that_breaks_off_is_marked_when_enough_is_left():
    texts = pl.Series(
        [
            "Ma machine Torvelio fuit depuis hier soir et per… https://t.co/x",
            "Ma machine Torvelio fuit depuis hier soir et per...",
            "Ma machine Torvelio fuit depuis hier soir et personne ne répond. #sav",
            "Ma machine fuit…",
        ]
    )
    assert [text.endswith(CUT) for text in marked(texts)] == [True, True, False, False]
    assert not any(text.endswith(CUT) for text in normal(texts))


@given(st.lists(st.text(max_size=80) | st.none(), max_size=5))
def test_a_text_is_folded_by_itself_and_once_is_enough(texts):
    together = normal(pl.Series(texts, dtype=pl.String)).to_list()
    assert together == [normal(pl.Series([text], dtype=pl.String)).item() for text in texts]
    assert normal(pl.Series(together, dtype=pl.String)).to_list() == together
