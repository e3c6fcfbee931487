"""A Singer tap that others wrote (tap-jsonl, on the Meltano SDK): its records, and its refusals."""

from datetime import UTC, datetime

import orjson
import pytest

from listening_etl import NotAMention, Slice, SourceUnreadable, Window
from plugins.sources.singer import Singer, SingerOptions
from tests.integration.servers.starting import program

SLICE = Slice("t", "tap", Window(datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 10, 6, tzinfo=UTC)))
POSTS = {"columns": {"native_id": "id", "text": "body", "published_at": "at", "author.handle": "by.login"}}


def fetched(**config):
    command = [program("tap-jsonl", install=".servers/bin/pip install tap-jsonl")]
    options = SingerOptions(command=command, config=config, streams={"posts": POSTS})
    return options, list(Singer().fetch(options, SLICE, None))


def test_a_tap_of_others_brings_mentions(tmp_path):
    rows = [
        {"id": n, "body": f"Éclat, avis {n}", "at": f"2026-10-05T0{n}:00:00Z", "by": {"login": "ana"}}
        for n in (1, 2)
    ]
    (tmp_path / "posts.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    options, items = fetched(path=str(tmp_path / "posts.jsonl"), stream_name="posts")
    first, second = (Singer().parse(item.data, options) for item in items[:2])
    assert [(m.native_id, m.text, m.author.handle) for m in (first, second)] == [
        ("1", "Éclat, avis 1", "ana"), ("2", "Éclat, avis 2", "ana"),
    ]  # fmt: skip
    assert first.published_at == datetime(2026, 10, 5, 1, tzinfo=UTC)
    assert items[0].fetched_at > first.published_at  # time_extracted
    with pytest.raises(NotAMention, match="state"):
        Singer().parse(items[-1].data, options)


def test_a_config_that_the_tap_refuses_is_named():
    with pytest.raises(SourceUnreadable, match=r"path.*Check 'command' and 'config'"):
        fetched(stream_name="posts")
