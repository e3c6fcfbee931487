"""The example `examples/airlines` on the real data set, through Airflow, counted again without our code.

The expectations are computed from the file, so that they hold for the 70 % cut and for the whole file alike.
"""

import csv
import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from listening_etl.pipeline import run as pipeline
from listening_etl.pipeline.context import open_context
from listening_etl.pipeline.plan import window_of
from listening_etl.warehouse.checksums import checksums
from listening_etl.warehouse.engine import transaction

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("LISTENING_TEST_DATA") or ROOT.parent / "shared" / "data")
SINCE = "2015-02-16"
KEYS = {
    "United": "united",
    "US Airways": "us_airways",
    "Southwest": "southwest",
    "Delta": "delta",
    "American": "american",
    "Virgin America": "virgin_america",
}
PACIFIC = timezone(timedelta(hours=-8))
READ = ("tweet_id", "airline", "name", "text", "tweet_created", "tweet_location")
"""The columns that the example reads and that make a version of a tweet; `retweet_count` is a counter."""


def day(row):
    """The Pacific day of a row."""
    written = datetime.strptime(row["tweet_created"], "%Y-%m-%d %H:%M:%S %z")
    return written.astimezone(PACIFIC).date()


@pytest.fixture(scope="module")
def file():
    folder = DATA / "airline_tweets"
    found = next(
        (folder / name for name in ("Tweets.csv", "Tweets_train.csv") if (folder / name).exists()), None
    )
    if found is None:
        pytest.skip(f"the airline data set is not in {folder.name}/ of LISTENING_TEST_DATA")
    return found


@pytest.fixture(scope="module")
def rows(file):
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def until(rows):
    return str(max(map(day, rows)) + timedelta(days=1))


@pytest.fixture(scope="module")
def home(tmp_path_factory, file, warehouse_url):
    """A copy of the example beside what it refers to."""
    project = tmp_path_factory.mktemp("project")
    home = project / "examples" / "airlines"
    home.mkdir(parents=True)
    shutil.copy(ROOT / "examples" / "airlines" / "listening.yaml", home)
    (home / "Tweets.csv").symlink_to(file)
    (home / "dags").symlink_to(ROOT / "dags")
    for folder in ("plugins", "models"):
        (project / folder).symlink_to(ROOT / folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LISTENING_CONFIG", str(home / "listening.yaml"))
        patch.setenv("LISTENING_WAREHOUSE_URL", warehouse_url)
        patch.setenv("LISTENING_PSEUDONYM_KEY", "0123456789abcdef" * 4)
        patch.delenv("LISTENING_STAGING", raising=False)
        yield home


@pytest.fixture(scope="module")
def warehouse(home, until, warehouse_url):
    """The warehouse after Airflow ran the topic's DAGs, in a process of their own."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    command = [sys.executable, "-m", "listening_etl.orchestration.demo", "airlines"]
    done = subprocess.run(
        [*command, "--since", SINCE, "--until", until],
        cwd=home, env=ours, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return warehouse_url


def fetch(url, query):
    with transaction(url) as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def test_mentions_per_airline_and_day_equal_a_count_of_the_file(rows, warehouse):
    once = {row["tweet_id"]: row for row in rows}.values()
    expected = Counter((KEYS[row["airline"]], day(row)) for row in once)
    query = "SELECT entity, day, value FROM kpi.volume WHERE source = 'all' AND weighting = 'each'"
    found = {(entity, day): value for entity, day, value in fetch(warehouse, query)}
    assert {key: value for key, value in found.items() if value} == expected
    days = (max(map(day, rows)) - date.fromisoformat(SINCE)).days + 1
    assert len(found) == len(KEYS) * days  # silent days are zero, not missing


def test_every_row_is_accounted_for_and_every_repeated_id_explained(rows, warehouse):
    [ledger] = fetch(
        warehouse,
        "SELECT rows, mentions, duplicates, malformed + skipped + outside + unmatched + filtered + opted_out, quarantined"
        " FROM ops.coverage WHERE topic = 'airlines'",
    )
    count, mentions, duplicates, rejects, quarantined = ledger
    ids = Counter(row["tweet_id"] for row in rows)
    assert (count, rejects, quarantined) == (len(rows), 0, 0)
    assert count == mentions + duplicates + rejects + quarantined
    assert mentions == len(ids) == fetch(warehouse, "SELECT count(*) FROM listening.fct_mention")[0][0]
    assert duplicates == len(rows) - len(ids)

    versions = defaultdict(set)
    for row in rows:
        versions[row["tweet_id"]].add(tuple(row[name].strip() for name in READ))
    older = sum(len(different) - 1 for different in versions.values())
    told = dict(
        fetch(warehouse, "SELECT reason, count(*) FROM ops.reject WHERE stage = 'duplicate' GROUP BY 1")
    )
    assert sum(told.values()) == duplicates
    assert told.get("an older version of the same id", 0) >= older
    if not older:
        assert set(told) <= {"the same content again"}


def test_who_wrote_it_does_not_leave_the_private_schema(rows, warehouse):
    columns = fetch(
        warehouse,
        "SELECT c.table_schema, c.table_name, c.column_name FROM information_schema.columns c"
        " JOIN information_schema.tables t USING (table_schema, table_name)"
        " WHERE c.table_schema IN ('listening', 'kpi') AND t.table_type = 'BASE TABLE'"
        " AND (c.data_type IN ('text', 'jsonb') OR c.udt_name = '_text')",
    )
    assert ("listening", "fct_mention", "text") in columns
    authors = {row["name"] for row in rows if len(row["name"]) >= 5}
    words, handles = re.compile(r"(?<!\w)\w+(?!\w)"), re.compile(r"@(\w+)")
    for schema, table, column in columns:
        key = "native_id" if table.startswith("fct_mention") and column != "native_id" else "NULL"
        query = f'SELECT {key}, "{column}"::text FROM {schema}.{table} WHERE "{column}" IS NOT NULL'
        found = fetch(warehouse, query)
        tagged = {name for _, text in found for name in handles.findall(text)}
        assert not tagged & authors, f"{schema}.{table}.{column} holds @handles of authors"
        if column != "text":  # none stands there, even without @
            named = {name for _, text in found for name in words.findall(text)} & authors
            assert not named - ORDINARY, f"{schema}.{table}.{column} names {len(named)} authors"


ORDINARY = {"United", "Delta", "Southwest", "American"} | set(KEYS.values())
"""Names of airlines, as this topic's own dimensions hold them."""


def test_a_name_in_a_text_is_a_word_that_somebody_else_wrote_there(rows, warehouse):
    """Some authors are called by a word of the language, such as "upset": as words these stay in others'
    texts. Their own are free of them."""
    authors = {row["name"] for row in rows if len(row["name"]) >= 5}
    wrote = {row["tweet_id"]: row for row in rows}
    bare = re.compile(r"(?<![\w@])\w+(?!\w)")
    for native_id, text in fetch(warehouse, "SELECT native_id, text FROM listening.fct_mention"):
        for name in set(re.findall(r"\w+", text)) & authors:
            assert name in bare.findall(wrote[native_id]["text"]), "it was an @handle"
            assert name != wrote[native_id]["name"], "it names its own author"


def test_every_tweet_in_english_is_judged_or_left_alone_for_want_of_confidence(warehouse):
    [(mentions, english, judged, labelled)] = fetch(
        warehouse,
        "SELECT count(*), count(*) FILTER (WHERE m.lang = 'en'), count(s.confidence) FILTER (WHERE m.lang = 'en'),"
        " count(s.label) FILTER (WHERE m.lang = 'en')"
        " FROM listening.fct_mention m LEFT JOIN listening.fct_score s"
        " ON s.mention_id = m.mention_id AND s.measure = 'sentiment'",
    )
    assert judged == english > 0.9 * mentions
    assert 0.7 * english < labelled <= english


def test_running_it_again_without_airflow_changes_no_checksum(warehouse, home, until):
    with transaction(warehouse) as connection:
        before = checksums(connection)
    context = open_context("airlines")
    pipeline.run(context, window_of(context, SINCE, until))
    with transaction(warehouse) as connection:
        assert checksums(connection) == before
