"""One spelling for the same thing: texts, tags, kinds, channels, versions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import polars as pl
import pytest

from listening_etl import Mention
from listening_etl.frame import from_mentions
from listening_etl.pipeline.normalising import normalise

AT = datetime(2026, 10, 5, tzinfo=UTC)


def normal(*mentions, channel=None, name="social"):
    frame, wrong = from_mentions(mentions)
    assert wrong == {}
    frame = frame.with_columns(pl.lit(AT + timedelta(days=1)).dt.cast_time_unit("us").alias("fetched_at"))
    frame = frame.with_columns(pl.int_range(pl.len(), dtype=pl.Int32).alias("raw_row"))
    return normalise(frame, SimpleNamespace(identity=name, channel=channel))


def one(channel=None, **fields):
    return normal(Mention(**{"native_id": "1", "published_at": AT, **fields}), channel=channel).to_dicts()[0]


@pytest.mark.parametrize(
    ("text", "tagged", "hashtags"),
    [
        ("Hé @A_b.c. et @jean", ["a_b.c", "jean"], []),
        ("jp@x.example #Café#thé #1 #iPhone15", [], ["café", "iphone15", "thé"]),
        ("https://x.example/#ancre @x@mast.example", ["x"], []),
        (None, [], []),
    ],
)
def test_tags_are_read_from_the_text(text, tagged, hashtags):
    row = one(text=text)
    assert (row["tagged"], row["hashtags"]) == (tagged, hashtags)


def test_declared_and_written_tags_are_one_set():
    assert one(text="@zoe #Bon", tagged=("@Zoe", "ana"), hashtags=("bon", "#jour"))["tagged"] == [
        "ana",
        "zoe",
    ]


@pytest.mark.parametrize("text", ["", "  \n", "\ufeff", "\u200b"])
def test_nothing_is_null(text):
    assert one(text=text)["text"] is None


def test_texts_are_composed_and_trimmed():
    assert one(text=" cafe\u0301 \ufeff")["text"] == "café"


@pytest.mark.parametrize(
    ("channel", "fields", "kind"),
    [
        (None, {}, "post"),
        (None, {"in_reply_to": "7"}, "reply"),
        ("review", {}, "review"),
        ("call", {"in_reply_to": "7"}, "call"),
        ("store", {}, "survey"),
        ("social", {"kind": "article"}, "article"),
    ],
)
def test_the_kind_follows_from_what_is_known(channel, fields, kind):
    row = one(channel, **fields)
    assert (row["kind"], row["channel"]) == (kind, channel or "web")


def test_the_version_is_the_latest_word():
    later = AT + timedelta(hours=3)
    assert one(updated_at=later)["version_at"] == later
    assert one(updated_at=AT, deleted_at=later)["version_at"] == later


def test_the_site_is_the_host():
    assert one(url="https://www.Forum.example:443/t/1")["site"] == "forum.example"


def test_identity_is_source_and_id():
    a, b = (
        normal(Mention(native_id="1", published_at=AT)),
        normal(Mention(native_id="1", published_at=AT), name="forum"),
    )
    assert a["mention_id"][0] != b["mention_id"][0]
