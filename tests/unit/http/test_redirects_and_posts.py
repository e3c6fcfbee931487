"""Redirects, and what is posted: what is repeated, what is not, and who gets to see it."""

import httpx
import pytest

from listening_etl.errors import CredentialsRejected, SourceUnavailable, SourceUnreadable
from listening_etl.http import Http, Validators
from listening_etl.http.addresses import same_server


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(server, http, status):
    server.pages["/old"] = (status, {"Location": "/new?x=1"}, b"")
    server.pages["/new"] = (200, {}, b"here")
    answer = http.get(server.url("/old"), headers={"Authorization": "Bearer t"})
    assert (answer.body, answer.url) == (b"here", server.url("/new?x=1"))
    assert server.seen[1].headers["authorization"] == "Bearer t"  # the same server


def test_credentials_do_not_travel_to_another_server(server, start, http):
    other = start()
    server.pages["/old"] = (302, {"Location": other.url("/new")}, b"")
    other.pages["/new"] = (200, {}, b"here")
    sent = {"Authorization": "Bearer t", "X-Api-Key": "k", "Cookie": "c=1", "Accept": "text/html"}
    http.get(server.url("/old"), headers=sent)
    headers = other.seen[0].headers
    assert headers["accept"] == "text/html"
    assert not {"authorization", "x-api-key", "cookie"} & headers.keys()


def test_five_redirects_and_no_more(server, http):
    for hop in range(6):
        server.pages[f"/{hop}"] = (302, {"Location": f"/{hop + 1}"}, b"")
    server.pages["/6"] = (200, {}, b"here")
    assert http.get(server.url("/1")).body == b"here"
    with pytest.raises(SourceUnreadable, match="more than 5 redirects"):
        http.get(server.url("/0"))


@pytest.mark.parametrize(("old", "new", "same"), [
    ("https://a.test/x", "https://a.test/y", True), ("http://a.test/", "https://a.test/", True),
    ("https://a.test/", "http://a.test/", False), ("https://a.test/", "https://b.test/", False),
    ("https://a.test/", "https://a.test:8443/", False), ("http://a.test:80/", "http://a.test/", True),
])  # fmt: skip
def test_the_same_server_or_its_step_up_to_https(old, new, same):
    assert same_server(httpx.URL(old), httpx.URL(new)) is same


def test_a_redirect_to_nowhere_is_refused(server, http):
    server.pages["/a"] = (302, {"Location": "http://x:port/"}, b"")
    server.pages["/b"] = (302, {}, b"")
    with pytest.raises(SourceUnavailable, match="Invalid URL in location"):
        http.get(server.url("/a"))
    with pytest.raises(SourceUnreadable, match="the server answered 302"):
        http.get(server.url("/b"))


def test_json_and_forms_are_posted(server, http):
    server.pages["/a"] = (200, {"X-Mine": "1"}, b'{"ok": true}')
    answer = http.post(server.url("/a"), headers={"X-Key": "k"}, params={"q": "a"}, json={"user": "Éa"})
    assert (answer.json(), answer.headers["x-mine"]) == ({"ok": True}, "1")
    http.post(server.url("/a"), data={"user": "Éa", "n": 2})
    http.post(server.url("/a"), data=b"<xml/>", headers={"Content-Type": "text/xml"})
    http.post(server.url("/a"))
    assert [(s.method, s.headers.get("content-type"), s.body) for s in server.seen] == [
        ("POST", "application/json", '{"user":"Éa"}'.encode()),
        ("POST", "application/x-www-form-urlencoded", b"user=%C3%89a&n=2"),
        ("POST", "text/xml", b"<xml/>"),
        ("POST", None, b""),
    ]
    assert (server.seen[0].path, server.seen[0].headers["x-key"]) == ("/a?q=a", "k")


@pytest.mark.parametrize(("status", "method", "body"), [
    (301, "GET", b""), (302, "GET", b""), (303, "GET", b""), (307, "POST", b'{"a":1}'), (308, "POST", b'{"a":1}'),
])  # fmt: skip
def test_a_redirect_of_what_was_posted(server, http, status, method, body):
    server.pages["/old"] = (status, {"Location": "/new"}, b"")
    server.pages["/new"] = (200, {}, b"here")
    headers = {"Content-Type": "application/json", "Authorization": "Bearer t"}
    assert http.post(server.url("/old"), headers=headers, json={"a": 1}).body == b"here"
    seen = server.seen[1]
    assert (seen.method, seen.body, "content-type" in seen.headers) == (method, body, bool(body))
    assert seen.headers["authorization"] == "Bearer t"


def test_a_password_is_not_posted_on_to_another_server(server, start, http):
    other = start()
    server.pages["/login"] = (307, {"Location": other.url("/login")}, b"")
    other.pages["/login"] = (200, {}, b"")
    with pytest.raises(SourceUnreadable, match="sends what was posted on to"):
        http.post(server.url("/login"), data={"password": "s3cret"})
    assert other.seen == []


@pytest.mark.parametrize("trouble", [(429, {}, b""), (503, {}, b"")])
def test_a_post_is_repeated_when_the_server_did_not_take_it(server, http, trouble):
    server.pages["/login"] = [trouble, (200, {}, b"in")]
    assert http.post(server.url("/login"), json={"a": 1}).body == b"in"
    assert [seen.body for seen in server.seen] == [b'{"a":1}'] * 2


@pytest.mark.parametrize("trouble", [(500, {}, b""), (502, {}, b""), (504, {}, b""), None])
def test_a_post_that_may_have_been_carried_out_is_not_repeated(server, http, slept, trouble):
    server.pages["/login"] = [trouble]
    with pytest.raises(SourceUnavailable, match="1 of 3 tries"):
        http.post(server.url("/login"), json={"a": 1})
    assert (len(server.seen), slept) == (1, [])


def test_a_post_to_nobody_is_repeated(server, http, slept):
    server.close()
    with pytest.raises(SourceUnavailable, match="3 of 3 tries"):
        http.post(server.url("/login"), json={"a": 1})
    assert len(slept) == 2


def test_nothing_posted_is_conditional_or_remembered(server):
    address = server.url("/a")
    cache = {address: Validators('"v1"')}
    server.pages["/a"] = (200, {"ETag": '"v2"'}, b"")
    with Http(cache=cache, allow_private=True) as http:
        http.post(address)
    assert "if-none-match" not in server.seen[0].headers
    assert cache == {address: Validators('"v1"')}


@pytest.mark.parametrize("status", [400, 401, 404, 429, 503])
def test_an_accepted_refusal_is_an_answer(server, http, slept, status):
    server.pages["/a"] = (status, {}, b'{"error": 1}')
    assert http.get(server.url("/a"), accept=(status,)).json() == {"error": 1}
    answer = http.post(server.url("/a"), accept={status})
    assert (answer.status, answer.json(), len(server.seen), slept) == (status, {"error": 1}, 2, [])


def test_only_what_is_accepted_is_let_through(server, http):
    server.pages["/a"] = (401, {}, b"")
    with pytest.raises(CredentialsRejected):
        http.post(server.url("/a"), accept=(400, 404))


def test_messages_hold_nothing_that_was_sent(server, http):
    server.pages["/bot123456:s3cret/getUpdates"] = (400, {}, b"s3cret")
    with pytest.raises(SourceUnreadable) as raised:
        http.post(server.url("/bot123456:s3cret/getUpdates"), params={"k": "s3cret"}, json={"p": "s3cret"})
    assert "s3cret" not in str(raised.value)
    assert "/bot…/getUpdates" in str(raised.value)
    with pytest.raises(SourceUnreadable) as raised:
        http.post(server.url("/a"), data="s3cret\ud800")
    assert "s3cret" not in str(raised.value)


def test_no_address_with_its_key_is_logged(server, http, caplog):
    caplog.set_level("DEBUG")
    server.pages["/a"] = (200, {}, b"")
    http.get(server.url("/a"), params={"key": "s3cret"}, headers={"Authorization": "Bearer s3cret"})
    assert "s3cret" not in caplog.text
