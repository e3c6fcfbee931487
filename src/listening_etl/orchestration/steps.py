"""The steps of the pipeline as Airflow tasks; between them travel receipts, never mentions."""

from __future__ import annotations

import functools
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
EVEN_AFTER_FAILURE = "all_done"


def told(step: Callable[P, R]) -> Callable[P, R]:
    """Leave the reason of a failure where `outcome` finds it."""

    @functools.wraps(step)
    def telling(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return step(*args, **kwargs)
        except ListeningError as error:
            context = get_current_context()
            context["ti"].xcom_push("failure", {"part": context.get("part"), "reason": str(error)})
            raise

    return telling


@task(**AGAIN, execution_timeout=timedelta(minutes=5))
@told
def plan(topic: str) -> list[dict[str, str]]:
    """Cut the run's window into slices."""
    from listening_etl.orchestration.window import resolve_window
    from listening_etl.pipeline.context import open_context
    from listening_etl.pipeline.plan import plan

    context = open_context(topic)
    window = resolve_window(get_current_context(), ZoneInfo(context.topic.timezone))
    slices = plan(context, window)
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

    named(slice["source"], slice["since"], slice["until"])
    return extract(open_context(slice["topic"]), Slice.from_dict(slice))


@task(**AGAIN, **MAPPED, trigger_rule=EVEN_AFTER_FAILURE)
@told
def curate(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Curate the answers of one slice; the receipts say where the batches are, and count them."""
    from listening_etl.pipeline.context import open_context
    from listening_etl.pipeline.curate import curate

    named(answers[0]["source"], answers[0]["since"], answers[-1]["until"])
    return curate(open_context(answers[0]["topic"]), answers)


@task(**AGAIN, execution_timeout=timedelta(hours=1), trigger_rule=EVEN_AFTER_FAILURE)
@told
def audit(batches: Any) -> dict[str, Any]:
    """Stage and check what could be curated; slices that failed are left to `outcome`."""
    from listening_etl.pipeline.audit import audit
    from listening_etl.pipeline.context import open_context

    receipts = [receipt for batch in batches or () for receipt in batch]
    if not receipts:
        raise AirflowSkipException("no slice came through: there is nothing to check")
    return audit(open_context(receipts[0]["topic"]), receipts)


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
    states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id])[ti.run_id]
    failed = sorted(name for name, state in states.items() if state == "failed")
    if failed:
        kept = (
            "What the others brought is published."
            if states.get("publish") == "success"
            else "Nothing was published."
        )
        raise ListeningError(
            "; ".join(_failure(ti, name) for name in failed),
            where=f"{len(failed)} of {len(states) - 1} tasks failed",
            do=f"{kept} Clear the failed tasks to run them and what follows again.",
        )


def _failure(ti: Any, name: str) -> str:
    """A failed task in words; `name` is `audit`, or `extract_3` for the fourth of a mapped task."""
    task_id, _, index = name.rpartition("_")
    mapped = task_id in {"extract", "curate"}
    found = ti.xcom_pull(
        task_ids=task_id if mapped else name, key="failure", map_indexes=int(index) if mapped else None
    )
    told = found or {"part": None, "reason": "its log says why."}
    part = f"{task_id} {told['part'] or index}" if mapped else name
    return f"{part}: {told['reason']}"


@task(**AGAIN, execution_timeout=timedelta(hours=1), map_index_template="{{ part }}")
def refresh(topic: str) -> dict[str, Any]:
    """Compute the topic's KPIs again for the days that are stale."""
    from listening_etl.pipeline.context import open_context
    from listening_etl.pipeline.refresh import refresh

    named(topic)
    done = refresh(open_context(topic))
    return {"days": len(done["days"]), "rows": done["rows"]}


@task(**AGAIN, execution_timeout=timedelta(hours=1))
def drop_leftovers() -> list[str]:
    """Drop the staging tables of runs that failed and that nobody repeated for a week."""
    from listening_etl.orchestration import upkeep

    return upkeep.drop_leftovers()


@task(**AGAIN, execution_timeout=timedelta(hours=6), map_index_template="{{ part }}")
def delete_old_files(topic: str) -> dict[str, int]:
    """Delete raw items and batches that are older than the topic's `keep_raw_days`."""
    from listening_etl.orchestration import upkeep

    named(topic)
    return upkeep.delete_old_files(topic)


@task(**AGAIN, execution_timeout=timedelta(minutes=10))
def make_partitions() -> None:
    """Make the partitions of this month and the next two."""
    from listening_etl.orchestration import upkeep

    upkeep.make_partitions()


@task(**AGAIN, execution_timeout=timedelta(minutes=30), trigger_rule=EVEN_AFTER_FAILURE)
def report_quality() -> str:
    """Write the quality report; returns the path of its first page."""
    from listening_etl.orchestration import upkeep

    return str(upkeep.report_quality())


def named(*words: str) -> None:
    """Name the task in the UI, in place of its number."""
    get_current_context()["part"] = " ".join(word.removesuffix(":00+00:00") for word in words)
