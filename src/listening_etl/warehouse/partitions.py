"""Monthly partitions of the mentions, made when they are needed."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

MONTHS_AHEAD = 2


def ensure_partitions(connection: sa.Connection, staged: str) -> None:
    """Make the monthly partitions that the mentions of a staging table need."""
    months = sa.text(f"""
        SELECT DISTINCT to_char(published_at AT TIME ZONE 'UTC', 'YYYY-MM') FROM {staged}
        WHERE quarantine IS NULL ORDER BY 1
    """)
    _make(connection, connection.scalars(months).all())


def partitions_ahead(connection: sa.Connection) -> None:
    """Make the partitions of this month and the next ones, before anybody waits for them."""
    months = sa.text("""
        SELECT to_char(month, 'YYYY-MM')
        FROM generate_series(now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC' + make_interval(months => :ahead),
                             interval '1 month') AS month
    """)
    _make(connection, connection.scalars(months, {"ahead": MONTHS_AHEAD}).all())


def _make(connection: sa.Connection, months: Sequence[str]) -> None:
    for month in months:
        year, number = (int(part) for part in month.split("-"))
        following = f"{year + number // 12:04}-{number % 12 + 1:02}"
        connection.execute(
            sa.text(f"""
                CREATE TABLE IF NOT EXISTS listening.fct_mention_y{year:04}m{number:02}
                PARTITION OF listening.fct_mention
                FOR VALUES FROM ('{month}-01 00:00:00+00') TO ('{following}-01 00:00:00+00')
            """)
        )
