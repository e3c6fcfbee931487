"""Budgets: nothing is sent beyond, cents stay cents, a day ends where the platform says."""

import threading
from datetime import UTC, date, datetime
from decimal import Decimal

import httpx
import pytest

from listening_etl.errors import BudgetSpent, SourceUnavailable, SourceUnreadable
from listening_etl.http import DailyBudget, Http, SpentInMemory

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOST = "https://forum.test"


class Platform:
    """Answers each path with (status, headers), 200 unless told otherwise, and counts."""

    def __init__(self, **pages):
        self.pages, self.sent = pages, []

    def http(self, budget):
        return Http(
            transport=httpx.MockTransport(self),
            sleep=lambda _: None,
            now=lambda: NOW,
            budget=budget,
            cache={},
        )

    def __call__(self, request):
        self.sent.append(request.url.path)
        status, headers = self.pages.get(request.url.path.strip("/"), (200, {}))
        return httpx.Response(status, headers=headers)


@pytest.mark.parametrize(("pages", "path", "sent"), [
    ({}, "/a", ["/a", "/a", "/a"]),
    ({"a": (500, {})}, "/a", ["/a", "/a", "/a"]),  # each try
    ({"a": (302, {"Location": "/b"}), "b": (302, {"Location": "/c"})}, "/a", ["/a", "/b", "/c"]),  # each hop
])  # fmt: skip
def test_each_request_is_charged_before_it_is_sent(pages, path, sent):
    platform, budget = Platform(**pages), DailyBudget(requests=3, now=lambda: NOW)
    with platform.http(budget) as http, pytest.raises(SourceUnavailable) as raised:
        for _ in range(4):
            http.get(HOST + path)
    with platform.http(budget) as http, pytest.raises(BudgetSpent):
        http.post(HOST + path)
    assert platform.sent == sent
    if isinstance(raised.value, BudgetSpent):
        assert raised.value.retry_at == datetime(2026, 11, 2, tzinfo=UTC)


def test_a_retry_that_the_budget_does_not_cover_is_not_sent():
    platform = Platform(a=(500, {}))
    with platform.http(DailyBudget(requests=2, now=lambda: NOW)) as http, pytest.raises(BudgetSpent):
        http.get(f"{HOST}/a")
    assert platform.sent == ["/a", "/a"]


def test_what_is_refused_unsent_costs_nothing():
    spent = SpentInMemory()
    with Http(budget=DailyBudget(requests=5, now=lambda: NOW, spent=spent), sleep=lambda _: None) as http:
        for address in ("http://127.0.0.1/", "ftp://forum.test/"):
            with pytest.raises(SourceUnreadable):
                http.get(address)
        http.pause(HOST, 3600)
    assert spent.add(NOW.date(), "requests", Decimal(5), Decimal(5))


def test_a_waiting_host_costs_nothing():
    spent, platform = SpentInMemory(), Platform()
    with platform.http(DailyBudget(requests=5, now=lambda: NOW, spent=spent)) as http:
        http.pause(HOST, 3600)
        with pytest.raises(SourceUnavailable, match="takes no requests"):
            http.get(HOST)
    assert spent.add(NOW.date(), "requests", Decimal(5), Decimal(5))


def test_units_and_money_are_charged_by_the_plugin():
    platform = Platform()
    with platform.http(DailyBudget(units=250, money=Decimal("0.01"), now=lambda: NOW)) as http:
        http.spend(units=100)
        http.spend(units=100, money=0.005)
        with pytest.raises(BudgetSpent, match="the day's budget of 250 units is spent"):
            http.spend(units=100)
        http.spend(units=50)
        with pytest.raises(BudgetSpent, match=r"0\.01 money"):
            http.spend(money=0.0051)
        http.spend(money=0.005)
        http.get(HOST)  # requests have no limit


def test_without_a_budget_nothing_is_counted():
    with Platform().http(None) as http:
        http.spend(units=1e9, money=1e9)
        http.get(HOST)


def test_money_does_not_drift():
    # As floats, 0.1 ten times is 0.9999999999999999, and a thousand times 0.005 is 5.000000000000004.
    tens, halves = DailyBudget(money=1.0), DailyBudget(money=5)
    for _ in range(10):
        tens.charge(money=0.1)
    for _ in range(1000):
        halves.charge(money=0.005)
    for budget in (tens, halves):
        with pytest.raises(BudgetSpent):
            budget.charge(money=1e-9)


@pytest.mark.parametrize(("zone", "now", "day", "ends"), [
    ("UTC", "2026-11-01T23:59:59Z", date(2026, 11, 1), "2026-11-02T00:00Z"),
    # YouTube: Pacific time, where this day has 25 hours; it starts at -07:00 and ends at -08:00
    ("America/Los_Angeles", "2026-11-01T07:30Z", date(2026, 11, 1), "2026-11-02T08:00Z"),
    ("America/Los_Angeles", "2026-11-01T06:30Z", date(2026, 10, 31), "2026-11-01T07:00Z"),
    ("Europe/Paris", "2026-03-28T23:30Z", date(2026, 3, 29), "2026-03-29T22:00Z"),  # a day of 23 hours
])  # fmt: skip
def test_a_day_ends_at_midnight_in_its_zone(zone, now, day, ends):
    asked = []

    class Full:
        def add(self, day, what, amount, limit):
            asked.append((day, what, amount, limit))
            return False

    budget = DailyBudget(units=7, zone=zone, now=lambda: datetime.fromisoformat(now), spent=Full())
    with pytest.raises(BudgetSpent) as raised:
        budget.charge(units=1)
    assert raised.value.retry_at == datetime.fromisoformat(ends)
    assert asked == [(day, "units", Decimal(1), Decimal(7))]


def test_the_next_day_starts_afresh():
    clock = [NOW]
    budget = DailyBudget(requests=1, now=lambda: clock[0])
    budget.charge(requests=1)
    with pytest.raises(BudgetSpent) as raised:
        budget.charge(requests=1)
    clock[0] = raised.value.retry_at
    budget.charge(requests=1)


@pytest.mark.parametrize("amount", [-1, float("nan"), float("inf"), "much"])
def test_what_is_no_amount_cannot_be_spent(amount):
    with pytest.raises(ValueError, match="cannot be spent"):
        DailyBudget(units=5).charge(units=amount)


def test_threads_spend_no_more_than_there_is():
    budget, granted = DailyBudget(requests=100), []

    def spend():
        for _ in range(50):
            try:
                budget.charge(requests=1)
            except BudgetSpent:
                return
            granted.append(1)

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(granted) == 100
