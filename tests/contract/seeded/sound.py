"""An invented forum, a source for it that keeps every promise, and its contract test."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import orjson
from pydantic import SecretStr

from listening_etl import (
    Author,
    Capabilities,
    Deletion,
    Mention,
    NotAMention,
    Options,
    SourceUnreadable,
    Terms,
)
from listening_etl.testing import Answer, SourceContract, Window

DAY = datetime(2026, 10, 5, tzinfo=UTC)
POSTS = [  # none where halves or thirds of the window meet: that is what borders are for
    {
        "id": f"p{n}",
        "at": (DAY + n * timedelta(hours=3, minutes=50)).isoformat(),
        "by": "ana",
        "body": f"Torréo {n}",
    }
    for n in range(12)
]
PAGE = 3


class ForumOptions(Options):
    """`token`: of an account of the forum."""

    url: str = "https://forum.test"
    token: SecretStr = SecretStr("")


class Sound:
    """Posts of an invented forum.

    Collects public posts; misses private boards. Limits: 3 posts a page. Terms: invented.
    """

    name = "sound"
    options_type = ForumOptions
    capabilities = Capabilities(history=None, order="newest_first", deletions="recheck", auth="token")
    terms = Terms(read=date(2026, 11, 22), url="https://forum.test/terms")

    def __init_subclass__(cls):
        """A bug's docstring names the bug; the rest of its page of the catalogue is this one's."""
        if "Collects" not in (cls.__doc__ or ""):
            cls.__doc__ = f"{cls.__doc__}\n\n{Sound.__doc__}"

    def push_down(self, options, entities):
        return sorted({name for entity in entities for name in entity.names})

    def fetch(self, options, slice, http):
        cursor, seen = None, set()
        while cursor not in seen:
            seen.add(cursor)
            answer = self.ask(options, http, "/posts", {**self.bounds(slice.window), "cursor": cursor})
            yield from self.items(answer.body, options)
            cursor = answer.json().get("next")
            if cursor is None:
                return

    def bounds(self, window):
        return {"since": window.since.isoformat(), "until": window.until.isoformat()}

    def ask(self, options, http, path, params=None, accept=()):
        headers = {"authorization": f"Bearer {options.token.get_secret_value()}"}
        return http.get(options.url + path, headers, params, accept)

    def items(self, answer, options):
        try:
            found = orjson.loads(answer)
        except orjson.JSONDecodeError as error:
            raise SourceUnreadable(f"the answer is no JSON ({error})", do="Check the address.") from error
        if not isinstance(found, dict) or not isinstance(found.get("posts"), list):
            raise SourceUnreadable("the answer holds no list of posts", do="Check the address.")
        yield from found["posts"]

    def parse(self, item, options):
        if "gone" in item:
            return Deletion(item["gone"])
        if "ad" in item:
            raise NotAMention("an advertisement")
        return Mention(
            native_id=item["id"], published_at=item["at"], text=item["body"], author=Author(handle=item["by"])
        )

    def recheck(self, options, native_ids, http):
        for id in native_ids:
            answer = self.ask(options, http, f"/posts/{id}", accept=(404,))
            yield {"gone": id} if answer.status == 404 else answer.json()


def changed(found, **fields):
    """The mention with other values; a deletion as it is."""
    return msgspec.structs.replace(found, **fields) if isinstance(found, Mention) else found


class Forum(SourceContract):
    """The contract test; without Test in its name, since tests choose what to run of it."""

    plugin = Sound()
    options = {"token": "s3cret/token"}
    window = Window(DAY, DAY + timedelta(days=2))
    samples = "forum"

    def answer(self, request):
        if request.path != "/posts":
            return next((post for post in POSTS if request.path == f"/posts/{post['id']}"), None)
        since, until = (datetime.fromisoformat(request.params[name]) for name in ("since", "until"))
        held = [p for p in reversed(POSTS) if since <= datetime.fromisoformat(p["at"]) < until]
        start = int(request.params.get("cursor", 0))
        more = {"next": str(start + PAGE)} if held[start + PAGE :] else {}
        return Answer({"posts": held[start : start + PAGE], **more})
