"""The reference of the warehouse, written from the comments that the database carries."""

from __future__ import annotations

from listening_etl.warehouse import figures
from listening_etl.warehouse.tables import SCHEMAS, metadata

HEAD = "# Tables and columns\n\nWritten by `listening db reference` from the comments of the tables; do not edit.\n"


def markdown() -> str:
    """Schemas, tables and columns as Markdown, then what each KPI means."""
    lines = [HEAD]
    for schema, comment in SCHEMAS.items():
        lines.append(f"\n## {schema}\n\n{comment}\n")
        for table in metadata.tables.values():
            if table.schema == schema:
                lines.append(
                    f"\n### {schema}.{table.name}\n\n{table.comment}\n\n| Column | Type | Meaning |\n|---|---|---|\n"
                )
                for column in table.columns:
                    kind = f"{column.type}".lower() + ("" if column.nullable else ", not null")
                    lines.append(f"| {column.name} | {kind} | {column.comment} |\n".replace("||", "|"))
    lines.append("\n## What each KPI means\n")
    for told in figures.definitions():
        lines.append(
            f"\n### {told.definition}: {told.title}\n\n* unit: {told.unit}\n* grain: {told.grain}\n"
            f"* formula: {told.formula}\n* interval: {told.interval}\n* null: {told.nulls}\n* source: {told.source}\n"
        )
    return "".join(lines)
