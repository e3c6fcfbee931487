"""F1 of the spam filter on labelled comments, and the tables of the model card.

    python models/spam/evaluate.py --data FILE [FILE …]   the shipped weights on CSVs with CONTENT and CLASS (1: spam)
    python models/spam/evaluate.py --card DIR             everything in the model card; trains some twenty models

`DIR` as for `train.py`. Of the comments that ship with it, the weights have seen all: judge them by other files,
or by the card, in which every figure is of comments, sets or wordings that the model at hand has not seen.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import scipy.sparse
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import f1_score, precision_score, recall_score
from sklearn.model_selection import StratifiedGroupKFold

sys.path.insert(0, str(Path(__file__).parents[2]))

from models.spam import train
from plugins.filters.spam import features, plain, score

RESAMPLES = 2000
ALIKE = 0.5  # of the 5-grams of either: texts as alike as this are one template
THRESHOLD = 0.5
FAMILIES = ("airline", "tweeteval", "umsab", "tripadvisor", "media", "telecom", "xed")


def templates(texts):
    """A number for each text; near-duplicates, and what is near to them, share theirs."""
    shingles = CountVectorizer(analyzer="char", ngram_range=(5, 5), binary=True, min_df=1, dtype=np.int32)
    matrix = shingles.fit_transform([f"    {text.lower()}" for text in plain(texts)])
    common = (matrix @ matrix.T).tocoo()
    sizes = np.asarray(matrix.sum(1)).ravel()
    jaccard = common.data / (sizes[common.row] + sizes[common.col] - common.data)
    near = jaccard >= ALIKE
    graph = scipy.sparse.coo_matrix((np.ones(near.sum()), (common.row[near], common.col[near])), common.shape)
    return connected_components(graph, directed=False)[1]


def interval(spam, found, groups):
    """The middle 95 % of F1 over resampled templates: copies are drawn together."""
    random = np.random.default_rng(0)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    drawn = (np.concatenate([members[g] for g in random.integers(0, len(members), len(members))]) for _ in range(RESAMPLES))
    return np.percentile([f1_score(spam[rows], found[rows]) for rows in drawn], [2.5, 97.5])


def report(name, texts, spam, found):
    """One line: F1 of the spam class with its interval, precision, recall."""
    low, high = interval(spam, found, templates(texts))
    print(
        f"{name:28} n {len(spam):5}  spam {spam.sum():4}  F1 {f1_score(spam, found):.3f} [{low:.3f}, {high:.3f}]"
        f"  precision {precision_score(spam, found):.3f}  recall {recall_score(spam, found):.3f}"
    )


def wilson(count, n):
    """The 95 % interval of a share (Wilson 1927)."""
    z = 1.959963984540054
    middle, half = count + z**2 / 2, z * np.sqrt(count * (n - count) / n + z**2 / 4)
    return max(0.0, (middle - half) / (n + z**2)), min(1.0, (middle + half) / (n + z**2))


def taken(name, found):
    """One line: how much of a set is taken for spam."""
    low, high = wilson(found.sum(), len(found))
    print(f"{name:28} n {len(found):5}  taken {found.sum():4}  {found.mean():.4f} [{low:.4f}, {high:.4f}]")


def report_videos(folder, material):
    """Comments of each video by a model that has not seen it, and comments by one that has not seen their template."""
    videos = train.read_videos(folder)
    texts = [text for some, _ in videos.values() for text in some]
    scores, spam = material.unseen_scores()
    scale, shift = train.platt(scores, spam)
    found, start = scale * scores + shift > 0, 0
    for name, (some, labels) in videos.items():
        report(f"unseen video {name}", some, labels, found[start : start + len(some)])
        start += len(some)
    report("unseen videos, together", texts, spam, found)

    groups, scores = templates(texts), np.zeros(len(texts))
    matrix = scipy.sparse.vstack([rows for rows, _ in material.videos.values()], format="csr")
    for _, rows in StratifiedGroupKFold(5, shuffle=True, random_state=0).split(texts, spam, groups):
        aside = np.isin(np.arange(len(texts)), rows)
        scores[rows] = material.fit(without_rows=aside).decision_function(matrix[rows])
    scale, shift = train.platt(scores, spam)
    report("unseen templates, 5 folds", texts, spam, scale * scores + shift > 0)
    print(f"{len(np.unique(groups))} templates of {len(texts)} comments\n")


def report_honest(folder, material):
    """What is taken of the halves kept aside, by the shipped weights, and by models that have not seen the set at all."""
    sets = {name: train.halves(texts)[1] for name, texts in train.read_honest(folder).items()}
    for name, texts in sets.items():
        taken(name, score(texts) >= THRESHOLD)
    taken("all of them", score([text for texts in sets.values() for text in texts]) >= THRESHOLD)
    print()
    scale, shift = train.platt(*material.unseen_scores())
    for family in FAMILIES:
        model = material.fit(without_sets=(family,))
        for name in (name for name in sets if name.startswith(family)):
            taken(f"never seen: {name}", scale * model.decision_function(features(sets[name])) + shift > 0)
    print()


def report_invented():
    """Our own texts: those that were looked at while the filter was built, and those that were not."""
    for part in ("tried", "test"):
        texts, spam = train.read_invented(part)
        found = score(texts) >= THRESHOLD
        taken(f"invented spam, {part}", found[spam == 1])
        taken(f"invented honest, {part}", found[spam == 0])
        for text, truth in zip(texts, spam, strict=True):
            if found[texts.index(text)] != truth:
                print(f"   wrong: {'spam' if truth else 'honest'}: {text}")
    print()


def main():
    """Print what was asked for."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--data", type=Path, nargs="+", default=(), help="CSVs with CONTENT and CLASS")
    arguments.add_argument("--card", type=Path, help="folder with the sets of the model card")
    given = arguments.parse_args()
    for file in given.data:
        texts, spam = train.read_comments(file)
        started = time.perf_counter()
        found = score(texts) >= THRESHOLD
        seconds = time.perf_counter() - started
        report(file.stem[:28], texts, spam, found)
        print(f"{len(texts) / seconds:,.0f} texts/s")
    if given.card:
        material = train.Material(given.card)
        report_videos(given.card, material)
        report_honest(given.card, material)
        report_invented()


if __name__ == "__main__":
    main()
