"""Authors of a platform as columns, and what was measured on them."""

from __future__ import annotations

import polars as pl
import sqlalchemy as sa

from listening_etl.errors import PluginError, did_you_mean
from listening_etl.statistics.networks import pagerank
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
SELECT a.author_key::text AS author_key, a.followers, count(c.mention_id) AS mentions,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY l.engagement) FILTER (WHERE c.mention_id IS NOT NULL)
           AS median_engagement,
       coalesce(sum(r.replies) FILTER (WHERE c.mention_id IS NOT NULL), 0)::bigint AS replies_received,
       -- here the context is what they say besides
       kpi.wilson_low(count(c.mention_id), count(*)) AS specialisation
FROM listening.dim_author a
JOIN listening.fct_mention m USING (author_key)
LEFT JOIN counted c USING (mention_id)
LEFT JOIN latest l USING (mention_id)
LEFT JOIN answers r USING (mention_id)
WHERE a.source = :source
GROUP BY a.author_key, a.followers
HAVING count(c.mention_id) > 0
ORDER BY a.author_key
"""

WHO_TO_WHOM = """
WITH counted AS (SELECT DISTINCT mention_id FROM listening.bridge_mention_entity WHERE match <> 'context')
SELECT m.author_key::text AS author_key, o.author_key::text AS other_key, count(DISTINCT m.mention_id) AS mentions
FROM listening.fct_link l
JOIN counted c ON c.mention_id = l.mention_id
JOIN counted d ON d.mention_id = l.other_id
JOIN listening.fct_mention m ON m.mention_id = l.mention_id
JOIN listening.fct_mention o ON o.mention_id = l.other_id
WHERE m.source = :source AND o.source = :source AND m.author_key <> o.author_key
GROUP BY m.author_key, o.author_key
ORDER BY m.author_key, o.author_key
"""

SIGNS = r"""
WITH about AS (
    SELECT mention_id, bool_or(match = 'author') AS own
    FROM listening.bridge_mention_entity WHERE match <> 'context' GROUP BY 1
),
written AS (
    SELECT m.author_key, m.mention_id, m.published_at, m.rating, m.text, b.own,
           regexp_replace(lower(substring(m.links[1] FROM '^[a-z]+://([^/?#:]+)')), '^www\.', '') AS site
    FROM listening.dim_author a JOIN listening.fct_mention m USING (author_key) JOIN about b USING (mention_id)
    WHERE a.source = :source AND m.deleted_at IS NULL
),
gaps AS (
    SELECT author_key, count(*) AS moments,
           percentile_cont(ARRAY[0.1, 0.5, 0.9]) WITHIN GROUP (ORDER BY gap) AS at
    FROM (
        SELECT author_key,
               extract(epoch FROM published_at - lag(published_at) OVER (PARTITION BY author_key ORDER BY published_at))
                   ::float8 AS gap
        FROM (SELECT DISTINCT author_key, published_at FROM written) AS moment
    ) AS paced
    GROUP BY 1
),
sites AS (
    SELECT DISTINCT ON (author_key) author_key, site, count(*) AS mentions
    FROM written WHERE site IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2
),
counted AS (
    SELECT author_key, count(*) AS mentions,
           count(*) FILTER (WHERE own) AS own_mentions,
           count(*) FILTER (WHERE rating IS NOT NULL) AS rated_mentions,
           count(*) FILTER (WHERE text ~* :bought) AS bought_mentions
    FROM written GROUP BY 1
)
SELECT a.author_key::text AS author_key, p.handle, p.name, a.followers, a.verified, c.mentions, c.own_mentions,
       c.rated_mentions, c.bought_mentions, s.site, coalesce(s.mentions, 0) AS site_mentions, g.moments,
       g.at[1] AS gap_p10_s, g.at[2] AS gap_median_s, g.at[3] AS gap_p90_s,
       (SELECT array_agg(DISTINCT title ORDER BY title) FROM listening.dim_entity WHERE role IN ('own', 'competitor'))
           AS brands
FROM counted c JOIN gaps g USING (author_key) JOIN listening.dim_author a USING (author_key)
LEFT JOIN sites s USING (author_key) LEFT JOIN private.author p USING (author_key)
ORDER BY a.author_key
"""

BOUGHT = (
    r"\m(j['’]ai (?:bien )?(?:achet|command|re[cç]u|pay)|j['’]avais (?:achet|command)|je viens d['’](?:acheter|en acheter)"
    r"|je suis client|ma (?:commande|facture)|mon (?:colis|achat|abonnement)"
    r"|i (?:just )?(?:bought|ordered|purchased|received|paid)|my (?:order|purchase|subscription|receipt|flight|booking))"
)
"""The first person of who bought: a case-insensitive regular expression of PostgreSQL."""

AUTHOR_SCHEMA = {
    "author_key": pl.String,
    "followers": pl.Int64,
    "mentions": pl.Int64,
    "median_engagement": pl.Float64,
    "replies_received": pl.Int64,
    "specialisation": pl.Float64,
}

LINK_SCHEMA = {"author_key": pl.String, "other_key": pl.String, "mentions": pl.Int64}

SIGNS_SCHEMA: dict[str, pl.DataType] = {
    "author_key": pl.String(),
    "handle": pl.String(),
    "name": pl.String(),
    "followers": pl.Int64(),
    "verified": pl.Boolean(),
    "mentions": pl.Int64(),
    "own_mentions": pl.Int64(),
    "rated_mentions": pl.Int64(),
    "bought_mentions": pl.Int64(),
    "site": pl.String(),
    "site_mentions": pl.Int64(),
    "moments": pl.Int64(),
    "gap_p10_s": pl.Float64(),
    "gap_median_s": pl.Float64(),
    "gap_p90_s": pl.Float64(),
    "brands": pl.List(pl.String),
}

DECIMALS = 9
"""Of a PageRank; below this, floats depend on the order of addition, and equals would not be."""

STORED = {"influence": ("influence", "value"), "author_kind": ("kind", "label")}
"""Of each measure of authors its column in dim_author (`<column>_detail` is beside it) and of the answer."""


def of_source(connection: sa.Connection, source: str) -> pl.DataFrame:
    """One row per author of a source, as scorers with scope "author" see it.

    Followers and median engagement are null where the platform hides them. `specialisation` is the lower end of
    the 95 % interval (Wilson) of the share of what we hold of them that counts for some entity. `pagerank`, as a
    multiple of the mean, goes by who replies to, quotes or reshares whom; null where we know of no such link.
    """
    known, links = (
        pl.DataFrame(
            list(map(tuple, connection.execute(sa.text(query), {"source": source}))),
            schema=schema,
            orient="row",
        )
        for query, schema in ((OF_SOURCE, AUTHOR_SCHEMA), (WHO_TO_WHOM, LINK_SCHEMA))
    )
    return known.with_columns(pagerank=standing(known["author_key"], links))


def standing(authors: pl.Series, links: pl.DataFrame) -> pl.Series:
    """PageRank of these authors by `LINK_SCHEMA`, in their order; equals are equal to the last digit kept."""
    if links.is_empty():
        return pl.Series([None] * len(authors), dtype=pl.Float64)
    place = authors.to_frame("key").with_row_index("place")
    source, target = (
        links.join(place, left_on=end, right_on="key", how="left", maintain_order="left")["place"]
        for end in ("author_key", "other_key")
    )
    ranks = pagerank(source, target, links["mentions"], len(authors))
    return pl.Series(ranks.round(DECIMALS))


def signs_of_source(connection: sa.Connection, source: str) -> pl.DataFrame:
    """One row per author of a source, as scorers that judge by signs see it: with the name and the handle.

    These are private: a scorer may read them, and nothing of them may stand in what it answers. Mentions are
    those that count for some entity and are not deleted; `own_mentions` of them were written by an account of an
    entity, `rated_mentions` hold a rating, `bought_mentions` tell of a purchase in the first person. `site` is
    the host that most `site_mentions` link to first, `moments` the different times of publication, the gaps
    between them in seconds; null where there is none. `brands` are the titles of own and competing entities.
    """
    rows = connection.execute(sa.text(SIGNS), {"source": source, "bought": BOUGHT}).all()
    return pl.DataFrame([tuple(row) for row in rows], schema=SIGNS_SCHEMA, orient="row")


def store(connection: sa.Connection, measure: str, source: str, judged: pl.DataFrame) -> None:
    """Write what a scorer says of the authors of a source: `author_key, label, value, detail (JSON text), version`.

    Nothing is said of its other authors any more. Raises `PluginError` for a measure that has no column.
    """
    if measure not in STORED:
        known = ", ".join(sorted(STORED))
        what = f"there is no place for the measure '{measure}' of authors"
        raise PluginError(
            what, do=f"A scorer of authors measures one of: {known}.{did_you_mean(measure, STORED)}"
        )
    column, answer = STORED[measure]
    scratch, kind = f"judged_{column}", "text" if answer == "label" else "float8"
    connection.execute(
        sa.text(
            f"CREATE TEMP TABLE {scratch} (author_key text, said {kind}, detail text, version text) ON COMMIT DROP"
        )
    )
    copy(connection, scratch, judged.select("author_key", pl.col(answer).alias("said"), "detail", "version"))
    connection.execute(
        sa.text(f"""
            UPDATE listening.dim_author a SET {column} = j.said, {column}_detail = j.told
            FROM listening.dim_author k LEFT JOIN (
                SELECT author_key::uuid AS author_key, said,
                       coalesce(detail, '{{}}')::jsonb || jsonb_build_object('version', version) AS told
                FROM {scratch}
            ) j USING (author_key)
            WHERE k.author_key = a.author_key AND a.source = :source
              AND (a.{column}, a.{column}_detail) IS DISTINCT FROM (j.said, j.told)
        """),
        {"source": source},
    )
    connection.execute(sa.text(f"DROP TABLE {scratch}"))
