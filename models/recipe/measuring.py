"""How good a head is: F1 with intervals, calibration, what abstaining buys; as Markdown for the cards."""

import numpy as np

from listening_etl.encoding import MODELS, Encoder, Head
from models.recipe import data

RESAMPLES = 2_000
BINS = 15  # of equal numbers of texts
SEED = 20_261_122


def f1(labels, said, classes):
    """F1 of each class; nought where a class is neither there nor said."""
    found = []
    for one in range(classes):
        hits = int(((labels == one) & (said == one)).sum())
        both = int((labels == one).sum() + (said == one).sum())
        found.append(2 * hits / both if both else 0.0)
    return np.array(found)


def interval(metric, labels, said):
    """95 % percentile bootstrap over texts, 2,000 resamples."""
    rng = np.random.default_rng(SEED)
    draws = rng.integers(0, len(labels), (RESAMPLES, len(labels)))
    found = [metric(labels[draw], said[draw]) for draw in draws]
    return tuple(np.percentile(found, [2.5, 97.5]))


def calibration_error(confidence, right):
    """Expected calibration error: mean distance between confidence and share of right answers, in bins of equal
    numbers (Naeini, Cooper and Hauskrecht 2015; Nixon et al. 2019 for equal numbers)."""
    order = np.argsort(confidence, kind="stable")
    parts = np.array_split(order, min(BINS, len(order)))
    gaps = [len(part) * abs(confidence[part].mean() - right[part].mean()) for part in parts if len(part)]
    return float(sum(gaps) / len(order))


def table(rows, head):
    """Rows as a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)])


def validation(measure, folder):
    """Texts and labels that calibrate a measure and tell how good it is: never trained on."""
    if measure == "sentiment":
        sets = data.umsab(folder, "val")
    elif measure in ("intent", "toxicity"):
        sets = [data.invented(measure, "invented_held_out.tsv")]
    elif measure == "emotion":
        sets = [data.tweeteval(folder, measure, "val"), data.xed_emotion(folder, held_out=True)]
    else:
        sets = [data.tweeteval(folder, measure, "val")]
    return [text for one in sets for text in one.texts], np.concatenate([one.labels for one in sets])


HEAD = ("Set", "Texts", "Macro-F1", "95 % interval", "F1 by label", "ECE", "Judged", "Macro-F1 of judged")
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->"


def report(folder, measure):
    """A measure's figures on its validation sets, as a Markdown table."""
    encoder, head = Encoder.load(MODELS / "encoder"), Head.load(MODELS / measure)
    rows = [_row(name, head, encoder, *group) for name, group in by_language(measure, folder).items()]
    return table(rows, HEAD)


def write_into_card(measure, figures):
    """Put the table into the measure's README.md, in the place of the one there."""
    card = MODELS / measure / "README.md"
    before, _, rest = card.read_text("utf-8").partition(BEGIN)
    card.write_text(f"{before}{BEGIN}{figures}\n{END}{rest.partition(END)[2]}", "utf-8")


def by_language(measure, folder):
    """Validation texts and labels, by language or by set."""
    if measure == "sentiment":
        return {one.language: (one.texts, one.labels) for one in data.umsab(folder, "val")}
    if measure == "emotion":
        tweets, films = data.tweeteval(folder, measure, "val"), data.xed_emotion(folder, held_out=True)
        return {"en": (tweets.texts, tweets.labels), "fr, XED": (films.texts, films.labels)}
    return {"all": validation(measure, folder)}


def _row(name, head, encoder, texts, labels):
    shares = head.probabilities(encoder.encode(texts))
    said, sure, classes = shares.argmax(1), shares.max(1), len(head.labels)
    there = np.unique(labels)  # a set may not know every label

    def metric(one, two):
        return float(f1(one, two, classes)[there].mean())

    low, high = interval(metric, labels, said)
    judged = sure >= head.card.threshold
    return (
        name, len(texts), f"{metric(labels, said):.3f}", f"{low:.3f} to {high:.3f}",
        ", ".join(f"{head.labels[one]} {value:.2f}" for one, value in enumerate(f1(labels, said, classes))),
        f"{calibration_error(sure, said == labels):.3f}", f"{judged.mean():.0%}",
        f"{metric(labels[judged], said[judged]):.3f}",
    )  # fmt: skip
