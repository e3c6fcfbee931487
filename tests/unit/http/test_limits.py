"""What servers say of their limits, in every dialect; the waits are worked out by hand."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listening_etl.http import Told, told, wait_asked

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)  # 1793534400 as unix time
YEAR = 365 * 86_400


@pytest.mark.parametrize(("header", "seconds"), [
    (None, None), ("5", 5), (" 5 ", 5), ("1.5", 1.5), ("-5", None), ("soon", None), ("", None), ("٥", None), ("1e3", None),
    ("Sun, 01 Nov 2026 12:00:30 GMT", 30), ("Sun, 01 Nov 2026 12:00:30 -0000", 30),
    ("Sun, 01 Nov 2026 11:00:00 GMT", 0), ("Sun, 99 Nov 2026 11:00:00 GMT", None),
    ("2026-11-01T12:05:00.123456Z", 300.123456), ("2026-11-01T13:05:00+01:00", 300), ("2026-11-01T12:05:00", 300),
    ("1793534430", 30), ("1793534430.5", 30.5), ("1793534430500", 30.5), ("1793534000", 0),
    ("99999999999999999999", YEAR), ("999999999", YEAR), ("9999-12-31T23:59:59Z", YEAR), ("1" * 40, None),
])  # fmt: skip
def test_a_wait_or_a_point_in_time(header, seconds):
    assert wait_asked(header, NOW) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(("headers", "remaining", "wait", "reset"), [
    # Mastodon: the reset is a date
    ({"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2026-11-01T12:05:00Z"}, 0, 300, 300),
    ({"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "2026-11-01T12:05:00Z"}, 1, None, 300),
    # X and Bluesky: a unix time
    ({"x-rate-limit-limit": "450", "x-rate-limit-remaining": "0", "x-rate-limit-reset": "1793535300"}, 0, 900, 900),
    ({"ratelimit-limit": "3000", "ratelimit-remaining": "0", "ratelimit-reset": "1793534460",
      "ratelimit-policy": "3000;w=300"}, 0, 60, 60),
    # Reddit: seconds to go, requests in fractions
    ({"X-Ratelimit-Used": "100", "X-Ratelimit-Remaining": "0.0", "X-Ratelimit-Reset": "122"}, 0, 122, 122),
    ({"X-Ratelimit-Used": "99", "X-Ratelimit-Remaining": "0.6", "X-Ratelimit-Reset": "12.5"}, 0.6, 12.5, 12.5),
    ({"X-Ratelimit-Used": "2", "X-Ratelimit-Remaining": "98.0", "X-Ratelimit-Reset": "122"}, 98, None, 122),
    # the IETF's drafts: three headers, one list in two spellings
    ({"RateLimit-Limit": "10", "RateLimit-Remaining": "0", "RateLimit-Reset": "5"}, 0, 5, 5),
    ({"RateLimit": '"default";r=50;t=30', "RateLimit-Policy": '"default";q=100;w=60'}, 50, None, 30),
    ({"RateLimit": '"r=0;t=9000, a";r=50;t=30, "day";r=0;t=3000'}, 0, 3000, 3000),
    ({"RateLimit": "limit=100, remaining=0, reset=50"}, 0, 50, 50),
    ({"RateLimit": "limit=100, remaining=7, reset=50"}, 7, None, 50),
    # two counters: the scarcest speaks
    ({"x-rate-limit-remaining": "40", "x-rate-limit-reset": "1793535300", "x-app-limit-24hour-remaining": "0",
      "x-app-limit-24hour-reset": "1793538000"}, 0, 3600, 3600),
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "2.5", "X-RateLimit-Reset": "1793538000"}, 0, 2.5, 2.5),
    # Apple: of a rolling hour
    ({"X-Rate-Limit": "user-hour-lim:3500;user-hour-rem:500;"}, 500, None, 3600),
    ({"X-Rate-Limit": "user-hour-lim:3500;user-hour-rem:0;"}, 0, 3600, 3600),
    # a wait in so many words comes before a counter
    ({"Retry-After": "7", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "300"}, 0, 7, 300),
    # nothing said, or nothing that makes sense
    ({}, None, None, None), ({"X-RateLimit-Remaining": "0"}, 0, None, None), ({"X-RateLimit-Reset": "60"}, None, None, 60),
    ({"X-RateLimit-Remaining": "-1", "X-RateLimit-Reset": "60"}, None, None, 60),
    ({"X-RateLimit-Remaining": "none", "X-RateLimit-Reset": "later", "RateLimit": "r=;t=", "X-Rate-Limit": "x"},
     None, None, None),
])  # fmt: skip
def test_headers_of_every_dialect(headers, remaining, wait, reset):
    found = told(headers, NOW)
    assert (found.remaining, found.wait) == (remaining, wait)
    assert found.reset_at == (None if reset is None else NOW + timedelta(seconds=reset))


@pytest.mark.parametrize(("name", "usage", "wait"), [
    ("X-App-Usage", '{"call_count":28,"total_time":25,"total_cputime":25}', None),
    ("X-App-Usage", '{"call_count":28,"total_time":100,"total_cputime":25}', 3600),
    ("X-App-Usage", '{"call_count":100.5}', 3600),
    ("X-Page-Usage", '{"call_count":104,"total_time":1,"total_cputime":1}', 3600),
    ("X-Business-Use-Case-Usage", '{"17":[{"type":"pages","call_count":100,"total_cputime":1,"total_time":1,'
     '"estimated_time_to_regain_access":19}]}', 19 * 60),
    ("X-Business-Use-Case-Usage", '{"17":[{"type":"instagram","call_count":99}],"18":[{"call_count":3},'
     '{"call_count":90,"estimated_time_to_regain_access":2}]}', 120),
    ("X-Business-Use-Case-Usage", '{"17":[{"call_count":99,"estimated_time_to_regain_access":0}]}', None),
    ("X-Ad-Account-Usage", '{"acc_id_util_pct":100,"reset_time_duration":90}', 90),
    *((name, rubbish, None) for name in ("X-App-Usage", "X-Business-Use-Case-Usage")
      for rubbish in ("", "{", "[]", "7", "null", '{"call_count":"100"}', '{"call_count":true}', '{"17":{"a":1}}',
                      '{"17":[7]}', '{"call_count":-100}')),
])  # fmt: skip
def test_usage_in_per_cent(name, usage, wait):
    assert told({name: usage}, NOW) == Told(
        remaining=None if wait is None else 0,
        wait=wait,
        reset_at=None if wait is None else NOW + timedelta(seconds=wait),
    )


@pytest.mark.parametrize(("body", "wait"), [
    (b'{"ok":false,"error_code":429,"parameters":{"retry_after":35}}', 35),
    (b'{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":2500}', 2.5),
    (b'{"error_type":"rate_limit","extras":{"wait_seconds":12}}', 12), (b'{"retry_after":0.5}', 0.5),
    (b'{"error_id":502,"backoff":10}', 10), (b"{}", None), (b"", None), (b"Too many", None), (b"[35]", None),
    (b'{"parameters":null}', None), (b'{"retry_after":"35"}', None), (b'{"retry_after":-3}', None),
    (b'{"retry_after":true}', None), (b'{"retry_after":1e300}', YEAR),
])  # fmt: skip
def test_a_refusal_says_in_its_body_how_long(body, wait):
    assert told({}, NOW, body, 429).wait == wait
    assert told({}, NOW, body, 200).wait is None  # a page may hold anything


def test_header_and_body_ask_and_the_longer_wait_counts():
    assert told({"Retry-After": "5"}, NOW, b'{"parameters":{"retry_after":35}}', 429).wait == 35


def test_too_many_requests_wait_for_the_reset_whatever_is_said_to_remain():
    headers = {"X-RateLimit-Remaining": "40", "X-RateLimit-Reset": "30"}
    assert told(headers, NOW, None, 429).wait == 30
    assert told({"X-RateLimit-Reset": "30"}, NOW, None, 429).wait == 30
    assert told(headers, NOW, None, 503).wait is None


NAMES = st.sampled_from([
    "Retry-After", "X-RateLimit-Remaining", "x-ratelimit-reset", "RateLimit", "ratelimit-remaining", "RateLimit-Reset",
    "X-Rate-Limit", "X-App-Usage", "X-Page-Usage", "X-Business-Use-Case-Usage", "x-ratelimit-reset-after",
    "limit-remaining-", "X-Ad-Account-Usage",
])  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["call_count", "estimated_time_to_regain_access", "parameters", "retry_after", "extras",
                         "wait_seconds", "retry_after_ms", "backoff", "17"]), inner),
)  # fmt: skip
NUMBERS = st.one_of(st.integers().map(str), st.floats().map(str), st.from_regex(r"[0-9]{1,40}\.?[0-9]{0,40}"))
DATES = st.one_of(
    st.datetimes().map(str),
    st.datetimes(timezones=st.timezones()).map(datetime.isoformat),
    st.from_regex(
        r"[A-Z][a-z]{2}, [0-9]{1,4} [A-Z][a-z]{2} [0-9]{1,6} [0-9]{1,3}:[0-9]{2}:[0-9]{2} [+-][0-9]{1,9}"
    ),
)
PIECES = st.sampled_from(
    ["r=", "t=", ";", ",", '"', "remaining=", "reset=", "user-hour-rem:", "0", "9" * 30, " "]
)
TEXTS = st.one_of(
    st.text(),
    NUMBERS,
    DATES,
    st.lists(PIECES).map("".join),
    JSON.map(json.dumps),
)


@given(
    st.dictionaries(NAMES | st.text(), TEXTS),
    TEXTS.map(lambda text: text.encode("utf-8", "replace")),
    st.sampled_from([200, 304, 400, 420, 429, 503]),
)
def test_no_text_upsets_the_reader(headers, body, status):
    found = told(headers, NOW, body, status)
    assert found.wait is None or 0 <= found.wait <= YEAR
    assert found.remaining is None or found.remaining >= 0
    assert found.reset_at is None or NOW <= found.reset_at <= NOW + timedelta(days=365)


@given(TEXTS)
def test_no_wait_is_negative_or_longer_than_a_year(text):
    wait = wait_asked(text, NOW)
    assert wait is None or 0 <= wait <= YEAR


@given(st.integers(0, 10**9 - 1), st.integers(0, YEAR))
def test_a_number_of_seconds_and_a_unix_time_are_told_apart(seconds, later):
    assert wait_asked(str(seconds), NOW) == min(seconds, YEAR)
    assert wait_asked(str(1793534400 + later), NOW) == later
    assert wait_asked(str((1793534400 + later) * 1000), NOW) == later
