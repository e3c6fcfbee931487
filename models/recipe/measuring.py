"""How good a head is: F1 with intervals, calibration, what abstaining buys; as Markdown for the cards."""

import numpy as np

from listening_etl.encoding import MODELS, Encoder, Head
from models.recipe import data
from models.recipe.heads import softmax, temperature

RESAMPLES = 2_000
BINS = 15  # of equal numbers of texts
FOLDS = 5
INVENTED, OTHERS = ("intent", "toxicity"), {"de", "es", "it", "pt"}
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


def validation(measure, folder, languages):
    """Texts and labels in the languages that are judged, never trained on: they calibrate a measure."""
    groups = [group for name, group in by_language(measure, folder).items() if name[:2] in languages]
    return [text for texts, _ in groups for text in texts], np.concatenate([labels for _, labels in groups])


def by_language(measure, folder):
    """Validation texts and labels, by language or by set."""
    if measure == "sentiment":
        sets = {one.language: one for one in data.umsab(folder, "val")}
        sets["hi"] = data.hindi_by_hand(folder)
    elif measure in INVENTED:
        held_out = "invented_held_out.tsv"
        sets = {lang: data.invented(measure, held_out, {lang}) for lang in ("fr", "en")}
        sets["others"] = data.invented(measure, held_out, OTHERS)
    else:
        sets = {"en": data.tweeteval(folder, measure, "val")}
        if measure == "emotion":
            sets["fr, XED"] = data.xed_emotion(folder, held_out=True)
    return {name: (one.texts, one.labels) for name, one in sets.items() if one.texts}


HEAD = ("Set", "Texts", "Macro-F1", "95 % interval", "F1 by label", "ECE", "Judged", "Macro-F1 of judged")
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->"


def report(folder, measure):
    """A measure's figures on its validation sets, as a Markdown table; the last row has the card's languages alone."""
    encoder, head = Encoder.load(MODELS / "encoder"), Head.load(MODELS / measure)
    groups = by_language(measure, folder)
    shares = [head.probabilities(encoder.encode(texts)) for texts, _ in groups.values()]
    labels = [labels for _, labels in groups.values()]
    sure = confidence_of_others(np.concatenate(shares), np.concatenate(labels))
    parts = np.split(sure, np.cumsum([len(one) for one in labels])[:-1])
    rows = [_row(head, *row) for row in zip(groups, shares, labels, parts, strict=True)]
    spoken = [at for at, name in enumerate(groups) if name[:2] in head.card.languages]
    if len(spoken) > 1:
        whole = (np.concatenate([many[at] for at in spoken]) for many in (shares, labels, parts))
        mean = np.mean([float(rows[at][2]) for at in spoken])
        rows.append(_row(head, f"judged, mean of rows {mean:.3f}", *whole))
    return table(rows, HEAD)


def confidence_of_others(shares, labels):
    """The confidence that each text would have, had its temperature been found without it: in five parts."""
    logits, part = np.log(np.maximum(shares, 1e-12)), np.arange(len(labels)) % FOLDS
    sure = np.zeros(len(labels))
    for one in range(FOLDS):
        rest, here = part != one, part == one
        sure[here] = softmax(logits[here] / temperature(logits[rest], labels[rest])).max(axis=1)
    return sure


def write_into_card(measure, figures):
    """Put the table into the measure's README.md, in the place of the one there."""
    card = MODELS / measure / "README.md"
    before, _, rest = card.read_text("utf-8").partition(BEGIN)
    card.write_text(f"{before}{BEGIN}{figures}\n{END}{rest.partition(END)[2]}", "utf-8")


def _row(head, name, shares, labels, sure):
    said, classes = shares.argmax(1), len(head.labels)
    there = np.unique(labels)  # a set may not know every label

    def metric(one, two):
        return float(f1(one, two, classes)[there].mean())

    low, high = interval(metric, labels, said)
    judged = shares.max(1) >= head.card.threshold
    return (
        name, len(labels), f"{metric(labels, said):.3f}", f"{low:.3f} to {high:.3f}",
        ", ".join(f"{head.labels[one]} {value:.2f}" for one, value in enumerate(f1(labels, said, classes))),
        f"{calibration_error(sure, said == labels):.3f}", f"{judged.mean():.0%}",
        f"{metric(labels[judged], said[judged]):.3f}",
    )  # fmt: skip
