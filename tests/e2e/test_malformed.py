"""Broken files through the whole pipeline: the good rows are published, the others kept with reason and place."""

import json
import os
import re

import pytest
import sqlalchemy as sa
import yaml

from listening_etl.errors import SourceUnreadable
from listening_etl.pipeline import run as pipeline
from listening_etl.pipeline.context import open_context
from listening_etl.pipeline.plan import window_of
from listening_etl.warehouse.checksums import checksums
from listening_etl.warehouse.engine import transaction
from tests.dags.airflow_for_tests import REPOSITORY

AT = "2026-10-05T08:00:00Z"
GOOD_TABLE = b"id,text,at\n1,Aqua,2026-10-05T08:00Z\n"
FIELDS = {"native_id": "id", "text": "text", "published_at": "at"}
MORE = {"likes": "likes", "rating": "rating", "author.name": "by"}


def good(number):
    """A good line."""
    return {"id": f"good {number:02}", "text": "Aqua is fine", "at": AT}


def line(**changed):
    """One line of JSON, good but for what is changed."""
    return json.dumps({"id": "bad", "text": "Aqua", "at": AT, **changed}).encode()


DEEP = b'{"id": "bad", "at": "%s", "text": ' % AT.encode() + b"[" * 100_000 + b"]" * 100_000 + b"}"

BAD_LINES = {
    "truncated JSON": (line()[:-9], "it is no JSON: .* position"),
    "wrong encoding": (
        line().replace(b"Aqua", b"caf\xe9"),
        "text holds bytes that are not in the declared encoding",
    ),
    "a text of 10 MB": (line(text="x" * 10_000_000), "text has 10,000,000 characters, more than 1,000,000"),
    "a NUL in the text": (line(text="Aqua\0"), "text holds a NUL character at position 4"),
    "a NUL in the author": (line(by="A\0B"), "name holds a NUL character at position 1"),
    "a date without zone": (
        line(at="2026-10-05 08:00"),
        "at '2026-10-05 08:00' has no time zone; the option timezone",
    ),
    "likes out of range": (line(likes=10**30), "likes .*out of range"),
    "a rating of NaN": (line(rating="NaN"), "rating 'NaN' is not a number"),
    "a lone surrogate": (line(text="Aqua \ud83d"), "text holds bytes that are not in the declared encoding"),
    "an id of 5 MB": (line(id="9" * 5_000_000), "native_id has 5,000,000 characters, more than 1,000,000"),
    "JSON 100,000 deep": (DEEP, "it is no JSON: .*recursion"),
    "no object": (b'["Aqua"]', "it is a list, not an object"),
    "no id": (line(id=None), "it has no id"),
}

UNREADABLE = {
    "a duplicate header": (
        b"id,text,at,text\n1,Aqua,2026-10-05T08:00Z,x\n",
        "file.csv: the header names 'text' more than once. Rename the columns.",
    ),
    "a missing column": (
        b"id,texte,at\n1,Aqua,2026-10-05T08:00Z\n",
        "file.csv: there is no column 'text'. Did you mean 'texte'? It has: id, texte, at.",
    ),
    "an empty file": (b"", "file.csv: it is empty. Export it again."),
    "an empty line": (b"\n", "file.csv: it is empty. Export it again."),
}


class Topic:
    """A topic on one file, in a folder of its own; its only source has its name, so that topics share a warehouse."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name

    def listen(self, content, ending="jsonl", columns=FIELDS | MORE):
        """Write the file and run the pipeline for its day."""
        file = self.folder / f"file.{ending}"
        file.write_bytes(content)
        os.utime(file, (0, 0))  # when it was fetched is part of what is published
        source = {"plugin": "file", "channel": "social", "options": {"path": file.name, "columns": columns}}
        topic = {"purpose": "Testing.", "languages": ["en"], "start": "2026-10-05",
                 "entities": {"aqua": {"role": "own", "names": ["Aqua"]}}, "sources": {self.name: source}}  # fmt: skip
        settings = {"version": 1, "plugins": str(REPOSITORY / "plugins"), "topics": {self.name: topic}}
        (self.folder / "listening.yaml").write_text(yaml.safe_dump(settings))
        context = open_context(self.name, self.folder / "listening.yaml")
        return pipeline.run(context, window_of(context, "2026-10-05", "2026-10-06"))


@pytest.fixture(scope="module")
def open_topic(tmp_path_factory, warehouse_url):
    """Makes topics."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LISTENING_WAREHOUSE_URL", warehouse_url)
        patch.setenv("LISTENING_PSEUDONYM_KEY", "0123456789abcdef" * 4)
        patch.delenv("LISTENING_STAGING", raising=False)
        yield lambda name: Topic(tmp_path_factory.mktemp(name), name)


@pytest.fixture(scope="module")
def lines(open_topic):
    """A good line before and after each bad one, in one file that was listened to."""
    content = [json.dumps(good(0)).encode()]
    for number, (bad, _) in enumerate(BAD_LINES.values(), 1):
        content += [bad, json.dumps(good(number)).encode()]
    topic = open_topic("lines")
    topic.listen(b"\n".join([*content, b""]))
    return topic


@pytest.fixture(scope="module")
def table(open_topic):
    """A topic whose file was good once."""
    topic = open_topic("table")
    topic.listen(GOOD_TABLE, "csv", FIELDS)
    return topic


def fetch(url, query, **given):
    with transaction(url) as connection:
        return [tuple(row) for row in connection.execute(sa.text(query), given)]


def published(url, source):
    query = "SELECT native_id FROM listening.fct_mention WHERE source = :source ORDER BY 1"
    return [native_id for (native_id,) in fetch(url, query, source=source)]


def facts(url):
    """Checksums of what readers see of other topics' mentions: facts, bridges and authors."""
    with transaction(url) as connection:
        found = checksums(connection)
    return {name: value for name, value in found.items() if ".fct_" in name or ".bridge_" in name}


def left_in_staging(url):
    return fetch(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'staging'")


def volume(url, topic):
    query = "SELECT value FROM kpi.volume WHERE topic = :topic AND source = 'all' AND weighting = 'each'"
    return fetch(url, query, topic=topic)


@pytest.mark.parametrize("case", BAD_LINES)
def test_a_bad_line_is_kept_with_the_reason_and_its_place(case, lines, warehouse_url):
    place = f"file.jsonl:{2 * list(BAD_LINES).index(case) + 2}"
    query = "SELECT stage, reason FROM ops.reject WHERE source = 'lines' AND at = :at"
    [(stage, reason)] = fetch(warehouse_url, query, at=place)
    assert stage == "malformed"
    assert re.search(BAD_LINES[case][1], reason)
    assert len(reason) <= 500  # a message, not the item


def test_the_good_lines_beside_bad_ones_are_published_and_all_are_counted(lines, warehouse_url):
    count = len(BAD_LINES)
    assert published(warehouse_url, "lines") == [good(number)["id"] for number in range(count + 1)]
    query = "SELECT rows, mentions, malformed FROM ops.coverage WHERE source = 'lines'"
    assert fetch(warehouse_url, query) == [(2 * count + 1, count + 1, count)]
    assert volume(warehouse_url, "lines") == [(count + 1.0,)]
    assert left_in_staging(warehouse_url) == []


@pytest.mark.parametrize("case", UNREADABLE)
def test_an_unreadable_file_stops_with_what_to_do_and_takes_nothing_away(case, table, warehouse_url):
    before = facts(warehouse_url)
    content, message = UNREADABLE[case]
    with pytest.raises(SourceUnreadable) as told:
        table.listen(content, "csv", FIELDS)
    assert str(told.value) == f"{table.folder}/{message}"
    assert published(warehouse_url, "table") == ["1"]
    assert volume(warehouse_url, "table") == [(1.0,)]
    assert facts(warehouse_url) == before
    assert left_in_staging(warehouse_url) == []


def test_a_file_that_is_good_again_gives_the_same_as_before(table, warehouse_url):
    before = facts(warehouse_url)
    table.listen(GOOD_TABLE, "csv", FIELDS)
    assert facts(warehouse_url) == before
    assert volume(warehouse_url, "table") == [(1.0,)]


def test_a_csv_cut_in_the_middle_of_a_row_loses_that_row_only(open_topic, warehouse_url):
    open_topic("cut").listen(GOOD_TABLE + b'2,"Aqua is', "csv", FIELDS)
    assert published(warehouse_url, "cut") == ["1"]
    assert fetch(warehouse_url, "SELECT reason, at FROM ops.reject WHERE source = 'cut'") == [
        ("it is no CSV record: a quote is never closed", "file.csv:3")
    ]


def test_an_id_that_comes_again_in_another_raw_file_is_merged_once(open_topic, warehouse_url, monkeypatch):
    """It raised `ON CONFLICT DO UPDATE command cannot affect row a second time` where its text was masked."""
    monkeypatch.setattr("listening_etl.pipeline.raw.ITEMS_A_FILE", 1)
    again = [{"id": "same", "text": "Aqua, @somebody", "at": AT, "likes": likes} for likes in (1, 2)]
    open_topic("again").listen(b"\n".join(json.dumps(post).encode() for post in again))
    assert published(warehouse_url, "again") == ["same"]
    query = "SELECT rows, mentions, duplicates FROM ops.coverage WHERE source = 'again'"
    assert fetch(warehouse_url, query) == [(2, 1, 1)]
