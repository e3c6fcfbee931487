"""What an answer can be asked: text, JSON, links."""

from datetime import UTC, datetime

import pytest

from listening_etl.errors import SourceUnreadable
from listening_etl.http import Response


def answer(body=b"", url="https://forum.test/a/b?token=s3cret", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(200, headers, body, url, datetime(2026, 11, 1, tzinfo=UTC))


@pytest.mark.parametrize(("body", "content_type", "text"), [
    (b"\xc3\xa9", "", "é"), (b"\xe9", "text/html; charset=ISO-8859-1", "é"), (b"\xef\xbb\xbfa", "text/plain", "a"),
    (b"\xc3\xa9", 'text/html; Charset="UTF-8"', "é"), (b"a\xff", "", "a\ufffd"),
    (b"\xc3\xa9", "text/html; charset=klingon", "é"), (b"\xc3\xa9", "text/html; charset=base64", "é"),
])  # fmt: skip
def test_text_is_read_in_its_charset(body, content_type, text):
    assert answer(body, content_type=content_type).text == text


@pytest.mark.parametrize(("body", "value"), [
    (b'{"a": [1, null]}', {"a": [1, None]}), (b'\xef\xbb\xbf{"a": 1}', {"a": 1}), (b"[]", []), (b'"\\ud800"', "\ud800"),
    (b"[NaN, Infinity]", [pytest.approx(float("nan"), nan_ok=True), float("inf")]),
])  # fmt: skip
def test_json_is_read_as_servers_write_it(body, value):
    assert answer(body).json() == value


@pytest.mark.parametrize("body", [b"", b"<html>s3cret", b"{", b"[" * 100_000])
def test_a_page_that_is_no_json_is_said_to_be_none(body):
    with pytest.raises(SourceUnreadable, match=r"^https://forum.test/a/b: the answer is no JSON") as raised:
        answer(body).json()
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(("header", "address"), [
    ('<https://m.test/x?max_id=7>; rel="next", <https://m.test/x?min_id=9>; rel="prev"', "https://m.test/x?max_id=7"),
    ('<https://m.test/y>; rel="prev", <https://m.test/x?a=1,2;b>; rel="next"', "https://m.test/x?a=1,2;b"),
    ("<c?p=2>; rel=next", "https://forum.test/a/c?p=2"), ('</c>; title="x, y"; REL="last Next"', "https://forum.test/c"),
    ('<https://m.test/x>; rel="nextish"', None), ("<https://m.test/x>", None), ("rubbish", None), ("", None),
    ('<http://[bad>; rel="next"', "http://[bad"),
])  # fmt: skip
def test_a_link_is_found_by_its_relation(header, address):
    assert answer(link=header).link("next") == address


def test_without_the_header_there_is_no_link():
    assert answer().link("next") is None


def test_an_answer_shows_no_secret_when_printed():
    assert "s3cret" not in repr(answer(b"s3cret", set_cookie="s3cret"))
