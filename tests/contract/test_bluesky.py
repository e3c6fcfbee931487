"""Bluesky keeps the promises of a source, on a search that lets nobody scroll further than two pages."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from listening_etl.testing import Answer, SourceContract, Window
from plugins.sources.bluesky import Bluesky

DAY = datetime(2026, 10, 6, tzinfo=UTC)
PAGE, DEEPEST = 2, 2


def view(number, moment, **more):
    written = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "uri": f"at://did:plc:lou/app.bsky.feed.post/3k{number:02}",
        "author": {"did": "did:plc:lou", "handle": "lou.example"},
        "record": {"$type": "app.bsky.feed.post", "text": f"Torréo n° {number}", "createdAt": written},
        "indexedAt": written,
        **more,
    }


POSTS = [view(n, DAY + timedelta(hours=n, milliseconds=5), replyCount=int(n == 3)) for n in range(11)]
ANSWER = view(99, DAY + timedelta(hours=3, minutes=5))
BY_URI = {post["uri"]: post for post in [*POSTS, ANSWER]}


class TestBluesky(SourceContract):
    plugin = Bluesky()
    options = {"handle": "veille.example", "app_password": "s3cret-word"}
    secrets = ("s3cret-word", "a-t0ken")
    window = Window(DAY, DAY + timedelta(days=1))
    now = DAY + timedelta(days=2)
    query = "Torréo"
    expected = tuple(BY_URI)
    unknown_id = "at://did:plc:lou/app.bsky.feed.post/3kgone"

    def answer(self, request):
        method, asked = request.path.rpartition("/")[2], request.params
        if method == "com.atproto.server.createSession":
            assert request.json() == {"identifier": "veille.example", "password": "s3cret-word"}
            return {"accessJwt": "a-t0ken", "did": "did:plc:veille"}
        if "authorization" not in request.headers:
            return Answer({"error": "Forbidden"}, status=403)
        assert request.headers["authorization"] == "Bearer a-t0ken"
        match method.rpartition(".")[2]:
            case "searchPosts":
                told = self.search(asked)
            case "getAuthorFeed":
                told = self.feed(asked)
            case "getPostThread":
                told = {"thread": {"post": BY_URI[asked["uri"]], "replies": [{"post": ANSWER}]}}
            case "getPosts":
                uris = [value for name, value in parse_qsl(urlsplit(request.url).query) if name == "uris"]
                told = {"posts": [BY_URI[uri] for uri in uris if uri in BY_URI]}
        return told

    def search(self, asked):
        """Newest first, two posts a page, and two pages at most, without a word of there being more."""
        since, until = (datetime.fromisoformat(asked[name]) for name in ("since", "until"))
        hits = [p for p in reversed(POSTS) if since <= datetime.fromisoformat(p["indexedAt"]) < until]
        start = int(asked.get("cursor", 0))
        further = start + PAGE < min(len(hits), PAGE * DEEPEST)
        page = {"posts": hits[start : start + PAGE]}
        return {**page, "cursor": str(start + PAGE)} if further else page


class TestBlueskyAuthors(TestBluesky):
    """The feed of an author, with a pinned old post on top and a repost in it."""

    query = "from:lou.example"
    repost = "at://did:plc:max/app.bsky.feed.post/3m1/repost/did:plc:lou"
    expected = (*BY_URI, repost)

    def feed(self, asked):
        """Newest first, two entries a page."""
        assert asked["actor"] == "lou.example"
        reason = {"$type": "app.bsky.feed.defs#reasonRepost", "by": POSTS[0]["author"]}
        original = view(1, DAY - timedelta(days=9)) | {"uri": "at://did:plc:max/app.bsky.feed.post/3m1"}
        pinned = {"post": view(98, DAY - timedelta(days=40)), "reason": {"$type": "#reasonPin"}}
        reposted = {"post": original, "reason": reason | {"indexedAt": "2026-10-06T00:00:00Z"}}
        old = [{"post": view(50 + n, DAY - timedelta(days=1, hours=n))} for n in range(4)]
        entries = [pinned, *({"post": post} for post in reversed(POSTS)), reposted, *old]
        start = int(asked.get("cursor", 0))
        return {"feed": entries[start : start + PAGE], "cursor": str(start + PAGE)}
