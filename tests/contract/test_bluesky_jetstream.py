"""Jetstream keeps the promises of a source, on a stream of our own that speaks its words over a real socket."""

import json
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from listening_etl.testing import SourceContract, Window
from plugins.sources.bluesky_jetstream import BlueskyJetstream

DAY = datetime(2026, 10, 6, tzinfo=UTC)


def microseconds(moment):
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def event(number, moment, seen_after=timedelta(seconds=2), text="Une Torréo de plus", **commit):
    record = {"$type": "app.bsky.feed.post", "text": f"{text} {number}", "createdAt": moment.isoformat()}
    operation = {"operation": "create", "collection": "app.bsky.feed.post", "rkey": f"3k{number:02}"}
    return {
        "did": f"did:plc:{number % 3}",
        "time_us": microseconds(moment + seen_after),
        "kind": "commit",
        "commit": {**operation, "record": record, **commit},
    }


class Jetstream:
    """Replays `events` from the cursor on; cuts connections after so many messages as `cuts` says, in turn."""

    def __init__(self, events, cuts=(), **settings):
        self.events, self.cuts, self.asked, self.settings = events, list(cuts), [], settings

    def __enter__(self):
        self.server = serve(self._replay, "127.0.0.1", 0, **self.settings)
        self.url = f"ws://127.0.0.1:{self.server.socket.getsockname()[1]}/subscribe"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()

    def _replay(self, connection):
        asked = parse_qs(urlsplit(connection.request.path).query)
        assert asked["wantedCollections"] == ["app.bsky.feed.post"]
        self.asked.append(int(asked["cursor"][0]))
        rest = [e for e in self.events if e["time_us"] >= self.asked[-1]]
        cut = self.cuts.pop(0) if self.cuts else None
        try:
            for one in rest[:cut]:
                connection.send(json.dumps(one))
            if cut is None:
                connection.recv()  # a live stream stays open
        except ConnectionClosed:
            pass


EVENTS = [
    event(0, DAY - timedelta(days=1)),  # what a cursor of long ago begins with
    *(event(n, DAY + timedelta(hours=n)) for n in range(1, 9)),
    event(90, DAY + timedelta(hours=8, minutes=1), text="Rien à voir"),
    event(91, DAY + timedelta(hours=8, minutes=2), operation="delete"),
    event(92, DAY + timedelta(days=2)),  # the network never sleeps
]


class TestBlueskyJetstream(SourceContract):
    plugin = BlueskyJetstream()
    window = Window(DAY, DAY + timedelta(hours=9))
    now = DAY + timedelta(hours=12)
    query = '["torréo", "@torreo.example"]'
    expected = tuple(f"at://did:plc:{n % 3}/app.bsky.feed.post/3k{n:02}" for n in range(1, 9))
    unknown_id = "at://did:plc:0/app.bsky.feed.post/3kgone"

    def setup_method(self):
        self.stream = Jetstream(EVENTS).__enter__()
        self.options = {"url": self.stream.url, "silence": 3}

    def teardown_method(self):
        self.stream.__exit__()

    def answer(self, request):
        asked = [
            part.partition("=")[2].replace("%3A", ":") for part in request.url.partition("?")[2].split("&")
        ]
        if request.path.endswith("getPosts"):
            known = {f"at://{e['did']}/app.bsky.feed.post/{e['commit']['rkey']}": e for e in EVENTS}
            uris = [uri.replace("%2F", "/") for uri in asked]
            return {"posts": [{"uri": u, "record": known[u]["commit"]["record"]} for u in uris if u in known]}
        return {"profiles": [{"did": did, "handle": "a.example"} for did in asked if did.startswith("did:")]}
