"""What sources spent of their budgets, in `ops.spending`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from listening_etl.warehouse.engine import transaction

SPEND = sa.text("""
    INSERT INTO ops.spending AS s (source, day, what, spent)
    SELECT :source, :day, :what, CAST(:amount AS numeric) WHERE CAST(:amount AS numeric) <= CAST(:limit AS numeric)
    ON CONFLICT (source, day, what) DO UPDATE SET spent = s.spent + excluded.spent
    WHERE s.spent + excluded.spent <= CAST(:limit AS numeric)
    RETURNING spent
""")


@dataclass(frozen=True)
class Ledger:
    """The spendings of one source; the same row is locked for everybody who spends at the same time."""

    url: str
    source: str

    def add(self, day: date, what: str, amount: Decimal, limit: Decimal) -> bool:
        """Note that so much is spent, unless that would be more than the limit; whether it was noted."""
        given = {"source": self.source, "day": day, "what": what, "amount": amount, "limit": limit}
        with transaction(self.url) as connection:
            return connection.execute(SPEND, given).first() is not None
