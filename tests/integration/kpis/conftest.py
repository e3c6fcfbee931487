"""A small world in which every figure can be worked out by hand.

The topic's zone is Europe/Paris, an hour ahead of UTC in early March. Nothing is committed.
"""

import uuid
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from listening_etl.warehouse import engine as engines
from listening_etl.warehouse import figures, tables
from tests.integration.postgres_for_tests import create_database

PARIS = ZoneInfo("Europe/Paris")
DAY, NEXT, AFTER = date(2026, 3, 10), date(2026, 3, 11), date(2026, 3, 12)
SOURCES = {"forum": "web", "bird": "social"}

# mention: source, author, followers, Paris time on DAY, {entity: match}
WORLD = {
    "m1": ("forum", "ann", 1_000, "08:00", {"aqua": "named"}),
    "m2": ("forum", "ann", 1_200, "08:10", {"aqua": "reply"}),
    "m3": ("forum", "ann", 1_200, "08:20", {"aqua": "named"}),
    "m4": ("forum", "ann", 1_200, "08:30", {"aqua": "hashtag"}),
    "m5": ("forum", "ann", 1_200, "08:40", {"aqua": "named"}),
    "m6": ("bird", "bob", 200_000, "10:00", {"aqua": "tagged"}),
    "m7": ("bird", None, None, "10:05", {"aqua": "named"}),
    "m8": ("bird", None, None, "10:06", {"aqua": "named"}),
    "m9": ("bird", "bob", 200_000, "10:30", {"aqua": "tagged", "brio": "named"}),
    "m10": ("forum", "cat", None, "09:05", {"brio": "named"}),
    "deleted": ("forum", "cat", 50, "09:06", {"aqua": "named"}),
    "m13": ("forum", "dan", 0, "24:30", {"aqua": "tagged"}),  # 23:30 UTC, in Paris the next day
    "m14": ("bird", "bob", 200_000, "11:00", {"aqua": "reply"}),
    "m16": ("forum", "dan", 0, "09:00", {"aqua": "tagged"}),
    # the brand's own
    "r6": ("bird", "aqua", 9_000, "10:10", {"aqua": "author"}),
    "r6again": ("bird", "aqua", 9_000, "10:40", {"aqua": "author"}),
    "r14": ("bird", "aqua", 9_000, "12:00", {"aqua": "author"}),
    "r16": ("forum", "aqua", 9_000, "09:30", {"aqua": "author"}),
    "q16": ("forum", "aqua", 9_000, "09:10", {"aqua": "author"}),
    "r2deleted": ("forum", "aqua", 9_000, "08:15", {"aqua": "author"}),
}
REPLIES = [
    ("r6", "m6"),
    ("r6again", "m6"),
    ("r14", "m14"),
    ("r16", "m16"),
    ("r2deleted", "m2"),
    ("m10", "m16"),
]
POSITIVE, NEUTRAL, NEGATIVE = ("m1", "m2", "m3", "m4", "deleted", "r6", "m13"), ("m5", "m10"), ("m6", "m7")
STORIES = {  # canonical: its copies, of other days, sources and entities too
    "m1": ("m1", "m2", "m7", "m13"),
    "m10": ("m10", "m9"),
}
ENGAGEMENT = {  # likes, replies, reshares
    "m1": (3, 1, None),
    "m2": (10, 0, 0),
    "m4": (None, None, None),
    "m5": (0, 0, 0),
    "m6": (5, None, 5),
    "m9": (2, None, None),
    "m16": (1, 0, 0),
    "deleted": (99, 99, 99),
    "r6": (7, 7, 7),
}


def key(name):
    return None if name is None else uuid.uuid5(uuid.NAMESPACE_DNS, name)


def paris(clock, day=DAY):
    hours, minutes = (int(part) for part in clock.split(":"))
    return datetime(day.year, day.month, day.day, tzinfo=PARIS) + timedelta(hours=hours, minutes=minutes)


def mention_row(name):
    source, author, followers, clock, _ = WORLD[name]
    at = paris(clock).astimezone(UTC)
    gone = at if "deleted" in name else None
    return {
        "mention_id": key(name), "published_at": at, "source": source, "native_id": name, "kind": "post",
        "channel": SOURCES[source], "text": name, "version_at": at, "deleted_at": gone,
        "first_fetched_at": at, "fetched_at": at, "content_hash": key(name), "author_key": key(author),
        "author_followers": followers, "hashtags": [], "links": [],
    }  # fmt: skip


def score_rows():
    votes = {"positive": POSITIVE, "neutral": NEUTRAL, "negative": NEGATIVE}
    scores = [(name, "linear", label, None) for label, names in votes.items() for name in names]
    scores += [
        ("m8", "linear", None, None),
        ("m16", "linear", None, 0.6),
    ]  # not judged; a value without a label
    scores += [("m1", "lexicon", "negative", -1.0)]  # another scorer, not the one chosen
    return [
        {"topic": "kettles", "mention_id": key(name), "measure": "sentiment", "scorer": scorer,
         "version": "1", "label": label, "value": value}
        for name, scorer, label, value in scores
    ]  # fmt: skip


def engagement_rows():
    early, late = paris("13:00"), paris("23:00")
    rows = [(name, late, counts) for name, counts in ENGAGEMENT.items()] + [("m1", early, (50, 50, 50))]
    return [
        {"mention_id": key(name), "fetched_at": at, "likes": a, "replies": b, "reshares": c, "views": 50}
        for name, at, (a, b, c) in rows
    ]


def entity_rows():
    roles = {"aqua": "own", "brio": "competitor", "tea": "category"}
    return [{"topic": "kettles", "entity": e, "title": e, "role": role} for e, role in roles.items()]


def bridge_rows():
    return [
        {"topic": "kettles", "mention_id": key(name), "entity": e, "match": m, "owned": m == "author"}
        for name, row in WORLD.items()
        for e, m in row[4].items()
    ]


def link_rows():
    links = [(a, b, "reply") for a, b in REPLIES] + [("q16", "m16", "quote")]
    return [{"mention_id": key(a), "other_id": key(b), "kind": kind} for a, b, kind in links]


def story_rows():
    return [
        {"topic": "kettles", "mention_id": key(copy), "story_id": key(first),
         "how": "canonical" if copy == first else "near", "similarity": 0.9}
        for first, copies in STORIES.items()
        for copy in copies
    ]  # fmt: skip


COUNTS = (
    "received", "rows", "mentions", "duplicates", "malformed", "skipped", "outside", "unmatched", "filtered",
    "opted_out", "quarantined",
)  # fmt: skip


def slice_row(source, since, until, state="complete"):
    counts = dict.fromkeys(COUNTS, 0)
    return counts | {
        "topic": "kettles", "source": source, "query": "", "since": since, "until": until, "state": state,
        "run_id": "run", "recorded_at": until,
    }  # fmt: skip


LEDGER = [
    slice_row("forum", paris("00:00"), paris("48:00")),
    slice_row("bird", paris("00:00"), paris("12:00")),
    slice_row("bird", paris("12:00"), paris("24:00"), "gap"),
    slice_row("bird", paris("24:00"), paris("48:00")),
]


class World:
    """A connection to a warehouse, how to fill it, and how to read its figures."""

    mentions = WORLD
    paris = staticmethod(paris)
    slice_row = staticmethod(slice_row)

    def __init__(self, connection):
        self.connection = connection

    def put(self, table, rows):
        self.connection.execute(sa.insert(table), rows)

    def load(self, ledger=LEDGER, order=list):
        """Fill the tables; `order` sets the order of the rows."""
        start = paris("00:00", date(2026, 3, 1))
        words = {"topic": "kettles", "title": "Kettles", "description": "", "purpose": ""}
        self.put(tables.dim_topic, [words | {"timezone": "Europe/Paris", "since": start}])
        self.put(tables.dim_entity, order(entity_rows()))
        self.put(tables.dim_measure, [{"topic": "kettles", "measure": "sentiment", "scorer": "linear"}])
        self.put(tables.fct_mention, order([mention_row(name) for name in WORLD]))
        self.put(tables.bridge_mention_entity, order(bridge_rows()))
        self.put(tables.bridge_mention_story, order(story_rows()))
        self.put(tables.fct_link, order(link_rows()))
        self.put(tables.fct_score, order(score_rows()))
        self.put(tables.fct_engagement, order(engagement_rows()))
        self.put(tables.coverage, order(ledger))

    def clear(self):
        """Empty every table that `load` fills."""
        for table in ("mention_entity", "mention_story"):
            self.connection.exec_driver_sql(f"DELETE FROM listening.bridge_{table}")
        for table in ("mention", "score", "engagement", "link"):
            self.connection.exec_driver_sql(f"DELETE FROM listening.fct_{table}")
        for table in ("listening.dim_topic", "listening.dim_entity", "listening.dim_measure", "ops.coverage"):
            self.connection.exec_driver_sql(f"DELETE FROM {table}")

    def figure(self, kpi, *days):
        """Rows of a KPI by (entity, day, source, weighting), and formula where it has one."""
        figures.compute(self.connection, kpi, "kettles", days or (DAY,), f"staging.{kpi}_test")
        found = {}
        for row in self.connection.execute(sa.text(f"SELECT * FROM staging.{kpi}_test")):
            assert (row.source == "all") == (row.channel == "all")
            assert row.source == "all" or row.channel == SOURCES[row.source]
            own = (row.formula,) if kpi == "net_sentiment" else ()
            place = (row.entity, row.day, row.source, row.weighting, *own)
            assert place not in found
            found[place] = row
        return found

    def covered(self, day=DAY):
        """Coverage of a day by source."""
        query = sa.text("SELECT source, coverage FROM kpi.coverage('kettles', ARRAY[CAST(:day AS date)])")
        return {row.source: row.coverage for row in self.connection.execute(query, {"day": day})}


@pytest.fixture(scope="session")
def untouched(server, template):
    """A migrated warehouse to which nobody commits, so that all tests here can share it."""
    create_database(server, "untouched", template)
    found = engines.engine(engines.socket_url(server, "untouched"))
    yield found
    with found.connect() as connection:
        kept = connection.scalar(sa.text("SELECT to_regclass('listening.fct_mention_y2026m03')"))
        assert kept is None, "a test committed"
    found.dispose()


@pytest.fixture
def empty(untouched):
    """A migrated warehouse without a row."""
    with untouched.connect() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE IF NOT EXISTS listening.fct_mention_y2026m03 PARTITION OF listening.fct_mention"
            " FOR VALUES FROM ('2026-03-01Z') TO ('2026-04-01Z')"
        )
        yield World(connection)


@pytest.fixture
def world(empty):
    """The small world."""
    empty.load()
    return empty
