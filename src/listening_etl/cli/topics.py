"""Commands about a topic: run it, ask what was heard, what was missed, what was thrown away."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from listening_etl.cli.app import Day, Json, Topic, app, context_of, reading, show


@app.command(rich_help_panel="Listening")
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
    for warning in done["figures"]["drift"]:
        print(f"Moved: {warning}")


@app.command(rich_help_panel="Listening")
def replay(topic: Topic, since: Day = None, until: Day = None, as_json: Json = False) -> None:
    """Run what was received before through the settings of today, without asking any platform."""
    from dataclasses import asdict

    from listening_etl import presentation
    from listening_etl.pipeline.plan import window_of
    from listening_etl.pipeline.replay import replay
    from listening_etl.warehouse.migration import migrate

    context = context_of(topic)
    migrate(context.url)
    window = window_of(context, since, until) if since or until else None
    with presentation.progress(quiet=as_json) as progress:
        done = replay(context, window, progress, processes=os.cpu_count() or 1)
    if as_json:
        presentation.print_json(asdict(done))
        return
    show(done.left, False, "slices that keep what they had") if done.left else None
    print(f"{done.received:,} items of {done.slices} slices, {len(done.days)} days of figures.")


@app.command(rich_help_panel="Listening")
def recheck(topic: Topic, as_json: Json = False) -> None:
    """Ask the sources what became of the topic's mentions; what was deleted loses its words everywhere."""
    from listening_etl.pipeline.recheck import recheck
    from listening_etl.pipeline.refresh import refresh

    context = context_of(topic)
    done = recheck(context)
    refresh(context)
    show([{"source": name, **counts} for name, counts in done.items()], as_json, "asked after")


@app.command(rich_help_panel="Listening")
def report(topic: Topic) -> None:
    """Show what was heard: the funnel, each entity's figures with their certainty, the busiest day."""
    from listening_etl import presentation

    with reading(topic) as connection:
        presentation.report(connection, topic)


@app.command(rich_help_panel="Listening")
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


@app.command(rich_help_panel="Listening")
def funnel(
    topic: Topic,
    output: Annotated[
        Path | None, typer.Option(help="Write one page to this file: picture, table, samples.")
    ] = None,
    each: Annotated[int, typer.Option(help="On the page: rejects shown of each reason.", min=1)] = 10,
    seed: Annotated[str, typer.Option(help="Another seed draws other rejects.")] = "",
    as_json: Json = False,
) -> None:
    """Show how many records came, what each step and each filter took, and what stayed, by source."""
    from listening_etl import presentation
    from listening_etl.warehouse import reading as queries

    chosen = context_of(topic).topic
    filters = tuple(chosen.filters)
    with reading(topic) as connection:
        if output:
            page = presentation.funnel_page(connection, topic, chosen.title, filters, each, seed)
            output.write_text(page, "utf-8")
            print(output)
        elif as_json:
            show(queries.funnel(connection, topic, filters), as_json)
        else:
            presentation.funnel(connection, topic, filters, by_source=True)


@app.command(rich_help_panel="Listening")
def drift(
    topic: Topic,
    page: Annotated[
        Path | None, typer.Option(help="Write one page to this file: every measure, week by week.")
    ] = None,
    weeks: Annotated[int, typer.Option(help="How many, up to the latest.", min=1)] = 26,
    as_json: Json = False,
) -> None:
    """Show where what a measure says of a source has shifted by more than chance, week by week."""
    from listening_etl import presentation
    from listening_etl.warehouse import drift as verdicts

    title = context_of(topic).topic.title
    with reading(topic) as connection:
        if page:
            page.write_text(presentation.drift_page(connection, topic, title, weeks), "utf-8")
            print(page)
        elif as_json:
            show(verdicts.told(connection, topic, weeks), as_json)
        else:
            presentation.drift(connection, topic, weeks)


@app.command(rich_help_panel="Listening")
def stories(
    topic: Topic,
    limit: Annotated[int, typer.Option(help="How many.", min=1)] = 20,
    as_json: Json = False,
) -> None:
    """Show what was told most often in the last week, copies counted together, and who shared it in concert."""
    from listening_etl import presentation
    from listening_etl.warehouse import stories

    with reading(topic) as connection:
        found, groups = stories.top(connection, topic, limit), stories.coordinated(connection, topic)
    if as_json:
        presentation.print_json({"stories": found, "coordination": groups})
        return
    show(found, False, "stories", ["copies", "authors", "sources", "first_published_at", "text"])
    if groups:
        show(groups, False, "shared in concert: a signal to look at, never a verdict")


@app.command(rich_help_panel="Listening")
def aspects(
    topic: Topic,
    entity: Annotated[str | None, typer.Argument(help="One entity only.")] = None,
    since: Annotated[str | None, typer.Option(help="First day, 2026-10-05.")] = None,
    until: Annotated[str | None, typer.Option(help="Day after the last.")] = None,
    as_json: Json = False,
) -> None:
    """Show what is said about each aspect of an entity: delivery, price, staff, …, with the surest clauses."""
    from listening_etl import presentation
    from listening_etl.errors import ConfigError, did_you_mean
    from listening_etl.warehouse import aspects

    entities = context_of(topic).topic.entities
    if entity is not None and entity not in entities:
        do = f"Entities: {', '.join(entities)}."
        raise ConfigError(f"no entity '{entity}'.{did_you_mean(entity, entities)}", do=do)
    with reading(topic) as connection:
        asked = (connection, topic, entity, _day(since), _day(until))
        rows, surest = aspects.summary(*asked), aspects.surest(*asked)
    if as_json:
        presentation.print_json({"aspects": rows, "surest": surest})
        return
    presentation.aspects(rows, surest)
    if not any(one.aspects for one in entities.values()):
        print("No entity of the settings names `aspects`: docs/aspects.md says how.")


@app.command(rich_help_panel="Listening")
def rejects(
    topic: Topic,
    stage: Annotated[
        str | None, typer.Option(help="malformed, skipped, duplicate, unmatched, filter or opted_out")
    ] = None,
    rule: Annotated[str | None, typer.Option(help="Name of a filter: what it dropped.")] = None,
    limit: Annotated[int, typer.Option(help="How many, drawn at random.", min=1)] = 20,
    seed: Annotated[str, typer.Option(help="Another seed draws others; the same seed the same.")] = "",
    as_json: Json = False,
) -> None:
    """Show a sample of what did not become a mention, with place and reason."""
    from listening_etl.warehouse import reading as queries

    with reading(topic) as connection:
        rows = queries.rejects(connection, topic, stage, limit, rule, seed)
    show(rows, as_json, "rejects", ["stage", "rule", "reason", "source", "at", "text"])


@app.command(rich_help_panel="Listening")
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


def _day(text: str | None) -> date | None:
    from listening_etl.errors import ConfigError

    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is no day", do="Write 2026-10-05.") from error
