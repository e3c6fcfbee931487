"""How fast the spam filter is, and how right beside plainer ways: `python -m benchmarks.spam --data DIR`.

Throughput is the filter's, over invented mentions with the longest way included: the reasons of what it drops.
With `--data` (the folder of `models/spam/train.py`) every way judges the comments of each video after learning
from the other videos alone; ours has learned from honest sets besides, which costs it here and pays elsewhere:
the last column is what each takes of airline tweets, in which next to nothing is spam.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from models.spam import train
from plugins.filters.spam import Spam, SpamOptions, features, load

WORDS = re.compile(r"(?i)https?://|www\.|subscrib|check (?:\w+ )?out|my channel|follow me|free|\$\d")
PEERS = {
    "TF-IDF of words, naive Bayes": lambda: make_pipeline(TfidfVectorizer(), MultinomialNB()),
    "TF-IDF of words, linear SVM": lambda: make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LinearSVC()),
    "TF-IDF of characters, logistic regression": lambda: make_pipeline(
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5)), LogisticRegression(C=10, max_iter=2000)
    ),
}


def throughput(mentions: int) -> None:
    texts, _ = train.read_invented("train")
    rows = pl.DataFrame({"text": [f"{texts[n % len(texts)]} {n}" for n in range(mentions)]})
    rows = rows.with_columns(title=pl.lit(None, pl.String))
    started = time.perf_counter()
    load()
    features(texts[:1])
    print(f"first use: {time.perf_counter() - started:.1f} s")
    started, busy = time.perf_counter(), time.process_time()
    answer = Spam().keep(rows, SpamOptions())
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    dropped = answer["why"].count()
    print(
        f"{mentions / seconds:,.0f} mentions/s by the clock, {mentions / busy:,.0f} per second of one processor;"
        f" {dropped:,} of {mentions:,} dropped with a reason\n"
    )


def together(videos: Iterable[tuple[list[str], np.ndarray]]) -> tuple[list[str], np.ndarray]:
    some = list(videos)
    return [text for texts, _ in some for text in texts], np.concatenate([spam for _, spam in some])


def compare(folder: Path) -> None:
    videos = train.read_videos(folder)
    tweets = train.halves(train.read_honest(folder)["airline_tweets"])[1]

    def report(name: str, found: dict[str, np.ndarray], taken: float) -> None:
        scores = [f1_score(videos[video][1], found[video]) for video in videos]
        truth = np.concatenate([spam for _, spam in videos.values()])
        overall = f1_score(truth, np.concatenate([found[video] for video in videos]))
        print(f"{name:44}{overall:8.3f}" + "".join(f"{score:12.3f}" for score in scores) + f"{taken:14.4f}")

    print(
        f"{'F1 of spam, unseen videos':44}{'all':>8}"
        + "".join(f"{video:>12}" for video in videos)
        + f"{'airline taken':>14}"
    )
    by_words = {
        video: np.array([bool(WORDS.search(t)) for t in texts]) for video, (texts, _) in videos.items()
    }
    report("eight words and links", by_words, float(np.mean([bool(WORDS.search(t)) for t in tweets])))
    for name, build in PEERS.items():
        found = {}
        for video, (texts, _) in videos.items():
            others = together(videos[other] for other in videos if other != video)
            found[video] = build().fit(*others).predict(texts) == 1
        report(name, found, float((build().fit(*together(videos.values())).predict(tweets) == 1).mean()))
    material = train.Material(folder)
    scores, spam = material.unseen_scores()
    scale, shift = train.platt(scores, spam)
    cuts = np.cumsum([len(s) for _, s in videos.values()])[:-1]
    ours = dict(zip(videos, np.split(scale * scores + shift > 0, cuts), strict=True))
    report(
        "ours", ours, float((scale * material.fit().decision_function(features(tweets)) + shift > 0).mean())
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--mentions", type=int, default=20_000)
    arguments.add_argument("--data", type=Path, help="folder with youtube_spam and the honest sets")
    given = arguments.parse_args()
    throughput(given.mentions)
    if given.data:
        compare(given.data)


if __name__ == "__main__":
    main()
