"""Weeks of scores that a person can count: put straight into the tables, and judged."""

import itertools
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from listening_etl.pipeline import drift
from listening_etl.warehouse import tables

FIRST = date(2026, 8, 3)
"""The Monday of week 0."""

WORDS = {"topic": "kettles", "title": "Kettles", "description": "", "purpose": ""}


def day_of(week, day=0):
    return FIRST + timedelta(days=7 * week + day)


class Weeks:
    """A topic in Paris that listens to people, week by week."""

    def __init__(self, connection):
        self.connection, self.number = connection, itertools.count()
        for month, after in (("08-01", "09-01"), ("09-01", "10-01"), ("10-01", "11-01")):
            connection.exec_driver_sql(
                f"CREATE TABLE IF NOT EXISTS listening.fct_mention_y2026m{month[:2]} PARTITION OF listening.fct_mention"
                f" FOR VALUES FROM ('2026-{month}Z') TO ('2026-{after}Z')"
            )
        since = datetime(2026, 8, 1, tzinfo=UTC)
        self.put(tables.dim_topic, [WORDS | {"timezone": "Europe/Paris", "since": since}])
        self.put(tables.dim_entity, [{"topic": "kettles", "entity": "acme", "title": "Acme", "role": "own"}])
        self.put(tables.dim_measure, [{"topic": "kettles", "measure": "sentiment", "scorer": "linear"}])

    def put(self, table, rows):
        self.connection.execute(sa.insert(table), rows)

    def say(self, week, source="social", *, by=None, at=None, story=None, owned=False, measure="sentiment",
            version="1", abstained=0, **said):  # fmt: skip
        """So many mentions with each label, all by one author or each by another."""
        at = at or datetime.combine(day_of(week, 2), datetime.min.time(), UTC) + timedelta(hours=9)
        labels = [label for label, many in said.items() for _ in range(many)] + [None] * abstained
        self.hear([(label, None) for label in labels], source, by, at, story, owned, measure, version)

    def count(self, week, values, source="social", measure="urgency", version="1"):
        """Mentions with these values."""
        at = datetime.combine(day_of(week, 2), datetime.min.time(), UTC)
        self.hear([(None, value) for value in values], source, None, at, None, False, measure, version)

    def hear(self, scores, source, by, at, story, owned, measure, version):
        ids = [uuid.uuid5(uuid.NAMESPACE_OID, f"mention {next(self.number)}") for _ in scores]
        authors = [uuid.uuid5(uuid.NAMESPACE_OID, f"author {by or one}") for one in ids]
        mention = {
            "published_at": at, "source": source, "kind": "post", "channel": "social", "version_at": at,
            "first_fetched_at": at, "fetched_at": at, "hashtags": [], "links": [], "text": "…",
        }  # fmt: skip
        self.put(tables.fct_mention, [
            mention | {"mention_id": one, "native_id": str(one), "content_hash": one, "author_key": author}
            for one, author in zip(ids, authors, strict=True)
        ])  # fmt: skip
        match = {"topic": "kettles", "entity": "acme", "match": "named", "owned": owned}
        self.put(tables.bridge_mention_entity, [match | {"mention_id": one} for one in ids])
        if story:
            told = {"topic": "kettles", "how": "exact", "similarity": 1, "story_id": ids[0]}
            self.put(tables.bridge_mention_story, [told | {"mention_id": one} for one in ids])
        score = {"topic": "kettles", "measure": measure, "scorer": "linear", "version": version}
        self.put(tables.fct_score, [
            score | {"mention_id": one, "label": label, "value": value}
            for one, (label, value) in zip(ids, scores, strict=True)
        ])  # fmt: skip

    def watch(self, *weeks):
        """Judge these weeks, as a refresh of their days does; the verdicts as rows."""
        verdicts = drift.watch(self.connection, "kettles", [day_of(week, 3) for week in weeks])
        return list(verdicts.iter_rows(named=True))

    def rows(self, query):
        return [dict(row) for row in self.connection.execute(sa.text(query)).mappings()]

    def verdict(self, week, what="values", **where):
        """The stored verdict on a week."""
        found = [
            row
            for row in self.rows("SELECT * FROM listening.drift")
            if (row["week"], row["what"]) == (day_of(week), what) and where.items() <= row.items()
        ]
        assert len(found) == 1, found
        return found[0]


@pytest.fixture
def weeks(warehouse):
    """The topic, of which nothing was said yet."""
    with warehouse.connect() as connection:
        yield Weeks(connection)
