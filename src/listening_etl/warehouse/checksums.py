"""Checksums of tables that do not depend on the order of rows: how we prove that nothing changed."""

from __future__ import annotations

import sqlalchemy as sa

from listening_etl.warehouse.tables import BI_SCHEMAS, metadata, near_duplicate, sketch


def checksums(connection: sa.Connection) -> dict[str, str]:
    """`rows:checksum` of every curated and KPI table, by name, and of what stories are found by; equal text means equal
    rows, in any order."""
    found = {}
    for table in metadata.sorted_tables:
        if table.schema in BI_SCHEMAS or table in (sketch, near_duplicate):
            name = f"{table.schema}.{table.name}"
            columns = ", ".join(f'"{column.name}"' for column in sorted(table.columns, key=lambda c: c.name))
            found[name] = connection.execute(
                sa.text(
                    "SELECT count(*) || ':' || coalesce(sum(hashtextextended(ROW(r.*)::text, 0)::numeric), 0)"
                    f" FROM (SELECT {columns} FROM {name}) r"
                )
            ).scalar_one()
    return dict(sorted(found.items()))
