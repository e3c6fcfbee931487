"""The DAG files: they parse, cheaply and without a connection, and are wired as designed."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import pendulum
import pytest

from tests.dags.airflow_for_tests import DAGS

HEAVY = {
    "polars",
    "torch",
    "flair",
    "great_expectations",
    "pandas",
    "pyarrow",
    "psycopg",
    "fsspec",
    "alembic",
    "numpy",
}
ROOMS = tuple(
    f"listening_etl.{room}" for room in ("warehouse", "pipeline", "quality", "query", "staging", "http")
)

PARSE = """
import json, logging, sys
logging.disable(logging.CRITICAL)
from airflow.dag_processing.dagbag import DagBag
from airflow.dag_processing.importers import get_importer_registry
touched = []
OUTSIDE = ("socket.connect", "socket.getaddrinfo", "sqlite3.connect", "subprocess.Popen", "os.posix_spawn", "os.fork")
sys.addaudithook(lambda event, args: touched.append(f"{event} {args!r:.200}") if event in OUTSIDE else None)
before = set(sys.modules)
bag = DagBag(sys.argv[1], collect_dags=False)
before |= set(sys.modules)
bag.collect_dags(sys.argv[1])
print(json.dumps({
    "errors": bag.import_errors, "dags": sorted(bag.dags), "touched": touched,
    "modules": sorted(set(sys.modules) - before),
}))
"""


@pytest.fixture(scope="module")
def parsed(settings_path):
    """What parsing in a process of its own gave, imported and touched."""
    environment = {**os.environ, "LISTENING_CONFIG": str(settings_path)}
    command = [sys.executable, "-W", "ignore", "-c", PARSE, str(DAGS)]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout.splitlines()[-1])


def test_every_dag_file_parses(parsed):
    assert parsed["errors"] == {}
    assert parsed["dags"] == ["kpis_coffee", "listen_coffee", "replay_coffee", "upkeep"]


def test_parsing_makes_no_connection_and_starts_no_process(parsed):
    assert parsed["touched"] == []


def test_parsing_imports_nothing_heavy_and_no_room_that_does_work(parsed):
    assert [m for m in parsed["modules"] if m.split(".")[0] in HEAVY] == []
    assert [m for m in parsed["modules"] if m.startswith(ROOMS)] == []
    assert "listening_etl.orchestration.steps" in parsed["modules"]


def test_the_guard_sees_a_connection(parsed, settings_path, tmp_path):
    (tmp_path / "bad.py").write_text(
        "import socket, polars\nsocket.socket().connect_ex(('127.0.0.1', 9))\n# airflow dag\n"
    )
    environment = {**os.environ, "LISTENING_CONFIG": str(settings_path)}
    command = [sys.executable, "-W", "ignore", "-c", PARSE, str(tmp_path)]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(answer.stdout.splitlines()[-1])
    assert any("socket.connect" in one for one in found["touched"])
    assert "polars" in found["modules"]


def test_dags_survive_serialisation(dagbag):
    from airflow.serialization.serialized_objects import DagSerialization

    assert dagbag.import_errors == {}
    for dag in dagbag.dags.values():
        again = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
        assert set(again.task_dict) == set(dag.task_dict)


def test_dags_can_be_read_about_and_run_one_at_a_time(dagbag):
    for dag in dagbag.dags.values():
        assert dag.doc_md
        assert "listening" in dag.tags
        assert (dag.catchup, dag.max_active_runs) == (False, 1)


@pytest.mark.parametrize("name", ["listen_coffee", "upkeep"])
def test_a_scheduled_run_has_a_window_that_is_not_empty(dagbag, name):
    from airflow.serialization.encoders import coerce_to_core_timetable

    timetable = coerce_to_core_timetable(dagbag.dags[name].timetable)
    now = pendulum.datetime(2026, 10, 12, 10, 30)
    interval = timetable.infer_manual_data_interval(run_after=now)
    assert interval.start < interval.end <= now
    hours = {"listen_coffee": 1, "upkeep": 24}  # the schedules are "0 * * * *" and "17 3 * * *"
    assert interval.end - interval.start == timedelta(hours=hours[name])


def test_every_task_ends_in_time_and_knows_which_errors_to_try_again(dagbag):
    from listening_etl.orchestration.retries import RetryByKind

    for dag in dagbag.dags.values():
        for task in dag.tasks:
            if task.task_id == "outcome":
                assert task.retries == 0
                continue
            assert isinstance(task.retry_policy, RetryByKind), task
            assert task.execution_timeout, task
            assert task.retries == 5, task
            assert task.retry_exponential_backoff == 2, task
            assert task.max_retry_delay == timedelta(minutes=30), task


def test_a_failed_slice_does_not_stop_the_others_and_still_fails_the_run(dagbag):
    tasks = dagbag.dags["listen_coffee"].task_dict
    rules = {name: task.trigger_rule for name, task in tasks.items()}
    assert rules == {
        "plan": "all_success", "extract": "all_success", "curate": "all_done", "audit": "all_done",
        "publish": "all_success", "outcome": "all_done",
    }  # fmt: skip
    assert [name for name, task in tasks.items() if not task.downstream_task_ids] == ["outcome"]
    assert tasks["outcome"].upstream_task_ids == {"extract", "curate", "publish"}
    assert tasks["extract"].is_mapped
    assert tasks["curate"].is_mapped


def test_kpis_wait_for_the_mentions_that_publish_emits(dagbag):
    from listening_etl.orchestration import mentions_asset

    emitted = dagbag.dags["listen_coffee"].task_dict["publish"].outlets
    awaited = dagbag.dags["kpis_coffee"].timetable.asset_condition.objects
    assert emitted == list(awaited) == [mentions_asset("coffee")]
    assert mentions_asset("coffee").name == "mentions_coffee"


def test_the_parameters_of_a_run_may_be_left_out_and_are_text(dagbag):
    from airflow.sdk.exceptions import ParamValidationError

    params = dagbag.dags["listen_coffee"].params
    assert (params["since"], params["until"]) == (None, None)
    with pytest.raises((ParamValidationError, ValueError)):
        params["since"] = 20261005
