"""The sets that the encoder is tuned on, as lists of texts with labels; `models/recipe/README.md` says whence."""

import csv
import gzip
import hashlib
import html
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from plugins.scorers._judgement import SCALES

MODELS = Path(__file__).resolve().parents[1]
LANGUAGES = {
    "ar": "arabic", "de": "german", "en": "english", "es": "spanish", "fr": "french", "hi": "hindi",
    "it": "italian", "pt": "portuguese",
}  # fmt: skip
UNRELIABLE = frozenset({"hi"})
"""Languages of UMSAB whose labels are not learned from: they agree with their texts no oftener than by chance."""
CLASSES = {
    **SCALES,
    "hate": ("not_hateful", "hateful"),
    "feelings": ("anger", "anticipation", "disgust", "fear", "joy", "sadness", "surprise", "trust"),
}
"""Every task of the tuning, labels in the order of its set's numbers; `feelings` may have several a text."""

ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
REVIEWS = {
    "french/media_tweets/tweets_train.csv.gz": "text",
    "french/tripadvisor_lyon/avis_train.csv.gz": "contenu_avis",
    "french/telecom_maroc/trustpilot_avis_train.csv": "review_content",
}


@dataclass
class Examples:
    """Texts of one task with their labels: a number each, for `feelings` a row of noughts and ones."""

    task: str
    texts: list[str]
    labels: np.ndarray
    language: str = "en"


def clean(text):
    """A text as the encoder gets it: one line, entities read, `@user` and `http` for people and links."""
    text = html.unescape(html.unescape(text))
    if "\\u" in text:  # UMSAB's English holds escapes that nobody read
        text = ESCAPE.sub(lambda found: chr(int(found[1], 16)), text).replace('\\""', '"').replace('\\"', '"')
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = re.sub(r"https?://\S+|\bhttp\b", "http", text)
    return " ".join(re.sub(r"@\w+", "@user", text).split())


def lines(path):
    """The texts of a file, one a line."""
    read = path.read_text("utf-8").split("\n")
    return [clean(line) for line in (read if read[-1] else read[:-1])]


def numbers(path):
    """Label numbers, one a line."""
    return np.array([int(word) for word in path.read_text("ascii").split()])


def umsab(data, split):
    """Sentiment of tweets in eight languages, an `Examples` each."""
    found = []
    for code, name in LANGUAGES.items():
        folder = data / "umsab" / name
        texts, labels = lines(folder / f"{split}_text.txt"), numbers(folder / f"{split}_labels.txt")
        found.append(Examples("sentiment", texts, labels, code))
    return found


def hindi_by_hand(data):
    """Tweets of UMSAB's Hindi validation set as we read them (`models/sentiment/sheet_hindi.tsv`), in place of its labels."""
    tweets = next(examples for examples in umsab(data, "val") if examples.language == "hi").texts
    known = {fingerprint(text): text for text in tweets}
    with (MODELS / "sentiment" / "sheet_hindi.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    labels = np.array([CLASSES["sentiment"].index(row["sentiment"]) for row in rows])
    return Examples("sentiment", [known[row["sha"]] for row in rows], labels, "hi")


def tweeteval(data, task, split):
    """One task of TweetEval."""
    folder = data / "tweeteval" / task
    return Examples(task, lines(folder / f"{split}_text.txt"), numbers(folder / f"{split}_labels.txt"))


HELD_OUT = 10
"""Of ten lines of XED one is never trained on, chosen by a hash of its text."""


def xed(data, held_out=False):
    """Feelings in French film subtitles, a row of eight noughts and ones each."""
    texts, labels = [], []
    for line in (
        (data / "french" / "xed_emotions" / "fr-projections_train.tsv").read_text("utf-8").splitlines()
    ):
        text, _, given = line.rpartition("\t")
        named = [int(word) for word in re.split(r"[,\s]+", given) if word.isdigit() and 1 <= int(word) <= 8]
        aside = int(fingerprint(text), 16) % HELD_OUT == 0
        if text.strip() and named and aside == held_out:
            row = np.zeros(8, np.float32)
            row[[number - 1 for number in named]] = 1
            texts.append(clean(text))
            labels.append(row)
    return Examples("feelings", texts, np.array(labels), "fr")


SAME = {"anger": "anger", "joy": "joy", "sadness": "sadness"}
"""Feelings of XED that are emotions of TweetEval; it has none that is optimism."""


def xed_emotion(data, held_out=False):
    """The French film subtitles that hold one feeling alone, and one that TweetEval's emotions name."""
    films, texts, labels = xed(data, held_out), [], []
    for text, row in zip(films.texts, films.labels, strict=True):
        feeling = CLASSES["feelings"][int(row.argmax())]
        if row.sum() == 1 and feeling in SAME:
            texts.append(text)
            labels.append(CLASSES["emotion"].index(SAME[feeling]))
    return Examples("emotion", texts, np.array(labels), "fr")


def invented(task, name="invented.tsv", languages=None):
    """Our own invented examples of a task, of these languages (None: of all)."""
    with (MODELS / task / name).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    rows = [row for row in rows if languages is None or row["lang"] in languages]
    column = next(column for column in ("intent", "label") if column in rows[0])
    labels = np.array([CLASSES[task].index(row[column]) for row in rows])
    return Examples(task, [clean(row["text"]) for row in rows], labels, "")


def fingerprint(text):
    """What `models/french` knows a text by."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16]


def read_by_hand():
    """Fingerprints of the texts that were labelled by hand: nothing is ever learned from them."""
    known = set()
    for sheet in (MODELS / "french" / "sheet.tsv", MODELS / "intent" / "sheet_airline.tsv"):
        with sheet.open(encoding="utf-8") as file:
            known |= {row["sha"] for row in csv.DictReader(file, delimiter="\t")}
    return known


def plain_french(data, count, seed=5):
    """French texts without labels, from which only meaning is learned."""
    known, texts = read_by_hand(), set()
    for name, column in REVIEWS.items():
        raw = (data / name).read_bytes()
        text = (gzip.decompress(raw) if name.endswith(".gz") else raw).decode("utf-8")
        for row in csv.DictReader(io.StringIO(text)):
            said = row[column] or ""
            if said.strip() and not said.startswith("RT @") and fingerprint(said) not in known:
                texts.add(clean(said))
    ordered = sorted(texts)
    return [ordered[index] for index in np.random.default_rng(seed).permutation(len(ordered))[:count]]
