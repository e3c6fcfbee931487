"""One DAG per topic, run by hand: what was received before, through the settings of today."""

from airflow.sdk import dag

from listening_etl.config import Topic, load_settings
from listening_etl.orchestration import steps, window_params

ABOUT = """
A new query, brand, rival, filter or scorer has its past at once: the raw items are curated again, and no platform
is asked. All of them, or those of `since` and `until`, such as `{"since": "2026-10-05", "until": "2026-10-19"}`.
"""


def replay(topic: Topic) -> None:
    """The DAG of a topic."""

    @dag(
        dag_id=f"replay_{topic.name}",
        dag_display_name=f"Replay: {topic.title}",
        schedule=None,
        start_date=topic.since,
        catchup=False,
        max_active_runs=1,
        params=window_params(),
        tags=["listening", topic.name],
        doc_md=ABOUT,
    )
    def build() -> None:
        steps.replay(topic.name)

    build()


for each in load_settings().topics.values():
    replay(each)
