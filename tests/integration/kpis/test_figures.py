"""What the KPIs share: coverage, intervals, definitions, staging and swapping; and the view for people."""

from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import sqlalchemy as sa

from listening_etl.errors import ConfigError
from listening_etl.statistics import intervals
from listening_etl.warehouse import figures, tables

PARIS = ZoneInfo("Europe/Paris")
DAY, NEXT, AFTER = date(2026, 3, 10), date(2026, 3, 11), date(2026, 3, 12)


def test_coverage_is_the_answered_share_of_the_day(world):
    assert world.covered() == {"forum": 1, "bird": 0.5, "all": 0.75}
    assert world.covered(NEXT) == {"forum": 1, "bird": 1, "all": 1}
    assert world.covered(AFTER) == {}
    volume = world.figure("volume")
    shares = [volume["aqua", DAY, source, "each"].coverage for source in ("forum", "bird", "all")]
    assert shares == [1, 0.5, 0.75]


@pytest.mark.parametrize(
    "cuts", [["00:00", "24:00"], ["00:00", "12:00", "24:00"], ["00:00", "07:07", "07:08", "24:00"]]
)
def test_coverage_does_not_depend_on_how_the_day_was_cut(empty, cuts):
    empty.load([empty.slice_row("forum", empty.paris(a), empty.paris(b)) for a, b in pairwise(cuts)])
    assert empty.covered() == {"forum": 1, "all": 1}


def test_coverage_counts_only_what_was_asked_for(empty):
    # asked until 06:00, of which 00:00-04:30 was answered twice over: 4.5 / 6
    empty.load([
        empty.slice_row("forum", empty.paris("-12:00"), empty.paris("03:00")),
        empty.slice_row("forum", empty.paris("02:00"), empty.paris("04:30")),
        empty.slice_row("forum", empty.paris("04:30"), empty.paris("06:00"), "gap"),
    ])  # fmt: skip
    assert empty.covered() == {"forum": 0.75, "all": 0.75}
    assert empty.covered(date(2026, 2, 28)) == {}  # before the topic's start


def test_coverage_of_the_day_when_the_clocks_change_has_23_hours(empty):
    change = date(2026, 3, 29)
    noon, end = datetime(2026, 3, 29, 12, tzinfo=PARIS), datetime(2026, 3, 30, tzinfo=PARIS)
    empty.load([
        empty.slice_row("forum", empty.paris("00:00", change), noon),
        empty.slice_row("forum", noon, end, "gap"),
    ])  # fmt: skip
    assert empty.covered(change)["forum"] == pytest.approx(11 / 23)


def test_sql_and_numpy_give_the_same_intervals(world):
    numbers = [0, 1, 2, 3, 5, 6, 7, 10, 25, 99, 100, 12_345, 10_000_000]
    for n in numbers:
        same(world.connection, "poisson", intervals.byar_poisson(n), "CAST(:n AS bigint)", n=n)
        same(world.connection, "median", intervals.median_ranks(n), "CAST(:n AS bigint)", suffix="_rank", n=n)
        for k in {0, n // 3, n // 2, n}:
            same(
                world.connection,
                "wilson",
                intervals.wilson(k, n),
                "CAST(:k AS bigint), CAST(:n AS bigint)",
                k=k,
                n=n,
            )
            same(world.connection, "vote", intervals.votes(k / 3, k, n), VOTES, s1=k / 3, s2=k, n=n)
            same(world.connection, "vote", intervals.votes(-k, k, n), VOTES, s1=-k, s2=k, n=n)
            same(world.connection, "sum", intervals.compound_poisson_sum(n, k), SUM, total=n, squares=k)


VOTES = "CAST(:s1 AS numeric), CAST(:s2 AS numeric), CAST(:n AS bigint)"
SUM = "CAST(:total AS numeric), CAST(:squares AS numeric)"


def same(connection, name, expected, arguments, suffix="", **values):
    if suffix and not values["n"]:
        return  # there is no rank among no values
    for end, wanted in expected._asdict().items():
        found = connection.scalar(sa.text(f"SELECT kpi.{name}_{end}{suffix}({arguments})"), values)
        assert (np.nan if found is None else found) == pytest.approx(
            wanted, rel=1e-12, abs=1e-12, nan_ok=True
        )


@pytest.mark.parametrize("kpi", figures.KPI_NAMES)
def test_a_kpi_file_gives_the_columns_of_its_table_and_cites_its_definition(world, kpi):
    definition, _ = figures.parse(figures.FOLDER / f"{kpi}.sql")
    asked = {"topic": "kettles", "days": [DAY], "since": world.paris("00:00"), "until": world.paris("24:00")}
    found = world.connection.execute(figures.body(kpi), asked)
    assert set(found.keys()) == {column.name for column in figures.KPI_TABLES[kpi].columns}
    assert {row.definition for row in found} == {definition.definition}
    assert definition.definition.startswith(f"{kpi}/")


@pytest.mark.parametrize("kpi", figures.KPI_NAMES)
def test_figures_do_not_depend_on_the_order_of_the_rows(world, kpi):
    first = world.figure(kpi, DAY, NEXT)
    world.clear()
    world.load(order=lambda rows: rows[::-1])
    assert world.figure(kpi, DAY, NEXT) == first


@pytest.mark.parametrize("kpi", figures.KPI_NAMES)
def test_days_asked_together_or_alone_give_the_same_rows(world, kpi):
    together = world.figure(kpi, DAY, NEXT, AFTER)
    assert together == world.figure(kpi, DAY) | world.figure(kpi, NEXT) | world.figure(kpi, AFTER)


@pytest.mark.parametrize("kpi", figures.KPI_NAMES)
def test_swap_replaces_the_days_asked_and_no_others(world, kpi):
    days, table = (DAY, NEXT), figures.KPI_TABLES[kpi]
    for _ in range(2):
        figures.compute(world.connection, kpi, "kettles", days, "staging.figures_of_a_run")
        figures.swap(world.connection, kpi, "kettles", days, "staging.figures_of_a_run")
    before = world.connection.execute(sa.select(table).order_by(*table.primary_key)).all()
    assert before
    figures.compute(world.connection, kpi, "kettles", (NEXT,), "staging.figures_of_a_run")
    figures.swap(world.connection, kpi, "kettles", (NEXT,), "staging.figures_of_a_run")
    assert world.connection.execute(sa.select(table).order_by(*table.primary_key)).all() == before


def test_a_staging_name_that_needs_quotes_is_quoted(world):
    assert figures.compute(world.connection, "volume", "kettles", [DAY], 'staging.a "b"; drop') == 21
    assert world.connection.scalar(sa.text('SELECT count(*) FROM staging."a ""b""; drop"')) == 21


def test_days_are_bounded_in_the_zone_of_the_topic(world):
    assert figures.day_bounds(world.connection, "kettles", [NEXT, DAY]) == (
        world.paris("00:00"),
        world.paris("48:00"),
    )
    with pytest.raises(ConfigError, match="topic 'toasters' is not in the warehouse"):
        figures.day_bounds(world.connection, "toasters", [DAY])


def test_definitions_are_stored_once(world):
    figures.store_definitions(world.connection)
    figures.store_definitions(world.connection)
    stored = world.connection.execute(sa.select(tables.definition)).all()
    assert sorted(row.kpi for row in stored) == sorted(figures.KPI_NAMES)


def test_a_file_without_a_header_line_is_refused_by_name(tmp_path):
    whole = (figures.FOLDER / "volume.sql").read_text("utf-8")
    path = tmp_path / "volume.sql"
    path.write_text(whole.replace("-- unit:", "-- units:"), "utf-8")
    with pytest.raises(ConfigError, match=r"volume\.sql: the header has no line '-- unit: …'"):
        figures.parse(path)


def test_every_file_is_a_table_and_every_table_a_file():
    assert sorted(path.stem for path in figures.FOLDER.glob("*.sql")) == sorted(figures.KPI_NAMES)
    assert [definition.kpi for definition in figures.definitions()] == list(figures.KPI_NAMES)


def test_the_view_for_people_has_one_row_a_mention(world):
    rows = {row.text: row for row in world.connection.execute(sa.text("SELECT * FROM listening.mention"))}
    assert sorted(rows) == sorted(name for name in world.mentions if "deleted" not in name)
    both, named, brand = rows["m9"], rows["m1"], rows["r6"]
    assert (both.topic, both.entities, both.day, both.sentiment) == ("kettles", ["aqua", "brio"], DAY, None)
    assert (named.sentiment, named.likes, named.replies, named.reshares) == ("positive", 3, 1, None)
    assert (named.owned, brand.owned, named.followers, rows["m7"].followers) == (False, True, 1_000, None)
    assert rows["m13"].day == NEXT


def test_every_function_has_a_comment(world):
    bare = sa.text(
        "SELECT oid::regprocedure FROM pg_proc WHERE obj_description(oid, 'pg_proc') IS NULL"
        " AND pronamespace IN ('kpi'::regnamespace, 'listening'::regnamespace)"
    )
    assert world.connection.scalars(bare).all() == []
