"""A source spends what the settings allow and no more, however many workers it has; the rest is a gap."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from listening_etl.model import Window
from listening_etl.pipeline.plan import catch_up
from listening_etl.pipeline.run import listen
from listening_etl.warehouse.engine import transaction
from listening_etl.warehouse.spending import Ledger
from tests.integration.wall import TOPIC

PLUGIN = '''
from listening_etl import Capabilities, Mention, Options, hookimpl

class Meter:
    """A post an hour, each of which costs. Made for tests."""
    name = "meter"
    options_type = Options
    capabilities = Capabilities(history=None, order="oldest_first", deletions="none", quota_zone="America/Los_Angeles")

    def fetch(self, options, slice, http):
        for hour in range(24):
            http.spend(units=100, money="0.005")
            yield {"id": f"{slice.window.since:%d}-{hour}", "at": slice.window.since.isoformat()}

    def parse(self, item, options):
        return Mention(native_id=item["id"], text="Acme", published_at=item["at"])

@hookimpl
def listening_sources():
    return [Meter()]
'''
SETTINGS = (
    TOPIC
    + """\
      acme: {role: own, names: [Acme]}
    sources:
      meter: {channel: social, slice: 1d, budget: BUDGET}
"""
)
START = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture
def topic(new_project, light_gate):
    def build(budget, now):
        return new_project(SETTINGS.replace("BUDGET", budget), PLUGIN, now=lambda: now)

    return build


def ledger(context):
    with transaction(context.url) as connection:
        rows = connection.execute(
            sa.text("SELECT since::date, state, received, reason FROM ops.coverage ORDER BY since")
        )
        return [tuple(row) for row in rows]


def test_what_the_budget_does_not_reach_is_a_gap_and_comes_the_next_day(topic):
    # 30 posts at 100 units are 3,000 units: 24 of the first day, 6 of the second
    today = topic("{units: 3000}", START + timedelta(days=2, hours=1))
    listen(today, catch_up(today, Window(START + timedelta(days=1), START + timedelta(days=2))))
    (first, second) = ledger(today)
    assert first[:3] == (date(2026, 10, 1), "complete", 24)
    assert second[:3] == (date(2026, 10, 2), "gap", 6)
    assert "3,000" in second[3]
    later = topic("{units: 3000}", START + timedelta(days=3))
    listen(later, catch_up(later, Window(START + timedelta(days=2), START + timedelta(days=2, hours=1))))
    assert [row[1] for row in ledger(later)][:2] == ["complete", "complete"]
    with transaction(later.url) as connection:
        spent = connection.execute(sa.text("SELECT day, what, spent FROM ops.spending ORDER BY 1"))
        # 3 October 1:00 UTC is 2 October in Los Angeles, where the platform's day ends
        assert [tuple(row) for row in spent] == [
            (date(2026, 10, 2), "units", Decimal(3000)),
            (date(2026, 10, 3), "units", Decimal(3000)),
        ]


def test_money_is_counted_to_the_cent(topic):
    now = topic("{money: 0.10}", START + timedelta(days=2))
    listen(now, catch_up(now, Window(START + timedelta(hours=23), START + timedelta(days=1))))
    (row,) = ledger(now)
    assert row[:3] == (date(2026, 10, 1), "gap", 20)  # 0.10 at 0.005 a post


def test_many_workers_at_once_never_spend_more_than_the_limit(warehouse_url):
    book = Ledger(warehouse_url, "meter")
    with ThreadPoolExecutor(8) as workers:
        granted = list(
            workers.map(
                lambda _: book.add(date(2026, 10, 1), "requests", Decimal(3), Decimal(100)), range(60)
            )
        )
    assert sum(granted) == 33  # 33 x 3 = 99
    assert not book.add(date(2026, 10, 1), "requests", Decimal(2), Decimal(100))
    assert book.add(date(2026, 10, 1), "requests", Decimal(1), Decimal(100))
    assert book.add(date(2026, 10, 2), "requests", Decimal(100), Decimal(100))
    assert not book.add(date(2026, 10, 3), "requests", Decimal(101), Decimal(100))
