"""What is special about Mastodon's stream: it forgets, so what nobody heard is a gap; and where a token goes."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import httpx
import pytest

from listening_etl import (
    ConfigError,
    CredentialsRejected,
    Deletion,
    Gap,
    Slice,
    SourceUnavailable,
    SourceUnreadable,
    Window,
)
from listening_etl.http import Http
from plugins.sources.mastodon_stream import UNHEARD, MastodonStream, MastodonStreamOptions
from tests.contract.test_mastodon import status
from tests.contract.test_mastodon_stream import EVENTS, TOKEN, Stream, event

SOURCE = MastodonStream()
QUERY = '["#torreo", "Café Torréo"]'


def fetched(stream, query=QUERY, window=None, answer=None, **options):
    def reply(request):
        about = {"configuration": {"urls": {"streaming": stream.url}}}
        return answer or httpx.Response(200, json=about)

    now = datetime.now(UTC)
    window = window or Window(now - timedelta(minutes=1), now + timedelta(minutes=1))
    given = MastodonStreamOptions(
        **{"instance": "https://social.test", "token": TOKEN, "seconds": 0.4, **options}
    )
    with Http(transport=httpx.MockTransport(reply)) as http:
        return list(SOURCE.fetch(given, Slice("t", "mastodon_stream", window, query), http))


def heard(found):
    return [(item.data["event"], item.data["payload"][-60:]) for item in found if not isinstance(item, Gap)]


def test_every_hashtag_is_listened_to_and_the_token_goes_in_a_header():
    with Stream(EVENTS) as stream:
        found = fetched(stream)
    assert stream.asked == [
        {"stream": "hashtag", "tag": "torreo"},
        {"type": "subscribe", "stream": "hashtag", "tag": "cafetorreo"},
    ]
    assert stream.headers == [f"Bearer {TOKEN}"]
    assert [name for name, _ in heard(found)] == ["update", "update", "status.update", "delete"]


def test_what_an_event_says():
    assert SOURCE.parse(EVENTS[0], None).text == "Torréo, acte 1"
    assert SOURCE.parse(EVENTS[3], None) == Deletion("117024236332527350")


def test_the_time_in_which_nobody_listened_is_a_gap():
    with Stream([]) as stream:
        before, after = fetched(stream)
    assert {before.reason, after.reason} == {UNHEARD}
    assert timedelta(seconds=0.3) < after.since - before.until < timedelta(seconds=5)


def test_a_window_that_is_over_brings_deletions_and_is_a_gap_as_a_whole():
    past = Window(datetime(2026, 10, 6, tzinfo=UTC), datetime(2026, 10, 7, tzinfo=UTC))
    with Stream(EVENTS[3:]) as stream:
        deletion, gap = fetched(stream, window=past)
    assert deletion.data["event"] == "delete"
    assert gap == Gap(past.since, past.until, UNHEARD)


def test_a_stream_that_is_cut_is_taken_up_again_and_leaves_a_gap():
    with Stream(EVENTS, cuts=[1]) as stream:
        found = fetched(stream, query='["#torreo"]', seconds=1)
    assert [name for name, _ in heard(found)] == ["update", "update", "update", "status.update", "delete"]
    assert [gap.reason for gap in found if isinstance(gap, Gap)] == ["the stream was cut", UNHEARD, UNHEARD]


def test_a_stream_that_is_always_cut_is_worth_another_try():
    with Stream([], cuts=[0] * 9) as stream, pytest.raises(SourceUnavailable, match="3 tries"):
        fetched(stream, seconds=9)


def test_of_the_public_stream_posts_with_a_word_are_kept_and_every_deletion():
    now = datetime.now(UTC)
    events = [
        event("update", status(now, "Un CAFE TORREO, un !")),
        event("update", status(now, "Rien", tags=[{"name": "Torreo"}])),
        event("update", status(now, "Rien du tout")),
        event("delete", "9"),
        event("filters_changed", {}),
    ]
    with Stream(events) as stream:
        found = heard(fetched(stream, public=True))
    assert stream.asked == [{"stream": "public"}]
    assert [name for name, _ in found] == ["update", "update", "delete"]


def test_a_refused_token_is_said_without_the_token():
    def refuse(connection, request):
        return connection.respond(HTTPStatus.UNAUTHORIZED, "no")

    with Stream([], process_request=refuse) as stream, pytest.raises(CredentialsRejected) as told:
        fetched(stream)
    assert TOKEN not in f"{told.value} {told.value!r} {told.getrepr()}"


def test_a_server_without_a_stream_says_so():
    with Stream([]) as stream, pytest.raises(SourceUnreadable, match="names no stream"):
        fetched(stream, answer=httpx.Response(200, json={"configuration": {}}))


def test_nothing_to_listen_for_is_a_setting_to_correct():
    with Stream([]) as stream, pytest.raises(ConfigError, match="nothing to listen for"):
        fetched(stream, query="")
