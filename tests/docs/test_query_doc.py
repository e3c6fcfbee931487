"""What docs/query.md says of the language is so: every row of its tables, every query and the shown mistake."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from listening_etl.query import Corpus, QueryError, cover, explain, parse
from listening_etl.query.fields import FIELDS, HAS, IS

DOC = (Path(__file__).parents[2] / "docs" / "query.md").read_text("utf-8")
LISTS = dict.fromkeys(("panne", "telecom"), ("en panne", "hs", "ne marche plus"))
NUMBERS = ("author_followers", "likes")


def table(first_header):
    """The rows of the table whose header begins so, as cells."""
    body = DOC.split(f"| {first_header} |", 1)[1].split("\n\n", 1)[0]
    lines = body.splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


CONFORMANCE = table("Suite")


def mention(cell):
    """A frame of one mention from a cell: `text`, and columns after "with"."""
    text, _, rest = cell.partition(" with ")
    row = {"text": text.strip("` "), "title": None}
    for pair in re.split(r", (?=\w+=)", rest) if rest else ():
        name, value = pair.split("=", 1)
        row[name] = int(value) if name in NUMBERS else value
    if "published_at" in row:
        row["published_at"] = datetime.fromisoformat(row["published_at"])
    return pl.DataFrame([row], schema_overrides={"title": pl.String})


@pytest.mark.parametrize("row", CONFORMANCE, ids=lambda row: f"{row[0]} {row[1]}")
def test_every_row_of_the_conformance_table(row):
    ours, query, finds, not_found = row[2:]
    query = query.strip("`")
    if ours.startswith("none: "):
        with pytest.raises(QueryError, match=re.escape(ours.removeprefix("none: "))):
            parse(query)
        return
    parsed = parse(query, LISTS)
    assert Corpus(mention(finds)).matches(parsed).item() is True, explain(parsed, mention(finds)).because
    assert Corpus(mention(not_found)).matches(parsed).item() is False, explain(
        parsed, mention(not_found)
    ).because


def test_the_conformance_table_holds_what_was_asked_for():
    asked = {
        "Brandwatch": ("AND", "OR", "NOT", "NEAR/n", "NEAR/nf", "~n", "*", "?", "raw:", "site:", "url:", "links:",
                       "author:", "city:", "engagement type", "engaging with"),
        "Talkwalker": ("phrases", "*", "?", "site:", "NEAR/n"),
        "Sprinklr": ("message", "title", "author", "author containing", "language", "country", "followers", "user bio",
                     "parent message", "keyword lists"),
        "Awario": ("near/4:a,b", "onear/4:a,b"),
        "Pulsar": ("!",),
        "SentiOne": ("~n",),
    }  # fmt: skip
    for suite, features in asked.items():
        offered = [row[1] for row in CONFORMANCE if row[0] == suite]
        for feature in features:
            assert any(feature in one for one in offered), (suite, feature)


def test_every_query_of_the_examples_is_read():
    shown = re.findall(r"```text\n(.*?)```", DOC, re.DOTALL)[0].splitlines()
    cells = [query for row in table("Write")[:-1] for query in re.findall(r"`([^`]+)`", row[0])]
    assert len(cells) > 20
    for query in shown + cells:
        assert str(parse(query, LISTS))


def test_every_field_is_described_and_no_other():
    described = {name for row in table("Field") for name in re.findall(r"`(\w+):`", row[0])}
    assert described == set(FIELDS)
    (is_row,) = [row[1] for row in table("Field") if row[0] == "`is:`"]
    (has_row,) = [row[1] for row in table("Field") if row[0] == "`has:`"]
    assert set(re.findall(r"`(\w+)`", is_row)) <= {*IS}
    assert set(re.findall(r"`(\w+)`", has_row)) == {*HAS}


def test_the_mistake_that_is_shown_is_the_one_that_is_made():
    shown = re.findall(r"```text\n(.*?)```", DOC, re.DOTALL)[1]
    where, query = shown.split(": ", 1)[0], shown.splitlines()[1].strip()
    with pytest.raises(QueryError) as raised:
        parse(query, where=where)
    assert f"{raised.value}\n" == shown


def test_the_python_that_is_shown_runs():
    code = re.search(r"```python\n(.*?)```", DOC, re.DOTALL)[1]
    exec(code, {"mentions": pl.DataFrame({"text": ["Orange est HS"], "title": [None]})})
    assert cover(parse("orange")) == ("orange",)
