"""The mentions nearest in meaning: by an index of pgvector where the server has it, else one by one.

`private.meaning` is no table of the model: it is made where the extension is, holds nothing that private.encoding
does not, and its rows go with those. The index may miss a few neighbours; it never shows a wrong one.

It is kept by one run at a time, apart from publishes and refreshes: building it takes minutes, and whatever it lacks
meanwhile, or because a run was broken off, is compared one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import polars as pl
import sqlalchemy as sa

from listening_etl.warehouse.engine import autocommit
from listening_etl.warehouse.loading import copy

READ: dict[str, Any] = {"mention_id": pl.Binary, "text_hash": pl.Binary, "vector": pl.Binary}
INDEX_LOCK = 0x6E656172
"""One run at a time keeps the index; the others go on without it."""
AT_A_TIME = 20_000
"""Vectors read at once."""
ADDED = 2_000
"""Rows added at once where there is an index: a publish that deletes one of them waits so long."""
LOOKED_AT = 200
"""Candidates that a search in the index holds (ef_search): more find more and take longer."""
BULK = 0.5
"""From so many new rows on, against those that are there, the index is built anew: that is quicker."""

TABLE = """
CREATE TABLE private.meaning (
    mention_id uuid PRIMARY KEY REFERENCES private.encoding ON DELETE CASCADE,
    text_hash bytea NOT NULL, version text NOT NULL, direction halfvec({width}) NOT NULL)
"""
POSSIBLE = """
SELECT coalesce(bool_or(string_to_array(substring(coalesce(installed_version, default_version) FROM '^[0-9.]*[0-9]'), '.')::int[]
    >= ARRAY[0, 8]), false)
FROM pg_available_extensions WHERE name = 'vector'
"""
"""Half precision came with pgvector 0.7, searches that go on until enough is found with 0.8."""
COMMENT = "COMMENT ON TABLE private.meaning IS 'What private.encoding means, for the index that finds what is nearest.'"
INDEX = (
    "CREATE INDEX CONCURRENTLY ix_meaning_direction ON private.meaning USING hnsw (direction halfvec_ip_ops)"
)
WHOLE = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('private.ix_meaning_direction')"
NO_INDEX = "DROP INDEX IF EXISTS private.ix_meaning_direction"
MOST_READ = """
SELECT e.version, min(length(e.vector)) / 2 AS width
FROM listening.bridge_mention_query q JOIN private.encoding e USING (mention_id)
WHERE q.topic = :topic GROUP BY e.version ORDER BY count(*) DESC, e.version LIMIT 1
"""
LACKING = """NOT EXISTS (
    SELECT FROM private.meaning n WHERE n.mention_id = e.mention_id AND n.text_hash = e.text_hash AND n.version = %(space)s)"""
WAITING = f"""
FROM listening.bridge_mention_query q JOIN private.encoding e USING (mention_id)
WHERE q.topic = %(topic)s AND e.version = %(version)s AND {LACKING}
"""
NEXT = f"""
SELECT uuid_send(e.mention_id), e.text_hash, e.vector {WAITING} AND e.mention_id > %(after)s
ORDER BY e.mention_id LIMIT %(limit)s
"""
ADD = """
WITH there AS (
    SELECT e.mention_id FROM private.encoding e JOIN meant USING (mention_id)
    WHERE e.text_hash = meant.text_hash FOR KEY SHARE OF e SKIP LOCKED
)
INSERT INTO private.meaning (mention_id, text_hash, version, direction)
SELECT mention_id, text_hash, :space, direction::halfvec FROM meant JOIN there USING (mention_id) ORDER BY mention_id
ON CONFLICT (mention_id) DO UPDATE SET text_hash = excluded.text_hash, version = excluded.version,
    direction = excluded.direction
"""
"""What a publish is about to delete is left out, and not waited for."""
EVERY = """
SELECT uuid_send(e.mention_id), e.text_hash, e.vector
FROM listening.bridge_mention_query q JOIN private.encoding e USING (mention_id)
JOIN listening.fct_mention m USING (mention_id)
WHERE q.topic = %(topic)s AND e.version = %(version)s AND m.deleted_at IS NULL AND e.text_hash <> %(text_hash)s
  AND NOT EXISTS (SELECT FROM private.opt_out o WHERE o.author_key = m.author_key)
"""
NEAR = """
SELECT uuid_send(c.mention_id), c.text_hash, c.vector
FROM (
    SELECT n.mention_id, e.text_hash, e.vector
    FROM private.meaning n JOIN private.encoding e USING (mention_id)
    WHERE e.text_hash = n.text_hash AND e.version = %(version)s AND n.version = %(space)s AND n.text_hash <> %(text_hash)s
      AND EXISTS (SELECT FROM listening.bridge_mention_query q WHERE q.topic = %(topic)s AND q.mention_id = n.mention_id)
    ORDER BY n.direction <#> %(asked)s::real[]::halfvec LIMIT %(limit)s
) c
WHERE NOT EXISTS (
    SELECT FROM listening.fct_mention m JOIN private.opt_out o USING (author_key) WHERE m.mention_id = c.mention_id)
"""


@contextmanager
def alone(url: str) -> Iterator[sa.Connection | None]:
    """A connection for keeping the index, each statement of which stands for itself; None while another run has one.

    Nobody waits for it: a build waits for those who wait.
    """
    with autocommit(url) as connection:
        key = {"key": INDEX_LOCK}
        if not connection.scalar(sa.text("SELECT pg_try_advisory_lock(:key)"), key):
            yield None
            return
        try:
            yield connection
        finally:
            connection.execute(sa.text("SELECT pg_advisory_unlock(:key)"), key)


def width(connection: sa.Connection) -> int | None:
    """Numbers in the vectors of the index; None: there is none."""
    query = """
        SELECT atttypmod FROM pg_attribute
        WHERE attrelid = to_regclass('private.meaning') AND attname = 'direction'"""
    found: int | None = connection.scalar(sa.text(query))
    return found


def most_read(connection: sa.Connection, topic: str) -> tuple[str, int] | None:
    """The version of the encoder that read most of the topic, and the numbers in its vectors; None: nothing was read."""
    found = connection.execute(sa.text(MOST_READ), {"topic": topic}).first()
    return None if found is None else (found.version, found.width)


def prepare(connection: sa.Connection, width: int) -> bool:
    """Make the table for vectors of that width, where the server has pgvector and lets us; answers whether it is there.

    One for vectors of another width gives way. Comes under `publishing.lock`.
    """
    if not connection.scalar(sa.text(POSSIBLE)):
        return False
    try:
        with connection.begin_nested():
            connection.execute(sa.text("DROP TABLE IF EXISTS private.meaning"))
            connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS vector"))
            connection.execute(sa.text(TABLE.format(width=width)))
            connection.execute(sa.text(COMMENT))
    except sa.exc.DBAPIError:  # not ours to make, or too old for half precision: then without
        return False
    return True


def make_room(connection: sa.Connection, topic: str, version: str, space: str) -> int:
    """Drop the index if it is broken, or lacks so much of the topic that it is quicker built anew; answers how many
    rows to add at once."""
    given = {"topic": topic, "version": version, "space": space}
    lacking = connection.exec_driver_sql(f"SELECT count(*) {WAITING}", given).scalar_one()
    there = connection.scalar(sa.text("SELECT count(*) FROM private.meaning")) or 0
    if lacking <= BULK * there and connection.scalar(sa.text(WHOLE)):
        return ADDED
    connection.execute(sa.text(NO_INDEX))
    return AT_A_TIME


def waiting(
    connection: sa.Connection, topic: str, version: str, space: str, after: bytes, limit: int
) -> pl.DataFrame:
    """The next rows by id that the index lacks of a topic, or has of another text or encoder, as `READ`."""
    given = {"topic": topic, "version": version, "space": space, "after": UUID(bytes=after), "limit": limit}
    return _frame(connection, NEXT, given)


def add(connection: sa.Connection, space: str, frame: pl.DataFrame) -> None:
    """Add `mention_id, text_hash, direction` (a list of numbers) to the table, where they are still what was read."""
    connection.execute(
        sa.text("CREATE TEMP TABLE meant (mention_id uuid, text_hash bytea, direction real[]) ON COMMIT DROP")
    )
    copy(connection, "meant", frame)
    connection.execute(sa.text(ADD), {"space": space})


def build(connection: sa.Connection) -> None:
    """Build the index unless it is whole. Readers and writers go on; broken off, it is built anew by the next run."""
    if not connection.scalar(sa.text(WHOLE)):
        connection.execute(sa.text(NO_INDEX))
        connection.execute(sa.text(INDEX))


def read(connection: sa.Connection, mention_id: UUID) -> dict[str, Any] | None:
    """What was read of a mention: `version, text_hash, vector`; None: nothing was."""
    query = "SELECT version, text_hash, vector FROM private.encoding WHERE mention_id = :id"
    found = connection.execute(sa.text(query), {"id": mention_id}).mappings().first()
    return None if found is None else dict(found)


def every(
    connection: sa.Connection, topic: str, version: str, text_hash: bytes, lacking: str | None = None
) -> Iterator[pl.DataFrame]:
    """What was read of the topic's mentions, in blocks, as `READ`; without those that say the same as that text.

    `lacking`: only those that the index has not, as vectors of that space.
    """
    query, given = EVERY, {"topic": topic, "version": version, "text_hash": text_hash}
    if lacking is not None:
        query, given = f"{EVERY} AND {LACKING}", {**given, "space": lacking}
    driver: Any = connection.connection.driver_connection
    with driver.cursor("read") as cursor:
        cursor.execute(query, given, binary=True)
        while rows := cursor.fetchmany(AT_A_TIME):
            yield pl.DataFrame(rows, schema=READ, orient="row")


def near(
    connection: sa.Connection,
    topic: str,
    version: str,
    text_hash: bytes,
    space: str,
    asked: list[float],
    limit: int,
) -> pl.DataFrame:
    """What was read of the topic's mentions that the index says are nearest to a direction, as `READ`."""
    for setting in (f"hnsw.ef_search = {LOOKED_AT}", "hnsw.iterative_scan = strict_order"):
        connection.execute(sa.text(f"SET LOCAL {setting}"))
    given = {"topic": topic, "version": version, "text_hash": text_hash, "space": space}
    return _frame(connection, NEAR, {**given, "asked": asked, "limit": limit})


def shown(connection: sa.Connection, mentions: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """What everybody may read of these mentions, by id; who wrote them is left out."""
    query = """
        SELECT mention_id, source, published_at, lang, title, text, url
        FROM listening.fct_mention WHERE mention_id = ANY(:mentions)"""
    found = connection.execute(sa.text(query), {"mentions": mentions}).mappings()
    return {row["mention_id"]: dict(row) for row in found}


def _frame(connection: sa.Connection, query: str, given: dict[str, Any]) -> pl.DataFrame:
    driver: Any = connection.connection.driver_connection
    with driver.cursor(binary=True) as cursor:
        cursor.execute(query, given)
        return pl.DataFrame(cursor.fetchall(), schema=READ, orient="row")
