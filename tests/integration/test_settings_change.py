"""A change of the settings that changes figures is seen by the next run, for every day it concerns."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from listening_etl.model import Window
from listening_etl.pipeline.context import open_context
from listening_etl.pipeline.run import run

SETTINGS = """
version: 1
topics:
  kettles:
    purpose: test
    timezone: {timezone}
    languages: [fr]
    start: 2026-10-01
    entities:
      kettlia: {{role: own, names: [Kettlia]}}
      {rival}
    sources:
      shop: {{plugin: file, options: {{path: posts.csv, columns: {{native_id: id, published_at: at, text: text}}}}}}
"""

POSTS = """id,at,text
1,2026-10-01T10:00:00Z,Kettlia chauffe
2,2026-10-01T23:30:00Z,Kettlia siffle
3,2026-10-02T10:00:00Z,Bouillor ou Kettlia
"""


@pytest.fixture
def heard(tmp_path, monkeypatch, warehouse_url, warehouse, request):
    """Run a window under some settings; returns (entity, day, value) of the volume."""
    monkeypatch.setenv("LISTENING_PSEUDONYM_KEY", "k" * 40)
    monkeypatch.setenv("LISTENING_WAREHOUSE_URL", warehouse_url)
    monkeypatch.delenv("LISTENING_STAGING", raising=False)
    (tmp_path / "plugins").symlink_to(request.config.rootpath / "plugins")
    (tmp_path / "posts.csv").write_text(POSTS)

    def once(day, timezone="UTC", rival="bouillor: {role: competitor, names: [Bouillor]}"):
        settings = tmp_path / "listening.yaml"
        settings.write_text(SETTINGS.format(timezone=timezone, rival=rival))
        window = Window(datetime(2026, 10, day, tzinfo=UTC), datetime(2026, 10, day + 1, tzinfo=UTC))
        run(open_context("kettles", settings), window)
        query = "SELECT entity, day::text, value::int FROM kpi.volume WHERE weighting = 'each' AND source = 'all' AND value > 0"
        with warehouse.connect() as connection:
            return {tuple(row) for row in connection.execute(sa.text(query))}

    return once


def test_another_time_zone_moves_mentions_of_old_days(heard):
    heard(1)
    assert heard(2) == {
        ("kettlia", "2026-10-01", 2),
        ("kettlia", "2026-10-02", 1),
        ("bouillor", "2026-10-02", 1),
    }
    assert heard(2, timezone="Europe/Paris") == {
        ("kettlia", "2026-10-01", 1),
        ("kettlia", "2026-10-02", 2),
        ("bouillor", "2026-10-02", 1),
    }


def test_an_entity_that_left_the_settings_leaves_the_figures(heard):
    heard(2)
    assert heard(1, rival="") == {("kettlia", "2026-10-01", 2), ("kettlia", "2026-10-02", 1)}
