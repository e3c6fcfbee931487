"""The steps of the pipeline as Airflow tasks; between them travel receipts, never mentions."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from listening_etl.errors import ConfigError, ListeningError
from listening_etl.orchestration.retries import RetryByKind

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger(__name__)

MOST_SLICES = 1000
"""Airflow maps a task at most 1024 times ([core] max_map_length)."""

AGAIN: dict[str, Any] = {
    "retries": 5,
    "retry_delay": timedelta(minutes=1),
    "retry_exponential_backoff": 2,
    "max_retry_delay": timedelta(minutes=30),
    "retry_policy": RetryByKind(),
    "multiple_outputs": False,
}
MAPPED: dict[str, Any] = {"map_index_template": "{{ part }}", "execution_timeout": timedelta(hours=1)}
MAPPED_STEPS = ("extract", "curate")
EVEN_AFTER_FAILURE = "all_done"


def told(step: Callable[P, R]) -> Callable[P, R]:
    """Leave the reason of a failure where `audit` and `outcome` find it."""

    @functools.wraps(step)
    def telling(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return step(*args, **kwargs)
        except ListeningError as error:
            context = get_current_context()
            failure = {"part": context.get("part"), "slice": context.get("slice"), "reason": str(error)}
            context["ti"].xcom_push("failure", failure)
            raise

    return telling


@task(**AGAIN, execution_timeout=timedelta(minutes=5))
@told
def plan(topic: str) -> list[dict[str, str]]:
    """Cut the run's window into slices; a scheduled run also asks for what was missed before it."""
    from listening_etl.orchestration.window import is_asked_for, resolve_window
    from listening_etl.pipeline.context import open_context
    from listening_etl.pipeline.plan import at_risk, catch_up, plan

    context, run = open_context(topic), get_current_context()
    window = resolve_window(run, ZoneInfo(context.topic.timezone))
    for warning in at_risk(context):
        log.warning(warning)
    slices = plan(context, window) if is_asked_for(run) else catch_up(context, window)
    if len(slices) > MOST_SLICES:
        raise ConfigError(
            f"the window from {window.since} to {window.until} gives {len(slices)} slices, more than {MOST_SLICES}",
            do="Run it in several windows, or set a longer `slice` for the sources.",
        )
    return [slice.to_dict() for slice in slices]


@task(**AGAIN, **MAPPED)
@told
def extract(slice: dict[str, str]) -> list[dict[str, Any]]:
    """Fetch one slice; the answers say where the raw files are."""
    from listening_etl.model import Slice
    from listening_etl.pipeline.context import open_context
    from listening_etl.pipeline.extract import extract

    named_for(slice)
    return extract(open_context(slice["topic"]), Slice.from_dict(slice))


@task(**AGAIN, **MAPPED, trigger_rule=EVEN_AFTER_FAILURE)
@told
def curate(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Curate the answers of one slice; the receipts say where the batches are, and count them."""
    from listening_etl.pipeline.context import open_context
    from listening_etl.pipeline.curate import curate

    named_for({**answers[0], "until": answers[-1]["until"]})
    return curate(open_context(answers[0]["topic"]), answers)


@task(**AGAIN, execution_timeout=timedelta(hours=1), trigger_rule=EVEN_AFTER_FAILURE)
@told
def audit(slices: list[dict[str, str]] | None, batches: Any) -> dict[str, Any]:
    """Stage and check what could be curated; a slice that failed is a gap."""
    from listening_etl.model import Slice
    from listening_etl.pipeline.audit import audit
    from listening_etl.pipeline.context import open_context
    from listening_etl.pipeline.plan import gaps

    if not slices:
        raise AirflowSkipException("there is no plan")
    reasons = {
        Slice.from_dict(failure["slice"]): failure["reason"]
        for failure in _failures(get_current_context()["ti"]).values()
        if failure["slice"]
    }
    receipts = [receipt for batch in batches or () for receipt in batch]
    receipts += gaps([Slice.from_dict(slice) for slice in slices], receipts, reasons)
    return audit(open_context(slices[0]["topic"]), receipts)


@task(**AGAIN, execution_timeout=timedelta(hours=1))
@told
def publish(receipt: dict[str, Any]) -> dict[str, Any]:
    """Make the run visible, and tell it to the DAGs that wait for the topic's mentions."""
    from listening_etl.orchestration.assets import mentions_asset
    from listening_etl.pipeline.context import open_context
    from listening_etl.pipeline.publish import publish

    published = publish(open_context(receipt["topic"]), receipt)
    event = {name: published[name] for name in ("run_id", "days")}
    get_current_context()["outlet_events"][mentions_asset(receipt["topic"])].extra = event
    return {**event, "merged": published["merged"]}


@task(trigger_rule=EVEN_AFTER_FAILURE, retries=0)
def outcome() -> None:
    """Fail the run when a part of it failed, and say which and why; the parts that worked are published."""
    ti = get_current_context()["ti"]
    failures = _failures(ti)
    if failures:
        published = _states(ti).get("publish") == "success"
        kept = "What the others brought is published." if published else "Nothing was published."
        raise ListeningError(
            "; ".join(f"{name}: {failure['reason']}" for name, failure in sorted(failures.items())),
            where=f"{len(failures)} failed",
            do=f"{kept} Clear the failed tasks to run them and what follows again.",
        )


def _states(ti: Any) -> dict[str, str]:
    """The states of the run's tasks; a mapped one is called `extract_3`."""
    found: dict[str, str] = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id])[ti.run_id]
    return found


def _failures(ti: Any) -> dict[str, dict[str, Any]]:
    """What the run's failed tasks left behind, by task and part."""
    failures = {}
    for name in (name for name, state in _states(ti).items() if state == "failed"):
        task_id, _, index = name.rpartition("_")
        if task_id not in MAPPED_STEPS:
            task_id, index = name, ""
        found = ti.xcom_pull(task_ids=task_id, key="failure", map_indexes=int(index) if index else None)
        failure = found or {"part": index, "slice": None, "reason": "its log says why"}
        failures[f"{task_id} {failure['part'] or index}".strip()] = failure
    return failures


@task(**AGAIN, execution_timeout=timedelta(hours=1), map_index_template="{{ part }}")
def refresh(topic: str) -> dict[str, Any]:
    """Compute the topic's KPIs again for the days that are stale, and warn where a measure has shifted."""
    from listening_etl.pipeline.context import open_context
    from listening_etl.pipeline.refresh import refresh

    named(topic)
    done = refresh(open_context(topic))
    for warning in done["drift"]:
        log.warning("drift: %s", warning)
    return {"days": len(done["days"]), "rows": done["rows"], "drift": done["drift"]}


@task(**AGAIN, execution_timeout=timedelta(hours=12))
def replay(topic: str) -> dict[str, Any]:
    """Run what was received before through the settings of today, and compute the KPIs again."""
    from dataclasses import asdict

    from listening_etl.orchestration.window import is_asked_for, resolve_window
    from listening_etl.pipeline.context import open_context
    from listening_etl.pipeline.replay import replay

    context, run = open_context(topic), get_current_context()
    window = resolve_window(run, ZoneInfo(context.topic.timezone)) if is_asked_for(run) else None
    done = asdict(replay(context, window))
    for left in done["left"]:
        log.warning("%s from %s to %s keeps what it had: %s", *left.values())
    return {**done, "left": len(done["left"]), "days": len(done["days"])}


@task(**AGAIN, execution_timeout=timedelta(hours=2), map_index_template="{{ part }}")
def recheck(topic: str) -> dict[str, Any]:
    """Ask the sources of a topic what became of its mentions; what was deleted loses its words."""
    from listening_etl.pipeline.context import open_context
    from listening_etl.pipeline.recheck import recheck

    named(topic)
    return recheck(open_context(topic))


@task(**AGAIN, execution_timeout=timedelta(hours=1))
def drop_leftovers() -> list[str]:
    """Drop the staging tables of runs that failed and that nobody repeated for a week."""
    from listening_etl.pipeline import upkeep

    return upkeep.drop_leftovers()


@task(**AGAIN, execution_timeout=timedelta(hours=6), map_index_template="{{ part }}")
def delete_old_files(topic: str) -> dict[str, int]:
    """Delete raw items and batches that are older than the topic's `keep_raw_days`."""
    from listening_etl.pipeline import upkeep
    from listening_etl.pipeline.context import open_context

    named(topic)
    return upkeep.delete_old_files(open_context(topic))


@task(**AGAIN, execution_timeout=timedelta(minutes=10))
def make_partitions() -> None:
    """Make the partitions of this month and the next two."""
    from listening_etl.pipeline import upkeep

    upkeep.make_partitions()


@task(**AGAIN, execution_timeout=timedelta(minutes=30), trigger_rule=EVEN_AFTER_FAILURE)
def report_quality() -> str:
    """Write the quality report; returns the path of its first page."""
    from listening_etl.pipeline import upkeep

    return str(upkeep.report_quality())


def named_for(slice: dict[str, Any]) -> None:
    """Name the task for its slice."""
    ends = (slice[end].removesuffix(":00+00:00") for end in ("since", "until"))
    named(slice["source"], *ends)
    keys = ("topic", "source", "query", "since", "until")
    get_current_context()["slice"] = {key: slice[key] for key in keys}


def named(*words: str) -> None:
    """Name the task in the UI, in place of its number."""
    get_current_context()["part"] = " ".join(words)
