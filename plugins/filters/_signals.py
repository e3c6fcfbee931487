"""Signals: kinds of phrases that tell what a text is, each a regular expression over plain words."""

import polars as pl

QUOTED = 60
"""Characters of a phrase that a reason repeats."""


def plain(*columns):
    """The columns as one line in lower case, without accents, fancy letters and curly quotes; null where all are."""
    text = pl.concat_str(*columns, separator=" \n ", ignore_nulls=True)
    folded = text.str.normalize("NFKD").str.replace_all(r"\p{M}+", "").str.to_lowercase()
    signs = folded.str.replace_all("[’‘ʼ`´]", "'").str.replace_all("[−–]", "-")
    # Two patterns for white space: in one, they take five times as long.
    line = signs.str.replace_all(r"[\n\r\t]", " ").str.replace_all(" {2,}", " ")
    return pl.when(pl.any_horizontal(pl.col(*columns).is_not_null())).then(line)


def whole(*phrases):
    """A pattern for any of these phrases, not within a longer word; its first group is the phrase."""
    return rf"(?:^|[^a-z0-9])({'|'.join(phrases)})(?:$|[^a-z0-9])"


def quoted(pattern, text):
    """The first phrase that the pattern finds, in guillemets; null where there is none."""
    phrase = text.str.extract(pattern, 1).str.strip_chars().str.slice(0, QUOTED)
    return pl.format("« {} »", phrase)


def verdict(signs, least, spared):
    """`keep` and `why` from one column of quotations a kind: `least` kinds are enough, unless `spared`."""
    enough = pl.sum_horizontal(pl.all().is_not_null()) >= least
    why = pl.concat_str(pl.all(), separator=", ", ignore_nulls=True)
    return signs.select(keep=~enough | pl.lit(spared), why=pl.when(enough).then(why))


def of_a_brand():
    """Whether an account of one of the topic's entities wrote it: what brands publish is counted apart."""
    return pl.col("matches").list.eval(pl.element().struct.field("owned")).list.any().fill_null(value=False)
