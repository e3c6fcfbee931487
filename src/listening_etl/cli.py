"""listening …: parse the command line, call one function, print its answer."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listening_etl.errors import ListeningError

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
db = typer.Typer(help="The warehouse: address, tables, checksums.", no_args_is_help=True)
app.add_typer(db, name="db")

Topic = Annotated[str, typer.Argument(help="Name of a topic in the settings.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one value, for programs.")]
Day = Annotated[
    str | None, typer.Option(help="RFC 3339 time or date, in the topic's time zone if it has none.")
]


def main() -> None:
    """Run the command; a known error prints one message and ends with status 1."""
    try:
        app()
    except ListeningError as error:
        print(f"listening: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(0) from None


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


@app.command()
def run(
    topic: Topic,
    since: Day = None,
    until: Day = None,
    as_json: Json = False,
) -> None:
    """Run the pipeline for a window, without Airflow: plan, extract, curate, audit, publish, refresh."""
    from listening_etl import presentation
    from listening_etl.pipeline import run as pipeline
    from listening_etl.pipeline.plan import window_of
    from listening_etl.warehouse.migration import migrate

    context = context_of(topic)
    migrate(context.url)
    window = window_of(context, since, until)
    with presentation.progress(quiet=as_json) as progress:
        done = pipeline.run(context, window, progress, processes=os.cpu_count() or 1)
    if as_json:
        presentation.print_json(done)
        return
    with reading(topic) as connection:
        presentation.funnel(connection, topic)
    print(
        f"\n{sum(done['figures']['rows'].values()):,} KPI rows for {len(done['figures']['days'])} days. ",
        end="",
    )
    print(f"Next: listening report {topic}")


@app.command()
def recheck(topic: Topic, as_json: Json = False) -> None:
    """Ask the sources what became of the topic's mentions; what was deleted loses its words everywhere."""
    from listening_etl.pipeline.recheck import recheck
    from listening_etl.pipeline.refresh import refresh

    context = context_of(topic)
    done = recheck(context)
    refresh(context)
    show([{"source": name, **counts} for name, counts in done.items()], as_json, "asked after")


@app.command()
def report(topic: Topic) -> None:
    """Show what was heard: the funnel, each entity's figures with their certainty, the busiest day."""
    from listening_etl import presentation

    with reading(topic) as connection:
        presentation.report(connection, topic)


@app.command()
def kpi(
    topic: Topic,
    name: Annotated[str | None, typer.Argument(help="Name of a KPI; without it, what each means.")] = None,
    entity: Annotated[str | None, typer.Option(help="One entity only.")] = None,
    since: Annotated[str | None, typer.Option(help="First day, 2026-10-05.")] = None,
    until: Annotated[str | None, typer.Option(help="Day after the last.")] = None,
    detail: Annotated[bool, typer.Option(help="By source and channel, not only all together.")] = False,
    as_json: Json = False,
) -> None:
    """Print a KPI, or what each KPI means."""
    from dataclasses import asdict

    from listening_etl.errors import ConfigError, did_you_mean
    from listening_etl.warehouse import figures
    from listening_etl.warehouse import reading as queries

    if name is None:
        show(
            [asdict(d) for d in figures.definitions()],
            as_json,
            "KPIs",
            ["definition", "title", "unit", "formula"],
        )
        return
    if name not in figures.KPI_NAMES:
        known = ", ".join(figures.KPI_NAMES)
        raise ConfigError(f"no KPI '{name}'.{did_you_mean(name, figures.KPI_NAMES)}", do=f"KPIs: {known}.")
    with reading(topic) as connection:
        rows = queries.kpi(connection, name, topic, _day(since), _day(until), entity, detail=detail)
    show(rows, as_json, name, [c for c in (rows[0] if rows else {}) if c not in ("topic", "definition")])


@app.command()
def funnel(topic: Topic, as_json: Json = False) -> None:
    """Show how many records came, what each step took, and what stayed, by source."""
    from listening_etl import presentation
    from listening_etl.warehouse import reading as queries

    with reading(topic) as connection:
        if as_json:
            show(queries.funnel(connection, topic), as_json)
        else:
            presentation.funnel(connection, topic)


@app.command()
def rejects(
    topic: Topic,
    stage: Annotated[
        str | None, typer.Option(help="malformed, skipped, duplicate, unmatched, filter or opted_out")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many, drawn at random with a fixed seed.", min=1)] = 20,
    as_json: Json = False,
) -> None:
    """Show a sample of what did not become a mention, with place and reason."""
    from listening_etl.warehouse import reading as queries

    with reading(topic) as connection:
        rows = queries.rejects(connection, topic, stage, limit)
    show(rows, as_json, "rejects", ["stage", "rule", "reason", "source", "at", "text"])


@app.command()
def coverage(
    topic: Topic,
    slices: Annotated[bool, typer.Option("--slices", help="Every slice of the ledger, one by one.")] = False,
    as_json: Json = False,
) -> None:
    """Show the calendar of what was heard and what was missed, and which gaps will soon be out of reach."""
    from listening_etl import presentation
    from listening_etl.pipeline.plan import at_risk
    from listening_etl.warehouse import reading as queries

    warnings = at_risk(context_of(topic))
    with reading(topic) as connection:
        if slices:
            show(queries.coverage(connection, topic), as_json, "coverage")
        elif as_json:
            heard, missed = queries.heard_by_day(connection, topic), queries.missed(connection, topic)
            presentation.print_json({"days": heard, "missed": missed, "soon_out_of_reach": warnings})
        else:
            presentation.calendar(connection, topic, warnings)


@app.command()
def parse(
    source: Annotated[str, typer.Argument(help="Name of a source plugin.")],
    file: Annotated[Path, typer.Argument(help="A recorded answer of its platform.", exists=True)],
    option: Annotated[
        list[str] | None, typer.Option(help="An option of the plugin, name=value; may be repeated.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the mentions of a recorded answer, without a network; what is none is told on standard error."""
    from listening_etl import presentation, recorded
    from listening_etl.pipeline.context import open_registry
    from listening_etl.registry import product_folders

    plugin = open_registry(product_folders()).source(source)
    found = recorded.read(plugin, file.read_bytes(), dict(_pair(text) for text in option or ()))
    for reason in found.reasons:
        print(f"listening: {file.name}: {reason}", file=sys.stderr)
    if as_json:
        presentation.print_json(found.mentions)
    else:
        columns = ["native_id", "kind", "published_at", "text"]
        show(found.mentions, as_json, f"{source}: {file.name}", columns)


@app.command()
def new(
    role: Annotated[str, typer.Argument(help="source, filter or scorer")],
    name: Annotated[str, typer.Argument(help="Its name: small letters and underscores.")],
    folder: Annotated[Path, typer.Option(help="The project's folder.")] = Path(),
) -> None:
    """Write a plugin and its contract test, to be filled in; docs/tutorial.md goes on from there."""
    from listening_etl.scaffold import new_plugin

    for path in new_plugin(role, name, folder):
        print(path)


@app.command()
def plugins(
    name: Annotated[str | None, typer.Argument(help="A plugin, to list its options.")] = None,
    catalogue: Annotated[bool, typer.Option("--catalogue", help="docs/sources.md, in Markdown.")] = False,
    as_json: Json = False,
) -> None:
    """List the plugins found, broken ones with their reason, and what sources need and allow; or one's options."""
    from listening_etl import catalogue as pages
    from listening_etl import presentation
    from listening_etl.config import load_settings
    from listening_etl.pipeline.context import open_registry
    from listening_etl.registry import product_folders

    if catalogue:
        product = product_folders()[-1]
        print(pages.markdown(open_registry((product,)), product.parent / "docs" / "sources"), end="")
        return
    registry = open_registry(load_settings().plugin_folders)
    presentation.plugins(registry, name, as_json)


@app.command()
def doctor() -> None:
    """Check settings, plugins, key, staging and warehouse, and say what to do."""
    from listening_etl import checkup

    results = checkup.examine()
    for result in results:
        print(f"{'ok  ' if result.well else 'FAIL'} {result.what}")
    if not all(result.well for result in results):
        raise SystemExit(1)


@app.command()
def key(
    save: Annotated[bool, typer.Option(help="Keep it beside the settings, for a laptop.")] = False,
) -> None:
    """Make a key for the pseudonyms of authors."""
    from listening_etl import privacy
    from listening_etl.config import load_settings

    if save:
        print(f"The key is in {privacy.save_key(load_settings().home)}")
    else:
        print(privacy.new_key())


@app.command()
def schema() -> None:
    """Print the JSON Schema of listening.yaml, for editors."""
    from listening_etl import presentation
    from listening_etl.config import json_schema, load_settings
    from listening_etl.pipeline.context import open_registry

    presentation.print_json(json_schema(open_registry(load_settings().plugin_folders)))


@app.command()
def quality(
    output: Annotated[Path | None, typer.Option(help="Folder; .listening/quality unless given.")] = None,
) -> None:
    """Build the Data Docs: what every check of every run found, as pages that need no network."""
    from listening_etl.pipeline.upkeep import report_quality

    print(report_quality(output))


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


def _pair(text: str) -> tuple[str, str]:
    from listening_etl.errors import ConfigError

    name, sign, value = text.partition("=")
    if not sign:
        raise ConfigError(f"option {text!r} has no value", do="Write --option name=value.")
    return name, value


def _day(text: str | None) -> date | None:
    from listening_etl.errors import ConfigError

    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is no day", do="Write 2026-10-05.") from error
