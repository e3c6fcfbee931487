"""What two copies of a text share: its words, without what copying changes."""

from __future__ import annotations

import polars as pl

LINK = r"https?\b(?:[^\s.]|\.+[^\s.])*|\S*:/+\w\S*|\bwww\.\S+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/\S*"
"""Also a mistyped one, and one that was cut; the dots of the cut stay."""
ENTITY = r"&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,6}|#x[0-9a-f]{1,5});"
RESHARED = r"\b(?:rt|mt|via|h/t)\b[\s:]*\B@"
"""A mark of resharing counts where a handle follows; "via Lyon" is a way to go."""
HANDLE = r"\B@\w+(?:@[\w.-]+\w|(?:\.[\w-]+){2,})?"
"""`@ana`, `@ana@social.example` and `@ana.social.example`; a mail address is none."""
TAG = r"#[\p{L}\p{M}\p{N}_]+"
LEADING_TAGS = rf"^(?:[^#\p{{L}}\p{{N}}]*{TAG})+"
TRAILING_TAGS = rf"(?:{TAG}[^#\p{{L}}\p{{N}}]*)+$"
UNSEEN = r"[\p{Cf}\x{fe00}-\x{fe0f}\x{20e3}\x{640}]"
"""Joiners, marks of direction, soft hyphens, shapes of emoji, the stretched stroke of Arabic."""
ACCENT = r"[\x{300}-\x{36f}\x{64b}-\x{65f}\x{670}]"
"""Accents, and the short vowels of Arabic; the vowel signs of Indic scripts are letters and stay."""
NO_WORD = r"[^\p{L}\p{M}\p{N}]+"
GOES_ON = r"\.\.[^\p{L}\p{N}]*$"
CUT, CUT_LONG = "…", 40
"""Marks a text that breaks off; a shorter one is not known by what is left."""
LIGATURES = {"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ı": "i"}


def normal(texts: pl.Series) -> pl.Series:
    """What copies of a text share, folded: no links, reshare marks, handles, tags around it, emoji, punctuation.

    Empty where a text has no words; null stays null. Where only tags and handles were there, they are the words.
    """
    return marked(texts).str.strip_suffix(CUT)


def marked(texts: pl.Series) -> pl.Series:
    """The same, with `CUT` at the end of a text that breaks off and is long enough to be known by what is left."""
    text = pl.col("text")
    seen = _lowered(text).str.replace_all(f"{ENTITY}|{LINK}", " ")
    said = (
        seen.str.replace_all(RESHARED, "@")
        .str.replace_all(HANDLE, " ")
        .str.replace(LEADING_TAGS, " ")
        .str.replace(TRAILING_TAGS, " ")
    )
    frame = texts.cast(pl.String).alias("text").to_frame().select(seen=seen, said=said)
    frame = frame.with_columns(words=_folded(pl.col("said")))
    words, bare = pl.col("words"), pl.col("words").eq("")
    if frame.select(bare.any()).item():
        frame = frame.with_columns(
            pl.when(bare).then(_folded(pl.col("seen"))).otherwise(words).alias("words")
        )
    cut = pl.col("said").str.contains(GOES_ON) & (words.str.len_chars() >= CUT_LONG)
    return frame.select(pl.when(cut).then(words + CUT).otherwise(words).alias(texts.name)).to_series()


def _lowered(text: pl.Expr) -> pl.Expr:
    return text.str.normalize("NFKC").str.replace_all(UNSEEN, "").str.to_lowercase()


def _folded(text: pl.Expr) -> pl.Expr:
    bare = text.str.normalize("NFKD").str.replace_all(ACCENT, "").str.normalize("NFKC")
    return bare.str.replace_many(LIGATURES).str.replace_all(NO_WORD, " ").str.strip_chars(" ")
