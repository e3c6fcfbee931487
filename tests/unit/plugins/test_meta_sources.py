"""What is special about Facebook, Instagram and Threads: Meta's errors, threads as one item, ids from addresses."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import orjson
import pytest

from listening_etl import (
    ConfigError,
    CredentialsRejected,
    Deletion,
    Gap,
    NotAMention,
    Slice,
    SourceUnavailable,
    SourceUnreadable,
    Window,
)
from listening_etl.testing import Answer
from listening_etl.testing.platform import Platform
from plugins.sources.facebook import Facebook, FacebookOptions
from plugins.sources.instagram import Instagram, InstagramOptions
from plugins.sources.threads import Threads, ThreadsOptions

SAMPLES = Path(__file__).parents[2] / "contract" / "samples"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = Window(NOW - timedelta(days=1), NOW)
SOURCES = [
    (Facebook(), FacebookOptions(page="7700", token="t0ken")),
    (Instagram(), InstagramOptions(account="1784", token="t0ken")),
    (Threads(), ThreadsOptions(token="t0ken")),
]


def parsed(source, name):
    """The mentions of a sample; what is skipped is skipped."""
    found = []
    for item in source.items((SAMPLES / source.name / name).read_bytes(), None):
        with suppress(NotAMention):
            one = source.parse(item, None)
            found += one if isinstance(one, list) else [one]
    return found


def fetched(source, options, answer, query="", window=DAY):
    """What a fetch yields on a platform that says `answer`."""
    with Platform(answer, NOW).http() as http:
        return list(source.fetch(options, Slice("cafe", source.name, window, query), http))


@pytest.mark.parametrize(("source", "options"), SOURCES, ids=lambda one: getattr(one, "name", ""))
@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        (190, 400, CredentialsRejected),  # the token has expired
        (200, 403, CredentialsRejected),  # a right is missing
        (4, 400, SourceUnavailable),  # too many calls of the app
        (32, 400, SourceUnavailable),  # too many calls of the page
        (613, 403, SourceUnavailable),
        (80_001, 400, SourceUnavailable),  # a business use case is over its limit
        (100, 400, SourceUnreadable),  # a parameter is wrong
    ],
)
def test_meta_says_in_the_body_what_is_wrong(source, options, code, status, kind):
    def answer(request):
        return Answer({"error": {"code": code, "message": "Bad thing about t0ken"}}, status=status)

    with pytest.raises(kind) as raised:
        fetched(source, options, answer)
    assert "t0ken" not in str(raised.value)
    if kind is SourceUnavailable:
        assert raised.value.retry_at == NOW + timedelta(hours=1)


def test_a_post_and_all_that_is_said_below_it():
    post, first, above, answer, late, shared = parsed(Facebook(), "feed.json")[:6]
    assert (post.kind, post.author.native_id, post.likes, post.replies, post.reshares) == (
        "post",
        "7700",
        52,
        4,
        14,
    )
    assert (post.tagged, post.links, post.place) == (
        ("Que Choisir",),
        ("https://torreo.example/rappel",),
        "Torréo Lyon",
    )
    assert post.updated_at is None  # Facebook's `updated_time` is that of the last comment
    by_id = {one.native_id: one for one in (first, above, answer, late)}
    assert {one.conversation_id for one in by_id.values()} == {"7700_501"}
    assert (by_id["501_1"].kind, by_id["501_1"].in_reply_to, by_id["501_1"].author) == (
        "comment",
        "7700_501",
        None,
    )
    assert (by_id["501_2"].kind, by_id["501_2"].in_reply_to) == ("reply", "501_1")
    assert by_id["501_2"].author.name == "Torréo"
    # The third answers a comment of the day before, which is not on the page, and comes with it.
    assert (by_id["501_3"].in_reply_to, by_id["501_0"].text) == ("501_0", "J'attends")
    assert (shared.native_id, shared.quoted_id, shared.reshared_id) == ("7700_503", "31_77", None)


def test_items_of_an_answer_hold_no_token():
    for source, name in ((Facebook(), "feed.json"), (Instagram(), "media.json")):
        answer = (SAMPLES / source.name / name).read_bytes()
        assert b"EAAother" in answer
        assert b"EAAother" not in orjson.dumps(list(source.items(answer, None)))


def test_a_comment_without_an_id_has_it_in_its_address():
    comment, reply = parsed(Facebook(), "comments_without_ids.json")
    assert (comment.native_id, comment.kind, comment.in_reply_to) == ("501_1", "comment", "7700_501")
    assert (reply.native_id, reply.kind, reply.in_reply_to) == ("501_2", "reply", "501_1")


def test_a_recommendation_is_yes_or_no_and_stars_are_of_five():
    bad, good, stars = parsed(Facebook(), "ratings.json")
    assert [(one.kind, one.rating, one.rating_scale) for one in (bad, good, stars)] == [
        ("review", 0, 1),
        ("review", 1, 1),
        ("review", 4, 5),
    ]
    assert [one.native_id for one in (bad, good, stars)] == [
        "881",
        "review_61_2026-11-09T10:00:00+0000",
        "880",
    ]


@pytest.mark.parametrize(
    ("source", "name", "reason"),
    [
        (Facebook(), "error.json", r"an error: \(#4\) Application request limit reached \(code 4\)"),
        (Facebook(), "conversations.json", "it holds no posts, comments or recommendations"),
        (Instagram(), "insights.json", "it holds no posts and no comments"),
        (Threads(), "error.json", r"an error: An unknown error has occurred. \(code 1\)"),
        (Threads(), "profile.json", "it holds no posts"),
    ],
)
def test_an_answer_without_posts_says_why(source, name, reason):
    with pytest.raises(NotAMention, match=reason):
        parsed(source, name)


AT = {"created_time": "2026-11-09T10:00:00+0000"}


@pytest.mark.parametrize("thing", [
    {"id": "88", "name": "Torréo", **AT},  # a page that somebody likes
    {"id": "88", "ad_id": "5", "field_data": [], **AT},
    {"id": "88", "from": {"id": "7700"}, "name": "Important", "creation_time": AT["created_time"]},
    {"created_time": AT["created_time"], "review_text": None},
    {"id": "88", "name": "Vacances", "description": "L'été", "count": 3, "cover_photo": {"id": "1"}, **AT},
])  # fmt: skip
def test_what_has_a_time_is_no_post_yet(thing):
    (item,) = Facebook().items(orjson.dumps({"data": [thing]}), None)
    with pytest.raises(NotAMention, match="it is no post"):
        Facebook().parse(item, None)


@pytest.mark.parametrize(("answer", "reason"), [
    ({"object": "page", "entry": [{"id": "7700", "time": 1}]}, "a webhook's notice"),
    ({"id": "9", "unread": 0, "comments": {"data": [{"id": "9_1", "message": "privé", **AT}]}}, "holds no posts"),
    ({"id": "aWdf", "message": "privé", "to": {"data": [{"id": "61", "username": "lea"}]}, **AT}, "holds no posts"),
])  # fmt: skip
def test_webhooks_and_private_messages_are_told_apart(answer, reason):
    with pytest.raises(NotAMention, match=reason):
        list(Facebook().items(orjson.dumps(answer), None))


def test_comments_are_known_by_where_they_stand_when_they_say_little_themselves():
    said = {"id": "501_9", "message": "Jolie tasse", **AT}
    below = {"data": [said], "paging": {"next": "https://graph.test/v23.0/7700_501/comments?after=x"}}
    for answer in (below, {"id": "7700_501", "comments": {"data": [said]}}):
        [item] = Facebook().items(orjson.dumps(answer), None)
        [comment] = Facebook().parse(item, None)
        assert (comment.kind, comment.in_reply_to, comment.conversation_id) == (
            "comment",
            "7700_501",
            "7700_501",
        )


def test_the_words_of_a_link_are_not_those_of_the_post():
    link = {"id": "7700_503", "name": "Titre", "description": "Chapeau", "shares": {"count": 1}, **AT}
    [post] = Facebook().parse(link, None)
    [video] = Facebook().parse({**link, "id": "88", "length": 12.5}, None)
    assert (post.text, video.text) == (None, "Chapeau")


def test_a_story_that_facebook_tells_is_nobodys_word():
    story = {
        "id": "7700_502",
        "story": "Torréo a changé de photo.",
        "created_time": "2026-11-09T08:00:00+0000",
    }
    with pytest.raises(NotAMention, match="nobody says a word"):
        Facebook().parse(story, None)
    said = {"id": "502_1", "message": "Jolie tasse", "created_time": "2026-11-09T09:00:00+0000"}
    [comment] = Facebook().parse({**story, "comments": {"data": [said]}}, None)
    assert (comment.native_id, comment.in_reply_to) == ("502_1", "7700_502")


def test_only_the_pages_own_token_can_tell_what_is_gone():
    def answer(request):
        if request.path.endswith("/me"):
            return {"id": self_id}
        gone = {"code": 100, "error_subcode": 33, "message": "does not exist"}
        return Answer({"error": gone}, status=400)

    self_id = "7700"
    source, options = SOURCES[0]
    with Platform(answer, NOW).http() as http:
        [item] = source.recheck(options, ["7700_1"], http)
        assert source.parse(item.data, options) == Deletion("7700_1")
        self_id = "61"  # somebody else's token, to whom much is hidden
        with pytest.raises(CredentialsRejected, match="not that of the page"):
            list(source.recheck(options, ["7700_1"], http))


def test_an_instagram_post_with_its_comments_and_answers():
    post, comment, answer = parsed(Instagram(), "media.json")
    assert [part.kind for part in post.media] == ["image", "video"]
    assert (post.author.native_id, post.author.handle, post.likes) == (
        "1784",
        "torreo",
        None,
    )  # likes are hidden
    assert (comment.kind, comment.in_reply_to, comment.author.handle) == ("comment", "m1", "zoe")
    assert (answer.kind, answer.in_reply_to, answer.conversation_id) == ("reply", "c1", "m1")


def test_what_instagram_wraps_up():
    [rival] = parsed(Instagram(), "business_discovery.json")
    assert (rival.native_id, rival.author.native_id, rival.author.handle) == ("m7", "1790", "cafes.rivaux")
    [comment] = parsed(Instagram(), "mentioned_comment.json")
    assert (comment.kind, comment.in_reply_to, comment.conversation_id) == ("comment", "m9", "m9")


def test_a_hashtag_reaches_back_24_hours():
    def answer(request):
        return {"data": [{"id": "1786"}]} if request.path.endswith("search") else {"data": []}

    source, options = SOURCES[1]
    [gap] = fetched(source, options, answer, "#torreo", Window(NOW - timedelta(days=3), NOW))
    assert isinstance(gap, Gap)
    assert (gap.since, gap.until) == (NOW - timedelta(days=3), NOW - timedelta(days=1))
    assert fetched(source, options, answer, "#torreo") == []


def test_instagram_allows_30_hashtags_a_week():
    source, options = SOURCES[1]
    brands = [SimpleNamespace(hashtags=tuple(f"café{n}" for n in range(30)))]
    assert len(source.push_down(options, brands)) == 32
    brands.append(SimpleNamespace(hashtags=("Café3", "thé")))
    with pytest.raises(ConfigError, match="31 hashtags"):
        source.push_down(options, brands)


def test_what_threads_says():
    post, reply, quote, repost = parsed(Threads(), "keyword_search.json")
    assert (post.hashtags, post.links, post.author.handle) == (
        ("café",),
        ("https://blog.example/gout",),
        "lea",
    )
    assert (reply.kind, reply.in_reply_to, reply.conversation_id, reply.reply_to_author) == (
        "reply",
        "201",
        "201",
        "lea",
    )
    assert (quote.quoted_id, quote.media[0].alt_text) == ("201", "Une tasse vide")
    assert (repost.reshared_id, repost.text) == ("201", None)


def test_threads_asks_for_names_and_tags():
    source, options = SOURCES[2]
    brands = [SimpleNamespace(names=("Torréo", "torréo"), hashtags=("torreo",))]
    assert source.push_down(options, brands) == ["/me/threads", "/me/mentions", "torréo", "#torreo"]
    asked = []
    fetched(source, options, lambda request: asked.append(request.params) or {"data": []}, "#torreo")
    assert (asked[0]["q"], asked[0]["search_mode"]) == ("torreo", "TAG")
