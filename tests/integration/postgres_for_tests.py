"""An embedded PostgreSQL of the tests' own, and databases that are copies of a migrated one.

A server takes seconds to make and to migrate, a copy of a database a thirtieth of one.
"""

from __future__ import annotations

import contextlib
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import sqlalchemy as sa

from listening_etl.warehouse import engine as engines
from listening_etl.warehouse.migration import migrate

TEMPLATE = "template_listening"

CARELESS = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
"""What is written survives a process that is killed, not a power cut: no test cuts the power. Autovacuum would
go round the hundreds of databases for nothing."""


@contextlib.contextmanager
def serving() -> Iterator[Path]:
    """The folder of a server that runs, with a migrated database to copy from."""
    # not below pytest's own folder: another session of pytest would lock the server out of it
    with tempfile.TemporaryDirectory(prefix="listening-pg-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        engines.start_embedded(data, databases=())
        try:
            with psycopg.connect(engines.socket_url(data, "postgres"), autocommit=True) as connection:
                for name, value in CARELESS.items():
                    connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
                connection.execute("SELECT pg_reload_conf()")
            create_database(data, TEMPLATE)
            url = engines.socket_url(data, TEMPLATE)
            migrate(url)
            engines.engine(url).dispose()
            yield data
        finally:
            drop(data)


def drop(data: Path) -> None:
    """Stop the server at once: it need not write down what nobody will read."""
    server = psutil.Process(int((data / "postmaster.pid").read_text("utf-8").split()[0]))
    server.send_signal(signal.SIGQUIT)
    server.wait(60)


def create_database(server: Path, name: str, template: str | None = None) -> None:
    """Make a database, a copy of `template` if one is named."""
    admin = sa.create_engine(
        engines.driver_url(engines.socket_url(server, "postgres")), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        copied = f' TEMPLATE "{template}"' if template else ""
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"{copied}')
    admin.dispose()
