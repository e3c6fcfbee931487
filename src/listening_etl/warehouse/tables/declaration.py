"""How tables are declared: schemas, names of constraints, columns that carry their comment."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    MetaData,
    Table,
)

SCHEMAS = {
    "listening": "Curated mentions and what was measured on them; read by BI.",
    "kpi": "One table per KPI; each row with n, interval, weighting, coverage and definition; read by BI.",
    "ops": "Runs, coverage, watermarks, rejects, quarantine and quality results; read by operators.",
    "private": "Identities, text before redaction and the opt-out list; read by the loader alone.",
    "staging": "Unlogged tables of batches in flight; dropped after publish.",
}

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

Instant = DateTime(timezone=True)


def _(name: str, kind: Any, comment: str, **more: Any) -> Column[Any]:
    """A column that must not be null unless `null=True` is given; `key=True` puts it in the primary key."""
    nullable, primary = more.pop("null", False), more.pop("key", False)
    return Column(name, kind, primary_key=primary, nullable=nullable, comment=comment, **more)


def table(schema: str, name: str, comment: str, *parts: Any, **more: Any) -> Table:
    """Declare a table of `schema` with its comment."""
    return Table(name, metadata, *parts, schema=schema, comment=comment, **more)


BI_SCHEMAS = ("listening", "kpi")
