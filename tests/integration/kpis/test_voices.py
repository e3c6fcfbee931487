"""Voices on the small world of `conftest.py`, worked out by hand: the loud, the one-time, and kinds of authors."""

from datetime import UTC, date, timedelta

import pytest
import sqlalchemy as sa

from listening_etl.warehouse import tables
from tests.integration.kpis.conftest import key, mention_row

DAY = date(2026, 3, 10)


def voices(world):
    names = {key(name): name for name in (*world.mentions, "ann", "bob", "cat", "dan", "fan")}
    found = world.connection.execute(sa.text("SELECT * FROM listening.voice"))
    return {(row.entity, names[row.voice]): row for row in found}


def add_posts(world, author, count, label="positive"):
    """An author's `count` posts about aqua on the day, all judged alike."""
    start = world.paris("07:00").astimezone(UTC)
    rows = [
        mention_row("m1") | {"mention_id": key(f"{author}{n}"), "native_id": f"{author}{n}", "author_key": key(author),
                             "published_at": start + timedelta(seconds=n)}
        for n in range(count)
    ]  # fmt: skip
    world.put(tables.fct_mention, rows)
    about = {"topic": "kettles", "entity": "aqua", "match": "named", "owned": False}
    world.put(tables.bridge_mention_entity, [about | {"mention_id": row["mention_id"]} for row in rows])
    vote = {
        "topic": "kettles",
        "measure": "sentiment",
        "scorer": "linear",
        "version": "1",
        "label": label,
        "value": None,
    }
    world.put(tables.fct_score, [vote | {"mention_id": row["mention_id"]} for row in rows])


def test_each_voice_has_its_mentions_and_its_share(world):
    found = voices(world)
    # aqua: ann 5, bob 3, dan 2 (one of them the next day), two unknown authors: 12; brio: bob and cat 1 each
    assert {place: (row.mentions, row.topic_mentions) for place, row in found.items()} == {
        ("aqua", "ann"): (5, 5),
        ("aqua", "bob"): (3, 3),  # m9 is about both and counts once in the topic
        ("aqua", "dan"): (2, 2),
        ("aqua", "m7"): (1, 1),
        ("aqua", "m8"): (1, 1),
        ("brio", "bob"): (1, 3),
        ("brio", "cat"): (1, 1),
    }
    assert found["aqua", "ann"].share == pytest.approx(5 / 12)
    assert sum(row.share for place, row in found.items() if place[0] == "aqua") == pytest.approx(1)


def test_who_spoke_once_in_the_topic_is_a_one_time_voice(world):
    once = {place: row.is_one_time for place, row in voices(world).items()}
    assert once["brio", "cat"] is True
    assert once["brio", "bob"] is False  # once of brio, but more often of aqua
    assert once["aqua", "m7"] is None  # unknown: may have spoken again


def test_an_author_of_five_hundred_posts_is_a_superposter(world):
    assert {row.is_superposter for row in voices(world).values()} == {
        False,
        None,
    }  # 5 of 12, but fewer than 10
    add_posts(world, "fan", 500)
    found = voices(world)
    assert found["aqua", "fan"].is_superposter is True
    assert found["aqua", "fan"].share == pytest.approx(500 / 512)
    assert found["aqua", "ann"].is_superposter is False


@pytest.mark.parametrize(("others", "is_superposter"), [(177, True), (178, False)])
def test_ten_posts_make_a_superposter_above_one_in_twenty(world, others, is_superposter):
    # 10 of 12 + 10 + 177 = 199 is more than 5 %; 10 of 200 is just 5 %
    add_posts(world, "fan", 10)
    for number in range(others):
        add_posts(world, f"other{number}", 1)
    row = world.connection.execute(
        sa.text("SELECT * FROM listening.voice WHERE voice = :fan"), {"fan": key("fan")}
    ).one()
    assert row.is_superposter is is_superposter


def test_five_hundred_posts_move_the_balanced_figures_by_one_vote(world):
    def figures():
        volume, sentiment = world.figure("volume"), world.figure("net_sentiment")
        return (
            *(volume["aqua", DAY, "all", w].n for w in ("each", "author")),
            *(sentiment["aqua", DAY, "all", w, "nss_all"] for w in ("each", "author")),
        )

    each, author, raw, balanced = figures()
    add_posts(world, "fan", 500, "negative")
    each_after, author_after, raw_after, balanced_after = figures()
    assert (each_after - each, author_after - author) == (500, 1)
    assert (raw_after.n - raw.n, balanced_after.n - balanced.n) == (500, 1)
    # balanced: the sum of the votes falls by exactly one vote of -1
    votes, votes_after = balanced.value * balanced.n, balanced_after.value * balanced_after.n
    assert votes_after - votes == pytest.approx(-1)
    # raw: 4 positive, 2 negative and 1 neutral and a positive value make +3 of 8; then 500 more against
    assert raw.value == pytest.approx(3 / 8)
    assert raw_after.value == pytest.approx((3 - 500) / 508)


def test_kinds_add_up_to_volume_and_the_unknown_have_theirs(world):
    people = [("ann", "consumer"), ("bob", "media"), ("dan", None)]
    seen = world.paris("08:00")
    world.put(
        tables.dim_author,
        [
            {"author_key": key(name), "source": "forum", "first_seen": seen, "last_seen": seen, "kind": kind}
            for name, kind in people
        ],
    )
    found = world.connection.execute(
        sa.text("SELECT * FROM listening.volume_by_kind WHERE day = :day"), {"day": DAY}
    )
    split = {(row.entity, row.kind): (row.mentions, row.authors) for row in found}
    # aqua: ann 5; bob 3; dan 1 that day, m7 and m8 by nobody known; brio: bob 1, cat 1, of whom nothing is stored
    assert split == {
        ("aqua", "consumer"): (5, 1),
        ("aqua", "media"): (3, 1),
        ("aqua", "unknown"): (3, 3),
        ("brio", "media"): (1, 1),
        ("brio", "unknown"): (1, 1),
    }
    volume = world.figure("volume")
    for entity in ("aqua", "brio"):
        for place, weighting in enumerate(("each", "author")):
            total = sum(counts[place] for (about, _), counts in split.items() if about == entity)
            assert total == volume[entity, DAY, "all", weighting].n
