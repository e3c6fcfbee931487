import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from listening_etl.encoding import readable, said


def read(text):
    return readable(pl.Series("text", [text], dtype=pl.String))[0]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("  Ma\n\nTorréo\tfuit ", "Ma Torréo fuit"),
        ("@ana_k tu vois https://t.example/x ?", "@user tu vois http ?"),
        ("@… et [author] et @ana@social.example", "@user et @user et @user"),
        ("prix &amp; délai &lt;3", "prix & délai <3"),
        ("☕🔥", "☕🔥"),
        ("...", None),
        (" \u200b\ufeff\n", None),
        ("\u200d\ufe0f", None),  # a joiner and a variation sign, left over from an emoji
        ("\u200e \u0301\xad", None),  # a mark of direction, an accent without its letter, a soft hyphen
        ("\u200eجيد", "\u200eجيد"),
        ("1️⃣", "1️⃣"),
        (None, None),
    ],
)
def test_a_model_reads_one_line_without_people_and_links(text, wanted):
    assert read(text) == wanted


@given(st.text(max_size=60))
def test_what_is_read_is_one_line_with_single_spaces(text):
    once = read(text)
    assert once is None or " ".join(once.split()) == once


@given(st.text(st.characters(codec="utf-8", exclude_characters="@&:…[]"), max_size=60))
def test_spaces_around_and_between_words_change_nothing(text):
    assert read(f"  {text}\n") == read(text)
    assert read(text.replace(" ", " \t ")) == read(text)


def test_title_and_text_are_read_together_and_either_alone():
    rows = pl.DataFrame(
        {"title": ["Bien", None, "Bien", None], "text": ["Elle marche", "Elle marche", None, None]},
        schema={"title": pl.String, "text": pl.String},
    )
    assert said(rows).to_list() == ["Bien · Elle marche", "Elle marche", "Bien", None]


def test_of_a_text_of_a_hundred_thousand_characters_the_end_is_read_too():
    filling = "mot " * 25_000
    assert read(f"Début. {filling}nul").startswith("Début. mot")
    assert read(f"{filling}nul").endswith(" mot nul")
    assert len(read(filling)) <= 4_001
    assert read("é" * 4_000) == "é" * 4_000
