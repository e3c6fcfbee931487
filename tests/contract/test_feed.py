"""The feed source keeps what every source promises, polled and pushed."""

from datetime import UTC, datetime
from pathlib import Path

from listening_etl.testing import Answer, SourceContract, Window
from plugins.sources.feed import Feed

SAMPLES = Path(__file__).parent / "samples" / "feed"


class TestFeed(SourceContract):
    plugin = Feed()
    options = {"url": "https://journal.example/feed"}
    window = Window(datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 10, 7, tzinfo=UTC))
    now = datetime(2026, 10, 8, tzinfo=UTC)
    expected = ("j-2", "j-3", "j-4")

    def answer(self, request):
        body = (SAMPLES / "rss.xml").read_bytes()
        return Answer(body, headers={"content-type": "application/rss+xml; charset=utf-8"})
