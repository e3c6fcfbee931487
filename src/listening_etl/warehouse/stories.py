"""Stories: mentions that tell the same in nearly the same words, and the likenesses that hold them together.

Texts are compared once, by their normalised words: a `words_hash` stands for all mentions that say the same. Of
the pairs that are alike a forest is kept, the strongest that connect; everything here is of one topic.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
import sqlalchemy as sa

from listening_etl.warehouse.loading import copy

SKETCH: dict[str, Any] = {
    "mention_id": pl.Binary,
    "content_hash": pl.Binary,
    "published_at": pl.Datetime("us", "UTC"),
    "text": pl.String,
}
WORDS: dict[str, Any] = {"words_hash": pl.Binary, "signature": pl.Binary}
TEXTS: dict[str, Any] = {"words_hash": pl.Binary, "text": pl.String}
PAIRS: dict[str, Any] = {"left": pl.Binary, "right": pl.Binary, "similarity": pl.Float64}

AT_A_TIME = 50_000
"""Mentions sketched at once."""

PUBLIC_TEXT = r"concat_ws(E'\n', m.title, m.text)"

CHANGES: dict[str, str] = {
    "changed": """
        CREATE TEMP TABLE sketch_change ON COMMIT DROP AS
        SELECT coalesce(s.mention_id, m.mention_id) AS mention_id, m.mention_id IS NULL AS gone, s.words_hash, m.published_at
        FROM (SELECT * FROM private.sketch WHERE topic = :topic) s
        FULL JOIN (
            SELECT m.mention_id, m.published_at, m.content_hash
            FROM listening.bridge_mention_query q JOIN listening.fct_mention m USING (mention_id)
            WHERE q.topic = :topic AND m.deleted_at IS NULL
        ) m ON (m.mention_id, m.content_hash) = (s.mention_id, s.content_hash)
        WHERE s.mention_id IS NULL OR m.mention_id IS NULL""",
    "forgotten": """
        DELETE FROM private.sketch s USING sketch_change c
        WHERE c.gone AND s.topic = :topic AND s.mention_id = c.mention_id""",
    "cut": """
        DELETE FROM private.near_duplicate d
        USING (
            SELECT DISTINCT words_hash FROM sketch_change c
            WHERE gone AND NOT EXISTS (SELECT FROM private.sketch s WHERE s.topic = :topic AND s.words_hash = c.words_hash)
        ) w
        WHERE d.topic = :topic AND w.words_hash IN (d.words_hash, d.other_hash)""",
}


def forget(connection: sa.Connection, topic: str) -> bool:
    """Find the mentions that came, changed or left since the last time; drop the sketches of what is no more.

    Answers whether there are any; what was deleted has lost its sketch before.
    """
    for statement in CHANGES.values():
        connection.execute(sa.text(statement), {"topic": topic})
    return bool(connection.scalar(sa.text("SELECT EXISTS (SELECT FROM sketch_change)")))


def fresh(connection: sa.Connection) -> Iterator[pl.DataFrame]:
    """The mentions that `forget` found without a sketch, so many at a time, with their public text; null: none."""
    query = f"""
        SELECT uuid_send(m.mention_id), uuid_send(m.content_hash), m.published_at, nullif({PUBLIC_TEXT}, '')
        FROM sketch_change c JOIN listening.fct_mention m USING (mention_id, published_at) WHERE NOT c.gone"""
    driver: Any = connection.connection.driver_connection
    with driver.cursor("fresh") as cursor:
        cursor.execute(query, binary=True)
        while rows := cursor.fetchmany(AT_A_TIME):
            yield pl.DataFrame(rows, schema=SKETCH, orient="row")


def torn(connection: sa.Connection, topic: str) -> pl.DataFrame:
    """Stories that lost a mention, with the words of those that are left: `story_id, words_hash`."""
    return _read(
        connection,
        """
        SELECT DISTINCT uuid_send(b.story_id), uuid_send(s.words_hash)
        FROM listening.bridge_mention_story b JOIN private.sketch s USING (topic, mention_id)
        WHERE b.topic = %(topic)s AND b.story_id IN (
            SELECT b.story_id FROM listening.bridge_mention_story b
            WHERE b.topic = %(topic)s
              AND NOT EXISTS (SELECT FROM private.sketch s WHERE (s.topic, s.mention_id) = (b.topic, b.mention_id)))""",
        {"story_id": pl.Binary, "words_hash": pl.Binary},
        topic=topic,
    )


def known(connection: sa.Connection, topic: str) -> pl.DataFrame:
    """The different words that mentions of the topic say, with their signatures."""
    query = """
        SELECT uuid_send(words_hash), signature FROM private.sketch WHERE topic = %(topic)s AND words_hash IS NOT NULL"""
    found = _read(connection, query, WORDS, topic=topic)
    return found.unique("words_hash")  # PostgreSQL would sort them, on disk


def texts(connection: sa.Connection, topic: str, words: pl.Series) -> pl.DataFrame:
    """One public text for each of these words, that of the first who said so."""
    return _read(
        connection,
        f"""
        SELECT uuid_send(w.words_hash), {PUBLIC_TEXT}
        FROM (
            SELECT DISTINCT ON (words_hash) words_hash, mention_id, published_at FROM private.sketch
            WHERE topic = %(topic)s AND words_hash = ANY(
                SELECT encode(word, 'hex')::uuid FROM unnest(%(words)s::bytea[]) AS asked (word))
            ORDER BY words_hash, published_at, mention_id
        ) w JOIN listening.fct_mention m USING (mention_id, published_at)""",
        TEXTS,
        topic=topic,
        words=words.to_list(),
    )


def keep(connection: sa.Connection, topic: str, sketched: pl.DataFrame) -> None:
    """Add sketches: `mention_id, content_hash, published_at, words_hash, signature`."""
    copy(connection, "private.sketch", sketched.select(pl.lit(topic).alias("topic"), pl.all()))


def likenesses(connection: sa.Connection, topic: str) -> pl.DataFrame:
    """The forest as it was kept: `left, right, similarity`, by words."""
    return _read(
        connection,
        """
        SELECT uuid_send(words_hash), uuid_send(other_hash), similarity FROM private.near_duplicate
        WHERE topic = %(topic)s""",
        PAIRS,
        topic=topic,
    )


def keep_likenesses(connection: sa.Connection, topic: str, before: pl.DataFrame, after: pl.DataFrame) -> None:
    """Replace the forest that was kept by another; what both have is not touched."""
    gone = before.join(after, on=["left", "right"], how="anti").select("left", "right")
    new = after.join(before, on=["left", "right"], how="anti")
    if len(gone):  # few: what a stronger likeness replaced
        statement = sa.text("""
            DELETE FROM private.near_duplicate
            WHERE topic = :topic AND words_hash = encode(:left, 'hex')::uuid AND other_hash = encode(:right, 'hex')::uuid""")
        connection.execute(statement, [{"topic": topic, **pair} for pair in gone.iter_rows(named=True)])
    named = new.select(
        pl.lit(topic).alias("topic"), words_hash="left", other_hash="right", similarity="similarity"
    )
    copy(connection, "private.near_duplicate", named)


REGROUP: dict[str, str] = {
    "members": """
        CREATE TEMP TABLE story_member ON COMMIT DROP AS
        SELECT mention_id, published_at, CASE WHEN copies > 1 THEN first_id END AS story_id,
               CASE WHEN mention_id = first_id THEN 'canonical' WHEN words_hash = first_words THEN 'exact' ELSE 'near' END AS how,
               CASE WHEN alike > 1 THEN 1 ELSE similarity END AS similarity
        FROM (
            SELECT s.mention_id, s.published_at, s.words_hash, r.similarity,
                   count(*) OVER (PARTITION BY r.cluster) AS copies, count(*) OVER (PARTITION BY s.words_hash) AS alike,
                   first_value(s.mention_id) OVER earliest AS first_id, first_value(s.words_hash) OVER earliest AS first_words
            FROM regrouped r JOIN private.sketch s ON s.topic = :topic AND s.words_hash = r.words_hash
            WINDOW earliest AS (PARTITION BY r.cluster ORDER BY s.published_at, s.mention_id)
        ) placed""",
    "stale": """
        INSERT INTO ops.stale_day AS stale
        SELECT t.topic, d.day, clock_timestamp()
        FROM story_member n
        LEFT JOIN listening.bridge_mention_story b ON b.topic = :topic AND b.mention_id = n.mention_id
        JOIN listening.dim_topic t ON t.topic = :topic
        CROSS JOIN LATERAL (SELECT (n.published_at AT TIME ZONE t.timezone)::date AS day) d
        WHERE n.story_id IS DISTINCT FROM b.story_id AND d.day >= (t.since AT TIME ZONE t.timezone)::date
        GROUP BY 1, 2
        ON CONFLICT (topic, day) DO UPDATE SET marked_at = excluded.marked_at""",
    "left": """
        DELETE FROM listening.bridge_mention_story b
        WHERE b.topic = :topic
          AND NOT EXISTS (SELECT FROM private.sketch s WHERE (s.topic, s.mention_id) = (b.topic, b.mention_id))""",
    "alone": """
        DELETE FROM listening.bridge_mention_story b USING story_member n
        WHERE b.topic = :topic AND b.mention_id = n.mention_id AND n.story_id IS NULL""",
    "told": """
        INSERT INTO listening.bridge_mention_story AS b (topic, mention_id, story_id, how, similarity)
        SELECT :topic, mention_id, story_id, how, similarity FROM story_member WHERE story_id IS NOT NULL
        ON CONFLICT (mention_id, topic) DO UPDATE SET story_id = excluded.story_id, how = excluded.how,
            similarity = excluded.similarity
        WHERE (b.story_id, b.how, b.similarity) IS DISTINCT FROM (excluded.story_id, excluded.how, excluded.similarity)""",
}


def regroup(connection: sa.Connection, topic: str, words: pl.DataFrame) -> None:
    """Tell the stories of these words anew, and mark the days on which a mention changed its story.

    `words`: `words_hash, cluster, similarity`, whole clusters, each row with the greatest likeness to another of
    its cluster (null: it is alone). Mentions without a sketch leave their stories.
    """
    connection.execute(
        sa.text(
            "CREATE TEMP TABLE regrouped (words_hash uuid, cluster uuid, similarity float8) ON COMMIT DROP"
        )
    )
    copy(connection, "regrouped", words.select("words_hash", "cluster", "similarity"))
    connection.execute(sa.text("ANALYZE regrouped"))
    for statement in REGROUP.values():
        connection.execute(sa.text(statement), {"topic": topic})
    for scratch in ("sketch_change", "regrouped", "story_member"):
        connection.execute(sa.text(f"DROP TABLE {scratch}"))


def top(connection: sa.Connection, topic: str, limit: int) -> list[dict[str, Any]]:
    """The stories with most copies, of the days since a week before the latest mention; see listening.story."""
    query = """
        SELECT story_id::text, copies, authors, sources, first_published_at, last_published_at, title, text, url
        FROM listening.story
        WHERE topic = :topic AND last_published_at > (
            SELECT max(s.last_published_at) - interval '7 days' FROM listening.story s WHERE s.topic = :topic)
        ORDER BY copies DESC, authors DESC, story_id LIMIT :limit"""
    rows = connection.execute(sa.text(query), {"topic": topic, "limit": limit}).mappings()
    return [dict(row) for row in rows]


def coordinated(connection: sa.Connection, topic: str) -> list[dict[str, Any]]:
    """Groups of accounts that repeatedly passed on the same at the same moment; see listening.coordination."""
    query = """
        SELECT source, accounts, objects, seconds_apart, first_at, last_at, shared
        FROM listening.coordination WHERE topic = :topic ORDER BY accounts DESC, objects DESC, group_id"""
    return [dict(row) for row in connection.execute(sa.text(query), {"topic": topic}).mappings()]


def _read(connection: sa.Connection, query: str, schema: dict[str, Any], **parameters: Any) -> pl.DataFrame:
    """A query's rows as a frame, by PostgreSQL's binary protocol: signatures are long."""
    driver: Any = connection.connection.driver_connection
    with driver.cursor(binary=True) as cursor:
        cursor.execute(query, parameters or None)
        return pl.DataFrame(cursor.fetchall(), schema=schema, orient="row")
