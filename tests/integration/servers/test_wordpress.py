"""A real WordPress: posts and comments by its REST interface, its feed, and what became of what was deleted."""

import json
import os
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from listening_etl import CredentialsRejected, Item, Slice, Window
from listening_etl.http import Http
from listening_etl.pipeline.context import open_context
from listening_etl.pipeline.recheck import recheck
from listening_etl.pipeline.run import run
from listening_etl.warehouse.engine import transaction
from plugins.sources.feed import Feed, FeedOptions
from plugins.sources.wordpress import WordPress, WordPressOptions
from tests.integration.servers.replaying import INSTALL, read
from tests.integration.servers.starting import free_port, listens, program, running

pytestmark = pytest.mark.heavy

PROGRAM = Path(os.environ.get("LISTENING_WORDPRESS", "/usr/share/wordpress"))
OURS = Path(__file__).parent / "wordpress"
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
      wordpress:
        options: {options}
"""


class Site:
    """The site, as its editor writes to it."""

    def __init__(self, url, php, folder, environment):
        self.url, self.php, self.folder, self.environment = url, php, folder, environment
        self.password = self.script("install.php")

    def script(self, name, *words):
        command = [self.php, str(self.folder / name), *map(str, words)]
        told = subprocess.run(command, env=self.environment, capture_output=True, check=False, text=True)
        assert told.returncode == 0, told.stdout + told.stderr
        return told.stdout.strip()

    def ask(self, method, path, **body):
        answer = httpx.request(
            method, f"{self.url}/wp-json/wp/v2/{path}", json=body, auth=("claire", self.password), timeout=60
        )
        assert answer.status_code < 300, answer.text
        return answer.json()

    def post(self, title, content, minutes_ago, **more):
        given = {"date_gmt": stamp(minutes_ago), "status": "publish", **more}
        return self.ask("POST", "posts", title=title, content=content, **given)["id"]

    def comment(self, post, text, minutes_ago, **more):
        given = {"author_name": "Inès", "author_email": "ines@courrier.test", **more}
        return self.ask("POST", "comments", post=post, content=text, date_gmt=stamp(minutes_ago), **given)[
            "id"
        ]


def stamp(minutes_ago):
    return (datetime.now(UTC) - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%S")


@pytest.fixture(scope="module")
def database():
    """The socket of an empty MariaDB."""
    server = program("mariadbd", install=INSTALL)
    install = program("mariadb-install-db", install=INSTALL)
    with tempfile.TemporaryDirectory(prefix="listening-wp-") as folder:  # short: it is a socket's path
        user = []
        if os.geteuid() == 0:  # which MariaDB refuses to run as
            user = ["--user=mysql"]
            shutil.chown(folder, "mysql")
        given = ["--no-defaults", *user, f"--datadir={folder}/data"]
        made = [install, *given, "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(made, check=True, capture_output=True)
        socket = Path(folder) / "socket"
        with running([server, *given, "--skip-networking", f"--socket={socket}"], socket.exists, folder):
            yield socket


@pytest.fixture(scope="module")
def site(database, tmp_path_factory):
    """A new WordPress without a post."""
    php = program("php", install=INSTALL)
    if not (PROGRAM / "wp-settings.php").exists():
        program("wordpress", install=INSTALL)
    folder = tmp_path_factory.mktemp("wordpress")
    shutil.copytree(OURS, folder, dirs_exist_ok=True)  # with our settings in the place of Debian's
    for part in PROGRAM.iterdir():
        if not (folder / part.name).exists():
            (folder / part.name).symlink_to(part)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    more = {"TEST_URL": url, "TEST_DATABASE_SOCKET": str(database), "PHP_CLI_SERVER_WORKERS": "2"}
    made = Site(url, php, folder, {**os.environ, **more})
    command = [php, "-S", f"127.0.0.1:{port}", "-t", folder, folder / "router.php"]
    with running(command, lambda: listens(port), folder, env=more):
        yield made


def last_hour():
    now = datetime.now(UTC)
    return Window(now - timedelta(hours=1), now)


def fetched(site, window=None, **options):
    """Mentions of a fetch by id."""
    source, given = WordPress(), WordPressOptions(url=site.url, **options)
    with Http(allow_private=True) as http:
        items = list(source.fetch(given, Slice("coffee", "wordpress", window or last_hour()), http))
    return read(source, given, items)


@pytest.fixture
def open_topic(site, new_warehouse, tmp_path, monkeypatch, request, light_gate):
    """Call it for a topic that listens to the site, with a clock that is so far ahead."""
    monkeypatch.setenv("LISTENING_PSEUDONYM_KEY", "k" * 40)
    for name in ("LISTENING_STAGING", "LISTENING_WAREHOUSE_URL", "LISTENING_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "plugins").symlink_to(request.config.rootpath / "plugins")

    def build(clock):
        text = SETTINGS.format(warehouse=new_warehouse(), options=json.dumps({"url": site.url}))
        (tmp_path / "listening.yaml").write_text(text, "utf-8")
        return open_context(
            "coffee", tmp_path / "listening.yaml", now=lambda: datetime.now(UTC) + clock["ahead"]
        )

    return build


def rows(context, query):
    with transaction(context.url) as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


MENTIONS = """
    SELECT m.native_id, m.text, b.match FROM listening.fct_mention m
    JOIN listening.bridge_mention_entity b USING (mention_id) ORDER BY m.published_at
"""


def test_a_comment_is_heard_with_its_post_and_forgotten_when_it_is_deleted(site, open_topic):
    post = site.post("Nos machines de l'été", "<p>Trois essais &amp; un <b>coup de cœur</b>.</p>", 50)
    comment = site.comment(post, "Ma Torréo fuit déjà… déçue !", 40)
    answer = site.comment(post, "Même panne ici.", 30, parent=comment, author_name="Léo")
    clock = {"ahead": timedelta(0)}
    context = open_topic(clock)
    run(context, last_hour())
    assert rows(context, MENTIONS) == [
        (f"post:{post}", "Trois essais & un coup de cœur.", "context"),
        (f"comment:{comment}", "Ma Torréo fuit déjà… déçue !", "named"),
        (f"comment:{answer}", "Même panne ici.", "context"),
    ]
    site.ask("DELETE", f"comments/{comment}")  # into the bin, where readers do not see it
    clock["ahead"] = timedelta(days=2)
    assert recheck(context) == {"wordpress": {"asked": 3, "deleted": 1}}
    left = "SELECT text, deleted_at IS NULL FROM listening.fct_mention ORDER BY published_at"
    assert rows(context, left) == [
        ("Trois essais & un coup de cœur.", True), (None, False), ("Même panne ici.", True),
    ]  # fmt: skip


def test_posts_say_who_wrote_them_when_in_which_zone_and_what_they_link(site):
    at = datetime.now(UTC) - timedelta(minutes=20)
    number = site.post("Torréo & C<sup>ie</sup>", "<p>À lire</p>", 20, slug="torreo")
    found = fetched(site, comments=False)[f"post:{number}"]
    assert (found.title, found.text, found.url) == ("Torréo & Cie", "À lire", f"{site.url}/torreo/")
    assert (found.author.name, found.author.handle, found.kind) == ("claire", "claire", "article")
    assert abs(found.published_at - at) < timedelta(minutes=1)  # the site's own clock is an hour or two ahead
    assert found.updated_at is None or found.updated_at >= found.published_at


def test_what_readers_cannot_see_is_not_read(site):
    open_, draft, guarded = (
        site.post("Torréo", "<p>Torréo</p>", 15, **more)
        for more in ({}, {"status": "draft"}, {"password": "x"})
    )
    waiting = site.comment(open_, "Torréo, en attente", 10, status="hold")
    found = fetched(site)
    assert f"post:{open_}" in found
    assert found.keys().isdisjoint((f"post:{draft}", f"post:{guarded}", f"comment:{waiting}"))
    mine = fetched(site, username="claire", password=site.password)
    assert mine.keys() == found.keys()


def test_more_comments_than_a_page_holds_are_read_by_either_address(site):
    post = site.post("Tasses", "<p>Combien ?</p>", 300)
    last = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
    site.script("fill.php", post, 230, int(last.timestamp()))  # ten seconds apart
    window = Window(last - timedelta(seconds=2000), last)  # without the last; the 200 before it
    wanted = {f"Tasse n° {number}" for number in range(29, 229)}
    for permalinks in (True, False):
        found = fetched(site, window, permalinks=permalinks).values()
        assert {m.text for m in found if m.kind == "comment"} == wanted


def test_a_refused_password_is_said_and_not_told(site):
    with pytest.raises(CredentialsRejected) as raised:
        fetched(site, username="claire", password="faux-mot-de-passe")
    assert "faux" not in str(raised.value)


def test_its_feed_is_not_sent_again_until_there_is_more(site):
    number = site.post("Torréo au banc d'essai", "<p>Un café d'été.</p>", 5, slug="banc")
    options, cache = FeedOptions(url=f"{site.url}/feed/"), {}

    def entries():
        with Http(allow_private=True, cache=cache) as http:
            found = list(Feed().fetch(options, Slice("coffee", "feed", last_hour()), http))
            mentions = [Feed().parse(one.data, options) for one in found if isinstance(one, Item)]
            return mentions, http.not_modified

    first, unchanged = entries()
    assert not unchanged
    assert (first[0].native_id, first[0].title) == (f"{site.url}/banc/", "Torréo au banc d’essai")
    assert first[0].published_at == fetched(site, comments=False)[f"post:{number}"].published_at
    assert entries() == ([], True)
    site.post("Torréo, la suite", "<p>Encore.</p>", 0, slug="suite")
    again, unchanged = entries()
    assert ([m.native_id for m in again[:2]], unchanged) == (
        [f"{site.url}/suite/", f"{site.url}/banc/"],
        False,
    )
