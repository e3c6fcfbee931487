"""A server holds more than it shows, and goes on changing: all of it arrives, or the ledger says what did not."""

from __future__ import annotations

import dataclasses
import json
import random
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from listening_etl.model import Window
from listening_etl.pipeline.plan import catch_up
from listening_etl.pipeline.run import listen
from listening_etl.warehouse.checksums import checksums
from listening_etl.warehouse.engine import transaction

PAGE, MOST_PAGES = 100, 5
START = datetime(2026, 10, 1, tzinfo=UTC)

PLUGIN = '''
from listening_etl import Capabilities, Gap, Item, Mention, Options, Truncated, epoch, hookimpl
from datetime import timedelta

class SearchOptions(Options):
    url: str
    windows: bool = True

class Search:
    """Posts, newest first, pages of 100, at most five pages a query. Made for tests."""
    name = "search"
    options_type = SearchOptions
    capabilities = Capabilities(history=None, order="newest_first", deletions="none", settles=timedelta(hours=6))

    def fetch(self, options, slice, http):
        window, page, oldest = slice.window, 0, None
        asked = {"since": window.since.timestamp(), "until": window.until.timestamp()} if options.windows else {}
        while True:
            answer = http.get(options.url, params={**{k: str(v) for k, v in asked.items()}, "page": str(page)}).json()
            yield from answer["posts"]
            oldest = min([oldest, *(epoch(p["at"]) for p in answer["posts"])], default=oldest, key=lambda t: t or window.until)
            if not answer["more"]:
                return
            if not options.windows and oldest < window.since:
                return
            page += 1
            if page == answer["most"]:
                cut = f"{answer['most']} pages a query"
                yield Truncated(cut, expected=answer.get("total"), reached=oldest) if options.windows else Gap(
                    window.since, oldest + timedelta(seconds=1), cut)
                return

    def parse(self, item, options):
        return Mention(native_id=str(item["id"]), text=item["text"], published_at=epoch(item["at"]))

@hookimpl
def listening_sources():
    return [Search()]
'''
SETTINGS = """\
version: 1
allow_private_addresses: true
topics:
  kettles:
    purpose: Hear of faults early.
    languages: [fr]
    start: 2026-10-01
    entities:
      acme: {{role: own, names: [Acme]}}
    sources:
      search: {{channel: social, options: {{url: {url}, windows: {windows}}}}}
"""


class Platform:
    """What the server holds; `fails_at` is the request, counted from now, that it answers with nonsense."""

    def __init__(self):
        self.posts, self.fails_at, self.asked = [], None, 0

    def add(self, number, since, until, seed):
        chance = random.Random(seed)
        for _ in range(number):
            at = chance.randrange(int(since.timestamp()), int(until.timestamp()))
            self.posts.append(
                {"id": len(self.posts), "at": at, "text": f"Acme, avis numéro {len(self.posts)}"}
            )

    def answer(self, query):
        self.asked += 1
        if self.asked == self.fails_at:
            return b"<html>nous revenons vite</html>"
        since, until = (
            float(query.get(name, [default])[0]) for name, default in (("since", 0), ("until", 1e12))
        )
        found = sorted((p for p in self.posts if since <= p["at"] < until), key=lambda p: (-p["at"], p["id"]))
        page = int(query["page"][0])
        shown = found[page * PAGE : (page + 1) * PAGE]
        more = len(found) > (page + 1) * PAGE
        return json.dumps({"posts": shown, "more": more, "most": MOST_PAGES, "total": len(found)}).encode()


@pytest.fixture
def platform():
    held = Platform()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self):
            body = held.answer(parse_qs(urlsplit(self.path).query))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    Thread(target=server.serve_forever, daemon=True).start()
    held.url = f"http://127.0.0.1:{server.server_address[1]}/"
    yield held
    server.shutdown()
    server.server_close()


@pytest.fixture
def world_of(new_project, platform, light_gate):
    def build(name="one", *, windows=True):
        words = SETTINGS.format(url=platform.url, windows=str(windows).lower())
        return new_project(words, PLUGIN, now=lambda: START + timedelta(days=20), name=name)

    return build


def hours(first, last):
    return Window(START + timedelta(hours=first), START + timedelta(hours=last))


def held(context):
    with transaction(context.url) as connection:
        ids = connection.scalars(sa.text("SELECT native_id::int FROM listening.fct_mention")).all()
        missed = connection.execute(
            sa.text("SELECT since, until, expected FROM ops.coverage WHERE state <> 'complete'")
        ).all()
        return set(ids), [(row.since.timestamp(), row.until.timestamp()) for row in missed]


def test_posts_that_arrive_and_are_back_dated_between_runs_all_arrive(platform, world_of):
    context = world_of()
    platform.add(700, *ends(0, 24), seed=1)
    listen(context, catch_up(context, hours(23, 24)))
    assert held(context) == (set(range(700)), [])
    platform.add(40, *ends(24, 25), seed=2)
    platform.add(40, *ends(19, 24), seed=3)  # written into the past: the search shows them late
    listen(context, catch_up(context, hours(24, 25)))
    platform.add(620, *ends(25, 26), seed=4)
    listen(context, catch_up(context, hours(25, 26)))
    assert held(context) == (set(range(1400)), [])


def test_posts_that_were_back_dated_before_a_long_outage_arrive_after_it(platform, world_of):
    clock = {"hour": 24}
    context = dataclasses.replace(world_of(), now=lambda: START + timedelta(hours=clock["hour"]))
    platform.add(200, *ends(0, 24), seed=1)
    listen(context, catch_up(context, hours(23, 24)))
    platform.add(40, *ends(19, 24), seed=2)  # written into the past: the search shows them late
    clock["hour"] = 37  # nobody listened for half a day, longer than mentions take to appear
    listen(context, catch_up(context, hours(36, 37)))
    assert held(context) == (set(range(240)), [])


def test_what_a_listing_without_windows_does_not_show_is_lost_and_the_ledger_says_when(platform, world_of):
    context = world_of(windows=False)
    platform.add(700, *ends(0, 24), seed=1)
    listen(context, catch_up(context, hours(23, 24)))
    ids, missed = held(context)
    absent = [post for post in platform.posts if post["id"] not in ids]
    assert len(ids) >= PAGE * MOST_PAGES - 1
    assert len(absent) >= 200
    ((since, until),) = missed
    assert since == START.timestamp()
    assert all(since <= post["at"] < until for post in absent)
    newest_absent = max(post["at"] for post in absent)
    assert until - newest_absent < 3600  # the ledger names the stretch and no more
    platform.add(100, *ends(24, 25), seed=2)
    listen(context, catch_up(context, hours(24, 25)))
    assert held(context) == (ids | set(range(700, 800)), missed)


@pytest.mark.parametrize("page", [1, 4, 5, 7])
def test_a_crash_after_any_page_changes_nothing(platform, world_of, page):
    platform.add(700, *ends(0, 24), seed=1)
    straight, crashed = world_of("straight"), world_of("crashed")
    listen(straight, catch_up(straight, hours(23, 24)))
    platform.asked, platform.fails_at = 0, page
    with pytest.raises(Exception, match="JSON"):
        listen(crashed, catch_up(crashed, hours(23, 24)))
    assert held(crashed)[1] == [ends_of(hours(0, 24))]  # the ledger says that it was not heard, and why
    platform.fails_at = None
    listen(crashed, catch_up(crashed, hours(23, 24)))
    assert held(crashed)[0] == held(straight)[0] == set(range(700))
    with transaction(straight.url) as one, transaction(crashed.url) as other:
        assert checksums(one) == checksums(other)


def ends(first, last):
    return START + timedelta(hours=first), START + timedelta(hours=last)


def ends_of(window):
    return window.since.timestamp(), window.until.timestamp()
