"""What a measure says of the 200 texts of the sheet against what their reader said, as Markdown for a model card.

    python models/french/evaluate.py --write-texts texts.txt [--data FOLDER]
    listening score --measure sentiment --texts texts.txt --output answers.jsonl
    python models/french/evaluate.py --answers answers.jsonl [--column sentiment|intent|offensive|ironic|emotion]

Answers are one JSON object a line, in the order of the texts: `value` (the label), `confidence`, `abstained`,
`language`. Coverage is the share not abstained; accuracy and macro-F1 are of those texts only, and again with an
abstention counted as an error. Macro-F1 of sentiment is over negative, neutral and positive; texts that were read
as mixed stand apart. Intervals: the middle 95 % over 2,000 resamples of the texts.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from models.french import sample

RESAMPLES = 2000
OFTEN = 5  # a label read less often than this says nothing in a macro-F1 of a part
LABELS = {
    "sentiment": ("negative", "neutral", "positive", "mixed"),
    "intent": ("complaint", "question", "praise", "suggestion", "purchase", "life_event", "news", "other"),
    "ironic": ("no", "yes"),
    "offensive": ("no", "yes"),
    "emotion": ("anger", "joy", "optimism", "sadness", "none"),
}
ABSTAINED = "abstained"
YES = {"true", "yes", "1", "irony", "ironic", "offensive"}  # what measures call a yes
NO = {"false", "no", "0", "non_irony", "not_ironic", "not-offensive", "non-offensive", "not_offensive"}


def answer(line, column):
    """The label of one answer, in the sheet's words; a yes or no may come as a boolean or a measure's own name."""
    one = json.loads(line)
    if one["abstained"] or one["value"] is None:
        return ABSTAINED
    value = str(one["value"]).lower()
    if column in {"ironic", "offensive"}:
        value = "yes" if value in YES else "no" if value in NO else value
    if value not in LABELS[column]:
        raise SystemExit(
            f"answer {line.strip()!r}: {value!r} is no label of {column}: {', '.join(LABELS[column])}"
        )
    return value


def macro_f1(truth, answers, labels):
    """The mean F1 over those `labels` that occur in either list; None where none does."""
    scores = []
    for label in labels:
        true, said = truth == label, answers == label
        if true.any() or said.any():
            scores.append(2 * (true & said).sum() / (true.sum() + said.sum()))
    return float(np.mean(scores)) if scores else None


def accuracy(truth, answers, labels):
    """The share of right answers."""
    return float((truth == answers).mean()) if len(truth) else None


def coverage(truth, answers, labels):
    """The share of texts that got an answer."""
    return float((answers != ABSTAINED).mean()) if len(truth) else None


def of_answered(figure):
    """The same figure of the answered texts only."""
    return lambda truth, answers, labels: figure(
        truth[answers != ABSTAINED], answers[answers != ABSTAINED], labels
    )


FIGURES = {
    "coverage": coverage,
    "accuracy, answered": of_answered(accuracy),
    "macro-F1, answered": of_answered(macro_f1),
    "accuracy, abstention wrong": accuracy,
    "macro-F1, abstention wrong": macro_f1,
}


def interval(figure, truth, answers, labels):
    """The middle 95 % of a figure over resampled texts; None where it is never defined."""
    random = np.random.default_rng(0)
    drawn = (random.integers(0, len(truth), len(truth)) for _ in range(RESAMPLES))
    values = [figure(truth[rows], answers[rows], labels) for rows in drawn]
    known = [value for value in values if value is not None]
    return np.percentile(known, [2.5, 97.5]) if known else None


def confusion(truth, answers, labels):
    """Rows: the reader; columns: the measure."""
    columns = [*labels, ABSTAINED]
    yield f"| read \\ said | {' | '.join(columns)} | texts |"
    yield f"|---|{'--:|' * (len(columns) + 1)}"
    for label in labels:
        of_label = answers[truth == label]
        counts = [str((of_label == column).sum()) for column in columns]
        yield f"| {label} | {' | '.join(counts)} | {len(of_label)} |"


def figures(truth, answers, labels):
    """A table of every figure with its interval."""
    yield "| figure | value | 95 % interval |"
    yield "|---|--:|---|"
    for name, figure in FIGURES.items():
        value, bounds = figure(truth, answers, labels), interval(figure, truth, answers, labels)
        if value is None or bounds is None:
            yield f"| {name} | - | - |"
        else:
            yield f"| {name} | {value:.3f} | {bounds[0]:.3f} to {bounds[1]:.3f} |"


def by_set(sheet, truth, answers, labels):
    """Figures of each set and of the texts whose reader was sure; macro-F1 only where every label was read often."""
    groups = {
        name: np.array([row["set"] == name for row in sheet]) for name in sorted({r["set"] for r in sheet})
    }
    groups["reader sure"] = np.array([row["sure"] == "yes" for row in sheet])
    yield "| texts of | n | coverage | accuracy, answered | macro-F1, answered |"
    yield "|---|--:|--:|--:|--:|"
    for name, rows in groups.items():
        some = truth[rows], answers[rows], labels
        values = [FIGURES[key](*some) for key in ("coverage", "accuracy, answered", "macro-F1, answered")]
        if min((truth[rows] == label).sum() for label in labels) < OFTEN:
            values[2] = None
        shown = " | ".join("-" if value is None else f"{value:.3f}" for value in values)
        yield f"| {name} | {rows.sum()} | {shown} |"


def report(sheet, answers, column):
    """The Markdown of one column."""
    truth, answers = np.array([row[column] for row in sheet]), np.array(answers)
    yield f"**{column}**, {len(sheet)} French texts read by hand\n"
    yield from confusion(truth, answers, LABELS[column])
    apart = truth == "mixed"
    labels = tuple(label for label in LABELS[column] if label != "mixed")
    kept = [row for row, mixed in zip(sheet, apart, strict=True) if not mixed]
    if apart.any():
        yield f"\nWithout the {apart.sum()} read as mixed:"
    yield ""
    yield from figures(truth[~apart], answers[~apart], labels)
    yield ""
    yield from by_set(kept, truth[~apart], answers[~apart], labels)


def write_texts(data, sheet, file):
    """One text a line, in the sheet's order."""
    texts = sample.found(data, sheet)
    missing = [row["key"] for row, text in zip(sheet, texts, strict=True) if text is None]
    if missing:
        raise SystemExit(
            f"{data}: {len(missing)} texts of the sheet are not there, the first is {missing[0]!r}"
        )
    file.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")


def main():
    """Write the texts, or print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--sheet", type=Path, default=HERE / "sheet.tsv")
    arguments.add_argument("--data", type=Path, default=sample.DATA, help="folder with the sets")
    arguments.add_argument("--write-texts", type=Path, metavar="FILE", help="the texts, one a line")
    arguments.add_argument("--answers", type=Path, metavar="FILE", help="what `listening score` wrote")
    arguments.add_argument("--column", choices=LABELS, default="sentiment")
    given = arguments.parse_args()
    sheet = sample.read_sheet(given.sheet)
    if given.write_texts:
        write_texts(given.data, sheet, given.write_texts)
    if given.answers:
        lines = given.answers.read_text(encoding="utf-8").splitlines()
        if len(lines) != len(sheet):
            raise SystemExit(
                f"{given.answers}: {len(lines)} answers to the {len(sheet)} texts of {given.sheet}"
            )
        print("\n".join(report(sheet, [answer(line, given.column) for line in lines], given.column)))


if __name__ == "__main__":
    main()
