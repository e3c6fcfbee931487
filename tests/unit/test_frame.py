"""Mentions become columns, keep their order, and hash to the same digits everywhere."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from listening_etl import Author, Malformed, Media, Mention
from listening_etl.frame import SCHEMA, content_hashes, digests, fold, folded, from_mentions

AT = datetime(2026, 10, 5, 8, tzinfo=UTC)


def mention(n=1, **fields):
    return Mention(**{"native_id": str(n), "published_at": AT, **fields})


def test_columns_have_the_declared_types_even_when_all_is_unknown():
    frame, wrong = from_mentions([mention()])
    assert wrong == {}
    assert {name: frame.schema[name] for name in SCHEMA} == SCHEMA
    unknown = set(frame.columns) - {
        "native_id",
        "published_at",
        "tagged",
        "hashtags",
        "links",
        "about",
        "media",
    }
    assert all(frame[name].null_count() == 1 for name in unknown)


def test_an_empty_batch_has_the_same_columns():
    assert from_mentions([])[0].schema == from_mentions([mention()])[0].schema


def test_lists_and_media_survive():
    given_ = mention(
        tagged=("a", "b"),
        links=("https://x.example/é",),
        media=(Media(url="u", kind="image", alt_text="une tasse"),),
    )
    frame, _ = from_mentions([given_, mention(2)])
    assert frame["tagged"].to_list() == [["a", "b"], []]
    assert frame["media"].to_list() == [[{"url": "u", "kind": "image", "alt_text": "une tasse"}], []]


def test_one_wrong_type_costs_one_mention_and_is_named():
    frame, wrong = from_mentions([mention(1), mention(2, likes="12"), mention(3, likes=10**30), mention(4)])
    assert frame["native_id"].to_list() == ["1", "4"]
    assert set(wrong) == {1, 2}
    assert "likes" in wrong[1]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"published_at": "2026-10-05T08:00:00"}, "has no time zone"),
        ({"published_at": "yesterday"}, "is not an RFC 3339 time"),
        ({"native_id": ""}, "it has no id"),
        ({"text": "a\x00b"}, "text holds a NUL character at position 1"),
        ({"text": "caf\udce9"}, "text holds bytes that are not in the declared encoding"),
        ({"author": Author(name="x\x00")}, "name holds a NUL"),
        ({"tagged": ("a\ud800",)}, "tagged holds bytes"),
        ({"text": "x" * 1_000_001}, "has 1,000,001 characters"),
        ({"kind": "tweet"}, "kind 'tweet' is none of"),
        ({"channel": "fax"}, "channel 'fax' is none of"),
    ],
)
def test_what_is_no_mention_is_refused_with_its_reason(fields, reason):
    with pytest.raises(Malformed, match=reason):
        mention(**fields)


def test_times_are_kept_in_utc():
    assert mention(published_at="2026-10-05T08:00:00+02:00").published_at == datetime(
        2026, 10, 5, 6, tzinfo=UTC
    )


@given(st.lists(st.text(min_size=1).filter(lambda t: t.isprintable()), min_size=1, max_size=8))
def test_equal_texts_hash_alike_and_different_ones_do_not(texts):
    hashes = digests(pl.Series("t", texts)).to_list()
    assert [hashes.index(h) for h in hashes] == [texts.index(t) for t in texts]


def test_a_key_changes_every_hash_and_null_stays_null():
    texts = pl.Series("t", ["a", None])
    assert digests(texts, b"k" * 32)[0] != digests(texts)[0]
    assert digests(texts)[1] is None


@pytest.mark.parametrize(
    ("changed", "differs"),
    [
        ({"text": "b"}, True),
        ({"updated_at": AT}, True),
        ({"rating": 4.0}, True),
        ({"tagged": ("x",)}, True),
        ({"likes": 9}, False),
    ],
)
def test_an_edit_changes_the_content_hash_and_a_counter_does_not(changed, differs):
    frame, _ = from_mentions([mention(text="a"), mention(**{"text": "a", **changed})])
    first, second = content_hashes(frame)
    assert (first != second) is differs


@given(st.text())
def test_folding_keeps_positions(text):
    plain = pl.DataFrame({"t": [text]}).select(folded(pl.col("t")))["t"][0]
    if len(text.lower()) == len(text):  # a few letters become two in lower case: İ
        assert len(plain) == len(text)


def test_folding_columns_and_words_agree():
    for word in ("Torréo", "BRÛLIA", "l’Été", "Œuf", "ñandú", "straße", "Ἀθῆναι"):
        assert pl.DataFrame({"t": [word]}).select(folded(pl.col("t")))["t"][0] == fold(word)
