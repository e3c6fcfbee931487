"""Conversations of every source in which one member is written wrong: that one is lost, and says why."""

import pytest

from listening_etl import Malformed, NotAMention
from plugins.sources.bluesky import Bluesky
from plugins.sources.facebook import Facebook
from plugins.sources.hackernews import HackerNews
from plugins.sources.instagram import Instagram
from plugins.sources.lemmy import Lemmy
from plugins.sources.mastodon import Mastodon
from plugins.sources.reddit import Reddit
from plugins.sources.stackexchange import StackExchange
from plugins.sources.threads import Threads
from plugins.sources.x import X
from plugins.sources.youtube import YouTube

AT, SECONDS = "2026-10-06T09:00:00Z", 1_791_277_200
POST = {"$type": "app.bsky.feed.post", "text": "Torréo"}
LISTS = [
    {
        "kind": "Listing",
        "data": {"children": [{"kind": "t3", "data": {"name": "t3_1", "created_utc": SECONDS}}]},
    },
    {"kind": "Listing", "data": {"children": [{"kind": "t1", "data": {"name": "t1_2", "body": "Oui"}}]}},
]
TOP = {"id": "Ug1", "snippet": {"publishedAt": AT, "textOriginal": "Elle fuit."}}
CONVERSATIONS = [
    (
        Bluesky(),
        {"thread": {"post": {"uri": "at://did:plc:a/app.bsky.feed.post/1", "record": POST | {"createdAt": AT}},
                    "replies": [{"post": {"uri": "at://did:plc:b/app.bsky.feed.post/2", "record": POST}}]}},
    ),
    (Facebook(), {"id": "7_1", "created_time": AT, "comments": {"data": [{"id": "1_2", "message": "Oui"}]}}),
    (HackerNews(), {"id": 1, "type": "story", "created_at": AT, "children": [{"id": 2, "text": "Oui"}]}),
    (Instagram(), {"id": "1", "timestamp": AT, "comments": {"data": [{"id": "2", "username": "lea"}]}}),
    (
        Lemmy(),
        {"post_view": {"post": {"id": 1, "name": "Torréo", "published": AT}},
         "comments": [{"comment": {"id": 2, "content": "Oui"}}]},
    ),
    (Mastodon(), {"status": {"id": "1", "created_at": AT}, "descendants": [{"id": "2", "content": "Oui"}]}),
    (Reddit(), {"kind": "Thread", "data": LISTS}),
    (StackExchange(), {"question_id": 1, "creation_date": SECONDS, "answers": [{"answer_id": 2}]}),
    (Threads(), {"id": "1", "timestamp": AT, "conversation": [{"id": "2", "text": "Oui"}]}),
    (X(), {"data": {"id": "1", "text": "Oui", "created_at": AT}, "includes": {"tweets": [{"id": "2"}]}}),
    (
        YouTube(),
        {"snippet": {"videoId": "v", "topLevelComment": TOP},
         "replies": {"comments": [{"id": "Ug1.2", "snippet": {"textOriginal": "Oui"}}]}},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("source", "item"), CONVERSATIONS, ids=lambda one: getattr(one, "name", ""))
def test_one_that_is_written_wrong_does_not_take_its_conversation_away(source, item):
    said, wrong = source.parse(item, None)
    assert said.published_at.timestamp() == SECONDS
    assert (type(wrong), str(wrong)) == (Malformed, "it has no publication time")


def test_a_thread_whose_first_comment_is_wrong_keeps_its_replies():
    reply = {"id": "Ug1.2", "snippet": {"textOriginal": "Oui", "publishedAt": AT, "parentId": "Ug1"}}
    thread = {"videoId": "v", "topLevelComment": {"id": "Ug1", "snippet": {"textOriginal": "Non"}}}
    wrong, said = YouTube().parse({"snippet": thread, "replies": {"comments": [reply]}}, None)
    assert isinstance(wrong, Malformed)
    assert (said.in_reply_to, said.conversation_id, said.reply_to_author) == ("Ug1", "v", None)


def test_alone_its_error_is_raised():
    with pytest.raises(Malformed, match="no publication time"):
        Facebook().parse({"id": "7_1", "message": "Torréo"}, None)
    with pytest.raises(Malformed, match="no publication time"):
        StackExchange().parse({"answer_id": 2}, None)


def test_what_is_not_shaped_as_the_platform_shapes_it_is_malformed_too():
    status = {"id": "1", "created_at": AT, "mentions": [{"acct": 7, "url": 8}]}
    said, wrong = Mastodon().parse({"status": {"id": "0", "created_at": AT}, "descendants": [status]}, None)
    assert said.native_id == "0"
    assert isinstance(wrong, Malformed)
    assert "not written as it should be" in str(wrong)


def test_whoever_hides_one_post_does_not_hide_the_thread():
    hidden = {"id": "2", "created_at": AT, "visibility": "private"}
    said, reason = Mastodon().parse({"status": {"id": "1", "created_at": AT}, "descendants": [hidden]}, None)
    assert said.native_id == "1"
    assert (type(reason), str(reason)) == (NotAMention, "its visibility is private")
