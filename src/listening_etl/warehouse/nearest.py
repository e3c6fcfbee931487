"""The mentions nearest in meaning: by an index of pgvector where the server has it, else one by one.

`private.meaning` is no table of the model: it is made where the extension is, holds nothing that private.encoding
does not, and its rows go with those. The index may miss a few neighbours; it never shows a wrong one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import polars as pl
import sqlalchemy as sa

from listening_etl.warehouse.loading import copy

READ: dict[str, Any] = {"mention_id": pl.Binary, "text_hash": pl.Binary, "vector": pl.Binary}
AT_A_TIME = 20_000
"""Vectors read at once."""
LOOKED_AT = 200
"""Candidates that a search in the index holds (ef_search): more find more and take longer."""
BULK = 0.5
"""From so many new rows on, against those that are there, the index is built anew: that is quicker."""

TABLE = """
CREATE TABLE private.meaning (
    mention_id uuid PRIMARY KEY REFERENCES private.encoding ON DELETE CASCADE,
    text_hash bytea NOT NULL, version text NOT NULL, direction halfvec({width}) NOT NULL)
"""
COMMENT = "COMMENT ON TABLE private.meaning IS 'What private.encoding means, for the index that finds what is nearest.'"
INDEX = (
    "CREATE INDEX IF NOT EXISTS ix_meaning_direction ON private.meaning USING hnsw (direction halfvec_ip_ops)"
)
WAITING = """
SELECT uuid_send(e.mention_id), e.text_hash, e.vector
FROM listening.bridge_mention_query q JOIN private.encoding e USING (mention_id)
LEFT JOIN private.meaning n ON n.mention_id = e.mention_id AND n.text_hash = e.text_hash AND n.version = e.version
WHERE q.topic = %(topic)s AND e.version = %(version)s AND n.mention_id IS NULL
"""
EVERY = """
SELECT uuid_send(e.mention_id), e.text_hash, e.vector
FROM listening.bridge_mention_query q JOIN private.encoding e USING (mention_id)
JOIN listening.fct_mention m USING (mention_id)
WHERE q.topic = %(topic)s AND e.version = %(version)s AND m.deleted_at IS NULL AND e.text_hash <> %(text_hash)s
"""
NEAR = """
SELECT uuid_send(n.mention_id), e.text_hash, e.vector
FROM private.meaning n JOIN private.encoding e USING (mention_id)
WHERE e.text_hash = n.text_hash AND n.version = %(version)s AND n.text_hash <> %(text_hash)s
  AND EXISTS (SELECT FROM listening.bridge_mention_query q WHERE q.topic = %(topic)s AND q.mention_id = n.mention_id)
ORDER BY n.direction <#> %(asked)s::real[]::halfvec LIMIT %(limit)s
"""


def has_table(connection: sa.Connection) -> bool:
    """Whether there is an index to search."""
    return connection.scalar(sa.text("SELECT to_regclass('private.meaning') IS NOT NULL")) is True


def prepare(connection: sa.Connection, width: int) -> bool:
    """Make the table for vectors of that width, where the server has pgvector and lets us; answers whether it is there."""
    if has_table(connection):
        return True
    known = "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector')"
    if not connection.scalar(sa.text(known)):
        return False
    try:
        with connection.begin_nested():
            connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS vector"))
            connection.execute(sa.text(TABLE.format(width=width)))
            connection.execute(sa.text(COMMENT))
    except sa.exc.DBAPIError:  # not ours to make, or too old for half precision: then without
        return False
    return True


def waiting(connection: sa.Connection, topic: str, version: str) -> list[pl.DataFrame]:
    """What the index lacks of a topic, or has in an older version, as `READ`."""
    return list(_blocks(connection, WAITING, topic=topic, version=version))


def add(connection: sa.Connection, version: str, frames: Iterator[pl.DataFrame], rows: int) -> None:
    """Add so many `mention_id, text_hash, direction` (a list of numbers) to the index."""
    there = connection.scalar(sa.text("SELECT count(*) FROM private.meaning")) or 0
    if rows > BULK * there:
        connection.execute(sa.text("DROP INDEX IF EXISTS private.ix_meaning_direction"))
    connection.execute(
        sa.text("CREATE TEMP TABLE meant (mention_id uuid, text_hash bytea, direction real[]) ON COMMIT DROP")
    )
    for frame in frames:
        copy(connection, "meant", frame)
    connection.execute(
        sa.text("""
            INSERT INTO private.meaning (mention_id, text_hash, version, direction)
            SELECT mention_id, text_hash, :version, direction::halfvec FROM meant ORDER BY mention_id
            ON CONFLICT (mention_id) DO UPDATE SET text_hash = excluded.text_hash, version = excluded.version,
                direction = excluded.direction"""),
        {"version": version},
    )
    connection.execute(sa.text("DROP TABLE meant"))
    connection.execute(sa.text(INDEX))


def read(connection: sa.Connection, mention_id: UUID) -> dict[str, Any] | None:
    """What was read of a mention: `version, text_hash, vector`; None: nothing was."""
    query = "SELECT version, text_hash, vector FROM private.encoding WHERE mention_id = :id"
    found = connection.execute(sa.text(query), {"id": mention_id}).mappings().first()
    return None if found is None else dict(found)


def every(connection: sa.Connection, topic: str, version: str, text_hash: bytes) -> Iterator[pl.DataFrame]:
    """What was read of the topic's mentions, in blocks, as `READ`; without those that say the same as that text."""
    return _blocks(connection, EVERY, topic=topic, version=version, text_hash=text_hash)


def near(
    connection: sa.Connection, topic: str, version: str, text_hash: bytes, asked: list[float], limit: int
) -> pl.DataFrame:
    """What was read of the topic's mentions that the index says are nearest to a direction, as `READ`."""
    for setting in (f"hnsw.ef_search = {LOOKED_AT}", "hnsw.iterative_scan = strict_order"):
        connection.execute(sa.text(f"SET LOCAL {setting}"))
    given = {"topic": topic, "version": version, "text_hash": text_hash, "asked": asked, "limit": limit}
    driver: Any = connection.connection.driver_connection
    with driver.cursor(binary=True) as cursor:
        cursor.execute(NEAR, given)
        return pl.DataFrame(cursor.fetchall(), schema=READ, orient="row")


def shown(connection: sa.Connection, mentions: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """What everybody may read of these mentions, by id; who wrote them is left out."""
    query = """
        SELECT mention_id, source, published_at, lang, title, text, url
        FROM listening.fct_mention WHERE mention_id = ANY(:mentions)"""
    found = connection.execute(sa.text(query), {"mentions": mentions}).mappings()
    return {row["mention_id"]: dict(row) for row in found}


def _blocks(connection: sa.Connection, query: str, **given: Any) -> Iterator[pl.DataFrame]:
    driver: Any = connection.connection.driver_connection
    with driver.cursor("read") as cursor:
        cursor.execute(query, given, binary=True)
        while rows := cursor.fetchmany(AT_A_TIME):
            yield pl.DataFrame(rows, schema=READ, orient="row")
