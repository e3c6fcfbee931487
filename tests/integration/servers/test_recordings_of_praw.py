"""Answers of Reddit that PRAW's authors recorded: all of them are read, and some are asked for over HTTP."""

import base64
import gzip
from contextlib import ExitStack, suppress
from datetime import timedelta
from functools import cache
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from listening_etl import Deletion, Gap, NotAMention, Slice, SourceUnreadable, Window, epoch
from listening_etl.http import Hosts, Http
from listening_etl.testing import Answer
from plugins.sources import reddit
from tests.integration.servers.replaying import answering, installed, read

pytestmark = pytest.mark.heavy

OPTIONS = reddit.RedditOptions(
    client_id="id", client_secret="secret", user_agent="web:test:1.0 (by /u/nobody)", more_requests=5
)
GONE = {"[deleted]", "[removed]", "[ Removed by Reddit ]"}
WINDOW = Window(epoch(0), epoch(1.8e9))


@cache
def interactions():
    """What was asked and answered, in the order of the files: dicts with cassette, uri, sent, status, body."""
    found = []
    for path in installed("recordings/praw-*/tests/integration/cassettes/*.json"):
        for one in orjson.loads(path.read_bytes())["interactions"]:
            asked, answered = one["request"], one["response"]
            found.append(
                {
                    "cassette": path.stem,
                    "uri": urlsplit(asked["uri"]),
                    "sent": parse_qs(text_of(asked["body"]).decode()),
                    "status": answered["status"]["code"],
                    "body": text_of(answered["body"]),
                }
            )
    return found


def text_of(body):
    """The bytes of a body, which is text, or Base64 of what came, packed or not."""
    body = {"string": body} if not isinstance(body, dict) else body
    if "base64_string" not in body:
        return (body.get("string") or "").encode()
    raw = base64.b64decode(body["base64_string"])
    return gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw


def json_of(body):
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def posts_in(value):
    """The posts and comments anywhere in an answer, by name: a count that knows nothing of the plugin."""
    found = {}
    if isinstance(value, dict):
        data = value.get("data")
        if value.get("kind") in ("t1", "t3") and isinstance(data, dict) and "created_utc" in data:
            found[data["name"]] = data
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        found |= posts_in(inner)
    return found


def found_in(body):
    """What the plugin finds in an answer, by id."""
    with suppress(NotAMention):
        return read(reddit.Reddit(), OPTIONS, reddit.Reddit().items(body, OPTIONS))
    return {}


def test_every_recorded_answer_is_read():
    every = interactions()
    assert (len({one["cassette"] for one in every}), len(every)) == (643, 2798)
    count = 0
    for one in every:
        document = json_of(one["body"])
        where = f"{one['cassette']}: {one['uri'].path}"
        if document is None:
            with pytest.raises(SourceUnreadable):
                reddit.Reddit().items(one["body"], OPTIONS).__next__()
            continue
        wanted = {name: data for name, data in posts_in(document).items() if not data.get("promoted")}
        found = found_in(one["body"])
        missing = wanted.keys() - found.keys()
        assert not missing, where
        for name, data in wanted.items():
            agrees(found[name], data, where)
        count += len(found)
    # 42,239 posts that nobody paid for, and 5 that stand alone, as answers to what a moderator or author did
    assert count == 42_239 + 5


def agrees(found, data, where):
    """What is found says what was recorded; what was removed says nothing."""
    words = {data.get("selftext", data.get("body")), data.get("title")}
    is_gone = bool(data.get("removed") or data.get("removed_by_category") or GONE & words)
    assert isinstance(found, Deletion) == is_gone, where
    if is_gone:
        return
    assert found.published_at == epoch(data["created_utc"]), where
    author = data.get("author")
    assert (found.author and found.author.handle) == (author if author != "[deleted]" else None), where
    assert found.in_reply_to == (data["parent_id"] if "body" in data else None), where


def recorded(cassette, path, **sent):
    """The answers of a cassette from an address, each as (parameters of the address, form sent, document)."""
    return [
        (parse_qs(one["uri"].query), one["sent"], json_of(one["body"]))
        for one in interactions()
        if one["cassette"] == cassette and one["uri"].path.rstrip("/") == path
    ]


@pytest.fixture
def replay(monkeypatch):
    """Call it with documents by path, each a document or a function of the request's parameters."""
    token = recorded("TestCommentForest.test_replace__all", "/api/v1/access_token")[0][2]
    stack = ExitStack()

    def start(documents):
        asked = []

        def answer(request):
            asked.append(request)
            if request.path == "/api/v1/access_token":
                return Answer(token)
            held = documents.get(request.path.rstrip("/"))
            return None if held is None else Answer(held(request.params) if callable(held) else held)

        url = stack.enter_context(answering(answer))
        monkeypatch.setattr(reddit, "API", url)
        monkeypatch.setattr(reddit, "SITE", url)
        return asked

    with stack:
        yield start


def fetched(query, window=WINDOW):
    """Mentions by id, and the gaps."""
    source = reddit.Reddit()
    with Http(allow_private=True, hosts=Hosts()) as http:
        items = list(source.fetch(OPTIONS, Slice("coffee", "reddit", window, query), http))
    gaps = [item for item in items if isinstance(item, Gap)]
    return read(source, OPTIONS, [item for item in items if not isinstance(item, Gap)]), gaps


def test_a_listing_is_walked_to_its_end(replay):
    pages = recorded("TestListingGenerator.test_exhaust_items", "/user/spez")  # 1,001 things, 100 a page
    by_cursor = {given.get("after", [None])[0]: page for given, _, page in pages}
    asked = replay({"/r/spez/comments": lambda params: by_cursor[params.get("after")]})
    found, gaps = fetched("r/spez/comments")
    assert found.keys() == posts_in([page for _, _, page in pages]).keys()
    assert (len(pages), len(found)) == (11, 1001)
    assert [request.params.get("after") for request in asked[1:]] == list(by_cursor)
    assert {request.headers["authorization"] for request in asked[1:]} == {"bearer <ACCESS_TOKEN>"}
    oldest = min(one.published_at for one in found.values())
    assert [(gap.since, gap.until) for gap in gaps] == [(WINDOW.since, oldest)]


def test_a_listing_is_left_when_a_page_is_older_than_the_window(replay):
    ((_, _, page),) = recorded("TestSubredditListings.test_new", "/r/askreddit/new")
    asked = replay({"/r/askreddit/new": page})  # for ever the same, with a cursor to what follows
    times = sorted(epoch(data["created_utc"]) for data in posts_in(page).values())
    found, gaps = fetched("r/askreddit/new", Window(times[-1] + timedelta(seconds=1), WINDOW.until))
    assert (len(found), gaps, len(asked)) == (100, [], 2)  # a login and a page; the window is the framework's


def test_a_post_that_a_search_finds_comes_with_its_comments_from_behind_stubs_too(replay):
    cassette = "TestCommentForest.test_replace__all"
    ((_, _, page),) = recorded(cassette, "/comments/3hahrw")
    stubs = {
        tuple(sent["children"][0].split(",")): document["json"]["data"]["things"]
        for _, sent, document in recorded(cassette, "/api/morechildren")
    }

    def behind(params):
        asked = set(params["children"].split(","))
        return {
            "json": {"errors": [], "data": {"things": [t for c in stubs if asked & set(c) for t in stubs[c]]}}
        }

    replay({"/search": page[0], "/comments/3hahrw": page, "/api/morechildren": behind})
    found, gaps = fetched('"zelda"')
    assert found.keys() == posts_in([page, *stubs.values()]).keys()
    assert (len(posts_in(page)), len(found), gaps) == (477, 534, [])
    alive = [one for one in found.values() if not isinstance(one, Deletion)]
    assert {one.conversation_id for one in alive} == {"t3_3hahrw"}
    assert {one.in_reply_to for one in alive} <= {None, *found}  # no answer to what was not read


def test_what_reddit_does_not_know_any_more_is_gone(replay):
    ((_, _, page),) = recorded("TestSubredditListings.test_new", "/r/askreddit/new")
    things = {thing["data"]["name"]: thing for thing in page["data"]["children"]}
    gone = [things.popitem()[0] for _ in range(30)]

    def known(params):
        children = [things[name] for name in params["id"].split(",") if name in things]
        return {"kind": "Listing", "data": {"children": children}}

    asked = replay({"/api/info": known})
    with Http(allow_private=True, hosts=Hosts()) as http:
        items = list(reddit.Reddit().recheck(OPTIONS, [*gone, *things, "t1_zzzzzzz"], http))  # 101 ids
    parsed = [reddit.Reddit().parse(item, OPTIONS) for item in items]
    assert {one.native_id for one in parsed if isinstance(one, Deletion)} == {*gone, "t1_zzzzzzz"}
    assert {one.native_id for one in parsed if not isinstance(one, Deletion)} == things.keys()
    assert len(asked) == 3  # a login, and 100 at once
