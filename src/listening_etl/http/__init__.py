"""The one polite client: every request to a platform goes through `Http`, which waits, retries and counts.

`limits` understands what servers say of their limits, `pace` spaces requests out, `budget` counts what a day
may cost. `listening_etl.http.recording` keeps real answers for tests; it brings httpx in, so ask for it by name.
"""

from listening_etl.http.addresses import is_public, place
from listening_etl.http.budget import Budget, DailyBudget, Spending, SpentInMemory
from listening_etl.http.client import Http
from listening_etl.http.exchange import Response, Validators
from listening_etl.http.limits import Told, told, wait_asked
from listening_etl.http.pace import Hosts

__all__ = [
    "Budget",
    "DailyBudget",
    "Hosts",
    "Http",
    "Response",
    "Spending",
    "SpentInMemory",
    "Told",
    "Validators",
    "is_public",
    "place",
    "told",
    "wait_asked",
]
