"""Checks on staged tables: run a suite of `expectations/`, name the rows that fail, and say what follows.

A check that fails stops the batch (`stop`), puts its rows aside (`quarantine`) or is written down (`record`).
No other room knows Great Expectations.
"""

from listening_etl.quality.docs import build_docs
from listening_etl.quality.gate import Gate
from listening_etl.quality.results import CheckResult, Verdict, raise_if_stopped, rows_for_warehouse, verdict
from listening_etl.quality.suites import Check, Suite, great_expectations, load_suite

__all__ = [
    "Check",
    "CheckResult",
    "Gate",
    "Suite",
    "Verdict",
    "build_docs",
    "great_expectations",
    "load_suite",
    "raise_if_stopped",
    "rows_for_warehouse",
    "verdict",
]
