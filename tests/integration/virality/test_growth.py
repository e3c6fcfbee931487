"""Velocity and doubling time from snapshots, worked out by hand; what was not shown is not counted as none."""

import random

import pytest

from tests.integration.virality.conftest import at, key


def grown(spreading, *snapshots):
    spreading.mention("m")
    spreading.counted("m", *snapshots)
    return spreading.virality("m")


@pytest.mark.parametrize("hours", [0.5, 3, 26.7])
def test_a_steady_doubling_is_found_within_two_percent(spreading, hours):
    chance = random.Random(7)
    times = [1, 6, 24, 3 * 24, 7 * 24] if hours > 20 else [hours * n for n in range(1, 9)]
    counts = [50 * 2 ** (time / hours) * chance.uniform(0.995, 1.005) for time in times]
    row = grown(spreading, *((time, round(count)) for time, count in zip(times, counts, strict=True)))
    assert row.doubling_time_hours == pytest.approx(hours, rel=0.02)
    assert row.doubling_fit > 0.999


def test_the_doubling_time_by_hand(spreading):
    # logarithms 0, ln 2, ln 8 at 1, 2, 3 hours: slope (ln 8 - 0) / 2 = 1.5 ln 2, ln 2 / slope = 2/3 of an hour;
    # means 2 and 4/3 ln 2, residuals 1/6, -1/3, 1/6: fit 1 - (1/6) / (14/3) in ln 2 squared
    row = grown(spreading, (1, 1), (2, 2), (3, 8))
    assert row.doubling_time_hours == pytest.approx(2 / 3)
    assert row.doubling_fit == pytest.approx(1 - (1 / 6) / (14 / 3))


@pytest.mark.parametrize(
    "counts",
    [(), (5,), (5, 9), (5, 5, 5), (9, 5, 3), (5, 9, 9, 9), (0, 0, 4, 8), (None, 4, 8)],
    ids=str,
)
def test_fewer_than_three_that_rise_have_no_doubling_time(spreading, counts):
    row = grown(spreading, *((hour, count) for hour, count in enumerate(counts, 1)))
    assert (row.doubling_time_hours, row.doubling_fit) == (None, None)


def test_velocities_by_hand(spreading):
    # 10 in 2 hours, 60 in 4, 5 taken back in 10; after 17 hours 85 in all
    row = grown(spreading, (1, 20), (3, 25, 5), (3.5, None), (7, 80, 10), (17, 75, 10))
    assert (row.snapshots, row.first_counted_at, row.last_counted_at) == (3, at(3), at(17))
    assert row.engagement == 85
    assert (row.velocity, row.peak_velocity) == (-0.5, 15.0)
    assert row.mean_velocity == 85 / 17


def test_a_counter_that_shows_late_is_no_growth(spreading):
    row = grown(spreading, (1, 10, None), (2, 10, 500), (4, 12, 500))
    assert (row.snapshots, row.velocity, row.peak_velocity) == (2, 1.0, 1.0)


def test_hidden_counters_say_nothing(spreading):
    row = grown(spreading, (1, None, None, None), (2, None, None, None))
    assert (row.snapshots, row.engagement, row.velocity, row.mean_velocity) == (None,) * 4
    spreading.mention("none")
    assert spreading.virality("none").engagement is None
    spreading.mention("zero")
    spreading.counted("zero", (1, 0, 0, 0), (2, 0, 0, 0))
    assert (spreading.virality("zero").engagement, spreading.virality("zero").velocity) == (0, 0.0)


def test_two_looks_within_ten_minutes_are_no_flood(spreading):
    # a like between two looks a second apart would be 3600 an hour; against the look an hour before it is one
    row = grown(spreading, (1, 10), (2, 10), (2 + 1 / 3600, 11))
    assert row.velocity == pytest.approx(1 / (1 + 1 / 3600))
    assert row.peak_velocity == row.velocity
    assert row.snapshots == 3


def test_one_look_gives_the_mean_alone_and_the_first_minutes_not_even_that(spreading):
    row = grown(spreading, (2, 10))
    assert (row.velocity, row.peak_velocity, row.mean_velocity) == (None, None, 5.0)
    spreading.mention("young", 1)
    spreading.counted("young", (1.1, 3))
    assert spreading.virality("young").mean_velocity is None


def test_the_order_of_arrival_does_not_matter(spreading):
    snapshots = [(1, 3), (2, 5), (5, 17), (9, 30), (20, 31)]
    forward = grown(spreading, *snapshots)
    spreading.mention("other")
    spreading.counted("other", *reversed(snapshots))
    assert forward[3:] == spreading.virality("other")[3:]


def test_what_was_deleted_has_no_row(spreading):
    spreading.mention("gone", deleted=at(3))
    spreading.counted("gone", (1, 5))
    assert spreading.rows("SELECT FROM listening.virality WHERE mention_id = :key", key=key("gone")) == []
