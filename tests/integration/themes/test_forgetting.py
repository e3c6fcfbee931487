"""Themes and what is alike show nobody's words after they were deleted, edited, or their author opted out."""

from datetime import UTC, datetime

import sqlalchemy as sa

from listening_etl.warehouse.engine import transaction
from tests.integration.stories.telling import PLUGIN, SETTINGS
from tests.integration.themes.test_themes import about, dims, first_days, nearest_to, said

NOW = datetime(2026, 10, 23, tzinfo=UTC)
SINGULAR = "parapluie"


def with_a_word(*numbers):
    """The first days, in which these mentions of bills say a word besides."""
    posts = first_days()
    return [
        {**one, "text": f"{one['text']} {SINGULAR}"} if one["id"] in {f"fac{n}" for n in numbers} else one
        for one in posts
    ]


def gone(*ids):
    return [{"id": id, "place": "oiseau", "deleted": "2026-10-19T00:00:00Z"} for id in ids]


def labels(themed):
    return {theme: row[4] for theme, row in dims(themed).items()}


def opt_out(themed, native_id):
    with transaction(themed.context.url) as connection:
        query = """
            INSERT INTO private.opt_out (author_key, since)
            SELECT author_key, now() FROM listening.fct_mention WHERE native_id = :id"""
        connection.execute(sa.text(query), {"id": native_id})


def test_a_label_loses_the_word_that_too_few_say_since_mentions_were_deleted(themed):
    themed.hear(*with_a_word(1, 2, 3, 4))
    theme = about(themed)["fac"]
    assert SINGULAR in " ".join(labels(themed)[theme])
    themed.hear(*gone("fac1", "fac2"))  # two say it still
    assert SINGULAR not in " ".join(labels(themed)[theme])
    assert "facture" in " ".join(labels(themed)[theme])
    assert themed.rows("SELECT count(*) FROM ops.theme_fit") == [(1,)]


def test_a_label_loses_the_word_that_was_edited_away_or_whose_author_opted_out(themed):
    themed.hear(*with_a_word(1, 2, 3, 4))
    theme = about(themed)["fac"]
    assert SINGULAR in " ".join(labels(themed)[theme])
    edited = {
        **said("facture", 2)[1],
        "text": "Acme dommage la facture",
        "updated_at": "2026-10-05T00:00:00Z",
    }
    opt_out(themed, "fac2")
    themed.hear(edited)  # fac3 and fac4 say it still
    assert SINGULAR not in " ".join(labels(themed)[theme])


def test_when_all_is_deleted_no_theme_is_left_and_no_word_of_one(themed):
    themed.hear(*first_days())
    assert len(about(themed)) == 3
    themed.hear(*gone(*(one["id"] for one in first_days())))
    assert [row[:2] for row in dims(themed).values()] == [(0, True)] * 3
    assert set(map(tuple, labels(themed).values())) == {()}
    assert themed.rows("SELECT count(*) FROM ops.theme_change WHERE change = 'retired'") == [(3,)]


def test_who_opted_out_is_of_no_theme_is_no_example_and_like_nobody(themed):
    themed.hear(*first_days())
    theme = about(themed)["fac"]
    ((example,),) = themed.rows(
        "SELECT native_id FROM listening.dim_theme JOIN listening.fct_mention ON mention_id = example_id "
        "WHERE theme_id = :theme",
        theme=theme,
    )
    other = next(id for id in ("fac1", "fac2") if id != example)
    assert example in dict(nearest_to(themed, other, 40))
    opt_out(themed, example)
    assert example not in dict(nearest_to(themed, other, 40))
    assert example not in dict(nearest_to(themed, other, 40, exact=True))
    themed.hear(*said("panne", 1, start=80))
    ((now,),) = themed.rows(
        "SELECT native_id FROM listening.dim_theme JOIN listening.fct_mention ON mention_id = example_id "
        "WHERE theme_id = :theme",
        theme=theme,
    )
    assert now != example
    assert dims(themed)[theme][0] == 29


def test_a_topic_that_asks_for_themes_no_longer_shows_none_and_has_the_same_ones_when_it_asks_again(
    themed, new_project
):
    themed.hear(*first_days())
    places, told = about(themed), labels(themed)
    with_themes = themed.context
    themed.context = new_project(SETTINGS, PLUGIN, now=lambda: NOW)
    themed.hear(*said("facture", 1, start=70))
    assert about(themed) == {}
    assert {(row[0], row[1], tuple(row[4])) for row in dims(themed).values()} == {(0, True, ())}
    themed.context = new_project(
        SETTINGS.replace("    entities:", "    themes: {}\n    entities:"), PLUGIN, now=with_themes.now
    )
    themed.hear()
    assert about(themed) == places
    assert {theme: words[0] for theme, words in labels(themed).items()} == {t: w[0] for t, w in told.items()}
