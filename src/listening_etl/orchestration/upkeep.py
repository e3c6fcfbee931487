"""What has to be done every day: leftovers, retention, partitions, the quality report. Knows no Airflow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

KEEP_LEFTOVERS_DAYS = 7
REPORT_DAYS = 90
SHORTEST_RETENTION = timedelta(days=1)
"""A run under way still needs its files."""

AHEAD = """
(SELECT generate_series(now(), now() + interval '2 months', interval '1 month') AS published_at,
        NULL AS quarantine) AS ahead
"""


def warehouse() -> str:
    """The warehouse's address; starts the embedded server if there is no other."""
    from listening_etl.config import load_settings
    from listening_etl.pipeline.context import configured_warehouse
    from listening_etl.warehouse.engine import warehouse_url

    settings = load_settings()
    return warehouse_url(configured_warehouse(settings), settings.home)


def drop_leftovers() -> list[str]:
    """Drop staging tables that no run of the last week needs; returns their names."""
    from listening_etl.warehouse.engine import transaction
    from listening_etl.warehouse.loading import drop_leftovers

    with transaction(warehouse()) as connection:
        return drop_leftovers(connection, KEEP_LEFTOVERS_DAYS)


def make_partitions() -> None:
    """Make the monthly partitions of this month and the next two."""
    from listening_etl.warehouse.engine import transaction
    from listening_etl.warehouse.publishing import ensure_partitions

    with transaction(warehouse()) as connection:
        ensure_partitions(connection, AHEAD)


def delete_old_files(topic: str, now: datetime | None = None) -> dict[str, int]:
    """Delete raw and batch files of a topic older than its `keep_raw_days`; returns how many of each."""
    from listening_etl.pipeline.context import open_context

    context = open_context(topic)
    age = max(timedelta(days=context.topic.keep_raw_days), SHORTEST_RETENTION)
    before = (now or datetime.now(UTC)) - age
    return {kind: _delete(context.staging.uri(kind, topic), before) for kind in ("raw", "batches")}


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


def report_quality() -> Path:
    """Write the quality report of the last months beside the settings; returns its first page."""
    import sqlalchemy as sa

    from listening_etl.config import load_settings
    from listening_etl.quality import build_docs
    from listening_etl.warehouse.engine import transaction
    from listening_etl.warehouse.tables import quality_result

    since = datetime.now(UTC) - timedelta(days=REPORT_DAYS)
    with transaction(warehouse()) as connection:
        query = sa.select(quality_result).where(quality_result.c.checked_at >= since)
        rows = connection.execute(query).mappings().all()
    return build_docs([dict(row) for row in rows], load_settings().home / ".listening" / "quality")
