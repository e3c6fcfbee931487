"""Which errors are tried again, and when."""

from datetime import UTC, datetime, timedelta

import pytest
from airflow.sdk import RetryAction
from airflow.sdk.exceptions import AirflowTaskTimeout

from listening_etl.errors import (
    ConfigError,
    CredentialsRejected,
    QualityFailed,
    SourceUnavailable,
    SourceUnreadable,
    WarehouseUnavailable,
)
from listening_etl.orchestration.retries import RetryByKind


def decide(error, try_number=1):
    return RetryByKind().evaluate(error, try_number, 5)


@pytest.mark.parametrize("kind", [ConfigError, CredentialsRejected, SourceUnreadable, QualityFailed])
def test_what_somebody_has_to_change_fails_at_once(kind):
    assert decide(kind("no")).action is RetryAction.FAIL


@pytest.mark.parametrize("kind", [SourceUnavailable, WarehouseUnavailable])
def test_what_is_away_is_tried_again_with_the_delay_of_the_task(kind):
    decision = decide(kind("away"), 4)
    assert (decision.action, decision.retry_delay) == (RetryAction.RETRY, None)


def test_a_platform_that_says_when_is_asked_then_and_not_before():
    decision = decide(SourceUnavailable("429", retry_at=datetime.now(UTC) + timedelta(minutes=10)))
    assert decision.action is RetryAction.RETRY
    assert (
        timedelta(minutes=10) - timedelta(seconds=1)
        < decision.retry_delay
        < timedelta(minutes=10, seconds=11)
    )


def test_a_time_that_has_passed_means_soon():
    decision = decide(SourceUnavailable("429", retry_at=datetime.now(UTC) - timedelta(days=1)))
    assert timedelta() < decision.retry_delay < timedelta(seconds=11)


def test_nobody_waits_until_tomorrow():
    decision = decide(SourceUnavailable("quota", retry_at=datetime(2999, 1, 1, tzinfo=UTC)))
    assert decision.action is RetryAction.FAIL
    assert "not before 2999-01-01" in decision.reason


@pytest.mark.parametrize("error", [ConnectionResetError(), MemoryError(), AirflowTaskTimeout()])
def test_trouble_of_the_machine_or_the_network_is_tried_again_as_usual(error):
    assert decide(error, 4).action is RetryAction.DEFAULT


def test_a_bug_gets_one_more_try_soon():
    first = decide(KeyError("id"), 1)
    assert (first.action, first.retry_delay) == (RetryAction.RETRY, timedelta(seconds=10))
    assert decide(KeyError("id"), 2).action is RetryAction.FAIL
