"""What is special about Lemmy: two versions of an API that cannot be asked for a time, and ids that are paths."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from listening_etl import Deletion, Gap, NotAMention, Slice, SourceUnreadable, Window
from listening_etl.testing import Answer
from listening_etl.testing.platform import Platform
from plugins.sources.lemmy import Lemmy, LemmyOptions

SAMPLES = Path(__file__).parents[2] / "contract" / "samples" / "lemmy"
SOURCE = Lemmy()
NOW = datetime(2026, 10, 6, tzinfo=UTC)
WINDOW = Window(NOW - timedelta(days=1), NOW)


def parsed(name):
    items = SOURCE.items((SAMPLES / f"{name}.json").read_bytes(), None)
    return [SOURCE.parse(item, None) for item in items]


def fetched(answer, query="", **options):
    platform = Platform(answer, NOW)
    with platform.http() as http:
        slice = Slice("topic", "lemmy", WINDOW, query)
        return list(
            SOURCE.fetch(LemmyOptions(url="https://jlai.test", **options), slice, http)
        ), platform.requests


def post(number, hours, **more):
    published = (NOW - timedelta(hours=hours)).isoformat()
    return {
        "post": {"id": number, "name": "Torréo", "published": published, **more},
        "counts": {"comments": 9},
    }


def comment(number, path="0.{}"):
    written = (NOW - timedelta(hours=1)).isoformat()
    return {
        "comment": {
            "id": number,
            "post_id": 1,
            "content": "oui",
            "path": path.format(number),
            "published": written,
        }
    }


def test_posts_and_comments_of_a_search():
    text, picture, link, removed, first, answer, deleted = parsed("v3_search")
    assert (text.native_id, text.title, text.text) == ("post:10", "Torréo fuit", "Depuis hier, l'eau coule.")
    assert (text.likes, text.replies, text.lang_declared) == (5, 3, "fr")  # language 47
    assert (text.author.handle, text.author.name) == ("lea@jlai.test", "Léa")
    assert ([part.url for part in picture.media], picture.links) == (
        ["https://jlai.test/pictrs/image/a.webp"],
        (),
    )
    assert link.links == ("https://torreo.test/promo",)
    assert link.published_at == datetime(2026, 10, 5, 12, 30, 0, 500_000, UTC)  # 0.18 wrote no zone
    assert removed == Deletion("post:13")
    assert (first.kind, first.in_reply_to, first.conversation_id) == ("comment", "post:10", "post:10")
    assert (first.author.handle, first.tagged) == ("max@autre.test", ("lea@jlai.test",))
    assert first.url == "https://autre.test/comment/2000"  # another instance's number: ours is 20
    assert (answer.kind, answer.in_reply_to, answer.conversation_id) == ("reply", "comment:20", "post:10")
    assert deleted == Deletion("comment:22")


def test_the_other_shapes():
    (of_v4,) = parsed("v4_posts")
    assert (of_v4.likes, of_v4.replies, of_v4.lang_declared) == (5, 3, "en")
    assert of_v4.updated_at == datetime(2026, 10, 5, 12, 10, tzinfo=UTC)
    assert [mention.native_id for mention in parsed("v3_post")] == ["post:10", "post:15"]
    assert [mention.native_id for mention in parsed("v3_comment")] == ["comment:20"]
    (of_activitypub,) = parsed("activitypub_page")
    assert (of_activitypub.native_id, of_activitypub.text) == ("https://jlai.test/post/10", "Depuis hier.")
    for name, reason in (("error", "an error: rate_limit_error"), ("person", "without posts or comments")):
        with pytest.raises(NotAMention, match=reason):
            parsed(name)


def test_what_is_pinned_does_not_end_the_listing():
    pages = {"1": [post(1, 900, featured_local=True), post(2, 1)], "2": [post(3, 30)]}

    def answer(request):
        return {"posts": pages.get(request.params["page"], []), "comments": []}

    found, _ = fetched(answer)
    assert [view["post"]["id"] for view in found] == [1, 2, 3]


def test_a_server_that_repeats_its_page_leaves_a_gap():
    """Lemmy 1 answers in the words of v3 without heeding `page`."""
    found, asked = fetched(lambda _: {"posts": [post(1, 2)], "comments": []}, "Torréo", threads=False)
    assert found[-1] == Gap(
        WINDOW.since, NOW - timedelta(hours=2), "posts end after 1: the instance gives no older ones"
    )
    assert len(asked) == 3  # the repeated page, and one of comments


def test_a_discussion_is_fetched_once_for_all_that_is_found_in_it():
    def answer(request):
        asked = request.params
        if request.path == "/api/v3/post":
            return {"post_view": post(1, 2)}
        if request.path == "/api/v3/comment/list":
            return {"comments": [comment(8, "0.7.8"), comment(7)] if asked["page"] == "1" else []}
        found = {"Posts": [post(1, 2)], "Comments": [comment(7), comment(6)]}[asked["type_"]]
        return {asked["type_"].lower(): found if asked["page"] == "1" else []}

    found, asked = fetched(answer, "Torréo")
    item, alone = found
    assert [mention.native_id for mention in SOURCE.parse(item, None)] == ["post:1", "comment:8", "comment:7"]
    assert SOURCE.parse(alone, None).native_id == "comment:6"  # found, and not among the discussion's newest
    assert [request.path for request in asked].count("/api/v3/post") == 1


def test_the_rest_of_a_long_discussion_is_named():
    def answer(request):
        if request.path == "/api/v3/post":
            return {"post_view": post(1, 2)}
        page = int(request.params["page"])
        if request.path == "/api/v3/comment/list":
            return {"comments": [comment(50 * page + n) for n in range(50)]}
        return {"posts": [post(1, 2)] if page == 1 else [], "comments": []}

    found, _ = fetched(answer, "Torréo", thread_pages=2)
    assert len(SOURCE.parse(found[0], None)) == 1 + 100
    with pytest.raises(NotAMention, match="comments of post 1 beyond its newest 100: not fetched"):
        SOURCE.parse(found[1], None)


def test_a_recheck_finds_what_is_gone_and_tells_other_errors_apart():
    errors = {"1": ("couldnt_find_post", 404), "2": ("not_found", 404), "3": ("rate_limit_error", 400)}

    def answer(request):
        error, status = errors[request.params["id"]]
        return Answer({"error": error}, status=status)

    platform = Platform(answer, NOW)
    with platform.http() as http:
        items = SOURCE.recheck(LemmyOptions(url="https://jlai.test"), ["post:1", "comment:2", "post:3"], http)
        assert [SOURCE.parse(next(items), None) for _ in range(2)] == [
            Deletion("post:1"),
            Deletion("comment:2"),
        ]
        with pytest.raises(SourceUnreadable, match="rate_limit_error"):
            next(items)


def test_objects_of_the_fediverse_may_stand_one_a_line():
    note = {
        "type": "Note",
        "id": "https://a.test/1",
        "published": "2026-10-05T10:00:00Z",
        "content": "<p>Fuit</p>",
    }
    outbox = {"type": "OrderedCollection", "orderedItems": [{**note, "id": "https://a.test/2"}]}
    found = SOURCE.items(b"\n".join(map(orjson.dumps, (note, outbox))), None)
    assert [SOURCE.parse(item, None).native_id for item in found] == ["https://a.test/1", "https://a.test/2"]
