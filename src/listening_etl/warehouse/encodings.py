"""What the shared encoder read before, by the hash of the text."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

AT_A_TIME = 20_000

KNOWN = sa.text("""
    SELECT DISTINCT ON (text_hash) text_hash, vector FROM private.encoding
    WHERE version = :version AND text_hash = ANY(:hashes) ORDER BY text_hash
""")


def known(connection: sa.Connection, version: str, hashes: Sequence[bytes]) -> dict[bytes, bytes]:
    """The vectors, half precision, of those texts that this version of the encoder has read."""
    found: dict[bytes, bytes] = {}
    for start in range(0, len(hashes), AT_A_TIME):
        asked = {"version": version, "hashes": list(hashes[start : start + AT_A_TIME])}
        found.update((row.text_hash, row.vector) for row in connection.execute(KNOWN, asked))
    return found
