"""Try a query on texts: how many match, and which words of a sample of them made it so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from listening_etl.query import Corpus, Query

SEED = 20_261_122


@dataclass(frozen=True)
class Tried:
    """`matches` of `texts` match; of `shown`, a sample in the order of the texts, title, text and the spans (start,
    end, in characters) of the words that matched in each."""

    query: str
    texts: int
    matches: int
    shown: list[dict[str, Any]]


def try_on(query: Query, mentions: pl.DataFrame, limit: int) -> Tried:
    """Match the texts; show at most `limit` of those that match, drawn with a fixed seed."""
    corpus = Corpus(mentions)
    matching = corpus.matches(query)
    rows = matching.arg_true()
    drawn = rows.sample(min(limit, rows.len()), seed=SEED).sort()
    spans = corpus.evidence(query).filter(pl.col("row").is_in(drawn.implode()))
    beside = [name for name in ("source", "native_id", "lang") if name in mentions.columns]
    texts = mentions[drawn].select(*beside, "title", "text").to_dicts()
    shown = [
        {
            **text,
            "spans": [
                {"field": field, "start": start, "end": end}
                for _, field, start, end in spans.filter(pl.col("row") == row)
                .select("row", "field", "start", "end")
                .iter_rows()
            ],
        }
        for row, text in zip(drawn.to_list(), texts, strict=True)
    ]
    return Tried(str(query), mentions.height, int(matching.sum()), shown)
