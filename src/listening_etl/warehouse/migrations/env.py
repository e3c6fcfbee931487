"""Alembic's entry: migrations run on the connection that `migrate` hands over."""

from __future__ import annotations

import re

from alembic import context

from listening_etl.warehouse.tables import SCHEMAS, metadata

PARTITION = re.compile(r"fct_mention_y\d{4}m\d{2}$")


def include_name(name: str | None, kind: str, parents: object) -> bool:
    """Compare our schemas only; monthly partitions and staging tables come and go by themselves."""
    if kind == "schema":
        return name in SCHEMAS and name != "staging"
    return not (kind == "table" and name is not None and PARTITION.match(name))


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    include_schemas=True,
    include_name=include_name,
    compare_type=True,
    version_table_schema="ops",
)
with context.begin_transaction():
    context.run_migrations()
