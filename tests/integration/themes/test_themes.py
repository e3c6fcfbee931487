"""Themes are found when mentions are published, keep their ids, and lose what is deleted."""

import pytest
import sqlalchemy as sa

from listening_etl.pipeline import similar
from listening_etl.warehouse import nearest, themes
from listening_etl.warehouse.engine import transaction
from tests.integration.stories.telling import post

FIRST = ("facture", "panne", "livraison")
FILL = ["hier", "matin", "encore", "jamais", "dommage", "enfin", "voilà", "bravo", "quoi", "zut"]


def said(subject, count, day=0, start=0, place="oiseau", **more):
    """So many different mentions about a subject, on one day."""
    return [
        post(
            f"{subject[:3]}{n}",
            f"Acme {FILL[n % 10]} la {subject} numéro {n}",
            24 * day + n / 100,
            place=place,
            **more,
        )
        for n in range(start, start + count)
    ]


def first_days():
    return [one for subject in FIRST for one in said(subject, 30)]


def about(themed):
    """The theme of each mention by the subject: a set where all is well has one."""
    found = {}
    for native_id, theme in themed.rows("""
        SELECT m.native_id, b.theme_id FROM listening.bridge_mention_theme b JOIN listening.fct_mention m USING (mention_id)
        WHERE b.topic = 'kettles'"""):
        found.setdefault(native_id[:3], []).append(theme)
    return {subject: max(set(placed), key=placed.count) for subject, placed in found.items()}


def dims(themed):
    return {
        row[0]: row[1:]
        for row in themed.rows(
            "SELECT theme_id, mentions, retired, came_from, went_to, label FROM listening.dim_theme ORDER BY 1"
        )
    }


def test_themes_are_found_named_and_counted(themed):
    themed.hear(*first_days())
    places = about(themed)
    assert sorted(places.values()) == [1, 2, 3]
    for subject, theme in zip(FIRST, (places["fac"], places["pan"], places["liv"]), strict=True):
        mentions, retired, _, _, label = dims(themed)[theme]
        assert mentions >= 28
        assert not retired
        assert label[0].split()[0] == subject
        assert not any("acme" in word.lower() for word in label)
    assert themed.rows("SELECT themes, texts, mentions FROM ops.theme_fit") == [(3, 90, 90)]
    assert themed.rows("SELECT change, count(*) FROM ops.theme_change GROUP BY 1") == [("new", 3)]


def test_what_comes_the_next_day_joins_and_nothing_moves(themed):
    themed.hear(*first_days())
    before = set(themed.rows("SELECT mention_id, theme_id FROM listening.bridge_mention_theme"))
    themed.hear(*said("facture", 9, day=1, start=50))
    after = dict(themed.rows("SELECT mention_id, theme_id FROM listening.bridge_mention_theme"))
    assert sum(after[mention] == theme for mention, theme in before) >= 0.98 * len(
        before
    )  # asked for are 0.95
    assert len(after) == 99
    assert len(dims(themed)) == 3
    assert themed.rows("SELECT count(*) FROM ops.theme_fit") == [(2,)]


def test_what_comes_later_the_same_day_is_placed_without_looking_for_themes(themed):
    themed.hear(*first_days())
    themed.hear(*said("facture", 3, start=50))
    assert themed.rows("SELECT count(*) FROM ops.theme_fit") == [(1,)]
    assert themed.rows("SELECT count(*) FROM listening.bridge_mention_theme") == [(93,)]
    assert sum(row[0] for row in dims(themed).values()) >= 90


def test_a_new_theme_gets_a_new_id_and_the_old_keep_theirs(themed):
    themed.hear(*first_days())
    before = about(themed)
    themed.hear(*said("boutique", 25, day=1))
    after = about(themed)
    assert {subject: after[subject] for subject in before} == before
    assert after["bou"] == 4
    assert dims(themed)[4][4][0].split()[0] == "boutique"


def test_running_twice_changes_nothing(themed):
    themed.hear(*first_days())
    tables = ("listening.dim_theme", "listening.bridge_mention_theme", "private.theme", "ops.theme_fit")
    before = [sorted(map(str, themed.rows(f"SELECT * FROM {table}"))) for table in tables]
    themed.hear(*first_days())
    assert [sorted(map(str, themed.rows(f"SELECT * FROM {table}"))) for table in tables] == before


def test_a_theme_whose_mentions_are_all_deleted_is_retired_and_its_id_is_not_given_again(themed):
    themed.hear(*first_days())
    theme = about(themed)["pan"]
    gone = [{"id": f"pan{n}", "place": "oiseau", "deleted": "2026-10-19T00:00:00Z"} for n in range(30)]
    themed.hear(*gone)
    assert dims(themed)[theme][:2] == (0, True)
    assert (theme, "retired") in themed.rows("SELECT theme_id, change FROM ops.theme_change")
    assert themed.rows("SELECT count(*) FROM private.encoding") == [(60,)]
    themed.hear(*said("boutique", 25, day=1))
    assert about(themed)["bou"] == 4


def test_what_is_deleted_leaves_its_theme_and_the_index_at_once(themed):
    themed.hear(*first_days())
    assert themed.rows("SELECT count(*) FROM private.meaning") == [(90,)]
    themed.hear({"id": "fac3", "place": "oiseau", "deleted": "2026-10-19T00:00:00Z"}, step=published)
    left = (
        "SELECT count(*) FROM {} t JOIN listening.fct_mention m USING (mention_id) WHERE m.native_id = 'fac3'"
    )
    for table in ("private.encoding", "private.meaning", "listening.bridge_mention_theme"):
        assert themed.rows(left.format(table)) == [(0,)]


def test_an_edit_is_placed_again(themed):
    themed.hear(*first_days())
    edited = said("facture", 1)[0] | {
        "text": "Acme dommage la panne numéro 99",
        "updated_at": "2026-10-05T00:00:00Z",
    }
    themed.hear(edited)
    ((theme,),) = themed.rows("""
        SELECT theme_id FROM listening.bridge_mention_theme JOIN listening.fct_mention USING (mention_id)
        WHERE native_id = 'fac0'""")
    assert theme == about(themed)["pan"]


def test_the_brands_own_words_are_of_no_theme(themed):
    themed.hear(*first_days(), *said("facture", 3, start=60, by="acme_aide"))
    assert themed.rows("SELECT count(*) FROM listening.bridge_mention_theme") == [(90,)]


def test_where_nobody_asks_for_themes_there_are_none(new_project, light_gate, reader):
    from tests.integration.stories.telling import HEARD, PLUGIN, SETTINGS, Telling

    told = Telling(new_project(SETTINGS, PLUGIN, now=lambda: HEARD))
    told.hear(*first_days())
    assert told.rows("SELECT count(*) FROM listening.dim_theme") == [(0,)]
    assert told.rows("SELECT count(*) FROM private.encoding") == [(0,)]


def published(context, window):
    from tests.integration.stories.test_stories import published

    return published(context, window)


def nearest_to(themed, native_id, limit=10, **more):
    with transaction(themed.context.url) as connection:
        query = "SELECT mention_id FROM listening.fct_mention WHERE native_id = :id"
        id = connection.scalar(sa.text(query), {"id": native_id})
        found = similar.similar(connection, "kettles", id, limit, **more)
        if found is None:
            return None
        shown = nearest.shown(connection, [row["mention_id"] for row in found])
    native = dict(themed.rows("SELECT mention_id, native_id FROM listening.fct_mention"))
    assert all(set(shown[row["mention_id"]]) >= {"text", "source"} for row in found)
    assert not any("author" in key for row in shown.values() for key in row)
    return [(native[row["mention_id"]], row["similarity"]) for row in found]


def test_what_is_most_alike_is_about_the_same_and_the_index_says_as_without(themed):
    themed.hear(*first_days())
    found = nearest_to(themed, "fac3")
    assert len(found) == 10
    assert {id[:3] for id, _ in found} == {"fac"}
    assert "fac3" not in dict(found)
    assert found == sorted(found, key=lambda one: -one[1])
    assert found == nearest_to(themed, "fac3", exact=True)  # of 90, the index misses none


def test_without_pgvector_the_answer_is_the_same(themed, monkeypatch):
    themed.hear(*first_days())
    with_index = nearest_to(themed, "liv7")
    with transaction(themed.context.url) as connection:
        connection.execute(sa.text("DROP TABLE private.meaning"))
    assert nearest_to(themed, "liv7") == with_index
    monkeypatch.setattr(nearest, "prepare", lambda connection, width: False)  # no such extension
    themed.hear(*said("livraison", 2, start=70))
    assert themed.rows("SELECT to_regclass('private.meaning')") == [(None,)]
    assert len(nearest_to(themed, "liv7")) == 10


def test_of_copies_one_is_shown(themed):
    copies = [post(f"cop{n}", "Acme : la facture, la facture !", n) for n in range(5)]
    themed.hear(*first_days(), *copies)
    shown = [id for id, _ in nearest_to(themed, "fac3", 40)]
    assert sum(id.startswith("cop") for id in shown) == 1


def test_themes_are_listed_with_the_interval_of_their_share(themed):
    themed.hear(*first_days())
    with transaction(themed.context.url) as connection:
        rows, none = themes.listed(connection, "kettles"), themes.of_none(connection, "kettles")
    assert [row["mentions"] for row in rows] == sorted((row["mentions"] for row in rows), reverse=True)
    assert sum(row["mentions"] for row in rows) + none == 90
    for row in rows:
        assert row["share"] == pytest.approx(row["mentions"] / 90)
        assert row["share_low"] < row["share"] < row["share_high"]
        assert row["example"].startswith("Acme")
    thirty = next((row for row in rows if row["mentions"] == 30), None)
    if thirty:  # Wilson for 30 of 90: (30 + 1.92 ± 1.96 sqrt(30 · 60 / 90 + 0.96)) / 93.84
        assert (thirty["share_low"], thirty["share_high"]) == pytest.approx((0.2446, 0.4358), abs=2e-4)
