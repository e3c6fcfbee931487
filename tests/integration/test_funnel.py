"""The funnel adds up, and says what each filter took, whatever happens to a window after its first run."""

import copy
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from listening_etl import presentation
from listening_etl.errors import ConfigError
from listening_etl.model import Window
from listening_etl.pipeline.audit import audit
from listening_etl.pipeline.curate import curate
from listening_etl.pipeline.extract import extract
from listening_etl.pipeline.plan import plan
from listening_etl.pipeline.publish import publish
from listening_etl.pipeline.recheck import recheck
from listening_etl.warehouse import reading
from listening_etl.warehouse.engine import transaction
from tests.integration import test_recheck as walls
from tests.integration.wall import TOPIC

SETTINGS = (
    TOPIC
    + """\
      kettlia: {role: own, names: [Kettlia]}
    sources:
      shop: {plugin: file, channel: review, options: &how {path: shop.csv, columns: {native_id: id,
             published_at: at, text: text, lang_declared: lang, author.handle: by, rating: rating}, values: {rating_scale: 5}}}
      forum: {plugin: file, channel: web, options: {<<: *how, path: forum.csv}}
    filters:
      language: {options: {languages: [fr]}}
      min_length: {options: {characters: 12}}
      blocked_authors: {options: {handles: [promo]}}
"""
)
SHOP = """id,at,lang,by,text,rating
1,2026-10-02T08:00:00Z,fr,ana,Ma Kettlia chauffe vite,
2,2026-10-02T09:00:00Z,de,bo,Meine Kettlia ist kaputt,
3,2026-10-02T09:00:00Z,de,bo,Kettlia <script>alert('ach')</script> noch eine,
4,2026-10-02T10:00:00Z,fr,cy,Kettlia bof,
5,2026-10-02T10:00:00,fr,cy,Kettlia sans fuseau,
6,2026-10-09T10:00:00Z,fr,cy,Kettlia une semaine après,
7,2026-10-02T11:00:00Z,fr,di,Une cafetière sans histoire,
8,2026-10-02T12:00:00Z,fr,di,"Kettlia, neuf sur cinq",9
1,2026-10-02T08:00:00Z,fr,ana,Ma Kettlia chauffe vite,
"""
FORUM = """id,at,lang,by,text,rating
a,2026-10-02T08:00:00Z,fr,promo,Kettlia : -20 % chez nous,
b,2026-10-02T08:30:00Z,de,promo,Kettlia zum halben Preis,
c,2026-10-02T09:00:00Z,fr,eva,Kettlia ou bouilloire ?,
d,hier,fr,eva,"Kettlia, où ?",
"""
DAY = datetime(2026, 10, 2, tzinfo=UTC)
WINDOW = Window(DAY, DAY + timedelta(days=1))
ORDER = ("language", "min_length", "blocked_authors")
# of shop, 9 rows: 2 and 3 are German, 4 is short ("Kettlia bof" has 11 characters), 5 has no zone, 6 is of another
# day, 7 is about nothing, 8 is rated above the best, one of the two 1s is a copy of the other. Of forum, 4 rows: a is
# blocked, b is German before it is blocked, d has no time.
EXPECTED = {
    "shop": [9, 1, 0, 1, 0, 1, {"language": 2, "min_length": 1, "blocked_authors": 0}, 0, 1, 1, 1],
    "forum": [4, 1, 0, 0, 0, 0, {"language": 1, "min_length": 0, "blocked_authors": 1}, 0, 0, 0, 1],
    "all": [13, 2, 0, 1, 0, 1, {"language": 3, "min_length": 1, "blocked_authors": 1}, 0, 1, 1, 2],
}
STEPS = ("received", "malformed", "skipped", "outside", "deletions", "unmatched", "filter", "opted_out", "duplicates",
         "quarantined", "kept")  # fmt: skip


def listen(context):
    """A run up to its publication: the funnel needs no figures."""
    receipts = [
        receipt for slice in plan(context, WINDOW) for receipt in curate(context, extract(context, slice))
    ]
    publish(context, audit(context, receipts))


def read(context, function, *words, **more):
    with transaction(context.url) as connection:
        return function(connection, "kettles", *words, **more)


def execute(context, statement):
    with transaction(context.url) as connection:
        connection.execute(sa.text(statement))


def told(context):
    """By source the records of each step, in order; of the filters, by name; and a proof that they add up."""
    found = {}
    for row in read(context, reading.funnel, ORDER):
        steps = found.setdefault(row["source"], dict.fromkeys(STEPS, 0) | {"filter": {}})
        if row["step"] == "filter":
            steps["filter"][row["rule"]] = row["records"]
        else:
            steps[row["step"]] = row["records"]
    for steps in found.values():
        taken = [sum(n.values()) if isinstance(n, dict) else n for n in steps.values()]
        assert taken[0] == sum(taken[1:])
    return {source: list(steps.values()) for source, steps in found.items()}


@pytest.fixture
def heard(new_project, light_gate, tmp_path):
    """A project of two files, run once; call it for other settings."""

    def again(settings=SETTINGS):
        context = new_project(settings, now=lambda: DAY + timedelta(days=10))
        (tmp_path / "project" / "shop.csv").write_text(SHOP)
        (tmp_path / "project" / "forum.csv").write_text(FORUM)
        listen(context)
        return context

    return again


def test_it_adds_up_and_says_what_each_filter_took(heard):
    context = heard()
    assert told(context) == EXPECTED
    rows = read(context, reading.funnel, ORDER)
    assert [(r["step"], r["rule"]) for r in rows[:9]] == [
        *((step, None) for step in STEPS[:6]),
        *(("filter", name) for name in ORDER),
    ]
    listen(context)
    assert told(context) == EXPECTED


def test_other_settings_replace_what_the_filters_took(heard):
    heard()
    looser = SETTINGS.replace("      min_length: {options: {characters: 12}}\n", "").replace(
        "[fr]}}", "[de, fr]}}"
    )
    filters = told(heard(looser))["all"][6]
    assert filters == {"language": 0, "blocked_authors": 2}
    stricter = looser.replace(
        "blocked_authors", "min_length: {options: {characters: 99}}\n      blocked_authors"
    )
    filters = told(heard(stricter))["all"][6]
    assert filters == {"language": 0, "min_length": 8, "blocked_authors": 0}  # the copy too; 8 has a rating


def test_rows_of_an_older_version_say_that_the_filter_is_not_recorded(heard):
    context = heard()
    execute(context, "UPDATE ops.coverage SET filtered_by = NULL WHERE source = 'shop'")
    found = told(context)
    assert found["shop"][6] == {"(not recorded)": 3}
    assert found["forum"] == EXPECTED["forum"]
    assert found["all"][6] == {"language": 1, "min_length": 0, "blocked_authors": 1, "(not recorded)": 3}


def test_who_opts_out_leaves_the_sum_right(heard):
    context = heard()
    execute(context, "INSERT INTO private.opt_out (author_key, since) "
            "SELECT author_key, now() FROM listening.fct_mention WHERE native_id = '1'")  # fmt: skip
    listen(context)
    assert told(context)["shop"] == [9, 1, 0, 1, 0, 1, EXPECTED["shop"][6], 2, 0, 1, 0]


def test_a_recheck_that_tells_nothing_new_takes_its_filtered_back(new_project, light_gate):
    clock = walls.Clock()
    context = new_project(walls.SETTINGS, walls.PLUGIN, now=clock)
    held = walls.memory(context)["POSTS"]
    held.update(copy.deepcopy(walls.POSTS))
    listen(context)
    held["3"] |= {"text": "Acme : en panne, encore", "edited": "2026-10-03T12:00:00Z"}
    clock.time += timedelta(days=2)
    listen(context)
    filters = "    filters:\n      min_length: {options: {characters: 99}}\n"
    stricter = new_project(walls.SETTINGS + filters, walls.PLUGIN, now=clock)
    walls.memory(stricter)["POSTS"].update(copy.deepcopy(held))
    clock.time += timedelta(minutes=1)
    recheck(stricter)
    (of_recheck,) = walls.told(
        context,
        "SELECT filtered, filtered_by, outside FROM ops.coverage WHERE state = 'recheck' AND query = 'recheck'",
    )
    assert of_recheck == (0, {"min_length": 0}, 2)  # one not edited since, one that a run had told already
    assert told(stricter)["wall"][6] == {"min_length": 0}


def test_the_page_holds_the_figures_and_no_script(heard):
    context = heard()
    page = read(context, presentation.funnel_page, "Bouilloires <b>&", ORDER, each=1)
    assert "<script" not in page
    assert "Kettlia &lt;script&gt;alert(&#39;ach&#39;)&lt;/script&gt; noch eine" in read(
        context, presentation.funnel_page
    )
    assert "Bouilloires &lt;b&gt;&amp;: from 13 records to 2 mentions" in page
    assert (
        "13 records came. Taken away, in this order: malformed 2 (15.4 %), outside 1 (7.7 %), unmatched 1 (7.7 %), "
        "filter language 3 (23.1 %), filter min_length 1 (7.7 %), filter blocked_authors 1 (7.7 %), "
        "duplicates 1 (7.7 %), quarantined 1 (7.7 %). What is left: 2 mentions (15.4 %)."
    ) in page
    assert "1 of 3" in page
    assert "blocked_authors" in page.split("By source")[1].split("Every step")[0]
    assert "http" not in page.replace("http-equiv", "")
    assert read(context, presentation.funnel_page, "Bouilloires <b>&", ORDER, each=1) == page


def test_lines_tell_each_source_apart(heard, capsys):
    context = heard()
    read(context, presentation.funnel, ORDER, by_source=True)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "Funnel 13 records came, 2 are mentions (15.4 %)" in lines
    assert "forum 4 records came, 1 are mentions (25.0 %)" in lines
    assert f"filter language -3 23.1 % {'█' * 20}{'░' * 10}" in lines  # of 44: 6 of 13 are left, 3 taken
    assert f"mentions 2 15.4 % {'█' * 7}" in lines


def test_rejects_of_a_filter_are_drawn_by_the_seed(heard):
    context = heard()
    german = read(context, reading.rejects, "filter", 10, "language")
    assert {row["text"] for row in german} >= {"Meine Kettlia ist kaputt", "Kettlia zum halben Preis"}
    assert len(german) == 3
    assert read(context, reading.rejects, "filter", 2, "language") == german[:2]
    execute(context, "WITH gone AS (DELETE FROM ops.reject RETURNING *) INSERT INTO ops.reject SELECT * FROM gone "
            "ORDER BY text DESC")  # fmt: skip
    assert read(context, reading.rejects, "filter", 10, "language") == german
    orders = {tuple(row["id"] for row in read(context, reading.rejects, None, 10, seed=s)) for s in "abcdef"}
    assert len(orders) > 1
    drawn = read(context, reading.thrown_away, 2)
    assert {(r["step"], r["rule"]): r["held"] for r in drawn} == {
        ("malformed", None): 2,
        ("unmatched", None): 1,
        ("duplicates", None): 1,
        ("quarantined", None): 1,
        ("filter", "language"): 3,
        ("filter", "min_length"): 1,
        ("filter", "blocked_authors"): 1,
    }
    assert [r["id"] for r in drawn if r["rule"] == "language"] == [row["id"] for row in german[:2]]


def test_a_mention_is_found_by_its_id_its_first_digits_or_the_id_of_its_platform(heard):
    context = heard()
    kept = read(context, reading.mention, "shop:1")
    assert (kept["state"], kept["native_id"], kept["kind"], kept["reject"]) == ("kept", "1", "review", None)
    assert (kept["text"], kept["hashtags"], kept["likes"]) == ("Ma Kettlia chauffe vite", [], None)
    (about,) = kept["entities"]
    assert (about["entity"], about["match"], about["evidence"]) == ("kettlia", "named", "Kettlia")
    whole = str(kept["mention_id"])
    assert read(context, reading.mention, whole) == read(context, reading.mention, whole[:8].upper()) == kept
    short = read(context, reading.mention, "shop:4")
    assert (short["state"], short["source"], short["text"]) == ("filter", "shop", "Kettlia bof")
    assert (short["reject"]["rule"], short["reject"]["raw_row"]) == ("min_length", 3)
    nine = read(context, reading.mention, "shop:8")
    assert (nine["state"], nine["text"], nine["rating"]) == ("quarantined", "Kettlia, neuf sur cinq", 9)
    assert nine["reject"]["reason"].startswith("M-22")
    (unread,) = read(context, reading.rejects, "malformed", 1)
    assert read(context, reading.mention, unread["id"])["reject"]["reason"] == unread["reason"]


def test_no_mention_or_several_is_an_error_that_says_what_to_do(heard):
    context = heard()
    with pytest.raises(ConfigError, match="no mention 'shop:99'"):
        read(context, reading.mention, "shop:99")
    with pytest.raises(ConfigError, match="'1234567' is no id of a mention"):
        read(context, reading.mention, "1234567")
    execute(context, """
        INSERT INTO ops.reject (topic, reject_id, stage, reason, source, raw, raw_row)
        SELECT 'kettles', ('aaaaaaaa-0000-4000-8000-00000000000' || n)::uuid, 'malformed', '', 'shop', '', n
        FROM generate_series(1, 2) n""")  # fmt: skip
    with pytest.raises(
        ConfigError, match=r"several mentions begin with 'aaaaaaaa'.*Write more digits: aaaaaaaa-0000"
    ):
        read(context, reading.mention, "aaaaaaaa")


def test_a_topic_that_was_never_run_has_no_page(new_project, light_gate):
    context = new_project(SETTINGS, now=lambda: DAY)
    with pytest.raises(ConfigError, match="nothing was heard yet"):
        read(context, presentation.funnel_page)
