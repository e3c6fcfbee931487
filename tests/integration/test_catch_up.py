"""A scheduled run asks for what was missed before it: an hour that nobody listened to is not lost."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from listening_etl.model import Window
from listening_etl.pipeline import publish
from listening_etl.pipeline.context import open_context
from listening_etl.pipeline.plan import at_risk, catch_up
from listening_etl.pipeline.run import run

SETTINGS = """
version: 1
topics:
  kettles:
    purpose: test
    languages: [fr]
    start: 2026-10-01
    entities:
      kettlia: {role: own, names: [Kettlia]}
    sources:
      shop: {plugin: file, options: {path: posts.csv, columns: {native_id: id, published_at: at, text: text}}}
      mail: {plugin: file, slice: 1d, options: {path: posts.csv, columns: {native_id: id, published_at: at, text: text}}}
"""


def days(first, last):
    return Window(datetime(2026, 10, first, tzinfo=UTC), datetime(2026, 10, last, tzinfo=UTC))


@pytest.fixture
def context(tmp_path, monkeypatch, warehouse_url, request):
    monkeypatch.setenv("LISTENING_PSEUDONYM_KEY", "k" * 40)
    monkeypatch.setenv("LISTENING_WAREHOUSE_URL", warehouse_url)
    monkeypatch.delenv("LISTENING_STAGING", raising=False)
    (tmp_path / "plugins").symlink_to(request.config.rootpath / "plugins")
    (tmp_path / "posts.csv").write_text(
        "id,at,text\n1,2026-10-02T10:00:00Z,Kettlia\n2,2026-10-05T10:00:00Z,Kettlia\n"
    )
    (tmp_path / "listening.yaml").write_text(SETTINGS)
    return open_context("kettles", tmp_path / "listening.yaml")


def windows(slices, source):
    return [(s.window.since.day, s.window.until.day) for s in slices if s.source == source]


def test_a_source_never_heard_is_asked_from_the_topics_start(context):
    slices = catch_up(context, days(4, 5))
    assert windows(slices, "shop") == [(1, 5)]
    assert windows(slices, "mail") == [(1, 2), (2, 3), (3, 4), (4, 5)]


def test_what_is_complete_is_not_asked_again_and_what_was_missed_is(context, warehouse):
    run(context, days(1, 3))
    assert windows(catch_up(context, days(3, 4)), "shop") == [(3, 4)]
    assert windows(catch_up(context, days(5, 6)), "shop") == [(3, 6)]
    run(context, days(5, 6))
    assert windows(catch_up(context, days(6, 7)), "shop") == [(3, 5), (6, 7)]
    with warehouse.connect() as connection:
        missed = sa.text("SELECT DISTINCT complete_until FROM ops.watermark")
        assert connection.scalars(missed).all() == [datetime(2026, 10, 3, tzinfo=UTC)]


def test_a_gap_near_the_end_of_the_sources_history_is_a_warning_before_it_is_out_of_reach(
    context, warehouse, monkeypatch
):
    run(context, days(1, 3))
    with warehouse.begin() as connection:
        connection.execute(
            sa.text("UPDATE ops.coverage SET state = 'gap', reason = 'it was down' WHERE source = 'shop'")
        )
    shop = context.source("shop")[0]
    week = dataclasses.replace(shop.capabilities, history=timedelta(days=7))
    monkeypatch.setattr(type(shop), "capabilities", week)

    def warnings(day, hour=0):
        now = datetime(2026, 10, day, hour, tzinfo=UTC)
        return at_risk(dataclasses.replace(context, now=lambda: now))

    assert warnings(4) == []  # three days of seven have passed since the gap began
    (warning,) = warnings(4, 12)
    assert "source 'shop'" in warning
    assert "out of reach from 2026-10-08 00:00 UTC on" in warning
    assert warnings(10) == []  # the gap ended on the third: none of it can be had any more


@pytest.mark.parametrize(("still_asked", "complete"), [(True, ["mail"]), (False, ["mail", "shop"])])
def test_a_query_that_was_asked_for_the_past_in_vain_takes_the_watermark_back_while_it_is_asked(
    context, warehouse, monkeypatch, still_asked, complete
):
    run(context, days(1, 3))
    with warehouse.begin() as connection:  # an entity with a new name: a second query, whose first run failed
        connection.execute(
            sa.text("""
                INSERT INTO ops.coverage SELECT (jsonb_populate_record(c,
                    '{"query": "Bouillor", "state": "gap", "until": "2026-10-02T00:00:00Z"}')).*
                FROM ops.coverage c WHERE source = 'shop'
            """)
        )
    asked = {"shop": ["", "Bouillor"] if still_asked else [""], "mail": [""]}
    monkeypatch.setattr(publish, "queries", lambda context, name: asked[name])
    run(context, days(3, 4))
    with warehouse.connect() as connection:
        marks = connection.execute(
            sa.text("SELECT source, complete_until FROM ops.watermark ORDER BY source")
        )
        assert [tuple(row) for row in marks] == [
            (name, datetime(2026, 10, 4, tzinfo=UTC)) for name in complete
        ]
