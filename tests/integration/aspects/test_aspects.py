"""What is said of each aspect is published with its mention, replaced by an edit, and goes with a deletion."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from listening_etl.model import Window
from listening_etl.pipeline.run import run
from listening_etl.warehouse import aspects
from listening_etl.warehouse.checksums import checksums
from listening_etl.warehouse.engine import transaction
from tests.integration.wall import TOPIC, told

PLUGIN = '''
import polars as pl
from listening_etl import Author, Capabilities, Deletion, Item, Labels, Mention, Options, hookimpl

POSTS: list = []

class Board:
    """Posts of a list held in memory. Made for tests."""
    name = "board"
    options_type = Options
    capabilities = Capabilities(history=None, order="any", deletions="streamed")

    def fetch(self, options, slice, http):
        for fetched_at, post in POSTS:
            yield Item(post, fetched_at=fetched_at)

    def parse(self, item, options):
        if "deleted" in item:
            return Deletion(item["id"], item["deleted"])
        return Mention(native_id=item["id"], text=item["text"], title=item.get("title"), lang_declared="fr",
                       published_at=item["at"], updated_at=item.get("edited"), author=Author(handle=item["by"]))

class Words:
    """Sentiment by two words; null where neither is there. Made for tests."""
    name = "words"
    measure = "sentiment"
    scale = Labels("negative", "neutral", "positive")
    version = "7"
    languages = None
    options_type = Options

    def score(self, mentions, options):
        good, bad = (mentions["text"].str.contains(word) for word in ("bon|rapide", "nul|cher"))
        label = pl.select(pl.when(good & bad).then(pl.lit("neutral")).when(good).then(pl.lit("positive"))
                          .when(bad).then(pl.lit("negative"))).to_series()
        return pl.DataFrame({"label": label, "confidence": label.is_not_null().cast(pl.Float64)})

@hookimpl
def listening_sources():
    return [Board()]

@hookimpl
def listening_scorers():
    return [Words()]
'''
SETTINGS = (
    TOPIC
    + """\
      acme: {role: own, names: [Acme], handles: [acme_aide], aspects: {delivery: , price: , lid: [couvercle]}}
      rival: {role: competitor, names: [Rival], aspects: [delivery]}
    sources:
      board: {channel: social}
    scorers:
      sentiment: {plugin: words}
"""
)
DAY = datetime(2026, 10, 2, tzinfo=UTC)
WINDOW = Window(DAY, DAY + timedelta(days=1))


def post(id, text, hour=1, by="ana", **more):
    return {"id": id, "text": text, "at": (DAY + timedelta(hours=hour)).isoformat(), "by": by, **more}


MIXED = post("1", "Acme : livraison rapide mais le prix est nul. Chez Rival le livreur est nul")
LATER = (DAY + timedelta(hours=5)).isoformat()


@pytest.fixture
def world_of(new_project, light_gate):
    def build(name="board", settings=SETTINGS):
        return new_project(settings, PLUGIN, now=lambda: DAY + timedelta(days=3), name=name)

    return build


def hear(context, *posts, at=DAY + timedelta(days=2)):
    context.source("board")[0].fetch.__globals__["POSTS"][:] = [(at, post) for post in posts]
    return run(context, WINDOW)


SAID = """
    SELECT entity, aspect, label, substr(text, clause_start + 1, clause_end - clause_start),
           substr(text, term_start + 1, term_end - term_start)
    FROM listening.fct_aspect JOIN listening.fct_mention USING (mention_id) ORDER BY clause_start, 1, 2"""


def test_each_clause_stands_with_its_entity_its_sentiment_and_its_words(world_of):
    context = world_of()
    hear(context, MIXED)
    assert told(context, SAID) == [
        ("acme", "delivery", "positive", "Acme : livraison rapide", "livraison"),
        ("acme", "price", "negative", "mais le prix est nul.", "prix"),
        ("rival", "delivery", "negative", "Chez Rival le livreur est nul", "livreur"),
    ]
    query = context.aspects["acme"]["price"]
    versions = "SELECT version FROM listening.fct_aspect WHERE aspect = 'price'"
    assert told(context, versions) == [(f"2/{query.version}/words:7",)]


def test_an_edit_replaces_what_was_said_and_a_deletion_takes_it(world_of):
    context = world_of()
    hear(context, MIXED)
    edited = post("1", "Acme : le couvercle est bon", edited=LATER)
    hear(context, edited, at=DAY + timedelta(days=2, hours=1))
    assert told(context, SAID) == [("acme", "lid", "positive", "Acme : le couvercle est bon", "couvercle")]
    hear(context, {"id": "1", "deleted": (DAY + timedelta(hours=9)).isoformat()})
    assert told(context, "SELECT count(*) FROM listening.fct_aspect") == [(0,)]


def test_words_that_left_the_settings_leave_the_table(world_of):
    hear(world_of(), MIXED)
    context = world_of(settings=SETTINGS.replace("delivery: , price: ,", "price: ,"))
    hear(context, MIXED)
    assert [row[:2] for row in told(context, SAID)] == [("acme", "price"), ("rival", "delivery")]


def test_without_a_scorer_of_sentiment_aspects_are_found_and_not_judged(world_of):
    context = world_of(settings=SETTINGS.partition("    scorers:")[0])
    hear(context, MIXED)
    assert told(context, "SELECT DISTINCT label, value, confidence FROM listening.fct_aspect") == [
        (None, None, None)
    ]


def test_a_title_says_something_too_and_names_the_brand_for_the_text(world_of):
    context = world_of()
    hear(
        context,
        post("1", "La livraison est rapide", title="Rival contre le retard"),
        post("2", "Acme est là"),
    )
    rows = "SELECT entity, aspect, field, clause_start, clause_end FROM listening.fct_aspect"
    assert told(context, rows) == [("rival", "delivery", "text", 0, 23)]


def test_the_order_of_arrival_does_not_matter(world_of):
    edited = post("1", "Acme : le couvercle est bon", edited=LATER)
    gone = {"id": "2", "deleted": (DAY + timedelta(hours=9)).isoformat()}
    heard = [(MIXED, 0), (edited, 1), (post("2", "Acme : livreur nul"), 2), (gone, 3)]
    sums = set()
    for number, order in enumerate(itertools.permutations(heard)):
        if number % 6:
            continue  # every first one in turn
        context = world_of(f"board{number}")
        for one, hours in order:
            hear(context, one, at=DAY + timedelta(days=2, hours=hours))
        with transaction(context.url) as connection:
            sums.add(checksums(connection)["listening.fct_aspect"])
    (same,) = sums
    assert same.startswith("1:")


def test_figures_count_mentions_and_authors(world_of):
    context = world_of()
    # ana says 2 good things and 1 bad of the delivery, bo 1 bad; cy is not judged
    hear(
        context,
        post("1", "Acme : livraison rapide", 1),
        post("2", "Acme : livraison rapide", 2),
        post("3", "Acme : livreur nul", 3),
        post("4", "Acme : livreur nul", 4, by="bo"),
        post("5", "Acme et sa livraison", 5, by="cy"),
    )
    view = "SELECT n, n_authors, judged, positive, neutral, negative, net, net_by_author FROM listening.aspect_sentiment"
    # each: (1 + 1 - 1 - 1) / 4 = 0; authors: ana (1 + 1 - 1) / 3 = 1/3, bo -1: (1/3 - 1) / 2 = -1/3
    (row,) = told(context, view)
    assert row == (5, 3, 4, 2, 0, 2, 0.0, pytest.approx(-1 / 3))
    with transaction(context.url) as connection:
        (summary,) = aspects.summary(connection, "kettles", None, None, None)
        surest = aspects.surest(connection, "kettles", "acme", None, None)
        assert aspects.summary(connection, "kettles", None, None, DAY.date()) == []
    assert (summary["mentions"], summary["authors"], summary["net_by_author"]) == (
        5,
        3,
        pytest.approx(-1 / 3),
    )
    # n = 4, s1 = 0, s2 = 4: sqrt((4 + 1) / 6 / 6) z = 0.3727 z = 0.7304
    assert (summary["low"], summary["high"]) == (
        pytest.approx(-0.7304, abs=1e-4),
        pytest.approx(0.7304, abs=1e-4),
    )
    assert [(row["label"], row["clause"]) for row in surest] == [
        ("negative", "Acme : livreur nul"),
        ("positive", "Acme : livraison rapide"),
    ]


def test_what_the_brand_says_itself_is_in_no_figure(world_of):
    context = world_of()
    hear(context, post("1", "Acme : livraison rapide", by="acme_aide"))
    assert told(context, "SELECT count(*) FROM listening.fct_aspect") == [(1,)]
    assert told(context, "SELECT count(*) FROM listening.aspect_sentiment") == [(0,)]


def test_the_words_of_who_opted_out_are_shown_no_more(world_of):
    context = world_of()
    hear(context, post("1", "Acme : livreur nul", by="bo"), post("2", "Acme : livraison nul", 2))
    with transaction(context.url) as connection:
        query = """
            INSERT INTO private.opt_out (author_key, since)
            SELECT author_key, now() FROM listening.fct_mention WHERE native_id = '2'"""
        connection.execute(sa.text(query))
        surest = aspects.surest(connection, "kettles", "acme", None, None)
    assert [row["clause"] for row in surest] == ["Acme : livreur nul"]
