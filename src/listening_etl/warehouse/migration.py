"""Bring a database to the tables of this version: schemas, Alembic's migrations, functions, views, roles."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from listening_etl.warehouse.engine import transaction
from listening_etl.warehouse.tables import BI_SCHEMAS, SCHEMAS

HERE = Path(__file__).parent
BI_ROLE = "listening_bi"
MIGRATION_LOCK = 0x6C697374  # one migration at a time, from whatever process


def alembic_config(connection: sa.Connection | None = None):  # type: ignore[no-untyped-def]
    """Alembic's configuration, without an ini file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HERE / "migrations"))
    config.attributes["connection"] = connection
    return config


def migrate(url: str) -> None:
    """Upgrade the database at `url`; does nothing on one that is current. Safe to run from many processes."""
    from alembic import command

    with transaction(url) as connection:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        for schema, comment in SCHEMAS.items():
            connection.execute(sa.schema.CreateSchema(schema, if_not_exists=True))
            connection.execute(sa.text(f"COMMENT ON SCHEMA {schema} IS '{comment}'"))
        command.upgrade(alembic_config(connection), "head")
        for file in (
            "functions.sql",
            "stories.sql",
            "voices.sql",
            "virality.sql",
            "drift.sql",
            "aspects.sql",
        ):
            connection.exec_driver_sql((HERE / file).read_text("utf-8").replace("%", "%%"))
        grant(connection)


def has_bi_role(connection: sa.Connection) -> bool:
    """Whether the server knows the role for BI."""
    query = sa.text("SELECT 1 FROM pg_roles WHERE rolname = :name")
    return connection.execute(query, {"name": BI_ROLE}).first() is not None


def grant(connection: sa.Connection) -> None:
    """Let the BI role read `listening` and `kpi`, and nothing else; make it when we may."""
    if not has_bi_role(connection):
        may = connection.scalar(
            sa.text("SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user")
        )
        if not may:
            return  # `listening doctor` says what the administrator has to run
        connection.execute(sa.text(f"CREATE ROLE {BI_ROLE} LOGIN"))
    for schema in BI_SCHEMAS:
        connection.execute(sa.text(f"GRANT USAGE ON SCHEMA {schema} TO {BI_ROLE}"))
        connection.execute(sa.text(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {BI_ROLE}"))
        connection.execute(
            sa.text(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {BI_ROLE}")
        )


def differences(url: str) -> list[object]:
    """What `tables.py` declares and the database lacks, or the other way round; empty when they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from listening_etl.warehouse.tables import metadata

    with transaction(url) as connection:
        context = MigrationContext.configure(
            connection, opts={"include_schemas": True, "include_name": _ours}
        )
        return list(compare_metadata(context, metadata))


def _ours(name: str | None, kind: str, parents: object) -> bool:
    if kind == "schema":
        return name in SCHEMAS and name != "staging"
    return not (
        kind == "table"
        and name is not None
        and (name.startswith("fct_mention_y") or name in ("alembic_version", "meaning"))
    )
