"""Copies make one story, whenever they come; what is edited or deleted leaves it; figures of days follow."""

import itertools
from datetime import timedelta

from listening_etl.model import Window
from listening_etl.pipeline import audit, curate, extract, plan, publish
from listening_etl.warehouse import stories
from listening_etl.warehouse.checksums import checksums
from listening_etl.warehouse.engine import transaction
from tests.integration.small_world import empty
from tests.integration.stories.telling import DAY, post

WEEK = 7 * 24
FAULT = (
    "Attention, la bouilloire Acme Vapora chauffe trop et le couvercle fond au bout de trois semaines, le service "
    "clients ne répond pas et le vendeur refuse tout échange, gardez bien votre ticket de caisse"
)
SAME = f"RT @auteur_a: {FAULT.upper()} ! https://court.example/x"
REWORDED = FAULT.replace("chauffe trop", "chaufe trop").replace("bien ", "")
HALFWAY = FAULT.replace("Attention, la bouilloire Acme Vapora", "Acme")
FAR = HALFWAY.replace("le vendeur refuse tout échange, ", "")
"""FAULT is like HALFWAY (0.84), HALFWAY like FAR (0.81), but FAULT is not like FAR (0.68)."""
OTHER = "Mon avis sur la Brio Onda : silencieuse, jolie, et l'eau est chaude en deux minutes. Je recommande !"


def test_copies_make_a_story_and_say_how_they_are_copies(told):
    told.hear(
        post("a", FAULT, 1), post("b", SAME, 2), post("c", REWORDED, 3), post("d", OTHER, 4),
        post("e", "Acme", 5), post("f", "Acme", 6),
    )  # fmt: skip
    assert told.stories() == {"a": {"a": "canonical", "b": "exact", "c": "near"}}  # too short says nothing
    likeness = dict(
        told.rows("""
        SELECT native_id, similarity FROM listening.bridge_mention_story JOIN listening.fct_mention USING (mention_id)""")
    )
    assert likeness["a"] == likeness["b"] == 1
    assert 0.8 < likeness["c"] < 1
    assert told.volume("each") == {2: 5}
    assert told.volume("author") == {2: 5}
    assert told.volume("story") == {2: 3}  # the fault, and twice "Acme"


def test_a_copy_that_comes_a_week_later_joins_and_counts_on_its_own_day(told):
    told.hear(post("a", FAULT, 1))
    assert told.stories() == {}
    told.hear(post("b", REWORDED, WEEK), post("c", SAME, WEEK + 1))
    assert told.stories() == {"a": {"a": "canonical", "b": "near", "c": "exact"}}
    assert told.volume("each") == {2: 1, 9: 2}
    assert told.volume("story") == {2: 1, 9: 1}


def test_an_earlier_copy_that_comes_late_is_the_canonical_one_and_moves_the_figures_of_both_days(told):
    told.hear(post("c", FAR, WEEK), post("a", FAULT, WEEK + 1))
    assert told.stories() == {}  # the two are not like each other
    assert told.volume("story") == {9: 2}
    told.hear(
        post("b", HALFWAY, 1), window=Window(DAY, DAY + timedelta(days=1))
    )  # of the other day nothing is asked
    assert told.stories() == {"b": {"a": "near", "b": "canonical", "c": "near"}}
    assert told.volume("story") == {2: 1, 9: 1}
    assert told.volume("each") == {2: 1, 9: 2}


def test_an_edit_takes_a_mention_out_of_its_story_and_splits_it(told):
    told.hear(post("a", FAULT, 1), post("b", HALFWAY, 2), post("c", FAR, 3))
    assert told.stories() == {"a": {"a": "canonical", "b": "near", "c": "near"}}
    assert told.volume("story") == {2: 1}
    told.hear(post("b", f"Acme. {OTHER}", 2, updated_at=(DAY + timedelta(days=1)).isoformat()))
    assert told.stories() == {}
    assert told.volume("story") == {2: 3}
    told.hear(post("b", HALFWAY, 2, updated_at=(DAY + timedelta(days=2)).isoformat()))
    assert told.stories() == {"a": {"a": "canonical", "b": "near", "c": "near"}}


def test_what_is_left_of_a_story_holds_together_by_likenesses_that_were_not_the_strongest(told):
    # a-b and b-c are stronger than a-c; without b the two are still alike
    nearly = REWORDED.replace("ticket", "tickt")
    told.hear(post("a", FAULT, 1), post("b", REWORDED, 2), post("c", nearly, 3))
    assert told.rows("SELECT count(*) FROM private.near_duplicate") == [(2,)]
    told.hear({"id": "b", "place": "oiseau", "deleted": (DAY + timedelta(days=1)).isoformat()})
    assert told.stories() == {"a": {"a": "canonical", "c": "near"}}
    assert told.volume("story") == {2: 1}


def published(context, window):
    """A run that stops before its refresh."""
    slices = plan.plan(context, window)
    answers = [found for one in slices for found in extract.extract(context, one)]
    return publish.publish(context, audit.audit(context, curate.curate(context, answers)))


def test_a_deletion_takes_the_sketch_at_once_and_splits_the_story(told):
    told.hear(post("a", FAULT, 1), post("b", HALFWAY, 2), post("c", FAR, 3))
    told.hear(
        {"id": "b", "place": "oiseau", "deleted": (DAY + timedelta(days=1)).isoformat()}, step=published
    )
    assert told.rows("SELECT count(*) FROM private.sketch") == [(2,)]
    assert told.rows("SELECT count(*) FROM private.near_duplicate") == [(0,)]
    told.hear()
    assert told.stories() == {}
    assert told.volume("story") == {2: 2}


def test_the_last_copies_leave_no_story_behind(told):
    told.hear(post("a", FAULT, 1), post("b", SAME, 2))
    gone = (DAY + timedelta(days=1)).isoformat()
    told.hear(*({"id": id, "place": "oiseau", "deleted": gone} for id in "ab"))
    assert told.stories() == {}
    assert told.rows("SELECT count(*) FROM private.sketch") == [(0,)]


def test_the_order_in_which_copies_come_does_not_matter(told):
    told_of = [
        [post("a", FAULT, 5)],
        [post("b", HALFWAY, 1), post("d", SAME, WEEK)],
        [post("c", FAR, 3)],
        [post("b", OTHER, 1, updated_at=(DAY + timedelta(days=1)).isoformat())],
    ]
    seen = set()
    for order in list(itertools.permutations(range(4)))[::4]:
        empty(told.context.url)
        for step in order:
            told.hour = 10 * step
            told.hear(*told_of[step])
        with transaction(told.context.url) as connection:
            seen.add(tuple(checksums(connection).items()))
    assert len(seen) == 1


def test_the_brands_own_words_are_in_the_story_and_outside_its_figures(told):
    told.hear(post("a", FAULT, 1, by="acme_aide"), post("b", SAME, 2))
    assert told.stories() == {"a": {"a": "canonical", "b": "exact"}}
    assert told.volume("story") == {2: 1}
    with transaction(told.context.url) as connection:
        (told_most,) = stories.top(connection, "kettles", 5)
    assert (told_most["copies"], told_most["authors"], told_most["text"]) == (2, 2, FAULT)
