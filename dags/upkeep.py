"""Every night: leftovers, retention, partitions, what became of mentions, KPIs still stale, the quality report."""

from datetime import UTC, datetime

from airflow.sdk import CronDataIntervalTimetable, dag

from listening_etl.config import load_settings
from listening_etl.orchestration import steps


@dag(
    schedule=CronDataIntervalTimetable("17 3 * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["listening"],
    doc_md=__doc__,
)
def upkeep() -> None:
    """Tasks that do not need each other; the report comes last."""
    topics = list(load_settings().topics)
    steps.drop_leftovers()
    steps.make_partitions()
    steps.delete_old_files.expand(topic=topics)
    asked = steps.recheck.expand(topic=topics)
    asked >> steps.refresh.override(trigger_rule="all_done").expand(topic=topics) >> steps.report_quality()


upkeep()
