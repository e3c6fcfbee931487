"""The Google Play source on real answers of the store page, where they are at hand."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plugins.sources.google_play import GooglePlay

DATA = Path(os.environ.get("LISTENING_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
SOURCE = GooglePlay()


def read(name):
    path = DATA / "payloads" / "google_play" / name
    if not path.exists():
        pytest.skip("the recorded answers are absent: LISTENING_TEST_DATA names no folder that has them")
    return [mention for item in SOURCE.items(path.read_bytes(), None) for mention in SOURCE.parse(item, None)]


def test_the_store_page_gives_its_forty_reviews():
    """`grep -o 'gp:AOq' FILE | wc -l` is 40; none of them was answered."""
    mentions = read("batchexecute_reviews_com.twitter.android.txt")
    assert [m.kind for m in mentions] == ["review"] * 40
    assert len({m.native_id for m in mentions}) == 40
    first, last = mentions[0], mentions[-1]
    assert (first.author.name, first.rating, first.likes) == ("hayzel rose ilagan", 5, 1114)
    assert first.published_at == datetime(2021, 1, 20, 1, 34, 5, 316000, tzinfo=UTC)  # 1,611,106,445.316
    assert (last.author.name, last.author.native_id) == ("hanaa 81", "113805670683346647857")


def test_two_versions_of_a_review_have_one_id_and_two_times():
    newer, older = read("batchexecute_review_history_2.txt")
    assert newer.native_id == older.native_id
    # 1,621,216,120.784 less 1,621,216,078.045 seconds
    assert newer.published_at - older.published_at == timedelta(seconds=42.739)
    assert newer.text.startswith(older.text)
