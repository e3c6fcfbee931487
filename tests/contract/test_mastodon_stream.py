"""Mastodon's stream keeps the promises of a source, on a server of our own that speaks its words."""

import json
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from listening_etl.testing import Answer, SourceContract, Window
from plugins.sources.mastodon_stream import MastodonStream
from tests.contract.test_mastodon import status

NOW = datetime.now(UTC)
TOKEN = "s3cret-t0ken"


def event(name, payload, stream=("hashtag", "torreo")):
    return {"stream": stream, "event": name, "payload": payload if name == "delete" else json.dumps(payload)}


class Stream:
    """Sends `events` to each connection and stays open; the first connections end as `cuts` says."""

    def __init__(self, events, cuts=(), **settings):
        self.events, self.cuts, self.settings = events, list(cuts), settings
        self.asked, self.headers = [], []

    def __enter__(self):
        self.server = serve(self._send, "127.0.0.1", 0, **self.settings)
        self.url = f"ws://127.0.0.1:{self.server.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()

    def _send(self, connection):
        request = connection.request
        self.asked.append({k: v[0] for k, v in parse_qs(urlsplit(request.path).query).items()})
        self.headers.append(request.headers.get("authorization"))
        cut = self.cuts.pop(0) if self.cuts else None
        try:
            for one in self.events[:cut]:
                connection.send(json.dumps(one))
            while cut is None:
                self.asked.append(json.loads(connection.recv()))
        except ConnectionClosed:
            pass


EVENTS = [
    event("update", status(NOW - timedelta(seconds=2), "Torréo, acte 1")),
    event("update", status(NOW - timedelta(seconds=1), "Torréo, acte 2")),
    event("status.update", status(NOW - timedelta(seconds=1), "Torréo, acte 2 bis")),
    event("delete", "117024236332527350"),
]


class TestMastodonStream(SourceContract):
    plugin = MastodonStream()
    window = Window(NOW - timedelta(minutes=10), NOW + timedelta(minutes=10))
    now = NOW
    query = '["#torreo", "Café Torréo"]'
    unknown_id = "116999999999999999"

    def setup_method(self):
        self.stream = Stream(EVENTS[:2] + EVENTS[3:]).__enter__()
        self.options = {"instance": "https://social.test", "token": TOKEN, "seconds": 0.3}

    def teardown_method(self):
        self.stream.__exit__()

    def answer(self, request):
        if request.headers.get("authorization") != f"Bearer {TOKEN}" and "health" not in request.path:
            return Answer({"error": "The access token is invalid"}, status=401)
        if request.path.endswith("/instance"):
            return {"configuration": {"urls": {"streaming": self.stream.url}}}
        if request.path.endswith("/health"):
            return "OK"
        known = {s["id"]: s for s in (json.loads(e["payload"]) for e in EVENTS[:2])}
        if request.path.endswith("/statuses"):
            return list(known.values())
        return Answer({"error": "Record not found"}, status=404)
