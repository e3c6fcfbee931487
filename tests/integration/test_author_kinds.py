"""From posts to kinds of authors in the warehouse: signs are counted, rules speak, only the label is stored."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
import sqlalchemy as sa

from listening_etl import PluginError
from listening_etl.model import Window
from listening_etl.pipeline import run
from listening_etl.warehouse import authors
from listening_etl.warehouse.engine import transaction

START = datetime(2026, 3, 10, tzinfo=UTC)
NOW = START + timedelta(days=3)
SETTINGS = """\
version: 1
topics:
  kettles:
    purpose: Hear of faults early.
    languages: [fr]
    start: 2026-03-10T00:00:00Z
    entities:
      torreo: {role: own, title: Torréo, names: [Torréo], handles: [torreo_help]}
      brio: {role: competitor, title: Brio, names: [Brio]}
    sources:
      forum: {plugin: invented, channel: social}
    scorers:
      influence: {}
      author_kind: {}
"""
PLUGIN = '''
from datetime import datetime
from listening_etl import Author, Capabilities, Mention, Options, hookimpl

# handle, name, followers, verified, link, texts; a minute apart from midnight, `clock` every ten seconds
PEOPLE = [
    ("torreo_help", "Torréo", 900, True, None, ["Bonjour, une panne de Torréo ?"]),
    ("ana", "Ana", 10, None, None, ["J’ai acheté une Torréo, elle fuit"]),
    ("bea", "Béa", 20, None, None, ["La Torréo de ma voisine fuit", "Torréo encore"]),
    ("vallee_info", "Vallée Info", 300, None, "https://www.vallee-info.example/{}", ["Torréo un", "Torréo deux", "Torréo trois"]),
    ("lea", "Léa, conseillère Torréo", 5, None, None, ["La Torréo X est en stock"]),
    ("tom", "Tom barista", 40, None, None, ["Ma Torréo de métier"]),
    ("clock", "Horloge", 40, None, None, [f"Torréo numéro {n}" for n in range(60)]),
]


class Invented:
    """Seven people."""

    name = "invented"
    options_type = Options
    capabilities = Capabilities(history=None, order="any", deletions="flagged")

    def fetch(self, options, slice, http):
        for who, (handle, *_, texts) in enumerate(PEOPLE):
            for n, text in enumerate(texts):
                seconds = 10 * n if handle == "clock" else 3600 * who + 60 * n * n
                at = datetime.fromisoformat("2026-03-10T08:00:00+00:00").timestamp() + seconds
                if slice.window.since.timestamp() <= at < slice.window.until.timestamp():
                    yield {"id": f"{handle}{n}", "at": at, "who": who, "text": text, "n": n}

    def parse(self, item, options):
        handle, name, followers, verified, link, _ = PEOPLE[item["who"]]
        author = Author(handle=handle, name=name, followers=followers, verified=verified)
        return Mention(native_id=item["id"], published_at=datetime.fromtimestamp(item["at"], tz=__import__("datetime").UTC),
                       text=item["text"], author=author, links=(link.format(item["n"]),) if link else ())


@hookimpl
def listening_sources():
    return [Invented()]
'''
WANTED = {
    "torreo_help": "brand",
    "ana": "consumer",
    "bea": None,
    "vallee_info": "media",
    "lea": "employee",
    "tom": "specialist",
    "clock": "bot",
}
KINDS = """
SELECT p.handle, a.kind, a.kind_detail, a.influence FROM listening.dim_author a JOIN private.author p USING (author_key)
"""


@pytest.fixture
def project(new_project, light_gate):
    context = new_project(SETTINGS, PLUGIN, now=lambda: NOW)
    for hours in (range(0, 72, 24), range(0, 72, 12)):  # cut in another way the second time
        cuts = [START + timedelta(hours=h) for h in (*hours, 72)]
        for since, until in pairwise(cuts):
            run.run(context, Window(since, until))
    return context


def rows(context, query):
    with transaction(context.url) as connection:
        return connection.execute(sa.text(query)).all()


def test_kinds_are_stored_with_the_rules_that_said_so(project):
    found = {row.handle: row for row in rows(project, KINDS)}
    assert {handle: row.kind for handle, row in found.items()} == WANTED
    assert found["ana"].kind_detail == {"rules": ["consumer: tells of a purchase"], "version": "1"}
    assert found["clock"].kind_detail["rules"] == [
        "bot: publishes faster than a person",
        "bot: publishes like clockwork",
    ]
    assert found["bea"].kind_detail == {"version": "1"}
    assert all(row.influence is not None for row in found.values())  # the other measure of authors goes on


def test_signs_are_counted_by_hand(project):
    with transaction(project.url) as connection:
        signs = authors.signs_of_source(connection, "forum")
        basic = authors.of_source(connection, "forum")
    assert signs["author_key"].to_list() == basic["author_key"].to_list()
    seen = {row["handle"]: row for row in signs.iter_rows(named=True)}
    clock, info = seen["clock"], seen["vallee_info"]
    assert (clock["moments"], clock["gap_p10_s"], clock["gap_median_s"], clock["gap_p90_s"]) == (
        60,
        10,
        10,
        10,
    )
    # minutes 0, 1 and 4: gaps of 60 and 180 s; p10 = 60 + 0.1 · 120, median = 120, p90 = 60 + 0.9 · 120
    assert (info["gap_p10_s"], info["gap_median_s"], info["gap_p90_s"]) == pytest.approx((72, 120, 168))
    assert (info["site"], info["site_mentions"]) == ("vallee-info.example", 3)
    assert (seen["ana"]["gap_median_s"], seen["ana"]["bought_mentions"], seen["bea"]["bought_mentions"]) == (
        None,
        1,
        0,
    )
    assert (seen["torreo_help"]["own_mentions"], seen["ana"]["own_mentions"]) == (1, 0)
    assert seen["ana"]["brands"] == ["Brio", "Torréo"]


def test_names_stay_private(project):
    (told,) = rows(project, "SELECT string_agg(kind_detail::text, ' ') AS all FROM listening.dim_author")
    for name in ("Léa", "barista", "Horloge", "vallee"):
        assert name not in told.all


def test_volume_by_kind_adds_up_to_volume(project):
    split = rows(
        project,
        "SELECT entity, day, sum(mentions) AS n, sum(authors) AS a FROM listening.volume_by_kind GROUP BY 1, 2",
    )
    volume = rows(project, "SELECT entity, day, weighting, n FROM kpi.volume WHERE source = 'all' AND n > 0")
    assert {(r.entity, r.day, r.n) for r in split} == {
        (r.entity, r.day, r.n) for r in volume if r.weighting == "each"
    }
    assert {(r.entity, r.day, r.a) for r in split} == {
        (r.entity, r.day, r.n) for r in volume if r.weighting == "author"
    }
    kinds = rows(project, "SELECT kind, mentions FROM listening.volume_by_kind ORDER BY kind")
    assert [tuple(row) for row in kinds] == [
        ("bot", 60), ("consumer", 1), ("employee", 1), ("media", 3), ("specialist", 1), ("unknown", 2),
    ]  # fmt: skip


def test_a_measure_without_a_column_is_refused(warehouse):
    judged = pl.DataFrame(
        {"author_key": ["a"], "label": ["x"], "value": [None], "detail": [None], "version": ["1"]}
    )
    with (
        warehouse.connect() as connection,
        pytest.raises(PluginError, match=r"no place for the measure 'authr_kind'.*author_kind"),
    ):
        authors.store(connection, "authr_kind", "forum", judged)


def test_what_is_no_longer_said_is_forgotten(project):
    with transaction(project.url) as connection:
        nothing = pl.DataFrame(
            schema={
                "author_key": pl.String,
                "label": pl.String,
                "value": pl.Float64,
                "detail": pl.String,
                "version": pl.String,
            }
        )
        authors.store(connection, "author_kind", "forum", nothing)
    assert {(row.kind, row.kind_detail) for row in rows(project, KINDS)} == {(None, None)}
    assert all(row.influence is not None for row in rows(project, KINDS))
