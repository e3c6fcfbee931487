"""The parts of the kit: it asks as the pipeline asks, its platform answers as told, its walls are walls."""

from __future__ import annotations

import datetime as dt
import socket
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from listening_etl import (
    Capabilities,
    CredentialsRejected,
    Gap,
    Mention,
    Options,
    SourceUnreadable,
    Truncated,
)
from listening_etl.model import Slice, Window
from listening_etl.pipeline.extract import Fetched, after_cut
from listening_etl.testing import Answer, Request
from listening_etl.testing.driving import Driver
from listening_etl.testing.isolation import NotAllowed, moved_clock, offline
from listening_etl.testing.platform import MOST_REQUESTS, Endless, Platform
from listening_etl.testing.secrecy import secret_values, shown, unguarded
from listening_etl.testing.sources import unlike

START = datetime(2026, 10, 5, tzinfo=UTC)
SECONDS = st.integers(0, 7_200)


class Capped:
    """One post every 50 seconds; `most` posts a query, newest first, and it says down to when it had all."""

    name = "capped"
    options_type = Options
    capabilities = Capabilities(history=None, order="newest_first", deletions="none")

    def __init__(self, most, lost=()):
        self.most, self.lost = most, lost

    def fetch(self, options, slice, http):
        times = [START + timedelta(seconds=50 * n) for n in range(100)]
        held = [t for t in reversed(times) if slice.window.since <= t < slice.window.until]
        yield from ({"id": t.isoformat()} for t in held[: self.most])
        if held[self.most :]:
            yield Truncated("a page at most", reached=held[self.most - 1] if self.most else None)
        yield from self.lost

    def parse(self, item, options):
        return Mention(native_id=item["id"], published_at=item["id"])


def listen(plugin, hours=2):
    driver = Driver(plugin, Options(), "")
    return driver.listen(Window(START, START + timedelta(hours=hours)), Platform(lambda _: None, START).http)


@given(SECONDS, SECONDS, st.none() | SECONDS, st.sampled_from(["newest_first", "oldest_first", "any"]))
def test_what_was_cut_is_asked_for_again_as_the_pipeline_does(since, width, reached, order):
    window = Window(START + timedelta(seconds=since), START + timedelta(seconds=since + width + 1))
    plugin = SimpleNamespace(capabilities=Capabilities(history=None, order=order, deletions="none"))
    cut = Truncated("a page at most", reached=None if reached is None else START + timedelta(seconds=reached))
    context = SimpleNamespace(source=lambda _: (plugin, None))
    _, rest = after_cut(context, Slice("contract", "capped", window), Fetched([], 0, cut))
    ours = Driver(plugin, None, "").rest(window, cut)
    assert sorted(ours, key=lambda w: w.since) == sorted((s.window for s in rest), key=lambda w: w.since)


@pytest.mark.parametrize("most", [100, 7, 2])
def test_a_capped_platform_is_asked_until_all_is_had(most):
    heard = listen(Capped(most))
    assert len({m.native_id for m in heard.mentions}) == len(heard.mentions) == 100
    assert heard.gaps == []


def test_what_no_narrower_window_brings_is_a_gap():
    heard = listen(Capped(0))
    assert heard.mentions == []
    assert not heard.reachable(START)
    assert heard.reachable(START + timedelta(minutes=90))  # nothing was published then


def test_a_gap_is_taken_at_its_word():
    heard = listen(Capped(100, [Gap(START, START + timedelta(hours=1), "archived")]))
    assert not heard.reachable(START)
    assert heard.reachable(START + timedelta(hours=1))


def test_a_source_that_always_says_that_it_was_cut_is_stopped():
    class Always(Capped):
        def fetch(self, options, slice, http):
            yield Truncated("busy", reached=slice.window.until - timedelta(seconds=2))

    with pytest.raises(Endless, match="500 calls"):
        listen(Always(1))


def test_a_platform_answers_what_it_is_told():
    answers = {
        "/dict": {"a": 1},
        "/text": "é",
        "/bytes": b"\xff",
        "/made": Answer([1], headers={"link": "<x>; rel=next"}),
    }
    platform = Platform(lambda request: answers.get(request.path), START)
    with platform.http() as http:
        assert http.get("https://p.test/dict").json() == {"a": 1}
        assert http.get("https://p.test/text").body == "é".encode()
        assert http.get("https://p.test/bytes").body == b"\xff"
        made = http.get("https://p.test/made")
        assert (made.json(), made.headers["link"], made.fetched_at) == ([1], "<x>; rel=next", START)
        with pytest.raises(SourceUnreadable):
            http.get("https://p.test/nothing")
    assert [request.path for request in platform.requests] == [
        "/dict",
        "/text",
        "/bytes",
        "/made",
        "/nothing",
    ]


def test_a_request_can_be_read():
    asked = Request(
        "POST", "https://p.test/a%20b?q=caf%C3%A9&empty=&q=2", {"x-key": "1"}, b"user=ana&word=caf%C3%A9"
    )
    assert (asked.path, asked.params) == ("/a%20b", {"q": "2", "empty": ""})
    assert asked.form == {"user": "ana", "word": "café"}
    assert Request("POST", "https://p.test/", {}, b'{"a": [1]}').json() == {"a": [1]}


def test_waiting_takes_no_time_on_a_platform_and_its_clock_knows_it():
    calls = iter([Answer("busy", status=503, headers={"retry-after": "30"}), Answer("well")])
    platform = Platform(lambda _: next(calls), START)
    began = time.monotonic()
    with platform.http() as http:
        assert http.get("https://p.test/").text == "well"
    assert time.monotonic() - began < 10
    assert platform.now() == START + timedelta(seconds=30)


def test_a_platform_that_is_asked_for_ever_stops_the_plugin():
    platform = Platform(lambda _: "again", START)
    with platform.http() as http, pytest.raises(Endless):
        for _ in range(MOST_REQUESTS + 1):
            try:
                http.get("https://p.test/")
            except Exception:  # noqa: BLE001 - the point: no plugin catches it
                continue


def test_offline_notices_what_is_caught():
    with offline() as tried:
        for reach_out in (
            lambda: socket.create_connection(("127.0.0.1", 9)),
            lambda: socket.getaddrinfo("p.test", 80),
            socket.socket,
        ):
            with pytest.raises(NotAllowed):
                reach_out()
        assert Path(__file__).read_bytes()
    assert tried == ["socket.create_connection", "socket.getaddrinfo", "socket.socket"]
    with offline(files=False) as tried, pytest.raises(OSError, match="open is not allowed"):
        Path(__file__).read_bytes()
    assert tried == ["open"]
    socket.socket().close()


def test_another_day_is_another_day_in_one_module_only():
    today, now, began = date.today(), datetime.now(UTC), time.time()  # noqa: DTZ011
    with moved_clock(__name__, timedelta(days=400)):
        assert date.today() >= today + timedelta(days=400)  # noqa: DTZ011
        assert datetime.now(UTC) >= now + timedelta(days=400)
        assert dt.datetime.now(UTC) >= now + timedelta(days=400)
        assert time.time() >= began + 400 * 86_400
        assert isinstance(now, datetime)
        assert isinstance(datetime.fromisoformat("2026-10-05"), date)
        assert Mention(native_id="1", published_at=datetime(2026, 10, 5, tzinfo=UTC)).published_at == START
    assert date.today() - today < timedelta(days=2)  # noqa: DTZ011
    assert dt.datetime is datetime


def test_secrets_are_found_however_deep():
    class Inner(Options):
        key: SecretStr

    class Outer(Options):
        api_key: str = "bare"
        page_token_url: str = "https://p.test"
        inner: dict[str, list[Inner]]

    options = Outer(inner={"a": [Inner(key="s3cret")]})
    assert list(secret_values(options)) == ["s3cret"]
    assert unguarded(options) == ["api_key"]


def test_an_error_shows_what_led_to_it_unless_told_not_to():
    def told(**raising):
        try:
            try:
                raise ValueError("s3cret")
            except ValueError as error:
                raise CredentialsRejected("refused") from (error if raising["shown"] else None)
        except CredentialsRejected as error:
            return shown(error)

    assert "s3cret" in told(shown=True)
    assert "s3cret" not in told(shown=False)


@pytest.mark.parametrize(
    ("known", "other"),
    [
        ("post:12", "post:987654321"),
        ("p11", "p987654321"),
        ("1845234567890123456", "1845234567890999999"),
        ("at://did:plc:abc/app.bsky.feed.post/3kabcde", "at://did:plc:abc/app.bsky.feed.post/3zzzzzz"),
    ],
)
def test_an_id_of_nothing_looks_like_one_of_something(known, other):
    assert unlike([known]) == other
