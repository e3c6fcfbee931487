"""Plan: cut a window into slices, one source and stretch of time each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from listening_etl.errors import ConfigError
from listening_etl.model import Slice, Window
from listening_etl.pipeline.context import Context
from listening_etl.pipeline.curate import COUNTS
from listening_etl.warehouse.engine import transaction
from listening_etl.warehouse.runs import watermarks


def plan(context: Context, window: Window) -> list[Slice]:
    """The slices that together answer for `window`, in the order of the settings."""
    return [
        Slice(context.topic.name, name, part)
        for name, source in context.topic.sources.items()
        for part in window.cut(source.slice)
    ]


def catch_up(context: Context, window: Window) -> list[Slice]:
    """The slices for `window`, and for each source the time before it that is not complete.

    A source that was never heard is asked from the topic's start, and none for more than its history.
    """
    with transaction(context.url) as connection:
        complete = watermarks(connection, context.topic.name)
    slices = []
    for name, source in context.topic.sources.items():
        since = min(window.since, complete.get(name, context.topic.since))
        history = context.source(name)[0].capabilities.history
        if history is not None:
            since = max(since, min(window.since, context.now() - history))
        slices += [
            Slice(context.topic.name, name, part) for part in Window(since, window.until).cut(source.slice)
        ]
    return slices


def gaps(
    slices: list[Slice], receipts: Sequence[Mapping[str, Any]], reasons: Mapping[Slice, str] | None = None
) -> list[dict[str, Any]]:
    """Receipts for the slices that brought nothing back: the ledger has to know what was not heard."""
    heard = {
        (r["source"], r["query"], datetime.fromisoformat(r["since"]), datetime.fromisoformat(r["until"]))
        for r in receipts
    }
    missing = [
        slice
        for slice in slices
        if not any(
            (source, query) == (slice.source, slice.query)
            and slice.window.since <= since
            and until <= slice.window.until
            for source, query, since, until in heard
        )
    ]
    return [
        {
            **slice.to_dict(),
            "parts": [],
            "batches": [],
            "received": 0,
            "state": "gap",
            "reason": (reasons or {}).get(slice, "the slice failed; the log of the run says why"),
            "expected": None,
            "counts": dict.fromkeys(COUNTS, 0),
        }
        for slice in missing
    ]


def window_of(context: Context, since: str | None, until: str | None) -> Window:
    """The window asked for, by RFC 3339 times or dates in the topic's zone; by default from its start to now."""
    zone = ZoneInfo(context.topic.timezone)
    start = instant(since, zone) if since else context.topic.since
    end = instant(until, zone) if until else context.now().replace(microsecond=0)
    if not start < end:
        raise ConfigError(
            f"the window from {start} to {end} is empty", do="Give a later `until`; it is not included."
        )
    return Window(start, end)


def instant(text: str, zone: ZoneInfo) -> datetime:
    """A time in UTC; without a zone it is local time of `zone`."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(
            f"{text!r} is no time", do="Write 2026-10-05 or 2026-10-05T14:00:00+02:00."
        ) from error
    return (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(UTC)
