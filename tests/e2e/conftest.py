"""Airflow, and an embedded PostgreSQL with a migrated warehouse."""

import uuid
from pathlib import Path

import pytest

from listening_etl.warehouse import engine as engines
from tests.dags.airflow_for_tests import filter_warnings, set_up
from tests.integration.postgres_for_tests import TEMPLATE, create_database

set_up()


def pytest_collection_modifyitems(items):
    filter_warnings(items, Path(__file__).parent)


@pytest.fixture(scope="module")
def warehouse_url(server):
    """Address of a migrated, empty warehouse, which the tests of a module share."""
    name = f"e2e_{uuid.uuid4().hex[:12]}"
    create_database(server, name, TEMPLATE)
    url = engines.socket_url(server, name)
    yield url
    engines.engine(url).dispose()
