"""The Mastodon sources against mastodon-mock, a server that is not ours: written, read, edited, deleted."""

import os
import threading
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from listening_etl import Deletion, Gap, Mention, Slice, Window
from listening_etl.http import Http
from plugins.sources.mastodon import Mastodon, MastodonOptions
from plugins.sources.mastodon_stream import MastodonStream, MastodonStreamOptions
from tests.integration.servers.starting import free_port, listens, program, running

TOKEN = "mock_token"  # the account that every mastodon-mock has


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the server's log is."""
    return tmp_path_factory.mktemp("mastodon")


@pytest.fixture(scope="module")
def address(folder):
    """A fresh server in memory."""
    given = os.environ.get("LISTENING_MASTODON_MOCK")
    found = given or program("mastodon_mock", install="pip install mastodon-mock")
    port = free_port()
    command = [found, "serve", "--in-memory", "--host", "127.0.0.1", "--port", port]
    with running(command, lambda: listens(port), folder):
        yield f"http://127.0.0.1:{port}"


def ask(address, method, path, **body):
    answer = httpx.request(
        method,
        f"{address}/api/v1{path}",
        json=body or None,
        headers={"authorization": f"Bearer {TOKEN}"},
        timeout=20,
    )
    answer.raise_for_status()
    return answer.json()


def post(address, text, **more):
    return ask(address, "POST", "/statuses", status=text, language="fr", **more)["id"]


def options(address, **more):
    return MastodonOptions(instance=address, token=TOKEN, **more)


def fetched(address, query, **more):
    """Mentions and the rest of one fetch around now, by what came of each item."""
    now, source, given = datetime.now(UTC), Mastodon(), options(address, **more)
    window = Window(now - timedelta(hours=1), now + timedelta(hours=1))
    with Http(allow_private=True) as http:
        items = list(source.fetch(given, Slice("coffee", "mastodon", window, query), http))
    return [source.parse(item.data, given) for item in items]


def read(found):
    """The mentions of items, threads laid flat, by id."""
    flat = [m for one in found for m in (one if isinstance(one, list) else [one])]
    return {m.native_id: m for m in flat if isinstance(m, Mention)}


def rechecked(address, *ids):
    with Http(allow_private=True) as http:
        items = list(Mastodon().recheck(options(address), ids, http))
    return [Mastodon().parse(item.data, options(address)) for item in items]


def test_a_post_that_names_a_brand_is_read_and_its_deletion_is_seen(address):
    kept = post(address, "Ma Torréo fait un café d'été, enfin ! #torréo")
    gone = post(address, "Ma Torréo fuit déjà… #torréo")
    private = post(address, "Ma Torréo, entre nous #torréo", visibility="private")
    found = read(fetched(address, "#torréo"))
    assert set(found) == {kept, gone}
    assert private not in found
    assert found[kept].text == "Ma Torréo fait un café d'été, enfin ! #torréo"
    assert (found[kept].hashtags, found[kept].lang_declared) == (("torréo",), "fr")
    ask(address, "DELETE", f"/statuses/{gone}")
    alive, deletion = rechecked(address, kept, gone)
    assert alive.text == found[kept].text
    assert deletion == Deletion(gone)


def test_a_thread_is_brought_with_the_post_that_names_the_brand(address):
    question = post(address, "Quelle machine ? #brûlia")
    answer = post(address, "Aucune idée", in_reply_to_id=question)
    (thread,) = [one for one in fetched(address, "#brûlia") if isinstance(one, list)]
    assert [m.native_id for m in thread] == [question, answer]
    assert (thread[1].in_reply_to, thread[1].conversation_id) == (question, question)


def test_a_search_ends_although_this_server_knows_no_offset(address):
    ids = {post(address, f"Kaffenor, tasse {number}") for number in range(5)}
    assert set(read(fetched(address, "Kaffenor"))) == ids


def test_more_pages_than_one_are_read(address):
    ids = {post(address, f"Tasse {number} #pages") for number in range(45)}  # 40 a page
    assert set(read(fetched(address, "#pages", threads=False))) == ids


def test_an_edit_is_seen_by_recheck(address):
    edited = post(address, "Torreo #edit")
    ask(address, "PUT", f"/statuses/{edited}", status="Torréo #edit")
    (mention,) = rechecked(address, edited)
    assert mention.text == "Torréo #edit"
    assert mention.updated_at is not None


def test_the_stream_brings_a_post_and_its_deletion(address, folder):
    source, now = MastodonStream(), datetime.now(UTC)
    given = MastodonStreamOptions(instance=address, seconds=8)
    (log,) = folder.glob("*.log")
    window = Window(now - timedelta(minutes=5), now + timedelta(minutes=5))
    told = []

    def write():
        while "/api/v1/streaming?" not in log.read_text("utf-8") and datetime.now(UTC) < window.until:
            time.sleep(0.1)  # a stream has no memory: nobody may write before somebody listens
        time.sleep(1)
        told.append(post(address, "Torréo en direct #direct"))
        ask(address, "DELETE", f"/statuses/{told[0]}")

    writer = threading.Thread(target=write)
    writer.start()
    with Http(allow_private=True) as http:
        found = list(source.fetch(given, Slice("coffee", "stream", window, '["#direct"]'), http))
    writer.join()
    heard = [source.parse(item.data, given) for item in found if not isinstance(item, Gap)]
    # Edits come under a name that Mastodon does not use (status_update); the recorded stream has the real one.
    assert [type(one) for one in heard] == [Mention, Deletion]
    assert [one.native_id for one in heard] == told * 2
    assert heard[0].text == "Torréo en direct #direct"
