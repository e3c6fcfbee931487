"""Themes: what the encoder read of each mention, where each theme points, and which mention is of which.

Only mentions by people are placed: what an entity's own accounts write is left out, and so is what names nobody
in a thread, and what was written by those who opted out. Everything here is of one topic.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import polars as pl
import sqlalchemy as sa

from listening_etl.warehouse.loading import copy
from listening_etl.warehouse.runs import upsert
from listening_etl.warehouse.tables import theme_change, theme_fit

READ: dict[str, Any] = {
    "mention_id": pl.Binary,
    "text_hash": pl.Binary,
    "vector": pl.Binary,
    "lang": pl.String,
    "theme_id": pl.Int32,
    "known": pl.Boolean,
}
"""What was read of a mention, in which language, and the theme it is of; `known`: whether this text was placed before."""
TEXTS: dict[str, Any] = {**READ, "text": pl.String, "voice": pl.Binary}
"""`voice`: the author, or the mention where that is unknown."""
NO_TEXTS = pl.DataFrame(schema=TEXTS)
PLACED: dict[str, Any] = {
    "mention_id": pl.Binary,
    "theme_id": pl.Int32,
    "similarity": pl.Float64,
    "text_hash": pl.Binary,
}
AT_A_TIME = 20_000
"""Mentions read at once."""
SAMPLED, SAMPLED_EACH = 4_000, 100
"""Texts that a fit looks at: so many of all, as many of the last week, and some of each theme, however small."""

PEOPLE = """
CREATE TEMP TABLE by_people ON COMMIT DROP AS
SELECT m.mention_id, m.published_at, m.lang, e.text_hash, e.version, t.theme_id, t.mention_id IS NOT NULL AS known,
       coalesce(m.author_key, m.mention_id) AS voice
FROM listening.bridge_mention_query q
JOIN listening.fct_mention m USING (mention_id)
JOIN private.encoding e USING (mention_id)
LEFT JOIN listening.bridge_mention_theme t
    ON t.topic = q.topic AND t.mention_id = q.mention_id AND t.text_hash = e.text_hash
WHERE q.topic = :topic AND m.deleted_at IS NULL AND EXISTS (
    SELECT FROM listening.bridge_mention_entity b
    WHERE b.topic = q.topic AND b.mention_id = q.mention_id AND NOT b.owned AND b.match <> 'context')
  AND NOT EXISTS (SELECT FROM private.opt_out o WHERE o.author_key = m.author_key)
"""
OTHERS = """
DELETE FROM listening.bridge_mention_theme t
WHERE t.topic = :topic AND NOT EXISTS (SELECT FROM by_people p WHERE p.mention_id = t.mention_id AND p.known)
"""
STATE = """
SELECT v.version, count(DISTINCT p.text_hash) AS texts, max(p.published_at) AS newest, count(*) AS mentions,
       count(*) FILTER (WHERE NOT p.known) AS waiting
FROM by_people p JOIN (
    SELECT version FROM by_people GROUP BY version ORDER BY count(*) DESC, version LIMIT 1
) v USING (version) GROUP BY v.version
"""
SAMPLE = """
WITH texts AS (
    SELECT DISTINCT ON (text_hash) text_hash, mention_id, published_at, lang, theme_id, known, voice
    FROM by_people WHERE version = %(version)s ORDER BY text_hash, known DESC, published_at, mention_id
),
ranked AS (
    SELECT *, row_number() OVER (ORDER BY text_hash) AS place,
           row_number() OVER (PARTITION BY theme_id ORDER BY text_hash) AS place_in_theme,
           row_number() OVER (PARTITION BY published_at > %(newest)s - interval '7 days' ORDER BY text_hash) AS place_in_week,
           published_at > %(newest)s - interval '7 days' AS of_week
    FROM texts
)
SELECT uuid_send(r.mention_id), r.text_hash, e.vector, r.lang, r.theme_id, r.known, concat_ws(E'\\n', m.title, m.text),
       uuid_send(r.voice)
FROM ranked r
JOIN private.encoding e USING (mention_id)
JOIN listening.fct_mention m USING (mention_id, published_at)
WHERE r.place <= %(sampled)s OR (r.of_week AND r.place_in_week <= %(sampled)s)
   OR (r.theme_id IS NOT NULL AND r.place_in_theme <= %(each)s)
ORDER BY r.text_hash
"""
VECTORS = """
SELECT uuid_send(p.mention_id), e.text_hash, e.vector, p.lang, p.theme_id, p.known
FROM by_people p JOIN private.encoding e USING (mention_id)
WHERE p.version = %(version)s AND (%(all)s OR NOT p.known)
"""


def look(connection: sa.Connection, topic: str) -> dict[str, Any] | None:
    """Gather the mentions by people that were read, drop the places of all others and of edited ones, and say what
    there is.

    `version` is that of the encoder that read most of them. `texts`, `newest`, `mentions` and `waiting` (not placed,
    or edited since) are of those that it read. None: nothing was read.
    """
    for statement in (PEOPLE, "ANALYZE by_people", OTHERS):
        connection.execute(sa.text(statement), {"topic": topic} if ":topic" in statement else {})
    found = connection.execute(sa.text(STATE)).mappings().first()
    return None if found is None else dict(found)


def last_fit(connection: sa.Connection, topic: str) -> dict[str, Any] | None:
    """What was there when themes were looked for last; None: never."""
    query = "SELECT * FROM ops.theme_fit WHERE topic = :topic ORDER BY fitted_at DESC LIMIT 1"
    found = connection.execute(sa.text(query), {"topic": topic}).mappings().first()
    return None if found is None else dict(found)


def sample(connection: sa.Connection, version: str, newest: datetime) -> pl.DataFrame:
    """Different texts, by their hash: of all, of the last week, of each theme; the same whatever came first."""
    asked = {"version": version, "newest": newest, "sampled": SAMPLED, "each": SAMPLED_EACH}
    with _driver(connection).cursor(binary=True) as cursor:
        cursor.execute(SAMPLE, asked)
        return pl.DataFrame(cursor.fetchall(), schema=TEXTS, orient="row")


def vectors(connection: sa.Connection, version: str, *, everything: bool) -> Iterator[pl.DataFrame]:
    """What was read of the mentions, so many at a time: of all, or of those that wait for a place."""
    with _driver(connection).cursor("vectors") as cursor:
        cursor.execute(VECTORS, {"version": version, "all": everything}, binary=True)
        while rows := cursor.fetchmany(AT_A_TIME):
            yield pl.DataFrame(rows, schema=READ, orient="row")


def directions(connection: sa.Connection, topic: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Where themes point, `theme_id, centroid, nearest` without a gap, and the centre of each language, `lang, centre`."""
    found = []
    for query in (
        "SELECT theme_id, centroid, nearest FROM private.theme WHERE topic = :topic ORDER BY theme_id",
        "SELECT lang, centre FROM private.theme_centre WHERE topic = :topic ORDER BY lang",
    ):
        rows = connection.execute(sa.text(query), {"topic": topic})
        found.append(pl.DataFrame(rows.all(), schema=list(rows.keys()), orient="row"))
    return found[0], found[1]


def keep(connection: sa.Connection, topic: str, themes: pl.DataFrame, centres: pl.DataFrame) -> None:
    """Replace where the topic's themes point, and its centres: as `directions` answers them."""
    for table, frame in (("private.theme", themes), ("private.theme_centre", centres)):
        connection.execute(sa.text(f"DELETE FROM {table} WHERE topic = :topic"), {"topic": topic})
        copy(connection, table, frame.select(pl.lit(topic).alias("topic"), pl.all()))


def settle(connection: sa.Connection, topic: str, places: Iterator[pl.DataFrame]) -> int:
    """Write the places of mentions, as `PLACED`; answers how many left the theme that they were of."""
    connection.execute(
        sa.text("""
            CREATE TEMP TABLE placed (mention_id uuid, theme_id int4, similarity float8, text_hash bytea) ON COMMIT DROP""")
    )
    for frame in places:
        copy(connection, "placed", frame.select(PLACED.keys()))
    moved = connection.scalar(
        sa.text("""
            SELECT count(*) FROM placed n JOIN listening.bridge_mention_theme b USING (mention_id)
            WHERE b.topic = :topic AND b.theme_id <> coalesce(n.theme_id, 0) AND b.text_hash = n.text_hash"""),
        {"topic": topic},
    )
    connection.execute(
        sa.text("""
            INSERT INTO listening.bridge_mention_theme AS b (topic, mention_id, theme_id, similarity, text_hash)
            SELECT :topic, mention_id, theme_id, similarity, text_hash FROM placed ORDER BY mention_id
            ON CONFLICT (mention_id, topic) DO UPDATE SET theme_id = excluded.theme_id, similarity = excluded.similarity,
                text_hash = excluded.text_hash
            WHERE (b.theme_id, b.similarity, b.text_hash)
                IS DISTINCT FROM (excluded.theme_id, excluded.similarity, excluded.text_hash)"""),
        {"topic": topic},
    )
    connection.execute(sa.text("DROP TABLE placed"))
    return int(moved or 0)


DESCRIBED = """
INSERT INTO listening.dim_theme AS d
    (topic, theme_id, label, mentions, first_seen, last_seen, example_id, came_from, went_to, retired)
SELECT :topic, t.theme_id, coalesce(o.label, '{}'), count(b.mention_id), min(m.published_at), max(m.published_at),
       (array_agg(b.mention_id ORDER BY b.similarity DESC, m.published_at, b.mention_id))[1],
       o.came_from, o.went_to, count(b.mention_id) = 0
FROM private.theme t
LEFT JOIN listening.dim_theme o ON (o.topic, o.theme_id) = (t.topic, t.theme_id)
LEFT JOIN listening.bridge_mention_theme b ON (b.topic, b.theme_id) = (t.topic, t.theme_id)
LEFT JOIN listening.fct_mention m ON m.mention_id = b.mention_id
WHERE t.topic = :topic GROUP BY t.theme_id, o.label, o.came_from, o.went_to
ON CONFLICT (topic, theme_id) DO UPDATE SET mentions = excluded.mentions, first_seen = excluded.first_seen,
    last_seen = excluded.last_seen, example_id = excluded.example_id, retired = excluded.retired
"""


def describe(connection: sa.Connection, topic: str) -> tuple[list[int], list[int]]:
    """Count the mentions of each theme, and find its earliest, latest and nearest; answers the themes newly retired,
    and those that have mentions again."""
    query = "SELECT theme_id FROM listening.dim_theme WHERE topic = :topic AND retired"
    before = set(connection.scalars(sa.text(query), {"topic": topic}))
    connection.execute(sa.text(DESCRIBED), {"topic": topic})
    after = set(connection.scalars(sa.text(query), {"topic": topic}))
    return sorted(after - before), sorted(before - after)


LOST = """
SELECT EXISTS (
    SELECT FROM listening.dim_theme d LEFT JOIN (
        SELECT theme_id, count(*) AS n FROM listening.bridge_mention_theme WHERE topic = :topic GROUP BY theme_id
    ) b USING (theme_id)
    WHERE d.topic = :topic AND d.mentions > coalesce(b.n, 0))
"""


def lost(connection: sa.Connection, topic: str) -> bool:
    """Whether a theme has fewer mentions than when it was described: some were deleted, edited or taken out."""
    return connection.scalar(sa.text(LOST), {"topic": topic}) is True


FORGOTTEN = """
UPDATE listening.dim_theme SET label = '{}', mentions = 0, first_seen = NULL, last_seen = NULL, example_id = NULL,
    retired = true
WHERE topic = :topic AND NOT (retired AND label = '{}')
"""


def forget(connection: sa.Connection, topic: str) -> None:
    """Take all mentions out of the topic's themes; the ids stay, and where they point."""
    for statement in ("DELETE FROM listening.bridge_mention_theme WHERE topic = :topic", FORGOTTEN):
        connection.execute(sa.text(statement), {"topic": topic})


def labelled(connection: sa.Connection, topic: str) -> dict[int, list[str]]:
    """What each theme is called."""
    query = "SELECT theme_id, label FROM listening.dim_theme WHERE topic = :topic ORDER BY theme_id"
    return {row.theme_id: row.label for row in connection.execute(sa.text(query), {"topic": topic})}


def name(connection: sa.Connection, topic: str, labels: list[dict[str, Any]]) -> None:
    """Write `label` of each `theme_id`."""
    statement = sa.text(
        "UPDATE listening.dim_theme SET label = :label WHERE topic = :topic AND theme_id = :theme_id"
    )
    if labels:
        connection.execute(statement, [{"topic": topic, **row} for row in labels])


def counts(connection: sa.Connection, topic: str) -> dict[str, int]:
    """How many themes have mentions, and how many mentions have a theme."""
    query = """
        SELECT count(*) FILTER (WHERE NOT retired) AS themes, coalesce(sum(mentions), 0)::int8 AS placed
        FROM listening.dim_theme WHERE topic = :topic"""
    return dict(connection.execute(sa.text(query), {"topic": topic}).mappings().one())


def record(connection: sa.Connection, fit: dict[str, Any]) -> None:
    """Note that themes were looked for: a row of ops.theme_fit."""
    upsert(connection, theme_fit, [fit])


RELATED = {"split": "came_from", "merged": "went_to"}
"""The column of dim_theme that names the other theme of a change."""


def change(connection: sa.Connection, topic: str, at: datetime, changes: list[dict[str, Any]]) -> None:
    """Note what became of themes: each with `theme_id, change, other_id`."""
    upsert(connection, theme_change, [{"topic": topic, "fitted_at": at, **row} for row in changes])
    for row in changes:  # few
        if column := RELATED.get(row["change"]):
            told = f"UPDATE listening.dim_theme SET {column} = :other_id WHERE topic = :topic AND theme_id = :theme_id"
            connection.execute(sa.text(told), {"topic": topic, **row})


LISTED = """
SELECT d.theme_id, d.label, d.mentions, d.mentions::float8 / nullif(r.n, 0) AS share,
       kpi.wilson_low(d.mentions, r.n) AS share_low, kpi.wilson_high(d.mentions, r.n) AS share_high,
       d.first_seen, d.last_seen, concat_ws(' · ', m.title, m.text) AS example, d.example_id::text, d.came_from, d.went_to,
       d.retired
FROM listening.dim_theme d
CROSS JOIN (SELECT count(*) AS n FROM listening.bridge_mention_theme WHERE topic = :topic) r
LEFT JOIN listening.fct_mention m ON m.mention_id = d.example_id
    AND NOT EXISTS (SELECT FROM private.opt_out o WHERE o.author_key = m.author_key)
WHERE d.topic = :topic AND (:gone OR NOT d.retired)
ORDER BY d.mentions DESC, d.theme_id
"""


def listed(connection: sa.Connection, topic: str, *, gone: bool = False) -> list[dict[str, Any]]:
    """The themes, the largest first, each with its share of the mentions by people that were read (95 %, Wilson).

    `gone`: those, too, that have no mention left or went into another.
    """
    found = connection.execute(sa.text(LISTED), {"topic": topic, "gone": gone}).mappings()
    return [dict(row) for row in found]


def of_none(connection: sa.Connection, topic: str) -> int:
    """How many mentions are far from all themes."""
    query = "SELECT count(*) FROM listening.bridge_mention_theme WHERE topic = :topic AND theme_id IS NULL"
    return int(connection.scalar(sa.text(query), {"topic": topic}) or 0)


def done(connection: sa.Connection) -> None:
    """Drop what `look` gathered."""
    connection.execute(sa.text("DROP TABLE by_people"))


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection
