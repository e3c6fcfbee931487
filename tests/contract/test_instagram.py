"""What every source promises, for an Instagram account, those who tag it, and a hashtag."""

from datetime import UTC, datetime, timedelta

from listening_etl.testing import Answer, SourceContract, Window
from plugins.sources.instagram import Instagram

ACCOUNT, TOKEN = "1784", "EAAs3cret"
START = datetime(2026, 11, 20, tzinfo=UTC)
GRAPH = "https://graph.facebook.com/v23.0"


def at(hours):
    return f"{START + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}+0000"


def said(native_id, hours, replies=()):
    made = {"id": native_id, "text": "Superbe", "timestamp": at(hours), "username": "lea", "like_count": 1}
    return made | ({"replies": {"data": list(replies)}} if replies else {})


def media(number, prefix, author):
    made = {
        "id": f"{prefix}{number}",
        "caption": "Café du matin",
        "media_type": "IMAGE",
        "timestamp": at(number * 8),
    }
    return made | {"username": author, "permalink": f"https://www.instagram.com/p/{prefix}{number}/"}


class TestInstagram(SourceContract):
    plugin = Instagram()
    options = {"account": ACCOUNT, "token": TOKEN, "follow_days": 2}
    window = Window(START, START + timedelta(days=1))
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    # Posts at 0, 8 and 16 hours. Comments of post n at 8 n + 1, 2, 3, 30, an answer to the first at 8 n + 31:
    # of 0 to 2: three each; of -3 (-24) at 6 and 7, of -2 at 14 and 15, of -1 at 22 and 23. Two tag the account.
    expected = (
        *(f"m{number}" for number in range(3)),
        *(f"m{number}c{order}" for number in range(3) for order in (1, 2, 3)),
        *(f"m{number}{which}" for number in (-3, -2, -1) for which in ("c4", "c1r")),
        *(f"t{number}" for number in range(3)),
    )

    def setup_method(self):
        self.media = {f"m{n}": media(n, "m", "torreo") for n in range(-20, 10)}
        self.tags = [media(n, "t", "zoe") for n in range(-50, 10)]
        self.comments = {
            f"m{n}": [
                said(f"m{n}c4", 8 * n + 30),
                said(f"m{n}c3", 8 * n + 3),
                said(f"m{n}c2", 8 * n + 2),
                said(f"m{n}c1", 8 * n + 1, [said(f"m{n}c1r", 8 * n + 31)]),
            ]
            for n in range(-20, 10)
        }

    def answer(self, request):
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer({"error": {"code": 190, "message": f"Malformed access token {TOKEN}"}}, status=400)
        match request.path.removeprefix("/v23.0/").split("/"):
            case [account, "media"] if account == ACCOUNT:
                return self.page(request, [self.whole(one) for one in self.own(request)], 3)
            case [account, "tags"] if account == ACCOUNT:
                return self.page(
                    request, sorted(self.tags, key=lambda one: one["timestamp"], reverse=True), 5
                )
            case [post, "comments"]:
                return self.page(request, self.comments[post], 2)

    def own(self, request):
        since, until = (int(request.params[name]) for name in ("since", "until"))
        times = {one: datetime.fromisoformat(self.media[one]["timestamp"]).timestamp() for one in self.media}
        found = [one for one in self.media if since <= times[one] < until]
        return [self.media[one] for one in sorted(found, key=times.get, reverse=True)]

    def whole(self, post):
        """A post with its first two comments, and the address of more."""
        more = f"{GRAPH}/{post['id']}/comments?access_token={TOKEN}&after=2"
        return post | {"comments": {"data": self.comments[post["id"]][:2], "paging": {"next": more}}}

    def page(self, request, things, size):
        start = int(request.params.get("after", "0"))
        rest = "&".join(f"{name}={value}" for name, value in request.params.items() if name != "after")
        following = f"{GRAPH}/{request.path}?access_token={TOKEN}&{rest}&after={start + size}"
        more = {"paging": {"next": following}} if start + size < len(things) else {}
        return {"data": things[start : start + size], **more}


class TestInstagramHashtag(SourceContract):
    """Posts in no order, and a cursor that is the same for each page: the server knows how far one is."""

    plugin = Instagram()
    options = {"account": ACCOUNT, "token": TOKEN}
    query = "#torreo"
    window = Window(START, START + timedelta(days=1))
    now = START + timedelta(hours=18)
    expected = tuple(f"h{number}" for number in range(18))  # one an hour; the 6 of the day before are too old

    def setup_method(self):
        self.posts = [{"id": f"h{n * 7 % 24 - 6}", "timestamp": at(n * 7 % 24 - 6)} for n in range(24)]

    def answer(self, request):
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer({"error": {"code": 190, "message": f"Malformed access token {TOKEN}"}}, status=400)
        if request.path == "/v23.0/ig_hashtag_search" and request.params["q"] == "torreo":
            return {"data": [{"id": "1786"}]}
        assert request.path == "/v23.0/1786/recent_media"
        self.shown = self.shown + 10 if "after" in request.params else 0
        following = f"{GRAPH}/1786/recent_media?access_token={TOKEN}&user_id={ACCOUNT}&after=same"
        return {"data": self.posts[self.shown : self.shown + 10], "paging": {"next": following}}
