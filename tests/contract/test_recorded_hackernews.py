"""The Hacker News source on a recorded page of the search."""

import os
from pathlib import Path

import pytest

from plugins.sources.hackernews import HackerNews

REPOSITORY = Path(__file__).parents[2]
DATA = (
    Path(os.environ.get("LISTENING_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    / "payloads"
    / "hackernews"
)
SOURCE = HackerNews()
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the recorded answers are not here")


def test_no_recording_is_left_out():
    assert [path.name for path in DATA.iterdir()] == ["algolia_search_by_date.json"]


def test_the_six_stories_of_a_search():
    items = SOURCE.items((DATA / "algolia_search_by_date.json").read_bytes(), None)
    mentions = [SOURCE.parse(item, None) for item in items]
    assert [mention.native_id for mention in mentions] == [
        "46221321", "46428595", "42491916", "42346913", "44292640", "41147394"
    ]  # fmt: skip
    assert {(mention.kind, mention.in_reply_to) for mention in mentions} == {("post", None)}
    assert [(mention.likes, mention.replies) for mention in mentions] == [
        (3, 1), (7, 3), (3, 0), (2, 4), (2, 1), (1, 0)
    ]  # fmt: skip
    first = mentions[0]
    assert first.published_at.isoformat() == "2025-12-10T18:19:51+00:00"
    assert first.updated_at is None  # `updated_at` of a hit is when it was indexed
    assert first.text.startswith("Hi HN! I'm sharing MergeMint, an open-source platform")
    assert first.links[0] == "https://github.com/MergeMint/mergemint-app"
    assert mentions[3].links == ()  # an Ask HN links to nothing
