"""Mentions, links and snapshots put straight into the warehouse, by names and hours."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from listening_etl.warehouse import cascades, tables

DAWN = datetime(2026, 3, 10, tzinfo=UTC)


def key(name):
    return uuid.uuid5(uuid.NAMESPACE_DNS, name)


def at(hour):
    return DAWN + timedelta(hours=hour)


class Spreading:
    """A warehouse, and how to fill and ask it."""

    def __init__(self, connection):
        self.connection = connection

    def put(self, table, **row):
        self.connection.execute(sa.insert(table), [row])

    def mention(self, name, hour=0.0, by=None, source="oiseau", match="named", deleted=None):
        """A mention published at an hour; `match` None: it is in no topic."""
        known = self.connection.scalar(
            sa.select(tables.dim_author.c.author_key).where(tables.dim_author.c.author_key == key(by or ""))
        )
        if by and not known:
            self.author(by, source=source)
        time = at(hour)
        self.put(
            tables.fct_mention, mention_id=key(name), published_at=time, source=source, native_id=name, kind="post",
            channel="social", text=name, version_at=time, first_fetched_at=time, fetched_at=time, deleted_at=deleted,
            content_hash=key(name), author_key=by and key(by), hashtags=[], links=[],
        )  # fmt: skip
        if match:
            about = {"topic": "kettles", "mention_id": key(name)}
            self.put(tables.bridge_mention_query, **about, query_version="1")
            self.put(tables.bridge_mention_entity, **about, entity="acme", match=match, owned=False)

    def author(self, name, followers=None, source="oiseau"):
        self.put(
            tables.dim_author, author_key=key(name), source=source, followers=followers, first_seen=DAWN, last_seen=DAWN
        )  # fmt: skip

    def link(self, name, other, kind="reshare"):
        self.put(tables.fct_link, mention_id=key(name), other_id=key(other), kind=kind)

    def counted(self, name, *snapshots):
        """Snapshots of a mention: hour, likes, replies, reshares."""
        for hour, *counts in snapshots:
            shown = dict(zip(("likes", "replies", "reshares"), counts, strict=False))
            self.put(tables.fct_engagement, mention_id=key(name), fetched_at=at(hour), **shown)

    def rows(self, query, **given):
        return self.connection.execute(sa.text(query), given).all()

    def virality(self, name):
        """The row of a mention in listening.virality."""
        (row,) = self.rows("SELECT * FROM listening.virality WHERE mention_id = :key", key=key(name))
        return row

    def traced(self, source="oiseau"):
        """The cascades of a source after tracing: mentions, passed on, depth, structural virality, broadcast."""
        cascades.trace(self.connection, source)
        query = """
            SELECT m.native_id, c.mentions, c.passed_on, c.depth, c.structural_virality, c.largest_broadcast
            FROM listening.fct_cascade c JOIN listening.fct_mention m USING (mention_id)"""
        return {name: tuple(row) for name, *row in self.rows(query)}


@pytest.fixture
def spreading(warehouse):
    """An empty warehouse with a place for the mentions of March 2026."""
    with warehouse.connect() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE IF NOT EXISTS listening.fct_mention_y2026m03 PARTITION OF listening.fct_mention"
            " FOR VALUES FROM ('2026-03-01Z') TO ('2026-04-01Z')"
        )
        yield Spreading(connection)
