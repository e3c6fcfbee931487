"""Macro-F1 on the validation sets with 95 % bootstrap intervals, reviews, probes, and throughput.

    python -m models.sentiment.evaluate --data DIR [--reviews FILE] [--model models/sentiment]

Run from the repository's root; `DIR` as for `train.py`. `FILE` holds French restaurant reviews, a CSV with
the columns `note_restaurant` (stars) and `contenu_avis` (text): the model was not trained on any. Every text
goes through the scorer plugin, as in production. Hindi, which the card leaves out, is judged to show why.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.metrics import f1_score

from models.sentiment.train import LABELS, LANGUAGES, read
from plugins.scorers.flair_classifier import FlairSentiment

RESAMPLES = 2000
PROBES = [  # what people write about brands, not what the model was trained on
    ("fr", "J'adore cette bouilloire, elle est magnifique !", "positive"),
    ("fr", "Service client nul, je suis très déçu", "negative"),
    ("fr", "Le magasin ouvre à 9 h", "neutral"),
    ("fr", "pas mal du tout", "positive"),
    ("fr", "Franchement c'est pas terrible", "negative"),
    ("fr", "Je ne suis pas déçu du tout", "positive"),
    ("fr", "Bravo, encore une panne, merci pour cette belle journée", "negative"),
    ("fr", "Super, trois heures d'attente au téléphone", "negative"),
    ("en", "I love it, best phone ever", "positive"),
    ("en", "Worst customer service, I hate this company", "negative"),
    ("en", "The store opens at 9 am", "neutral"),
    ("en", "not bad at all", "positive"),
    ("en", "I don't love it", "negative"),
    ("en", "Oh great, my flight is cancelled again", "negative"),
]


def interval(truth, answers):
    """The middle 95 % of macro-F1 over resampled texts."""
    random = np.random.default_rng(0)
    rows = (random.integers(0, len(truth), len(truth)) for _ in range(RESAMPLES))
    return np.percentile([f1_score(truth[row], answers[row], average="macro") for row in rows], [2.5, 97.5])


def report_reviews(file, judge):
    """How often reviews of few and of many stars come out as negative, neutral and positive."""
    reviews = pl.read_csv(file, infer_schema=False).drop_nulls("contenu_avis")
    stars = reviews["note_restaurant"].cast(pl.Float64)
    for name, rows in (("1 or 2", stars <= 2), ("5", stars == 5)):
        labels = judge(reviews.filter(rows)["contenu_avis"].to_list(), "fr")["label"]
        shares = "  ".join(f"{label} {(labels == label).mean():.3f}" for label in LABELS)
        print(f"reviews of {name} stars: n {len(labels)}  {shares}")
    print()


def main():
    """Print the tables of the model card."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--data", type=Path, required=True, help="folder with one folder per language")
    arguments.add_argument("--reviews", type=Path, help="CSV with note_restaurant and contenu_avis")
    arguments.add_argument("--model", default=str(Path(__file__).parent))
    given = arguments.parse_args()
    scorer = FlairSentiment()
    folders = LANGUAGES | {"hi": "hindi"}
    options = scorer.options_type(model=given.model, languages=frozenset(folders))

    def judge(texts, code):
        return scorer.score(pl.DataFrame({"text": texts, "lang": [code] * len(texts)}), options)

    print(f"model {scorer.model_version(options)}")
    everything, macro = [], {}
    for code, name in folders.items():
        texts, numbers = read(given.data / name, "val")
        truth = np.array([LABELS[number] for number in numbers])
        answers = judge(texts, code)
        labels = answers["label"].to_numpy()
        low, high = interval(truth, labels)
        macro[code] = f1_score(truth, labels, average="macro")
        correct, sure = np.mean(truth == labels), answers["confidence"].mean()
        print(
            f"{code}  n {len(texts)}  macro-F1 {macro[code]:.3f} [{low:.3f}, {high:.3f}]"
            f"  accuracy {correct:.3f}  mean confidence {sure:.3f}"
        )
        everything += texts
    print(f"mean of the {len(LANGUAGES)} judged: {np.mean([macro[code] for code in LANGUAGES]):.3f}\n")

    if given.reviews:
        report_reviews(given.reviews, judge)

    for code, text, expected in PROBES:
        label, value, confidence = judge([text], code).row(0)
        verdict = "right" if label == expected else "wrong"
        print(f"{verdict}  {code}  {expected:8}  got {label:8} {confidence:.2f}  {value:+.2f}  {text}")

    texts = [f"{text} {turn}" for turn in range(4) for text in everything]  # no two are equal
    started = time.perf_counter()
    judge(texts, "fr")
    seconds = time.perf_counter() - started
    length = np.mean([len(text) for text in texts])
    rate = len(texts) / seconds
    print(f"\n{rate:,.0f} texts/s ({len(texts):,} texts of {length:.0f} characters, {seconds:.1f} s)")


if __name__ == "__main__":
    main()
