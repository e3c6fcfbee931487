"""The command itself, and what several of its parts share: arguments, the topic, tables or JSON."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from listening_etl.pipeline.context import Context
    from listening_etl.warehouse.engine import Connection

app = typer.Typer(
    name="listening",
    help="Social listening that a company owns.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

Topic = Annotated[str, typer.Argument(help="Name of a topic in the settings.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one value, for programs.")]
Day = Annotated[
    str | None, typer.Option(help="RFC 3339 time or date, in the topic's time zone if it has none.")
]


def context_of(topic: str) -> Context:
    """Open a topic of the settings."""
    from listening_etl.pipeline.context import open_context

    return open_context(topic)


@contextmanager
def reading(topic: str) -> Iterator[Connection]:
    """A connection to the warehouse of a topic, for reading."""
    from listening_etl.warehouse.engine import transaction

    with transaction(context_of(topic).url) as connection:
        yield connection


def show(
    rows: list[dict[str, Any]], as_json: bool, title: str = "", columns: list[str] | None = None
) -> None:
    """Print rows as a table for people or JSON for programs."""
    from listening_etl import presentation

    presentation.show(rows, as_json, title, columns)
