"""A real PostgreSQL for every test here: one embedded server a session, one fresh database a test."""

from __future__ import annotations

import contextlib
import functools
import uuid
from unittest import mock

import pytest

from listening_etl.pipeline import audit, refresh
from listening_etl.pipeline.context import open_context
from listening_etl.warehouse import engine as engines
from tests.integration.postgres_for_tests import TEMPLATE, create_database
from tests.integration.small_world import LightGate

SUITE = functools.cache(audit.load_suite)


@pytest.fixture(scope="session")
def template(server):
    """A migrated database that others are copied from."""
    return TEMPLATE


@pytest.fixture
def new_warehouse(server, template):
    """Call it for the address of another fresh, migrated, empty warehouse."""
    made = []

    def build():
        name = f"test_{uuid.uuid4().hex[:12]}"
        create_database(server, name, template)
        made.append(engines.socket_url(server, name))
        return made[-1]

    yield build
    for url in made:
        engines.engine(url).dispose()


@pytest.fixture
def warehouse_url(new_warehouse):
    """Address of a fresh, migrated, empty warehouse."""
    return new_warehouse()


@pytest.fixture
def warehouse(warehouse_url):
    """Engine on a fresh, migrated, empty warehouse."""
    return engines.engine(warehouse_url)


@pytest.fixture
def light_gate():
    """The light gate in the place of Great Expectations, and suites that are read once."""
    with contextlib.ExitStack() as patches:
        for module in (audit, refresh):
            patches.enter_context(mock.patch.object(module, "Gate", LightGate))
            patches.enter_context(mock.patch.object(module, "load_suite", SUITE))
        yield


@pytest.fixture
def new_project(tmp_path, monkeypatch, new_warehouse, request):
    """Call it for the context of a project: settings (without `warehouse` and `plugins`), a plugin file of the
    test's own, an empty warehouse. Called again by the same name it changes the settings and keeps the rest."""
    monkeypatch.setenv("LISTENING_PSEUDONYM_KEY", "k" * 40)
    for name in ("LISTENING_STAGING", "LISTENING_WAREHOUSE_URL", "LISTENING_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    addresses = {}

    def build(settings, plugin="", *, now, name="project"):
        home = tmp_path / name
        if name not in addresses:
            (home / "own").mkdir(parents=True)
            (home / "plugins").symlink_to(request.config.rootpath / "plugins")
            (home / "own" / "made_for_this_test.py").write_text(plugin or "# none\n", "utf-8")
            addresses[name] = new_warehouse()
        where = f'version: 1\nwarehouse: "{addresses[name]}"\n' + ("plugins: own\n" if plugin else "")
        (home / "listening.yaml").write_text(settings.replace("version: 1\n", where, 1), "utf-8")
        return open_context("kettles", home / "listening.yaml", now=now)

    return build
