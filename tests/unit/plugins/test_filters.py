from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from listening_etl import Author, Mention
from listening_etl.frame import from_mentions
from plugins.filters.blocked_authors import BlockedAuthors, BlockedAuthorsOptions
from plugins.filters.language import Language, LanguageOptions
from plugins.filters.min_length import MinLength, MinLengthOptions

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def frame(*fields):
    return from_mentions(
        [Mention(native_id=str(i), published_at=NOON, **given) for i, given in enumerate(fields)]
    )[0]


def kept(plugin, mentions, **options):
    answer = plugin.keep(mentions, plugin.options_type(**options))
    answer = answer["keep"] if isinstance(answer, pl.DataFrame) else answer
    assert isinstance(answer, pl.Series)
    assert answer.dtype == pl.Boolean
    assert len(answer) == mentions.height
    return answer.to_list()


@pytest.mark.parametrize(
    ("text", "keeps"),
    [
        ("12345678", True),
        ("1234567", False),
        ("  1234567 \n", False),
        ("1234567 !!! 🥰🥰", False),
        ("1234567 https://example.org/a-long-address", False),
        ("@torreo @someone_else 1234567", False),
        ("WWW.example.org", False),
        ("écrivait", True),  # characters, not bytes
        ("a@b.example", True),  # an e-mail address is no handle
        ("", False),
        (None, None),
    ],
)
def test_min_length_counts_what_a_person_wrote(text, keeps):
    assert kept(MinLength(), frame({"text": text}), characters=8) == [keeps]


def test_one_word_may_say_all():
    said = ("Nul.", "refund?", "arnaque", "👍👍👍", "@torreo ❤️", "ok", "oui")
    assert kept(MinLength(), frame(*({"text": text} for text in said))) == [True] * 3 + [False] * 3 + [True]


def test_min_length_keeps_short_texts_that_have_a_rating_or_a_title():
    mentions = frame({"text": "ok"}, {"text": "ok", "rating": 4.0}, {"text": "ok", "title": "Bien"})
    assert kept(MinLength(), mentions) == [False, True, True]


def test_the_reason_holds_the_number():
    assert (
        MinLength.reason.format(**MinLengthOptions(characters=5).model_dump())
        == "fewer than 5 letters and digits"
    )


def test_a_negative_length_is_refused():
    with pytest.raises(ValidationError):
        MinLengthOptions(characters=-1)


@given(st.lists(st.one_of(st.none(), st.text(max_size=20)), max_size=8), st.integers(0, 12))
def test_a_higher_minimum_never_keeps_more(texts, least):
    texts = [t if t is None else t.replace("\x00", "").strip("\ud800") for t in texts]
    mentions = frame(*({"text": text} for text in texts))
    lower, higher = (kept(MinLength(), mentions, characters=n) for n in (least, least + 1))
    assert all(low or not high for low, high in zip(lower, higher, strict=True))


def test_language_keeps_the_listened_for_and_the_undetermined():
    mentions = frame({}, {}, {}).with_columns(
        lang=pl.Series(["fr", "it", None]), lang_confidence=pl.lit(None, pl.Float64)
    )
    assert kept(Language(), mentions, languages={"fr", "en"}) == [True, False, None]


@pytest.mark.parametrize(
    ("text", "lang", "confidence", "stays"),
    [
        ("im still waiting??? No answer!!", "de", 0.59, True),  # unsure
        ("AA45 ... JFK to LAS.", "es", 0.99, True),  # sure, on next to nothing
        ("Ich warte seit einer Stunde auf den Anschluss", "de", 0.99, False),
        ("شكرا", "ar", 0.99, False),  # a word is enough where the letters are others
    ],
)
def test_language_drops_nobody_on_a_guess(text, lang, confidence, stays):
    mentions = frame({"text": text}).with_columns(lang=pl.lit(lang), lang_confidence=pl.lit(confidence))
    assert kept(Language(), mentions, languages={"fr", "en"}) == [stays]
    assert Language().keep(mentions, LanguageOptions(languages={"fr"}))["why"].to_list() == [lang]


def test_language_has_to_be_told_which():
    with pytest.raises(ValidationError):
        LanguageOptions()


def test_an_empty_column_of_languages_keeps_everybody():
    mentions = frame({}, {}).with_columns(
        lang=pl.lit(None, pl.String), lang_confidence=pl.lit(None, pl.Float64)
    )
    assert kept(Language(), mentions, languages={"fr"}) == [None, None]


def test_blocked_authors_by_handle_ignores_at_and_case():
    mentions = frame(
        {"author": Author(handle="@Promo_KFE")},
        {"author": Author(handle="promo_kfe")},
        {"author": Author(handle="promo_kfe2")},
        {"author": Author(native_id="7")},
        {},
    )
    assert kept(BlockedAuthors(), mentions, handles={"@PROMO_kfe"}) == [False, False, True, True, True]


def test_blocked_authors_by_native_id_is_exact():
    mentions = frame(
        {"author": Author(native_id="aB", handle="x")}, {"author": Author(native_id="ab", handle="x")}
    )
    assert kept(BlockedAuthors(), mentions, native_ids={"aB"}) == [False, True]


def test_nobody_is_blocked_without_a_list():
    assert kept(BlockedAuthors(), frame({"author": Author(handle="")}, {})) == [True, True]


@pytest.mark.parametrize("plugin", [MinLength(), Language(), BlockedAuthors()])
def test_an_empty_batch_stays_empty(plugin):
    mentions = frame().with_columns(lang=pl.lit(None, pl.String), lang_confidence=pl.lit(None, pl.Float64))
    options = {"languages": {"fr"}} if isinstance(plugin, Language) else {}
    assert kept(plugin, mentions, **options) == []


@given(
    st.lists(st.sampled_from(["a", "A", "@a", "b", "@B", None]), max_size=6), st.sets(st.sampled_from("ab"))
)
def test_blocked_authors_answers_each_row_for_itself(handles, blocked):
    mentions = frame(*({"author": Author(handle=handle)} for handle in handles))
    options = BlockedAuthorsOptions(handles=blocked)
    batch = BlockedAuthors().keep(mentions, options).to_list()
    assert batch == [BlockedAuthors().keep(mentions[i], options).item() for i in range(len(handles))]
    assert batch == [handle is None or handle.lower().strip("@") not in blocked for handle in handles]
