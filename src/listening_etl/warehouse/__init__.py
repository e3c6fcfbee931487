"""The only room that speaks SQL: engine, tables, migrations, loading, KPIs, roles and their reference."""
