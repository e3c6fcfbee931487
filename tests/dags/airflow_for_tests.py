"""An Airflow of the tests' own: its folder, its SQLite file, none of the developer's."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from listening_etl.orchestration.airflow_home import airflow_environment

REPOSITORY = Path(__file__).parents[2]
DAGS = REPOSITORY / "dags"

OF_AIRFLOW = ("ignore:.*httpx.*starlette.testclient.*",)
"""Warnings that Airflow gives off by itself, as pytest's filters."""


def set_up():
    """Set Airflow's environment, once a process and before anything imports Airflow.

    A worker of pytest-xdist begins with the environment of the process that started it: its Airflow is another.
    """
    if os.environ.get("LISTENING_TEST_AIRFLOW") == str(os.getpid()):
        return
    home = Path(tempfile.mkdtemp(prefix="airflow-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ.update(airflow_environment(home, metadata="sqlite"))
    os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(DAGS)
    os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "WARNING"
    os.environ["LISTENING_TEST_AIRFLOW"] = str(os.getpid())
    del os.environ["LISTENING_CONFIG"]


def filter_warnings(items, folder):
    """Let tests of a folder pass over the warnings of Airflow."""
    for item in items:
        if folder in item.path.parents:
            for words in OF_AIRFLOW:
                item.add_marker(pytest.mark.filterwarnings(words))
