"""What a source may spend a day: requests, units of the platform's quota, money; nothing is sent beyond."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Protocol
from zoneinfo import ZoneInfo

from listening_etl.errors import BudgetSpent


class Budget(Protocol):
    """Says yes or no before something is spent."""

    def charge(self, requests: int = 0, units: float = 0, money: float | Decimal = 0) -> None:
        """Note what is about to be spent. Raises `BudgetSpent`, having noted nothing of what is too much."""


class Spending(Protocol):
    """Keeps what was spent, for every worker that spends from the same budget."""

    def add(self, day: date, what: str, amount: Decimal, limit: Decimal) -> bool:
        """Add `amount` to what was spent that day, in one step; False, adding nothing, if `limit` is passed.

        `what` is "requests", "units" or "money".
        """


class SpentInMemory:
    """What this process spent; forgotten when it ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spent: dict[tuple[date, str], Decimal] = {}

    def add(self, day: date, what: str, amount: Decimal, limit: Decimal) -> bool:
        """Add `amount` unless that passes `limit`."""
        with self._lock:
            total = self._spent.get((day, what), Decimal()) + amount
            if total > limit:
                return False
            self._spent[day, what] = total
            return True


class DailyBudget:
    """A budget that starts afresh at midnight in `zone`; None is no limit, and is not counted.

    Money is added up as decimals: a thousand times 0.005 is 5.
    """

    def __init__(
        self,
        requests: int | None = None,
        units: float | None = None,
        money: float | Decimal | None = None,
        *,
        zone: str = "UTC",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        spent: Spending | None = None,
    ) -> None:
        given = {"requests": requests, "units": units, "money": money}
        self._limits = {what: exact(limit) for what, limit in given.items() if limit is not None}
        self._zone, self._now = ZoneInfo(zone), now
        self._spent = SpentInMemory() if spent is None else spent

    def charge(self, requests: int = 0, units: float = 0, money: float | Decimal = 0) -> None:
        """Note what is about to be spent. Raises `BudgetSpent` with the end of the day in `retry_at`."""
        day = self._now().astimezone(self._zone).date()
        for what, amount in (("money", money), ("units", units), ("requests", requests)):
            if not amount or what not in self._limits:
                continue
            limit = self._limits[what]
            if not self._spent.add(day, what, exact(amount), limit):
                raise BudgetSpent(
                    f"the day's budget of {limit:,f} {what} is spent",
                    do=f"It starts afresh at midnight, {self._zone.key}; raise `budget.{what}` for more.",
                    retry_at=self._end_of(day),
                )

    def _end_of(self, day: date) -> datetime:
        return datetime.combine(day + timedelta(days=1), time(), self._zone).astimezone(UTC)


def exact(amount: float | Decimal) -> Decimal:
    """The number as it is written, so that sums of cents stay sums of cents."""
    try:
        number = Decimal(str(amount))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number < 0:
        raise ValueError(f"{amount!r} cannot be spent: a budget counts upwards from 0")
    return number
