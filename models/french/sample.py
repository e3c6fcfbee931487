"""Draws the texts of the reading sheets, always the same ones, and finds them again.

    python models/french/sample.py                    200 French texts, numbered, in a shuffled order, to read
    python models/french/sample.py --airline          100 tweets to airlines instead
    python models/french/sample.py --keys             set, key and sha instead of the texts
    python models/french/sample.py --second 60        those to read again, in another order

`--data FOLDER` holds the sets (`../shared/data` unless said). The texts are never committed: a sheet names each by
its set, its row or id in the set, and the first 16 hexadecimal digits of the SHA-256 of the text with whitespace
collapsed. Drawing is by rank: candidates stand in the order of the hash of (seed, key), and the first so many of
each stratum are taken, which depends on no library's random numbers and on no order of rows. Ratings decide the
strata of the restaurant reviews and are never printed.
"""

import argparse
import csv
import gzip
import hashlib
import json
import sys
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
DATA = HERE.parents[1] / ".." / "shared" / "data"
SEED = "french-1"
LONGEST, SHORTEST_SOCIAL = 1500, 15  # characters; nothing is cut, what is longer is left out
STRATA = {  # how many of each; the reviews of restaurants by stars
    "tripadvisor 1": 10,
    "tripadvisor 2": 10,
    "tripadvisor 3": 15,
    "tripadvisor 4": 12,
    "tripadvisor 5": 13,
    "trustpilot": 50,
    "tweets": 50,
    "social": 40,
}
AIRLINE = 100
EMPTY = "Date de l'expérience"  # reviews that hold nothing but this line


class Text(NamedTuple):
    """One text that may be drawn."""

    set: str
    key: str
    sha: str
    text: str
    stratum: str


def collapsed(text):
    """The text with each run of whitespace as one blank."""
    return " ".join(text.split())


def fingerprint(text):
    """16 hexadecimal digits by which a text is known."""
    return hashlib.sha256(collapsed(text).encode()).hexdigest()[:16]


def rank(seed, text):
    """The place of a text in the draw."""
    return hashlib.sha256(f"{seed} {text.set} {text.key}".encode()).hexdigest()


def entry(name, key, text, stratum=None):
    """A candidate of a set."""
    return Text(name, key, fingerprint(text), collapsed(text), stratum or name)


def rows(file):
    """The rows of a CSV, packed or not."""
    opening = gzip.open if file.suffix == ".gz" else open
    with opening(file, "rt", encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def tripadvisor(data):
    """Reviews of restaurants, without their titles; key: `id_avis`."""
    for row in rows(data / "french/tripadvisor_lyon/avis_train.csv.gz"):
        stars = row["note_restaurant"][:1]
        yield entry("tripadvisor", row["id_avis"], row["contenu_avis"], f"tripadvisor {stars}")


def trustpilot(data):
    """Reviews of telephone companies; key: `review_id`."""
    for row in rows(data / "french/telecom_maroc/trustpilot_avis_train.csv"):
        if not collapsed(row["review_content"]).startswith(EMPTY):
            yield entry("trustpilot", row["review_id"], row["review_content"])


def tweets(data):
    """Tweets of media accounts, no retweets; key: `id_tweet`."""
    for row in rows(data / "french/media_tweets/tweets_train.csv.gz"):
        if not row["text"].startswith("RT @"):
            yield entry("tweets", row["id_tweet"], row["text"])


def social(data):
    """Posts and comments; key: the file and the id in it."""
    for file in sorted((data / "french/telecom_maroc/social").glob("*.json.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            posts = json.load(lines)["data"]
        name = file.name.removesuffix(".json.gz")
        for one in [*posts, *(comment for post in posts for comment in post["comments"])]:
            key, text = one.get("comment_id", one.get("post_id")), one["message"] or ""
            if key and len(collapsed(text)) >= SHORTEST_SOCIAL:
                yield entry("social", f"{name}:{key}", text)


def airline(data):
    """Tweets to airlines; key: the tweet's id and its row, as some ids stand in several rows."""
    for number, row in enumerate(rows(data / "airline_tweets/Tweets_train.csv"), 1):
        yield entry("airline", f"{row['tweet_id']}:{number}", row["text"])


def french(texts):
    """Those that the project's language detector takes for French."""
    import polars as pl

    sys.path.insert(0, str(HERE.parents[1]))
    from plugins.scorers.language import LanguageDetector, LanguageOptions

    nothing = [None] * len(texts)
    frame = pl.DataFrame(
        {"text": [one.text for one in texts], "title": nothing, "lang_declared": nothing},
        schema={"text": pl.String, "title": pl.String, "lang_declared": pl.String},
    )
    labels = LanguageDetector().score(frame, LanguageOptions())["label"]
    return [one for one, label in zip(texts, labels, strict=True) if label == "fr"]


def distinct(texts, seed=SEED):
    """One of each text that is short enough, in the order of the draw."""
    ordered = sorted((one for one in texts if 0 < len(one.text) <= LONGEST), key=lambda one: rank(seed, one))
    return list({one.sha: one for one in reversed(ordered)}.values())[::-1]


def everything(data):
    """All that the French texts are drawn from."""
    return [one for read in (tripadvisor, trustpilot, tweets, social) for one in read(data)]


def dropped():
    """Keys of drawn texts that turned out not to be French when read."""
    with (HERE / "dropped.tsv").open(encoding="utf-8", newline="") as lines:
        return {(row["set"], row["key"]) for row in csv.DictReader(lines, delimiter="\t")}


def draw(data):
    """The 200 French texts, in the order in which they are read."""
    left_out = dropped()
    candidates = [one for one in french(distinct(everything(data))) if (one.set, one.key) not in left_out]
    drawn = []
    for stratum, count in STRATA.items():
        drawn += [one for one in candidates if one.stratum == stratum][:count]
    return sorted(drawn, key=lambda one: rank("reading order", one))


def draw_airline(data):
    """The tweets to airlines, in the order in which they are read."""
    return distinct(airline(data), "airline-1")[:AIRLINE]


def found(data, sheet):
    """The text of every row of a sheet, in its order; None where the data holds it no longer."""
    known = {(one.set, one.key, one.sha): one.text for one in [*everything(data), *airline(data)]}
    return [known.get((row["set"], row["key"], row["sha"])) for row in sheet]


def read_sheet(file):
    """The rows of a sheet."""
    with Path(file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def main():
    """Print what was asked for."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--data", type=Path, default=DATA, help="folder with the sets")
    arguments.add_argument("--airline", action="store_true", help="the tweets to airlines instead")
    arguments.add_argument("--keys", action="store_true", help="set, key and sha instead of the texts")
    arguments.add_argument("--second", type=int, metavar="N", help="N of them, in another order")
    given = arguments.parse_args()
    drawn = draw_airline(given.data) if given.airline else draw(given.data)
    if given.second:
        drawn = sorted(drawn, key=lambda one: rank("second reading", one))[: given.second]
    for number, one in enumerate(drawn, 1):
        print(f"{one.set}\t{one.key}\t{one.sha}" if given.keys else f"{number}\t[{one.set}] {one.text}")


if __name__ == "__main__":
    main()
