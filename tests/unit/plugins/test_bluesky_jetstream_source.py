"""What is special about Jetstream: cuts, silence, what is kept of a whole network, and for whom."""

import json
from datetime import timedelta
from http import HTTPStatus

import httpx
import pytest

from listening_etl import (
    CredentialsRejected,
    Deletion,
    Gap,
    NotAMention,
    Slice,
    SourceUnavailable,
    Truncated,
    Window,
)
from listening_etl.http import Http
from plugins.sources.bluesky_jetstream import BlueskyJetstream, BlueskyJetstreamOptions
from tests.contract.test_bluesky_jetstream import DAY, Jetstream, event, microseconds

SOURCE = BlueskyJetstream()
AFTER = event(99, DAY + timedelta(days=9))
HIDING = {"did": "did:plc:1", "handle": "timide.example", "labels": [{"val": "!no-unauthenticated"}]}


def fetched(stream, query='["Torréo"]', hours=9, people=(), **options):
    def reply(request):
        return httpx.Response(200, json={"profiles": list(people)})

    given = BlueskyJetstreamOptions(**{"url": stream.url, "silence": 0.5, **options})
    window = Window(DAY, DAY + timedelta(hours=hours))
    with Http(transport=httpx.MockTransport(reply)) as http:
        return list(SOURCE.fetch(given, Slice("t", "bluesky_jetstream", window, query), http))


def keys(found):
    return [item.data["commit"]["rkey"] for item in found]


def test_a_connection_cut_in_the_middle_goes_on_five_seconds_before():
    events = [event(n, DAY + timedelta(seconds=n)) for n in range(20)]
    with Jetstream([*events, AFTER], cuts=[8]) as stream:
        found = fetched(stream)
    assert set(keys(found)) == {f"3k{n:02}" for n in range(20)}
    eighth = DAY + timedelta(
        seconds=7 + 2
    )  # events 0 to 7 came; each is seen two seconds after it was written
    assert stream.asked == [microseconds(DAY), microseconds(eighth - timedelta(seconds=5))]
    assert len(found) == 20 + 6  # seen at 4, 5, … 9 seconds: six come twice


def test_a_stream_that_is_always_cut_is_worth_another_try():
    with Jetstream([], cuts=[0] * 9) as stream, pytest.raises(SourceUnavailable, match="3 tries"):
        fetched(stream)
    assert len(stream.asked) == 3


def test_a_stream_that_falls_silent_is_cut_where_it_was_heard():
    with Jetstream([event(1, DAY + timedelta(seconds=1))]) as stream:
        *found, cut = fetched(stream)
    assert keys(found) == ["3k01"]
    assert cut == Truncated("the stream was silent for 0.5 seconds", reached=DAY + timedelta(seconds=3))


def test_a_stream_that_says_nothing_at_all_is_a_gap():
    with Jetstream([]) as stream:
        assert fetched(stream) == [
            Gap(DAY, DAY + timedelta(hours=9), "the stream was silent for 0.5 seconds")
        ]


def test_what_the_stream_no_longer_has_is_a_gap():
    with Jetstream([event(1, DAY + timedelta(hours=4)), AFTER]) as stream:
        gap, *found = fetched(stream)
    seen = DAY + timedelta(hours=4, seconds=2)
    assert gap == Gap(DAY, seen, "the stream begins at 2026-10-06 04:00")
    assert keys(found) == ["3k01"]


def test_a_post_written_in_the_window_and_seen_after_it_is_waited_for():
    late = event(1, DAY + timedelta(minutes=59, seconds=59), seen_after=timedelta(seconds=20))
    before = event(2, DAY, seen_after=timedelta(seconds=1))
    with Jetstream([before, late, AFTER]) as stream:
        assert keys(fetched(stream, hours=1)) == ["3k02", "3k01"]
        assert keys(fetched(stream, hours=1, late=0)) == ["3k02"]


def test_of_the_network_only_what_holds_a_word_or_concerns_an_account_is_kept():
    answered = {"reply": {"parent": {"uri": "at://did:plc:torreo/app.bsky.feed.post/3"}}}
    events = [
        event(1, DAY, text="LA TORREO !"),
        event(2, DAY, text="torre o"),
        event(3, DAY, text="Brûlia"),
        event(4, DAY, text="merci") | {"did": "did:plc:torreo"},
        event(5, DAY, record={"text": "et alors ?", "createdAt": DAY.isoformat(), **answered}),
        event(6, DAY, text="ailleurs", collection="app.bsky.feed.like"),
        event(7, DAY, record={"text": "joli", "tags": ["Torréo"], "createdAt": DAY.isoformat()}),
        event(8, DAY, operation="delete", record=None),
        AFTER,
    ]
    brand = {"did": "did:plc:torreo", "handle": "torreo.example"}
    with Jetstream(events) as stream:
        query = json.dumps(["torréo", "@torreo.example"])
        assert keys(fetched(stream, query, people=[brand])) == ["3k01", "3k04", "3k05", "3k07", "3k08"]
        without = fetched(stream, query, people=[brand], deletions=False)
        assert keys(without) == ["3k01", "3k04", "3k05", "3k07"]


def test_an_account_that_is_taken_down_is_kept_as_no_mention():
    account = {"did": "did:plc:1", "time_us": microseconds(DAY) + 1, "kind": "account"}
    down, up = ({**account, "account": {"active": active, "status": "takendown"}} for active in (False, True))
    with Jetstream([down, up, AFTER]) as stream:
        (item,) = fetched(stream)
    with pytest.raises(NotAMention, match="takendown"):
        SOURCE.parse(item.data, None)


def test_authors_are_known_by_name_and_those_who_hide_are_left_out():
    with Jetstream([event(1, DAY), event(2, DAY), AFTER]) as stream:
        hidden, shown = fetched(stream, people=[HIDING, {"did": "did:plc:2", "handle": "lou.example"}])
        assert "author" not in fetched(stream, people=[HIDING], profiles=False)[0].data
    assert SOURCE.parse(shown.data, None).author.handle == "lou.example"
    with pytest.raises(NotAMention, match="logged in"):
        SOURCE.parse(hidden.data, None)


def test_a_server_that_wants_credentials_says_so():
    def refuse(connection, request):
        return connection.respond(HTTPStatus.UNAUTHORIZED, "no")

    with Jetstream([], process_request=refuse) as stream, pytest.raises(CredentialsRejected, match="401"):
        fetched(stream)


def test_a_deletion_names_its_post():
    deleted = event(4, DAY, operation="delete", record=None)
    assert SOURCE.parse(deleted, None) == Deletion(
        "at://did:plc:1/app.bsky.feed.post/3k04", DAY + timedelta(seconds=2)
    )
