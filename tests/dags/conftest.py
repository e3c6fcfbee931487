"""Airflow's environment is set before a test module can import Airflow."""

from pathlib import Path

import pytest

from tests.dags.airflow_for_tests import DAGS, REPOSITORY, filter_warnings, set_up

set_up()


def pytest_collection_modifyitems(items):
    filter_warnings(items, Path(__file__).parent)


@pytest.fixture(scope="session")
def settings_path():
    return REPOSITORY / "listening.yaml"


@pytest.fixture(scope="session")
def dagbag(settings_path):
    """The DAGs of the demo settings."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LISTENING_CONFIG", str(settings_path))
        from airflow.dag_processing.dagbag import DagBag

        return DagBag(str(DAGS))
