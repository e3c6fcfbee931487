"""What a process remembers of what it read, and how much of it."""

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from listening_etl.pipeline import encodings


@pytest.mark.parametrize(("rounds", "kept"), [((2,), 2), ((2, 1), 3), ((2, 2), 2), ((9,), 3)])
def test_a_process_remembers_no_more_than_it_was_told(monkeypatch, rounds, kept):
    monkeypatch.setattr(encodings, "REMEMBERED", 3)
    encodings.read_lately.cache_clear()
    encoder = SimpleNamespace(version="0", encode=lambda texts: np.zeros((len(texts), 2), np.float32))
    for number, count in enumerate(rounds):
        hashes = [bytes([number, row]) for row in range(count)]
        texts = pl.DataFrame(
            {"text_hash": hashes, "said": ["x"] * count}, schema_overrides={"text_hash": pl.Binary}
        )
        assert encodings._read(encoder, texts, {}).height == count
    assert len(encodings.read_lately("0")) == kept
    encodings.read_lately.cache_clear()
