"""Pseudonyms and masking: what leaves the `private` schema has passed through here.

An author's pseudonym is a keyed hash (BLAKE2b, 128 bits) of platform and id. The key comes from the
environment and is never stored beside the data: without it a pseudonym leads to nobody, and cannot be tried
out on a list of known names.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from listening_etl.errors import ConfigError
from listening_etl.frame import digests, fold, joined

SHORTEST_KEY = 32
MASK_PERSON = "@…"
MASK_AUTHOR = "[author]"
_KEPT = "\ufdd0"  # a noncharacter: never part of a text

FEDIVERSE_HANDLE = r"@[\w.-]+@[\w-]+(?:\.[\w-]+)+"
MAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
HANDLE = r"@\w[\w.-]*\w|@\w"
ACCOUNT = r"(?i)@|%40|did(?::|%3a)(?:plc|web|key)(?::|%3a)|/(?:users?|u|profile|people|accounts?)/"
IBAN = r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"
PHONE = (
    r"(?:\+33|\b0033|\b0)\s?[1-9](?:[ .-]?\d{2}){4}\b"
    r"|\+\d{1,3}[ .-]?\(?\d{1,4}\)?(?:[ .-]?\d{2,4}){2,4}\b"
    r"|\(?\b\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b"
)
NUMBER = r"\d(?:[ .()-]{0,3}\d){5}|[A-Z]{2}\d{2}"
"""Every phone and bank account number holds this, and few texts do: it spares them the slow patterns."""


def new_key() -> str:
    """A key for pseudonyms: 256 random bits in 64 hexadecimal digits."""
    return secrets.token_hex(32)


def key_bytes(key: str | None, name: str) -> bytes:
    """The key as bytes; raises `ConfigError` when it is missing or too short to protect anybody."""
    do = "Make one with `listening key` and keep it where secrets are kept: losing it parts authors from their past."
    if not key:
        raise ConfigError(
            f"environment variable '{name}' is not set: authors cannot be given pseudonyms", do=do
        )
    if len(key) < SHORTEST_KEY:
        raise ConfigError(f"environment variable '{name}' is shorter than {SHORTEST_KEY} characters", do=do)
    return key.encode()[:64]


def saved_key(home: Path) -> Path:
    """Where `listening key --save` keeps the key of a laptop: readable by its owner alone."""
    return home / ".listening" / "pseudonym.key"


def save_key(home: Path) -> Path:
    """Make a key unless there is one, and keep it in `saved_key`; returns the file."""
    file = saved_key(home)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(new_key() + "\n", "ascii")
    return file


def author_keys(mentions: pl.DataFrame, source: str, key: bytes) -> pl.Series:
    """The pseudonym of each mention's author; by id, else by handle, else by name; null when all are null."""
    identity = pl.coalesce(
        joined([pl.lit("id"), pl.col("author_id")]),
        joined([pl.lit("handle"), pl.col("author_handle").str.to_lowercase()]),
        joined([pl.lit("name"), pl.col("author_name")]),
    )
    return digests(mentions.select(joined([pl.lit(source), identity]).alias("who"))["who"], key, b"author")


def masked(text: pl.Expr, kept_handles: Iterable[str] = ()) -> pl.Expr:
    """Text without handles of people, mail addresses, phone and bank account numbers.

    `kept_handles` (of brands, without @) stay: who was addressed is what listening is about.
    """
    kept = "|".join(re.escape(handle) for handle in sorted(kept_handles, key=len, reverse=True))
    if kept:
        text = text.str.replace_all(rf"(?i)@({kept})\b", f"{_KEPT}$1")
    text = (
        text.str.replace_all(FEDIVERSE_HANDLE, MASK_PERSON)
        .str.replace_all(MAIL, "[mail]")
        .str.replace_all(HANDLE, MASK_PERSON)
    )
    numbered = pl.when(text.str.contains(NUMBER)).then(text)
    numbers = numbered.str.replace_all(IBAN, "[iban]").str.replace_all(PHONE, "[phone]")
    text = pl.coalesce(numbers, text)
    return text.str.replace_all(_KEPT, "@", literal=True) if kept else text


def without_author(mentions: pl.DataFrame, column: str, kept_words: Iterable[str] = ()) -> pl.Series:
    """`column` with the author's own handle and name masked where they sign with it.

    Names of fewer than four characters and `kept_words` (names of entities) are left: they would tear holes
    into ordinary words.
    """
    text = mentions[column]
    kept = {fold(word) for word in kept_words}
    for who in ("author_handle", "author_name"):
        name = mentions[who].str.strip_chars("@ ")
        signed = (
            (
                mentions.select(hit=pl.lit(text).str.contains(pl.lit(name), literal=True))["hit"]
                & (name.str.len_chars() >= 4)
            )
            .fill_null(value=False)
            .arg_true()
        )
        if not len(signed):
            continue
        values = text.to_list()
        for row in signed.to_list():  # few rows: those that name their own author
            word = name[row]
            if fold(word) not in kept:
                values[row] = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", MASK_AUTHOR, values[row])
        text = pl.Series(column, values, dtype=pl.String)
    return text


def names_account(address: pl.Expr) -> pl.Expr:
    """Whether a link or an id says whose it is: an @, a decentralised identifier, a path to a profile."""
    return address.str.contains(ACCOUNT)


def public_url(handle: pl.Expr, url: pl.Expr) -> pl.Expr:
    """The link, or null where it names a person: an account, or the author's handle."""
    return pl.when(names_account(url) | holds(url, handle)).then(None).otherwise(url)


def holds(address: pl.Expr, handle: pl.Expr) -> pl.Expr:
    """Whether the author's handle stands in an address; not where there is none."""
    found = address.str.to_lowercase().str.contains(handle.str.to_lowercase(), literal=True)
    return (handle.is_not_null() & found).fill_null(value=False)


def public_ids(ids: pl.Series, key: bytes, handles: pl.Series | None = None) -> pl.Series:
    """Ids or addresses as they are, or a keyed hash of 32 hexadecimal digits where they name an account.

    `handles`: also where they hold the author's.
    """
    frame, names = ids.to_frame("id"), names_account(pl.col("id"))
    if handles is not None:
        frame = frame.with_columns(handles.alias("handle"))
        names |= holds(pl.col("id"), pl.col("handle"))
    named = frame.select(pl.when(names).then(pl.col("id")))["id"]
    if named.null_count() == len(named):
        return ids
    hashed = digests(named, key, b"id").bin.encode("hex")
    return frame.select(pl.coalesce(hashed, "id").alias(ids.name))[ids.name]
