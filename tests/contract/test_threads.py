"""What every source promises, for Threads: an account with its conversations, and a search."""

from datetime import UTC, datetime, timedelta

from listening_etl.testing import Answer, SourceContract, Window
from plugins.sources.threads import Threads

TOKEN = "THs3cret"
START = datetime(2026, 11, 20, tzinfo=UTC)
GRAPH = "https://graph.threads.net/v1.0"


def post(native_id, hours, **more):
    time = f"{START + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}+0000"
    return {
        "id": native_id,
        "text": "Torréo",
        "timestamp": time,
        "media_type": "TEXT_POST",
        "username": "lea",
        **more,
    }


class TestThreads(SourceContract):
    plugin = Threads()
    options = {"token": TOKEN, "follow_days": 2}
    window = Window(START, START + timedelta(days=1))
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    # Own posts at 0, 8 and 16 hours; answers to post n at 8 n + 1, 2 and 40: of 0 to 2 two each, of -5 (-40) at 0,
    # -4 at 8, -3 at 16. Mentions at 0, 5, 10, 15 and 20 hours.
    expected = (
        *(f"p{number}" for number in range(3)),
        *(f"p{number}a{order}" for number in range(3) for order in (1, 2)),
        *(f"p{number}a3" for number in (-5, -4, -3)),
        *(f"m{number}" for number in range(5)),
    )

    def setup_method(self):
        self.own = [post(f"p{n}", 8 * n, has_replies=True) for n in range(-20, 6)]
        self.mentions = [post(f"m{n}", 5 * n) for n in range(-9, 9)]

    def answer(self, request):
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer({"error": {"code": 190, "message": f"Malformed access token {TOKEN}"}}, status=400)
        match request.path.removeprefix("/v1.0/").split("/"):
            case ["me", "threads"]:
                return self.page(request, self.inside(request, self.own), 3)
            case ["me", "mentions"]:
                return self.page(request, self.inside(request, self.mentions), 3)
            case [one, "conversation"]:
                return self.page(request, self.answers(one), 2)
            case ["keyword_search"]:
                assert request.params["q"] == "Torréo" and request.params["search_type"] == "RECENT"
                return self.page(request, self.inside(request, self.mentions), 2)

    def inside(self, request, posts):
        since, until = (int(request.params[name]) for name in ("since", "until"))
        times = {one["id"]: datetime.fromisoformat(one["timestamp"]).timestamp() for one in posts}
        found = [one for one in posts if since <= times[one["id"]] < until]
        return sorted(found, key=lambda one: one["timestamp"], reverse=True)

    def answers(self, own):
        reply = {"is_reply": True, "replied_to": {"id": own}, "root_post": {"id": own}}
        hours = 8 * int(own[1:])
        return [post(f"{own}a{order}", hours + after, **reply) for order, after in ((1, 1), (2, 2), (3, 40))]

    def page(self, request, things, size):
        start = int(request.params.get("after", "0"))
        rest = "&".join(f"{name}={value}" for name, value in request.params.items() if name != "after")
        following = f"{GRAPH}{request.path}?access_token={TOKEN}&{rest}&after={start + size}"
        more = {"paging": {"next": following}} if start + size < len(things) else {}
        return {"data": things[start : start + size], **more}


class TestThreadsSearch(TestThreads):
    query = "Torréo"
    expected = tuple(f"m{number}" for number in range(5))
