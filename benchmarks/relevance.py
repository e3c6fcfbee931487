"""What relevance gains from the encoding: `python -m benchmarks.relevance FILE`, tweets with a reason.

FILE: the airline tweets of Kaggle (`text`, `negativereason`, `negativereason_confidence`). For each of the common reasons
the scorer learns from a few examples which tweets are about it. Printed: area under the ROC curve of the other tweets, mean
of reasons and draws.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from statistics import mean

import numpy as np
import polars as pl
from sklearn.metrics import roc_auc_score

from listening_etl.encoding import Encoder, encoder_folder, readable
from plugins.scorers.relevance import fitted, meaning

REASONS = ("Late Flight", "Lost Luggage", "Customer Service Issue", "Cancelled Flight", "Bad Flight")
AGREED = 0.6  # share of the people who gave the reason
TWEETS, DRAWS, EXAMPLES = 2_500, 4, (20, 60, 200)


def complaints(file: Path, count: int = TWEETS) -> pl.DataFrame:
    """So many tweets whose reason people agreed on: `text`, as a model reads it, and `negativereason`."""
    clear = (pl.col("negativereason") != "Can't Tell") & (pl.col("negativereason_confidence") >= AGREED)
    tweets = pl.read_csv(file).filter(clear).sample(count, seed=1, shuffle=True)
    return tweets.with_columns(readable(tweets["text"]).alias("text")).drop_nulls("text")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    tweets = complaints(parser.parse_args().file)
    texts = np.array(tweets["text"].to_list(), dtype=object)
    meanings = meaning(Encoder.load(encoder_folder()).encode(list(texts)))
    found: dict[tuple[int, str], list[float]] = defaultdict(list)
    for reason in REASONS:
        labels = (tweets["negativereason"] == reason).cast(pl.Int8).to_numpy()
        for each in EXAMPLES:
            for seed in range(DRAWS if labels.sum() > each else 0):
                draw = np.random.default_rng(seed)
                seen = np.concatenate([draw.permutation(np.flatnonzero(labels == y))[:each] for y in (1, 0)])
                rest = np.setdiff1d(np.arange(len(labels)), seen)
                for how, told in (("words", meanings * 0), ("words and meaning", meanings)):
                    model = fitted(texts[seen], told[seen], labels[seen])
                    found[each, how].append(roc_auc_score(labels[rest], model(texts[rest], told[rest])))
    for (each, how), values in sorted(found.items()):
        print(f"{each:4} examples of each  {how:18} {mean(values):.3f}  ({len(values)} draws)")


if __name__ == "__main__":
    main()
