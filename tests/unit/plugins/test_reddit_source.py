"""What is special about Reddit: removals, stubs, escapes twice over, pinned posts, listings that end."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from listening_etl import CredentialsRejected, Deletion, Gap, NotAMention, Slice, Window
from listening_etl.testing import Answer
from listening_etl.testing.platform import Platform
from plugins.sources.reddit import Reddit, RedditOptions

SAMPLES = Path(__file__).parents[2] / "contract" / "samples" / "reddit"
SOURCE = Reddit()
NOW = datetime(2026, 10, 10, tzinfo=UTC)
WINDOW = Window(NOW - timedelta(days=2), NOW)
GIVEN = {"client_id": "appli", "client_secret": "cl3", "user_agent": "web:torreo:1.0 (by /u/torreo)"}


def parsed(name):
    found = []
    for item in SOURCE.items((SAMPLES / f"{name}.json").read_bytes(), None):
        try:
            mentions = SOURCE.parse(item, None)
            found += mentions if isinstance(mentions, list) else [mentions]
        except NotAMention as reason:
            found.append(str(reason))
    return found


def fetched(answer, query="r/cafe/new", **options):
    """What fetch yields, and the addresses asked; the login is answered here."""

    def reply(request):
        return {"access_token": "jeton"} if request.path.endswith("access_token") else answer(request)

    platform = Platform(reply, NOW)
    with platform.http() as http:
        slice = Slice("topic", "reddit", WINDOW, query)
        return list(SOURCE.fetch(RedditOptions(**GIVEN, **options), slice, http)), platform.requests


def post(number, hours, **more):
    created = (NOW - timedelta(hours=hours)).timestamp()
    return {"kind": "t3", "data": {"name": f"t3_{number}", "title": "Torréo", "created_utc": created, **more}}


def listing(posts, after=None):
    return {"kind": "Listing", "data": {"children": posts, "after": after}}


def test_posts_of_a_search():
    text, link, crosspost, removed, advertisement = parsed("search")
    assert text.text == "Depuis hier, l'eau coule & le SAV ne répond pas. Merci à u/max_b."
    assert (text.kind, text.tagged, text.links, text.replies) == ("post", ("max_b",), (), 3)
    assert text.updated_at == datetime.fromtimestamp(1791200600, UTC)
    assert (link.text, link.links, link.likes) == (None, ("https://torreo.example/promo?a=1&b=2",), 0)
    assert (crosspost.reshared_id, crosspost.text) == ("t3_a2", None)
    assert removed == Deletion("t3_a4")
    assert advertisement == "an advertisement"


def test_a_thread_is_one_item_with_its_replies():
    opening, first, answer, deleted, orphan = parsed("thread")
    assert (opening.native_id, first.kind, answer.kind) == ("t3_a1", "comment", "reply")
    assert (answer.in_reply_to, answer.conversation_id, answer.reply_to_author) == ("t1_c1", "t3_a1", "max_b")
    assert (first.reply_to_author, first.url) == ("lea_t", "https://www.reddit.com/r/cafe/comments/a1/x/c1/")
    assert deleted == Deletion("t1_c3")
    assert (orphan.author, orphan.text) == (None, "Compte parti, texte resté.")
    assert orphan.likes is None  # four more votes against it than for it: how many for it, nobody says


def test_answers_without_posts_say_why():
    assert parsed("subreddits") == ["a subreddit"]
    for name, reason in (("error_403", r"an error: Forbidden \(403\)"), ("empty", "an empty listing")):
        with pytest.raises(NotAMention, match=reason):
            parsed(name)


@pytest.mark.parametrize(
    ("body", "html", "text"),
    [
        ("5 &lt; 6 &amp;#x200B;&amp;amp; 7", "&lt;div&gt;5 &amp;lt; 6&lt;/div&gt;", "5 < 6 \u200b& 7"),
        ("5 < 6 &#x200B;&amp; 7", "<div>5 &lt; 6</div>", "5 < 6 \u200b& 7"),
    ],
    ids=["escaped by Reddit", "raw_json=1"],
)
def test_entities_are_read_whether_or_not_reddit_escaped_them(body, html, text):
    data = {"name": "t1_a", "body": body, "body_html": html, "created_utc": 1791200000, "parent_id": "t3_b"}
    assert SOURCE.parse({"kind": "t1", "data": data}, None).text == text


def test_a_pinned_post_does_not_end_the_listing():
    pages = {None: listing([post(1, 900, stickied=True), post(2, 1)], "t3_2"), "t3_2": listing([post(3, 30)])}
    found, _ = fetched(lambda request: pages[request.params.get("after")])
    assert [one["data"]["name"] for one in found] == ["t3_1", "t3_2", "t3_3"]


def test_a_listing_that_ends_leaves_a_gap():
    def answer(request):
        start = int((request.params.get("after") or "t3_0")[3:])
        return listing(
            [post(n, n / 100) for n in range(start + 1, start + 101)], f"t3_{start + 100}" * (start < 900)
        )

    found, asked = fetched(answer)
    oldest = datetime.fromtimestamp(found[-2]["data"]["created_utc"], UTC)
    assert len(found) == 1001 and len(asked) == 1 + 10
    assert found[-1] == Gap(
        WINDOW.since, oldest, "/r/cafe/new ends after 1000 entries, at 2026-10-09 14:00 UTC"
    )


def test_comments_behind_stubs_are_fetched_as_far_as_allowed():
    stub = {"kind": "more", "data": {"count": 250, "children": [f"c{n}" for n in range(250)]}}

    def answer(request):
        if request.path == "/search":
            return listing([post("a", 1, num_comments=250)])
        if request.path == "/comments/a":
            return [listing([post("a", 1)]), listing([stub])]
        comments = [
            {"kind": "t1", "data": {"name": f"t1_{id}", "body": "oui", "created_utc": NOW.timestamp()}}
            for id in request.params["children"].split(",")
        ]
        return {"json": {"data": {"things": comments}}}

    (thread, left), asked = fetched(answer, "torréo", more_requests=2)
    assert len(SOURCE.parse(thread, None)) == 1 + 200
    with pytest.raises(NotAMention, match="not fetched: 50 under t3_a"):
        SOURCE.parse(left, None)
    assert [request.path for request in asked][2:] == ["/comments/a", *["/api/morechildren"] * 2]


def test_a_post_whose_comments_are_shut_is_kept():
    def answer(request):
        return (
            listing([post("a", 1, num_comments=2)]) if request.path == "/search" else Answer({}, status=403)
        )

    found, _ = fetched(answer, "torréo")
    assert [one["data"]["name"] for one in found] == ["t3_a"]


def test_a_login_that_is_refused_says_why():
    platform = Platform(lambda _: {"error": "invalid_grant"}, NOW)
    with platform.http() as http, pytest.raises(CredentialsRejected, match="invalid_grant"):
        next(SOURCE.fetch(RedditOptions(**GIVEN), Slice("topic", "reddit", WINDOW, "torréo"), http))


@pytest.mark.parametrize(
    "wrong",
    [{"user_agent": "python-requests/2"}, {"search": False}, {"username": "lea"}, {"subreddits": ["r/cafe"]}],
    ids=json.dumps,
)
def test_options_that_reddit_would_refuse(wrong):
    with pytest.raises(ValidationError):
        RedditOptions(**(GIVEN | wrong))


def test_a_comment_in_an_inbox_has_its_post_and_its_page_in_an_address():
    comment = {
        **{"name": "t1_b9", "parent_id": "t1_b8", "body": "Merci !", "created_utc": 1_791_200_000},
        **{"author": "max_b", "context": "/r/cafe/comments/a1/torreo_en_panne/b9/?context=3", "replies": ""},
    }
    inbox = listing([{"kind": "t1", "data": comment}, {"kind": "t4", "data": {"name": "t4_c1"}}])
    item, private = SOURCE.items(json.dumps(inbox).encode(), None)
    found = SOURCE.parse(item, None)
    assert (found.kind, found.in_reply_to, found.conversation_id) == ("reply", "t1_b8", "t3_a1")
    assert found.url == "https://www.reddit.com/r/cafe/comments/a1/torreo_en_panne/b9/"
    with pytest.raises(NotAMention, match="a private message"):
        SOURCE.parse(private, None)
