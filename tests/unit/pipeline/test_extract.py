"""Nothing that came is lost, nothing that is missing is hidden."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from listening_etl.errors import ConfigError, PluginError, SourceUnavailable, SourceUnreadable
from listening_etl.model import Slice, Window
from listening_etl.pipeline.extract import extract
from listening_etl.pipeline.plan import gaps, plan
from listening_etl.pipeline.raw import as_received

SHOP = '''
from datetime import datetime, timedelta, UTC
from listening_etl import Capabilities, Item, Mention, Options, SourceUnreadable, Truncated, hookimpl

START = datetime(2026, 10, 1, tzinfo=UTC)

class Shop:
    """One post an hour; a query answers with three at most. Made for tests."""
    name = "shop"
    options_type = Options
    capabilities = Capabilities(history=None, order="newest_first", deletions="none")

    def fetch(self, options, slice, http):
        {fetch}

    def parse(self, item, options):
        return Mention(native_id=str(item["n"]), published_at=item["at"], text="Kettlia")

@hookimpl
def listening_sources():
    return [Shop()]
'''

HOURLY = """
        hours = [n for n in range(48) if slice.window.since <= START + timedelta(hours=n) < slice.window.until]
        for n in sorted(hours, reverse=True)[:3]:
            yield {"n": n, "at": (START + timedelta(hours=n)).isoformat()}
        if len(hours) > 3:
            yield Truncated("the platform gives three posts a query", expected=len(hours))
"""


def shop(fetch):
    return SHOP.replace("{fetch}", fetch.strip("\n").lstrip())


def window(hours):
    since = datetime(2026, 10, 1, tzinfo=UTC)
    return Window(since, since + timedelta(hours=hours))


def received(context, answers):
    return [
        as_received(data, form)["n"]
        for answer in answers
        for part in answer["parts"]
        for data, form in context.staging.read_frame(part).select("item", "form").iter_rows()
    ]


def test_a_cut_answer_is_halved_until_it_fits(topic):
    context = topic(shop(HOURLY))
    (slice,) = plan(context, window(24))
    answers = extract(context, slice)
    assert sorted(received(context, answers)) == list(range(24))
    assert all(answer["state"] == "complete" for answer in answers)
    assert [answer["since"] for answer in answers[1:]] == [answer["until"] for answer in answers[:-1]]
    assert gaps([slice], answers) == []


def test_what_cannot_be_split_any_further_is_lost_with_its_reason(topic):
    burst = 'yield {"n": 1, "at": "2026-10-01T00:00:30Z"}\n        yield Truncated("one post a minute", expected=9)'
    context = topic(shop(burst))
    since = datetime(2026, 10, 1, tzinfo=UTC)
    (answer,) = extract(context, Slice("kettles", "shop", Window(since, since + timedelta(minutes=1))))
    assert (answer["state"], answer["reason"], answer["expected"]) == ("lost", "one post a minute", 9)
    assert received(context, [answer]) == [1]


def test_the_same_answer_is_kept_once(topic):
    context = topic(shop(HOURLY))
    slices = plan(context, window(3))
    first, second = extract(context, slices[0]), extract(context, slices[0])
    assert first == second


def test_every_form_of_item_comes_back_as_it_was(topic):
    context = topic(
        shop('yield b"\\xff\\x00"\n        yield "caf\\udce9"\n        yield Item({"n": 1}, at="here")')
    )
    (answer,) = extract(context, plan(context, window(1))[0])
    raw = context.staging.read_frame(answer["parts"][0])
    assert [as_received(*row) for row in raw.select("item", "form").iter_rows()] == [
        b"\xff\x00",
        "caf\udce9",
        {"n": 1},
    ]
    assert raw["at"].to_list() == [None, None, "here"]


def test_an_error_leaves_a_gap_for_the_ledger(topic):
    context = topic(shop('raise SourceUnreadable("the shelf is empty", where="shop")\n        yield'))
    (slice,) = plan(context, window(2))
    with pytest.raises(SourceUnreadable) as error:
        extract(context, slice)
    (gap,) = gaps([slice], [], {slice: str(error.value)})
    assert (gap["state"], gap["reason"], gap["received"]) == ("gap", "shop: the shelf is empty.", 0)


@contextmanager
def page():
    """A page with an ETag: its address, and what it was asked for."""
    asked = []

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.headers.get("If-None-Match"))
            self.send_response(304 if asked[-1] else 200)
            self.send_header("ETag", '"1"')
            body = b"" if asked[-1] else b"7"
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", asked
    finally:
        server.shutdown()
        server.server_close()


PAGE = """
        answer = http.get("{url}", conditional=True)
        if answer.status == 200:
            yield {"n": int(answer.body), "at": "2026-10-01T00:00:00Z"}
            oldest = START + timedelta(hours=20)
            if slice.window.since < oldest:
                yield Gap(slice.window.since, oldest, "the page goes back no further")
"""


def test_not_modified_means_what_came_last_time(topic):
    with page() as (url, asked):
        context = topic(shop(PAGE.replace("{url}", url)).replace("Capabilities,", "Capabilities, Gap,"))
        late = Slice("kettles", "shop", Window(window(24).until, window(25).until))
        one = extract(context, late)
        two = extract(context, late.within(Window(window(25).until, window(26).until)))
    assert asked == [None, '"1"']
    assert received(context, one) == received(context, two) == [7]
    assert two[0]["received"] == 1


def test_not_modified_does_not_hide_what_the_page_does_not_show(topic):
    with page() as (url, asked):
        context = topic(shop(PAGE.replace("{url}", url)).replace("Capabilities,", "Capabilities, Gap,"))
        (whole,) = plan(context, window(24))
        parts = [Window(window(22).until, window(24).until), *whole.window.cut(timedelta(hours=15))]
        answers = [answer for part in parts for answer in extract(context, whole.within(part))]
    assert asked == [None, None, '"1"']  # for an earlier window the page is asked for as a whole
    assert [(a["since"][11:16], a["until"][11:16], a["state"]) for a in answers] == [
        ("22:00", "00:00", "complete"),
        ("00:00", "15:00", "lost"),
        ("15:00", "20:00", "lost"),
        ("20:00", "00:00", "complete"),
    ]


def test_what_a_query_brought_is_not_taken_for_what_another_brought(topic):
    with page() as (url, asked):
        fetch = PAGE.replace("{url}", url + '" + slice.query + "').replace(
            "body)", "body) + len(slice.query)"
        )
        context = topic(shop(fetch).replace("Capabilities,", "Capabilities, Gap,"))
        late = Window(window(24).until, window(25).until)
        brought = [
            received(context, extract(context, Slice("kettles", "shop", late, query)))
            for query in ("a", "bb", "a", "bb")
        ]
    assert asked == [None, None, '"1"', '"1"']
    assert brought == [[8], [9], [8], [9]]


NEWEST_FIRST = """
        hours = [n for n in range(48) if slice.window.since <= START + timedelta(hours=n) < slice.window.until]
        newest = sorted(hours, reverse=True)
        ASKED.append(len(newest))
        for n in newest[:3]:
            yield {"n": n, "at": (START + timedelta(hours=n)).isoformat()}
        if len(newest) > 3:
            yield Truncated("three posts a query", reached=START + timedelta(hours=newest[2]))
"""


def test_a_cut_answer_goes_on_where_it_was_cut(topic):
    context = topic(shop(NEWEST_FIRST).replace("START =", "ASKED = []\nSTART ="))
    (slice,) = plan(context, window(12))
    answers = extract(context, slice)
    assert sorted(set(received(context, answers))) == list(range(12))
    assert {answer["state"] for answer in answers} == {"complete"}
    assert (answers[0]["since"], answers[-1]["until"]) == (slice.since_text, slice.until_text)
    assert [answer["since"] for answer in answers[1:]] == [answer["until"] for answer in answers[:-1]]
    asked = context.source("shop")[0].fetch.__globals__["ASKED"]
    assert asked == [
        12,
        10,
        8,
        6,
        4,
        2,
    ]  # the post at the cut is asked for again: others may share its second


def test_many_posts_in_the_second_at_which_the_answer_was_cut_are_halved_then_lost(topic):
    burst = """
        yield {"n": 1, "at": START.isoformat()}
        yield Truncated("one post a query", reached=START)
"""
    context = topic(shop(burst))
    answers = extract(context, plan(context, window(1))[0])
    lost = [(answer["since"], answer["until"]) for answer in answers if answer["state"] == "lost"]
    assert lost == [("2026-10-01T00:00:00+00:00", "2026-10-01T00:00:01+00:00")]


def test_a_stretch_that_the_source_cannot_reach_is_lost_and_the_rest_is_complete(topic):
    listing = """
        yield {"n": 20, "at": (START + timedelta(hours=20)).isoformat()}
        yield Gap(START - timedelta(days=1), START + timedelta(hours=20), "the listing ends there")
"""
    context = topic(shop(listing).replace("Capabilities,", "Capabilities, Gap,"))
    answers = extract(context, plan(context, window(24))[0])
    told = [
        (answer["since"][11:16], answer["until"][11:16], answer["state"], answer["reason"])
        for answer in answers
    ]
    assert told == [
        ("00:00", "20:00", "lost", "the listing ends there"),
        ("20:00", "00:00", "complete", None),
    ]
    assert sum(answer["received"] for answer in answers) == 1


def test_what_is_older_than_the_sources_history_is_lost_without_asking(topic):
    context = topic(shop(HOURLY.replace("[:3]", "")).replace("history=None", "history=timedelta(days=31)"))
    # now is 1 November 12:00: 31 days back is 1 October 12:00
    answers = extract(context, plan(context, window(24))[0])
    told = [(answer["since"][11:19], answer["until"][11:19], answer["state"]) for answer in answers]
    assert told[0] == ("00:00:00", "12:00:01", "lost")
    assert answers[0]["reason"] == "out of reach: the source reaches back 31 days"
    assert {answer["state"] for answer in answers[1:]} == {"complete"}
    assert sorted(set(received(context, answers))) == list(range(13, 24))


def test_a_spent_budget_stops_cleanly_and_leaves_a_gap_to_ask_again(topic):
    spent = """
        yield {"n": 1, "at": START.isoformat()}
        raise BudgetSpent("100 requests a day are used up")
"""
    context = topic(shop(spent).replace("Capabilities,", "BudgetSpent, Capabilities,"))
    (answer,) = extract(context, plan(context, window(24))[0])
    assert (answer["state"], answer["received"]) == ("gap", 1)
    assert answer["reason"] == "100 requests a day are used up."


def test_each_query_that_a_source_can_take_is_a_slice_of_its_own(topic):
    asking = "    def push_down(self, options, entities):\n        return [n for e in entities for n in e.names] * 2\n"
    context = topic(
        shop('yield {"n": 1, "at": START.isoformat()}').replace("    def parse", asking + "\n    def parse")
    )
    assert [slice.query for slice in plan(context, window(1))] == ["Kettlia"]


def test_a_plugin_that_stumbles_is_named_with_its_line_and_none_of_its_words(topic):
    context = topic(shop('yield {"n": 1}\n        raise KeyError("https://shop.test?token=s3cret")'))
    with pytest.raises(PluginError) as told:
        extract(context, plan(context, window(1))[0])
    assert "source 'shop': its plugin stumbled over a KeyError (shop.py, line " in str(told.value)
    assert "s3cret" not in str(told.value)


def test_a_connection_that_breaks_outside_http_is_worth_another_try(topic):
    context = topic(shop('raise ConnectionResetError(104, "Connection reset by peer")\n        yield'))
    with pytest.raises(SourceUnavailable, match="ConnectionResetError: Connection reset by peer"):
        extract(context, plan(context, window(1))[0])


def test_of_two_cuts_in_one_answer_neither_hides_the_other(topic):
    two_listings = """
        if slice.window.until > START + timedelta(hours=22):
            yield Truncated("the first listing", reached=START + timedelta(hours=20))
            yield Truncated("the second listing", reached=START + timedelta(hours=2))
        ASKED.append(slice.window.until.isoformat()[11:19])
        yield {"n": 1, "at": START.isoformat()}
"""
    context = topic(shop(two_listings).replace("START =", "ASKED = []\nSTART ="))
    answers = extract(context, plan(context, window(24))[0])
    assert [(a["since"][11:19], a["until"][11:19]) for a in answers] == [
        ("00:00:00", "20:00:01"),
        ("20:00:01", "00:00:00"),
    ]
    assert context.source("shop")[0].fetch.__globals__["ASKED"] == ["00:00:00", "20:00:01"]


def test_what_has_not_happened_yet_is_not_asked_for(topic):
    context = topic(shop("yield from ()"))
    now = datetime(2026, 11, 1, 12, tzinfo=UTC)
    (slice,) = plan(context, Window(now - timedelta(hours=1), now + timedelta(days=9)))
    assert slice.window == Window(now - timedelta(hours=1), now)
    with pytest.raises(ConfigError, match="lies ahead"):
        plan(context, Window(now, now + timedelta(days=9)))


@pytest.mark.parametrize("told", ['Truncated("cut", reached=datetime(2026, 10, 1))',
                                  'Gap(datetime(2026, 10, 1), START, "gone")'])  # fmt: skip
def test_a_cut_or_a_gap_without_a_zone_is_the_plugins_fault(topic, told):
    context = topic(shop(f"yield {told}").replace("Capabilities,", "Capabilities, Gap,"))
    with pytest.raises(PluginError, match="stumbled over a ValueError"):
        extract(context, plan(context, window(24))[0])
