"""Match a batch against the entities of a topic: who is addressed, tagged, declared or named, and where.

Of several ways in which a mention is about an entity the strongest counts: `author` (an account of the
entity wrote it), `reply`, `tagged`, `hashtag`, `declared` (the source says so: a review on its page),
`named`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Protocol

import orjson
import polars as pl

from listening_etl.frame import fold, folded
from listening_etl.model import MATCHES

MATCH_SCHEMA = {
    "row": pl.UInt32,
    "entity": pl.String,
    "role": pl.String,
    "match": pl.String,
    "evidence": pl.String,
    "position": pl.Int32,
    "owned": pl.Boolean,
}


class EntityLike(Protocol):
    """What matching needs to know of an entity."""

    name: str
    role: str
    names: tuple[str, ...]
    handles: tuple[str, ...]
    hashtags: tuple[str, ...]
    exclude: tuple[str, ...]


def version(entities: Mapping[str, EntityLike]) -> str:
    """Twelve hexadecimal digits that change when any entity's words change."""
    words = [[e.name, e.role, e.names, e.handles, e.hashtags, e.exclude] for e in entities.values()]
    return hashlib.blake2b(orjson.dumps(words), digest_size=6).hexdigest()


def words_pattern(words: Sequence[str]) -> str:
    """A regular expression for folded text: any of the words, whole, and not as a handle or hashtag."""
    alternatives = sorted({fold(word) for word in words}, key=len, reverse=True)
    inner = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in alternatives)
    return rf"(?:^|[^\w@#])({inner})(?:$|[^\w])"


def match(
    mentions: pl.DataFrame,
    entities: Mapping[str, EntityLike],
    about: Sequence[str] = (),
    ways: Sequence[str] = MATCHES,
) -> pl.DataFrame:
    """One row per mention and entity that it is about: `MATCH_SCHEMA`, `row` counting mentions from 0.

    `about` names entities that every mention of the source is about; of the ways to match only `ways` count.
    """
    words = mentions.with_row_index("row").select(
        "row",
        "text",
        folded(
            pl.concat_str(pl.col("text").fill_null(""), pl.col("title").fill_null(""), separator="\n")
        ).alias("folded"),
        pl.col("author_handle").str.strip_chars_start("@").str.to_lowercase().alias("author"),
        pl.col("reply_to_author").str.strip_chars_start("@").str.to_lowercase().alias("reply"),
        "tagged",
        folded_list("hashtags"),
        folded_list("about"),
    )
    accounts = [handle for entity in entities.values() for handle in entity.handles]
    words = words.with_columns(pl.col("author").is_in(accounts).fill_null(value=False).alias("owned"))
    found = [_of_entity(words, entity, ways, declared=entity.name in about) for entity in entities.values()]
    return pl.concat(found).sort("row", "entity") if found else pl.DataFrame(schema=MATCH_SCHEMA)


def folded_list(column: str) -> pl.Expr:
    """A list of words, folded."""
    return pl.col(column).list.eval(folded(pl.element())).alias(column)


def _any_of(column: str, words: Sequence[str]) -> pl.Expr:
    if not words:
        return pl.lit(value=False)
    return pl.col(column).list.set_intersection(pl.lit(pl.Series([list(words)]))).list.len() > 0


def _of_entity(
    words: pl.DataFrame, entity: EntityLike, allowed: Sequence[str], *, declared: bool
) -> pl.DataFrame:
    handles = list(entity.handles)
    labels = [fold(word) for word in (entity.name, *entity.names)]
    named = (
        pl.col("folded").str.contains(words_pattern(entity.names)) if entity.names else pl.lit(value=False)
    )
    if entity.exclude:
        named = named & ~pl.col("folded").str.contains(words_pattern(entity.exclude))
    ways = {
        "author": pl.col("author").is_in(handles),
        "reply": pl.col("reply").is_in(handles),
        "tagged": _any_of("tagged", handles),
        "hashtag": _any_of("hashtags", [fold(word) for word in entity.hashtags]),
        "declared": pl.lit(declared) | _any_of("about", labels),
        "named": named,
    }
    strongest = pl.coalesce(
        *(
            pl.when(condition.fill_null(value=False)).then(pl.lit(way))
            for way, condition in ways.items()
            if way in allowed
        )
    )
    found = words.with_columns(strongest.alias("match")).filter(pl.col("match").is_not_null())
    return _with_evidence(found, entity).select(
        "row",
        pl.lit(entity.name).alias("entity"),
        pl.lit(entity.role).alias("role"),
        "match",
        "evidence",
        "position",
        "owned",
    )


def _with_evidence(found: pl.DataFrame, entity: EntityLike) -> pl.DataFrame:
    """Add the words of the text that matched, as written, and where they start."""
    patterns = []
    if entity.handles:
        patterns.append(
            "@(?:" + "|".join(map(re.escape, sorted(entity.handles, key=len, reverse=True))) + r")\b"
        )
    if entity.hashtags:
        tags = sorted((fold(word) for word in entity.hashtags), key=len, reverse=True)
        patterns.append("#(?:" + "|".join(map(re.escape, tags)) + r")\b")
    if entity.names:
        patterns.append(words_pattern(entity.names)[len(r"(?:^|[^\w@#])") : -len(r"(?:$|[^\w])")])
    pattern = re.compile("|".join(rf"(?<![\w@#]){p}(?!\w)" for p in patterns)) if patterns else None
    evidence: list[str | None] = []
    position: list[int | None] = []
    for text, plain in found.select(
        "text", "folded"
    ).iter_rows():  # matched rows only: positions in characters
        hit = pattern.search(plain) if pattern else None
        inside = hit is not None and text is not None and hit.end() <= len(text)
        evidence.append(text[hit.start() : hit.end()] if inside and hit else None)
        position.append(hit.start() if inside and hit else None)
    return found.with_columns(
        pl.Series("evidence", evidence, dtype=pl.String), pl.Series("position", position, dtype=pl.Int32)
    )
