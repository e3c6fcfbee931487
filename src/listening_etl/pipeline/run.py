"""The whole way in one call, for the command line and for tests; Airflow calls the steps one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from listening_etl.errors import ListeningError
from listening_etl.model import Slice, Window
from listening_etl.pipeline.audit import audit
from listening_etl.pipeline.context import Context
from listening_etl.pipeline.curate import curate
from listening_etl.pipeline.extract import extract
from listening_etl.pipeline.plan import gaps, plan
from listening_etl.pipeline.publish import publish
from listening_etl.pipeline.refresh import refresh

Progress = Callable[[str, int, int], None]
"""Told the step, how many of its parts are done, and how many there are."""

R = TypeVar("R")


def quiet(step: str, done: int, total: int) -> None:
    """Say nothing."""


def run(context: Context, window: Window, progress: Progress = quiet) -> dict[str, Any]:
    """Plan, extract, curate, audit, publish, refresh; returns what each step gave.

    A slice that fails becomes a gap in the ledger and does not hold up the others: they are published, then
    its error is raised.
    """
    slices = plan(context, window)
    receipts, failures = _bring_in(context, slices, progress)
    receipts += gaps(slices, receipts, {slice: str(error) for slice, error in failures.items()})
    published = publish(context, _one("audit", lambda: audit(context, receipts), progress))
    progress("publish", 1, 1)
    done = {**published, "figures": _one("refresh", lambda: refresh(context), progress)}
    for error in failures.values():
        raise error
    return done


def _bring_in(
    context: Context, slices: list[Slice], progress: Progress
) -> tuple[list[dict[str, Any]], dict[Slice, ListeningError]]:
    receipts: list[dict[str, Any]] = []
    failures: dict[Slice, ListeningError] = {}
    for number, slice in enumerate(slices):
        progress("extract", number, len(slices))
        try:
            receipts += curate(context, extract(context, slice))
        except ListeningError as error:
            failures[slice] = error
        progress("curate", number + 1, len(slices))
    progress("extract", len(slices), len(slices))
    return receipts, failures


def _one(step: str, do: Callable[[], R], progress: Progress) -> R:
    progress(step, 0, 1)
    result = do()
    progress(step, 1, 1)
    return result
