"""What mentions say about aspects of an entity: how it is published, and how it is read."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from listening_etl.warehouse.tables import fct_aspect

KEY = ("mention_id", "entity", "aspect", "field", "clause_start")
SAID = tuple(c.name for c in fct_aspect.columns if c.name not in ("topic", *KEY))


def _of(table: str, columns: tuple[str, ...]) -> str:
    return ", ".join(f"{table}.{column}" for column in columns)


PUBLISH: dict[str, str] = {
    "aspects_gone": f"""
        DELETE FROM listening.fct_aspect b USING {{mention}} s
        WHERE b.topic = :topic AND b.mention_id = s.mention_id
          AND NOT EXISTS (SELECT FROM {{aspect}} e WHERE ({_of("e", KEY)}) = ({_of("b", KEY)}))""",
    "aspects": f"""
        INSERT INTO listening.fct_aspect AS b (topic, {", ".join((*KEY, *SAID))})
        SELECT :topic, {_of("e", (*KEY, *SAID))} FROM {{aspect}} e JOIN {{mention}} s USING (mention_id) ORDER BY 2, 3
        ON CONFLICT (mention_id, topic, entity, aspect, field, clause_start) DO UPDATE SET
            {", ".join(f"{c} = excluded.{c}" for c in SAID)}
        WHERE ({_of("b", SAID)}) IS DISTINCT FROM ({_of("excluded", SAID)})""",
}
"""Part of the merge, after the mentions that stay: what the version that stays says, and no more."""

SUMMARY = """
WITH votes AS (
    SELECT * FROM listening.aspect_vote
    WHERE topic = :topic AND entity = coalesce(:entity, entity)
      AND day >= coalesce(CAST(:since AS date), '-infinity') AND day < coalesce(CAST(:until AS date), 'infinity')
),
voices AS (
    SELECT entity, aspect, voice, avg(vote) AS vote FROM votes GROUP BY entity, aspect, voice
),
authors AS (
    SELECT entity, aspect, count(*) AS authors, count(vote) AS n, sum(vote) AS s1, sum(vote * vote) AS s2
    FROM voices GROUP BY entity, aspect
),
mentions AS (
    SELECT entity, aspect, count(*) AS mentions, count(vote) AS n, sum(vote) AS s1, sum(vote * vote) AS s2,
           count(*) FILTER (WHERE vote > 0) AS positive, count(*) FILTER (WHERE vote = 0) AS neutral,
           count(*) FILTER (WHERE vote < 0) AS negative
    FROM votes GROUP BY entity, aspect
)
SELECT m.entity, m.aspect, m.mentions, a.authors, m.n AS judged, m.positive, m.neutral, m.negative,
       round(m.s1 / nullif(m.n, 0), 12)::float8 AS net, kpi.vote_low(m.s1, m.s2, m.n) AS low,
       kpi.vote_high(m.s1, m.s2, m.n) AS high, round(a.s1 / nullif(a.n, 0), 12)::float8 AS net_by_author,
       kpi.vote_low(a.s1, a.s2, a.n) AS low_by_author, kpi.vote_high(a.s1, a.s2, a.n) AS high_by_author
FROM mentions m JOIN authors a USING (entity, aspect)
ORDER BY m.entity, m.mentions DESC, m.aspect
"""

SURE = """
SELECT DISTINCT ON (a.entity, a.aspect, a.label) a.entity, a.aspect, a.label,
       substr(CASE a.field WHEN 'text' THEN m.text ELSE m.title END, a.clause_start + 1, a.clause_end - a.clause_start)
           AS clause
FROM listening.fct_aspect a JOIN listening.ugc u USING (topic, mention_id, entity)
JOIN listening.fct_mention m USING (mention_id)
WHERE a.topic = :topic AND a.entity = coalesce(:entity, a.entity) AND a.label IN ('positive', 'negative')
  AND NOT EXISTS (SELECT FROM private.opt_out o WHERE o.author_key = m.author_key)
  AND u.day >= coalesce(CAST(:since AS date), '-infinity') AND u.day < coalesce(CAST(:until AS date), 'infinity')
ORDER BY a.entity, a.aspect, a.label, a.confidence DESC NULLS LAST, u.published_at DESC, a.mention_id, a.clause_start
"""


def summary(
    connection: sa.Connection, topic: str, entity: str | None, since: date | None, until: date | None
) -> list[dict[str, Any]]:
    """One row per entity and aspect over `since <= day < until`, with 95 % intervals: every mention one vote, and
    `by_author` every author one, the mean of theirs; null where nothing was judged."""
    return _rows(connection, SUMMARY, topic, entity, since, until)


def surest(
    connection: sa.Connection, topic: str, entity: str | None, since: date | None, until: date | None
) -> list[dict[str, Any]]:
    """For each entity and aspect the positive and the negative clause judged with the greatest confidence."""
    return _rows(connection, SURE, topic, entity, since, until)


def _rows(
    connection: sa.Connection,
    query: str,
    topic: str,
    entity: str | None,
    since: date | None,
    until: date | None,
) -> list[dict[str, Any]]:
    known = {"topic": topic, "entity": entity, "since": since, "until": until}
    return [dict(row) for row in connection.execute(sa.text(query), known).mappings()]
