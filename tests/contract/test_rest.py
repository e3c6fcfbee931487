"""The declared REST source keeps what every source promises, by cursor and by pages without a window."""

from datetime import UTC, datetime, timedelta

from listening_etl.testing import SourceContract, Window
from plugins.sources.rest import Rest

START = datetime(2026, 10, 5, tzinfo=UTC)
MAPPING = {
    "native_id": "id",
    "text": "html(message)",
    "published_at": "epoch(at)",
    "author.handle": "author.login",
    "hashtags": "tags && find_all(tags, '[^,]+')",
    "likes": "stars",
}
FORUM = {
    "url": "https://forum.test/api/{query}",
    "params": {"from": "{since_epoch}", "to": "{until_epoch}"},
    "auth": {"bearer": "s3cret-token", "headers": {"X-App": "s3cret-app"}, "params": {"key": "s3cret-key"}},
    "items": "data",
    "each": "[@, answers][]",
    "paging": {"by": "cursor", "at": "meta.next", "param": "cursor"},
    "order": "newest_first",
    "total": "meta.total",
    "mapping": MAPPING,
    "values": {"kind": "post", "channel": "web"},
    "deleted": "removed",
    "skip": {"an advertisement": "type == 'ad'"},
}
LISTED = {**FORUM, "params": {}, "paging": {"by": "page", "param": "page"}, "total": None, "limit": 4}


def post(number):
    """Post `number` of every hour; a page shows four, a query three pages."""
    return {"id": number, "message": f"Torréo, avis {number}", "at": int(START.timestamp()) + 3600 * number}


class TestRest(SourceContract):
    plugin = Rest()
    options = FORUM
    window = Window(START, START + timedelta(days=2))
    now = datetime(2026, 10, 8, tzinfo=UTC)
    query = "torréo"
    expected = tuple(str(number) for number in range(48))

    def answer(self, request):
        since, until = (int(request.params[name]) for name in ("from", "to"))
        found = [post(n) for n in range(72) if since <= post(n)["at"] < until][::-1]
        start = int(request.params.get("cursor", 0))
        more = str(start + 4) if start + 4 < min(len(found), 12) else None
        return {"meta": {"total": len(found), "next": more}, "data": found[start : start + 4]}


class TestRestWithoutTimes(TestRest):
    """A listing that knows no times is read until it is past the window; its end is a gap."""

    options = LISTED
    expected = ("1", *(str(number) for number in range(32, 48)))  # the pinned one, and four pages of four

    def answer(self, request):
        start = 4 * (int(request.params["page"]) - 1)
        pinned = [post(1)] if start == 0 else []
        return {"data": [*pinned, *(post(n) for n in range(47, -1, -1)[start : start + 4])]}
