"""The App Store source on real answers, where they are at hand."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from listening_etl import NotAMention
from plugins.sources.app_store import AppStore

DATA = Path(os.environ.get("LISTENING_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
SOURCE = AppStore()


def read(name):
    path = DATA / "payloads" / "app_store" / name
    if not path.exists():
        pytest.skip("the recorded answers are absent: LISTENING_TEST_DATA names no folder that has them")
    return [mention for item in SOURCE.items(path.read_bytes(), None) for mention in SOURCE.parse(item, None)]


def test_the_store_page_gives_ten_reviews_each_with_an_answer():
    """`jq '.data | length'` is 10, `jq '[.data[].attributes.developerResponse.body] | length'` too; the answers
    share one id, so theirs are made of the reviews'."""
    mentions = read("amp_api_reviews_1.json")
    reviews, replies = mentions[::2], mentions[1::2]
    assert [m.kind for m in reviews] == ["review"] * 10
    assert [m.in_reply_to for m in replies] == [m.native_id for m in reviews]
    assert len({m.native_id for m in mentions}) == 20
    first = reviews[0]
    assert (first.native_id, first.rating, first.author.name) == ("5210384573", 5, "daniel___9898")
    assert first.published_at == datetime(2019, 11, 29, 4, 56, 56, tzinfo=UTC)
    assert (first.place, first.url) == ("US", "https://apps.apple.com/app/id333903271")


def test_the_feed_gives_its_fifty_reviews():
    """`jq '.feed.entry | length'` is 50, and each of them has an `im:rating`."""
    mentions = read("customerreviews_rss.json")
    assert [m.kind for m in mentions] == ["review"] * 50
    first = mentions[0]
    assert (first.native_id, first.rating, first.likes, first.place) == ("8044879566", 4, 263, "US")
    assert first.published_at == datetime(2021, 11, 20, 17, 25, 34, tzinfo=UTC)  # 10:25:34 at UTC-7
    assert (first.author.native_id, first.author.name) == ("524855897", "Lantana, FL")
    assert {m.rating_scale for m in mentions} == {5}


def test_an_empty_feed_says_so():
    with pytest.raises(NotAMention, match="no reviews"):
        read("customerreviews_rss_empty.xml")
