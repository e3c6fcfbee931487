"""GDELT keeps what every source promises, although it cuts its answers."""

from datetime import UTC, datetime, timedelta

import pytest

from listening_etl.testing import SourceContract, Window
from plugins.sources import gdelt
from plugins.sources.gdelt import Gdelt

START = datetime(2026, 10, 5, tzinfo=UTC)


def article(number):
    """Three articles each quarter of an hour, from six hours before the window on."""
    time = START - timedelta(hours=6) + timedelta(minutes=15) * (number // 3)
    about = {"title": f"Torréo {number}", "domain": "journal.example", "language": "French"}
    return {"url": f"https://journal.example/{number}", "seendate": f"{time:%Y%m%dT%H%M%SZ}", **about}


class TestGdelt(SourceContract):
    plugin = Gdelt()
    query = '"Torréo"'
    window = Window(START, START + timedelta(hours=6))
    now = datetime(2026, 10, 7, tzinfo=UTC)
    # Six hours are 24 quarters of an hour: the 72 articles from number 72 on.
    expected = tuple(f"https://journal.example/{number}" for number in range(72, 144))

    @pytest.fixture(autouse=True)
    def _small_answers(self, monkeypatch):
        monkeypatch.setattr(gdelt, "MOST", 20)

    def setup_method(self):
        self.articles = [article(number) for number in range(191, -1, -1)]

    def answer(self, request):
        given = request.params
        since, until = given["startdatetime"], given["enddatetime"]
        if int(until) - int(since) < 10_000:
            return "Timespan is too short."
        times = [one["seendate"].translate(str.maketrans("", "", "TZ")) for one in self.articles]
        hits = [one for one, time in zip(self.articles, times, strict=True) if since <= time <= until]
        return {"articles": hits[: int(given["maxrecords"])]} if hits else {}


class TestGdeltBusyQuarters(TestGdelt):
    """More articles in one quarter of an hour than GDELT shows: the ledger says which quarters."""

    expected = ()

    @pytest.fixture(autouse=True)
    def _small_answers(self, monkeypatch):
        monkeypatch.setattr(gdelt, "MOST", 2)

    def test_what_was_cut_is_a_gap_of_each_quarter(self):
        heard = self.listen()
        assert len(heard.within(self.window)) == 2 * 24
        assert {gap.since for gap in heard.gaps} >= {START + timedelta(minutes=15) * n for n in range(24)}
