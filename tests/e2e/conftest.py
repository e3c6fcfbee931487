"""Airflow, and an embedded PostgreSQL with a migrated warehouse."""

from pathlib import Path

import pytest

from listening_etl.warehouse import engine as engines
from listening_etl.warehouse.migration import migrate
from tests.dags.airflow_for_tests import filter_warnings, set_up

set_up()


def pytest_collection_modifyitems(items):
    filter_warnings(items, Path(__file__).parent)


@pytest.fixture(scope="module")
def warehouse_url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pg") / "data"
    engines.start_embedded(folder, databases=("listening",))
    url = engines.socket_url(folder)
    migrate(url)
    yield url
    engines.engine(url).dispose()
    engines.stop_embedded(folder)
