"""Commands about the warehouse: address, tables, checksums."""

from __future__ import annotations

import typer

from listening_etl.cli.app import Json, app, show

db = typer.Typer(help="The warehouse: address, tables, checksums.", no_args_is_help=True)
app.add_typer(db, name="db", rich_help_panel="Installation")


def _warehouse_url() -> str:
    from listening_etl.config import load_settings
    from listening_etl.pipeline.context import configured_warehouse
    from listening_etl.warehouse.engine import warehouse_url

    settings = load_settings()
    return warehouse_url(configured_warehouse(settings), settings.home)


@db.command()
def url() -> None:
    """Print the warehouse's address, for psql and BI tools; starts the embedded server if need be."""
    print(_warehouse_url())


@db.command()
def migrate() -> None:
    """Bring the warehouse's tables to this version."""
    from listening_etl.warehouse import migration

    migration.migrate(_warehouse_url())
    print("The warehouse is up to date.")


@db.command()
def stop() -> None:
    """Stop the embedded server."""
    from listening_etl.config import load_settings
    from listening_etl.warehouse.engine import embedded_folder, stop_embedded

    print("Stopped." if stop_embedded(embedded_folder(load_settings().home)) else "It was not running.")


@db.command()
def checksums(as_json: Json = False) -> None:
    """Print a checksum of every curated and KPI table that does not depend on the order of rows."""
    from listening_etl.warehouse import checksums as sums
    from listening_etl.warehouse.engine import transaction

    with transaction(_warehouse_url()) as connection:
        found = sums.checksums(connection)
    show([{"table": name, "checksum": value} for name, value in found.items()], as_json, "checksums")


@db.command()
def reference() -> None:
    """Print the reference of tables and columns, in Markdown, as the database's own comments tell it."""
    from listening_etl.warehouse.reference import markdown

    print(markdown(), end="")
