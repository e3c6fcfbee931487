"""What platforms show and when, plans to hear it in pieces with crashes between, and the tables they lead to."""

import contextlib
import itertools
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from unittest import mock

import polars as pl
import sqlalchemy as sa
from hypothesis import note
from hypothesis import strategies as st

from listening_etl.errors import ListeningError
from listening_etl.model import Window
from listening_etl.pipeline import audit, extract, publish, raw, refresh
from listening_etl.pipeline import curate as curating
from listening_etl.pipeline import plan as planning
from listening_etl.pipeline import run as running
from listening_etl.privacy import author_keys
from listening_etl.warehouse import engine as engines
from listening_etl.warehouse import figures, publishing
from listening_etl.warehouse.checksums import checksums
from tests.integration.small_world import (
    END,
    KEY,
    SHELF,
    SOURCES,
    START,
    TOPICS,
    contexts,
    empty,
    pick,
)

# ------------------------------------------------------------------------------------- what the platforms hold

DAY = timedelta(days=1)
MIDNIGHT = START + 3 * DAY  # the first of February
TIMES = (
    START - 9 * DAY,  # before every window
    START + timedelta(hours=10),
    MIDNIGHT - timedelta(minutes=30),  # already February in Paris
    MIDNIGHT - timedelta(microseconds=1),
    MIDNIGHT,
    MIDNIGHT + timedelta(hours=12),
    MIDNIGHT + timedelta(hours=12, seconds=45),
    END - timedelta(hours=6),
    END,  # after every window
)
FETCHED = tuple(END + timedelta(hours=n) for n in range(4))
AUTHORS = (
    None,
    {"native_id": "1", "handle": "ann_b", "name": "Ann B"},
    {"native_id": "2", "handle": "bob_c", "name": "Bob C"},
    {"native_id": "3", "handle": "acme_help", "name": "Acme"},
    {"native_id": "4", "handle": "rival_hq", "name": "Rival"},
)
FAULT = (
    "Attention, the kettle by Acme boils over and its lid melts after three weeks, nobody answers at Rival either and "
    "the shop refuses any exchange, so keep your receipt"
)
TEXTS = (
    "Acme is good",
    FAULT,
    FAULT.replace("Attention, the kettle by", "Attention: kettle by"),  # a copy
    FAULT.replace("Attention, the kettle by ", ""),  # another, and like the next
    FAULT.replace("Attention, the kettle by ", "").replace("any exchange, so keep your receipt", "exchange"),
    "Acme",  # too short for kettles
    "Rival or Brio, what is better?",
    "Rival",
    "Brio broke again #acme",
    "nothing about anybody",
    "@acme_help @rival_hq and @somebody: Acme and Rival broke",
    None,
    "†",  # deleted
    "?",  # no mention
    "!",  # malformed
)
PLACES = (None, "Lyon", "Oslo")
MOST = len(TIMES)


@st.composite
def versions(draw):
    """One version of a mention as its platform gave it at a time."""
    number = draw(st.integers(0, 4))
    fetched = draw(st.integers(0, len(FETCHED) - 1))
    author = draw(st.integers(0, len(AUTHORS) - 1))
    of_forum = number < 3
    who = AUTHORS[author]
    if who is not None:
        followers = pick((None, 10, 20, -1) if author == 2 else (None, 10, 200_000), author, fetched)
        who = {**who, "followers": followers, "verified": author != 1}
    changed = draw(st.sampled_from((None, None, 1, 2, 3)))
    deleted = draw(st.sampled_from((None, None, None, 2)))
    return {
        "source": "forum" if of_forum else "reviews",
        "native_id": str(number),
        "published_at": draw(st.sampled_from(TIMES)),
        "updated_at": None if changed is None else END - timedelta(hours=4 - changed),
        "deleted_at": None if deleted is None else END - timedelta(hours=4 - deleted),
        "fetched_at": FETCHED[fetched],
        "text": draw(st.sampled_from(TEXTS)),
        "author": who,
        "in_reply_to": draw(st.sampled_from((None, "0", "1", "2"))) if of_forum else None,
        "reply_to_author": draw(st.sampled_from((None, "acme_help"))) if of_forum else None,
        "about": () if of_forum else draw(st.sampled_from(((), ("rival",), ("acme", "rival")))),
        "rating": None if of_forum else draw(st.sampled_from((None, 1, 4, 7))),
        "rating_scale": None if of_forum else 5,
        "mate": draw(st.sampled_from((None, None, "7", "10"))) if of_forum else None,
        "place": draw(st.sampled_from(PLACES)),
        "likes": pick((None, 1, 2, 3), "likes", number, fetched),
        "replies": pick((None, 0, 5), "replies", number, fetched),
        "media": pick(((), ("https://a.example/1",), ("https://a.example/2",)), "media", number, fetched),
    }


def shelves(drawn):
    """The versions by source, without the source."""
    return {
        name: [{k: v for k, v in one.items() if k != "source"} for one in drawn if one["source"] == name]
        for name in SOURCES
    }


# ------------------------------------------------------------------------------------------------- the plan

CRASHES = (
    "extracted",
    "curated",
    "staged",
    "audited",
    *(f"publish {n}" for n in range(len(publishing.STATEMENTS) + 1)),
    "merged",
    "published",
    "gathered",
    "computed",
    "swapping",
    "none, but publish is called twice",
)
CUTS = sorted({*TIMES[1:-1], START + DAY, MIDNIGHT + DAY, MIDNIGHT + timedelta(hours=7, minutes=13)})


@dataclass(frozen=True)
class Run:
    """One run of a plan: what it asks, what the platforms show it, and where it breaks off."""

    topic: str
    since: datetime
    until: datetime
    shown: frozenset
    refreshes: bool = True
    crash: str | None = None
    down: frozenset = frozenset()


@st.composite
def plans(draw):
    """Runs in any order. Between them, those that end well see everything, in one or two goes a window."""
    runs = []
    for topic in TOPICS:
        cuts = sorted(draw(st.sets(st.sampled_from(CUTS), max_size=3)))
        for since, until in itertools.pairwise([START, *cuts, END]):
            first = draw(st.frozensets(st.sampled_from(FETCHED)))
            for shown in {first or frozenset(FETCHED), frozenset(FETCHED) - first}:
                runs.append(Run(topic, since, until, shown, draw(st.booleans())))
    for _ in range(draw(st.integers(0, 3))):
        edges = draw(st.lists(st.sampled_from([START, *CUTS, END]), min_size=2, max_size=2, unique=True))
        runs.append(
            Run(
                draw(st.sampled_from(TOPICS)),
                *sorted(edges),
                draw(st.frozensets(st.sampled_from(FETCHED))),
                crash=draw(st.one_of(st.none(), st.sampled_from(CRASHES))),
                down=draw(st.sampled_from((frozenset(), frozenset(), frozenset({"forum"})))),
            )
        )
    return draw(st.permutations(runs))


class Crash(Exception):
    """The machine stopped here."""


def stop(*_, **__):
    raise Crash


@contextlib.contextmanager
def crashing(where):
    """Within it a run stops at `where`."""
    with contextlib.ExitStack() as patches:
        if where in ("staged",):
            patches.enter_context(mock.patch.object(audit, "_check", stop))
        elif where is not None and where.startswith("publish "):
            done = int(where.split()[1])
            some = {**dict(list(publishing.STATEMENTS.items())[:done]), "crash": "SELECT 1 / 0"}
            patches.enter_context(mock.patch.object(publishing, "STATEMENTS", some))
        elif where == "merged":
            patches.enter_context(mock.patch.object(publishing, "drop", stop))
        elif where == "gathered":
            patches.enter_context(mock.patch.object(refresh, "judge_authors", stop))
        elif where == "computed":
            patches.enter_context(mock.patch.object(refresh, "raise_if_stopped", stop))
        elif where == "swapping":
            three = mock.Mock(side_effect=[None, None, None, Crash])
            patches.enter_context(mock.patch.object(figures, "swap", three))
        with contextlib.suppress(Crash, sa.exc.DataError):
            yield


def perform(context, run):
    """The steps of `pipeline.run`, with a stop between any two of them."""
    SHELF.down, SHELF.shown = run.down, run.shown
    window, crash = Window(run.since, run.until), run.crash
    with crashing(crash), contextlib.suppress(ListeningError if run.down else Crash):
        if run.down and crash is None:
            running.run(context, window)
            return
        slices = planning.plan(context, window)
        answers = [found for one in slices for found in extract.extract(context, one)]
        if crash == "extracted":
            return
        receipts = curating.curate(context, answers)
        if crash == "curated":
            return
        audited = audit.audit(context, receipts)
        if crash == "audited":
            return
        published = publish.publish(context, audited)
        if crash == "published":
            return
        if crash == CRASHES[-1]:
            assert publish.publish(context, audited) == published
        if run.refreshes:
            refresh.refresh(context)


def tables(url):
    with engines.transaction(url) as connection:
        found = checksums(connection)
        private = connection.scalar(
            sa.text("SELECT array_agg(m::text ORDER BY m::text) FROM private.mention m")
        )
        return {**found, "private.mention": private}


def check_ledger(url):
    """What came in is what became of it, slice by slice."""
    parts = (
        "mentions + duplicates + malformed + skipped + outside + unmatched + filtered + opted_out + quarantined "
        "+ deletions"
    )
    with engines.transaction(url) as connection:
        assert connection.scalar(sa.text(f"SELECT count(*) FROM ops.coverage WHERE rows <> {parts}")) == 0


def mentions(url, topic):
    """Mentions of a topic by the ledger, and in the tables."""
    queries = (
        "SELECT coalesce(sum(mentions), 0) FROM ops.coverage WHERE topic = :topic",
        "SELECT count(*) FROM listening.bridge_mention_query WHERE topic = :topic",
    )
    with engines.transaction(url) as connection:
        return [int(connection.scalar(sa.text(query), {"topic": topic})) for query in queries]


@contextlib.contextmanager
def opened(url, opted_out=None):
    """Contexts on the warehouse, emptied but for who opted out, with a staging area that is gone afterwards."""
    empty(url)
    if opted_out:
        who = pl.DataFrame({f"author_{k.removeprefix('native_')}": [v] for k, v in opted_out.items()})
        keys = [author_keys(who, source, KEY.encode())[0] for source in SOURCES]
        with engines.transaction(url) as connection:
            add = sa.text(
                "INSERT INTO private.opt_out (author_key, since) VALUES (CAST(:key AS uuid), now())"
            )
            connection.execute(add, [{"key": key.hex()} for key in keys])
    folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    try:
        yield contexts(url, folder)
    finally:
        shutil.rmtree(folder)


def settle(found):
    for context in found.values():
        refresh.refresh(context)


def straight(url, opted_out=None):
    """The tables of one run over everything, topic by topic."""
    with opened(url, opted_out) as found:
        for topic, context in found.items():
            perform(context, Run(topic, START, END, frozenset(FETCHED)))
            in_ledger, in_tables = mentions(url, topic)
            assert in_ledger == in_tables
        settle(found)
        check_ledger(url)
        return tables(url)


def by_plan(url, plan, opted_out=None):
    """The tables after a plan."""
    with opened(url, opted_out) as found:
        for run in plan:
            perform(found[run.topic], run)
            check_ledger(url)
        settle(found)
        return tables(url)


def compare(url, drawn, plan, most, items_a_file, opted_out, seed):
    held = shelves(drawn)
    with mock.patch.object(raw, "ITEMS_A_FILE", items_a_file):
        SHELF.fill(held, seed=seed)
        expected = straight(url, opted_out)
        SHELF.fill(held, most, seed + 1)
        found = by_plan(url, plan, opted_out)
    differing = {name: (expected[name], found[name]) for name in expected if expected[name] != found[name]}
    note(f"differing: {differing}")
    assert differing == {}
