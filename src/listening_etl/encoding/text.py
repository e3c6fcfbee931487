"""What a model reads of a mention: its title and text, on one line, without people and links."""

from __future__ import annotations

import polars as pl

HANDLE = r"@…|\[author\]|@[\w.-]*\w(?:@[\w.-]*\w)?"
"""Also as a mask of ours: a model reads the same, whoever wrote it and however it was masked."""
LINK = r"(?i)https?:\S*|\bwww\.\S+"
ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&nbsp;": " "}
READ = 4_000
"""Characters; of a longer text the first and the last half of that, as a model reads its beginning and its end."""
SEEN = r"[^\p{Z}\p{P}\p{C}\p{M}]"
"""A letter, a digit or a sign that can be seen: joiners, accents and marks of direction alone say nothing."""


def said(mentions: pl.DataFrame) -> pl.Series:
    """Title and text of each mention as `readable` makes them; null where neither has a word or a sign."""
    whole = pl.concat_str(pl.col("title", "text").cast(pl.String), separator=" · ", ignore_nulls=True)
    return readable(mentions.select(said=whole)["said"])


def readable(texts: pl.Series) -> pl.Series:
    """Each text on one line: handles as `@user`, links as `http`, spaces single; null where nothing is left.

    Two texts that read alike are one to every model: they are judged once.
    """
    half, text = READ // 2, pl.col("text")
    ends = pl.concat_str(text.str.head(half), text.str.tail(half), separator=" ")
    text = pl.when(text.str.len_chars() > READ).then(ends).otherwise(text)
    text = text.str.normalize("NFC").str.replace_many(ENTITIES)
    plain = text.str.replace_all(LINK, "http").str.replace_all(HANDLE, "@user")
    line = plain.str.replace_all(r"[\s\p{Cc}\x{200b}\x{feff}]+", " ").str.strip_chars(" ")
    frame = texts.cast(pl.String).alias("text").to_frame()
    return frame.select(pl.when(line.str.contains(SEEN)).then(line).alias(texts.name)).to_series()
