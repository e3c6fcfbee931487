"""What is special about Bluesky: its clock, its records, who hides from whom, and searches that stop early."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from listening_etl import (
    ConfigError,
    CredentialsRejected,
    Deletion,
    Malformed,
    NotAMention,
    Slice,
    SourceUnreadable,
    Truncated,
    Window,
)
from listening_etl.http import Http
from plugins.sources.bluesky import Bluesky, BlueskyOptions

SAMPLES = Path(__file__).parents[2] / "contract" / "samples" / "bluesky"
DAY = datetime(2026, 10, 6, tzinfo=UTC)
SOURCE = Bluesky()


def parsed(name, number=0):
    items = list(SOURCE.items((SAMPLES / name).read_bytes(), None))
    return SOURCE.parse(items[number], None)


def fetched(answer, query="Torréo", days=1, **options):
    """Items of a day, of a platform that answers a request with what `answer` says."""

    def reply(request):
        status, content = answer(request.url.path.rpartition("/")[2], request.url.params)
        return httpx.Response(status, json=content)

    with Http(transport=httpx.MockTransport(reply)) as http:
        window = Window(DAY, DAY + timedelta(days=days))
        yield from SOURCE.fetch(BlueskyOptions(**options), Slice("t", "bluesky", window, query), http)


def view(number, moment, **more):
    written = moment.isoformat()
    record = {"$type": "app.bsky.feed.post", "text": f"Torréo {number}", "createdAt": written}
    return {
        "uri": f"at://did:plc:lou/app.bsky.feed.post/3k{number}",
        "record": record,
        "indexedAt": written,
        **more,
    }


def test_a_post_of_a_search():
    mention = parsed("search_posts.json")
    assert mention.native_id == "at://did:plc:camille/app.bsky.feed.post/3aa2"
    assert mention.url == "https://bsky.app/profile/did:plc:camille/post/3aa2"
    assert mention.published_at == datetime(2026, 10, 6, 9, 30, 0, 123_000, UTC)
    assert (mention.kind, mention.channel, mention.lang_declared) == ("post", "social", "fr")
    assert mention.tagged == ("torreo.example",)  # bytes 42 to 57: é, â, ï and … take more bytes than letters
    assert mention.hashtags == ("café",)
    assert mention.links == ("https://torreo.example/sav?ref=bsky",)
    assert mention.quoted_id == "at://did:plc:torreo/app.bsky.feed.post/3aa0"
    assert [(m.url, m.kind, m.alt_text) for m in mention.media] == [
        ("https://cdn.example/fuite.jpeg", "image", "Une flaque")
    ]
    assert (mention.likes, mention.replies, mention.reshares, mention.views) == (4, 0, 1, None)
    author = mention.author
    assert (author.native_id, author.handle, author.verified) == ("did:plc:camille", "camille.example", True)
    assert mention.conversation_id == mention.native_id


def test_a_post_from_the_future_counts_when_it_was_first_seen():
    mention = parsed("search_posts.json", 1)
    assert mention.published_at == datetime(2026, 10, 6, 10, tzinfo=UTC)
    assert mention.author.handle is None  # handle.invalid


def test_who_hides_from_strangers_is_left_out_with_a_reason():
    with pytest.raises(NotAMention, match="logged in"):
        parsed("search_posts.json", 2)


def test_a_withdrawn_label_hides_nothing():
    labels = [{"val": "!hide"}, {"val": "!hide", "neg": True}]
    assert SOURCE.parse(view(1, DAY, labels=labels[1:]), None).text == "Torréo 1"
    with pytest.raises(NotAMention, match="moderation"):
        SOURCE.parse(view(1, DAY, labels=labels), None)


def test_an_answer_in_a_feed_brings_what_it_answers():
    root, gone, answer = parsed("author_feed.json")
    assert (root.kind, root.text) == ("post", "Ma Torréo fuit")
    assert gone == Deletion("at://did:plc:camille/app.bsky.feed.post/3aa9")
    assert (answer.kind, answer.in_reply_to, answer.conversation_id) == (
        "reply",
        root.native_id,
        root.native_id,
    )
    assert answer.reply_to_author == "camille.example"


def test_a_repost_is_a_mention_of_its_own_without_text():
    original, repost = parsed("author_feed.json", 1)
    assert repost.native_id == "at://did:plc:lou/app.bsky.feed.post/3bb2/repost/did:plc:torreo"
    assert (repost.reshared_id, repost.text) == (original.native_id, None)
    assert repost.author.handle == "torreo.example"
    assert repost.published_at == datetime(2026, 10, 6, 12, tzinfo=UTC)


def test_a_thread_is_one_item_from_the_first_post_to_the_last():
    *found, blocked = sorted(parsed("thread.json"), key=lambda one: isinstance(one, NotAMention))
    assert [m.native_id[-4:] for m in found] == ["3cc0", "3cc1", "3cc2", "3cc4"]
    assert isinstance(found[0], Deletion)
    assert found[2].reply_to_author == "a.example"
    assert "blocked" in str(blocked)  # 3cc3


def test_a_bare_record_has_no_counts_and_shows_its_picture():
    mention = parsed("records.json")
    assert (mention.likes, mention.author.native_id, mention.author.handle) == (None, "did:plc:lou", None)
    assert mention.media[0].url == "https://cdn.bsky.app/img/feed_fullsize/plain/did:plc:lou/bafypicture@jpeg"
    assert mention.hashtags == ("café",)
    with pytest.raises(NotAMention, match=r"app\.bsky\.feed\.like"):
        parsed("records.json", 1)


@pytest.mark.parametrize(
    ("name", "reason"), [("error.json", "Invalid identifier"), ("profiles.json", "profiles")]
)
def test_an_answer_without_posts_says_what_it_is(name, reason):
    with pytest.raises(NotAMention, match=reason):
        parsed(name)


def test_a_record_may_hold_nonsense():
    record = {"text": ["x"], "createdAt": "hier", "langs": "fr", "facets": [{"index": 3}], "tags": [1, "ok"]}
    mention = SOURCE.parse(
        {"uri": "at://d/app.bsky.feed.post/1", "record": record, "indexedAt": "2026-10-06T00:00:00Z"}, None
    )
    assert (mention.text, mention.published_at, mention.lang_declared, mention.hashtags) == (
        None,
        DAY,
        None,
        ("ok",),
    )
    with pytest.raises(Malformed, match="'hier'"):
        SOURCE.parse({"uri": "at://d/app.bsky.feed.post/1", "record": record}, None)


def test_a_search_goes_on_where_the_platform_stops_scrolling():
    posts = [view(n, DAY + timedelta(minutes=n)) for n in range(700)]

    def answer(method, asked):
        """Newest first, a hundred at once, five pages and no more, without a word."""
        until = datetime.fromisoformat(asked["until"])
        hits = [p for p in reversed(posts) if datetime.fromisoformat(p["record"]["createdAt"]) < until]
        start = int(asked.get("cursor", 0))
        further = {"cursor": str(start + 100)} if start < 400 else {}
        return 200, {"posts": hits[start : start + 100], **further}

    found = list(fetched(answer))
    assert len({item.data["uri"] for item in found}) == 700


def test_a_search_without_end_is_cut_and_says_where(monkeypatch):
    monkeypatch.setattr("plugins.sources.bluesky.MOST_PAGES", 3)

    def answer(method, asked):
        number = int(asked.get("cursor", 0))
        return 200, {
            "posts": [view(number, DAY + timedelta(hours=20 - number))],
            "cursor": str(number + 1),
        }

    *found, cut = fetched(answer)
    assert len(found) == 3
    assert isinstance(cut, Truncated)
    assert cut.reached == DAY + timedelta(hours=18, milliseconds=1)  # the third post is of 18 h


def test_a_cursor_that_is_refused_starts_the_search_again():
    def answer(method, asked):
        if "cursor" in asked:
            return 400, {"error": "InvalidRequest", "message": "cursor too deep"}
        posts = [view(2, DAY + timedelta(hours=12)), view(1, DAY + timedelta(hours=1))]
        return 200, {"posts": posts[asked["until"] < "2026-10-06T13" :], "cursor": "1"}

    texts = [item.data["record"]["text"] for item in fetched(answer)]
    assert texts == ["Torréo 2", "Torréo 1"]


def test_a_thread_is_asked_for_once():
    parent = view(1, DAY + timedelta(hours=1), replyCount=1)
    reply = view(2, DAY + timedelta(hours=2))
    reply["record"] |= {"reply": {"parent": {"uri": parent["uri"]}, "root": {"uri": parent["uri"]}}}
    threads = []

    def answer(method, asked):
        if method == "app.bsky.feed.getPostThread":
            threads.append(asked["uri"])
            return 200, {"thread": {"post": parent, "replies": [{"post": reply}]}}
        late = asked["until"] >= "2026-10-06T12"
        return 200, {"posts": [parent, reply] if late else []}

    found = list(fetched(answer))
    assert threads == [parent["uri"]]  # the reply stands in the thread of what it answers
    assert [m.native_id for m in SOURCE.parse(found[0].data, None)] == [parent["uri"], reply["uri"]]


def test_a_login_that_ran_out_is_made_again():
    logins = []

    def answer(method, asked):
        if method.endswith("createSession"):
            logins.append(method)
            return 200, {"accessJwt": f"token-{len(logins)}"}
        if len(logins) < 2:
            return 400, {"error": "ExpiredToken", "message": "Token has expired"}
        return 200, {"posts": []}

    given = {"handle": "a.example", "app_password": "x", "service": "https://pds.example"}
    assert list(fetched(answer, **given)) == []
    assert len(logins) == 2


def test_nobody_logs_in_where_strangers_get_an_answer():
    def answer(method, asked):
        assert method == "app.bsky.feed.searchPosts"
        return 200, {"posts": []}

    assert list(fetched(answer, handle="a.example", app_password="x")) == []


def test_where_strangers_get_no_answer_somebody_logs_in_once():
    asked_of = []

    def answer(method, asked):
        asked_of.append(method.rpartition(".")[2])
        if asked_of.count("createSession"):
            return 200, {"accessJwt": "token", "posts": []}
        return 403, {"error": "Forbidden"}

    assert list(fetched(answer, handle="a.example", app_password="x")) == []
    assert asked_of == ["searchPosts", "createSession", "searchPosts"]
    with pytest.raises(CredentialsRejected):
        list(fetched(lambda method, asked: (403, {"error": "Forbidden"})))


def test_an_author_who_is_not_there_is_an_error_that_says_so():
    refused = {"error": "InvalidRequest", "message": "Profile not found"}
    with pytest.raises(SourceUnreadable, match="Profile not found"):
        list(fetched(lambda method, asked: (400, refused), query="from:nobody.example"))


def test_nothing_to_ask_is_a_setting_to_correct():
    with pytest.raises(ConfigError, match="nothing to ask"):
        list(fetched(lambda method, asked: (200, {}), query=""))


def test_queries_are_made_of_names_hashtags_and_bluesky_handles():
    entity = SimpleNamespace(
        names=("Torréo", "Café Torréo"), handles=("torreo", "torreo.example"), hashtags=("torréo",)
    )
    made = SOURCE.push_down(BlueskyOptions(authors=("lou.example",)), [entity])
    assert made == ["Torréo", '"Café Torréo"', "#torréo", "@torreo.example", "from:lou.example"]
    assert SOURCE.push_down(BlueskyOptions(queries=("cafetière",)), [entity]) == ["cafetière"]


def test_events_of_a_stream_are_read_too():
    items = list(SOURCE.items((SAMPLES / "events.jsonl").read_bytes(), None))
    told = []
    for item in items:
        try:
            told.append(SOURCE.parse(item, None))
        except NotAMention as reason:
            told.append(str(reason))
    written, edited, deleted, like, account, identity, newer, gone, without = told
    assert (written.text, written.author.followers) == ("Une Torréo neuve", 12)
    assert (edited.native_id, edited.updated_at) == (
        written.native_id,
        datetime(2026, 10, 6, 7, 10, tzinfo=UTC),
    )
    assert deleted == Deletion(written.native_id, datetime(2026, 10, 6, 7, 20, tzinfo=UTC))
    assert "like" in like
    assert "takendown" in account
    assert "identity" in identity
    assert newer.text == "Torréo ou Brûlia ?"
    assert gone == Deletion(newer.native_id, datetime(2026, 10, 6, 7, 40, tzinfo=UTC))
    assert "blocks" in without
    assert json.loads(json.dumps(items)) == items
