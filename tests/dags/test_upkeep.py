"""Retention of the files between steps."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from listening_etl.pipeline import upkeep
from listening_etl.pipeline.context import open_context


def delete():
    return upkeep.delete_old_files(open_context("tea", now=lambda: NOW))


NOW = datetime(2026, 11, 1, tzinfo=UTC)
SETTINGS = """
version: 1
topics:
  tea:
    purpose: Testing.
    languages: [en]
    start: 2026-01-01
    keep_raw_days: {days}
    entities: {{aqua: {{role: own, names: [Aqua]}}}}
    sources: {{forum: {{plugin: file}}}}
"""


@pytest.fixture
def staging(tmp_path, monkeypatch):
    (tmp_path / "listening.yaml").write_text(SETTINGS.format(days=30))
    monkeypatch.setenv("LISTENING_CONFIG", str(tmp_path / "listening.yaml"))
    monkeypatch.setenv("LISTENING_STAGING", str(tmp_path / "staging"))
    return tmp_path / "staging"


def put(path, age):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, 2 * ((NOW - age).timestamp(),))
    return path


def test_raw_items_and_batches_are_kept_as_long_as_the_topic_says(staging):
    old_raw = put(staging / "raw/tea/forum/old.parquet", timedelta(days=31))
    new_raw = put(staging / "raw/tea/forum/new.parquet", timedelta(days=29))
    old_batch = put(staging / "batches/tea/forum/abc/mention.parquet", timedelta(days=31))
    other = put(staging / "raw/coffee/forum/old.parquet", timedelta(days=999))
    state = put(staging / "state/tea/forum/validators.json", timedelta(days=999))
    assert delete() == {"raw": 1, "batches": 1}
    assert [path.exists() for path in (old_raw, new_raw, old_batch, other, state)] == [
        False,
        True,
        False,
        True,
        True,
    ]
    assert not old_batch.parent.exists()
    assert delete() == {"raw": 0, "batches": 0}


def test_a_topic_that_keeps_nothing_still_keeps_what_a_run_under_way_needs(staging):
    (staging.parent / "listening.yaml").write_text(SETTINGS.format(days=0))
    young = put(staging / "raw/tea/forum/young.parquet", timedelta(hours=23))
    put(staging / "raw/tea/forum/old.parquet", timedelta(hours=25))
    assert delete() == {"raw": 1, "batches": 0}
    assert young.exists()
