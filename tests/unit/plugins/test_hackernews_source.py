"""What is special about Hacker News: two APIs, discussions as trees, a search that shows 1,000 hits."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import orjson
import pytest

from listening_etl import Deletion, NotAMention, Slice, Truncated, Window, epoch
from listening_etl.testing.platform import Platform
from plugins.sources.hackernews import HackerNews, HackerNewsOptions

SAMPLES = Path(__file__).parents[2] / "contract" / "samples" / "hackernews"
SOURCE = HackerNews()
NOW = datetime(2026, 10, 6, tzinfo=UTC)
WINDOW = Window(NOW - timedelta(days=1), NOW)


def parsed(name):
    found = []
    for item in SOURCE.items((SAMPLES / f"{name}.json").read_bytes(), None):
        try:
            mentions = SOURCE.parse(item, None)
            found += mentions if isinstance(mentions, list) else [mentions]
        except NotAMention as reason:
            found.append(str(reason))
    return found


def fetched(answer, threads=False):
    platform = Platform(answer, NOW)
    with platform.http() as http:
        slice = Slice("topic", "hackernews", WINDOW, '"torréo"')
        return list(SOURCE.fetch(HackerNewsOptions(threads=threads), slice, http)), platform.requests


def page(numbers, found=None, pages=1):
    hits = [{"objectID": str(n), "created_at_i": n, "_tags": ["story"], "num_comments": 2} for n in numbers]
    return {"hits": hits, "nbHits": found or len(hits), "nbPages": pages}


def test_hits_of_a_search():
    story, comment, reply, option = parsed("search")
    assert (story.kind, story.title, story.text) == (
        "post", "Show HN: Torréo & moi", "Je l'ai bricolée : https://torreo.exa...\nDes questions ?"
    )  # fmt: skip
    # What Hacker News shortens for the eye is whole in the link.
    assert story.links == ("https://lea.example/torreo", "https://torreo.example/plan")
    assert (comment.kind, comment.in_reply_to, comment.conversation_id) == ("comment", "100", "100")
    assert (comment.text, comment.likes) == ("Ma machine Torréo fuit.", None)
    assert (reply.kind, reply.in_reply_to, reply.conversation_id) == ("reply", "101", "100")
    assert option == "of the kind 'pollopt', no story or comment"


def test_a_discussion_is_one_item():
    story, comment, reply, gone = parsed("discussion")
    assert (story.replies, comment.replies, reply.replies) == (3, 1, 0)
    assert (comment.reply_to_author, reply.reply_to_author) == ("lea", "max")
    assert gone == Deletion("103")  # a tree keeps its place, without author and text


def test_items_of_its_own_api():
    story, comment, deleted, dead = parsed("items")
    assert (story.likes, story.replies, story.native_id) == (12, 3, "100")
    assert (comment.in_reply_to, comment.replies, comment.author.handle) == ("100", 1, "max")
    assert [deleted, dead] == [Deletion("103"), Deletion("104")]
    assert parsed("item") == [comment]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ids", "a list of ids"),
        ("profile", "a profile"),
        ("error", "an error: Not Found"),
        ("nothing", "there is no such item"),
    ],
)
def test_answers_without_mentions_say_why(name, reason):
    with pytest.raises(NotAMention, match=reason):
        parsed(name)


def test_a_search_that_shows_less_than_it_found_says_how_far_it_reached():
    found, asked = fetched(lambda _: page([900, 800, 700], found=5000))
    assert found[-1] == Truncated("the search shows 3 of 5000 hits", 5000, epoch(700))
    since, until = 1791158400, 1791244800  # the 5th and the 6th of October 2026, 00:00 UTC
    assert asked[0].params["numericFilters"] == f"created_at_i>={since},created_at_i<{until}"


def test_hits_out_of_order_do_not_say_how_far_they_reach():
    found, _ = fetched(lambda _: page([900, 700, 800], found=5000))
    assert found[-1].reached is None


def test_hits_of_one_discussion_ask_for_it_once_and_stay_when_it_lacks_them():
    def answer(request):
        if "/items/" in request.path:
            return {"id": 100, "created_at_i": 1, "type": "story", "children": []}
        hits = [
            {"objectID": str(n), "story_id": 100, "parent_id": 100, "created_at_i": n, "_tags": ["comment"]}
            for n in (105, 104)
        ]
        return {"hits": [*hits, {**hits[0], "objectID": "100", "_tags": ["story"], "num_comments": 2}]}

    found, asked = fetched(answer, threads=True)
    assert [one.get("objectID") or one["id"] for one in found] == [100, "105", "104"]
    assert len(asked) == 2


def test_a_recheck_knows_what_a_comment_answers():
    answers = {
        "/v0/item/102.json": {
            "id": 102,
            "by": "max",
            "parent": 101,
            "time": 1,
            "type": "comment",
            "text": "oui",
        },
        "/api/v1/items/102": {"id": 102, "story_id": 100, "children": []},
        "/v0/item/103.json": {"id": 103, "deleted": True, "type": "comment"},
        "/v0/item/104.json": "null",
    }
    platform = Platform(lambda request: answers[request.path], NOW)
    with platform.http() as http:
        found = [SOURCE.parse(item, None) for item in SOURCE.recheck(None, ["102", "103", "104"], http)]
    assert (found[0].kind, found[0].conversation_id, found[0].in_reply_to) == ("reply", "100", "101")
    assert found[1:] == [Deletion("103"), Deletion("104")]


def test_each_name_is_a_phrase_of_its_own():
    brand = SimpleNamespace(names=("Torréo", 'Café "Torréo"'))
    assert SOURCE.push_down(None, [brand]) == ['"Torréo"', '"Café  Torréo "']


def test_a_file_may_hold_several_pages_and_a_search_nothing():
    pages = b"\n".join(orjson.dumps(page(numbers)) for numbers in ([1, 2], [3]))
    assert [hit["objectID"] for hit in SOURCE.items(pages, None)] == ["1", "2", "3"]
    with pytest.raises(NotAMention, match="a search that found nothing"):
        list(SOURCE.items(orjson.dumps(page([])), None))
