"""Getting pages from a real local server, with a clock of our own and a sleep that only notes."""

import gzip
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from listening_etl.errors import CredentialsRejected, SourceUnavailable, SourceUnreadable
from listening_etl.http import Http, Validators, addresses, exchange, is_public

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_a_page_comes_whole_and_says_when(server, http):
    server.pages["/a"] = (200, {"X-Limit": "7"}, b"hello")
    answer = http.get(server.url("/a"), headers={"X-Mine": "1"}, params={"q": "a b"})
    assert (answer.status, answer.body, answer.headers["x-limit"]) == (200, b"hello", "7")
    assert answer.fetched_at == NOW
    path, headers = server.seen[0].path, server.seen[0].headers
    assert path in ("/a?q=a%20b", "/a?q=a+b")
    assert headers["x-mine"] == "1"
    assert headers["user-agent"].startswith("listening-etl")


def test_importing_the_client_costs_nothing():
    script = "import sys, listening_etl.http; print('httpx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_params_join_those_of_the_address_and_none_is_left_out(server, http):
    server.pages["/a"] = (200, {}, b"")
    http.get(server.url("/a?x=1"), params={"cursor": None, "n": 5, "tag": ["b", "c"], "on": True})
    assert server.seen[0].path == "/a?x=1&n=5&tag=b&tag=c&on=true"


def test_no_proxy_is_used(server, http, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    server.pages["/a"] = (200, {}, b"straight")
    assert http.get(server.url("/a")).body == b"straight"


def test_a_packed_page_is_unpacked(server, http):
    server.pages["/a"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"hello" * 100))
    assert http.get(server.url("/a")).body == b"hello" * 100


def test_a_page_that_claims_to_be_packed_and_is_not(server, http):
    server.pages["/a"] = (200, {"Content-Encoding": "gzip"}, b"hello")
    with pytest.raises(SourceUnreadable, match="makes no sense"):
        http.get(server.url("/a"))


@pytest.mark.parametrize(("status", "error"), [
    (401, CredentialsRejected), (403, CredentialsRejected), (404, SourceUnreadable), (410, SourceUnreadable),
    (400, SourceUnreadable), (422, SourceUnreadable),
])  # fmt: skip
def test_a_refusal_is_not_tried_again(server, http, slept, status, error):
    server.pages["/a"] = (status, {}, b"")
    with pytest.raises(error, match=str(status)):
        http.get(server.url("/a"))
    assert (len(server.seen), slept) == (1, [])


@pytest.mark.parametrize("trouble", [(500, {}, b""), (503, {}, b""), (429, {}, b""), None])
def test_what_may_pass_is_tried_three_times(server, http, slept, trouble):
    server.pages["/a"] = [trouble, trouble, (200, {}, b"at last")]
    assert http.get(server.url("/a")).body == b"at last"
    assert len(server.seen) == 3
    # Full jitter: between 0 and 2, then between 0 and 4 seconds.
    assert 0 <= slept[0] <= 2
    assert 0 <= slept[1] <= 4


@pytest.mark.parametrize("trouble", [(502, {}, b""), None])
def test_what_does_not_pass_is_for_later(server, http, slept, trouble):
    server.pages["/a"] = trouble
    if trouble is None:
        server.pages["/a"] = [None]
    with pytest.raises(SourceUnavailable, match="3 of 3 tries") as raised:
        http.get(server.url("/a"))
    assert (len(server.seen), len(slept), raised.value.retry_at) == (3, 2, None)


def test_nobody_listens(server, http, slept):
    url = server.url("/a")
    server.close()
    with pytest.raises(SourceUnavailable, match="no answer"):
        http.get(url)
    assert len(slept) == 2


def test_the_wait_that_the_server_asks_for_is_kept(server, http, slept):
    later = format_datetime(NOW + timedelta(seconds=20), usegmt=True)
    server.pages["/a"] = [
        (429, {"Retry-After": "7"}, b""),
        (503, {"Retry-After": later}, b""),
        (200, {}, b""),
    ]
    http.get(server.url("/a"))
    assert slept == [7, 20]


@pytest.mark.parametrize(("first", "second"), [("61", None), ("40", "21"), ("99999999999999999999", None)])
def test_a_long_wait_is_left_to_the_scheduler(server, http, slept, first, second):
    server.pages["/a"] = [(429, {"Retry-After": first}, b""), (429, {"Retry-After": second or first}, b"")]
    with pytest.raises(SourceUnavailable) as raised:
        http.get(server.url("/a"))
    assert slept == ([] if second is None else [40])  # 40 + 21 > 60
    seconds = min(int(second or first), 365 * 86_400)
    assert raised.value.retry_at == NOW + timedelta(seconds=seconds)


def test_a_cookie_is_not_kept(server, http):
    server.pages["/a"] = (200, {"Set-Cookie": "track=1"}, b"")
    http.get(server.url("/a"))
    http.get(server.url("/a"))
    assert "cookie" not in server.seen[1].headers


def test_unchanged_pages_are_asked_for_politely(server, slept):
    cache = {}
    date = "Sun, 01 Nov 2026 10:00:00 GMT"
    server.pages["/a"] = [(200, {"ETag": '"v1"', "Last-Modified": date}, b"one"), (304, {}, b"")]
    http = Http(cache=cache, allow_private=True, sleep=slept.append)
    assert http.get(server.url("/a"), conditional=True).body == b"one"
    assert cache == {server.url("/a"): Validators('"v1"', date)}
    again = http.get(server.url("/a"), conditional=True)
    http.close()
    assert (again.status, again.body) == (304, b"")
    assert server.seen[1].headers["if-none-match"] == '"v1"'
    assert server.seen[1].headers["if-modified-since"] == date
    assert cache == {server.url("/a"): Validators('"v1"', date)}


def test_a_page_of_many_is_never_conditional(server):
    server.pages["/a"] = (200, {"ETag": '"v1"'}, b"one")
    with Http(cache={}, allow_private=True) as http:
        http.get(server.url("/a"))
        http.get(server.url("/a"))
    assert "if-none-match" not in server.seen[1].headers


def test_without_a_cache_nothing_is_conditional(server, http):
    server.pages["/a"] = (200, {"ETag": '"v1"'}, b"one")
    http.get(server.url("/a"), conditional=True)
    http.get(server.url("/a"), conditional=True)
    assert "if-none-match" not in server.seen[1].headers


@pytest.mark.parametrize("packed", [False, True])
def test_too_large_a_page_is_refused(server, http, monkeypatch, packed):
    monkeypatch.setattr(exchange, "LARGEST_BODY", 100_000)
    body = b"x" * 100_001
    server.pages["/a"] = (
        (200, {"Content-Encoding": "gzip"}, gzip.compress(body)) if packed else (200, {}, body)
    )
    server.pages["/b"] = (200, {}, body[1:])
    with pytest.raises(SourceUnreadable, match="larger than 100,000 bytes"):
        http.get(server.url("/a"))
    assert len(http.get(server.url("/b")).body) == 100_000


@pytest.mark.parametrize(
    "url", ["ftp://example.org/a", "file:///etc/passwd", "/etc/passwd", "http://", "http://x:port"]
)
def test_only_web_addresses_are_fetched(http, url):
    with pytest.raises(SourceUnreadable):
        http.get(url)


def test_a_redirect_to_a_file_is_refused(server, http):
    server.pages["/a"] = (302, {"Location": "file:///etc/passwd"}, b"")
    with pytest.raises(SourceUnreadable, match="'file' is not fetched"):
        http.get(server.url("/a"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0.0.0.0", "10.0.0.1"])
def test_private_addresses_are_refused(server, host):
    url = server.url("/a").replace("127.0.0.1", host)
    with Http(sleep=lambda _: None) as http, pytest.raises(SourceUnreadable, match="is a private address"):
        http.get(url)
    assert server.seen == []


def test_a_name_that_changes_its_mind_is_refused(server, monkeypatch):
    public = [(2, 1, 6, "", ("93.184.216.34", 80))]
    truly = addresses.socket.getaddrinfo
    answers = iter([public])
    monkeypatch.setattr(
        addresses.socket, "getaddrinfo", lambda *a, **k: next(answers, None) or truly(*a, **k)
    )
    server.pages["/a"] = (200, {}, b"inside")
    with Http(sleep=lambda _: None) as http, pytest.raises(SourceUnreadable, match="is a private address"):
        http.get(server.url("/a"))


@pytest.mark.parametrize(("address", "public"), [
    ("8.8.8.8", True), ("2606:4700::1111", True), ("192.168.1.1", False), ("169.254.169.254", False),
    ("100.64.0.1", False), ("224.0.0.1", False), ("::ffff:127.0.0.1", False), ("::ffff:8.8.8.8", True),
    ("64:ff9b::7f00:1", False), ("2002:7f00:1::", False), ("fe80::1%eth0", False), ("fd00::1", False),
])  # fmt: skip
def test_public_or_not(address, public):
    assert is_public(address) is public


def test_a_message_holds_no_secret(server, http):
    server.pages["/a"] = (404, {}, b"")
    url = server.url("/a?token=s3cret#s3cret").replace("http://", "http://me:s3cret@")
    with pytest.raises(SourceUnreadable) as raised:
        http.get(url)
    assert "s3cret" not in str(raised.value)
    assert "/a" in str(raised.value)
    with pytest.raises(SourceUnreadable) as raised:
        http.get(server.url("/a"), headers={"Authorization": "Bearer s3cret\n"})
    assert "s3cret" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_connections_that_a_source_opens_by_itself_are_checked_too(http):
    http.check("imaps://127.0.0.1:993")  # this client may
    with Http() as strict:
        with pytest.raises(SourceUnreadable, match="is a private address"):
            strict.check("imaps://127.0.0.1:993")
        with pytest.raises(SourceUnavailable, match="no such host"):
            strict.check("wss://nowhere.invalid/subscribe")
