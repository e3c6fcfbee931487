"""Which window a run of Airflow answers for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import Param

from listening_etl.errors import ConfigError
from listening_etl.model import Window

TELL = 'Give both, such as {"since": "2026-10-05", "until": "2026-10-19"}'


def window_params() -> dict[str, Param]:
    """Parameters of a run: dates in the topic's zone or RFC 3339 times; without them the data interval.

    Made anew for each DAG: Airflow writes the values of a run into them.
    """
    kinds = ["null", "string"]
    return {
        "since": Param(None, type=kinds, title="Since", description="Start of the window, included"),
        "until": Param(None, type=kinds, title="Until", description="End of the window, not included"),
    }


def resolve_window(context: Mapping[str, Any], zone: ZoneInfo | None = None) -> Window:
    """The window of a run: `since` and `until` of its conf, else its data interval; never its logical date.

    Dates in the conf are days in `zone` (UTC unless given). Raises `ConfigError` for a run that has neither,
    or whose window is empty.
    """
    params = context.get("params") or {}
    since, until = params.get("since"), params.get("until")
    if bool(since) != bool(until):
        given, missing = ("since", "until") if since else ("until", "since")
        raise ConfigError(f"the run has '{given}' and no '{missing}'", do=f"{TELL}, or neither.")
    start: datetime | None
    end: datetime | None
    if since:
        start, end = _time(since, zone), _time(until, zone)
    else:
        start, end = _plain(context.get("data_interval_start")), _plain(context.get("data_interval_end"))
    if start is None or end is None:
        raise ConfigError(
            "the run was triggered by hand and has no window", do=f"{TELL}, as its configuration."
        )
    if not start < end:
        do = "Give a later `until`; it is not included." if since else "Use CronDataIntervalTimetable."
        raise ConfigError(f"the window from {start} to {end} is empty", do=do)
    return Window(start, end)


def is_asked_for(context: Mapping[str, Any]) -> bool:
    """Whether somebody named the window of a run; else it is the schedule's."""
    return bool((context.get("params") or {}).get("since"))


def _time(text: Any, zone: ZoneInfo | None) -> datetime:
    from listening_etl.pipeline.plan import instant

    return instant(str(text), zone or ZoneInfo("UTC"))


def _plain(time: datetime | None) -> datetime | None:
    """Airflow's times are pendulum's."""
    return None if time is None else datetime.fromtimestamp(time.timestamp(), UTC)
