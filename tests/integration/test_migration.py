"""The database is what tables.py says, commented throughout, and BI may only read."""

import pytest
import sqlalchemy as sa

from listening_etl.warehouse import migration
from listening_etl.warehouse.tables import SCHEMAS


def test_migrations_and_metadata_agree(warehouse_url):
    assert migration.differences(warehouse_url) == []


def test_a_second_migration_changes_nothing(warehouse_url):
    migration.migrate(warehouse_url)
    assert migration.differences(warehouse_url) == []


def test_every_table_view_and_column_has_a_comment(warehouse):
    query = sa.text("""
        SELECT n.nspname || '.' || c.relname || coalesce('.' || a.attname, '')
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE n.nspname = ANY(:schemas) AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
          AND c.relname <> 'alembic_version'
          AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid, 'pg_class') IS NULL)
    """)
    with warehouse.connect() as connection:
        assert connection.scalars(query, {"schemas": list(SCHEMAS)}).all() == []


def test_the_bi_role_reads_listening_and_kpi_and_nothing_else(warehouse):
    with warehouse.connect() as connection:
        connection.execute(sa.text("SET ROLE listening_bi"))
        assert connection.scalar(sa.text("SELECT count(*) FROM kpi.volume")) == 0
        assert connection.scalar(sa.text("SELECT count(*) FROM listening.fct_mention")) == 0
    for forbidden in ("SELECT * FROM private.author", "SELECT * FROM ops.reject", "DELETE FROM kpi.volume"):
        with warehouse.connect() as connection:
            connection.execute(sa.text("SET ROLE listening_bi"))
            with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
                connection.execute(sa.text(forbidden))
