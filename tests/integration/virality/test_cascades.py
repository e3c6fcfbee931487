"""What spread from a mention: the shape of the tree that we hold, whatever came first and however odd the links."""

import pytest

from tests.integration.virality.conftest import at

HALF = pytest.approx(0.5)


def test_a_cascade_by_hand(spreading):
    # r is quoted by a and reshared by b; a is answered by c and d; e is alone
    for hour, name in enumerate("rabcde"):
        spreading.mention(name, hour)
    for name, other, kind in (
        ("a", "r", "quote"),
        ("b", "r", "reshare"),
        ("c", "a", "reply"),
        ("d", "a", "reply"),
    ):
        spreading.link(name, other, kind)
    # of ten pairs 4 are 1 apart (the links), r-c r-d a-b c-d are 2, b-c b-d are 3: 18 / 10
    # below a: 1, 1 and 2 of three pairs
    assert spreading.traced() == {
        "r": (5, 2, 2, pytest.approx(1.8), HALF),
        "a": (3, 0, 1, pytest.approx(4 / 3), 1.0),
    }
    row = spreading.virality("r")
    assert (row.cascade_mentions, row.cascade_passed_on, row.cascade_depth) == (5, 2, 2)
    assert (row.structural_virality, row.largest_broadcast) == (pytest.approx(1.8), HALF)
    assert spreading.virality("e").structural_virality is None


def test_a_mention_is_in_one_place_of_the_tree(spreading):
    for hour, name in enumerate(("r", "q", "both")):
        spreading.mention(name, hour)
    spreading.link("both", "r", "reply")
    spreading.link("both", "q", "quote")  # a quote takes it further than a reply
    assert spreading.traced() == {"q": (2, 1, 1, 1.0, 1.0)}


def test_links_in_a_circle_or_to_the_future_do_not_count(spreading):
    for hour, name in enumerate("abc"):
        spreading.mention(name, hour)
    for name, other in ("ab", "ba", "cb", "ac", "aa"):
        spreading.link(name, other)
    # b has it from a, c from b
    assert spreading.traced() == {"a": (3, 2, 2, pytest.approx(4 / 3), HALF), "b": (2, 1, 1, 1.0, 1.0)}


def test_mentions_of_one_instant_are_no_circle_either(spreading):
    for name in "ab":
        spreading.mention(name)
    spreading.link("a", "b")
    spreading.link("b", "a")
    assert [row[:1] for row in spreading.traced().values()] == [(2,)]


def test_what_we_do_not_hold_or_was_deleted_is_no_part(spreading):
    spreading.mention("a")
    spreading.mention("gone", 1, deleted=at(9))
    spreading.mention("c", 2)
    for name, other in (("a", "elsewhere"), ("gone", "a"), ("c", "gone")):
        spreading.link(name, other)
    assert spreading.traced() == {}


def test_answers_that_name_nobody_are_part_of_it(spreading):
    spreading.mention("complaint")
    spreading.mention("me too", 1, match="context")
    spreading.link("me too", "complaint", "reply")
    assert spreading.traced()["complaint"][0] == 2


def test_what_is_no_more_goes_and_other_sources_stay(spreading):
    for source in ("oiseau", "forum"):
        spreading.mention(f"a {source}", source=source)
        spreading.mention(f"b {source}", 1, source=source)
        spreading.link(f"b {source}", f"a {source}")
    assert set(spreading.traced("oiseau")) == {"a oiseau"}
    assert set(spreading.traced("forum")) == {"a oiseau", "a forum"}
    spreading.connection.exec_driver_sql(
        "UPDATE listening.fct_mention SET deleted_at = now() WHERE native_id = 'b forum'"
    )
    assert set(spreading.traced("oiseau")) == {"a oiseau", "a forum"}
    assert set(spreading.traced("forum")) == {"a oiseau"}


def test_tracing_again_writes_nothing_and_growth_is_seen(spreading):
    for hour, name in enumerate("abc"):
        spreading.mention(name, hour)
    spreading.link("b", "a")
    first, place = spreading.traced(), "SELECT xmin::text, ctid::text FROM listening.fct_cascade"
    where = spreading.rows(place)
    assert spreading.traced() == first
    assert spreading.rows(place) == where
    spreading.link("c", "a")
    assert spreading.traced() == {"a": (3, 2, 1, pytest.approx(4 / 3), 1.0)}
