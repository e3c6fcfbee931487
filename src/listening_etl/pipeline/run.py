"""The whole way in one call, for the command line and for tests; Airflow calls the steps one by one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
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
from listening_etl.quality import great_expectations

Progress = Callable[[str, int, int], None]
"""Told the step, how many of its parts are done, and how many there are."""

R = TypeVar("R")

WORTH_PROCESSES = 50_000
"""Items from which on starting processes costs less than it gains."""


def quiet(step: str, done: int, total: int) -> None:
    """Say nothing."""


def run(context: Context, window: Window, progress: Progress = quiet, processes: int = 1) -> dict[str, Any]:
    """Plan a window and listen to it; returns what each step gave."""
    return listen(context, plan(context, window), progress, processes)


def listen(
    context: Context, slices: list[Slice], progress: Progress = quiet, processes: int = 1
) -> dict[str, Any]:
    """Extract, curate, audit, publish, refresh; returns what each step gave.

    A slice that fails becomes a gap in the ledger and does not hold up the others: they are published, then
    its error is raised. With more than one process, large fetches are curated by several; the caller has to
    be a program that can be imported again (`if __name__ == "__main__"`), and its clock the real one.
    """
    failures: dict[Slice, ListeningError] = {}
    answers = _each("extract", slices, lambda slice: extract(context, slice), failures, progress)
    large = sum(part["received"] for found in answers.values() for part in found) >= WORTH_PROCESSES
    with spread(processes if large else 1) as each:
        curated = _each(
            "curate", answers, lambda slice: curate(context, answers[slice], each), failures, progress
        )
    receipts = [receipt for found in curated.values() for receipt in found]
    receipts += gaps(slices, receipts, {slice: str(error) for slice, error in failures.items()})
    published = publish(context, _one("audit", lambda: audit(context, receipts), progress))
    progress("publish", 1, 1)
    done = {**published, "figures": _one("refresh", lambda: refresh(context), progress)}
    for error in failures.values():
        raise error
    return done


@contextmanager
def spread(processes: int) -> Iterator[Callable[..., Iterable[Any]]]:
    """A `map` over so many processes; while they work, the checks' heavy library is read here."""
    if processes == 1:
        yield map
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:

        def each(function: Callable[..., Any], *given: Iterable[Any]) -> Iterable[Any]:
            found = pool.map(function, *given)
            great_expectations()
            return found

        yield each


def _each(
    step: str,
    slices: Collection[Slice],
    do: Callable[[Slice], list[dict[str, Any]]],
    failures: dict[Slice, ListeningError],
    progress: Progress,
) -> dict[Slice, list[dict[str, Any]]]:
    done = {}
    for number, slice in enumerate(slices):
        progress(step, number, len(slices))
        try:
            done[slice] = do(slice)
        except ListeningError as error:
            failures[slice] = error
    progress(step, len(slices), len(slices))
    return done


def _one(step: str, do: Callable[[], R], progress: Progress) -> R:
    progress(step, 0, 1)
    result = do()
    progress(step, 1, 1)
    return result
