"""WebSub (W3C Recommendation of 2018): subscribes to feeds, and receives what their hubs push.

    python -m listening_etl.websub --callback https://listen.example/websub https://journal.example/feed=inbox/journal

The callback has to lead to the receiver from the hub's side, over HTTPS as a rule, by a reverse proxy. The feed
source reads the folder: its option `inbox`. The receiver needs no memory of its own: secrets and addresses are
made of `key` and the topic, so that after a restart the same calls take the same subscriptions up again.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import ipaddress
import logging
import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urljoin, urlsplit

import orjson

from listening_etl.errors import ListeningError, SourceUnreadable

if TYPE_CHECKING:
    from types import TracebackType

    from listening_etl.http import Http

LEASE = timedelta(days=10)
"""What a hub is asked for; it decides itself."""
LARGEST_PUSH = 10_000_000
SHORTEST_KEY = 16
DIGESTS = frozenset({"sha1", "sha256", "sha384", "sha512"})
LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Topic:
    """What a page says of itself: the address to subscribe to, and the hubs that push it."""

    url: str
    hubs: tuple[str, ...]


def discover(address: str, http: Http) -> Topic:
    """The topic and hubs of a feed, from its Link headers, else from the feed itself.

    Raises `SourceUnreadable` when it names no hub: then polling is all there is.
    """
    answer = http.get(address)
    said = list(header_links(answer.headers.get("link", "")))
    if not any(rel == "hub" for rel, _ in said):
        said += list(feed_links(answer.body))
    found: dict[str, list[str]] = {"hub": [], "self": []}
    for rel, link in said:
        found[rel].append(urljoin(answer.url, link))
    if not found["hub"]:
        raise SourceUnreadable(
            "the feed names no hub", where=place(address), do="Poll it; it cannot be pushed."
        )
    return Topic((found["self"] or [answer.url])[0], tuple(dict.fromkeys(found["hub"])))


def header_links(header: str) -> Iterable[tuple[str, str]]:
    """(relation, address) of the hubs and the own address that a Link header names."""
    for address, parameters in re.findall(r"<([^>]*)>([^<]*)", header):
        rels = re.search(r';\s*rel\s*=\s*"?([^";,]+)', parameters, re.IGNORECASE)
        for rel in rels[1].lower().split() if rels else ():
            if rel in ("hub", "self"):
                yield rel, address


def feed_links(body: bytes) -> Iterable[tuple[str, str]]:
    """The same from an RSS, Atom or JSON feed."""
    if body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
        yield from json_feed_links(body)
        return
    import feedparser

    for link in feedparser.parse(body).feed.get("links", ()):
        if link.get("rel") in ("hub", "self") and link.get("href"):
            yield link["rel"], link["href"]


def json_feed_links(body: bytes) -> Iterable[tuple[str, str]]:
    """The same from a JSON feed."""
    try:
        feed = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        return
    for hub in feed.get("hubs") or ():
        if isinstance(hub, dict) and isinstance(hub.get("url"), str):
            yield "hub", hub["url"]
    if isinstance(feed.get("feed_url"), str):
        yield "self", feed["feed_url"]


def subscribe(topic: Topic, callback: str, secret: str, http: Http, lease: timedelta = LEASE) -> None:
    """Ask the first of the topic's hubs that takes it to push to `callback`, signed with `secret`.

    The hub answers at once and verifies afterwards; it pushes only once the callback has confirmed.
    """
    wanted = {
        "hub.mode": "subscribe",
        "hub.topic": topic.url,
        "hub.callback": callback,
        "hub.secret": secret,
        "hub.lease_seconds": str(int(lease.total_seconds())),
    }
    refusals: list[ListeningError] = []
    for hub in topic.hubs:
        if not is_confidential(hub):
            refusals.append(
                SourceUnreadable("the hub takes the secret in clear text only (http)", where=place(hub))
            )
            continue
        try:
            http.post(hub, data=wanted)
            return
        except ListeningError as error:
            refusals.append(error)
    raise refusals[0]


def is_confidential(hub: str) -> bool:
    """Whether nobody on the way can read what is sent to it: HTTPS, or this machine."""
    parts = urlsplit(hub)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def place(address: str) -> str:
    """An address for a message, without what may be a password."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


@dataclass
class Subscription:
    """One feed that is pushed to us; `expires` is None until the hub has verified, `denied` is its refusal."""

    topic: Topic
    inbox: Path
    secret: str = field(repr=False)
    lease: timedelta = timedelta(0)
    expires: datetime | None = None
    denied: str | None = None
    received: int = 0
    refused: int = 0


class Receiver:
    """The address that hubs call: confirms what we subscribed to, and stores what comes with a right signature.

    `callback` is its address as hubs see it; `key` is a secret of at least 16 bytes from which those of the
    subscriptions are made. A push that is not signed, or wrongly, is counted and thrown away.
    """

    def __init__(
        self,
        callback: str,
        key: bytes,
        *,
        address: tuple[str, int] = ("127.0.0.1", 0),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if len(key) < SHORTEST_KEY:
            raise ValueError(f"the key has fewer than {SHORTEST_KEY} bytes")
        self.callback, self._key, self._now = callback.rstrip("/"), key, now
        self.subscriptions: dict[str, Subscription] = {}
        self._server = ThreadingHTTPServer(address, type("Handler", (Handler,), {"receiver": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_port)

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def subscribe(self, address: str, inbox: Path, http: Http) -> Subscription:
        """Find the hub of a feed and subscribe; its pushes go into `inbox`."""
        topic = discover(address, http)
        inbox.mkdir(parents=True, exist_ok=True)
        wanted = Subscription(topic, inbox, self._derived("secret", topic.url))
        token = self._derived("callback", topic.url)
        self.subscriptions[token] = wanted  # before the hub asks whether we meant it
        subscribe(topic, f"{self.callback}/{token}", wanted.secret, http)
        return wanted

    def renew(self, http: Http) -> None:
        """Subscribe again to what ends within a quarter of its lease, or was never verified; not to what was
        denied. A hub that is away now is asked at the next call."""
        for token, known in list(self.subscriptions.items()):
            alive = known.expires is not None and known.expires - self._now() > known.lease / 4
            if alive or known.denied is not None:
                continue
            try:
                subscribe(known.topic, f"{self.callback}/{token}", known.secret, http)
            except ListeningError as error:
                LOG.warning("the subscription to %s is not renewed: %s", place(known.topic.url), error)

    def serve(self, http: Http, stopped: threading.Event, pause: float = 300.0) -> None:
        """Keep the subscriptions alive until `stopped` is set."""
        while not stopped.wait(pause):
            self.renew(http)

    def confirm(self, path: str, asked: Mapping[str, str]) -> str | None:
        """The challenge to answer a hub with, None when this is nothing that we asked for."""
        known = self.subscriptions.get(path.rpartition("/")[2])
        if known is None or asked.get("hub.topic") != known.topic.url:
            return None
        if asked.get("hub.mode") == "denied":
            known.denied, known.expires = asked.get("hub.reason", "no reason given"), None
            LOG.warning("the hub denies the subscription to %s", place(known.topic.url))
            return ""
        seconds, challenge = asked.get("hub.lease_seconds", ""), asked.get("hub.challenge")
        if asked.get("hub.mode") != "subscribe" or not challenge or not re.fullmatch("[0-9]{1,9}", seconds):
            return None
        known.lease, known.denied = timedelta(seconds=int(seconds)), None
        known.expires = self._now() + known.lease
        return challenge

    def take(self, path: str, body: bytes, signature: str) -> bool:
        """Store a push; False when nobody subscribed to it. One with a wrong signature is thrown away."""
        known = self.subscriptions.get(path.rpartition("/")[2])
        if known is None:
            return False
        if is_signed(body, signature, known.secret):
            store(known.inbox, body)
            known.received += 1
        else:
            known.refused += 1
            LOG.warning("a push of %s was not signed with our secret", place(known.topic.url))
        return True

    def _derived(self, use: str, topic: str) -> str:
        return hmac.new(self._key, f"{use}\0{topic}".encode(), "sha256").hexdigest()


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether `sha256=…` (or another of the four digests) is the body's, made with the secret."""
    name, _, given = signature.strip().partition("=")
    if name.lower() not in DIGESTS:
        return False
    made = hmac.new(secret.encode(), body, name.lower()).hexdigest()
    return hmac.compare_digest(made.encode(), given.strip().lower().encode("utf-8", "replace"))


def store(inbox: Path, body: bytes) -> Path:
    """Put a body into the inbox under a name made of its bytes: all of it or nothing, and once only."""
    stored = inbox / f"{hashlib.sha256(body).hexdigest()[:32]}.feed"
    if stored.exists():
        return stored
    handle, name = tempfile.mkstemp(dir=inbox, prefix=".")
    try:
        with os.fdopen(handle, "wb") as part:
            part.write(body)
            part.flush()
            os.fsync(part.fileno())
        Path(name).replace(stored)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return stored


class Handler(BaseHTTPRequestHandler):
    """The HTTP side of a receiver."""

    receiver: Receiver
    timeout = 30  # seconds for a caller who sends nothing
    server_version, sys_version = "listening-etl", ""

    def do_GET(self) -> None:
        """Answer a hub that asks whether we meant it."""
        asked = {name: values[-1] for name, values in parse_qs(urlsplit(self.path).query).items()}
        challenge = self.receiver.confirm(urlsplit(self.path).path, asked)
        self._say(404 if challenge is None else 200, (challenge or "").encode())

    def do_POST(self) -> None:
        """Take a push."""
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch("[0-9]{1,9}", length) or int(length) > LARGEST_PUSH:
            self._say(413 if length else 411)
            return
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self._say(400)
            return
        signature = self.headers.get("X-Hub-Signature", "")
        try:
            known = self.receiver.take(urlsplit(self.path).path, body, signature)
        except OSError as error:
            LOG.error("a push cannot be stored: %s", error)
            self._say(500)  # the hub sends it again
            return
        self._say(202 if known else 404)  # also when thrown away: no help for who tries secrets

    def _say(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing: the path is what keeps strangers out."""


def main(arguments: Sequence[str] | None = None, stopped: threading.Event | None = None) -> None:
    """Receive what the hubs of some feeds push, until stopped; the key is in LISTENING_WEBSUB_KEY."""
    from listening_etl.http import Http

    parser = argparse.ArgumentParser(prog="python -m listening_etl.websub", description=main.__doc__)
    parser.add_argument("--callback", required=True, help="our address as hubs see it: https://…")
    parser.add_argument("--port", type=int, default=8765, help="port of this machine that it leads to")
    parser.add_argument(
        "--allow-private", action="store_true", help="whether feeds may be in the local network"
    )
    parser.add_argument(
        "feeds", nargs="+", metavar="FEED=FOLDER", help="a feed, and the source's inbox for it"
    )
    given = parser.parse_args(arguments)
    key = os.environ.get("LISTENING_WEBSUB_KEY", "").encode()
    if len(key) < SHORTEST_KEY:
        parser.error(f"set LISTENING_WEBSUB_KEY to a secret of {SHORTEST_KEY} bytes or more")
    http = Http(allow_private=given.allow_private)
    with http, Receiver(given.callback, key, address=("127.0.0.1", given.port)) as receiver:
        for feed in given.feeds:
            address, _, inbox = feed.rpartition("=")
            receiver.subscribe(address, Path(inbox), http)
        receiver.serve(http, stopped or threading.Event())


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    main()
