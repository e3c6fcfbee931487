"""Context comes with its thread and counts nowhere; what was deleted leaves its words nowhere."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from listening_etl.model import Window
from listening_etl.pipeline.run import run
from listening_etl.warehouse.checksums import checksums
from listening_etl.warehouse.engine import transaction
from tests.integration.wall import TOPIC, told

PLUGIN = '''
from datetime import UTC, datetime
from listening_etl import Author, Capabilities, Deletion, Item, Media, Mention, Options, hookimpl

THREADS: list = []

class Square:
    """Threads of a list held in memory. Made for tests."""
    name = "square"
    options_type = Options
    capabilities = Capabilities(history=None, order="any", deletions="streamed")

    def fetch(self, options, slice, http):
        for fetched_at, thread in THREADS:
            yield Item({"thread": thread}, fetched_at=fetched_at)

    def parse(self, item, options):
        return [
            Deletion(p["id"], p["deleted"]) if "deleted" in p else
            Mention(native_id=p["id"], text=p["text"], published_at=p["at"], in_reply_to=p.get("to"), title=p.get("title"),
                    conversation_id="t", deleted_at=p.get("flagged"), updated_at=p.get("edited"),
                    url=p.get("url"), links=p.get("links", ()),
                    media=[Media(url=url, alt_text=p["alt"]) for url in p.get("media", ())], author=Author(handle=p["by"]))
            for p in item["thread"]
        ]

@hookimpl
def listening_sources():
    return [Square()]
'''
SETTINGS = (
    TOPIC
    + """\
      acme: {role: own, names: [Acme], handles: [acme_aide]}
    sources:
      square: {channel: social}
    filters:
      min_length: {options: {characters: 6}}
    scorers:
      influence: {}
"""
)
DAY = datetime(2026, 10, 2, tzinfo=UTC)
WINDOW = Window(DAY, DAY + timedelta(days=1))


def post(id, text, hour, **more):
    return {
        "id": id,
        "text": text,
        "at": (DAY + timedelta(hours=hour)).isoformat(),
        "by": f"auteur_{id}",
        **more,
    }


QUESTION = post("1", "Quelqu'un a une bonne bouilloire ?", -30)
NAMED = post("2", "La mienne est une Acme, jamais en panne", 1, to="1")
SAME = post("3", "Pareil ici, un régal", 2, to="2")
ELSEWHERE = post("9", "Rien à voir avec tout cela", 3)


@pytest.fixture
def world_of(new_project, light_gate):
    """Call it for a project with an empty warehouse of its own."""

    def build(name="square", settings=SETTINGS):
        return new_project(settings, PLUGIN, now=lambda: DAY + timedelta(days=3), name=name)

    return build


@pytest.fixture
def square(world_of):
    return world_of()


def hear(context, threads, *, at=DAY + timedelta(days=2)):
    context.source("square")[0].fetch.__globals__["THREADS"][:] = [(at, thread) for thread in threads]
    return run(context, WINDOW)


def test_what_stands_in_the_thread_of_a_mention_is_context_and_counts_nowhere(square):
    hear(square, [[QUESTION, NAMED, SAME], [ELSEWHERE]])
    matches = told(square, "SELECT m.native_id, b.match FROM listening.fct_mention m "
                           "JOIN listening.bridge_mention_entity b USING (mention_id) ORDER BY 1")  # fmt: skip
    assert matches == [("1", "context"), ("2", "named"), ("3", "context")]
    assert told(square, "SELECT native_id, context FROM listening.mention ORDER BY 1") == [
        ("1", True), ("2", False), ("3", True),
    ]  # fmt: skip
    counted = (
        "SELECT sum(value) FROM kpi.volume WHERE entity = 'acme' AND source = 'all' AND weighting = 'each'"
    )
    assert told(square, counted) == [(1.0,)]
    ledger = "SELECT rows, mentions, unmatched, outside FROM ops.coverage"
    assert told(square, ledger) == [
        (4, 3, 1, 0)
    ]  # the question is of the day before, and comes with its thread


def test_who_wrote_context_alone_has_no_influence_and_gives_none(square):
    influence = (
        "SELECT handle, influence FROM listening.dim_author JOIN private.author USING (author_key) ORDER BY 1"
    )
    hear(square, [[QUESTION, NAMED, SAME]])
    assert told(square, influence) == [("auteur_1", None), ("auteur_2", 0.5), ("auteur_3", None)]  # alone
    named = {**SAME, "text": "Pareil, vive Acme !"}
    hear(square, [[QUESTION, NAMED, named]], at=DAY + timedelta(days=2, hours=1))
    # two authors: auteur_2 got a reply that counts, PageRank 0.75 and 0.25; equal in how much they say of it, 0.5
    # and 0.5; the rest is unknown: (0.2 * 0.75 + 0.1 * 0.5) / 0.3 and (0.2 * 0.25 + 0.1 * 0.5) / 0.3
    assert told(square, influence) == [
        ("auteur_1", None),
        ("auteur_2", pytest.approx(2 / 3)),
        ("auteur_3", pytest.approx(1 / 3)),
    ]
    hear(square, [[QUESTION, NAMED, SAME]], at=DAY + timedelta(days=2, hours=2))
    assert told(square, influence) == [("auteur_1", None), ("auteur_2", 0.5), ("auteur_3", None)]


def test_context_goes_when_a_filter_drops_the_mention_that_it_stood_with(square):
    hear(square, [[post("2", "Acme", 1), post("3", "Pareil ici, un régal", 2, to="2")]])
    assert told(square, "SELECT count(*) FROM listening.fct_mention") == [(0,)]
    reasons = "SELECT stage, reason FROM ops.reject ORDER BY 1"
    assert told(square, reasons) == [
        ("filter", "fewer than 6 letters and digits"),
        ("unmatched", "in the thread of what a filter dropped"),
    ]


def test_a_deletion_takes_the_words_from_every_table(square):
    hear(square, [[QUESTION, NAMED, SAME]])
    hear(square, [[{"id": "2", "deleted": (DAY + timedelta(hours=5)).isoformat()}]])
    row = "SELECT text, url, author_key, deleted_at FROM listening.fct_mention WHERE native_id = '2'"
    assert told(square, row) == [(None, None, None, DAY + timedelta(hours=5))]
    assert told(square, "SELECT sum(value) FROM kpi.volume WHERE source = 'all' AND weighting = 'each'") == [
        (0.0,)
    ]
    assert told(square, "SELECT deletions FROM ops.coverage") == [(1,)]
    tables = told(
        square,
        "SELECT table_schema || '.' || table_name FROM information_schema.tables "
        "WHERE table_schema IN ('listening', 'ops', 'private', 'kpi') AND table_type = 'BASE TABLE'",
    )
    for (table,) in tables:
        assert told(square, f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%jamais en panne%'") == [
            (0,)
        ], table
    handles = told(square, "SELECT handle FROM private.author ORDER BY 1")
    assert handles == [("auteur_1",), ("auteur_3",)]


def test_a_deletion_takes_the_words_that_a_reason_quotes_and_the_products_named(world_of):
    settings = SETTINGS.replace("handles: [acme_aide]}", "handles: [acme_aide], products: [Turbo 3]}")
    settings = settings.replace(
        "    scorers:", "      query: {options: {drop: moisissure OR promo*}}\n    scorers:"
    )
    square = world_of(settings=settings)
    dropped = post("4", "Ma Acme a de la moisissure partout", 4)
    hear(square, [[post("2", "Une Acme Turbo 3 au salon", 1)], [dropped]])
    assert told(square, "SELECT reason FROM ops.reject") == [("by a query: it holds « moisissure »",)]
    assert told(square, "SELECT products FROM listening.bridge_mention_entity") == [(["Turbo 3"],)]
    gone = [{"id": id, "deleted": (DAY + timedelta(hours=5)).isoformat()} for id in "24"]
    for _ in range(2):
        hear(square, [gone])
        assert told(square, "SELECT text, reason FROM ops.reject WHERE stage = 'filter'") == [
            (None, "by a query")
        ]
        assert told(square, "SELECT evidence, products FROM listening.bridge_mention_entity") == [
            (None, None)
        ]
        hear(square, [[post("2", "Une Acme Turbo 3 au salon", 1)], [dropped]])  # an old copy comes again


def test_a_version_written_after_the_deletion_brings_the_mention_back(square):
    hear(square, [[NAMED], [{"id": "2", "deleted": (DAY + timedelta(hours=5)).isoformat()}]])
    assert told(square, "SELECT deleted_at IS NULL FROM listening.fct_mention") == [(False,)]
    hear(square, [[post("2", "La mienne est une Acme, finalement", 6)]])
    assert told(square, "SELECT text, deleted_at FROM listening.fct_mention") == [
        ("La mienne est une Acme, finalement", None)
    ]


def test_the_order_in_which_a_deletion_comes_does_not_matter(world_of):
    deletion = {"id": "2", "deleted": (DAY + timedelta(hours=5)).isoformat()}
    steps = [
        [[QUESTION, NAMED, SAME]],
        [[deletion]],
        [[post("2", "Acme, la mienne, jamais en panne", 4, to="1"), SAME]],
    ]
    seen = set()
    for number, order in enumerate(itertools.permutations(range(3))):
        context = world_of(f"order_{number}")
        for step in order:
            hear(context, steps[step], at=DAY + timedelta(days=2, hours=step))
        with transaction(context.url) as connection:
            seen.add(tuple(sorted(checksums(connection).items())))
    assert len(seen) == 1


def test_a_source_whose_mentions_are_those_of_another_adds_no_second_copy(world_of):
    alone = "      square: {channel: social}\n"
    stream = "      stream: {plugin: square, same_as: square, channel: social}\n"
    context = world_of(settings=SETTINGS.replace(alone, alone + stream))
    hear(context, [[NAMED]])
    assert told(context, "SELECT source, native_id FROM listening.fct_mention") == [("square", "2")]
    assert told(context, "SELECT source, state FROM ops.coverage ORDER BY 1") == [
        ("square", "complete"), ("stream", "complete"),
    ]  # fmt: skip


def test_a_tombstone_without_words_is_a_deletion_too(square):
    hear(square, [[NAMED]])
    hear(square, [[{**NAMED, "text": None, "flagged": (DAY + timedelta(hours=5)).isoformat()}]])
    assert told(square, "SELECT deleted_at FROM ops.deletion") == [(DAY + timedelta(hours=5),)]
    assert told(square, "SELECT count(*) FROM listening.fct_mention") == [(0,)]  # about nobody any more
    for table in ("ops.reject", "private.mention", "listening.fct_mention"):
        assert told(square, f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%en panne%'") == [(0,)]


def test_a_deletion_finds_the_mention_whose_id_is_no_tidy_text(square):
    odd = post(" cafe\u0301", "La mienne est une Acme, jamais en panne", 1)
    hear(square, [[odd], [{"id": odd["id"], "deleted": (DAY + timedelta(hours=5)).isoformat()}]])
    assert told(square, "SELECT text FROM listening.fct_mention") == [(None,)]


def test_no_public_table_names_an_account_in_an_address(square):
    seen = {
        "by": "ana_k",
        "url": "https://ana_k.blogs.example/1",
        "links": [
            "https://ana_k.blogs.example/2",
            "https://x.example/Ana_K/status/1",
            "https://news.example/a",
        ],
        "media": [
            "https://cdn.example/did:plc:7/1@jpeg",
            "https://cdn.example/ana_k/2",
            "https://cdn.example/3",
        ],
        "alt": "photo de @bo_l",
    }
    hear(square, [[{**NAMED, **seen}]])
    assert told(square, "SELECT url, links, site FROM listening.fct_mention") == [
        (None, ["https://news.example/a"], None)
    ]
    urls = [url for (url,) in told(square, "SELECT url FROM listening.fct_media ORDER BY ordinal")]
    assert [len(url) for url in urls[:2]] == [32, 32]
    assert urls[2] == "https://cdn.example/3"
    for (table,) in told(square, "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
                                 "WHERE schemaname IN ('listening', 'kpi')"):  # fmt: skip
        query = f"SELECT count(*) FROM {table} t WHERE t::text ~* 'ana_k|bo_l|did:'"
        assert told(square, query) == [(0,)], table


def test_a_clock_that_runs_ahead_does_not_save_words_from_a_deletion(square):
    ahead = {**NAMED, "edited": (DAY + timedelta(hours=60)).isoformat()}
    hear(square, [[ahead], [{**ELSEWHERE, "edited": ahead["edited"]}]], at=DAY + timedelta(hours=50))
    gone = (DAY + timedelta(hours=55)).isoformat()  # after we had them, before their clocks
    hear(square, [[{"id": "2", "deleted": gone}, {"id": "9", "deleted": gone}]])
    assert told(square, "SELECT text FROM listening.fct_mention") == [(None,)]
    assert told(square, "SELECT text FROM ops.reject WHERE stage = 'unmatched'") == [(None,)]
    again = {**ahead, "text": "La mienne est une Acme, et reste"}
    hear(square, [[again]], at=DAY + timedelta(hours=58))  # there after all
    assert told(square, "SELECT text FROM listening.fct_mention") == [(again["text"],)]
