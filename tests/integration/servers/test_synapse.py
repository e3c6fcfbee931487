"""The Matrix source on a real homeserver: French text naming a brand, edited, answered, deleted."""

import subprocess
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import httpx
import pytest

from listening_etl import CredentialsRejected, Deletion, Mention, NotAMention, Slice, Window
from listening_etl.http import Http
from plugins.sources.matrix import Matrix, MatrixOptions
from tests.integration.servers.starting import free_port, program, running

SERVER = "synapse.app.homeserver"
SOURCE = Matrix()
OPEN_TO_ALL = """
enable_registration: true
enable_registration_without_verification: true
rc_message: {per_second: 1000, burst_count: 1000}
"""


def answers(url):
    try:
        return httpx.get(url, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def homeserver(tmp_path_factory):
    python = program("python", module=SERVER, install="pip install matrix-synapse")
    folder, port = tmp_path_factory.mktemp("synapse"), free_port()
    made = [
        "--server-name",
        "localtest",
        "--config-path",
        "hs.yaml",
        "--generate-config",
        "--report-stats=no",
    ]
    subprocess.run([python, "-m", SERVER, *made], cwd=folder, check=True, capture_output=True)
    config = folder / "hs.yaml"
    text = config.read_text("utf-8").replace("port: 8008", f"port: {port}")
    config.write_text(f"{text}\n{OPEN_TO_ALL}", "utf-8")
    url = f"http://127.0.0.1:{port}"
    command = [python, "-m", SERVER, "-c", "hs.yaml"]
    with running(command, lambda: answers(f"{url}/_matrix/client/versions"), folder):
        yield url


class Person:
    """An account that talks."""

    def __init__(self, client, name):
        self.client = client
        account = {"username": name, "password": "mot de passe", "auth": {"type": "m.login.dummy"}}
        self.token = self.said("POST", "/register", account)["access_token"]
        self.client.headers["authorization"] = f"Bearer {self.token}"

    def said(self, method, path, body):
        reply = self.client.request(method, path, json=body)
        reply.raise_for_status()
        return reply.json()

    def writes(self, room, body, **more):
        content = {"msgtype": "m.text", "body": body, **more}
        path = f"/rooms/{quote(room)}/send/m.room.message/{time.monotonic_ns()}"
        return self.said("PUT", path, content)["event_id"]

    def edits(self, room, event_id, body):
        about = {"rel_type": "m.replace", "event_id": event_id}
        now = {"msgtype": "m.text", "body": body}
        return self.writes(room, f"* {body}", **{"m.new_content": now, "m.relates_to": about})

    def deletes(self, room, event_id):
        self.said("PUT", f"/rooms/{quote(room)}/redact/{quote(event_id)}/{time.monotonic_ns()}", {})


@pytest.fixture(scope="module")
def zoe(homeserver):
    with httpx.Client(base_url=f"{homeserver}/_matrix/client/v3", trust_env=False) as client:
        yield Person(client, "zoe")


@pytest.fixture
def room(zoe):
    return zoe.said("POST", "/createRoom", {"preset": "public_chat", "name": "Les mordus du café"})["room_id"]


def heard(url, token, room, window=None):
    """Mentions by id and ids of deletions, as the source brings them from the server."""
    options = MatrixOptions(url=url, access_token=token, rooms=[room])
    now = datetime.now(UTC)
    slice = Slice("café", "matrix", window or Window(now - timedelta(minutes=5), now + timedelta(minutes=1)))
    mentions, deleted = {}, set()
    with Http(allow_private=True) as http:
        for item in SOURCE.fetch(options, slice, http):
            try:
                found = SOURCE.parse(item, options)
            except NotAMention:
                continue
            for one in found if isinstance(found, list) else [found]:
                if isinstance(one, Mention):
                    mentions[one.native_id] = one
                else:
                    deleted.add(one.native_id)
    return mentions, deleted


def test_what_was_written_edited_and_deleted_is_heard(homeserver, zoe, room):
    first = zoe.writes(room, "Ma Toréo Éclair fuit, quelle déception…")
    zoe.edits(room, first, "Ma Torréo Éclair fuit, quelle déception…")
    regretted = zoe.writes(room, "Torréo, bande de voleurs !")
    zoe.deletes(room, regretted)
    answer = {"m.relates_to": {"m.in_reply_to": {"event_id": first}}}
    second = zoe.writes(room, "> <@zoe:localtest> Ma Toréo\n\nRéparée ce matin.", **answer)
    mentions, deleted = heard(homeserver, zoe.token, room)
    assert set(mentions) == {first, second}
    assert mentions[first].text == "Ma Torréo Éclair fuit, quelle déception…"
    assert mentions[first].updated_at > mentions[first].published_at
    assert mentions[first].author.handle == "zoe:localtest"
    assert (mentions[second].text, mentions[second].in_reply_to) == ("Réparée ce matin.", first)
    assert regretted in deleted


def test_an_edit_after_the_window_of_its_message_is_told(homeserver, zoe, room):
    first = zoe.writes(room, "Toréo, avis du jour")
    time.sleep(1.1)
    after = datetime.now(UTC)
    for number in range(105):  # so that the message is not on the page of its edit
        zoe.writes(room, f"Bavardage {number}")
    zoe.edits(room, first, "Torréo, avis du jour")
    mentions, _ = heard(homeserver, zoe.token, room, Window(after, after + timedelta(minutes=5)))
    assert len(mentions) == 106
    assert mentions[first].text == "Torréo, avis du jour"
    assert mentions[first].published_at < after


def test_two_windows_bring_what_one_brings(homeserver, zoe, room):
    for number in range(130):
        zoe.writes(room, f"Torréo, avis {number}")
        if number == 64:
            middle = datetime.now(UTC)
    whole = Window(middle - timedelta(minutes=5), middle + timedelta(minutes=5))
    parts = (Window(whole.since, middle), Window(middle, whole.until))
    earlier, later = (heard(homeserver, zoe.token, room, part)[0] for part in parts)
    assert set(earlier) | set(later) == set(heard(homeserver, zoe.token, room, whole)[0])
    assert len(earlier) + len(later) == 130
    assert {mention.text for mention in earlier.values()} == {
        f"Torréo, avis {number}" for number in range(65)
    }


def test_a_recheck_tells_what_was_deleted_since(homeserver, zoe, room):
    kept, gone = zoe.writes(room, "Torréo me va"), zoe.writes(room, "Torréo, jamais plus")
    zoe.deletes(room, gone)
    options = MatrixOptions(url=homeserver, access_token=zoe.token, rooms=[room])
    with Http(allow_private=True) as http:
        items = list(SOURCE.recheck(options, [kept, gone, "$nobody-wrote-this"], http))
    now = [SOURCE.parse(item, options) for item in items]
    assert now[0].text == "Torréo me va"
    assert [type(one) for one in now[1:]] == [Deletion, Deletion]
    assert [one.native_id for one in now[1:]] == [gone, "$nobody-wrote-this"]


def test_a_wrong_token_is_refused(homeserver, zoe, room):
    with pytest.raises(CredentialsRejected):
        heard(homeserver, "wrong", room)
