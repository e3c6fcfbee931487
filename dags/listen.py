"""One DAG per topic: plan, extract, curate, audit, publish."""

from airflow.sdk import CronDataIntervalTimetable, dag

from listening_etl.config import Topic, load_settings
from listening_etl.orchestration import mentions_asset, steps, window_params

ABOUT = """
{description}

Every run answers for one window of publication time: its data interval, or `since` and `until` of its
configuration, such as `{{"since": "2026-10-05", "until": "2026-10-19"}}`. A slice that fails becomes a gap
and does not hold up the others: they are published, and the task `outcome` fails the run and says what is
missing.
"""


def listen(topic: Topic) -> None:
    """The DAG of a topic."""

    @dag(
        dag_id=f"listen_{topic.name}",
        dag_display_name=f"Listen: {topic.title}",
        schedule=CronDataIntervalTimetable(topic.schedule, timezone="UTC"),
        start_date=topic.since,
        catchup=False,
        max_active_runs=1,
        params=window_params(),
        tags=["listening", topic.name],
        doc_md=ABOUT.format(description=topic.description or topic.title),
    )
    def build() -> None:
        slices = steps.plan(topic.name)
        answers = steps.extract.expand(slice=slices)
        batches = steps.curate.expand(answers=answers)
        publish = steps.publish.override(outlets=[mentions_asset(topic.name)])
        published = publish(steps.audit(slices, batches))
        [answers, batches, published] >> steps.outcome()

    build()


for each in load_settings().topics.values():
    listen(each)
