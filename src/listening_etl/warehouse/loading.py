"""Load a run's batches into unlogged staging tables by binary COPY, and collapse what came twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl
import psycopg
import sqlalchemy as sa

from listening_etl.errors import StagingError

STAGED: dict[str, tuple[str, str]] = {
    "mention": (
        "listening.fct_mention",
        "topic text, raw text, raw_row integer, slice integer, quarantine text",
    ),
    "older": (
        "listening.fct_mention",
        "topic text, raw text, raw_row integer, slice integer, quarantine text, copy integer GENERATED ALWAYS AS IDENTITY",
    ),
    "private_mention": ("private.mention", ""),
    "author": ("listening.dim_author", ""),
    "private_author": ("private.author", ""),
    "place": ("listening.dim_place", ""),
    "engagement": ("listening.fct_engagement", ""),
    "link": ("listening.fct_link", "content_hash uuid"),
    "media": ("listening.fct_media", "content_hash uuid, fetched_at timestamptz"),
    "score": ("listening.fct_score", "content_hash uuid"),
    "entity": ("listening.bridge_mention_entity", "content_hash uuid, fetched_at timestamptz"),
    "encoding": ("private.encoding", ""),
    "aspect": ("listening.fct_aspect", "content_hash uuid, fetched_at timestamptz"),
    "deletion": ("ops.deletion", ""),
    "reject": ("ops.reject", "author_key uuid"),
    "coverage": ("ops.coverage", "slice integer"),
}
"""Staging table: the table it is like, and the columns it has besides."""

IN_BATCHES = tuple(name for name in STAGED if name not in ("older", "coverage"))
"""Those that a batch has a file for."""

VERSIONED = {
    "score": ("content_hash",),
    "entity": ("content_hash", "fetched_at"),
    "aspect": ("content_hash", "fetched_at"),
    "link": ("content_hash",),
    "media": ("content_hash", "fetched_at"),
    "private_mention": ("content_hash",),
    "encoding": ("content_hash",),
}
"""What hangs on one version of a mention, and the columns that say which; media and what is in a thread can change
without an edit."""

AS_TEXT = {"score": ("detail",), "author": ("influence_detail",), "coverage": ("filtered_by",)}
"""JSON travels as text and is cast in the merge: it has no binary form in Arrow."""

OPTIONAL = {"score": ("topic",), "entity": ("topic",), "aspect": ("topic",), "reject": ("topic",)}
"""Columns that the batch does not carry and that the merge fills in."""

UNIQUE = {
    "score": ("mention_id", "measure", "scorer"),
    "entity": ("mention_id", "entity"),
    "aspect": ("mention_id", "entity", "aspect", "field", "clause_start"),
}


def staged(name: str, run_id: str) -> str:
    """The staging table of a run."""
    return f"staging.{name}_{run_id}"


def create(connection: sa.Connection, run_id: str) -> None:
    """Make the run's staging tables, empty; those of an earlier try are dropped."""
    for name, (like, extra) in STAGED.items():
        target = staged(name, run_id)
        connection.execute(sa.text(f"DROP TABLE IF EXISTS {target}"))
        more = f", {extra}" if extra else ""
        connection.execute(sa.text(f"CREATE UNLOGGED TABLE {target} (LIKE {like}{more})"))
        for column in AS_TEXT.get(name, ()):
            connection.execute(sa.text(f"ALTER TABLE {target} ALTER COLUMN {column} TYPE text"))
        for column in OPTIONAL.get(name, ()):
            connection.execute(sa.text(f"ALTER TABLE {target} ALTER COLUMN {column} DROP NOT NULL"))


def drop(connection: sa.Connection, run_id: str) -> None:
    """Drop the run's staging tables."""
    for name in STAGED:
        connection.execute(sa.text(f"DROP TABLE IF EXISTS {staged(name, run_id)}"))


def drop_table(connection: sa.Connection, name: str) -> None:
    """Drop one staging table."""
    connection.execute(sa.text(f"DROP TABLE IF EXISTS {name}"))


def copy(connection: sa.Connection, table: str, frame: pl.DataFrame) -> None:
    """Append a frame to a table by binary COPY; columns go by name.

    Raises `StagingError` when the frame does not fit the table: files of an older version, curate again.
    """
    if frame.is_empty():
        return
    from pgpq import ArrowToPostgresBinaryEncoder

    arrow = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    encoder = ArrowToPostgresBinaryEncoder(arrow.schema)
    columns = ", ".join(f'"{name}"' for name in frame.columns)
    driver = connection.connection.driver_connection
    assert driver is not None
    try:
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT binary)") as stream,
        ):
            stream.write(encoder.write_header())
            for batch in arrow.to_batches(max_chunksize=10_000):
                stream.write(encoder.write_batch(batch))
            stream.write(encoder.finish())
    except (psycopg.errors.UndefinedColumn, psycopg.errors.InvalidBinaryRepresentation) as error:
        raise StagingError(
            f"the file does not fit the table: {str(error).splitlines()[0]}",
            where=table,
            do="It was written by another version: curate the window again.",
        ) from error


def analyze(connection: sa.Connection, run_id: str) -> None:
    """Let the planner know how large the run is, by the column that everything is joined on."""
    for name in STAGED:
        key = "author_key" if "author" in name else "mention_id"
        if name not in ("place", "coverage"):
            connection.execute(sa.text(f"ANALYZE {staged(name, run_id)} ({key})"))


def collapse(connection: sa.Connection, topic: str, run_id: str) -> None:
    """Of several versions of a mention in the run keep the newest; the others become duplicates.

    They are set apart in `older`, for what they tell of the past: versions of reviews, when a mention first
    came. A newest version that was refused leaves none. Counts in the staged ledger are corrected.
    """
    names = {name: staged(name, run_id) for name in STAGED}
    connection.execute(sa.text(_DUPLICATES.format(**names)), {"topic": topic})
    for name, of_version in VERSIONED.items():
        connection.execute(
            sa.text(f"""
                DELETE FROM {names[name]} d WHERE NOT EXISTS (
                    SELECT FROM {names["mention"]} m
                    WHERE {" AND ".join(f"m.{c} = d.{c}" for c in ("mention_id", *of_version))})
            """)
        )
    for name, key in UNIQUE.items():
        columns = ", ".join(key)
        connection.execute(
            sa.text(f"""
                DELETE FROM {names[name]} d USING (
                    SELECT ctid, row_number() OVER (PARTITION BY {columns} ORDER BY ctid) AS place FROM {names[name]}
                ) twice WHERE d.ctid = twice.ctid AND twice.place > 1
            """)
        )
    for name in UNIQUE:
        connection.execute(sa.text(f"UPDATE {names[name]} SET topic = :topic"), {"topic": topic})


_DUPLICATES = """
WITH version AS (
    SELECT ctid AS place, mention_id, version_at, fetched_at, content_hash, author_followers, raw, raw_row FROM {mention}
    UNION ALL
    SELECT NULL, mention_id, version_at, fetched_at, content_hash, NULL, raw, raw_row FROM {reject}
    WHERE stage IN ('unmatched', 'filter')
),
ranked AS (
    SELECT place, row_number() OVER newest AS number, first_value(content_hash) OVER newest AS newest_hash
    FROM version
    WINDOW newest AS (PARTITION BY mention_id
                      ORDER BY version_at DESC, fetched_at DESC, content_hash DESC,
                               place IS NOT NULL, author_followers DESC NULLS LAST, raw, raw_row)
),
lost AS (
    DELETE FROM {mention} m USING ranked r WHERE m.ctid = r.place AND r.number > 1
    RETURNING m AS version, m.*, r.newest_hash
),
kept AS (INSERT INTO {older} SELECT (version).* FROM lost),
told AS (
    INSERT INTO {reject} (topic, reject_id, stage, reason, source, mention_id, content_hash, version_at, fetched_at,
                          published_at, lang, text, raw, raw_row)
    SELECT :topic, md5(source || raw || raw_row || ':' || content_hash)::uuid, 'duplicate',
           CASE WHEN content_hash = newest_hash THEN 'the same content again'
                ELSE 'an older version of the same id' END,
           source, mention_id, content_hash, version_at, fetched_at, published_at, lang, text, raw, raw_row
    FROM lost
),
counted AS (SELECT slice, count(*) AS n FROM lost GROUP BY slice)
UPDATE {coverage} c SET duplicates = c.duplicates + n, mentions = c.mentions - n FROM counted WHERE c.slice = counted.slice
"""


_OPTED_OUT = """
WITH gone AS (
    DELETE FROM {mention} m USING private.opt_out o WHERE m.author_key = o.author_key RETURNING m.*
),
told AS (
    INSERT INTO {reject} (topic, reject_id, stage, reason, source, mention_id, raw, raw_row)
    SELECT :topic, md5('opted out' || mention_id)::uuid, 'opted_out', 'the author opted out', source,
           mention_id, raw, raw_row
    FROM gone
),
counts AS (
    DELETE FROM {engagement} e USING gone g WHERE e.mention_id = g.mention_id AND e.fetched_at = g.fetched_at
),
counted AS (SELECT slice, count(*) AS n FROM gone GROUP BY slice),
ledger AS (
    UPDATE {coverage} c SET opted_out = c.opted_out + n, mentions = c.mentions - n
    FROM counted WHERE c.slice = counted.slice
)
SELECT count(*) FROM gone
"""


_WORDS_OF_OPTED_OUT = """
UPDATE {reject} r SET text = NULL, reason = split_part(r.reason, ': ', 1)
FROM private.opt_out o WHERE r.author_key = o.author_key
"""
"""What a filter quotes stands behind the colon."""


def remove_opted_out(connection: sa.Connection, topic: str, run_id: str) -> int:
    """Take out what opted-out authors wrote, without keeping their words; returns how many versions.

    What a filter or the queries refuse of them is told with its reason alone. Comes before
    `collapse`, which takes away what hung on them.
    """
    names = {name: staged(name, run_id) for name in STAGED}
    removed = connection.scalar(
        sa.text(_OPTED_OUT.format(**names)),
        {"topic": topic},
    )
    connection.execute(sa.text(_WORDS_OF_OPTED_OUT.format(**names)))
    for name in ("author", "private_author"):
        connection.execute(
            sa.text(f"DELETE FROM {names[name]} a USING private.opt_out o WHERE a.author_key = o.author_key")
        )
    return int(removed or 0)


_KNOWN = """
WITH known AS (
    DELETE FROM {mention} s USING listening.fct_mention m, {coverage} c
    WHERE m.mention_id = s.mention_id AND m.version_at >= s.version_at AND c.slice = s.slice AND c.state = 'recheck'
      AND (m.fetched_at, m.content_hash) <> (s.fetched_at, s.content_hash)
    RETURNING s.slice
),
refused AS (
    DELETE FROM {reject} r USING listening.fct_mention m, {coverage} c
    WHERE m.mention_id = r.mention_id AND m.version_at >= r.version_at AND r.stage IN ('unmatched', 'filter')
      AND (m.fetched_at, m.content_hash) <> (r.fetched_at, r.content_hash)
      AND strpos(c.raw, r.raw) > 0 AND c.state = 'recheck'
    RETURNING c.slice, r.stage, r.rule
),
by_filter AS (
    SELECT slice, jsonb_object_agg(rule, n) AS taken
    FROM (SELECT slice, rule, count(*) AS n FROM refused WHERE stage = 'filter' GROUP BY slice, rule) r GROUP BY slice
),
counted AS (
    SELECT slice, count(*) FILTER (WHERE stage IS NULL) AS mentions,
           count(*) FILTER (WHERE stage = 'unmatched') AS unmatched, count(*) FILTER (WHERE stage = 'filter') AS filtered
    FROM (SELECT slice, NULL AS stage FROM known UNION ALL SELECT slice, stage FROM refused) s GROUP BY slice
)
UPDATE {coverage} c SET outside = c.outside + n.mentions + n.unmatched + n.filtered, mentions = c.mentions - n.mentions,
    unmatched = c.unmatched - n.unmatched, filtered = c.filtered - n.filtered,
    filtered_by = CASE WHEN b.taken IS NULL THEN c.filtered_by ELSE (
        SELECT jsonb_object_agg(f.rule, f.n::bigint - coalesce((b.taken ->> f.rule)::bigint, 0))::text
        FROM jsonb_each_text(c.filtered_by::jsonb) f (rule, n)) END
FROM counted n LEFT JOIN by_filter b USING (slice) WHERE c.slice = n.slice
"""


def leave_known(connection: sa.Connection, run_id: str) -> None:
    """Take out of a recheck what is no newer than the version that we hold, which its thread may have told better.

    What we hold of that very recheck stays: a replay judges it again.
    Comes before `collapse`, which takes away what hung on them.
    """
    names = {name: staged(name, run_id) for name in STAGED}
    connection.execute(sa.text(_KNOWN.format(**names)))


def older_reviews(connection: sa.Connection, run_id: str) -> bool:
    """Whether the run brought older versions of reviews, which are kept and so have to be checked."""
    query = f"SELECT EXISTS (SELECT FROM {staged('older', run_id)} WHERE kind = 'review')"
    return bool(connection.scalar(sa.text(query)))


def mark_older(connection: sa.Connection, run_id: str, reasons: Mapping[str, str]) -> None:
    """Write the reason beside each older version (by its number, `copy`) that failed a check on the row."""
    if reasons:
        connection.execute(
            sa.text(
                f"UPDATE {staged('older', run_id)} SET quarantine = :reason WHERE copy = CAST(:id AS integer)"
            ),
            [{"id": key, "reason": reason} for key, reason in reasons.items()],
        )


def totals(connection: sa.Connection, run_id: str, columns: Iterable[str]) -> dict[str, int]:
    """Sums over the staged ledger."""
    sums = ", ".join(f'coalesce(sum("{name}"), 0)::bigint AS "{name}"' for name in columns)
    row = connection.execute(sa.text(f"SELECT {sums} FROM {staged('coverage', run_id)}")).mappings().one()
    return dict(row)


def mark_quarantined(connection: sa.Connection, run_id: str, reasons: Mapping[str, str]) -> None:
    """Write the reason beside each staged mention that failed a check on the row, and count it."""
    if not reasons:
        return
    mention, ledger = staged("mention", run_id), staged("coverage", run_id)
    connection.execute(
        sa.text(f"UPDATE {mention} SET quarantine = :reason WHERE mention_id = CAST(:id AS uuid)"),
        [{"id": key, "reason": reason} for key, reason in reasons.items()],
    )
    connection.execute(
        sa.text(f"""
            UPDATE {ledger} c SET quarantined = c.quarantined + n, mentions = c.mentions - n
            FROM (SELECT slice, count(*) AS n FROM {mention} WHERE quarantine IS NOT NULL GROUP BY slice) q
            WHERE c.slice = q.slice
        """)
    )


GROWN = """
SELECT DISTINCT coalesce(parent.oid, c.oid)::regclass::text
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
LEFT JOIN pg_class parent ON parent.oid = i.inhparent
WHERE n.nspname = 'listening' AND c.relkind = 'r'
  AND pg_relation_size(c.oid) > 1.2 * greatest(c.relpages, 0) * current_setting('block_size')::int
"""

PLANNED_BY = {
    "listening.fct_mention": "mention_id, published_at, source, channel, author_key, author_followers, deleted_at"
}
"""Columns that plans depend on, where looking at all of them would take long."""


def analyze_grown(connection: sa.Connection) -> None:
    """Let the planner know the curated tables that grew by a fifth since it last looked.

    Without it the first refresh is planned as if they were empty, and takes minutes instead of seconds.
    """
    for name in connection.scalars(sa.text(GROWN)).all():
        columns = f" ({PLANNED_BY[name]})" if name in PLANNED_BY else ""
        connection.execute(sa.text(f"ANALYZE {name}{columns}"))


def drop_leftovers(connection: sa.Connection, older_than_days: int) -> list[str]:
    """Drop staging tables of runs that failed and were not run again for so many days; returns their names."""
    names = connection.scalars(
        sa.text("""
            SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'staging' AND c.relkind = 'r' AND NOT EXISTS (
                SELECT FROM ops.run r
                WHERE c.relname LIKE '%' || r.run_id AND r.started_at > now() - make_interval(days => :days))
        """),
        {"days": older_than_days},
    ).all()
    for name in names:
        connection.execute(sa.text(f'DROP TABLE IF EXISTS staging."{name}"'))
    return list(names)
