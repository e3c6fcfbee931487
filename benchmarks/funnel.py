"""The funnel on real data: does it add up, and what does it throw away? For a person to read.

`python -m benchmarks.funnel --data DIR --sample 50` runs two topics on public data sets (`airline_tweets`, `french`)
with the recommended filters, checks that every record is accounted for, and prints rejects drawn at random. What a
reading of them found stands in docs/rejects_read.md.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import os
import tempfile
from pathlib import Path

from listening_etl.pipeline.context import open_context
from listening_etl.pipeline.plan import window_of
from listening_etl.pipeline.run import run
from listening_etl.presentation import funnel, show
from listening_etl.warehouse import reading
from listening_etl.warehouse.engine import embedded_folder, stop_embedded, transaction
from listening_etl.warehouse.migration import migrate

ROOT = Path(__file__).parents[1]
MONTHS = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]
FILTERS = """\
    filters:
      reshares: {}
      language: {options: {languages: [LANGUAGE]}}
      min_length: {}
      spam: {options: {threshold: 0.9}}
      advertising: {}
      giveaways: {}
      job_ads: {}
      bots: {}
    scorers:
      language: {}
"""
AIRLINES = """\
version: 1
topics:
  airlines:
    purpose: To read what filters throw away.
    timezone: America/Los_Angeles
    languages: [en]
    start: 2015-02-16
    entities:
      united: {role: own, names: [United]}
      us_airways: {role: competitor, names: [US Airways]}
      southwest: {role: competitor, names: [Southwest]}
      delta: {role: competitor, names: [Delta]}
      american: {role: competitor, names: [American]}
      virgin_america: {role: competitor, names: [Virgin America]}
    sources:
      tweets:
        plugin: file
        channel: social
        options:
          path: tweets.csv
          unescape_html: true
          columns: {native_id: tweet_id, about: airline, text: text, published_at: tweet_created, author.handle: name}
"""
FRENCH = """\
version: 1
topics:
  french:
    purpose: To read what filters throw away.
    timezone: Europe/Paris
    languages: [fr]
    start: 2006-01-01
    entities:
      orange:
        role: own
        names: [orange maroc, orangemaroc, yoxo, أورنج, اورنج]
        hashtags: [orange, yoxo]
        query: orange AND (forfait* OR fibre OR box OR réseau OR sim OR téléphone OR connexion OR internet OR maroc OR agence
          OR client* OR opérateur OR débit OR 4g OR 5g OR service)
      inwi: {role: competitor, names: [inwi, إنوي, انوي], hashtags: [inwi, انوي, إنوي]}
      iam:
        role: competitor
        names: [Maroc Telecom, maroctelecom, iam, اتصالات المغرب, اتصالات, mt cash]
        hashtags: [maroctelecom, iam]
      macron: {role: category, names: [Macron], hashtags: [macron]}
      le_pen: {role: category, names: [Le Pen], hashtags: [lepen]}
      restaurants: {role: category, names: [restaurant, resto]}
    sources:
      social: {plugin: file, channel: social, options: {path: social.jsonl, columns: &post {native_id: id,
        published_at: at, text: text, author.handle: by, in_reply_to: to, about: brand, title: title, rating: rating}}}
      media: {plugin: file, channel: social, options: {path: media.jsonl, columns: *post}}
      trust: {plugin: file, channel: review, options: {path: trust.jsonl, columns: *post, values: {rating_scale: 5}}}
      trip: {plugin: file, channel: review, about: [restaurants],
        options: {path: trip.jsonl, columns: *post, values: {rating_scale: 5}}}
"""


def post(id, at, text, **more):
    """One line of a file that both settings can read."""
    empty = dict.fromkeys(("by", "to", "brand", "title", "rating"))
    return {"id": str(id), "at": at, "text": text, **empty, **more}


def comments(folder):
    """Posts and comments about three operators."""
    for path in sorted((folder / "telecom_maroc" / "social").glob("*.json.gz")):
        for one in json.loads(gzip.decompress(path.read_bytes()))["data"]:
            brand, at = one.get("brand_name"), one.get("created_time") or one.get("timestamp")
            id, text = one.get("post_id") or one.get("id"), one.get("message") or one.get("caption") or ""
            if id and at:
                yield post(f"p{id}", at, text, brand=brand)
            for answer in one.get("comments") or ():
                at, words = answer.get("created_time") or answer.get("timestamp"), answer.get("message") or ""
                if at and answer.get("comment_id"):
                    yield post(
                        f"c{answer['comment_id']}",
                        at,
                        words,
                        by=answer.get("user_name"),
                        to=f"p{id}",
                        brand=brand,
                    )


def table(path):
    """The rows of a CSV file, packed or not."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))


def tweets(folder):
    """Tweets of French media."""
    for row in table(folder / "media_tweets" / "tweets_train.csv.gz"):
        yield post(row["id_tweet"], f"{row['date']}T{row['heure_UTC0']}Z", row["text"], by=row["id_compte"])


def operators(folder):
    """Reviews of the operators."""
    for row in table(folder / "telecom_maroc" / "trustpilot_avis_train.csv"):
        more = {"brand": row["brand"], "rating": float(row["rating"] or 0)}
        yield post(row["review_id"], f"{row['review_date']}T12:00:00Z", row["review_content"], **more)


def restaurants(folder):
    """Reviews of restaurants; their dates are words."""
    for row in table(folder / "tripadvisor_lyon" / "avis_train.csv.gz"):
        day, month, year = row["date_avis"].split()[-3:]
        at = f"{year}-{MONTHS.index(month) + 1:02d}-{int(day.rstrip('er')):02d}T12:00:00Z"
        more = {
            "title": row["titre_avis"],
            "rating": float(row["note_restaurant"]),
            "by": row["nom_utilisateur"],
        }
        yield post(row["id_avis"], at, row["contenu_avis"], **more)


FILES = {"social": comments, "media": tweets, "trust": operators, "trip": restaurants}


def french(data, home):
    """The French topic."""
    for name, rows in FILES.items():
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows(data / "french"))
        (home / f"{name}.jsonl").write_text("".join(lines), "utf-8")
    return "french", FRENCH + FILTERS.replace("LANGUAGE", "fr")


def airlines(data, home):
    """The English topic."""
    (home / "tweets.csv").symlink_to(next((data / "airline_tweets").glob("Tweets*.csv")).resolve())
    return "airlines", AIRLINES + FILTERS.replace("LANGUAGE", "en")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, required=True, help="folder of `airline_tweets` and `french`")
    arguments.add_argument("--sample", type=int, default=0, help="rejects to print, drawn at random")
    given = arguments.parse_args()
    os.environ.setdefault("LISTENING_PSEUDONYM_KEY", "k" * 40)
    for build in (airlines, french):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            (home / "plugins").symlink_to(ROOT / "plugins")
            topic, settings = build(given.data, home)
            (home / "listening.yaml").write_text(settings, "utf-8")
            try:
                read(topic, home, given.sample)
            finally:
                stop_embedded(embedded_folder(home))


def read(topic, home, sample):
    """Run a topic, print its funnel, and a sample of what it threw away."""
    context = open_context(topic, home / "listening.yaml")
    migrate(context.url)
    run(context, window_of(context, None, "2026-01-01"))
    filters = tuple(context.topic.filters)
    with transaction(context.url) as connection:
        funnel(connection, topic, filters)
        steps = {}
        for row in reading.funnel(connection, topic, filters):
            if row["source"] == "all":
                steps[row["step"]] = steps.get(row["step"], 0) + row["records"]
        assert steps.pop("received") == sum(steps.values()), "the funnel does not add up"
        if sample:
            drawn = reading.rejects(connection, topic, None, sample)
            show(drawn, False, f"{len(drawn)} rejects", ["id", "stage", "reason", "text"])


if __name__ == "__main__":
    main()
