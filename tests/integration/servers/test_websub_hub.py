"""Against a real WebSub hub (flask-websub): subscribe, be verified, be pushed to, read what was pushed."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from listening_etl import Slice, Window
from listening_etl.http import Http
from listening_etl.websub import Receiver
from plugins.sources.feed import Feed, FeedOptions
from tests.integration.servers.starting import free_port, listens, program, running

INSTALL = "python3 -m venv .servers && .servers/bin/pip install 'flask-websub[celery,redis]' flask cachelib"

HUB = """
import sys
from pathlib import Path

from celery import Celery
from flask import Flask, Response
from flask_websub.hub import Hub, SQLite3HubStorage

port, folder = sys.argv[1], Path(sys.argv[2])
app = Flask(__name__)
app.config.update(SERVER_NAME=f"127.0.0.1:{port}", PUBLISH_SUPPORTED=True, SIGNATURE_ALGORITHM="sha256")
celery = Celery("hub", broker="memory://")
celery.conf.task_always_eager = True  # no worker: the hub verifies and pushes within the request
hub = Hub(SQLite3HubStorage(str(folder / "hub.sqlite")), celery=celery, **app.config)
app.register_blueprint(hub.build_blueprint(url_prefix="/hub"))


@app.route("/feed")
def feed():
    answer = Response((folder / "feed.xml").read_bytes(), content_type="application/rss+xml; charset=utf-8")
    own = f"http://127.0.0.1:{port}"
    answer.headers["Link"] = f'<{own}/hub>; rel="hub", <{own}/feed>; rel="self"'
    return answer


app.run("127.0.0.1", int(port), threaded=True)
"""

ITEM = """<item><guid isPermaLink="false">{id}</guid><title>{title}</title>
<pubDate>{published:%a, %d %b %Y %H:%M:%S +0000}</pubDate></item>"""


def feed_of(*entries):
    items = "".join(ITEM.format(id=id, title=title, published=published) for id, title, published in entries)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Journal</title>{items}</channel></rss>'


@pytest.fixture
def hub(tmp_path):
    python = program("python", module="flask_websub", install=INSTALL)
    (tmp_path / "hub.py").write_text(HUB, "utf-8")
    (tmp_path / "feed.xml").write_text(feed_of(), "utf-8")
    port = free_port()
    with running([python, "hub.py", str(port), str(tmp_path)], lambda: listens(port), tmp_path):
        yield f"http://127.0.0.1:{port}", tmp_path / "feed.xml"


def wait_for(what, seconds=20):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "the hub did not come back in time"
        time.sleep(0.05)


def test_what_rolled_out_of_the_feed_came_by_push(hub, tmp_path):
    address, feed = hub
    now = datetime.now(UTC).replace(microsecond=0)
    window = Window(now - timedelta(hours=1), now + timedelta(hours=1))
    early = ("j-1", "Éclat à la une : la Torréo fuit", now - timedelta(minutes=30))
    late = ("j-2", "Brûlia répond", now)
    inbox, port = tmp_path / "inbox", free_port()
    callback = f"http://127.0.0.1:{port}/websub"
    with (
        Http(allow_private=True) as http,
        Receiver(callback, b"an invented key of ours", address=("127.0.0.1", port)) as receiver,
    ):
        subscription = receiver.subscribe(f"{address}/feed", inbox, http)
        wait_for(lambda: subscription.expires)
        assert subscription.lease > timedelta(0)
        feed.write_text(feed_of(("j-0", "Avant", now - timedelta(hours=2)), early), "utf-8")
        http.post(f"{address}/hub", data={"hub.mode": "publish", "hub.topic": f"{address}/feed"})
        wait_for(lambda: subscription.received)
        assert subscription.refused == 0  # the hub signs with our secret
        assert [path.read_bytes() for path in inbox.iterdir()] == [feed.read_bytes()]

        feed.write_text(feed_of(late), "utf-8")  # a feed of one entry: the others have rolled out
        plain, pushed = (FeedOptions(url=f"{address}/feed", inbox=folder) for folder in (None, inbox))
        slice = Slice("coffee", "journal", window)
        polled = list(Feed().fetch(plain, slice, http))
        assert [type(one).__name__ for one in polled] == ["Item", "Gap"]
        items = list(Feed().fetch(pushed, slice, http))
        found = [Feed().parse(item.data, pushed) for item in items]
    assert [mention.native_id for mention in found] == ["j-2", "j-0", "j-1"]
    assert found[2].title == "Éclat à la une : la Torréo fuit"
