"""Plan: cut a window into slices, one source and stretch of time each."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from listening_etl.errors import ConfigError
from listening_etl.model import Slice, Window
from listening_etl.pipeline.context import Context


def plan(context: Context, window: Window) -> list[Slice]:
    """The slices that together answer for `window`, in the order of the settings."""
    return [
        Slice(context.topic.name, name, part)
        for name, source in context.topic.sources.items()
        for part in window.cut(source.slice)
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
