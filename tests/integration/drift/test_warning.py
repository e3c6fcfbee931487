"""The warning on its way: from people's words to the run, its checks, the terminal and the page."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from listening_etl import presentation
from listening_etl.cli import app
from listening_etl.errors import ConfigError
from listening_etl.model import Window
from listening_etl.pipeline.refresh import refresh
from listening_etl.pipeline.run import run
from listening_etl.warehouse.engine import transaction

PLUGIN = '''
from listening_etl import Author, Capabilities, Labels, Mention, Options, hookimpl
import polars as pl

HELD: list = []

class Place:
    """Posts from a list held in memory. Made for tests."""
    name = "place"
    options_type = Options
    capabilities = Capabilities(history=None, order="any", deletions="none")

    def fetch(self, options, slice, http):
        yield from (one for one in HELD if slice.window.since.isoformat() <= one["at"] < slice.window.until.isoformat())

    def parse(self, item, options):
        return Mention(native_id=item["id"], text=item["text"], published_at=item["at"], author=Author(handle=item["id"]))

class Plain:
    """Says negative where a text says panne."""
    name = "plain"
    measure = "sentiment"
    scale = Labels("negative", "neutral", "positive")
    version = "1"
    languages = None
    options_type = Options

    def score(self, mentions, options):
        bad = mentions["text"].str.contains("panne")
        return mentions.select(pl.when(bad).then(pl.lit("negative")).otherwise(pl.lit("neutral")).alias("label"))["label"]

@hookimpl
def listening_sources():
    return [Place()]

@hookimpl
def listening_scorers():
    return [Plain()]
'''
SETTINGS = """\
version: 1
topics:
  kettles:
    purpose: Hear of faults early.
    languages: [fr]
    start: 2026-08-03
    entities:
      acme: {role: own, names: [Acme]}
    sources:
      place: {plugin: place, channel: social}
    scorers:
      sentiment: {plugin: plain}
"""
START, WEEKS, EACH = datetime(2026, 8, 3, tzinfo=UTC), 9, 60
HEARD = START + timedelta(weeks=WEEKS)
# Pearson 26.83, ratio 23.17; the weeks before are alike: P(F with 1 and 4 + 7 degrees > 23.17) = 0.00054
WORDS = (
    "sentiment on place: 50% negative in the week of 28 September 2026, 20% in the 8 weeks before "
    "(n = 60 and 480, p = 0.00054)"
)


def posts():
    """Every fifth post of a week is bad, in the last week every second."""
    for week in range(WEEKS):
        every = 2 if week == WEEKS - 1 else 5
        for number in range(EACH):
            at = START + timedelta(weeks=week, hours=number)
            told = "est en panne" if number % every == 0 else "va bien"
            yield {
                "id": f"{week}-{number}",
                "at": at.isoformat(),
                "text": f"La bouilloire Acme {told}, {week} {number}.",
            }


@pytest.fixture
def heard(new_project, light_gate, monkeypatch):
    context = new_project(SETTINGS, PLUGIN, now=lambda: HEARD + timedelta(hours=1))
    context.source("place")[0].fetch.__globals__["HELD"][:] = list(posts())
    monkeypatch.setenv("LISTENING_CONFIG", str(context.settings.path))
    return context, run(context, Window(START, HEARD))


def rows(context, query):
    with transaction(context.url) as connection:
        return [dict(row) for row in connection.execute(sa.text(query)).mappings()]


def test_a_shift_is_told_by_the_run_and_stops_nothing(heard):
    context, done = heard
    assert done["figures"]["drift"] == [WORDS]
    assert done["figures"]["rows"]["volume"] > 0
    (check,) = rows(context, "SELECT * FROM ops.quality_result WHERE suite = 'drift'")
    assert (check["success"], check["severity"], check["on_failure"]) == (False, "warning", "record")
    assert check["examples"] == [{"id": None, "value": WORDS}]
    assert rows(context, "SELECT count(*) AS days FROM ops.stale_day") == [{"days": 0}]
    (found,) = rows(context, "SELECT * FROM listening.drift WHERE state = 'warning'")
    assert found["complete"]
    assert refresh(context)["drift"] == []  # nothing was touched since


def test_the_terminal_and_the_page_show_it(heard, tmp_path, capsys):
    context, _ = heard
    with transaction(context.url) as connection:
        presentation.report(connection, "kettles")
    assert WORDS in capsys.readouterr().out
    told = CliRunner().invoke(app, ["drift", "kettles"])
    assert WORDS in told.stdout
    assert CliRunner().invoke(app, ["drift", "kettles", "--page", str(tmp_path / "p.html")]).exit_code == 0
    page = (tmp_path / "p.html").read_text("utf-8")
    assert "1 shift beyond chance" in page
    assert page.count("50% negative in the week of 28 September 2026") == 2  # in words, and at its ring
    assert page.count('<circle class="ring"') == 1
    assert page.count('class="line"') == 2
    assert not re.search(r"(?:src|href)=|https?://(?!www\.w3\.org)", page)


def test_a_page_without_a_comparison_does_not_say_that_nothing_moved(heard):
    context, _ = heard
    with transaction(context.url) as connection:
        connection.exec_driver_sql("DELETE FROM ops.drift")
        page = presentation.drift_page(connection, "kettles")
    assert "<h1>kettles: too little to compare yet</h1>" in page


def test_what_was_never_measured_has_no_page(new_project):
    context = new_project(SETTINGS, PLUGIN, now=lambda: HEARD)
    with transaction(context.url) as connection, pytest.raises(ConfigError, match="nothing was measured yet"):
        presentation.drift_page(connection, "kettles")


def test_a_warehouse_older_than_the_weeks_counts_them_all_once(heard):
    context, _ = heard
    before = rows(context, "SELECT * FROM ops.drift ORDER BY week, what")
    with transaction(context.url) as connection:
        for table in ("ops.drift", "listening.measure_week"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
        connection.exec_driver_sql("INSERT INTO ops.stale_day VALUES ('kettles', '2026-10-01', now())")
    assert refresh(context)["drift"] == [WORDS]
    assert rows(context, "SELECT * FROM ops.drift ORDER BY week, what") == before
