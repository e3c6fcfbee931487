"""The gate on a real PostgreSQL: what stops, what is put aside, what is written down."""

import json
import time
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from listening_etl.errors import ConfigError, QualityFailed, WarehouseUnavailable
from listening_etl.quality import Gate, build_docs, load_suite, raise_if_stopped, rows_for_warehouse, verdict
from listening_etl.warehouse.tables import quality_result

HORIZON = datetime(2026, 12, 1, tzinfo=UTC)
KPI_KEY = ("topic", "entity", "day", "source", "channel", "weighting")
CHECKED = datetime(2026, 11, 30, 12, tzinfo=UTC)

STAGE = """
CREATE UNLOGGED TABLE staging.mention (LIKE listening.fct_mention);
ALTER TABLE staging.mention ADD topic text, ADD raw text, ADD raw_row integer, ADD quarantine text;
ALTER TABLE staging.mention ALTER source DROP NOT NULL;
INSERT INTO staging.mention (mention_id, published_at, source, native_id, kind, channel, url, text, lang,
    version_at, first_fetched_at, fetched_at, content_hash, author_key, hashtags, links, rating, rating_scale,
    topic, raw, raw_row)
SELECT md5('m' || i)::uuid, timestamptz '2026-10-01 00:00Z' + i * interval '1 minute', 'forum', 'n' || i,
    'post', 'social', 'https://example.org/' || i, 'text ' || i, 'fr', timestamptz '2026-10-01 00:00Z', now(),
    now(), md5('h' || i)::uuid, md5('a' || i % 100)::uuid, '{}', '{}', i % 6, 5, 'kettles', 'raw/1.parquet', i
FROM generate_series(1, :rows) AS i
"""


def run(engine, sql, **parameters):
    with engine.begin() as connection:
        for statement in sql.split(";\n"):
            connection.execute(sa.text(statement), parameters)


def ids(engine, where):
    with engine.connect() as connection:
        return set(connection.scalars(sa.text(f"SELECT mention_id::text FROM staging.mention WHERE {where}")))


@pytest.fixture
def gate(warehouse):
    with Gate(warehouse.url) as gate:
        yield gate


@pytest.fixture
def stage(warehouse):
    return lambda rows: run(warehouse, STAGE, rows=rows)


def check_mentions(gate):
    return gate.check(
        load_suite("mention"), "mention", id_column="mention_id", where_parameters={"horizon": HORIZON}
    )


def failed(results):
    return {one.rule: one for one in results if not one.success}


def test_a_clean_batch_passes_every_check(gate, stage):
    stage(200)
    results = check_mentions(gate)
    assert failed(results) == {}
    assert [one.ordinal for one in results] == list(range(1, len(results) + 1))
    assert {one.rows for one in results} == {200, None}
    assert verdict(results).stops == []


def test_a_critical_failure_stops_with_rows_and_reason(gate, stage, warehouse):
    stage(200)
    run(warehouse, "UPDATE staging.mention SET source = NULL WHERE raw_row IN (7, 8)")
    results = check_mentions(gate)
    with pytest.raises(QualityFailed) as stopped:
        raise_if_stopped(results, "listen_kettles, run r1")
    said = str(stopped.value)
    assert said.startswith(
        "listen_kettles, run r1: mention M-4 (critical): every row names its source: 2 of 200 rows failed: "
    )
    for id_ in ids(warehouse, "raw_row IN (7, 8)"):
        assert f"{id_} (source null)" in said
    assert said.endswith("Nothing was published; ops.quality_result and `listening rejects` tell more.")


def test_exactly_the_failing_rows_are_put_aside_600_of_5000(gate, stage, warehouse, record_property):
    stage(5000)
    run(
        warehouse, "UPDATE staging.mention SET rating = 7 WHERE raw_row % 25 IN (1, 9, 17)"
    )  # 3/25 · 5000 = 600
    run(warehouse, "UPDATE staging.mention SET lat = 91 WHERE raw_row = 9")
    started = time.perf_counter()
    results = check_mentions(gate)
    record_property("seconds", time.perf_counter() - started)
    found = verdict(results)
    assert found.stops == []
    assert len(found.quarantined) == 600
    assert set(found.quarantined) == ids(warehouse, "rating = 7")
    (twice,) = ids(warehouse, "raw_row = 9")
    assert found.quarantined[twice] == [
        "M-22: rating is at most the best possible rating (rating_scale 5.0, rating 7.0)",
        "M-23: latitude lies between -90 and 90 degrees (lat 91.0)",
    ]
    one = failed(results)["M-22"]
    assert (one.rows, one.unexpected, len(one.unexpected_ids), len(one.examples)) == (5000, 600, 600, 20)
    raise_if_stopped(results, "nowhere")


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("published_at = '2027-01-01 00:00Z'", "M-17"),
        ("published_at = 'infinity'", "M-17"),
        ("published_at = '1989-12-31 23:59Z'", "M-18"),
        ("published_at = '0044-03-15 00:00Z BC'", "M-18"),
        ("version_at = '2027-01-01 00:00Z'", "M-19"),
        ("rating = -1", "M-20"),
        ("rating = NULL, rating_scale = 0", "M-21"),
        ("rating = 'NaN'", "M-22"),
        ("lon = -180.5", "M-24"),
        ("author_followers = -1", "M-25"),
        ("lang = 'french'", "M-26"),
        ("url = 'javascript:alert(1)'", "M-27"),
        ("text = repeat('é', 1000001)", "M-28"),
    ],
)
def test_each_row_check_names_its_row(gate, stage, warehouse, change, rule):
    stage(20)
    run(warehouse, f"UPDATE staging.mention SET {change} WHERE raw_row = 3")
    results = check_mentions(gate)
    found = failed(results)
    assert list(found) == [rule]
    assert set(found[rule].unexpected_ids) == ids(warehouse, "raw_row = 3")
    assert json.dumps(found[rule].result, allow_nan=False)
    assert len(found[rule].message) < 500


def test_what_checks_find_holds_no_words_which_a_deletion_would_have_to_find_there(gate, stage, warehouse):
    stage(20)
    run(warehouse, "UPDATE staging.mention SET title = repeat('Mots de Zoé ', 1000) WHERE raw_row = 3")
    run(warehouse, "UPDATE staging.mention SET url = 'mots-de-zoe' WHERE raw_row = 4")
    found = failed(check_mentions(gate))
    assert set(found) == {"M-27", "M-29"}
    assert [one["value"] for one in found["M-29"].examples] == [{"title": "12,000 characters"}]
    assert "mots" not in repr(found).lower()


def test_a_warning_is_written_down_and_stops_nothing(gate, stage, warehouse):
    stage(100)
    run(warehouse, "UPDATE staging.mention SET author_key = NULL WHERE raw_row <= 60")
    results = check_mentions(gate)
    found = verdict(results)
    assert (found.stops, found.quarantined) == ([], {})
    assert [one.rule for one in found.recorded] == ["M-32"]
    assert (found.recorded[0].rows, found.recorded[0].unexpected) == (100, 60)
    raise_if_stopped(results, "nowhere")


def test_a_share_that_is_allowed_is_counted(gate, stage, warehouse):
    stage(100)
    run(warehouse, "UPDATE staging.mention SET author_key = NULL WHERE raw_row <= 40")
    (one,) = (one for one in check_mentions(gate) if one.rule == "M-32")
    assert (one.success, one.unexpected, one.unexpected_ids) == (True, 40, ())
    assert one.message.endswith("holds but for 40 of 100 rows")


def test_the_same_mention_twice_stops(gate, stage, warehouse):
    stage(10)
    run(warehouse, "UPDATE staging.mention SET mention_id = md5('m1')::uuid WHERE raw_row = 2")
    assert [one.rule for one in verdict(check_mentions(gate)).stops] == ["M-14"]


@pytest.mark.parametrize("column", ["rating", "author_key", "raw"])
def test_a_missing_column_stops(gate, stage, warehouse, column):
    stage(10)
    run(warehouse, f"ALTER TABLE staging.mention DROP COLUMN {column}")
    stops = verdict(check_mentions(gate)).stops
    assert stops and all(one.on_failure == "stop" for one in stops)
    assert all("could not run" in one.message and column in one.message for one in stops)


def test_a_missing_table_is_an_error(gate):
    with pytest.raises(ConfigError, match=r'"staging.away" does not exist'):
        gate.check(load_suite("score"), "away")


@pytest.mark.parametrize(
    ("suite", "like"),
    [("score", "listening.fct_score"), ("mention_entity", "listening.bridge_mention_entity")]
    + [
        (f"kpi_{name}", f"kpi.{name}")
        for name in (
            "volume",
            "reach",
            "engagement",
            "share_of_voice",
            "net_sentiment",
            "response_rate",
            "response_time",
        )
    ],
)
def test_an_empty_table_says_so_and_passes(gate, warehouse, suite, like):
    run(warehouse, f"CREATE UNLOGGED TABLE staging.empty (LIKE {like})")
    found = verdict(gate.check(load_suite(suite), "empty"))
    assert (found.stops, found.quarantined) == ([], {})
    assert [one.check for one in found.recorded] == ["there is at least one row"]


def test_an_empty_batch_of_mentions_says_so_and_passes(gate, stage):
    stage(0)
    found = verdict(check_mentions(gate))
    assert (found.stops, found.quarantined) == ([], {})
    assert [one.rule for one in found.recorded] == ["M-1"]


def share_of_voice(warehouse, *cells):
    run(warehouse, "CREATE UNLOGGED TABLE staging.sov (LIKE kpi.share_of_voice)")
    insert = """
        INSERT INTO staging.sov (topic, entity, day, source, channel, weighting, value, n, low, high,
            coverage, definition, mentions)
        VALUES ('kettles', :entity, '2026-11-01', 'all', 'all', :weighting, :value, 10, :low, :high, 1,
            'share_of_voice/1', 5)"""
    for entity, weighting, value, low, high in cells:
        run(warehouse, insert, entity=entity, weighting=weighting, value=value, low=low, high=high)


def stops_of_sov(gate):
    return verdict(gate.check(load_suite("kpi_share_of_voice"), "sov", id_column=KPI_KEY)).stops


def test_shares_that_sum_to_1_pass(gate, warehouse):
    share_of_voice(
        warehouse,
        *(
            (entity, way, value, 0, 1)
            for entity, value in (("a", 0.6), ("b", 0.4))
            for way in ("each", "author", "story")
        ),
    )
    assert stops_of_sov(gate) == []


def test_shares_that_sum_to_more_than_1_stop(gate, warehouse):
    shares = (("a", 0.6), ("b", 0.5))  # 0.6 + 0.5 = 1.1
    share_of_voice(
        warehouse,
        *((entity, way, value, 0, 1) for entity, value in shares for way in ("each", "author", "story")),
    )
    (stop,) = stops_of_sov(gate)
    assert stop.check == "the shares of a day, source, channel and weighting sum to 1"
    assert stop.unexpected == 3
    assert sorted(round(one["value"]["total"], 9) for one in stop.examples) == [1.1, 1.1, 1.1]
    assert all(f"weighting {way}" in stop.message for way in ("each", "author", "story"))


def test_a_share_outside_its_interval_or_without_its_weighting_stops(gate, warehouse):
    share_of_voice(
        warehouse,
        ("a", "each", 1, 0.2, 0.9),
        ("a", "author", 1, 0.9, 1),
        ("a", "story", 1, 0.9, 1),
        ("b", "each", 0, 0, 0.1),
    )
    first, second = stops_of_sov(gate)
    assert "one row for each weighting" in first.message and "entity b" in first.message
    assert "high is below value" in second.message and "entity a" in second.message


def test_scores_off_their_scale_stop(gate, warehouse):
    run(warehouse, "CREATE UNLOGGED TABLE staging.score (LIKE listening.fct_score)")
    insert = """
        INSERT INTO staging.score (topic, mention_id, measure, scorer, version, label, value, confidence)
        VALUES ('kettles', md5(:id)::uuid, :measure, 'x', '1', :label, :value, :confidence)"""
    for id_, measure, label, value, confidence in (
        ("1", "sentiment", "positive", 1, 0.9),
        ("2", "sentiment", "great", 2, 1.5),
        ("3", "influence", None, 2, None),
        ("4", "addressed", "reply", None, None),
        ("5", "addressed", "positive", None, None),
        ("5", "addressed", "none", None, None),
    ):
        run(warehouse, insert, id=id_, measure=measure, label=label, value=value, confidence=confidence)
    stops = verdict(gate.check(load_suite("score"), "score", id_column="mention_id")).stops
    assert [(one.rule, one.unexpected) for one in stops] == [
        ("S-7", 2),
        ("S-8", 1),
        ("S-9", 1),
        ("S-10", 1),
        ("S-12", 1),
    ]


def test_results_go_to_the_warehouse_and_to_pages(gate, stage, warehouse, tmp_path):
    stage(30)
    run(warehouse, "UPDATE staging.mention SET lang = '<b>' WHERE raw_row = 3")
    rows = rows_for_warehouse("<run> 1/2", check_mentions(gate), CHECKED)
    with warehouse.begin() as connection:
        connection.execute(quality_result.insert(), rows)
        back = [dict(row) for row in connection.execute(sa.select(quality_result)).mappings()]
    index = build_docs(back, tmp_path / "docs")
    assert index == tmp_path / "docs" / "index.html"
    (page,) = (tmp_path / "docs" / "runs").iterdir()
    assert f'href="runs/{page.name}"' in index.read_text()
    for text in (index.read_text(), page.read_text()):
        assert "&lt;run&gt; 1/2" in text
        assert "<b>" not in text and "<run>" not in text
        assert "http://" not in text and "src=" not in text and "@import" not in text
    assert "lang &lt;b&gt;" in page.read_text()
    assert "2026-11-30 12:00:00 UTC" in page.read_text()
    build_docs(back, tmp_path / "docs")
    assert len(list((tmp_path / "docs").rglob("*"))) == 3


def test_no_run_yet_gives_a_page_that_says_so(tmp_path):
    assert "No run was checked yet." in build_docs([], tmp_path).read_text()


def test_a_gate_gives_its_connections_back(warehouse, stage):
    stage(5)
    with Gate(warehouse.url.render_as_string(hide_password=False)) as gate, Gate(warehouse.url) as other:
        assert len(check_mentions(gate)) == len(check_mentions(other))
    query = sa.text("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'listening-etl checks'")
    deadline = time.monotonic() + 10  # the server notices a moment later
    with warehouse.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while connection.scalar(query) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert connection.scalar(query) == 0


def test_a_server_that_is_away_asks_to_come_back_later_and_keeps_the_password():
    with pytest.raises(WarehouseUnavailable) as away:
        Gate("postgresql://listener:se$HOME-cret@localhost:1/listening")
    assert "cret" not in str(away.value)
    assert "connection" in str(away.value)


def test_what_the_caller_forgot_is_named(gate, stage):
    stage(1)
    with pytest.raises(ValueError, match="needs where_parameters horizon"):
        gate.check(load_suite("mention"), "mention", id_column="mention_id")
    with pytest.raises(ValueError, match="needs one id_column"):
        gate.check(load_suite("mention"), "mention", where_parameters={"horizon": HORIZON})
