"""Trains the shipped spam filter: logistic regression on hashed words, hashed characters and counted signs.

    python models/spam/train.py --data DIR [--output models/spam]

`DIR` holds `youtube_spam/*.csv` (labelled comments, a file per video) and sets in which next to nothing is spam:
`airline_tweets`, `tweeteval`, `umsab` and `french`, laid out as the model card says. From `invented.tsv`, beside this file,
come French spam and honest texts that look like it. Of every honest set one half is trained on, chosen by a hash
of the text; the other half is for `evaluate.py`. Writes `weights.npz`, the same bytes each time.

The intercept and the scale are set by Platt's method on the scores of comments by models that have not seen
their video: a probability of 0.5 is where spam and ham of an unseen video part.
"""

import argparse
import gzip
import hashlib
import io
import json
import re
import sys
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import scipy.sparse
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).parents[2]))

from plugins.filters.spam import features

HERE = Path(__file__).parent
C = 16.0
HONEST_WEIGHT = 6.0  # of all honest texts together, against all comments together
MOST = 1500  # texts trained on of one honest set
LANGUAGES = ("arabic", "english", "french", "german", "italian", "portuguese", "spanish")
STEPS = 32  # stored weights are multiples of 1 / STEPS
LINK = re.compile(r"https?://\S+")
SITES = (  # the honest sets' own links are all t.co: others in their place, so that a link alone is no proof
    "www.lemonde.fr/economie/article/{}.html", "youtu.be/{}", "www.youtube.com/watch?v={}", "www.bbc.co.uk/news/{}",
    "forum.hardware.example/t/{}", "monblog.example/{}", "i.imgur.com/{}.jpg", "www.lefigaro.fr/conso/{}",
    "kitchen.example.org/review/{}", "www.ouest-france.fr/{}", "mastodon.social/@user/{}", "www.reddit.com/r/x/{}",
    "fr.trustpilot.com/reviews/{}", "www.theguardian.com/money/{}", "aide.example.com/retour/{}", "www.20minutes.fr/{}",
    "twitter.com/user/status/{}", "www.francetvinfo.fr/{}", "support.example.net/{}", "www.instagram.com/p/{}",
)  # fmt: skip


def read_column(file, column):
    """One column of a CSV, gzipped or not, as text; nulls are left out."""
    return pl.read_csv(file, columns=[column], infer_schema=False)[column].drop_nulls().to_list()


def read_lines(*files):
    """The lines of some files, one text each."""
    return [line for file in files for line in file.read_text("utf-8").rstrip("\n").split("\n")]


def read_comments(file):
    """The texts of a labelled CSV with the columns CONTENT and CLASS, and which are spam (1)."""
    rows = pl.read_csv(file, columns=["CONTENT", "CLASS"], infer_schema=False).drop_nulls()
    return rows["CONTENT"].to_list(), rows["CLASS"].cast(int).to_numpy()


def read_videos(folder):
    """The comments of each video."""
    return {f.stem.partition("_")[0]: read_comments(f) for f in sorted((folder / "youtube_spam").glob("*.csv"))}


def read_invented(part):
    """Our own texts of a part, and which are spam."""
    rows = pl.read_csv(HERE / "invented.tsv", separator="\t", quote_char=None).filter(pl.col("part") == part)
    return rows["text"].to_list(), rows["spam"].to_numpy()


def read_honest(folder):
    """For each set in which next to nothing is spam, its distinct texts, in the order of a hash."""
    french = folder / "french"
    subtitles = read_lines(french / "xed_emotions/fr-projections_train.tsv")
    sets = {
        "airline_tweets": read_column(folder / "airline_tweets/Tweets_train.csv", "text"),
        "tripadvisor_lyon": read_column(french / "tripadvisor_lyon/avis_train.csv.gz", "contenu_avis"),
        "media_tweets": read_column(french / "media_tweets/tweets_train.csv.gz", "text"),
        "telecom_reviews": read_column(french / "telecom_maroc/trustpilot_avis_train.csv", "review_content"),
        "telecom_comments": read_telecom_comments(french / "telecom_maroc/social"),
        "xed_subtitles": [line.partition("\t")[0] for line in subtitles],
    }
    for name in ("emotion", "offensive"):
        sets[f"tweeteval_{name}"] = read_lines(folder / "tweeteval" / name / "train_text.txt")
    for name in LANGUAGES:
        parts = (folder / "umsab" / name / f"{part}_text.txt" for part in ("train", "val"))
        sets[f"umsab_{name}"] = read_lines(*parts)
    return {name: sorted(set(texts), key=digest) for name, texts in sets.items()}


def read_telecom_comments(folder):
    """Comments below the posts of operators."""
    answers = [json.loads(gzip.decompress(file.read_bytes())) for file in sorted(folder.glob("*.json.gz"))]
    below = [comment for answer in answers for post in answer["data"] for comment in post["comments"] or ()]
    return [comment["message"] for comment in below if comment["message"]]


def digest(text):
    """Bytes that look like chance and are always the same for a text."""
    return hashlib.blake2b(text.encode(), digest_size=8).digest()


def halves(texts):
    """The texts to train on, and the half to keep aside."""
    trained, aside = ([text for text in texts if digest(text)[-1] % 2 == side] for side in (0, 1))
    return trained[:MOST], aside


def relinked(text):
    """The text, every other one with its links leading to other sites; and some without one get one."""
    number = int.from_bytes(digest(text)[:4], "big")
    link = "https://" + SITES[number // 8 % len(SITES)].format(f"{number:x}")
    if LINK.search(text):
        return LINK.sub(link, text) if number % 2 else text
    return f"{text} {link}" if number % 8 == 0 else text


class Material:
    """What is learned from, as features."""

    def __init__(self, folder):
        self.videos = {name: (features(texts), spam) for name, (texts, spam) in read_videos(folder).items()}
        sets = read_honest(folder)
        self.honest = {name: features([relinked(t) for t in halves(texts)[0]]) for name, texts in sets.items()}
        texts, spam = read_invented("train")
        self.invented = features(texts), spam

    def fit(self, without_video=None, without_sets=(), without_rows=None):
        """A model that has seen all but one video, or some honest sets, or some of all comments."""
        videos = [video for name, video in self.videos.items() if name != without_video]
        matrix, spam = scipy.sparse.vstack([m for m, _ in videos]), np.concatenate([s for _, s in videos])
        if without_rows is not None:
            matrix, spam = matrix[~without_rows], spam[~without_rows]
        honest = [rows for name, rows in self.honest.items() if not name.startswith(without_sets)]
        others = scipy.sparse.vstack(honest)
        weight = HONEST_WEIGHT * len(spam) / others.shape[0]
        rows = scipy.sparse.vstack([matrix, others, self.invented[0]])
        labels = np.concatenate([spam, np.zeros(others.shape[0], int), self.invented[1]])
        importance = np.concatenate([np.ones(len(spam)), np.full(others.shape[0], weight), np.ones(len(self.invented[1]))])
        return LogisticRegression(C=C, max_iter=5000, tol=1e-6).fit(rows, labels, sample_weight=importance)

    def unseen_scores(self):
        """The scores of every comment by a model that has not seen its video, and which are spam."""
        scores = [self.fit(name).decision_function(rows) for name, (rows, _) in self.videos.items()]
        return np.concatenate(scores), np.concatenate([spam for _, spam in self.videos.values()])


def platt(scores, spam):
    """The scale and the shift that make scores log-odds (Platt 1999)."""
    line = LogisticRegression(C=1e6).fit(scores[:, None], spam)
    return line.coef_[0, 0], line.intercept_[0]


def save(file, weights, bias):
    """Weights as multiples of 1 / STEPS, and bytes that depend on them alone (numpy would write the hour)."""
    arrays = {"weights": np.round(weights * STEPS).clip(-32768, 32767).astype(np.int16), "bias": np.round(bias * STEPS)}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in {**arrays, "steps": np.int16(STEPS)}.items():
            content = io.BytesIO()
            np.save(content, array)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), content.getvalue(), zipfile.ZIP_DEFLATED)


def main():
    """Read, calibrate on unseen videos, fit on everything, save."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--data", type=Path, required=True, help="folder with youtube_spam and the honest sets")
    arguments.add_argument("--output", type=Path, default=HERE)
    given = arguments.parse_args()
    material = Material(given.data)
    scale, shift = platt(*material.unseen_scores())
    model = material.fit()
    file = given.output / "weights.npz"
    save(file, model.coef_[0] * scale, model.intercept_[0] * scale + shift)
    version = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    print(f"{file}: {file.stat().st_size / 1e3:.0f} kB, SHA-256 {version}…, scale {scale:.3f}, shift {shift:.3f}")


if __name__ == "__main__":
    main()
