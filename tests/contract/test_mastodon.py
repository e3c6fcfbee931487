"""Mastodon keeps the promises of a source: once reading a hashtag, once searching."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from listening_etl.testing import Answer, SourceContract, Window
from plugins.sources.mastodon import Mastodon, snowflake

DAY = datetime(2026, 10, 6, tzinfo=UTC)
PAGE = 3


def status(moment, text, number=0, **more):
    return {
        "id": str(snowflake(moment) + number),
        "created_at": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "account": {"id": "11", "acct": "camille", "url": "https://social.test/@camille", "indexable": True},
        "content": f"<p>{text}</p>",
        "visibility": "public",
        **more,
    }


STATUSES = [
    status(DAY + timedelta(hours=n), f"Torréo n° {n}", replies_count=int(n == 5)) for n in range(-4, 30)
]
ANSWER = status(DAY + timedelta(hours=5, minutes=2), "Et alors ?", in_reply_to_id=STATUSES[9]["id"])
BY_ID = {s["id"]: s for s in [*STATUSES, ANSWER]}


class TestMastodon(SourceContract):
    plugin = Mastodon()
    options = {"instance": "https://social.test/", "token": "s3cret-t0ken"}
    window = Window(DAY, DAY + timedelta(days=1))
    now = DAY + timedelta(days=2)
    query = "#Torréo"
    expected = (*(s["id"] for s in STATUSES[4:28]), ANSWER["id"])
    unknown_id = "116999999999999999"

    def answer(self, request):
        if request.headers.get("authorization") != "Bearer s3cret-t0ken":
            return Answer({"error": "The access token is invalid"}, status=401)
        match request.path.strip("/").split("/")[1:]:  # /api/v1/… or /api/v2/…
            case ["v1", "timelines", "tag", "Torr%C3%A9o"]:
                page = self.below(request)[:PAGE]
                further = f"{request.url.partition('?')[0]}?max_id={page[-1]['id']}" if page else ""
                return Answer(page, headers={"link": f'<{further}>; rel="next"'} if page else {})
            case ["v2", "search"]:
                start = int(request.params["offset"])
                return {"accounts": [], "statuses": self.below(request)[start : start + PAGE], "hashtags": []}
            case ["v1", "statuses", id, "context"]:
                return {"ancestors": [], "descendants": [ANSWER] if id == ANSWER["in_reply_to_id"] else []}
            case ["v1", "statuses"]:
                ids = [id for name, id in parse_qsl(urlsplit(request.url).query) if name == "id[]"]
                return [BY_ID[id] for id in ids if id in BY_ID]
            case ["v1", "statuses", id]:
                return Answer({"error": "Record not found"}, status=404)

    def below(self, request):
        """The statuses between `min_id` and `max_id`, newest first."""
        low, high = int(request.params.get("min_id", 0)), int(request.params.get("max_id", 10**20))
        return [s for s in reversed(STATUSES) if low < int(s["id"]) < high]


class TestMastodonSearch(TestMastodon):
    query = '"Café Torréo"'
    samples = "mastodon"
