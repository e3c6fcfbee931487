"""Normalise: one spelling for the same thing, identities, versions; unknown is null."""

from __future__ import annotations

from typing import Any

import polars as pl

from listening_etl.frame import content_hashes, digests, mention_ids

KIND_OF_CHANNEL = {
    "review": "review",
    "call": "call",
    "store": "survey",
    "survey": "survey",
    "email": "message",
}

HANDLE = r"(?:^|[^\w@./])@\w[\w.-]*"
HASHTAG = r"(?:^|[^\w&/])(?:#\d*\p{L}\w*)+"
SITE = r"^[a-z][a-z0-9+.-]*://(?:[^@/]*@)?(?:www\.)?([^/:?#]+)"


def normalise(mentions: pl.DataFrame, source: Any) -> pl.DataFrame:
    """Add `source, mention_id, content_hash, version_at, site`; clean texts; complete kind, channel, tags."""
    texts = ("text", "title", "url", "lang_declared", "place", "author_id", "author_handle", "author_name",
             "author_location", "in_reply_to", "conversation_id", "quoted_id", "reshared_id", "reply_to_author")  # fmt: skip
    mentions = (
        mentions.with_columns(
            *(clean(pl.col(name)) for name in texts), pl.lit(source.identity).alias("source")
        )
        .with_columns(
            pl.col(*texts).replace("", None),
        )
        .with_columns(
            pl.coalesce("channel", pl.lit(source.channel or "web")),
            pl.col("author_handle").str.strip_chars_start("@"),
            _words("tagged", "@", HANDLE),
            _words("hashtags", "#", HASHTAG),
        )
    )
    kind = pl.when(pl.col("in_reply_to").is_not_null()).then(pl.lit("reply")).otherwise(pl.lit("post"))
    mentions = mentions.with_columns(
        pl.coalesce("kind", pl.col("channel").replace_strict(KIND_OF_CHANNEL, default=None), kind),
        pl.col("url").str.to_lowercase().str.extract(SITE, 1).alias("site"),
        pl.max_horizontal("published_at", "updated_at", "deleted_at").alias("version_at"),
        pl.col("rating").fill_nan(None),
        pl.col("rating_scale").fill_nan(None),
    )
    identity = mentions.select(mention_ids(source.identity, "native_id").alias("id"))["id"]
    return mentions.with_columns(
        digests(identity).alias("mention_id"), content_hashes(mentions).alias("content_hash")
    )


def clean(text: pl.Expr) -> pl.Expr:
    """NFC, without byte-order marks and surrounding white space."""
    return text.str.normalize("NFC").str.strip_chars(" \t\r\n\u00a0\u200b\ufeff")


def _words(column: str, sign: str, pattern: str) -> pl.Expr:
    """Handles or hashtags, declared or written in the text, without their sign, lower case, sorted."""
    written = (
        pl.col("text")
        .fill_null("")
        .str.extract_all(pattern)
        .list.join(" ")
        .str.extract_all(rf"{sign}\w[\w.-]*")
    )
    words = (
        pl.col(column)
        .list.concat(written)
        .list.eval(pl.element().str.strip_chars(f" {sign}.-").str.to_lowercase())
    )
    several = pl.when(words.list.len() > 1).then(words)  # few have: to sort lists is slow
    return pl.coalesce(several.list.drop_nulls().list.unique().list.sort(), words.list.drop_nulls()).alias(
        column
    )


def newest(mentions: pl.DataFrame) -> pl.DataFrame:
    """The newest version of each mention by each author: others cannot stay, and are not worth judging.

    By each author, since those of authors who opted out are taken away later.
    """
    ranked = mentions.sort("version_at", "fetched_at", "content_hash", "raw_row")
    of_one = ["mention_id", "author_id", "author_handle", "author_name"]
    return ranked.unique(of_one, keep="last", maintain_order=True).sort("raw_row")
