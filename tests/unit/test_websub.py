"""The WebSub receiver: what it asks of hubs, what it answers them, what it stores."""

import hashlib
import hmac
import http.client
import logging
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode

import httpx
import pytest

from listening_etl import CredentialsRejected, SourceUnreadable
from listening_etl.http import Http
from listening_etl.websub import LARGEST_PUSH, Receiver, Topic, discover, is_signed, main, store, subscribe

KEY = b"an invented key of ours"
FEED = "https://journal.example/feed"
HUB = "https://hub.example/"
PUSH = b'<rss version="2.0"><channel><item><title>Neuf</title></item></channel></rss>'
LINKS = {"link": f'<{HUB}>; rel="hub", </feed>; rel="self"'}


class World:
    """A feed with a hub; it keeps what the hub was asked."""

    def __init__(self, headers=LINKS, body=b"", hub_says=202):
        self.asked, self.headers, self.body, self.hub_says = [], headers, body, hub_says

    def http(self):
        def answer(request):
            if request.method == "POST":
                form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
                self.asked.append((str(request.url), form))
                return httpx.Response(self.hub_says)
            return httpx.Response(200, headers=self.headers, content=self.body)

        return Http(transport=httpx.MockTransport(answer))


@pytest.fixture
def clock():
    return [datetime(2026, 11, 1, tzinfo=UTC)]


@pytest.fixture
def receiver(clock):
    with Receiver("https://listen.example/websub/", KEY, now=lambda: clock[0]) as running:
        yield running


def call(receiver, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=5)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def subscribed(receiver, inbox):
    """A subscription that the hub has verified, and the path that it calls."""
    world = World()
    subscription = receiver.subscribe(FEED, inbox, world.http())
    path = world.asked[0][1]["hub.callback"].removeprefix("https://listen.example")
    return subscription, path, world


def verification(topic=FEED, mode="subscribe", **more):
    asked = {"hub.mode": mode, "hub.topic": topic, "hub.challenge": "défi", "hub.lease_seconds": "864000"}
    return urlencode({**asked, **more})


def signature(secret, body=PUSH, digest="sha256"):
    return {"X-Hub-Signature": f"{digest}={hmac.new(secret.encode(), body, digest).hexdigest()}"}


def test_a_subscription_asks_the_hub_for_signed_pushes(receiver, tmp_path):
    subscription, path, world = subscribed(receiver, tmp_path / "inbox")
    address, form = world.asked[0]
    assert address == HUB
    assert (form["hub.mode"], form["hub.topic"], form["hub.lease_seconds"]) == ("subscribe", FEED, "864000")
    assert form["hub.secret"] == subscription.secret
    assert len(form["hub.secret"]) == 64  # less than the 200 bytes that are allowed
    assert form["hub.callback"] == f"https://listen.example{path}"
    assert subscription.expires is None  # not before the hub has verified


def test_another_topic_and_another_key_have_other_secrets(tmp_path):
    made = set()
    for key, topic in ((KEY, FEED), (KEY, "https://other.example/feed"), (b"another key of ours", FEED)):
        world = World({"link": f'<{HUB}>; rel="hub", <{topic}>; rel="self"'})
        receiver = Receiver("https://listen.example", key)
        receiver.subscribe(FEED, tmp_path, world.http())
        receiver._server.server_close()
        made |= {world.asked[0][1]["hub.secret"], world.asked[0][1]["hub.callback"]}
    assert len(made) == 6
    with pytest.raises(ValueError, match="16 bytes"):
        Receiver("https://listen.example", b"short")


def test_the_hub_is_answered_with_its_challenge_for_what_we_asked_only(receiver, clock, tmp_path):
    subscription, path, _ = subscribed(receiver, tmp_path)
    for wrong in (
        f"{path}?{verification('https://other.example/')}",
        f"{path}?{verification(mode='unsubscribe')}",
        f"{path}?{verification(**{'hub.lease_seconds': 'soon'})}",
        f"{path}?{verification(**{'hub.challenge': ''})}",
        f"/websub/guess?{verification()}",
        path,
    ):
        assert call(receiver, "GET", wrong) == (404, b"")
    assert subscription.expires is None
    assert call(receiver, "GET", f"{path}?{verification()}") == (200, "défi".encode())
    assert subscription.expires == clock[0] + timedelta(days=10)  # 864,000 s


@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha384", "sha512"])
def test_a_signed_push_is_stored_once(receiver, tmp_path, digest):
    subscription, path, _ = subscribed(receiver, tmp_path)
    for _ in range(2):
        assert call(receiver, "POST", path, PUSH, signature(subscription.secret, digest=digest))[0] == 202
    (stored,) = tmp_path.iterdir()
    assert stored.read_bytes() == PUSH
    assert stored.name == f"{hashlib.sha256(PUSH).hexdigest()[:32]}.feed"


@pytest.mark.parametrize("headers", [
    {}, {"X-Hub-Signature": "sha256="}, {"X-Hub-Signature": "md5=" + "0" * 32}, signature("another secret"),
    {"X-Hub-Signature": "sha256=é"},
])  # fmt: skip
def test_a_push_without_the_right_signature_is_thrown_away(receiver, tmp_path, headers):
    subscription, path, _ = subscribed(receiver, tmp_path)
    sent = {name: value.encode() for name, value in headers.items()}
    assert call(receiver, "POST", path, PUSH, sent)[0] == 202  # says nothing to who tries secrets
    assert list(tmp_path.iterdir()) == []
    assert (subscription.received, subscription.refused) == (0, 1)


def test_a_push_to_an_unknown_address_or_too_large(receiver, tmp_path):
    subscription, path, _ = subscribed(receiver, tmp_path)
    signed = signature(subscription.secret)
    assert call(receiver, "POST", "/websub/guess", PUSH, signed)[0] == 404
    assert call(receiver, "POST", path, None, {**signed, "Content-Length": str(LARGEST_PUSH + 1)})[0] == 413
    assert call(receiver, "POST", path, None, {**signed, "Content-Length": "many"})[0] == 413
    assert list(tmp_path.iterdir()) == []


def test_a_subscription_is_renewed_before_its_lease_ends(receiver, clock, tmp_path):
    _, path, world = subscribed(receiver, tmp_path)
    call(receiver, "GET", f"{path}?{verification()}")  # ten days
    clock[0] += timedelta(days=7)
    receiver.renew(world.http())
    assert len(world.asked) == 1  # three days are left, a quarter is 2.5
    clock[0] += timedelta(hours=13)
    receiver.renew(world.http())
    assert world.asked[1] == world.asked[0]
    call(receiver, "GET", f"{path}?{verification()}")
    receiver.renew(world.http())
    assert len(world.asked) == 2


def test_what_was_never_verified_is_asked_for_again_and_what_was_denied_is_not(receiver, tmp_path):
    subscription, path, world = subscribed(receiver, tmp_path)
    receiver.renew(world.http())
    assert len(world.asked) == 2
    denial = verification(mode="denied", **{"hub.reason": "not here"})
    assert call(receiver, "GET", f"{path}?{denial}")[0] == 200
    assert subscription.denied == "not here"
    receiver.renew(world.http())
    assert len(world.asked) == 2


def test_a_hub_that_is_away_does_not_stop_the_others(receiver, tmp_path, caplog):
    subscription, path, _ = subscribed(receiver, tmp_path)
    with caplog.at_level(logging.DEBUG):
        receiver.renew(World(hub_says=404).http())
        call(receiver, "POST", path, PUSH)
    assert "is not renewed" in caplog.text
    assert "was not signed" in caplog.text
    for hidden in (subscription.secret, path.rpartition("/")[2], KEY.decode()):
        assert hidden not in caplog.text
        assert hidden not in repr(subscription)


def test_a_hub_that_refuses_is_an_error_and_the_next_hub_is_asked(tmp_path):
    with pytest.raises(CredentialsRejected, match=r"hub\.example"):
        subscribe(Topic(FEED, (HUB,)), "https://l.example/1", "s", World(hub_says=403).http())
    world = World()
    subscribe(Topic(FEED, ("http://clear.example/", HUB)), "https://l.example/1", "s", world.http())
    assert [address for address, _ in world.asked] == [HUB]  # the secret does not travel in clear text
    with pytest.raises(SourceUnreadable, match="clear text"):
        subscribe(Topic(FEED, ("http://clear.example/",)), "https://l.example/1", "s", world.http())


ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom"><link rel="hub" href="{HUB}"/><link rel="self" href="{FEED}?a"/>
<entry><link rel="self" href="https://journal.example/entry"/></entry></feed>""".encode()
JSON = f'{{"hubs": [{{"type": "WebSub", "url": "{HUB}"}}], "feed_url": "{FEED}?j", "items": []}}'.encode()


@pytest.mark.parametrize(("headers", "body", "topic"), [
    (LINKS, b"", Topic(FEED, (HUB,))),
    ({"link": f"<{HUB}>; rel=hub; x=1, <https://hub2.example/>;rel='x'; rel=\"hub\""}, b"", Topic(FEED, (HUB,))),
    ({"link": f'<{HUB}>; rel="hub self"'}, b"", Topic(HUB, (HUB,))),
    ({}, ATOM, Topic(f"{FEED}?a", (HUB,))),
    ({"link": '</>; rel="next"'}, JSON, Topic(f"{FEED}?j", (HUB,))),
])  # fmt: skip
def test_the_hub_is_found_in_the_headers_or_in_the_feed(headers, body, topic):
    found = discover(FEED, World(headers, body).http())
    assert (found.url, found.hubs[0]) == (topic.url, topic.hubs[0])


def test_a_feed_without_a_hub_can_only_be_polled():
    with pytest.raises(SourceUnreadable, match=r"names no hub.*Poll it"):
        discover(f"{FEED}?token=secret", World({}, PUSH).http())


def test_half_a_body_is_never_in_the_inbox(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="no space"):
        store(tmp_path, PUSH)
    assert list(tmp_path.iterdir()) == []


def test_a_push_that_cannot_be_stored_is_sent_again(receiver, tmp_path):
    subscription, path, _ = subscribed(receiver, tmp_path / "inbox")
    (tmp_path / "inbox").rmdir()
    assert call(receiver, "POST", path, PUSH, signature(subscription.secret))[0] == 500


def test_a_signature_is_of_the_body():
    assert is_signed(PUSH, signature("s")["X-Hub-Signature"].upper().replace("SHA", "sha"), "s")
    assert not is_signed(PUSH + b" ", signature("s")["X-Hub-Signature"], "s")


def test_the_command_subscribes_and_serves_until_it_is_stopped(monkeypatch, tmp_path, capsys):
    stopped, seen = threading.Event(), []
    stopped.set()
    monkeypatch.setattr(Receiver, "subscribe", lambda self, *given: seen.append(given[:2]))
    arguments = ["--callback", "https://l.example", "--port", "0", f"{FEED}?a=1={tmp_path}"]
    monkeypatch.setenv("LISTENING_WEBSUB_KEY", KEY.decode())
    main(arguments, stopped)
    assert seen == [(f"{FEED}?a=1", tmp_path)]
    monkeypatch.setenv("LISTENING_WEBSUB_KEY", "short")
    with pytest.raises(SystemExit):
        main(arguments, stopped)
    assert "set LISTENING_WEBSUB_KEY" in capsys.readouterr().err
