"""A file between steps is there whole or not at all."""

from __future__ import annotations

import polars as pl
import pytest

from listening_etl.errors import StagingError
from listening_etl.staging import Staging


@pytest.fixture(params=["folder", "memory"])
def staging(request, tmp_path):
    return Staging(str(tmp_path) if request.param == "folder" else f"memory://listening-{tmp_path.name}")


def test_frames_and_receipts_come_back(staging):
    frame = pl.DataFrame({"id": [b"\x00\x01"], "words": [["a", "b"]]})
    uri = staging.uri("batches", "x.parquet")
    assert not staging.exists(uri)
    staging.write_frame(uri, frame)
    assert staging.exists(uri)
    assert staging.read_frame(uri).equals(frame)
    staging.write_json(staging.uri("state", "r.json"), {"n": 1})
    assert staging.read_json(staging.uri("state", "r.json")) == {"n": 1}
    staging.remove(uri)
    assert not staging.exists(uri)


def test_a_missing_file_is_named(staging):
    uri = staging.uri("gone.parquet")
    with pytest.raises(StagingError, match=r"gone\.parquet: the file is gone"):
        staging.read_frame(uri)


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    staging = Staging(str(tmp_path))

    def full(self, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(StagingError, match="No space left on device"):
        staging.write(staging.uri("x.json"), b"{}")
    assert list(tmp_path.iterdir()) == []
