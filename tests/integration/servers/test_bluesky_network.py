"""Bluesky's own servers on this machine: posts are heard with their threads, and forgotten when deleted."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
import sqlalchemy as sa

from listening_etl import Slice, SourceUnavailable, Window
from listening_etl.http import Hosts, Http
from listening_etl.pipeline.context import open_context
from listening_etl.pipeline.recheck import recheck
from listening_etl.pipeline.run import run
from listening_etl.warehouse.engine import transaction
from plugins.sources.bluesky import Bluesky, BlueskyOptions
from tests.integration.servers.replaying import INSTALL, installed, read
from tests.integration.servers.starting import SERVERS, free_port, listens, program, running

pytestmark = pytest.mark.heavy

START = Path(__file__).parent / "node" / "bluesky.cjs"
POST, WRITES = "app.bsky.feed.post", "com.atproto.repo.applyWrites"
LINK = "https://torreo.example/café"
SETTINGS = """\
version: 1
allow_private_addresses: true
warehouse: {warehouse}
topics:
  coffee:
    purpose: Hear of faults early.
    languages: [fr]
    start: 2020-01-01
    entities:
      torreo: {{role: own, names: [Torréo]}}
    sources:
      bluesky:
        options: {options}
"""


class Account:
    """Somebody on Bluesky, who writes and deletes."""

    def __init__(self, network, name):
        self.network, self.handle = network, f"{name}.test"
        given = {"email": f"{name}@courrier.test", "handle": self.handle, "password": f"mot-de-passe-{name}"}
        told = self.ask("server.createAccount", **given)
        self.did, self.token, self.password = told["did"], told["accessJwt"], given["password"]

    def ask(self, method, status=200, **body):
        headers = {"authorization": f"Bearer {self.token}"} if hasattr(self, "token") else {}
        url = f"{self.network['pds']}/xrpc/com.atproto.{method}"
        answer = httpx.post(url, json=body or None, headers=headers, timeout=30)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else {}

    def post(self, text, minutes_ago=5, **more):
        made = self.ask(
            "repo.createRecord", repo=self.did, collection=POST, record=record(text, minutes_ago, **more)
        )
        wait_until(lambda: made["uri"] in there(self.network, made["uri"]))
        return {"uri": made["uri"], "cid": made["cid"]}

    def delete(self, post):
        rkey = post["uri"].rpartition("/")[2]
        self.ask("repo.deleteRecord", repo=self.did, collection=POST, rkey=rkey)
        wait_until(lambda: not there(self.network, post["uri"]))


def record(text, minutes_ago, **more):
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return {"$type": POST, "text": text, "langs": ["fr"], "createdAt": stamp(at), **more}


def time_of(record):
    return datetime.fromisoformat(record["createdAt"])


def stamp(moment):
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def facet(text, words, kind, **more):
    """A feature of the words in a text, whose place counts in bytes."""
    start = len(text[: text.index(words)].encode())
    index = {"byteStart": start, "byteEnd": start + len(words.encode())}
    return {"index": index, "features": [{"$type": f"app.bsky.richtext.facet#{kind}", **more}]}


def there(network, uri):
    """The posts that the AppView shows of those asked for."""
    answer = httpx.get(f"{network['appview']}/xrpc/app.bsky.feed.getPosts", params={"uris": uri}, timeout=30)
    return [post["uri"] for post in answer.raise_for_status().json()["posts"]]


def wait_until(true, seconds=20):
    """What is written on one server reaches the other a moment later."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def database():
    """Address of an empty database of Debian's PostgreSQL: the embedded one has no pg_trgm."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(place.parent.name))
    found = Path(places[-1] / "postgres" if places else program("postgres", install=INSTALL))
    with tempfile.TemporaryDirectory(prefix="listening-bluesky-") as folder:
        prefix = []
        if os.geteuid() == 0:  # which PostgreSQL refuses to run as
            prefix = [program("setpriv"), "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            shutil.chown(folder, "postgres")
        data, port = f"{folder}/data", free_port()
        made = [*prefix, found.with_name("initdb"), "--auth=trust", "--username=postgres", "--encoding=UTF8"]
        subprocess.run([*made, "-D", data], cwd=folder, check=True, capture_output=True)
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        command = [*prefix, found, "-D", data, "-h", "127.0.0.1", "-p", port, "-k", folder, "-c", "fsync=off"]
        with running(command, lambda: answers(url), folder):
            yield url


def answers(url):
    with suppress(psycopg.OperationalError), psycopg.connect(url):
        return True
    return False


@pytest.fixture(scope="module")
def network(database, tmp_path_factory):
    """Addresses of the servers."""
    folder = tmp_path_factory.mktemp("bluesky")
    node, redis = program("node"), program("redis-server", install=INSTALL)
    installed("node_modules/@atproto/dev-env")
    port = free_port()
    environment = {
        "NODE_PATH": str(SERVERS / "node_modules"),
        "DB_POSTGRES_URL": database,
        "REDIS_HOST": f"127.0.0.1:{port}",
        "TMPDIR": str(folder),
        "LOG_ENABLED": "false",
    }
    told = folder / "node.log"

    def addresses():
        lines = told.read_text("utf-8").splitlines() if told.exists() else []
        return next((json.loads(line) for line in lines if line.startswith('{"pds"')), None)

    store = [redis, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", folder]
    with (
        running(store, lambda: listens(port), folder),
        running([node, START], addresses, folder, seconds=120, env=environment),
    ):
        yield addresses()


@pytest.fixture
def open_topic(network, new_warehouse, tmp_path, monkeypatch, request, light_gate):
    """Call it with options for the topic, whose clock shows `clock.time`."""
    monkeypatch.setenv("LISTENING_PSEUDONYM_KEY", "k" * 40)
    for name in ("LISTENING_STAGING", "LISTENING_WAREHOUSE_URL", "LISTENING_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "plugins").symlink_to(request.config.rootpath / "plugins")

    def build(clock, **options):
        options = {"service": network["pds"], "appview": network["appview"], **options}
        text = SETTINGS.format(warehouse=new_warehouse(), options=json.dumps(options))
        (tmp_path / "listening.yaml").write_text(text, "utf-8")
        return open_context(
            "coffee", tmp_path / "listening.yaml", now=lambda: datetime.now(UTC) + clock["ahead"]
        )

    return build


def last_hour():
    now = datetime.now(UTC)
    return Window(now - timedelta(hours=1), now)


def rows(context, query):
    with transaction(context.url) as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


MENTIONS = """
    SELECT p.native_id, m.text, b.match FROM listening.fct_mention m
    JOIN private.mention p USING (mention_id) JOIN listening.bridge_mention_entity b USING (mention_id)
    ORDER BY m.published_at
"""


def test_a_post_is_heard_with_its_answer_and_forgotten_when_it_is_deleted(network, open_topic):
    ana, leo = Account(network, "ana"), Account(network, "leo")
    text = f"Ma Torréo fuit déjà… déçue ! #café {LINK}"
    facets = [facet(text, "#café", "tag", tag="café"), facet(text, LINK, "link", uri=LINK)]
    named = ana.post(text, 9, facets=facets, tags=["espresso"])
    answer = leo.post("Pareil chez nous, après l'été.", 8, reply={"root": named, "parent": named})
    elsewhere = leo.post("Rien à voir : il pleut à Brest.", 7)
    clock = {"ahead": timedelta(0)}
    context = open_topic(clock)
    run(context, last_hour())
    assert rows(context, MENTIONS) == [
        (named["uri"], text, "named"),
        (answer["uri"], "Pareil chez nous, après l'été.", "context"),
    ]
    said = "SELECT lang_declared, hashtags, likes, replies FROM listening.mention WHERE NOT context"
    assert rows(context, said) == [("fr", ["café", "espresso"], 0, 1)]
    assert rows(context, "SELECT links FROM listening.fct_mention ORDER BY published_at") == [
        ([LINK],),
        ([],),
    ]

    ana.delete(named)
    clock["ahead"] = timedelta(days=2)
    assert recheck(context) == {"bluesky": {"asked": 2, "deleted": 1}}
    left = "SELECT text, deleted_at IS NULL FROM listening.fct_mention ORDER BY published_at"
    assert rows(context, left) == [(None, False), ("Pareil chez nous, après l'été.", True)]
    assert elsewhere["uri"] in there(network, elsewhere["uri"])


def test_an_account_that_is_shut_takes_its_posts_with_it(network, open_topic):
    mia = Account(network, "mia")
    post = mia.post("La Torréo de ma sœur est increvable")
    clock = {"ahead": timedelta(0)}
    context = open_topic(clock, authors=[mia.handle], queries=[])
    run(context, last_hour())
    assert rows(context, MENTIONS) == [(post["uri"], "La Torréo de ma sœur est increvable", "named")]
    mia.ask("server.deactivateAccount", deleteAfter="2100-01-01T00:00:00Z")
    wait_until(lambda: not there(network, post["uri"]))
    clock["ahead"] = timedelta(days=2)
    assert recheck(context) == {"bluesky": {"asked": 1, "deleted": 1}}
    assert rows(context, "SELECT text FROM listening.fct_mention") == [(None,)]


def test_more_posts_than_a_page_holds_are_read_by_search_and_from_a_feed(network):
    zoe = Account(network, "zoe")
    written = [record(f"Kaffenor, tasse n° {number}", minutes_ago=40 - number / 10) for number in range(230)]
    for start in (0, 115):
        some = written[start : start + 115]
        creates = [{"$type": f"{WRITES}#create", "collection": POST, "value": one} for one in some]
        made = zoe.ask("repo.applyWrites", repo=zoe.did, writes=creates)["results"]
    wait_until(lambda: there(network, made[-1]["uri"]))
    options = BlueskyOptions(appview=network["appview"])
    for query in ("Kaffenor", f"from:{zoe.handle}"):
        found = fetched(options, query, last_hour())
        assert sorted(m.text for m in found) == sorted(one["text"] for one in written)
        middle = Window(time_of(written[50]), time_of(written[150]))
        assert {
            m.text for m in fetched(options, query, middle) if middle.since <= m.published_at < middle.until
        } == {one["text"] for one in written[50:150]}


def test_with_an_app_password_the_service_answers_and_says_when_it_has_had_enough(network):
    lou = Account(network, "lou")
    lou.post("Torréo, rien que le mot")
    password = lou.ask("server.createAppPassword", name="listening")["password"]
    options = BlueskyOptions(service=network["pds"], handle=lou.handle, app_password=password)
    assert [m.text for m in fetched(options, "rien que le mot", last_hour())] == ["Torréo, rien que le mot"]
    for _ in range(29):  # 30 logins in 5 minutes
        lou.ask("server.createSession", identifier=lou.handle, password=password)
    with pytest.raises(SourceUnavailable, match="429") as raised:
        fetched(options, "rien", last_hour())
    assert timedelta(0) < raised.value.retry_at - datetime.now(UTC) <= timedelta(minutes=5)
    assert password not in str(raised.value)


def fetched(options, query, window):
    """The mentions of a fetch; limits that one test runs into are not those of the next."""
    source = Bluesky()
    with Http(allow_private=True, hosts=Hosts()) as http:
        items = list(source.fetch(options, Slice("coffee", "bluesky", window, query), http))
    return list(read(source, options, items).values())
