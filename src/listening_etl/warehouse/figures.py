"""The KPIs: what each figure means, and computing and storing it for the days asked.

A KPI is one file in `kpis/`: its header becomes a row of `kpi.definition`, its body is one `SELECT` that
gives the columns of the KPI's table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from functools import cache
from pathlib import Path

from sqlalchemy import (
    ARRAY,
    Column,
    Connection,
    Date,
    DateTime,
    MetaData,
    Table,
    Text,
    TextClause,
    any_,
    bindparam,
    delete,
    insert,
    select,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable, DropTable

from listening_etl.errors import ConfigError
from listening_etl.warehouse import tables

FOLDER = Path(__file__).parent / "kpis"

KPI_TABLES = {
    table.name: table
    for table in tables.metadata.tables.values()
    if table.schema == "kpi" and table is not tables.definition
}
KPI_NAMES = tuple(KPI_TABLES)
"""Every KPI, by the name of its table and of its file."""


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure means: the header of its file, line for line, and a row of `kpi.definition`."""

    kpi: str
    definition: str
    title: str
    unit: str
    grain: str
    formula: str
    interval: str
    nulls: str
    source: str


HEADER = tuple(field.name for field in fields(Definition))


def definitions() -> list[Definition]:
    """The definition of every KPI; raises `ConfigError` for a file whose header lacks a line."""
    return [parse(FOLDER / f"{kpi}.sql")[0] for kpi in KPI_NAMES]


def parse(path: Path) -> tuple[Definition, str]:
    """The header and the body of a KPI's file.

    The header is the comment that opens the file. A line `-- unit: …` starts a field; a line that starts
    none goes on with the one before.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    length = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
    found: dict[str, str] = {}
    current = None
    for line in lines[:length]:
        words = line.removeprefix("--").strip()
        name, colon, rest = words.partition(":")
        if colon and name in HEADER and name not in found:
            current = name
            found[name] = rest.strip()
        elif current is not None:
            found[current] = f"{found[current]} {words}".strip()
    for name in HEADER:
        if not found.get(name):
            raise ConfigError(
                f"the header has no line '-- {name}: …'",
                where=path.name,
                do="A KPI without it cannot be published: add the line at the top of the file.",
            )
    if found["kpi"] != path.stem:
        raise ConfigError(f"the header says kpi {found['kpi']!r}", where=path.name, do="Name both alike.")
    return Definition(**found), "\n".join(lines[length:]).strip().rstrip(";")


def store_definitions(connection: Connection) -> None:
    """Write the definitions into `kpi.definition`; older versions stay, since rows may cite them."""
    table = tables.definition
    statement = postgresql.insert(table).values([asdict(definition) for definition in definitions()])
    others = {column.name: statement.excluded[column.name] for column in table.c if not column.primary_key}
    connection.execute(statement.on_conflict_do_update(index_elements=table.primary_key, set_=others))


def day_bounds(connection: Connection, topic: str, days: Sequence[date]) -> tuple[datetime, datetime]:
    """Start of the first day and end of the last in the topic's time zone, half-open."""
    if not days:
        raise ValueError("no days were asked for")
    bounds = text(
        "select cast(:first as date)::timestamp at time zone timezone,"
        " (cast(:last as date) + 1)::timestamp at time zone timezone"
        " from listening.dim_topic where topic = :topic"
    )
    row = connection.execute(bounds, {"first": min(days), "last": max(days), "topic": topic}).one_or_none()
    if row is None:
        raise ConfigError(
            f"topic {topic!r} is not in the warehouse",
            where="listening.dim_topic",
            do="Run it once, or check its name with `listening doctor`.",
        )
    return row[0], row[1]


def compute(connection: Connection, kpi: str, topic: str, days: Sequence[date], into: str) -> int:
    """Compute a KPI for these days into the new unlogged table `into` ("schema.name"); answers its rows.

    A table of that name that an earlier try left is replaced.
    """
    since, until = day_bounds(connection, topic, days)
    target = KPI_TABLES[kpi]
    columns = [Column(column.name, column.type) for column in target.columns]
    figures = body(kpi).columns(*columns).subquery("figures")
    staged = staged_table(kpi, into)
    connection.execute(DropTable(staged, if_exists=True))
    connection.execute(CreateTable(staged))
    names = [column.name for column in staged.columns]
    statement = insert(staged).from_select(names, select(*(figures.c[name] for name in names)))
    asked = {"topic": topic, "days": sorted(set(days)), "since": since, "until": until}
    counting = statement.execution_options(preserve_rowcount=True)
    return connection.execute(counting, asked).rowcount


def swap(connection: Connection, kpi: str, topic: str, days: Sequence[date], from_: str) -> None:
    """Put the rows that `compute` staged in `from_` in the place of the topic's rows of these days."""
    target, staged = KPI_TABLES[kpi], staged_table(kpi, from_)
    asked = bindparam("days", sorted(set(days)), type_=ARRAY(Date))
    connection.execute(delete(target).where(target.c.topic == topic, target.c.day == any_(asked)))
    names = [column.name for column in target.columns]
    connection.execute(insert(target).from_select(names, select(*(staged.c[name] for name in names))))


@cache
def body(kpi: str) -> TextClause:
    """The `SELECT` of a KPI, its parameters typed."""
    return text(parse(FOLDER / f"{kpi}.sql")[1]).bindparams(
        bindparam("topic", type_=Text),
        bindparam("days", type_=ARRAY(Date)),
        bindparam("since", type_=DateTime(timezone=True)),
        bindparam("until", type_=DateTime(timezone=True)),
    )


def staged_table(kpi: str, name: str) -> Table:
    """A table like the KPI's under another name, "schema.name", without keys."""
    schema, _, bare = name.rpartition(".")
    columns = [Column(c.name, c.type, nullable=c.nullable) for c in KPI_TABLES[kpi].columns]
    return Table(bare, MetaData(), *columns, schema=schema or None, prefixes=["UNLOGGED"])
