"""The Telegram source on real answers of the Bot API, where they are at hand."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from listening_etl import NotAMention
from plugins.sources.telegram import Telegram

DATA = Path(os.environ.get("LISTENING_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
SOURCE = Telegram()


def read(name):
    path = DATA / "payloads" / "telegram" / name
    if not path.exists():
        pytest.skip("the recorded answers are absent: LISTENING_TEST_DATA names no folder that has them")
    return [m for item in SOURCE.items(path.read_bytes(), None) for m in SOURCE.parse(item, None)]


def test_every_update_is_heard():
    """Three messages, in the two groups -1 and -2, as `jq '.result[].message'` shows them."""
    mentions = read("telegram_messages.json")
    assert [(m.native_id, m.text) for m in mentions] == [
        ("-1:31", "Testing, testing"),
        ("-2:32", "Hi!"),
        ("-1:33", "Hi, this is Alvaro!"),
    ]
    assert mentions[0].published_at == datetime(2016, 6, 30, 12, 22, 5, tzinfo=UTC)  # 1467289325


def test_no_update_is_no_mention():
    with pytest.raises(NotAMention, match="it holds no messages"):
        read("telegram_messages_empty.json")
