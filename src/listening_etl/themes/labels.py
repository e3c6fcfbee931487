"""What people call a theme: the words that its mentions use and the others do not.

The words are those of the greatest log-odds with an informative Dirichlet prior (Monroe, Colaresi and Quinn,
"Fightin' Words", Political Analysis 16, 2008): what everybody says everywhere, such as the brand, has none.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from listening_etl.themes.stopwords import stop_words

WORDS = 5
"""Words of a label, at most."""
LEAST_VOICES = 3
"""Different people that have to say a word before it may stand in a label: no label quotes anybody."""
CERTAIN, LIKELY, AT_LEAST = 1.96, 1.0, 3
"""Least z of a word: more than chance is behind it in 95 of 100 cases; in 68 where it takes that to have three words."""
PRIOR = 0.1
"""Weight of the prior: as if each theme had said besides so many times what all say, in their words."""
LINK = r"(?i)https?:\S*|\bwww\.\S+|[@#]?…|@\S+|\[(?:author|mail|phone|iban)\]"
"""Links, accounts, and what stands where people were masked: no words."""
WORD = r"[\p{L}\p{M}][\p{L}\p{M}\p{N}]*(?:-[\p{L}\p{M}\p{N}]+)*"
SHORTEST, LONGEST = 3, 30
TERM = ["term"]


def labels(
    texts: pl.Series, themes: pl.Series, without: Iterable[str] = (), voices: pl.Series | None = None
) -> pl.DataFrame:
    """`theme` and `words`, a list of at most five, for each theme but null; the list may be empty.

    `themes` says of each text which theme it is of (null: none). Words are compared in lower case and written as
    most texts write them. A pair of words that belong together counts as one word. `without`: words that are left
    out besides stop words, such as the names that were listened for. `voices`: who says each text; every text is
    somebody else's unless given.
    """
    said = _said(texts, themes, without, voices)
    counts = said.group_by("theme", "term").agg(
        n=pl.len(), voices=pl.col("voice").n_unique(), parts=pl.col("parts").first()
    )
    spelling = (
        said.group_by("term", "shown")
        .len()
        .sort("len", "shown", descending=[True, False])
        .unique("term", keep="first")
    )
    told = _log_odds(counts).filter((pl.col("z") > LIKELY) & (pl.col("voices") >= LEAST_VOICES))
    told = told.join(spelling.select("term", "shown"), on="term").sort(
        "theme",
        pl.col("z").round(9),
        pl.col("parts").list.len(),
        "term",
        descending=[False, True, True, False],
    )
    names = themes.drop_nulls().unique().sort().alias("theme").to_frame()
    chosen = told.group_by("theme", maintain_order=True).agg("shown", "parts", pl.col("z") > CERTAIN)
    rows = names.join(chosen, on="theme", how="left", maintain_order="left")
    words = [_distinct(zip(*(part or [] for part in row[1:]), strict=True)) for row in rows.iter_rows()]
    return names.with_columns(words=pl.Series(words, dtype=pl.List(pl.String)))


def said_by_several(texts: pl.Series, voices: pl.Series) -> set[str]:
    """The words and pairs of words, in lower case, that at least as many people say as a label takes."""
    said = _said(texts, pl.repeat(0, len(texts), eager=True), (), voices)
    several = said.group_by("term").agg(pl.col("voice").n_unique()).filter(pl.col("voice") >= LEAST_VOICES)
    return set(several["term"])


def _said(
    texts: pl.Series, themes: pl.Series, without: Iterable[str], voices: pl.Series | None
) -> pl.DataFrame:
    """Each word and each pair of neighbours, once a text: `theme, voice, term, shown, parts` (the words of the term)."""
    stop = [*stop_words(), *(word.lower() for name in without for word in name.split())]
    lower = pl.col("shown").str.to_lowercase()
    frame = pl.DataFrame({"theme": themes, "shown": texts}).with_row_index("text")
    frame = frame.with_columns(pl.col("text").alias("voice") if voices is None else voices.alias("voice"))
    plain = (
        pl.col("shown")
        .str.normalize("NFC")
        .str.replace_all(LINK, " ")
        .str.replace_all("’", "'", literal=True)
    )
    words = (
        frame.drop_nulls("shown")
        .with_columns(shown=plain.str.extract_all(WORD))
        .explode("shown", empty_as_null=True)
        .drop_nulls("shown")
        .with_columns(term=lower)
        .with_columns(word=lower.str.len_chars().is_between(SHORTEST, LONGEST) & ~lower.is_in(stop))
    )
    following = [
        pl.col(name).shift(-1).over("text").alias(f"next_{name}") for name in ("shown", "term", "word")
    ]
    pairs = words.with_columns(following).filter(pl.col("word") & pl.col("next_word"))
    pairs = pairs.filter(pl.col("term") != pl.col("next_term")).select(
        "text",
        "theme",
        "voice",
        shown=pl.concat_str("shown", "next_shown", separator=" "),
        term=pl.concat_str("term", "next_term", separator=" "),
    )
    terms = pl.concat([words.filter("word").select(pairs.columns), pairs]).unique(
        ["text", "term"], keep="first", maintain_order=True
    )
    return terms.with_columns(parts=pl.col("term").str.split(" "))


def _log_odds(counts: pl.DataFrame) -> pl.DataFrame:
    """The counts with `z`: how far the theme's use of a term is from everybody else's, in standard errors."""
    everywhere, total = pl.col("n").sum().over("term"), int(counts["n"].sum())
    within = pl.col("n").sum().over("theme")
    prior, all_prior = PRIOR * everywhere, PRIOR * total
    here, there = pl.col("n") + prior, everywhere - pl.col("n") + prior
    delta = (here / (within + all_prior - here)).log() - (there / (total - within + all_prior - there)).log()
    return counts.with_columns(z=delta / (1 / here + 1 / there).sqrt()).filter(pl.col("theme").is_not_null())


def _distinct(terms: Iterable[tuple[str, list[str], bool]]) -> list[str]:
    """The best of these that do not repeat one another: a word and a pair that holds it are the same.

    Each with its words, and whether it is certain; after three only those that are.
    """
    chosen: list[str] = []
    used: set[str] = set()
    for shown, words, certain in terms:
        stems = {word[:5] for word in words}  # "facture" and "factures" tell the same
        if not stems & used and (certain or len(chosen) < AT_LEAST):
            chosen.append(shown)
            used |= stems
        if len(chosen) == WORDS:
            break
    return chosen
