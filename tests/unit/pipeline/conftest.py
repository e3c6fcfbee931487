"""A topic with plugins of the test's own, in a folder of the test's own, and a clock that stands still."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime

import pytest

from listening_etl.pipeline.context import open_context

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)

SETTINGS = """
version: 1
allow_private_addresses: true
topics:
  kettles:
    purpose: test
    languages: [fr, en]
    start: 2026-10-01
    entities:
      kettlia: {{role: own, names: [Kettlia]}}
    sources:
      shop: {{plugin: shop, channel: social, options: {{}}}}
    filters: {filters}
    scorers: {scorers}
"""


@pytest.fixture
def topic(tmp_path, monkeypatch):
    """Call it with the text of a plugin file; returns the topic's context."""
    monkeypatch.setenv("LISTENING_PSEUDONYM_KEY", "k" * 40)
    for name in ("LISTENING_STAGING", "LISTENING_WAREHOUSE_URL", "LISTENING_CONFIG"):
        monkeypatch.delenv(name, raising=False)

    def build(plugin, filters="{}", scorers="{}"):
        (tmp_path / "plugins").mkdir()
        (tmp_path / "plugins" / "shop.py").write_text(textwrap.dedent(plugin), "utf-8")
        settings = tmp_path / "listening.yaml"
        settings.write_text(SETTINGS.format(filters=filters, scorers=scorers), "utf-8")
        return open_context("kettles", settings, now=lambda: NOW)

    return build
