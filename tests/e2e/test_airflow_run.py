"""The DAGs of a small topic, run by Airflow's own `dag.test` against a real warehouse.

Two files: four lines in `forum`, of which one is about nobody of the topic and one lies outside the window;
three in `shop`, of which one comes twice. So a run brings 2 + 2 mentions.
"""

import json
import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from listening_etl.warehouse.engine import transaction
from tests.dags.airflow_for_tests import DAGS, REPOSITORY

SETTINGS = """
version: 1
plugins: {plugins}
topics:
  tea:
    purpose: Testing.
    timezone: UTC
    languages: [en]
    start: 2026-10-01
    entities:
      aqua: {{role: own, names: [Aqua]}}
      brio: {{role: competitor, names: [Brio]}}
    sources:
      forum:
        plugin: file
        channel: web
        options: {{path: forum.jsonl, columns: {{native_id: id, text: text, published_at: at}}}}
      shop:
        plugin: file
        channel: review
        options: {{path: shop.jsonl, columns: {{native_id: id, text: text, published_at: at}}}}
      moody:
        plugin: moody
        options: {{path: moody}}
"""

MOODY = '''
"""A source that is away at first, and says when it will be back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from listening_etl import Capabilities, Options, SourceUnavailable, hookimpl


class MoodyOptions(Options):
    path: Path


class Moody:
    """Nothing, at the second try."""

    name = "moody"
    options_type = MoodyOptions
    capabilities = Capabilities(history=None, order="any", deletions="none")

    def fetch(self, options, slice, http):
        if not options.path.exists():
            options.path.touch()
            raise SourceUnavailable("too many requests", retry_at=datetime.now(UTC) + timedelta(seconds=1))
        yield from ()

    def parse(self, item, options):
        raise AssertionError


@hookimpl
def listening_sources():
    return [Moody()]
'''

FORUM = [
    ("f1", "Aqua boils fast", "2026-10-05T08:00:00Z"),
    ("f2", "Aqua or Brio?", "2026-10-05T09:00:00Z"),
    ("f3", "Nice weather", "2026-10-05T10:00:00Z"),
    ("f4", "Aqua, the day after", "2026-10-07T00:00:00Z"),
]
SHOP = [
    ("s1", "Brio leaks", "2026-10-06T08:00:00Z"),
    ("s1", "Brio leaks", "2026-10-06T08:00:00Z"),
    ("s2", "Aqua came broken", "2026-10-06T09:00:00Z"),
]
WINDOW = {"since": "2026-10-05", "until": "2026-10-07"}

# entity and day: mentions. f2 is about both.
VOLUME = {
    ("aqua", "2026-10-05"): 2,
    ("brio", "2026-10-05"): 1,
    ("aqua", "2026-10-06"): 1,
    ("brio", "2026-10-06"): 1,
}

TABLES = {
    "listening.fct_mention": "",
    "listening.bridge_mention_entity": "",
    "listening.bridge_mention_query": "",
    "listening.dim_author": "",
    "kpi.volume": "computed_at",
    "kpi.share_of_voice": "computed_at",
    "ops.watermark": "",
    "ops.stale_day": "",
}


def write(path, lines):
    path.write_text(
        "".join(json.dumps(dict(zip(("id", "text", "at"), line, strict=True))) + "\n" for line in lines)
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory, warehouse_url):
    """The folder of the topic's settings and files."""
    home = tmp_path_factory.mktemp("home")
    (home / "listening.yaml").write_text(SETTINGS.format(plugins=REPOSITORY / "plugins"))
    (home / "plugins" / "sources").mkdir(parents=True)
    (home / "plugins" / "sources" / "moody.py").write_text(MOODY)
    write(home / "forum.jsonl", FORUM)
    write(home / "shop.jsonl", SHOP)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LISTENING_CONFIG", str(home / "listening.yaml"))
        patch.setenv("LISTENING_WAREHOUSE_URL", warehouse_url)
        patch.setenv("LISTENING_PSEUDONYM_KEY", "0123456789abcdef" * 4)
        patch.setenv("LISTENING_STAGING", str(home / "staging"))
        yield home


@pytest.fixture(scope="module")
def dags(home):
    from airflow.dag_processing.dagbag import DagBag
    from airflow.utils.db import initdb

    initdb()
    bag = DagBag(str(DAGS))
    assert bag.import_errors == {}
    return bag.dags


@pytest.fixture(scope="module")
def first(dags):
    """The first run of the topic's DAGs."""
    return [dags["listen_tea"].test(run_conf=WINDOW), dags["kpis_tea"].test()]


def rows(url, query):
    with transaction(url) as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def contents(url):
    """All that the tables hold, but when it was computed."""
    return {
        table: sorted(map(str, rows(url, f"SELECT to_jsonb(t) - '{besides}' FROM {table} t")))
        for table, besides in TABLES.items()
    }


def states(run):
    return {
        f"{ti.task_id}[{ti.rendered_map_index}]" if ti.map_index >= 0 else ti.task_id: str(ti.state)
        for ti in run.get_task_instances()
    }


@pytest.fixture
def failures():
    """Messages of tasks that failed, as Airflow tells listeners."""
    from airflow.sdk.listener import get_listener_manager

    from listening_etl.orchestration.demo import hookimpl

    class Failures(list):
        __hash__ = object.__hash__

        @hookimpl
        def on_task_instance_failed(self, task_instance, error):
            self.append((task_instance.task_id, str(error)))

    heard = Failures()
    get_listener_manager().add_listener(heard)
    yield heard
    get_listener_manager().pm.unregister(heard)


def test_a_run_brings_the_mentions_into_the_warehouse(first, warehouse_url):
    assert [str(run.state) for run in first] == ["success", "success"]
    part = "2026-10-05T00:00 2026-10-07T00:00"
    assert states(first[0]) == {
        "plan": "success", "audit": "success", "publish": "success", "outcome": "success",
        **{f"{step}[{source} {part}]": "success" for step in ("extract", "curate") for source in ("forum", "shop", "moody")},
    }  # fmt: skip
    found = rows(warehouse_url, "SELECT source, native_id FROM listening.fct_mention ORDER BY 1, 2")
    assert found == [("forum", "f1"), ("forum", "f2"), ("shop", "s1"), ("shop", "s2")]
    ledger = "SELECT source, received, mentions, duplicates, outside, unmatched FROM ops.coverage ORDER BY 1"
    assert rows(warehouse_url, ledger) == [
        ("forum", 4, 2, 0, 1, 1),
        ("moody", 0, 0, 0, 0, 0),
        ("shop", 3, 2, 1, 0, 0),
    ]


def test_the_kpis_of_the_days_touched_are_computed(first, warehouse_url):
    query = "SELECT entity, day::text, value FROM kpi.volume WHERE source = 'all' AND weighting = 'each'"
    assert {(entity, day): n for entity, day, n in rows(warehouse_url, query)} == VOLUME
    assert rows(warehouse_url, "SELECT count(*) FROM ops.stale_day") == [(0,)]


def test_a_source_that_is_away_is_asked_again_when_it_said(first):
    tries = {
        ti.rendered_map_index.split()[0]: ti.try_number
        for ti in first[0].get_task_instances()
        if ti.task_id == "extract"
    }
    assert tries == {"forum": 1, "shop": 1, "moody": 2}


def test_receipts_are_small_and_hold_no_words_of_a_mention(first):
    for ti in first[0].get_task_instances():
        received = json.dumps(ti.xcom_pull(task_ids=ti.task_id, map_indexes=ti.map_index))
        assert len(received) < 2_000, ti
        assert "boils" not in received


def test_publishing_tells_the_days_to_those_who_wait(first):
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session

    with create_session() as session:
        event = session.scalars(sa.select(AssetEvent).order_by(AssetEvent.id.desc())).first()
        assert (event.asset.name, event.source_run_id) == ("mentions_tea", first[0].run_id)
        assert event.extra["days"] == ["2026-10-05", "2026-10-06"]
        assert re.fullmatch("[0-9a-f]{12}", event.extra["run_id"])


def test_running_the_window_twice_changes_nothing(first, dags, warehouse_url):
    before = contents(warehouse_url)
    assert str(dags["listen_tea"].test(run_conf=WINDOW).state) == "success"
    assert str(dags["kpis_tea"].test().state) == "success"
    assert contents(warehouse_url) == before
    assert len(before["listening.fct_mention"]) == 4


def test_a_replay_gives_a_new_entity_its_past_and_takes_it_back(first, home, dags, warehouse_url):
    before = contents(warehouse_url)
    settings = home / "listening.yaml"
    plain = settings.read_text()
    settings.write_text(
        plain.replace("    sources:", "      sky: {role: category, query: weather}\n    sources:", 1)
    )
    assert str(dags["replay_tea"].test().state) == "success"
    about = "SELECT native_id FROM listening.mention WHERE 'sky' = ANY (entities)"
    assert rows(warehouse_url, about) == [("f3",)]  # it was rejected when it came: about nobody of the topic
    settings.write_text(plain)
    assert str(dags["replay_tea"].test(run_conf=WINDOW).state) == "success"
    assert contents(warehouse_url) == before


def test_a_broken_source_fails_the_run_and_holds_up_no_other(first, home, dags, warehouse_url, failures):
    write(home / "forum.jsonl", [*FORUM, ("f5", "Brio, again", "2026-10-06T11:00:00Z")])
    shop = (home / "shop.jsonl").rename(home / "away.jsonl")
    run = dags["listen_tea"].test(run_conf=WINDOW)
    shop.rename(home / "shop.jsonl")
    assert str(run.state) == "failed"
    failed = [name for name, state in states(run).items() if state != "success"]
    assert failed == ["extract[shop 2026-10-05T00:00 2026-10-07T00:00]", "outcome"]
    told = dict(failures)["outcome"]
    assert re.search(r"extract shop .*shop\.jsonl.* What the others brought is published\.", told), told
    found = rows(warehouse_url, "SELECT native_id FROM listening.fct_mention ORDER BY 1")
    assert [one for (one,) in found] == ["f1", "f2", "f5", "s1", "s2"]
    # The window was heard in full before: that shop is away now takes nothing from it.
    ledger = "SELECT source, state, received FROM ops.coverage ORDER BY 1"
    assert rows(warehouse_url, ledger) == [
        ("forum", "complete", 5),
        ("moody", "complete", 0),
        ("shop", "complete", 3),
    ]


def test_a_source_that_failed_from_the_start_is_a_gap_with_its_reason(first, home, dags, warehouse_url):
    shop = (home / "shop.jsonl").rename(home / "away.jsonl")
    run = dags["listen_tea"].test(run_conf={"since": "2026-10-08", "until": "2026-10-09"})
    shop.rename(home / "shop.jsonl")
    assert str(run.state) == "failed"
    query = "SELECT source, state, reason FROM ops.coverage WHERE since >= '2026-10-08' ORDER BY 1"
    forum, moody, shop = rows(warehouse_url, query)
    assert (forum[:2], moody[:2], shop[:2]) == (("forum", "complete"), ("moody", "complete"), ("shop", "gap"))
    assert "shop.jsonl" in shop[2]


def test_a_run_with_half_a_window_fails_at_once_and_says_what_to_give(home, failures):
    from airflow.dag_processing.dagbag import DagBag

    dags = DagBag(str(DAGS)).dags  # read anew: in one process Airflow keeps the parameters of the run before
    run = dags["listen_tea"].test(run_conf={"since": "2026-10-05"})
    assert str(run.state) == "failed"
    told = dict(failures)
    assert "has 'since' and no 'until'" in told["plan"]
    assert told["outcome"].endswith(
        "Nothing was published. Clear the failed tasks to run them and what follows again."
    )


def test_when_every_source_fails_the_ledger_knows_and_the_run_fails(home, warehouse_url, monkeypatch):
    from airflow.dag_processing.dagbag import DagBag

    alone = SETTINGS.format(plugins=REPOSITORY / "plugins").replace("tea:", "mate:")
    alone = (
        alone.replace("forum.jsonl", "gone.jsonl")
        .replace("shop.jsonl", "gone.jsonl")
        .split("      moody:")[0]
    )
    (home / "alone.yaml").write_text(alone)
    monkeypatch.setenv("LISTENING_CONFIG", str(home / "alone.yaml"))
    run = DagBag(str(DAGS)).dags["listen_mate"].test(run_conf=WINDOW)
    assert str(run.state) == "failed"
    assert {ti.task_id: str(ti.state) for ti in run.get_task_instances()} == {
        "plan": "success", "extract": "failed", "curate": "skipped", "audit": "success", "publish": "success",
        "outcome": "failed",
    }  # fmt: skip
    query = "SELECT source, state FROM ops.coverage WHERE topic = 'mate' ORDER BY 1"
    assert rows(warehouse_url, query) == [("forum", "gap"), ("shop", "gap")]


def test_upkeep_runs_and_writes_the_quality_report(first, home, dags, warehouse_url):
    run = dags["upkeep"].test()
    assert str(run.state) == "success"
    assert "Data Docs" in (home / ".listening" / "quality" / "index.html").read_text()
    now = datetime.now(UTC)
    following = f"{now.year + now.month // 12}m{now.month % 12 + 1:02}"
    names = [
        name
        for (name,) in rows(warehouse_url, "SELECT relname FROM pg_class WHERE relname LIKE 'fct_mention_y%'")
    ]
    assert f"fct_mention_y{now.year}m{now.month:02}" in names
    assert f"fct_mention_y{following}" in names
