"""Authors of a platform as columns, and what was measured on them."""

from __future__ import annotations

import polars as pl
import sqlalchemy as sa

from listening_etl.warehouse.loading import copy

OF_SOURCE = """
WITH latest AS (
    SELECT DISTINCT ON (mention_id) mention_id,
           CASE WHEN num_nonnulls(likes, replies, reshares) > 0
                THEN coalesce(likes, 0) + coalesce(replies, 0) + coalesce(reshares, 0) END AS engagement
    FROM listening.fct_engagement ORDER BY mention_id, fetched_at DESC
),
counted AS (
    -- what stands in threads as context alone is outside every figure
    SELECT DISTINCT mention_id FROM listening.bridge_mention_entity WHERE match <> 'context'
),
answers AS (
    SELECT l.other_id AS mention_id, count(*) AS replies
    FROM listening.fct_link l JOIN counted USING (mention_id) WHERE l.kind = 'reply' GROUP BY 1
)
SELECT a.author_key::text AS author_key, a.followers, count(*) AS mentions,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY l.engagement) AS median_engagement,
       coalesce(sum(r.replies), 0)::bigint AS replies_received
FROM listening.dim_author a
JOIN listening.fct_mention m USING (author_key)
JOIN counted USING (mention_id)
LEFT JOIN latest l USING (mention_id)
LEFT JOIN answers r USING (mention_id)
WHERE a.source = :source
GROUP BY a.author_key, a.followers
ORDER BY a.author_key
"""

AUTHOR_SCHEMA = {
    "author_key": pl.String,
    "followers": pl.Int64,
    "mentions": pl.Int64,
    "median_engagement": pl.Float64,
    "replies_received": pl.Int64,
}


def of_source(connection: sa.Connection, source: str) -> pl.DataFrame:
    """One row per author of a source, as scorers with scope "author" see it."""
    rows = connection.execute(sa.text(OF_SOURCE), {"source": source}).all()
    return pl.DataFrame([tuple(row) for row in rows], schema=AUTHOR_SCHEMA, orient="row")


def store(connection: sa.Connection, measure: str, source: str, judged: pl.DataFrame) -> None:
    """Write what a scorer says of the authors of a source: columns `author_key, value, detail (JSON text), version`.
    Nothing is said of its other authors any more.

    `measure` names a column of dim_author, and `<measure>_detail` beside it; other measures are refused by
    PostgreSQL.
    """
    scratch = f"judged_{measure}"
    connection.execute(
        sa.text(
            f"CREATE TEMP TABLE {scratch} (author_key text, value float8, detail text, version text) ON COMMIT DROP"
        )
    )
    copy(connection, scratch, judged.select("author_key", "value", "detail", "version"))
    connection.execute(
        sa.text(f"""
            UPDATE listening.dim_author a SET {measure} = j.value, {measure}_detail = j.told
            FROM listening.dim_author k LEFT JOIN (
                SELECT author_key::uuid AS author_key, value,
                       coalesce(detail, '{{}}')::jsonb || jsonb_build_object('version', version) AS told
                FROM {scratch}
            ) j USING (author_key)
            WHERE k.author_key = a.author_key AND a.source = :source
              AND (a.{measure}, a.{measure}_detail) IS DISTINCT FROM (j.value, j.told)
        """),
        {"source": source},
    )
    connection.execute(sa.text(f"DROP TABLE {scratch}"))
