"""Sources are asked what became of mentions: what was deleted loses its words, what changed is kept changed."""

import copy
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
import sqlalchemy as sa

from listening_etl import BudgetSpent, SourceUnavailable
from listening_etl.model import Window
from listening_etl.pipeline.recheck import recheck
from listening_etl.pipeline.replay import replay
from listening_etl.pipeline.run import run
from listening_etl.privacy import author_keys
from listening_etl.warehouse.engine import transaction
from tests.integration.wall import SETTINGS, told

PLUGIN = '''
from listening_etl import Author, Capabilities, Deletion, Mention, Options, hookimpl

POSTS, ASKED, TROUBLE = {}, [], []

class Wall:
    """Threads of a list held in memory. Made for tests."""
    name = "wall"
    options_type = Options
    capabilities = Capabilities(history=None, order="any", deletions="recheck")

    def fetch(self, options, slice, http):
        yield {"posts": list(POSTS.values())}

    def recheck(self, options, native_ids, http):
        ASKED.append(sorted(native_ids))
        for error in TROUBLE:
            raise error
        for id in native_ids:
            yield {"posts": [POSTS.get(id, {"id": id, "gone": True})]}

    def parse(self, item, options):
        return [
            Deletion(p["id"]) if "gone" in p else
            Mention(native_id=p["id"], text=p["text"], published_at=p["at"], updated_at=p.get("edited"), likes=p.get("likes"),
                    author=Author(handle=p["by"]) if "by" in p else None)
            for p in item["posts"]
        ]

@hookimpl
def listening_sources():
    return [Wall()]
'''
DAY = datetime(2026, 10, 2, tzinfo=UTC)
POSTS = {
    "did:plc:ana/1": {
        "id": "did:plc:ana/1",
        "text": "Une Acme, ravie",
        "at": "2026-10-02T01:00:00Z",
        "likes": 1,
    },
    "2": {"id": "2", "text": "Pareil ici", "at": "2026-10-02T02:00:00Z"},
    "3": {"id": "3", "text": "Acme : en panne", "at": "2026-10-02T03:00:00Z"},
}


class Clock:
    """Stands still until told."""

    def __init__(self):
        self.time = DAY + timedelta(days=1)

    def __call__(self):
        return self.time


@pytest.fixture
def wall(new_project, light_gate):
    return heard(new_project(SETTINGS, PLUGIN, now=Clock()))


def heard(context):
    memory(context)["POSTS"].update(copy.deepcopy(POSTS))
    run(context, Window(DAY, DAY + timedelta(days=1)))
    return context


def memory(context):
    return context.source("wall")[0].fetch.__globals__


def test_what_is_gone_loses_its_words_and_what_changed_is_kept_changed(wall):
    held = memory(wall)
    assert recheck(wall) == {"wall": {"asked": 0, "deleted": 0}}  # too fresh to be asked after
    wall.now.time += timedelta(days=2)
    del held["POSTS"]["3"]
    held["POSTS"]["did:plc:ana/1"] |= {
        "text": "Une Acme, très déçue",
        "edited": "2026-10-03T12:00:00Z",
        "likes": 9,
    }
    assert recheck(wall) == {"wall": {"asked": 3, "deleted": 1}}
    assert held["ASKED"] == [["3", "did:plc:ana/1"], ["2"]]  # by the platform's own ids; context apart
    mentions = "SELECT text, deleted_at IS NULL FROM listening.fct_mention ORDER BY published_at"
    assert told(wall, mentions) == [("Une Acme, très déçue", True), ("Pareil ici", True), (None, False)]
    assert told(wall, "SELECT likes FROM listening.fct_engagement ORDER BY fetched_at") == [(1,), (9,)]
    assert recheck(wall) == {"wall": {"asked": 0, "deleted": 0}}
    wall.now.time += timedelta(days=2)
    assert recheck(wall)["wall"]["asked"] == 2  # the deleted one is not asked after again


def test_what_did_not_change_stays_as_its_thread_told_it_and_its_counts_are_taken(wall):
    before = told(wall, "SELECT mention_id, content_hash, fetched_at FROM listening.fct_mention ORDER BY 1")
    wall.now.time += timedelta(days=2)
    memory(wall)["POSTS"]["did:plc:ana/1"] |= {"likes": 5}
    memory(wall)["POSTS"]["3"] |= {"text": "alone, it says less"}
    recheck(wall)
    assert (
        told(wall, "SELECT mention_id, content_hash, fetched_at FROM listening.fct_mention ORDER BY 1")
        == before
    )
    assert told(wall, "SELECT likes FROM listening.fct_engagement ORDER BY fetched_at") == [(1,), (5,)]


def test_context_that_is_gone_loses_its_words_too(wall):
    wall.now.time += timedelta(days=2)
    del memory(wall)["POSTS"]["2"]
    assert recheck(wall)["wall"] == {"asked": 3, "deleted": 1}
    assert told(wall, "SELECT count(*) FROM listening.fct_mention WHERE text = 'Pareil ici'") == [(0,)]


def test_a_recheck_says_nothing_of_coverage(wall):
    before = told(wall, "SELECT * FROM kpi.answered('kettles', '-infinity', 'infinity')")
    wall.now.time += timedelta(days=2)
    recheck(wall)
    assert told(wall, "SELECT * FROM kpi.answered('kettles', '-infinity', 'infinity')") == before
    assert told(wall, "SELECT count(*) FROM ops.coverage WHERE state = 'recheck'") == [(2,)]


def test_a_source_that_does_not_answer_is_asked_again_next_time(wall):
    wall.now.time += timedelta(days=2)
    memory(wall)["TROUBLE"].append(SourceUnavailable("the wall is down"))
    with pytest.raises(SourceUnavailable, match="the wall is down"):
        recheck(wall)
    memory(wall)["TROUBLE"].clear()
    assert recheck(wall)["wall"]["asked"] == 3


def test_public_tables_hold_no_id_that_names_an_account(wall):
    (public,) = [id for (id,) in told(wall, "SELECT native_id FROM listening.fct_mention") if len(id) == 32]
    assert "did:" not in public
    assert told(wall, "SELECT native_id FROM private.mention") == [("did:plc:ana/1",)]


def test_what_was_edited_before_we_last_heard_it_stays_as_it_was_told(wall):
    posts = memory(wall)["POSTS"]
    posts["3"] |= {"text": "Acme : en panne, encore", "edited": "2026-10-03T01:00:00Z"}
    wall.now.time += timedelta(hours=2)
    run(wall, Window(DAY, DAY + timedelta(days=1)))  # heard again, with its edit, in its thread
    before = told(wall, "SELECT mention_id, content_hash, fetched_at FROM listening.fct_mention ORDER BY 1")
    posts["3"] |= {"text": "alone, it says less"}
    wall.now.time += timedelta(days=2)
    posts["did:plc:ana/1"] |= {"text": "Une Acme, déçue", "edited": "2026-10-04T12:00:00Z"}
    recheck(wall)
    after = told(wall, "SELECT mention_id, content_hash, fetched_at FROM listening.fct_mention ORDER BY 1")
    assert len(set(before) - set(after)) == 1  # only the one that was edited since
    texts = "SELECT text FROM listening.fct_mention ORDER BY published_at"
    assert told(wall, texts) == [("Une Acme, déçue",), ("Pareil ici",), ("Acme : en panne, encore",)]
    ledger = "SELECT rows, mentions, outside FROM ops.coverage WHERE state = 'recheck' ORDER BY rows DESC"
    assert told(wall, ledger) == [(2, 1, 1), (1, 0, 1)]


def test_a_budget_that_is_spent_during_a_recheck_leaves_the_rest_for_the_next_day(wall):
    wall.now.time += timedelta(days=2)
    memory(wall)["TROUBLE"].append(BudgetSpent("the day's budget is spent"))
    assert recheck(wall) == {"wall": {"asked": 0, "deleted": 0}}
    memory(wall)["TROUBLE"].clear()
    memory(wall)["POSTS"].pop("3")
    assert recheck(wall) == {"wall": {"asked": 3, "deleted": 1}}


def ana_opts_out(context):
    (key,) = author_keys(pl.DataFrame({"author_id": [None], "author_handle": ["ana"], "author_name": [None]},
                                      schema_overrides={"author_id": pl.String, "author_name": pl.String}),
                         "wall", context.key)  # fmt: skip
    with transaction(context.url) as connection:
        out = sa.text("INSERT INTO private.opt_out (author_key, since) VALUES (CAST(:key AS uuid), now())")
        connection.execute(out, {"key": key.hex()})


def test_an_author_who_opted_out_takes_no_counts_of_others_away(wall):
    wall.now.time += timedelta(days=2)
    posts = memory(wall)["POSTS"]
    edit = {"text": "Une Acme, déçue", "edited": "2026-10-04T12:00:00Z", "likes": 9, "by": "ana"}
    posts["did:plc:ana/1"] |= edit
    posts["3"] |= {"likes": 5}
    ana_opts_out(wall)
    recheck(wall)
    assert told(wall, "SELECT likes FROM listening.fct_engagement ORDER BY likes") == [(1,), (5,)]


def test_a_replay_judges_what_a_recheck_brought_by_the_settings_of_today(wall, new_project):
    wall.now.time += timedelta(days=2)
    edits = {"1": "Une Acme, non, une Zenith", "3": "Acme : zut"}
    for id, text in edits.items():
        memory(wall)["POSTS"]["did:plc:ana/1" if id == "1" else id] |= {
            "text": text,
            "edited": "2026-10-03T12:00:00Z",
        }
    recheck(wall)
    funnel = "SELECT step, rule, records::int FROM ops.funnel WHERE records > 0 ORDER BY place, rule"
    assert told(wall, funnel) == [("received", None, 6), ("outside", None, 1), ("kept", None, 5)]
    rival = SETTINGS.replace(
        "    sources:", "      zenith: {role: competitor, names: [Zenith]}\n    sources:"
    )
    rival += "    filters:\n      min_length: {options: {characters: 9}}\n"
    later = new_project(rival, PLUGIN, now=wall.now)
    for _ in range(2):
        replay(later)
        found = "SELECT entity FROM listening.bridge_mention_entity WHERE match <> 'context' ORDER BY 1"
        assert told(later, found) == [("acme",), ("zenith",)]
        assert told(later, "SELECT text FROM ops.reject WHERE rule = 'min_length'") == [("Acme : zut",)]


def test_what_a_filter_refuses_of_an_author_who_opted_out_is_kept_without_their_words(
    new_project, light_gate
):
    dropping = "    filters:\n      query: {options: {drop: panne OR déçue}}\n"
    wall = new_project(SETTINGS + dropping, PLUGIN, now=Clock())
    upset = {"id": "5", "text": "Acme, très déçue", "at": "2026-10-02T04:00:00Z", "by": "ana"}
    memory(wall)["POSTS"].update({"3": POSTS["3"], "5": upset})
    reasons = "SELECT text, reason FROM ops.reject ORDER BY published_at"
    other = ("Acme : en panne", "by a query: it holds « panne »")
    run(wall, Window(DAY, DAY + timedelta(days=1)))
    assert told(wall, reasons) == [other, ("Acme, très déçue", "by a query: it holds « déçue »")]
    ana_opts_out(wall)
    replay(wall)
    assert told(wall, reasons) == [other, (None, "by a query")]
