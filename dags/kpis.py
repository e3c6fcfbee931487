"""One DAG per topic: the KPIs of the days that a publish touched, computed again and checked."""

from airflow.sdk import dag

from listening_etl.config import Topic, load_settings
from listening_etl.orchestration import mentions_asset, steps


def kpis(topic: Topic) -> None:
    """The DAG of a topic; which days are stale stands in the warehouse, so that no event can be lost."""

    @dag(
        dag_id=f"kpis_{topic.name}",
        dag_display_name=f"KPIs: {topic.title}",
        schedule=[mentions_asset(topic.name)],
        start_date=topic.since,
        catchup=False,
        max_active_runs=1,
        tags=["listening", topic.name],
        doc_md=__doc__,
    )
    def build() -> None:
        steps.refresh(topic.name)

    build()


for each in load_settings().topics.values():
    kpis(each)
