"""When a failed task is tried again: later, at the time a platform names, or never."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import RetryDecision, RetryPolicy

from listening_etl.errors import ComeBackLater, FixAndRerun, LookAtQuarantine

LONGEST_WAIT = timedelta(hours=1)
"""A topic's other sources wait for the one that is tried again: what asks for longer fails, and is named."""

SPREAD_SECONDS = 10
"""Slices that were sent away together do not come back in the same instant."""

SHORTLY = timedelta(seconds=10)

PASSING = (OSError, MemoryError)
"""Errors of the machine or the network that a plugin let through: worth another try."""


class RetryByKind(RetryPolicy):
    """Tries `ComeBackLater` again, at `retry_at` if the platform said so; `FixAndRerun` and
    `LookAtQuarantine` never. A task waits for its next try in the database: no worker sleeps."""

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Any = None
    ) -> RetryDecision:
        """What follows from this error."""
        if isinstance(exception, FixAndRerun | LookAtQuarantine):
            return RetryDecision.fail("somebody has to change something first")
        if isinstance(exception, PASSING) or not isinstance(exception, Exception):  # a time-out is none
            return RetryDecision.default()
        if not isinstance(exception, ComeBackLater):
            once = RetryDecision.retry(SHORTLY, f"{type(exception).__name__}, which is unknown here")
            return once if try_number < 2 else RetryDecision.fail("the same error again")
        retry_at = getattr(exception, "retry_at", None)
        if retry_at is None:
            return RetryDecision.retry(reason=str(exception))
        wait = max(retry_at - datetime.now(UTC), timedelta())
        if wait > LONGEST_WAIT:
            return RetryDecision.fail(f"not before {retry_at.isoformat()}: run it again then")
        return RetryDecision.retry(
            wait + timedelta(seconds=random.uniform(1, SPREAD_SECONDS)), str(exception)
        )
