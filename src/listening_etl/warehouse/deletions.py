"""What a platform told us was deleted: the mention stays as a tombstone, its words go from every table.

A deletion is laid over whatever version stays, in the same transaction as the merge: so it does not matter
whether it comes before the mention or after it. A version written after the deletion brings a mention back. A
version is no younger than the time at which we had it, whatever its clock says.
"""

from __future__ import annotations

FIRST: dict[str, str] = {
    "deletions": """
        INSERT INTO ops.deletion SELECT DISTINCT mention_id, deleted_at, source FROM {deletion} ON CONFLICT DO NOTHING""",
    "deleted": """
        CREATE TEMP TABLE deleted ON COMMIT DROP AS
        SELECT d.mention_id, d.deleted_at
        FROM ops.deletion d JOIN (
            SELECT mention_id FROM {mention} UNION SELECT mention_id FROM {older} UNION SELECT mention_id FROM {reject}
            UNION SELECT mention_id FROM {deletion}
        ) s USING (mention_id)""",
}
"""Before the merge: what this run and earlier ones were told, of the mentions that it concerns."""

_OF_TOMBSTONES = """(
            SELECT m.mention_id FROM listening.fct_mention m JOIN deleted d USING (mention_id) WHERE m.deleted_at IS NOT NULL
        ) t"""

LAST: dict[str, str] = {
    "tombstones": """
        UPDATE listening.fct_mention m SET deleted_at = t.at, title = NULL, text = NULL, url = NULL, links = '{{}}',
            hashtags = '{{}}', lat = NULL, lon = NULL, place_id = NULL, author_key = NULL, author_followers = NULL
        FROM (
            SELECT m.mention_id, m.published_at, min(d.deleted_at) AS at
            FROM listening.fct_mention m JOIN deleted d USING (mention_id)
            WHERE d.deleted_at >= least(m.version_at, m.fetched_at) GROUP BY 1, 2
        ) t
        WHERE (m.mention_id, m.published_at) = (t.mention_id, t.published_at)""",
    **{
        f"words_in_{table}": f"DELETE FROM {table} w USING {_OF_TOMBSTONES} WHERE w.mention_id = t.mention_id"
        for table in (
            "private.mention",
            "listening.fct_media",
            "private.sketch",
            "private.encoding",
            "listening.fct_aspect",
            "listening.bridge_mention_theme",
        )
    },
    "likenesses": """
        DELETE FROM private.near_duplicate w WHERE EXISTS (SELECT FROM deleted) AND (
            NOT EXISTS (SELECT FROM private.sketch s WHERE s.topic = w.topic AND s.words_hash = w.words_hash)
            OR NOT EXISTS (SELECT FROM private.sketch s WHERE s.topic = w.topic AND s.words_hash = w.other_hash))""",
    "words_as_evidence": f"""
        UPDATE listening.bridge_mention_entity w SET evidence = NULL, position = NULL, products = NULL
        FROM {_OF_TOMBSTONES} WHERE w.mention_id = t.mention_id AND num_nonnulls(w.evidence, w.products) > 0""",
    "words_in_scores": f"""
        UPDATE listening.fct_score w SET detail = NULL
        FROM {_OF_TOMBSTONES} WHERE w.mention_id = t.mention_id AND w.detail IS NOT NULL""",
    "words_in_reviews": """
        UPDATE listening.fct_review_version w SET title = NULL, text = NULL
        FROM deleted d WHERE w.mention_id = d.mention_id AND d.deleted_at >= least(w.version_at, w.first_fetched_at)""",
    # what a filter quotes stands behind the colon
    "words_in_rejects": """
        UPDATE ops.reject w SET text = NULL, reason = split_part(w.reason, ': ', 1)
        FROM deleted d WHERE w.mention_id = d.mention_id AND d.deleted_at >= least(w.version_at, w.fetched_at)
          AND (w.text IS NOT NULL OR strpos(w.reason, ': ') > 0)""",
    "words_in_quarantine": """
        UPDATE ops.quarantine w SET record = jsonb_build_object('first_fetched_at', record -> 'first_fetched_at')
        FROM deleted d WHERE w.mention_id = d.mention_id AND d.deleted_at >= least(w.version_at, w.fetched_at)""",
}
"""After the merge, before authors are counted."""
