"""Pages written from the warehouse: what every check of every run found."""

from __future__ import annotations

from pathlib import Path

from listening_etl.pipeline.context import Context
from listening_etl.quality import build_docs
from listening_etl.warehouse import runs
from listening_etl.warehouse.engine import transaction


def build_quality_docs(context: Context, output: Path) -> Path:
    """Build the Data Docs in `output`; returns their first page."""
    with transaction(context.url) as connection:
        return build_docs(runs.quality(connection), output)
