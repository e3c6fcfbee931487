"""Recording and replay: the same answers without a network, and no secret on disk."""

import base64
import json

import httpx
import pytest

from listening_etl.errors import CredentialsRejected, SourceUnavailable
from listening_etl.http import Http
from listening_etl.http.recording import NotRecorded, Recorder, Replay

HOST = "https://forum.test"
SECRET = 's3cret/"+='  # what an address and JSON each write in their own way


def recording(folder, answer, secrets=()):
    transport = httpx.MockTransport(answer if callable(answer) else lambda request: answer)
    return Http(transport=transport, recorder=Recorder(folder, secrets), sleep=lambda _: None)


def replaying(folder, **more):
    return Http(transport=Replay(folder, **more), sleep=lambda _: None)


def on_disk(folder):
    """Everything that is written, also what is packed in base64 or escaped."""
    kept = [json.loads(path.read_text("utf-8")) for path in folder.iterdir()]
    unpacked = [base64.b64decode(one.get("body_base64", "")).decode("utf-8", "replace") for one in kept]
    return "\n".join([*(path.read_text("utf-8") for path in folder.iterdir()), *map(repr, kept), *unpacked])


def test_what_was_recorded_is_served_again(tmp_path):
    answers = iter([
        httpx.Response(200, headers={"Link": '<https://forum.test/a?p=2>; rel="next"'}, text="é"),
        httpx.Response(200, content=b"\xff\xfe\x00"),
        httpx.Response(302, headers={"Location": "/c"}),
        httpx.Response(429, headers={"Retry-After": "1"}),
        httpx.Response(200, json={"ok": True}),
        httpx.Response(404),
    ])  # fmt: skip

    def ask(http):
        first = http.get(f"{HOST}/a", params={"b": "1", "a": "x y"})
        page, moved = http.get(f"{HOST}/a", params={"p": 2}), http.post(f"{HOST}/b", json={"q": 1})
        gone = http.get(f"{HOST}/d", accept=(404,))
        return first.text, first.link("next"), page.body, moved.url, moved.json(), gone.status

    expected = ("é", f"{HOST}/a?p=2", b"\xff\xfe\x00", f"{HOST}/c", {"ok": True}, 404)
    with recording(tmp_path, lambda request: next(answers)) as http:
        assert ask(http) == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"000{n}.json" for n in range(1, 7)]
    with replaying(tmp_path) as http:
        assert ask(http) == expected


def test_a_file_says_what_was_asked_and_answered(tmp_path):
    headers = {"Set-Cookie": "c=1", "Content-Type": "text/plain", "X-Limit": "7"}
    with recording(tmp_path, httpx.Response(200, headers=headers, text="hello")) as http:
        http.get(f"https://me:pw12@forum.test/a?q=1&key={SECRET}#top")
    assert json.loads((tmp_path / "0001.json").read_text("utf-8")) == {
        "method": "GET", "url": "https://forum.test/a?q=1&key=REDACTED", "status": 200,
        "headers": {"content-type": "text/plain", "x-limit": "7"}, "body": "hello",
    }  # fmt: skip


@pytest.mark.parametrize("send", [
    {"headers": {"Authorization": f"Bearer {SECRET}"}}, {"headers": {"X-API-Key": SECRET}},
    {"headers": {"Cookie": f"session={SECRET}"}}, {"params": {"access_token": SECRET}}, {"params": {"key": SECRET}},
    {"params": {"appsecret_proof": SECRET}}, {"json": {"password": SECRET}}, {"data": {"client_secret": SECRET}},
    {"headers": {"Authorization": "Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode()}},
], ids=str)  # fmt: skip
@pytest.mark.parametrize("packed", [False, True])
def test_a_planted_secret_is_nowhere_on_disk(tmp_path, send, packed):
    def echo(request):
        body = {"next": f"{HOST}/a?x=1&access_token=t0ken", "seen": SECRET, "sent": request.content.decode()}
        headers = {"Link": f"<{request.url}>; rel=next", "X-Echo": request.headers.get("authorization", "")}
        text = json.dumps(body, ensure_ascii=packed) + str(request.url)
        return httpx.Response(200, headers=headers, content=text.encode() + b"\xff" * packed)

    with recording(tmp_path, echo) as http:
        http.post(f"{HOST}/a", **send)
    written = on_disk(tmp_path)
    assert "REDACTED" in written
    for trace in ("s3cret", "t0ken", base64.b64encode(f"me:{SECRET}".encode()).decode()):
        assert trace not in written


def test_what_the_caller_lists_is_struck_out_too(tmp_path):
    answer = httpx.Response(200, headers={"X-User": "ana@k.test"}, text="Mail to ana@k.test, or ana%40k.test")
    with recording(tmp_path, answer, secrets=["ana@k.test", ""]) as http:
        http.get(f"{HOST}/users/ana@k.test", params={"mail": "ana@k.test"})
    assert "k.test" not in on_disk(tmp_path).replace("forum.test", "")
    with replaying(tmp_path, secrets=["ana@k.test"]) as http:
        assert http.get(f"{HOST}/users/ana@k.test", params={"mail": "ana@k.test"}).text == (
            "Mail to REDACTED, or REDACTED"
        )


@pytest.mark.parametrize("written", [
    'a/b+"é 😀', r"a\/b+\"é 😀", "a%2Fb%2b%22%C3%A9+%F0%9F%98%80", r"a\/b\u002b\"\u00e9 \ud83d\uDE00",
    r"a/b+\\\"\\u00E9\\u0020\\ud83d\\ude00", "a/b+%22%c3%a9%20😀",
])  # fmt: skip
def test_a_secret_is_known_in_any_spelling(tmp_path, written):
    with recording(tmp_path, httpx.Response(200, text=f"[{written}]"), secrets=['a/b+"é 😀']) as http:
        http.get(HOST)
    assert json.loads((tmp_path / "0001.json").read_text("utf-8"))["body"] == "[REDACTED]"


def test_a_token_shows_in_no_answer_to_a_login(tmp_path):
    session = {
        "accessJwt": "eyJ.1",
        "refreshJwt": "eyJ.2",
        "access_token": 'a"b',
        "sid": "s1d-77",
        "handle": "ana",
    }
    with recording(tmp_path, httpx.Response(200, json=session)) as http:
        http.post(f"{HOST}/login", json={"identifier": "ana", "password": "pw-12"})
        http.get(f"{HOST}/bot123456:AbC-dEf/getMe", headers={"Authorization": "Bearer s1d-77"})
    written = on_disk(tmp_path)
    for trace in (
        "eyJ",
        'a"b',
        'a\\"b',
        "s1d-77",
        "pw-12",
        "AbC-dEf",
    ):  # s1d-77 is known from the second request
        assert trace not in written
    with replaying(tmp_path) as http:
        assert http.post(f"{HOST}/login").json() == {**dict.fromkeys(session, "REDACTED"), "handle": "ana"}
        assert http.get(f"{HOST}/bot9:other/getMe").status == 200


def test_short_words_are_not_struck_out_of_the_text(tmp_path):
    with recording(tmp_path, httpx.Response(200, text="an ant, a key")) as http:
        http.get(f"{HOST}/a", params={"key": "an"}, headers={"Cookie": "lang=a"})
    assert json.loads((tmp_path / "0001.json").read_text("utf-8"))["body"] == "an ant, a key"


def test_answers_come_in_the_order_they_were_recorded(tmp_path):
    pages = iter("abcd")
    with recording(tmp_path, lambda request: httpx.Response(200, text=next(pages))) as http:
        for path in ("/new", "/old", "/new"):
            http.get(HOST + path)
    with recording(tmp_path, lambda request: httpx.Response(200, text=next(pages))) as http:
        http.get(f"{HOST}/new")  # another day: after those that are there
    with replaying(tmp_path) as http:
        assert [http.get(HOST + path).text for path in ("/old", "/new", "/new", "/new")] == [
            "b",
            "a",
            "c",
            "d",
        ]
        with pytest.raises(NotRecorded, match="GET /new was recorded 3 times and is asked for once more"):
            http.get(f"{HOST}/new")


def test_what_was_not_recorded_names_the_nearest(tmp_path):
    with recording(tmp_path, httpx.Response(200)) as http:
        http.get(f"{HOST}/posts.json", params={"before": 17, "key": SECRET})
        http.get(f"{HOST}/about")
    with replaying(tmp_path) as http:
        with pytest.raises(NotRecorded) as raised:
            http.get(f"{HOST}/posts.json", params={"before": 18, "key": SECRET})
        assert str(raised.value).endswith(
            "GET /posts.json?before=18&key=REDACTED was not recorded; "
            "the nearest is GET /posts.json?before=17&key=REDACTED. Record again."
        )
        with pytest.raises(NotRecorded, match="POST /about was not recorded; the nearest is GET /about"):
            http.post(f"{HOST}/about")


def test_the_order_of_parameters_and_the_server_do_not_matter(tmp_path):
    with recording(tmp_path, httpx.Response(200, text="x")) as http:
        http.get(f"{HOST}/a?b=2&a=1&b=1&c=")
    with replaying(tmp_path) as http:
        assert http.get("http://127.0.0.1:8080/a?a=1&b=1&b=2&c=").text == "x"


@pytest.mark.parametrize("folder", ["empty", "absent"])
def test_nothing_recorded_is_said(tmp_path, folder):
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotRecorded, match="nothing is recorded"):
        Replay(tmp_path / folder)


def test_refusals_are_recorded_as_they_are(tmp_path):
    with recording(tmp_path, httpx.Response(401, text="who?")) as http, pytest.raises(CredentialsRejected):
        http.get(f"{HOST}/a")
    with replaying(tmp_path) as http, pytest.raises(CredentialsRejected):
        http.get(f"{HOST}/a")


def test_a_recorder_that_sees_a_real_server(tmp_path, server):
    server.pages["/a"] = [(503, {}, b"later"), (200, {"Set-Cookie": "c=1"}, b"hello")]
    with Http(allow_private=True, recorder=Recorder(tmp_path), sleep=lambda _: None) as http:
        assert http.get(server.url("/a")).body == b"hello"
    with replaying(tmp_path) as http:
        assert http.get(f"{HOST}/a").body == b"hello"
    with replaying(tmp_path) as http:
        assert http.get(f"{HOST}/a", accept=(503,)).body == b"later"
    assert "set-cookie" not in on_disk(tmp_path)
    server.close()
    again = Http(allow_private=True, recorder=Recorder(tmp_path), sleep=lambda _: None)
    with again as http, pytest.raises(SourceUnavailable):
        http.get(server.url("/a"))
    assert len(list(tmp_path.iterdir())) == 2
