"""A replay: what changed in the settings has its past at once, and no platform is asked."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import fsspec
import pytest

from listening_etl.model import Window
from listening_etl.pipeline.plan import catch_up
from listening_etl.pipeline.replay import packs, replay
from listening_etl.pipeline.run import run
from listening_etl.warehouse.checksums import checksums
from listening_etl.warehouse.engine import transaction
from tests.integration.wall import SETTINGS, told

PLUGIN = '''
"""Posts of a wall."""
from datetime import UTC, datetime, timedelta
from listening_etl import Author, Capabilities, Mention, Options, hookimpl

START = datetime(2026, 10, 1, tzinfo=UTC)
TEXTS = ["Acme fuit", "Zenith chauffe", "Acme et Zenith, même combat", "ma bouilloire Acme, -20 % avec le code ACME20",
         "la bouilloire de mamie"]
ASKED = []


class Wall:
    """Posts of a wall. Collects all; misses nothing."""
    name = "wall"
    options_type = Options
    capabilities = Capabilities(history=None, order="any", deletions="none")

    def fetch(self, options, slice, http):
        ASKED.append(slice.window)
        for n in range(20):
            yield {"id": n, "at": (START + timedelta(hours=6 * n)).isoformat(), "text": TEXTS[n % 5], "by": f"a{n}"}

    def parse(self, item, options):
        return Mention(native_id=str(item["id"]), text=item["text"], published_at=item["at"],
                       author=Author(handle=item["by"]))


@hookimpl
def listening_sources():
    return [Wall()]
'''
RIVAL = SETTINGS.replace("    sources:", "      zenith: {role: competitor, names: [Zenith]}\n    sources:")
FILTERED = RIVAL + "    filters:\n      min_length: {options: {characters: 12}}\n"
START = datetime(2026, 10, 1, tzinfo=UTC)
WINDOWS = [Window(START + timedelta(days=n), START + timedelta(days=n + 1)) for n in range(5)]
NOW = START + timedelta(days=9)


@pytest.fixture
def wall(new_project, light_gate):
    def build(settings, name="wall"):
        return new_project(settings, PLUGIN, now=lambda: NOW, name=name)

    return build


def tables(context):
    with transaction(context.url) as connection:
        found = checksums(connection)
    return {name: found[name] for name in found if name != "listening.dim_query"}  # it keeps every version


def asked(context):
    return context.source("wall")[0].fetch.__globals__["ASKED"]


def heard(context):
    for window in WINDOWS:
        run(context, window)
    return context


BY_ENTITY = """
    SELECT entity, sum(value)::int FROM kpi.volume
    WHERE source = 'all' AND weighting = 'each' GROUP BY entity ORDER BY entity
"""


def test_a_new_rival_has_a_past_without_asking_the_platform(wall):
    context = heard(wall(SETTINGS))
    assert told(context, BY_ENTITY) == [("acme", 12)]  # three texts in five name it, four times each
    calls = len(asked(context))
    later = wall(RIVAL)
    done = replay(later)
    assert (done.slices, done.left, len(done.days)) == (5, [], 5)
    assert len(asked(later)) == calls
    assert told(later, BY_ENTITY) == [("acme", 12), ("zenith", 8)]


def test_a_replay_gives_the_tables_that_these_settings_would_have_given_from_the_start(wall):
    context = heard(wall(SETTINGS))
    for settings in (RIVAL, FILTERED, SETTINGS, FILTERED):
        context = wall(settings)
        replay(context)
    again = tables(context)
    replay(context)
    assert tables(context) == again
    assert again == tables(heard(wall(FILTERED, "other")))
    assert told(context, "SELECT DISTINCT rule FROM ops.reject WHERE stage = 'filter'") == [("min_length",)]


def test_a_reject_says_what_the_filters_of_today_say(wall):
    heard(wall(FILTERED))
    replay(wall(FILTERED.replace("characters: 12", "characters: 13")))
    told_now = told(wall(FILTERED), "SELECT DISTINCT reason FROM ops.reject WHERE rule = 'min_length'")
    assert told_now == [("fewer than 13 letters and digits",)]


def test_versions_of_the_queries_are_kept_and_runs_name_theirs(wall):
    heard(wall(SETTINGS))
    replay(wall(RIVAL))
    versions = told(
        wall(RIVAL),
        "SELECT query_version, array_agg(entity ORDER BY entity) FROM listening.dim_query GROUP BY 1",
    )
    assert sorted(entities for _, entities in versions) == [["acme"], ["acme", "zenith"]]
    (newest,) = told(wall(RIVAL), "SELECT DISTINCT query_version FROM listening.bridge_mention_query")
    assert (newest[0], ["acme", "zenith"]) in versions
    assert {row[0] for row in told(wall(RIVAL), "SELECT query_version FROM ops.run")} == {
        v for v, _ in versions
    }


def test_what_has_no_raw_files_any_more_keeps_what_was_published(wall):
    context = heard(wall(SETTINGS))
    (raw,) = set(told(context, "SELECT raw FROM ops.coverage WHERE since = '2026-10-01 00:00+00'"))
    filesystem, path = fsspec.core.url_to_fs(raw[0])
    filesystem.rm_file(path)
    done = replay(wall(RIVAL))
    assert {one["reason"] for one in done.left} == {"raw files are gone: they are kept for 365 days"}
    assert told(context, BY_ENTITY)[0] == ("acme", 12)


def test_a_part_of_the_past_can_be_replayed(wall):
    heard(wall(SETTINGS))
    done = replay(wall(RIVAL), Window(START + timedelta(days=1), START + timedelta(days=2)))
    assert done.slices == 1
    assert told(wall(RIVAL), BY_ENTITY)[1][1] == 2  # Zenith, among the four posts of the second day


def test_a_replay_does_not_pass_for_having_asked_later_so_late_posts_are_still_asked_for(wall):
    settings = SETTINGS.replace("{channel: social}", "{channel: social, overlap: 3d}")
    heard(dataclasses.replace(wall(settings), now=lambda: START + timedelta(days=6)))
    context, today = wall(settings), Window(NOW - timedelta(days=1), NOW)
    before = catch_up(context, today)
    assert before[0].window.since == START + timedelta(days=3)  # younger posts may have come after we asked
    replay(context)
    assert catch_up(context, today) == before


def test_answers_are_packed_by_size_and_never_split():
    answers = [{"received": n} for n in (300_000, 150_000, 100_000, 700_000, 1)]
    assert [[a["received"] for a in pack] for pack in packs(answers)] == [
        [300_000, 150_000], [100_000], [700_000], [1],
    ]  # fmt: skip
