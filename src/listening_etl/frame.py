"""A batch of mentions as columns: the declared schema, and the way from parsed mentions to a Polars frame."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence

import msgspec
import polars as pl

from listening_etl.model import Mention

INSTANT = pl.Datetime("us", "UTC")
MEDIA = pl.List(pl.Struct({"url": pl.String, "kind": pl.String, "alt_text": pl.String}))

SCHEMA: dict[str, pl.DataType] = {
    "native_id": pl.String(),
    "kind": pl.String(),
    "channel": pl.String(),
    "url": pl.String(),
    "title": pl.String(),
    "text": pl.String(),
    "lang_declared": pl.String(),
    "published_at": INSTANT,
    "updated_at": INSTANT,
    "deleted_at": INSTANT,
    "in_reply_to": pl.String(),
    "conversation_id": pl.String(),
    "quoted_id": pl.String(),
    "reshared_id": pl.String(),
    "reply_to_author": pl.String(),
    "tagged": pl.List(pl.String),
    "hashtags": pl.List(pl.String),
    "links": pl.List(pl.String),
    "about": pl.List(pl.String),
    "media": MEDIA,
    "rating": pl.Float64(),
    "rating_scale": pl.Float64(),
    "likes": pl.Int64(),
    "replies": pl.Int64(),
    "reshares": pl.Int64(),
    "views": pl.Int64(),
    "lat": pl.Float64(),
    "lon": pl.Float64(),
    "place": pl.String(),
}
"""Columns that a source fills, as `Mention` names them; unknown is null."""

AUTHOR: dict[str, pl.DataType] = {
    "author_id": pl.String(),
    "author_handle": pl.String(),
    "author_name": pl.String(),
    "author_followers": pl.Int64(),
    "author_verified": pl.Boolean(),
    "author_location": pl.String(),
}

CONTENT = (
    "kind", "channel", "url", "title", "text", "lang_declared", "published_at", "updated_at", "deleted_at",
    "in_reply_to", "conversation_id", "quoted_id", "reshared_id", "reply_to_author", "tagged", "hashtags",
    "links", "about", "rating", "rating_scale", "lat", "lon", "place", "author_id", "author_handle",
)  # fmt: skip
"""What makes a version of a mention: a change in one of these is an edit. Counters are not content."""


def from_mentions(mentions: Sequence[Mention]) -> tuple[pl.DataFrame, dict[int, str]]:
    """The mentions as columns, in order, and the positions of those that no column can hold, with the reason.

    A mention whose field has the wrong type ("12" likes) is left out of the frame and named.
    """
    try:
        return _columns(mentions), {}
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        wrong = {i: reason for i, mention in enumerate(mentions) if (reason := _type_error(mention))}
        if not wrong:
            raise
        return _columns([m for i, m in enumerate(mentions) if i not in wrong]), wrong


def _columns(mentions: Sequence[Mention]) -> pl.DataFrame:
    columns = {name: _column(name, dtype, mentions) for name, dtype in SCHEMA.items()}
    for name, dtype in AUTHOR.items():
        field = name.removeprefix("author_").replace("id", "native_id")
        values = [None if m.author is None else getattr(m.author, field) for m in mentions]
        columns[name] = pl.Series(name, values, dtype=dtype)
    return pl.DataFrame(columns)


def _column(name: str, dtype: pl.DataType, mentions: Sequence[Mention]) -> pl.Series:
    """One field as a series. Lists go through text: Polars builds a column of Python lists 50 times slower."""
    values = [getattr(mention, name) for mention in mentions]
    if name == "media":
        encoded = [msgspec.json.encode(media).decode() if media else None for media in values]
        return (
            pl.Series(name, encoded, dtype=pl.String)
            .str.json_decode(dtype)
            .fill_null(pl.Series([[]], dtype=dtype))
        )
    if isinstance(dtype, pl.List):
        flat = pl.Series(name, ["\x1e".join(words) if words else None for words in values], dtype=pl.String)
        return flat.str.split("\x1e").fill_null(pl.Series([[]], dtype=dtype))
    return pl.Series(name, values, dtype=dtype)


def _type_error(mention: Mention) -> str | None:
    try:
        msgspec.convert(msgspec.to_builtins(mention), Mention)
        _columns([mention])
    except msgspec.ValidationError as error:
        return str(error).replace("`", "'")
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError) as error:
        return str(error).splitlines()[0]
    return None


def digests(texts: pl.Series, key: bytes = b"", person: bytes = b"") -> pl.Series:
    """BLAKE2b of each text in 16 bytes, keyed when a key is given; null stays null."""
    blake, distinct = hashlib.blake2b, texts.unique()
    hashed = [  # a loop, because Polars has no cryptographic hash; each distinct text is hashed once
        None if text is None else blake(text.encode(), digest_size=16, key=key, person=person).digest()
        for text in distinct.to_list()
    ]
    if not hashed:
        return pl.Series(texts.name, [], dtype=pl.Binary)
    return texts.replace_strict(distinct, pl.Series(hashed, dtype=pl.Binary), return_dtype=pl.Binary)


def joined(columns: Sequence[str | pl.Expr]) -> pl.Expr:
    """One text a row from several columns, in which no two different rows look alike by shifting a border."""
    return pl.concat_str(columns, separator="\x1f", ignore_nulls=False)


def mention_ids(source: str | pl.Expr, native_ids: str) -> pl.Expr:
    """Identity of a mention as text, to be hashed: source and native id."""
    origin = pl.lit(source) if isinstance(source, str) else source
    return joined([origin, pl.col(native_ids)])


def content_hashes(frame: pl.DataFrame) -> pl.Series:
    """One hash a row over `CONTENT`; equal content, equal hash."""
    parts = []
    for name in CONTENT:
        column = pl.col(name)
        dtype = frame.schema[name]
        if isinstance(dtype, pl.List):
            column = column.list.join("\x1e")
        elif isinstance(dtype, pl.Datetime):
            column = column.dt.epoch("us").cast(pl.String)
        elif dtype != pl.String:
            column = column.cast(pl.String)
        parts.append(column.fill_null("\x00"))
    return digests(frame.select(joined(parts).alias("content"))["content"])


def _plain_letters() -> dict[str, str]:
    """Accented Latin letters and the letter below the accent, one character each."""
    letters = {}
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        base = unicodedata.normalize("NFKD", chr(code))[0]
        if base.isascii() and base.isalpha():
            letters[chr(code)] = base.lower()
    return letters


PLAIN = _plain_letters()


def folded(text: pl.Expr) -> pl.Expr:
    """Lower case without accents, character for character: positions stay what they were (in NFC text)."""
    return (
        text.str.to_lowercase().str.replace_many(list(PLAIN), list(PLAIN.values())).str.replace_all("’", "'")
    )


def fold(word: str) -> str:
    """`folded` for one word of the settings."""
    lower = unicodedata.normalize("NFC", word).lower()
    return "".join(PLAIN.get(c, c) for c in lower).replace("’", "'")
