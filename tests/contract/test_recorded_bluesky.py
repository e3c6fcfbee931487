"""The Bluesky source on real answers, where they are at hand."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from listening_etl import Deletion, Malformed, Mention, NotAMention
from plugins.sources.bluesky import Bluesky

DATA = Path(os.environ.get("LISTENING_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
SOURCE = Bluesky()

# Posts by `jq '.posts|length'`, '.feed|length', '.records|length'. Of the 25 that the search found, 4 are by
# people who hide them from strangers. The feed has 50 entries: 7 are reposts, and with the posts that entries
# answer there are 73 different posts (`jq '[.feed[]|.post,.reply.root,.reply.parent|select(.record)|.uri]|unique'`)
# and 3 that are no longer found.
MENTIONS = {
    "searchPosts.json": 25 - 4, "getAuthorFeed.json": 73 + 7, "getListFeed.json": 10, "getPostThread.json": 1,
    "getPosts.json": 1, "listRecords.json": 50, "getLikes.json": 0, "getProfile.json": 0,
    "error_401_createSession.json": 0,
}  # fmt: skip

ALIKE = ("text", "in_reply_to", "conversation_id", "quoted_id", "hashtags", "tagged", "links", "kind", "url")


def read(path):
    """Mentions and deletions of a recorded answer by id, and why anything in it is none."""
    found, reasons = {}, []
    try:
        for item in SOURCE.items(path.read_bytes(), None):
            try:
                made = SOURCE.parse(item, None)
            except (NotAMention, Malformed) as reason:
                reasons.append(str(reason))
            else:
                made = made if isinstance(made, list) else [made]
                found |= {m.native_id: m for m in made if isinstance(m, Mention | Deletion)}
                reasons += [str(m) for m in made if isinstance(m, NotAMention | Malformed)]
    except NotAMention as reason:
        reasons.append(str(reason))
    return found, reasons


@pytest.fixture(scope="module")
def recorded():
    paths = [p for p in (DATA / "payloads" / "bluesky").glob("*") if "headers" not in p.name]
    if not paths:
        pytest.skip("the recorded answers are absent: LISTENING_TEST_DATA names no folder that has them")
    return {path.name: read(path) for path in paths}


def test_every_recorded_answer_gives_its_mentions(recorded):
    counts = {
        name: sum(isinstance(m, Mention) for m in found.values()) for name, (found, _) in recorded.items()
    }
    assert counts == MENTIONS
    assert sum(isinstance(m, Deletion) for m in recorded["getAuthorFeed.json"][0].values()) == 3


def test_what_is_no_mention_says_why(recorded):
    assert [len(recorded[name][1]) for name in ("searchPosts.json", "listRecords.json")] == [4, 0]
    assert all("logged in" in reason for reason in recorded["searchPosts.json"][1])
    for name, word in (
        ("getLikes.json", "likes"),
        ("getProfile.json", "profiles"),
        ("error_401", "an error"),
    ):
        (reasons,) = (reasons for file, (_, reasons) in recorded.items() if file.startswith(name))
        assert len(reasons) == 1
        assert word in reasons[0]


def test_bare_records_tell_what_views_tell(recorded):
    """The same 50 posts of one author stand in the listing of records and, mostly, in the feed."""
    records, feed = recorded["listRecords.json"][0], recorded["getAuthorFeed.json"][0]
    both = set(records) & set(feed)
    assert len(both) > 30
    for uri in both:
        for field in ALIKE:
            assert getattr(records[uri], field) == getattr(feed[uri], field), (uri, field)
        assert len(records[uri].media) == len(feed[uri].media)
        # A view says when Bluesky saw the post; the author's clock is ahead of it now and then.
        assert timedelta(0) <= records[uri].published_at - feed[uri].published_at < timedelta(minutes=1)
    assert (
        sum(m.kind == "reply" for m in records.values()) == 27
    )  # jq '[.records[]|select(.value.reply)]|length'
