"""Publish an audited run: one transaction that merges staged rows into the curated tables.

The merge is a join in the sense of lattices: whatever the order, and however often the same versions come,
the tables end up the same. Of two versions of a mention the greater (version_at, fetched_at, content_hash)
stays; a version that was rejected or quarantined wins in the same way, and takes the mention out. What
versions add to (snapshots, versions of reviews, places) only grows, also for a mention that is out: it may
come back. Of a mention that left, `ops.reject` remembers when it first came. What is said of authors follows
from the mentions that are there.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from listening_etl.warehouse import aspects, deletions
from listening_etl.warehouse.loading import STAGED, drop, staged
from listening_etl.warehouse.partitions import ensure_partitions
from listening_etl.warehouse.tables import fct_mention

PUBLISH_LOCK = 0x6C707562  # publishes and refreshes go one by one

MERGED = [
    c.name for c in fct_mention.columns if c.name not in ("mention_id", "published_at", "first_fetched_at")
]


def lock(connection: sa.Connection) -> None:
    """Wait until no other publish or refresh runs; held until the transaction ends."""
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": PUBLISH_LOCK})


def lock_topic(connection: sa.Connection, topic: str) -> None:
    """Wait until no other refresh of the topic runs; held until the transaction ends."""
    connection.execute(
        sa.text("SELECT pg_advisory_xact_lock(:key, hashtext(:topic))"),
        {"key": PUBLISH_LOCK, "topic": topic},
    )


def publish(connection: sa.Connection, topic: str, run_id: str, query_version: str) -> dict[str, Any]:
    """Merge the run's staged tables and drop them, under `lock`; returns counts and the days touched."""
    names = {name: staged(name, run_id) for name in STAGED}
    ensure_partitions(connection, names["mention"])
    known = {"topic": topic, "run_id": run_id, "query_version": query_version}
    counts = {}
    for step, statement in STATEMENTS.items():
        result = connection.execute(sa.text(statement.format(**names)), known)
        if result.returns_rows:
            result.close()
        counts[step] = result.rowcount
    days = mark_stale(connection, topic, names)
    drop(connection, run_id)
    return {"counts": {k: v for k, v in counts.items() if v > 0}, "days": days}


def mark_stale(connection: sa.Connection, topic: str, names: dict[str, str]) -> list[date]:
    """Note the days whose KPIs must be computed again; they are cleared by the refresh, not by luck."""
    rows = connection.execute(sa.text(STALE_DAYS.format(**names)), {"topic": topic})
    return sorted(row.day for row in rows if row.topic == topic)


NEWER = "({a}.version_at, {a}.fetched_at, {a}.content_hash) {op} ({b}.version_at, {b}.fetched_at, {b}.content_hash)"

REMEMBERED = """
        INSERT INTO ops.reject AS r (topic, reject_id, stage, reason, source, mention_id, content_hash, version_at,
            fetched_at, published_at, lang, text, raw, raw_row)
        SELECT :topic, md5('left' || mention_id || content_hash)::uuid, 'duplicate', 'an older version of the same id',
               source, mention_id, content_hash, version_at, first_fetched_at, published_at, lang, text, raw, raw_row"""
FIRST = "ON CONFLICT (topic, reject_id) DO UPDATE SET fetched_at = least(r.fetched_at, excluded.fetched_at)"
"""A version that a refused one took out leaves a reject, with the time at which the mention first came."""

STATEMENTS: dict[str, str] = {
    # What this run concerns, as things stand before it.
    "indexed": "CREATE INDEX ON {mention} (mention_id)",
    "touched": """
        CREATE TEMP TABLE touched ON COMMIT DROP AS
        SELECT m.mention_id, m.published_at, m.author_key, m.first_fetched_at
        FROM listening.fct_mention m JOIN (
            SELECT mention_id FROM {mention} UNION SELECT mention_id FROM {reject} WHERE mention_id IS NOT NULL
            UNION SELECT mention_id FROM {deletion}
        ) s USING (mention_id)""",
    **deletions.FIRST,
    "touched_parents": """
        CREATE TEMP TABLE touched_parent ON COMMIT DROP AS
        SELECT p.mention_id, p.published_at
        FROM touched t JOIN listening.fct_link l USING (mention_id) JOIN listening.fct_mention p ON p.mention_id = l.other_id""",
    "asked_before": """
        CREATE TEMP TABLE asked_before ON COMMIT DROP AS
        SELECT source, max(until) AS until FROM ops.coverage WHERE topic = :topic AND state <> 'recheck' GROUP BY source""",
    "touched_authors": """
        CREATE TEMP TABLE touched_author ON COMMIT DROP AS
        SELECT author_key FROM {author} UNION SELECT author_key FROM touched WHERE author_key IS NOT NULL""",
    "refused": """
        CREATE TEMP TABLE refused ON COMMIT DROP AS
        SELECT mention_id, version_at, fetched_at, content_hash, raw, raw_row
        FROM {reject} r WHERE r.stage IN ('unmatched', 'filter')
        UNION ALL
        SELECT mention_id, version_at, fetched_at, content_hash, raw, raw_row FROM {mention} WHERE quarantine IS NOT NULL""",
    # When each was first received: now, before, or in a version that did not stay.
    "received": """
        CREATE TEMP TABLE received ON COMMIT DROP AS
        SELECT mention_id, min(at) AS at
        FROM (
            SELECT mention_id, fetched_at AS at FROM {mention} UNION ALL SELECT mention_id, fetched_at FROM {older}
            UNION ALL
            SELECT mention_id, first_fetched_at FROM touched
            UNION ALL
            SELECT r.mention_id, r.fetched_at FROM ops.reject r JOIN {mention} s USING (mention_id) WHERE r.stage = 'duplicate'
            UNION ALL
            SELECT q.mention_id, (q.record ->> 'first_fetched_at')::timestamptz
            FROM ops.quarantine q JOIN {mention} s USING (mention_id)
        ) copies
        GROUP BY mention_id""",
    "first_received": """
        UPDATE {mention} s SET first_fetched_at = r.at FROM received r
        WHERE r.mention_id = s.mention_id AND r.at < s.first_fetched_at""",
    "first_received_before": """
        UPDATE listening.fct_mention m SET first_fetched_at = r.at FROM received r
        WHERE r.mention_id = m.mention_id AND r.at < m.first_fetched_at""",
    "quarantined": """
        INSERT INTO ops.quarantine AS q
        SELECT DISTINCT ON (mention_id, content_hash)
               :topic, mention_id, content_hash, 'mention', quarantine, source, published_at, version_at, fetched_at,
               to_jsonb(s) - 'quarantine' - 'slice' - 'copy', raw, raw_row, :run_id
        FROM (SELECT *, NULL AS copy FROM {mention} UNION ALL SELECT * FROM {older}) s WHERE quarantine IS NOT NULL
        ORDER BY mention_id, content_hash, fetched_at DESC
        ON CONFLICT (topic, mention_id, content_hash) DO UPDATE SET reason = excluded.reason, record = excluded.record,
            fetched_at = greatest(q.fetched_at, excluded.fetched_at), run_id = excluded.run_id""",
    "set_aside": "DELETE FROM {mention} WHERE quarantine IS NOT NULL",
    "set_aside_older": "DELETE FROM {older} WHERE quarantine IS NOT NULL",
    # What is merged from every version, whether it wins or not, so that order cannot matter.
    "places": """
        INSERT INTO listening.dim_place SELECT DISTINCT place_id, name FROM {place} ON CONFLICT DO NOTHING""",
    "identities": """
        INSERT INTO private.author AS a
        SELECT DISTINCT ON (author_key) * FROM {private_author}
        ORDER BY author_key, fetched_at DESC, concat_ws(' ', native_id, handle, name, location) DESC
        ON CONFLICT (author_key) DO UPDATE SET native_id = excluded.native_id, handle = excluded.handle,
            name = excluded.name, location = excluded.location, fetched_at = excluded.fetched_at
        WHERE (excluded.fetched_at, concat_ws(' ', excluded.native_id, excluded.handle, excluded.name, excluded.location))
            > (a.fetched_at, concat_ws(' ', a.native_id, a.handle, a.name, a.location))""",
    "snapshots": """
        INSERT INTO listening.fct_engagement AS e
        SELECT mention_id, fetched_at, max(likes), max(replies), max(reshares), max(views)
        FROM {engagement} GROUP BY 1, 2
        ON CONFLICT (mention_id, fetched_at) DO UPDATE SET
            likes = greatest(e.likes, excluded.likes), replies = greatest(e.replies, excluded.replies),
            reshares = greatest(e.reshares, excluded.reshares), views = greatest(e.views, excluded.views)
        WHERE (greatest(e.likes, excluded.likes), greatest(e.replies, excluded.replies),
               greatest(e.reshares, excluded.reshares), greatest(e.views, excluded.views))
            IS DISTINCT FROM (e.likes, e.replies, e.reshares, e.views)""",
    "review_versions": """
        INSERT INTO listening.fct_review_version AS v
        SELECT DISTINCT ON (mention_id, content_hash)
               mention_id, content_hash, version_at, fetched_at, rating, rating_scale, title, text
        FROM (SELECT *, NULL AS copy FROM {mention} UNION ALL SELECT * FROM {older}) s WHERE kind = 'review'
        ORDER BY mention_id, content_hash, fetched_at
        ON CONFLICT (mention_id, content_hash) DO UPDATE SET first_fetched_at = excluded.first_fetched_at
        WHERE excluded.first_fetched_at < v.first_fetched_at""",
    # Rejects and quarantine: the newest word on a version of a mention replaces an older one.
    "accepted_now": """
        DELETE FROM ops.reject r USING {mention} s
        WHERE r.topic = :topic AND r.mention_id = s.mention_id AND r.content_hash = s.content_hash
          AND r.stage IN ('unmatched', 'filter') AND r.fetched_at <= s.fetched_at""",
    "rejected_otherwise": """
        DELETE FROM ops.reject r USING {reject} s
        WHERE r.topic = :topic AND r.mention_id = s.mention_id AND r.content_hash = s.content_hash
          AND r.stage IN ('unmatched', 'filter') AND s.stage IN ('unmatched', 'filter')
          AND r.reject_id <> s.reject_id AND r.fetched_at <= s.fetched_at""",
    "released": """
        DELETE FROM ops.quarantine q USING {mention} s
        WHERE q.topic = :topic AND q.mention_id = s.mention_id AND q.content_hash = s.content_hash
          AND q.fetched_at <= s.fetched_at""",
    "rejected": """
        INSERT INTO ops.reject AS r
        SELECT DISTINCT ON (reject_id) :topic, reject_id, stage, rule, rule_version, reason, source, at, mention_id,
               content_hash, version_at, fetched_at, published_at, lang, text, raw, raw_row
        FROM {reject} ORDER BY reject_id, fetched_at DESC
        ON CONFLICT (topic, reject_id) DO UPDATE SET
            rule_version = excluded.rule_version, reason = excluded.reason, lang = excluded.lang, text = excluded.text,
            raw = CASE WHEN excluded.fetched_at > r.fetched_at THEN excluded.raw ELSE r.raw END,
            raw_row = CASE WHEN excluded.fetched_at > r.fetched_at THEN excluded.raw_row ELSE r.raw_row END,
            fetched_at = excluded.fetched_at
        WHERE excluded.stage IN ('unmatched', 'filter') AND excluded.fetched_at >= r.fetched_at""",
    # A version that came too late: a newer one of the same mention was refused.
    "outdated": f"""
        WITH late AS (
            DELETE FROM {{mention}} s USING (
                SELECT mention_id, version_at, fetched_at, content_hash FROM ops.reject
                WHERE topic = :topic AND stage IN ('unmatched', 'filter')
                UNION ALL
                SELECT mention_id, version_at, fetched_at, content_hash FROM ops.quarantine WHERE topic = :topic
            ) r
            WHERE r.mention_id = s.mention_id AND {NEWER.format(a="r", b="s", op=">")}
            RETURNING s.*
        )
        {REMEMBERED} FROM late {FIRST}""",
    # A mention whose newest version was refused leaves the topic.
    **{
        f"left_{table}": f"""
        DELETE FROM listening.{table} b USING refused r, listening.fct_mention m
        WHERE m.mention_id = r.mention_id AND b.topic = :topic AND b.mention_id = r.mention_id
          AND {NEWER.format(a="r", b="m", op=">=")}"""
        for table in (
            "fct_score",
            "fct_aspect",
            "bridge_mention_theme",
            "bridge_mention_entity",
            "bridge_mention_query",
        )
    },
    # The winners among what is left.
    "superseded": f"""
        DELETE FROM {{mention}} s USING listening.fct_mention m
        WHERE m.mention_id = s.mention_id AND {NEWER.format(a="m", b="s", op=">")}""",
    "moved": """
        DELETE FROM listening.fct_mention m USING {mention} s
        WHERE m.mention_id = s.mention_id AND m.published_at <> s.published_at""",
    "mentions": f"""
        INSERT INTO listening.fct_mention AS m (mention_id, published_at, first_fetched_at, {", ".join(MERGED)})
        SELECT mention_id, published_at, first_fetched_at, {", ".join(MERGED)} FROM {{mention}}
        ON CONFLICT (mention_id, published_at) DO UPDATE SET {", ".join(f"{c} = excluded.{c}" for c in MERGED)}
        WHERE ({", ".join(f"m.{c}" for c in MERGED)}) IS DISTINCT FROM ({", ".join(f"excluded.{c}" for c in MERGED)})""",
    "unmasked": """
        INSERT INTO private.mention AS m (mention_id, native_id, url, title, text, content_hash)
        SELECT DISTINCT ON (p.mention_id) p.mention_id, p.native_id, p.url, p.title, p.text, p.content_hash
        FROM {private_mention} p JOIN {mention} s USING (mention_id)
        ON CONFLICT (mention_id) DO UPDATE SET native_id = excluded.native_id, url = excluded.url,
            title = excluded.title, text = excluded.text, content_hash = excluded.content_hash
        WHERE (m.native_id, m.url, m.title, m.text, m.content_hash)
            IS DISTINCT FROM (excluded.native_id, excluded.url, excluded.title, excluded.text, excluded.content_hash)""",
    "masked_no_more": """
        DELETE FROM private.mention m USING {mention} s
        WHERE m.mention_id = s.mention_id AND m.content_hash <> s.content_hash""",
    "encodings": """
        INSERT INTO private.encoding AS b (mention_id, content_hash, text_hash, version, vector)
        SELECT DISTINCT ON (e.mention_id) e.mention_id, e.content_hash, e.text_hash, e.version, e.vector
        FROM {encoding} e JOIN {mention} s USING (mention_id)
        ON CONFLICT (mention_id) DO UPDATE SET content_hash = excluded.content_hash, text_hash = excluded.text_hash,
            version = excluded.version, vector = excluded.vector
        WHERE (b.text_hash, b.version, b.content_hash)
            IS DISTINCT FROM (excluded.text_hash, excluded.version, excluded.content_hash)""",
    "encoded_no_more": """
        DELETE FROM private.encoding b USING {mention} s
        WHERE b.mention_id = s.mention_id AND b.content_hash <> s.content_hash""",
    "in_topic": """
        INSERT INTO listening.bridge_mention_query AS b SELECT :topic, mention_id, :query_version FROM {mention}
        ORDER BY mention_id
        ON CONFLICT (topic, mention_id) DO UPDATE SET query_version = excluded.query_version
        WHERE b.query_version <> excluded.query_version""",
    "entities_gone": """
        DELETE FROM listening.bridge_mention_entity b USING {mention} s
        WHERE b.topic = :topic AND b.mention_id = s.mention_id AND NOT EXISTS (
            SELECT FROM {entity} e WHERE e.mention_id = b.mention_id AND e.entity = b.entity)""",
    "entities": """
        INSERT INTO listening.bridge_mention_entity AS b
        SELECT :topic, e.mention_id, e.entity, e.match, e.evidence, e.position, e.owned, e.products
        FROM {entity} e JOIN {mention} s USING (mention_id) ORDER BY e.mention_id
        ON CONFLICT (topic, mention_id, entity) DO UPDATE SET match = excluded.match, evidence = excluded.evidence,
            position = excluded.position, owned = excluded.owned, products = excluded.products
        WHERE (b.match, b.evidence, b.position, b.owned, b.products)
            IS DISTINCT FROM (excluded.match, excluded.evidence, excluded.position, excluded.owned, excluded.products)""",
    "scores_gone": """
        DELETE FROM listening.fct_score b USING {mention} s
        WHERE b.topic = :topic AND b.mention_id = s.mention_id AND NOT EXISTS (
            SELECT FROM {score} e WHERE e.mention_id = b.mention_id AND e.measure = b.measure AND e.scorer = b.scorer)""",
    "scores": """
        INSERT INTO listening.fct_score AS b
        SELECT :topic, e.mention_id, e.measure, e.scorer, e.version, e.label, e.value, e.confidence, e.detail::jsonb
        FROM {score} e JOIN {mention} s USING (mention_id) ORDER BY e.mention_id
        ON CONFLICT (topic, mention_id, measure, scorer) DO UPDATE SET version = excluded.version,
            label = excluded.label, value = excluded.value, confidence = excluded.confidence, detail = excluded.detail
        WHERE (b.version, b.label, b.value, b.confidence, b.detail)
            IS DISTINCT FROM (excluded.version, excluded.label, excluded.value, excluded.confidence, excluded.detail)""",
    **aspects.PUBLISH,
    "links_gone": """
        DELETE FROM listening.fct_link b USING {mention} s WHERE b.mention_id = s.mention_id AND NOT EXISTS (
            SELECT FROM {link} e WHERE (e.mention_id, e.other_id, e.kind) = (b.mention_id, b.other_id, b.kind))""",
    "links": """
        INSERT INTO listening.fct_link SELECT e.mention_id, e.other_id, e.kind
        FROM {link} e JOIN {mention} s USING (mention_id) ON CONFLICT DO NOTHING""",
    "media_gone": """
        DELETE FROM listening.fct_media b USING {mention} s WHERE b.mention_id = s.mention_id""",
    "media": """
        INSERT INTO listening.fct_media
        SELECT DISTINCT ON (mention_id, ordinal) e.mention_id, e.ordinal, e.url, e.kind, e.alt_text
        FROM {media} e JOIN {mention} s USING (mention_id) ON CONFLICT DO NOTHING""",
    # What belongs to no topic any more, and what hung on it.
    "orphans": f"""
        WITH gone AS (
            DELETE FROM listening.fct_mention m
            USING (SELECT DISTINCT ON (mention_id) mention_id, raw, raw_row FROM refused ORDER BY 1, 2, 3) r
            WHERE m.mention_id = r.mention_id
              AND NOT EXISTS (SELECT FROM listening.bridge_mention_query b WHERE b.mention_id = m.mention_id)
            RETURNING m.*, r.raw, r.raw_row
        )
        {REMEMBERED} FROM gone {FIRST}""",
    **{
        f"orphans_of_{table}": f"""
        DELETE FROM {table} d USING (SELECT DISTINCT mention_id FROM refused) r
        WHERE d.mention_id = r.mention_id
          AND NOT EXISTS (SELECT FROM listening.fct_mention m WHERE m.mention_id = d.mention_id)"""
        for table in ("listening.fct_link", "listening.fct_media", "private.mention", "private.encoding")
    },
    **deletions.LAST,
    "authors": """
        INSERT INTO listening.dim_author AS a (author_key, source, followers, verified, followers_at, first_seen, last_seen)
        SELECT m.author_key, m.source,
               (array_agg(m.author_followers ORDER BY m.fetched_at DESC, m.author_followers DESC)
                    FILTER (WHERE m.author_followers IS NOT NULL))[1],
               min(v.verified::int)::boolean,
               max(m.fetched_at) FILTER (WHERE m.author_followers IS NOT NULL),
               min(m.published_at), max(m.published_at)
        FROM listening.fct_mention m JOIN touched_author t USING (author_key) LEFT JOIN (
            SELECT DISTINCT ON (author_key) author_key, verified FROM {author}
            WHERE verified IS NOT NULL ORDER BY author_key, followers_at DESC, verified
        ) v USING (author_key)
        GROUP BY 1, 2
        ON CONFLICT (author_key) DO UPDATE SET followers = excluded.followers, followers_at = excluded.followers_at,
            verified = coalesce(excluded.verified, a.verified),
            first_seen = excluded.first_seen, last_seen = excluded.last_seen
        WHERE (a.followers, a.followers_at, a.verified, a.first_seen, a.last_seen) IS DISTINCT FROM (excluded.followers,
            excluded.followers_at, coalesce(excluded.verified, a.verified), excluded.first_seen, excluded.last_seen)""",
    "authors_gone": """
        DELETE FROM listening.dim_author a USING touched_author s WHERE a.author_key = s.author_key
          AND NOT EXISTS (SELECT FROM listening.fct_mention m WHERE m.author_key = a.author_key)""",
    "identities_gone": """
        DELETE FROM private.author a USING touched_author s WHERE a.author_key = s.author_key
          AND NOT EXISTS (SELECT FROM listening.fct_mention m WHERE m.author_key = a.author_key)""",
    "coverage": """
        INSERT INTO ops.coverage AS c (topic, source, query, since, until, state, reason, expected, received, rows, mentions,
            duplicates, malformed, skipped, outside, unmatched, filtered, filtered_by, opted_out, quarantined, deletions,
            raw, run_id, recorded_at)
        SELECT topic, source, query, since, until, state, reason, expected, received, rows, mentions,
            duplicates, malformed, skipped, outside, unmatched, filtered, filtered_by::jsonb, opted_out, quarantined,
            deletions, raw, run_id, recorded_at
        FROM {coverage}
        ON CONFLICT (topic, source, query, since, until) DO UPDATE SET state = excluded.state, reason = excluded.reason,
            expected = excluded.expected, received = excluded.received, rows = excluded.rows, mentions = excluded.mentions,
            duplicates = excluded.duplicates, malformed = excluded.malformed, skipped = excluded.skipped,
            outside = excluded.outside, unmatched = excluded.unmatched, filtered = excluded.filtered,
            filtered_by = excluded.filtered_by, opted_out = excluded.opted_out, quarantined = excluded.quarantined,
            deletions = excluded.deletions, raw = excluded.raw, run_id = excluded.run_id,
            recorded_at = excluded.recorded_at
        WHERE c.state <> 'complete' OR excluded.state = 'complete'""",
    # What is complete since the topic's start; less than before, where a query of the past failed.
    "watermarks": """
        CREATE TEMP TABLE complete ON COMMIT DROP AS
        SELECT source, upper(stretch) AS until
        FROM (
            SELECT c.source, unnest(c.complete) AS stretch, t.since AS start
            FROM kpi.answered(:topic, '-infinity', 'infinity') c JOIN listening.dim_topic t ON t.topic = :topic
        ) stretches
        WHERE lower(stretch) <= start AND upper(stretch) > start""",
    "watermark_gone": """
        DELETE FROM ops.watermark w WHERE topic = :topic AND NOT EXISTS (SELECT FROM complete c WHERE c.source = w.source)""",
    "watermark": """
        INSERT INTO ops.watermark AS w SELECT :topic, source, until FROM complete
        ON CONFLICT (topic, source) DO UPDATE SET complete_until = excluded.complete_until""",
}

STALE_DAYS = """
WITH concerned AS (
    SELECT mention_id, published_at FROM {mention} UNION SELECT mention_id, published_at FROM touched
    UNION
    SELECT p.mention_id, p.published_at FROM {link} l JOIN listening.fct_mention p ON p.mention_id = l.other_id
    UNION
    SELECT mention_id, published_at FROM touched_parent
),
marked AS (
    -- days of the mentions, in every topic that they belong to
    SELECT t.topic, (c.published_at AT TIME ZONE t.timezone)::date AS day
    FROM concerned c JOIN listening.dim_topic t ON t.topic = :topic
    UNION
    SELECT t.topic, (c.published_at AT TIME ZONE t.timezone)::date
    FROM concerned c JOIN listening.bridge_mention_query b USING (mention_id) JOIN listening.dim_topic t USING (topic)
    UNION
    -- days that were asked for
    SELECT t.topic, generate_series((c.since AT TIME ZONE t.timezone)::date,
                                    ((c.until - interval '1 microsecond') AT TIME ZONE t.timezone)::date, '1 day')::date
    FROM {coverage} c JOIN listening.dim_topic t USING (topic) WHERE c.state <> 'recheck'
    UNION
    -- the day in which the topic ended so far; and every day, when a source is asked for the first time
    SELECT t.topic, v.day
    FROM kpi.volume v JOIN listening.dim_topic t USING (topic)
    WHERE t.topic = :topic AND (
        EXISTS (SELECT FROM {coverage} c WHERE c.source NOT IN (SELECT source FROM asked_before))
        OR v.day = (SELECT (max(until) AT TIME ZONE t.timezone)::date FROM asked_before))
)
INSERT INTO ops.stale_day AS stale
SELECT topic, day, clock_timestamp() FROM marked JOIN listening.dim_topic t USING (topic)
WHERE day >= (t.since AT TIME ZONE t.timezone)::date
ON CONFLICT (topic, day) DO UPDATE SET marked_at = excluded.marked_at
RETURNING topic, day
"""
