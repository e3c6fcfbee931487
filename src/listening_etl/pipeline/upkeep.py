"""What has to be done every day: leftovers, retention, partitions, the quality pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from listening_etl.config import Settings, load_settings
from listening_etl.pipeline.context import Context, configured_warehouse
from listening_etl.quality import build_docs
from listening_etl.warehouse import loading, partitions, runs
from listening_etl.warehouse.engine import transaction, warehouse_url

KEEP_LEFTOVERS_DAYS = 7
REPORT_DAYS = 90
SHORTEST_RETENTION = timedelta(days=1)
"""A run under way still needs its files."""


def url_of(settings: Settings) -> str:
    """The warehouse's address; starts the embedded server if there is no other."""
    return warehouse_url(configured_warehouse(settings), settings.home)


def drop_leftovers() -> list[str]:
    """Drop staging tables that no run of the last week needs; returns their names."""
    with transaction(url_of(load_settings())) as connection:
        return loading.drop_leftovers(connection, KEEP_LEFTOVERS_DAYS)


def make_partitions() -> None:
    """Make the monthly partitions of this month and the next two."""
    with transaction(url_of(load_settings())) as connection:
        partitions.partitions_ahead(connection)


def delete_old_files(context: Context) -> dict[str, int]:
    """Delete raw and batch files of a topic older than its `keep_raw_days`; returns how many of each."""
    age = max(timedelta(days=context.topic.keep_raw_days), SHORTEST_RETENTION)
    before = context.now() - age
    return {
        kind: _delete(context.staging.uri(kind, context.topic.name), before) for kind in ("raw", "batches")
    }


def _delete(root: str, before: datetime) -> int:
    import fsspec

    filesystem, path = fsspec.core.url_to_fs(root)
    old = [file for file in filesystem.find(path) if _modified(filesystem, file) < before]
    for file in old:
        filesystem.rm_file(file)
    if "file" in filesystem.protocol:
        _remove_empty(Path(path))
    return len(old)


def _modified(filesystem: Any, file: str) -> datetime:
    time: datetime = filesystem.modified(file)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _remove_empty(root: Path) -> None:
    for folder in sorted((path for path in root.glob("**/*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def report_quality(output: Path | None = None) -> Path:
    """Write what the checks of the last months found as pages; returns the first one.

    They go beside the settings, into `.listening/quality`, unless `output` names a folder.
    """
    settings = load_settings()
    since = datetime.now(UTC) - timedelta(days=REPORT_DAYS)
    with transaction(url_of(settings)) as connection:
        rows = runs.quality(connection, since)
    return build_docs(rows, output or settings.home / ".listening" / "quality")
