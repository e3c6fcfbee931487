"""Waiting: for the host, for our turn, and never longer than a minute."""

import threading
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from listening_etl.errors import SourceUnavailable, SourceUnreadable
from listening_etl.http import Hosts, Http, client, exchange

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOST = "https://forum.test"


class World:
    """A platform that answers in turn with (status, headers, body), and a clock that only sleep moves."""

    def __init__(self):
        self.answers, self.sent, self.slept, self.time = {}, [], [], NOW

    def __call__(self, request):
        self.sent.append((self.time - NOW).total_seconds())
        answers = self.answers.get(request.url.path, [(200, {}, b"")])
        status, headers, body = answers.pop(0) if len(answers) > 1 else answers[0]
        return httpx.Response(status, headers=headers, content=body)

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)

    def http(self, **more):
        return Http(transport=httpx.MockTransport(self), sleep=self.sleep, now=lambda: self.time, **more)


@pytest.fixture
def world():
    return World()


SPENT = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2026-11-01T12:00:40Z"}


def test_when_nothing_remains_the_next_request_waits_for_the_reset(world):
    world.answers["/a"] = [(200, SPENT, b"last"), (200, {}, b"first")]
    with world.http() as http:
        assert http.get(f"{HOST}/a").body == b"last"
        assert world.slept == []
        assert http.get(f"{HOST}/a").body == b"first"
        http.get("https://elsewhere.test/")
    assert world.slept == [40]


def test_another_host_does_not_wait(world):
    world.answers["/a"] = [(200, SPENT, b"")]
    with world.http() as http:
        http.get(f"{HOST}/a")
        http.get("https://elsewhere.test/b")
        http.get(f"{HOST}:8443/b")
    assert world.slept == []


def test_a_wait_that_is_over_is_not_waited_for(world):
    world.answers["/a"] = [(200, SPENT, b"")]
    with world.http() as http:
        http.get(f"{HOST}/a")
        world.time += timedelta(seconds=41)
        http.get(f"{HOST}/b")
    assert world.slept == []


def test_a_reset_in_more_than_a_minute_is_left_to_the_scheduler(world):
    world.answers["/a"] = [(200, {"x-app-usage": '{"call_count": 100}'}, b"")]
    with world.http() as http:
        http.get(f"{HOST}/a")
        for _ in range(2):
            with pytest.raises(SourceUnavailable, match="takes no requests for now") as raised:
                http.get(f"{HOST}/b")
            assert raised.value.retry_at == NOW + timedelta(hours=1)
        world.time += timedelta(hours=1)
        http.get(f"{HOST}/b")
    assert (world.sent, world.slept) == ([0, 3600], [])


def test_too_many_requests_with_the_wait_in_the_body(world):
    world.answers["/getUpdates"] = [(429, {}, b'{"parameters": {"retry_after": 9}}'), (200, {}, b"")]
    with world.http() as http:
        http.get(f"{HOST}/getUpdates")
    assert world.slept == [9]


def test_who_was_refused_and_told_to_wait_long_does_not_ask_again_before(world):
    world.answers["/a"] = [(429, {"Retry-After": "600"}, b"")]
    with world.http() as http:
        for _ in range(3):
            with pytest.raises(SourceUnavailable) as raised:
                http.get(f"{HOST}/a")
            assert raised.value.retry_at == NOW + timedelta(seconds=600)
    assert world.sent == [0]


def test_an_accepted_429_keeps_its_wait_for_the_next_request(world):
    world.answers["/a"] = [(429, {"Retry-After": "8"}, b"")]
    with world.http() as http:
        assert http.get(f"{HOST}/a", accept=(429,)).status == 429
        assert world.slept == []
        http.get(f"{HOST}/b")
    assert world.slept == [8]


def test_a_pause_that_stands_in_a_body(world):
    with world.http() as http:
        http.pause(f"{HOST}/2.3/search?site=x", 10)
        http.pause(f"{HOST}/2.3/search?site=x", 4)  # the longer one stands
        http.pause(HOST, 0)
        http.pause(HOST, -5)
        http.get(f"{HOST}/a")
        http.get(f"{HOST}/b")
        assert world.slept == [10]
        http.pause(HOST, 1e300)
        with pytest.raises(SourceUnavailable) as raised:
            http.get(f"{HOST}/a")
        assert raised.value.retry_at == NOW + timedelta(seconds=10, days=365)
        with pytest.raises(SourceUnreadable):
            http.pause("http://x:port", 1)


def test_a_call_sleeps_a_minute_in_all(world):
    world.answers["/a"] = [(302, {"Location": "/b", "Retry-After": "35"}, b"")]
    world.answers["/b"] = [(503, {"Retry-After": "30"}, b"")]
    with world.http() as http, pytest.raises(SourceUnavailable) as raised:
        http.get(f"{HOST}/a")
    assert world.slept == [35]  # 35 + 30 > 60
    assert raised.value.retry_at == NOW + timedelta(seconds=35 + 30)


def test_a_clock_that_stands_still_does_not_make_a_wait_endless(world):
    world.answers["/a"] = [(200, {"RateLimit": "limit=1, remaining=0, reset=9"}, b"")]
    with Http(transport=httpx.MockTransport(world), sleep=world.slept.append, now=lambda: NOW) as http:
        for _ in range(3):
            http.get(f"{HOST}/a")
    assert world.slept == [9, 9]


def test_jitter_is_full_and_capped_and_counts_as_sleep(world, monkeypatch):
    asked = []
    monkeypatch.setattr(client, "TRIES", 9)
    monkeypatch.setattr(client.random, "uniform", lambda low, high: asked.append((low, high)) or high)
    world.answers["/a"] = [(500, {}, b"")]
    with world.http() as http, pytest.raises(SourceUnavailable, match="6 of 9 tries"):
        http.get(f"{HOST}/a")
    assert asked == [(0, 2), (0, 4), (0, 8), (0, 16), (0, 30), (0, 30)]
    assert world.slept == [2, 4, 8, 16, 30]  # a minute; 30 more would be too long


def test_who_is_told_to_wait_more_while_waiting_waits_more(world):
    with world.http() as http:
        real, told_more = world.sleep, iter([15])
        http._sleep = lambda seconds: (real(seconds), [http.pause(HOST, more) for more in told_more])
        http.pause(HOST, 10)
        http.get(f"{HOST}/a")
    assert (world.slept, world.sent) == ([10, 15], [25])


def test_a_wait_that_is_over_leaves_a_longer_one():
    host = Hosts().named("forum.test:")
    host.close(NOW)
    host.close(NOW + timedelta(seconds=5))
    host.open(NOW)
    assert host.closed_until == NOW + timedelta(seconds=5)
    host.open(host.closed_until)
    assert host.closed_until is None


def test_told_to_wait_no_time_at_all_means_a_pause_of_our_own(world):
    world.answers["/a"] = [(429, {"Retry-After": "0"}, b""), (200, {}, b"")]
    with world.http() as http:
        http.get(f"{HOST}/a")
    assert len(world.slept) == 1
    assert 0 <= world.slept[0] <= 2


@pytest.mark.parametrize(("burst", "waits"), [(1, [2, 2, 2]), (3, [2])])
def test_requests_to_a_host_keep_their_pace(world, burst, waits):
    with world.http(pace=2.0, burst=burst) as http:
        for _ in range(4):
            http.get(f"{HOST}/a")
        http.get("https://elsewhere.test/a")
    assert world.slept == pytest.approx(waits, abs=0.2)


def test_retries_keep_the_pace_too(world, monkeypatch):
    monkeypatch.setattr(client.random, "uniform", lambda low, high: 0.5)
    world.answers["/a"] = [(500, {}, b""), (200, {}, b"")]
    with world.http(pace=2.0) as http:
        http.get(f"{HOST}/a")
    assert world.slept == pytest.approx([0.5, 1.5], abs=0.2)


def test_a_pace_slower_than_a_minute_is_left_to_the_scheduler(world):
    with world.http(pace=61) as http:
        http.get(f"{HOST}/a")
        for _ in range(2):  # no turn is taken by who does not wait for it
            with pytest.raises(SourceUnavailable, match="pace") as raised:
                http.get(f"{HOST}/a")
            assert (raised.value.retry_at - NOW).total_seconds() == pytest.approx(61, abs=0.5)


def test_clients_in_threads_keep_one_pace_together():
    hosts, sent = Hosts(), []

    def answer(request):
        sent.append(time.monotonic())
        return httpx.Response(200)

    def ask():
        with Http(transport=httpx.MockTransport(answer), pace=0.05, hosts=hosts) as http:
            for _ in range(3):
                http.get(f"{HOST}/a")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent) == 12
    assert sent[-1] - began >= 11 * 0.05 - 0.005  # the first goes at once


def test_two_clients_of_a_process_share_what_a_host_said(server):
    server.pages["/a"] = (200, {"Retry-After": "500"}, b"")
    with Http(allow_private=True) as first, Http(allow_private=True) as second:
        first.get(server.url("/a"))
        with pytest.raises(SourceUnavailable, match="takes no requests"):
            second.get(server.url("/a"))
    with Http(allow_private=True, sleep=lambda _: None, now=lambda: NOW) as apart:
        apart.get(server.url("/a"))
    assert len(server.seen) == 2


def test_turns_taken_at_once_are_a_pace_apart():
    host = Hosts().named("forum.test:")
    waits = []
    threads = [
        threading.Thread(target=lambda: waits.append(host.take_turn(0.0, 1.0, 1, 60))) for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [float(n) for n in range(50)]


def test_a_body_that_drips_in_forever_is_given_up(server, http, monkeypatch):
    monkeypatch.setattr(exchange, "LONGEST_ANSWER", -1.0)
    server.pages["/a"] = (200, {}, b"x")
    with pytest.raises(SourceUnavailable, match="the answer took longer"):
        http.get(server.url("/a"))
    server.pages["/b"] = (404, {}, b"x")
    with pytest.raises(SourceUnreadable, match="no such page"):
        http.get(server.url("/b"))
