"""Nothing that came is lost, nothing that is missing is hidden."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from listening_etl.errors import SourceUnreadable
from listening_etl.model import Slice, Window
from listening_etl.pipeline.extract import as_received, extract
from listening_etl.pipeline.plan import gaps, plan

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


def test_what_cannot_be_split_any_further_is_a_gap_with_its_reason(topic):
    burst = 'yield {"n": 1, "at": "2026-10-01T00:00:30Z"}\n        yield Truncated("one post a minute", expected=9)'
    context = topic(shop(burst))
    since = datetime(2026, 10, 1, tzinfo=UTC)
    (answer,) = extract(context, Slice("kettles", "shop", Window(since, since + timedelta(minutes=1))))
    assert (answer["state"], answer["reason"], answer["expected"]) == ("gap", "one post a minute", 9)
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


def test_not_modified_means_what_came_last_time(topic):
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
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        fetch = (
            f'answer = http.get("{url}")\n'
            '        if answer.status == 200: yield {"n": int(answer.body), "at": "2026-10-01T00:00:00Z"}'
        )
        context = topic(shop(fetch))
        (whole,) = plan(context, window(24))
        first, second = whole.window.halves()
        one = extract(context, Slice("kettles", "shop", first))
        two = extract(context, Slice("kettles", "shop", second))
    finally:
        server.shutdown()
        server.server_close()
    assert asked == [None, '"1"']
    assert received(context, one) == received(context, two) == [7]
    assert two[0]["received"] == 1
