"""Cut texts into clauses: stretches that say one thing, with their place in the text.

A clause ends where a sentence ends, before a word of contrast, and at a comma, dash or joining word between two
stretches that each say something of their own. A list stays whole, and so does a negation with what it denies.
Nothing is lost: the clauses of a text, in order, are its words in order.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import polars as pl

from listening_etl.aspects.connectors import BY_LANGUAGE, UNKNOWN, Connectors

SCHEMA = {"row": pl.UInt32, "start": pl.UInt32, "end": pl.UInt32, "clause": pl.String}
CUT, PERHAPS, DOT = "\x00", "\x01", "\ue000"  # marks of our own in a copy of the text

ABBREVIATED = r"(?i)\b(M|MM|Mr|Mrs|Ms|Mme|Mlle|Dr|Pr|St|Ste|n|nr|art|p|ex|env|tél|tel|etc|vs|min|max|approx|cf|bzw|ca)\."
ABBREVIATED_TWICE = r"\b(\p{L})\.(\p{L})\."
NUMBERED = r"(?i)\b(no)\.(\s*\d)"
INITIAL = r"\b(\p{Lu})\.(\s)"
QUOTES = r"[\"'»”’)\]」』]*"
SENTENCE = rf"((?:[!?؟]+[!?؟\s.…]*|[^.\s]\.){QUOTES}\s+|[。！？।]+{QUOTES}\s*)"
ELLIPSIS = rf"((?:\.{{2,}}|…){QUOTES}\s+)(\p{{Lu}})"
LINE = r"((?:\r?\n)+[ \t]*)([^\s\p{Ll}])"
PAUSE = rf"(,\s+)([^\s{CUT}])"
DASH = r"(\s)([-–—/]+\s)"
SAYS_LITTLE = 6
"""Words up to which a stretch without a verb can be a clause: "Personnel très aimable"."""


class Patterns(NamedTuple):
    """The connectors of a language as patterns."""

    contrast: str
    pause: str
    dash: str
    joining: str
    joined: str
    verb: str
    opener: str
    clinging: str
    condition: str
    aside: str
    bound: dict[str, str]


def clauses(texts: pl.Series, languages: pl.Series | None = None) -> pl.DataFrame:
    """The clauses of each text: `row, start, end, clause`, in order; characters are counted in NFC.

    `languages` holds ISO 639-1 codes; unknown ones cut at sentences alone. A text without words has no clause.
    """
    frame = pl.DataFrame({"text": texts.cast(pl.String)}).with_row_index("row").cast({"row": pl.UInt32})
    codes = pl.Series([None] * len(texts), dtype=pl.String) if languages is None else languages
    known = codes.cast(pl.String).is_in(list(BY_LANGUAGE))
    frame = frame.with_columns(
        pl.col("text").str.replace_all(r"[\x00\x01\x{e000}]", " ").str.normalize("NFC"),
        language=pl.select(pl.when(known).then(codes)).to_series(),
    ).drop_nulls("text")
    parts = [  # one round a language: its words are its own
        _of_language(part, patterns(part["language"][0])) for part in frame.partition_by("language")
    ]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *parts]).sort("row", "start")


@cache
def patterns(language: str | None) -> Patterns:
    """What finds the clauses of a language."""
    words = BY_LANGUAGE.get(language or "", UNKNOWN)

    def within(name: str) -> str:
        return rf"(?i)(?:^|[^\w'’-])(?:{found})(?:[^\w-]|$)" if (found := getattr(words, name)) else NEVER

    def first(name: str) -> str:
        return rf"(?i)^\W*(?:{found})(?:[^\w-]|$)" if (found := getattr(words, name)) else NEVER

    return Patterns(
        contrast=rf"(?i)(^|[\s,;(])((?:{words.contrast})[\s,])" if words.contrast else NEVER,
        pause=PAUSE if words.verb else NEVER,
        dash=DASH if words.verb else NEVER,
        joining=rf"(?i)(\s)((?:{words.joining})\s)" if words.joining else NEVER,
        joined=first("joining"),
        verb=within("verb"),
        opener=first("opener"),
        clinging=first("clinging").replace("(?:", "(?:etc|", 1),
        condition=first("condition"),
        aside=_aside(words),
        bound=_bound(words),
    )


def _aside(words: Connectors) -> str:
    """Finds a word of contrast that no noun follows: it may stand between one and its verb."""
    return rf"(?i)^\W*(?:{words.aside})[\s,]+" if words.aside else NEVER


NEVER = r"[^\s\S]()()"


def _bound(words: Connectors) -> dict[str, str]:
    """What must not be cut, and the same with its spaces hidden: "not only fast but also cheap"."""
    phrases = [phrase for phrase in words.bound.split("|") if phrase]
    found = [*(f" {phrase}" for phrase in phrases), *phrases]
    return {phrase: phrase.replace(" ", DOT) for phrase in found}


def _of_language(frame: pl.DataFrame, by: Patterns) -> pl.DataFrame:
    """The clauses of texts of one language."""
    hidden = pl.col("text").str.replace_all(ABBREVIATED, f"${{1}}{DOT}")
    hidden = hidden.str.replace_all(ABBREVIATED_TWICE, f"${{1}}{DOT}${{2}}{DOT}")
    hidden = hidden.str.replace_all(NUMBERED, f"${{1}}{DOT}${{2}}")
    hidden = hidden.str.replace_all(INITIAL, f"${{1}}{DOT}${{2}}")
    if by.bound:
        hidden = hidden.str.replace_many(by.bound, ascii_case_insensitive=True, leftmost=True)
    marked = (
        hidden.str.replace_all(SENTENCE, f"${{1}}{CUT}")
        .str.replace_all(ELLIPSIS, f"${{1}}{CUT}${{2}}")
        .str.replace_all(LINE, f"${{1}}{CUT}${{2}}")
        .str.replace_all(r"(;\s*)", f"${{1}}{CUT}")
        .str.replace_all(by.contrast, f"${{1}}{CUT}${{2}}")
        .str.replace_all(by.pause, f"${{1}}{CUT}{PERHAPS}${{2}}")
        .str.replace_all(by.dash, f"${{1}}{CUT}{PERHAPS}${{2}}")
        .str.replace_all(by.joining, f"${{1}}{CUT}{PERHAPS}${{2}}")
    )
    pieces = frame.select("row", piece=marked.str.split(CUT)).explode("piece")
    return _joined(_judged(pieces, by), frame)


def _judged(pieces: pl.DataFrame, by: Patterns) -> pl.DataFrame:
    """Each piece with its place, and whether a clause begins with it."""
    said = pl.col("said")
    words = said.str.count_matches(r"[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*")
    brief = words.is_between(2, SAYS_LITTLE) & ~said.str.contains(by.opener)
    pieces = pieces.with_columns(
        soft=pl.col("piece").str.starts_with(PERHAPS), said=pl.col("piece").str.strip_prefix(PERHAPS)
    ).with_columns(
        length=said.str.len_chars(),
        wordless=words == 0,
        verb=said.str.contains(by.verb),
        full=said.str.contains(by.verb) | brief,
        clings=said.str.contains(by.clinging),
        asks=said.str.contains(by.condition),
        bare=words.gt(0) & said.str.contains(by.opener) & ~said.str.contains(by.verb),
        aside=said.str.contains(by.aside) & ~said.str.replace(by.aside, "").str.contains(by.opener),
        joins=said.str.contains(by.joined),
    )
    hard = (~pl.col("soft") & ~pl.col("wordless")).cum_sum().over("row")
    pieces = pieces.with_columns(
        start=pl.col("length").cum_sum().over("row") - pl.col("length"), sentence=hard
    )
    before = (pl.col("full") & ~pl.col("asks")).cast(pl.UInt8).cum_max().over("row", "sentence")
    ready = before.shift(1).over("row", "sentence").fill_null(0) == 1
    # after a joining word only a verb will do: "le prix est bas et la qualité correcte" is one clause
    stands = pl.when("joins").then("verb").otherwise("full") & ~pl.col("clings")
    parted = pl.col("aside") & pl.col("bare").shift(1).over("row").fill_null(value=False)
    begins = ~pl.col("wordless") & ~parted & (~pl.col("soft") | (ready & stands))
    return pieces.with_columns(begins=begins)


def _joined(pieces: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Clauses of the pieces that belong together, without the white space around them."""
    number = pl.col("begins").cum_sum().over("row").clip(1)  # what precedes the first word belongs to it
    whole = pieces.group_by("row", number.alias("number"), maintain_order=True).agg(
        pl.col("start").min(), length=pl.col("length").sum(), wordless=pl.col("wordless").all()
    )
    whole = whole.filter(~pl.col("wordless")).join(frame.select("row", "text"), on="row", how="left")
    whole = whole.with_columns(raw=pl.col("text").str.slice(pl.col("start"), pl.col("length")))
    lead = pl.col("raw").str.len_chars() - pl.col("raw").str.strip_chars_start().str.len_chars()
    clause = pl.col("raw").str.strip_chars()
    start = pl.col("start") + lead
    return whole.select("row", start=start, end=start + clause.str.len_chars(), clause=clause).cast(SCHEMA)  # type: ignore[arg-type]
