"""The feed source on real feeds, where they are at hand."""

import os
from datetime import datetime
from pathlib import Path

import pytest

from listening_etl import Malformed, NotAMention
from plugins.sources.feed import Feed

DATA = Path(os.environ.get("LISTENING_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
SOURCE = Feed()

# Entries by file: `grep -oE '<(item|entry)[ >]' FILE | wc -l`; of json_feed.json `jq '.items | length'`.
ENTRIES = {
    "AtomEscapedHTMLInPreTag.xml": 1, "AtomFeedWithSpacesAroundEquals.xml": 1, "DuplicateContentAtomFeed.xml": 10,
    "FeedBurnerUrlNoAlternate.xml": 1, "FeedBurnerXHTML.xml": 10, "FeedjiraBlog.xml": 1,
    "GiantRobotsSmashingIntoOtherGiantRobots.xml": 3, "GoogleDocsList.xml": 2, "HREFConsideredHarmful.xml": 10,
    "ITunesWithSingleQuotedAttributes.xml": 3, "InvalidDateFormat.xml": 2, "PaulDixExplainsNothing.xml": 5,
    "Permalinks.xml": 4, "RSSWithComments.xml": 30, "TechCrunch.xml": 20, "TenderLovemaking.xml": 10,
    "atom_simple_single_entry.xml": 1, "atom_with_link_tag_for_url_unmarked.xml": 1, "fr_lemonde.xml": 19,
    "itunes.xml": 3, "itunes_feedburner.xml": 3, "json_feed.json": 20, "perceval_rss_entries.xml": 30,
    "pet_atom.xml": 10, "youtube_atom.xml": 15,
}  # fmt: skip
UNDATED = {"Permalinks.xml": 4, "AtomEscapedHTMLInPreTag.xml": 1}
# Six of feedparser's files hold an item, and none of them a date or an id.
ITEMS_OF_CONFORMANCE = 6


def payloads(folder):
    found = sorted((DATA / "payloads" / folder).glob("*"))
    if not found:
        pytest.skip("the recorded feeds are absent: LISTENING_TEST_DATA names no folder that has them")
    return found


def read(path):
    """Mentions of a recorded feed, and why each of the other entries is none."""
    mentions, refused = [], []
    for entry in SOURCE.items(path.read_bytes(), None):
        try:
            mentions.append(SOURCE.parse(entry, None))
        except Malformed as error:
            refused.append(str(error))
    return mentions, refused


def test_every_recorded_feed_gives_its_entries():
    found = {path.name: read(path) for path in payloads("feeds")}
    assert {name: len(mentions) + len(refused) for name, (mentions, refused) in found.items()} == ENTRIES
    undated = {name: refused for name, (_, refused) in found.items() if refused}
    assert {name: len(refused) for name, refused in undated.items()} == UNDATED
    assert {reason for refused in undated.values() for reason in refused} == {"it has no publication time"}
    for mentions, _ in found.values():
        assert all(mention.text is None or mention.text.strip() for mention in mentions)


def test_every_feed_with_faults_is_read_or_says_why_not():
    refused = 0
    for path in payloads("feeds_conformance"):
        try:
            mentions, reasons = read(path)
        except NotAMention as reason:
            assert str(reason), path.name
        else:
            assert mentions == [], path.name
            refused += len(reasons)
    assert refused == ITEMS_OF_CONFORMANCE


@pytest.mark.parametrize(("name", "native_id", "published_at", "text"), [
    ("fr_lemonde.xml", None, "2024-01-18T05:00:16+00:00", "Une jeune femme reçoit de la part"),
    ("youtube_atom.xml", "yt:video:5shykyfmb28", "2015-05-04T00:01:27+00:00", "A question is the most"),
    ("json_feed.json", None, "2017-06-03T05:05:47+00:00", "On Wednesday night I know where I’ll be"),
    ("TechCrunch.xml", "http://techcrunch.com/?p=446154", "2011-11-02T17:25:27+00:00", "Angie’s List,"),
])  # fmt: skip
def test_recorded_feeds_by_hand(name, native_id, published_at, text):
    path = next(path for path in payloads("feeds") if path.name == name)
    first = read(path)[0][0]
    assert native_id in (None, first.native_id)
    assert first.published_at == datetime.fromisoformat(published_at)
    assert first.text.startswith(text)
