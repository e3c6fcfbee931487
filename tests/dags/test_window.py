"""Which window a run answers for."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pendulum
import pytest

from listening_etl.errors import ConfigError
from listening_etl.orchestration import resolve_window

PARIS = ZoneInfo("Europe/Paris")
NINE, TEN = pendulum.datetime(2026, 10, 12, 9), pendulum.datetime(2026, 10, 12, 10)
INTERVAL = {"data_interval_start": NINE, "data_interval_end": TEN}


def context(since=None, until=None, **more):
    return {"params": {"since": since, "until": until}, **more}


def test_a_scheduled_run_answers_for_its_data_interval_in_plain_utc():
    window = resolve_window(context(**INTERVAL, logical_date=pendulum.datetime(2020, 1, 1)))
    assert (window.since, window.until) == (
        datetime(2026, 10, 12, 9, tzinfo=UTC),
        datetime(2026, 10, 12, 10, tzinfo=UTC),
    )
    assert type(window.since) is datetime


def test_the_configuration_of_a_run_goes_before_its_data_interval():
    window = resolve_window(context("2026-10-05", "2026-10-06T12:00:00Z", **INTERVAL), PARIS)
    # In October Paris is two hours ahead of UTC: its 5th begins at 22:00 on the 4th.
    assert window.since == datetime(2026, 10, 4, 22, tzinfo=UTC)
    assert window.until == datetime(2026, 10, 6, 12, tzinfo=UTC)


def test_a_date_without_a_zone_is_a_day_in_utc_unless_a_zone_is_given():
    assert resolve_window(context("2026-10-05", "2026-10-06")).since == datetime(2026, 10, 5, tzinfo=UTC)


@pytest.mark.parametrize("interval", [{}, {"data_interval_start": None, "data_interval_end": None}])
def test_a_run_by_hand_without_a_window_is_told_what_to_give(interval):
    with pytest.raises(ConfigError, match=r"no window.*\"since\".*as its configuration"):
        resolve_window(context(**interval, logical_date=TEN))


@pytest.mark.parametrize("given", [{"since": "2026-10-05"}, {"until": "2026-10-05"}])
def test_half_a_window_is_refused(given):
    with pytest.raises(ConfigError, match=r"and no '(since|until)'"):
        resolve_window(context(**given, **INTERVAL))


@pytest.mark.parametrize(("since", "until"), [("2026-10-05", "2026-10-05"), ("2026-10-06", "2026-10-05")])
def test_an_empty_window_is_refused(since, until):
    with pytest.raises(ConfigError, match="is empty"):
        resolve_window(context(since, until))


def test_the_empty_interval_of_a_bare_cron_schedule_is_refused():
    with pytest.raises(ConfigError, match="CronDataIntervalTimetable"):
        resolve_window(context(data_interval_start=NINE, data_interval_end=NINE))


def test_what_is_no_time_is_refused_with_an_example():
    with pytest.raises(ConfigError, match=r"'yesterday' is no time\. Write 2026-10-05"):
        resolve_window(context("yesterday", "2026-10-05"))
