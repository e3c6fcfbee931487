"""The whole way in one call, for the command line and for tests; Airflow calls the steps one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from listening_etl.model import Window
from listening_etl.pipeline.audit import audit
from listening_etl.pipeline.context import Context
from listening_etl.pipeline.curate import curate
from listening_etl.pipeline.extract import extract
from listening_etl.pipeline.plan import plan
from listening_etl.pipeline.publish import publish
from listening_etl.pipeline.refresh import refresh

Progress = Callable[[str, int, int], None]
"""Told the step, how many of its parts are done, and how many there are."""


T = TypeVar("T")
R = TypeVar("R")


def quiet(step: str, done: int, total: int) -> None:
    """Say nothing."""


def run(context: Context, window: Window, progress: Progress = quiet) -> dict[str, Any]:
    """Plan, extract, curate, audit, publish, refresh; returns what each step gave."""
    slices = plan(context, window)
    answers = _each("extract", slices, lambda slice: extract(context, slice), progress)
    receipts = [
        r for found in _each("curate", answers, lambda a: curate(context, a), progress) for r in found
    ]
    published = publish(context, _one("audit", lambda: audit(context, receipts), progress))
    progress("publish", 1, 1)
    return {**published, "figures": _one("refresh", lambda: refresh(context), progress)}


def _each(step: str, parts: list[T], do: Callable[[T], R], progress: Progress) -> list[R]:
    done = []
    for number, part in enumerate(parts):
        progress(step, number, len(parts))
        done.append(do(part))
    progress(step, len(parts), len(parts))
    return done


def _one(step: str, do: Callable[[], R], progress: Progress) -> R:
    progress(step, 0, 1)
    result = do()
    progress(step, 1, 1)
    return result
