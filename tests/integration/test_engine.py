"""The embedded server starts where it can, says where it is, and stops; a server that is away is named."""

from __future__ import annotations

import shutil

import pytest
import sqlalchemy as sa

from listening_etl.errors import ConfigError, WarehouseUnavailable
from listening_etl.warehouse import engine


def ask(url, query):
    with engine.transaction(url) as connection:
        return connection.scalar(sa.text(query))


@pytest.mark.parametrize("name", ["data", "dossier-à-moi", "x" * 120])
def test_it_runs_in_any_folder(tmp_path, name):
    folder = tmp_path / name / "postgres"
    url = engine.warehouse_url(None, tmp_path / name) if name == "data" else None
    folder = engine.embedded_folder(tmp_path / name) if url else folder
    try:
        engine.start_embedded(folder)
        url = url or engine.socket_url(folder)
        with engine.transaction(url) as connection:
            assert connection.scalar(sa.text("SELECT current_setting('server_version_num')::int")) >= 180000
        with pytest.raises(ConfigError, match=r"lacks tables.*listening db migrate"):
            ask(url, "SELECT 1 FROM ops.coverage")
        assert engine.stop_embedded(folder)
        assert not engine.stop_embedded(folder)
        with pytest.raises(WarehouseUnavailable, match="PostgreSQL does not answer"), engine.transaction(url):
            pass
        engine.start_embedded(folder)
        with engine.transaction(engine.socket_url(folder)) as connection:
            assert connection.scalar(sa.text("SELECT 1")) == 1
    finally:
        engine.stop_embedded(folder)


def test_white_space_in_its_path_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(ConfigError, match="white space"):
        engine.start_embedded(tmp_path / "un dossier" / "postgres")


@pytest.mark.parametrize("url", ["mysql://u@h/d", "not a url"])
def test_what_is_no_postgresql_is_refused(url):
    with pytest.raises(ConfigError, match="warehouse"):
        engine.driver_url(url)


def test_a_message_never_shows_the_password():
    with (
        pytest.raises(WarehouseUnavailable) as error,
        engine.transaction("postgresql://u:hunter2@127.0.0.1:1/d"),
    ):
        pass
    assert "hunter2" not in str(error.value)
    assert "127.0.0.1" in str(error.value)


def test_a_first_start_that_was_broken_off_does_not_stand_in_the_way_of_the_next(tmp_path):
    folder = engine.embedded_folder(tmp_path)
    try:
        engine.start_embedded(folder)
        engine.stop_embedded(folder)
        shutil.rmtree(folder / "base")  # initdb was killed before it got there
        lines = ["-4194304", str(folder), "1795332515", "5432", "", "", "  3309575   1212471"]
        (folder / "postmaster.pid").write_text("\n".join(lines))
        engine.start_embedded(folder)
        assert ask(engine.socket_url(folder), "SELECT 1") == 1
    finally:
        engine.stop_embedded(folder)
