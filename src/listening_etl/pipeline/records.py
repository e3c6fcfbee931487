"""Shape a judged batch into the tables of the warehouse, with people masked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from listening_etl.frame import digests, joined, mention_ids
from listening_etl.pipeline.parsing import Parsed, Refused
from listening_etl.privacy import (
    masked,
    names_account,
    public_ids,
    public_url,
    without_author,
)

LINKS = {"in_reply_to": "reply", "quoted_id": "quote", "reshared_id": "reshare"}

REJECT_SCHEMA: dict[str, Any] = {
    "reject_id": pl.Binary,
    "stage": pl.String,
    "rule": pl.String,
    "rule_version": pl.String,
    "reason": pl.String,
    "source": pl.String,
    "at": pl.String,
    "mention_id": pl.Binary,
    "content_hash": pl.Binary,
    "version_at": pl.Datetime("us", "UTC"),
    "fetched_at": pl.Datetime("us", "UTC"),
    "published_at": pl.Datetime("us", "UTC"),
    "lang": pl.String,
    "text": pl.String,
    "raw": pl.String,
    "raw_row": pl.Int32,
    "author_key": pl.Binary,
}


def with_public_text(mentions: pl.DataFrame, entities: Sequence[Any]) -> pl.DataFrame:
    """Add `public_text`, `public_title` and `public_url`, in which people are masked and entities are not.

    `entities` are those of every topic: a mention has one text, whichever topic brings it in.
    """
    handles = [handle for entity in entities for handle in entity.handles]
    words = [word for entity in entities for word in (*entity.names, *entity.handles)]
    return mentions.with_columns(
        masked(pl.lit(without_author(mentions, "text", words)), handles).alias("public_text"),
        masked(pl.lit(without_author(mentions, "title", words)), handles).alias("public_title"),
        public_url(pl.col("author_handle"), pl.col("url")).alias("public_url"),
    )


def tables(mentions: pl.DataFrame, newest: pl.DataFrame, source: str, key: bytes) -> dict[str, pl.DataFrame]:
    """The batch as frames named and shaped like the warehouse's tables; scores and entities come apart.

    `mentions` holds every version; what only the version that stays can leave is taken from `newest`.
    """
    mentions = mentions.with_columns(digests(mentions["place"], person=b"place").alias("place_id"))
    return {
        "mention": _mention(mentions, key),
        "private_mention": _private_mention(newest),
        "author": _author(mentions),
        "private_author": _private_author(mentions),
        "place": mentions.select("place_id", name="place").drop_nulls().unique().sort("name"),
        "engagement": engagement(mentions),
        "link": _link(newest, source),
        "media": _media(newest, key),
    }


IDS = ("native_id", "in_reply_to", "conversation_id", "quoted_id", "reshared_id")


def _mention(mentions: pl.DataFrame, key: bytes) -> pl.DataFrame:
    ids = [public_ids(mentions[name], key) for name in IDS]
    return mentions.with_columns(*ids, public_links=_public_links(mentions)).select(
        *("mention_id", "published_at", "source", "native_id", "kind", "channel"),
        pl.when(~_named_for_author()).then("site").alias("site"),
        pl.col("public_url").alias("url"),
        pl.col("public_title").alias("title"),
        pl.col("public_text").alias("text"),
        *("lang_declared", "lang", "updated_at", "deleted_at", "version_at"),
        pl.col("fetched_at").alias("first_fetched_at"),
        *("fetched_at", "content_hash", "author_key", "author_followers"),
        *("in_reply_to", "conversation_id", "quoted_id", "reshared_id"),
        "hashtags",
        pl.col("public_links").alias("links"),
        *("rating", "rating_scale", "lat", "lon", "place_id", "raw_row"),
    )


def _named_for_author() -> pl.Expr:
    """Whether the site is called like the author: ana.blogs.example."""
    handle = pl.col("author_handle").str.to_lowercase()
    names = (pl.col("site") == handle) | pl.col("site").str.split(".").list.contains(handle)
    return names.fill_null(value=False)


def _public_links(mentions: pl.DataFrame) -> pl.Series:
    """Links that lead to no person's page, and not to the author's own."""
    flat = mentions.select("author_handle", "links").with_row_index("row").explode("links")
    public = flat.select("row", links=public_url(pl.col("author_handle"), pl.col("links"))).drop_nulls()
    rows = mentions.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"))
    lists = public.group_by("row", maintain_order=True).agg("links")
    kept = rows.join(lists, on="row", how="left", maintain_order="left")["links"]
    return kept.fill_null(pl.Series([[]], dtype=pl.List(pl.String)))


def _private_mention(mentions: pl.DataFrame) -> pl.DataFrame:
    masked = (pl.col(name).ne_missing(pl.col(f"public_{name}")) for name in ("url", "title", "text"))
    changed = pl.any_horizontal(*masked, names_account(pl.col("native_id")))
    return mentions.filter(changed).select("mention_id", "native_id", "url", "title", "text", "content_hash")


def _author(mentions: pl.DataFrame) -> pl.DataFrame:
    known = pl.any_horizontal(pl.col("author_followers", "author_verified").is_not_null())
    return (
        mentions.filter(pl.col("author_key").is_not_null())
        .select(
            "author_key",
            "source",
            followers="author_followers",
            verified="author_verified",
            followers_at=pl.when(known).then(pl.col("fetched_at")),
            first_seen="published_at",
            last_seen="published_at",
        )
        .sort("author_key", "followers_at", "followers", "verified", nulls_last=False)
        .group_by("author_key", maintain_order=True)
        .agg(
            pl.col("source", "followers", "verified", "followers_at").last(),
            pl.col("first_seen").min(),
            pl.col("last_seen").max(),
        )
    )


def _private_author(mentions: pl.DataFrame) -> pl.DataFrame:
    return (
        mentions.filter(pl.col("author_key").is_not_null())
        .select(
            "author_key",
            "source",
            native_id="author_id",
            handle="author_handle",
            name="author_name",
            location="author_location",
            fetched_at="fetched_at",
        )
        .sort("author_key", "fetched_at", "native_id", "handle", "name", "location")
        .unique("author_key", keep="last", maintain_order=True)
    )


def engagement(mentions: pl.DataFrame) -> pl.DataFrame:
    """A snapshot of the counters of each mention that shows any."""
    counters = ("likes", "replies", "reshares", "views")
    return (
        mentions.filter(pl.any_horizontal(pl.col(*counters).is_not_null()))
        .select("mention_id", "fetched_at", *counters)
        .group_by("mention_id", "fetched_at", maintain_order=True)
        .agg(pl.col(*counters).max())
    )


def _link(mentions: pl.DataFrame, source: str) -> pl.DataFrame:
    found = []
    for column, kind in LINKS.items():
        linked = mentions.filter(pl.col(column).is_not_null())
        others = digests(linked.select(mention_ids(source, column).alias("id"))["id"])
        found.append(
            linked.select(
                pl.col("mention_id"), others.alias("other_id"), pl.lit(kind).alias("kind"), "content_hash"
            )
        )
    return pl.concat(found).filter(pl.col("mention_id") != pl.col("other_id"))


def _media(mentions: pl.DataFrame, key: bytes) -> pl.DataFrame:
    flat = (
        mentions.filter(pl.col("media").list.len() > 0)
        .select(
            "mention_id",
            "content_hash",
            "fetched_at",
            "media",
            "author_handle",
            ordinal=pl.int_ranges(1, pl.col("media").list.len() + 1, dtype=pl.Int32),
        )
        .explode("media", "ordinal")
        .unnest("media")
    )
    urls = public_ids(flat["url"], key, flat["author_handle"])
    return flat.with_columns(urls, masked(pl.col("alt_text"))).drop("author_handle")


def deletions(parsed: Parsed, source: str) -> pl.DataFrame:
    """What was deleted, whether the source said so by itself or of a mention that it still shows, whatever became
    of that."""
    flagged = parsed.mentions.filter(pl.col("deleted_at").is_not_null()).select("native_id", "deleted_at")
    every = pl.concat([parsed.deletions, flagged]).unique(maintain_order=True)
    identity = every.select(mention_ids(source, "native_id").alias("id"))["id"]
    return every.select(digests(identity).alias("mention_id"), "deleted_at", pl.lit(source).alias("source"))


def reject_refused(refused: list[Refused], source: str, raw: str) -> pl.DataFrame:
    """Rejects for items that gave no mention; the item itself stays in the raw file."""
    frame = pl.DataFrame(
        {
            "stage": [r.stage for r in refused],
            "reason": [r.reason for r in refused],
            "at": [r.at for r in refused],
            "raw_row": [r.raw_row for r in refused],
        },
        schema={"stage": pl.String, "reason": pl.String, "at": pl.String, "raw_row": pl.Int32},
    )
    return _rejects(frame.with_columns(pl.lit(source).alias("source")), raw)


def reject_mentions(
    mentions: pl.DataFrame,
    raw: str,
    stage: str,
    reason: str | pl.Expr,
    rule: str | None = None,
    version: str | None = None,
) -> pl.DataFrame:
    """Rejects for mentions, with their text masked."""
    words = pl.lit(reason) if isinstance(reason, str) else reason
    return _rejects(
        mentions.with_columns(
            words.alias("reason"),
            pl.lit(stage).alias("stage"),
            pl.lit(rule).alias("rule"),
            pl.lit(version).alias("rule_version"),
            pl.col("public_text").alias("text"),
        ),
        raw,
    )


def _rejects(frame: pl.DataFrame, raw: str) -> pl.DataFrame:
    missing = [
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in REJECT_SCHEMA.items()
        if name not in frame.columns
    ]
    frame = frame.with_columns(*missing).with_columns(pl.lit(raw).alias("raw"))
    which = (
        pl.when(pl.col("at").is_not_null())
        .then(pl.col("at"))
        .otherwise(pl.concat_str("raw", pl.lit("#"), "raw_row"))
    )
    identity = frame.select(
        joined(
            [
                "source",
                "stage",
                pl.col("rule").fill_null(""),
                which,
                pl.col("content_hash").bin.encode("hex").fill_null(""),
                pl.int_range(pl.len()).over("source", "stage", "rule", which, "content_hash").cast(pl.String),
            ]
        ).alias("id")
    )["id"]
    return frame.with_columns(digests(identity).alias("reject_id")).select(
        pl.col(name).cast(dtype) for name, dtype in REJECT_SCHEMA.items()
    )
