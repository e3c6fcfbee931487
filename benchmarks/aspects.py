"""How well clauses carry the sentiment of an aspect: our probes, each read in three ways, and whole.

    python -m benchmarks.aspects

Needs the shipped encoder and sentiment head. The probes are sentences of ours with two or three opinions each:
they say whether mixed opinions are told apart, not how often people mix them.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl

from listening_etl.aspects.finding import find, queries_of
from listening_etl.aspects.vocabulary import SHIPPED
from listening_etl.statistics.intervals import wilson

PROBES = Path(__file__).parents[1] / "tests/unit/aspects/probes.tsv"
LABELS = ("negative", "neutral", "positive")
BRAND = "Kettlia"
LEAST = (0.5, 0.6)  # confidence, below which a head may be told to abstain

Judge = Callable[[Sequence[str]], "np.ndarray"]
"""From texts to the probabilities of `LABELS`, a row each."""


def probes() -> pl.DataFrame:
    """One row per aspect of a probe: `row, lang, text, aspect, label`."""
    with PROBES.open(encoding="utf-8") as lines:
        read = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return pl.DataFrame(
        [
            (number, one["lang"], one["text"], *said.split("="))
            for number, one in enumerate(read)
            for said in one["aspects"].split(" ")
        ],
        schema={
            "row": pl.UInt32,
            "lang": pl.String,
            "text": pl.String,
            "aspect": pl.String,
            "label": pl.String,
        },
        orient="row",
    )


def found(said: pl.DataFrame) -> pl.DataFrame:
    """What the shipped words find in the probes: rows of `find`."""
    mentions = said.unique("row").sort("row").select("lang", "text", pl.lit(None, pl.String).alias("title"))
    brand = SimpleNamespace(
        name=BRAND, role="own", names=(BRAND,), products=(), query=None, handles=(), hashtags=(), context=(),
        exclude=(), aspects={name: (f"${name}",) for name in SHIPPED},
    )  # fmt: skip
    about = pl.DataFrame({"row": range(mentions.height)}, schema={"row": pl.UInt32})
    about = about.with_columns(entity=pl.lit(BRAND), match=pl.lit("named"))
    entities = {BRAND: brand}
    return find(mentions, about, entities, queries_of(entities, {}))


def readings(rows: pl.DataFrame, others: pl.DataFrame) -> dict[str, list[str]]:
    """The text that is judged for each row, by the name of the way; `others` holds every clause of the mentions."""
    clauses = others.unique(["row", "clause_start"])
    without = []
    for row in rows.iter_rows(named=True):  # 120 rows
        rest = clauses.filter(pl.col("row") == row["row"], pl.col("clause_start") != row["clause_start"])
        text = row["text"]
        for start, end in sorted(rest.select("clause_start", "clause_end").rows(), reverse=True):
            text = text[:start] + text[end:]
        without.append(" ".join(text.split()))
    return {
        "the clause alone": rows["clause"].to_list(),
        "the brand, then the clause": [f"{BRAND} : {clause}" for clause in rows["clause"]],
        "the text without other aspects": without,
        "the whole text": rows["text"].to_list(),
    }


def report(judge: Judge) -> pl.DataFrame:
    """Accuracy of each way over the aspects that are found, with 95 % intervals."""
    said, hits = probes(), found(probes())
    rows = said.join(hits, on=["row", "aspect"]).unique(["row", "aspect"], maintain_order=True)
    lines = []
    for name, texts in readings(rows, hits).items():
        answers = pl.Series(LABELS).gather(judge(texts).argmax(axis=1))
        for language in ("fr", "en", "both"):
            of = rows["lang"] == language if language != "both" else pl.Series([True] * rows.height)
            right, n = int(((answers == rows["label"]) & of).sum()), int(of.sum())
            low, high = (round(float(end), 3) for end in wilson(right, n))
            lines.append((name, language, right, n, round(right / n, 3), low, high))
    sure = judge(rows["clause"].to_list())
    right = pl.Series(LABELS).gather(sure.argmax(axis=1)) == rows["label"]
    for least in LEAST:
        judged = pl.Series(sure.max(axis=1) >= least)
        print(
            f"Clauses alone, at {least} or more: {judged.mean():.2f} judged, {right.filter(judged).mean():.2f} of them rightly."
        )
    named = said.join(hits, on=["row", "aspect"], how="semi").height
    print(
        f"{named} of {said.height} labelled aspects are found; {hits.height - rows.height} others are named."
    )
    return pl.DataFrame(lines, schema=["read", "lang", "right", "n", "accuracy", "low", "high"], orient="row")


def shipped() -> Judge:
    """The shipped encoder and sentiment head."""
    from listening_etl.encoding import MODELS, Encoder, Head, encoder_folder, readable

    encoder, head = Encoder.load(encoder_folder()), Head.load(MODELS / "sentiment")
    order = [head.labels.index(label) for label in LABELS]
    return lambda texts: head.probabilities(encoder.encode(readable(pl.Series(texts)).to_list()))[:, order]


if __name__ == "__main__":
    with pl.Config(tbl_rows=20, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True):
        print(report(shipped()))
