"""Signs: words that tell something of a text, found by queries, unless a negation takes them back."""

from functools import cache

import polars as pl

from listening_etl import Corpus, parse_query

QUOTED = 60
"""Characters of a sign that a detail repeats."""


def words(text):
    """The entries of a list that is written with commas between them."""
    return tuple(" ".join(entry.split()) for entry in text.split(",") if entry.strip())


NEGATION = words(
    """
    pas, aucun, aucune, sans, jamais, ni, rien de, ne présente, no, not, never, without, nobody, none, isn't, wasn't,
    aren't, weren't, don't, doesn't, didn't, cannot, dont, isnt, didnt
    """
)
BETWEEN = 2  # words that may stand between a negation and what it takes back: « pas du tout urgent »
BORDER = r"[.,;:!?…()«»“”\n]|\b(?i:mais|et|car|donc|alors|but|and|so|because)\b"
PLACE = ["row", "field"]


@cache
def any_of(entries, lists=()):
    """The query that finds any of these entries, as of a named list: words side by side are a phrase. Parsed once."""
    return parse_query("$these_words", lists={**dict(lists), "these_words": entries})


def signs(mentions, kinds, firm=frozenset()):
    """Every occurrence of a sign, in the order of the text: `row, kind, field, start, end, words`.

    `kinds` are queries by kind. Of the `firm` kinds no negation takes anything back; a negation that is part of one,
    as in « ne marche pas », takes nothing else back either: « marche pas urgent » is urgent.
    """
    mentions = public(mentions)
    corpus = Corpus(mentions)
    every = [corpus.evidence(query).with_columns(kind=pl.lit(kind)) for kind, query in kinds.items()]
    found = pl.concat(every).with_columns(firm=pl.col("kind").is_in(sorted(firm)))
    negations, fixed = corpus.evidence(any_of(NEGATION)), found.filter("firm")
    for end in ("start", "end"):
        negations = negations.join(fixed, on=[*PLACE, end], how="anti")
    meant = found.filter(~pl.Series(taken_back(found, negations, mentions)) | pl.col("firm"))
    words = pl.col("words").str.replace_all(r"\s+", " ").str.slice(0, QUOTED)
    return meant.with_columns(words).sort(*PLACE, "start", "end", "kind").drop("firm")


def taken_back(found, negations, mentions):
    """Whether a negation stands before each occurrence, at most two words away, in the same clause."""
    whole = mentions.select(pl.col("text", "title").cast(pl.String).str.normalize("NFC")).with_row_index(
        "row"
    )
    texts = whole.unpivot(index="row", variable_name="field", value_name="whole")
    before = negations.select(*PLACE, said="end").sort("said")
    near = (
        found.with_row_index("nth")
        .sort("start")
        .join_asof(before, left_on="start", right_on="said", by=PLACE, check_sortedness=False)
        .join(texts, on=PLACE, how="left")
        .sort("nth")
    )
    between = pl.col("whole").str.slice(pl.col("said"), pl.col("start") - pl.col("said"))
    close = (between.str.count_matches(r"[\p{L}\p{N}]+") <= BETWEEN) & ~between.str.contains(BORDER)
    return near.select(close.fill_null(value=False).alias("close"))["close"]


def public(mentions):
    """The mentions as anybody may read them, people masked: what is quoted of them is stored."""
    masked = {"text": "public_text", "title": "public_title"}
    return mentions.with_columns(
        pl.col(name).alias(to) for to, name in masked.items() if name in mentions.columns
    )


def judged(mentions, languages=None):
    """Rows with words to read, in one of these languages; any, unless given."""
    there = pl.any_horizontal(pl.col("text", "title").str.contains(r"\p{L}|\p{So}")).fill_null(value=False)
    spoken = pl.lit(value=True) if languages is None else pl.col("lang").is_in(sorted(languages))
    return mentions.select(pl.row_index("row"), judged=there & spoken.fill_null(value=False))
