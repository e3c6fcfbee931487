"""The file source on a real data set, where it is at hand."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plugins.sources.file import FileOptions, FileSource

DATA = Path(os.environ.get("LISTENING_TEST_DATA", Path(__file__).parents[4] / "shared" / "data"))
SOURCE = FileSource()


def fetched(options):
    return list(SOURCE.fetch(options, None, None))


def test_recorded_tweets():
    path = DATA / "airline_tweets" / "Tweets_train.csv"
    if not path.exists():
        pytest.skip("the recorded tweets are absent: LISTENING_TEST_DATA names no folder that has them")
    columns = {
        "native_id": "tweet_id", "text": "text", "published_at": "tweet_created", "author.handle": "name",
        "author.location": "tweet_location", "reshares": "retweet_count", "about": "airline",
    }  # fmt: skip
    options = FileOptions(path=path, columns=columns, values={"kind": "post"}, unescape_html=True)
    items = fetched(options)
    found = [SOURCE.parse(item.data, options) for item in items]
    assert len(found) == 10_248  # the folder's README
    assert items[0].at == "Tweets_train.csv:2"
    assert found[0].published_at == datetime(2015, 2, 23, 6, 39, 18, tzinfo=UTC)  # 2015-02-22 22:39:18 -0800
    assert found[0].about == ("Virgin America",)
    assert found[0].text.startswith("@VirginAmerica Use another browser! 2015 & a brand")
    assert any("\n" in mention.text for mention in found)
