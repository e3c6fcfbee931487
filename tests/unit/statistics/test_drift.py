"""Numbers worked out by hand, the peer's where there is one, and what has to hold of any numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from listening_etl.statistics.drift import (
    EXPECTED,
    PRIOR,
    benjamini_hochberg,
    distance,
    homogeneity,
    in_fifths,
    pooled,
    shift,
)

COUNTS = st.lists(st.integers(10, 400), min_size=2, max_size=5)


def test_the_statistic_worked_out_by_hand():
    # week 30 10, before 50 + 50 and 30 + 30: pooled 130 70 of 200, so 26 14 of 40 and 104 56 of 160 are expected
    # Pearson: 16/26 + 16/14 + 16/104 + 16/56 = 2.1978; the ratio:
    # 2 (30 ln 30/26 + 10 ln 10/14 + 100 ln 100/104 + 60 ln 60/56) = 2.2899, so the lesser is Pearson's
    found = shift([30, 10], [[50, 30], [50, 30]])
    assert found.statistic == pytest.approx(200 / 91)
    assert found.freedom == 1
    # the two weeks before are alike: (4 + 0) / (4 + 1) < 1, no unrest
    assert found.dispersion == 1
    assert found.p == pytest.approx(stats.f.sf(200 / 91, 1, PRIOR + 1))


def test_both_statistics_are_those_of_the_peer():
    table = np.array([[31.0, 40, 29], [90, 230, 180]])
    pearson, ratio, freedom = homogeneity(table)
    assert freedom == 2
    for ours, power in ((pearson, 1), (ratio, 0)):
        peer = stats.chi2_contingency(table, correction=False, lambda_=power)
        assert ours == pytest.approx(peer.statistic)


def test_unrest_of_the_weeks_before_excuses_a_week_and_is_worked_out_by_hand():
    # weeks before 20 80, 40 60, 60 40, 80 20: 50 expected everywhere, Pearson 2 (18 + 2 + 2 + 18) = 80 of 3 degrees
    restless = [[20, 80], [40, 60], [60, 40], [80, 20]]
    found = shift([70, 30], restless)
    assert found.dispersion == pytest.approx((4 + 80) / (4 + 3))
    calm = shift([70, 30], [[50, 50]] * 4)
    assert found.statistic == calm.statistic
    assert calm.p < 0.01
    assert found.p > 0.2


def test_empty_weeks_before_say_nothing():
    some = shift([30, 10], [[0, 0], [50, 30], [0, 0], [50, 30]])
    assert some == shift([30, 10], [[50, 30], [50, 30]])


def test_nothing_to_compare_is_unknown_and_one_label_has_nothing_to_move_to():
    for week, before in (([0, 0], [[5, 5]]), ([20, 20], [[0, 0]])):
        assert all(np.isnan(one) for one in shift(week, before))
    alone = shift([40, 0], [[300, 0]])
    assert alone.distance == 0
    assert np.isnan(alone.p)


def test_the_distance_worked_out_by_hand():
    # 1 0 and 0 1 have nothing in common; 1 0 and 1/2 1/2 meet at 3/4 1/4:
    # (log2 1/(3/4) + (log2 (1/2)/(3/4) + log2 (1/2)/(1/4)) / 2) / 2 = 0.3113 bits
    assert distance([7, 0], [0, 3]) == 1
    assert distance([9, 0], [2, 2]) ** 2 == pytest.approx((math.log2(4 / 3) + (math.log2(2 / 3) + 1) / 2) / 2)
    assert distance([3, 1], [30, 10]) == 0
    assert distance([2, 98], [4, 96]) == pytest.approx(0.05, abs=0.005)
    assert distance([50, 50], [56, 44]) == pytest.approx(0.05, abs=0.005)


@given(COUNTS, st.data())
def test_the_distance_is_the_peers(some, data):
    others = data.draw(st.lists(st.integers(1, 400), min_size=len(some), max_size=len(some)))
    assert distance(some, others) == pytest.approx(jensenshannon(some, others, base=2), abs=1e-7)


@given(COUNTS, st.integers(1, 8), st.integers(1, 4))
def test_a_week_like_those_before_never_counts(week, weeks, times):
    found = shift(week, [[one * times for one in week]] * weeks)
    assert found.distance == pytest.approx(0, abs=1e-7)
    assert np.isnan(found.p) or found.p > 0.999


@given(COUNTS, st.data())
def test_neither_order_of_labels_nor_of_weeks_matters(week, data):
    before = [
        data.draw(st.lists(st.integers(0, 400), min_size=len(week), max_size=len(week))) for _ in range(3)
    ]
    order = data.draw(st.permutations(range(len(week))))
    turned = shift([week[i] for i in order], [[one[i] for i in order] for one in before[::-1]])
    for ours, other in zip(shift(week, before), turned, strict=True):
        assert np.allclose(ours, other, equal_nan=True)


def test_many_at_once_are_each_alone():
    rng = np.random.default_rng(4)
    weeks, before = rng.integers(0, 60, (20, 4)), rng.integers(0, 60, (20, 8, 4))
    together = shift(weeks, before)
    for number in range(20):
        alone = shift(weeks[number], before[number])
        assert np.allclose([one[number] for one in together], alone, equal_nan=True)


def test_rare_labels_are_counted_together():
    # of 100 votes a week and 900 before, b and c are expected 4 and 3 times: together 7
    week, before = pooled(np.array([90.0, 6, 4]), np.array([[840.0, 34, 26]]))
    assert week.tolist() == [90, 0, 0, 10]
    assert before.tolist() == [[840, 0, 0, 60]]
    # b alone is counted beside them, rare as it is: of 100 votes a week and 900 before, 4 are expected
    week, before = pooled(np.array([50.0, 6, 44]), np.array([[500.0, 34, 366]]))
    assert week.tolist() == [50, 0, 44, 6]
    assert before.tolist() == [[500, 0, 366, 34]]
    assert EXPECTED == 5


def test_a_label_that_nobody_had_before_is_seen():
    # of 100 votes 8, of 800 none: Fisher's exact test gives 1.8e-8; 0.9 of them were expected
    new, none = shift([92, 8], [[100, 0]] * 8), shift([100, 0], [[100, 0]] * 8)
    assert new.p < 0.001
    assert new.distance > 0.1
    assert none.distance == 0
    # nor is it hidden when all are rare: of 30 votes 3.75 are expected of each of eight labels, and all say the first
    assert shift([30] + [0] * 7, [[10] * 8] * 8).p < 0.001


@pytest.mark.parametrize("share", [0.001, 0.01, 0.03])
@pytest.mark.parametrize("n", [30, 100, 400])
def test_rare_labels_give_no_false_alarms(n, share):
    # of 4,000 weeks 200 would be below 5 %, and 2 below 0.05 %
    rng = np.random.default_rng(13)
    p = shift(
        rng.multinomial(n, [1 - share, share], 4000), rng.multinomial(n, [1 - share, share], (4000, 8))
    ).p
    assert (p < 0.05).mean() < 0.05
    assert (p < 0.0005).sum() <= 2


def binned(week, before):
    """In fifths, without the columns in which nobody ever was."""
    seen, ours = in_fifths(week, before)
    there = (seen + ours.sum(axis=0)) > 0
    return seen[there].tolist(), ours[:, there].tolist()


def test_values_are_put_into_fifths_of_the_weeks_before():
    # before: ten values, one vote each; a fifth holds two of them. The week has three votes on the highest.
    assert binned([0] * 9 + [3], [[1] * 10]) == ([0, 0, 0, 0, 3], [[2, 2, 2, 2, 2]])


def test_a_value_that_many_share_is_not_torn_apart():
    # one vote each on two values, then half of all, then four: the half is counted by itself
    assert binned([1, 1, 8, 0, 0, 0, 0], [[2, 2, 10, 2, 2, 1, 1]]) == ([2, 0, 0, 8], [[4, 2, 4, 10]])


@pytest.mark.parametrize("beyond", [0, 2])
def test_what_lies_beyond_all_that_was_said_before_is_seen_on_either_side(beyond):
    # before, all said the same value; now half say one below it, or one above it
    week = [50 if value in (beyond, 1) else 0 for value in range(3)]
    found = shift(*in_fifths(week, [[0, 100, 0]] * 8))
    assert found.p < 0.001
    # shares 1/2 1/2 and 0 1
    assert found.distance == pytest.approx(jensenshannon([0.5, 0.5], [0, 1], base=2))
    # half and half before, and who said the less says less still
    assert shift(*in_fifths([50, 0, 50], [[0, 50, 50]] * 8)).p < 0.001


@given(st.lists(st.integers(0, 9), min_size=2, max_size=12).filter(lambda counts: sum(counts) > 0))
def test_parts_of_the_weeks_before_keep_their_order_and_every_vote(counts):
    own = np.eye(len(counts)) * counts
    parts, before = in_fifths(own, np.repeat([[counts]], len(counts), axis=0))
    total = sum(counts)
    assert parts.sum() == total == before[0].sum()
    place = {value: int(parts[value].argmax()) for value, count in enumerate(counts) if count}
    for value, part in place.items():
        middle = (sum(counts[:value]) + counts[value] / 2) / total
        often = counts[value] * 5 >= total
        assert often == (part >= 5)
        assert often or part == min(4, int(middle * 5 + 1e-9))
    alone = [part for part in place.values() if part >= 5]
    assert len(set(alone)) == len(alone)


def test_benjamini_hochberg_worked_out_by_hand():
    # in order 0.01 0.02 0.03 0.5: times 4 / rank 0.04 0.04 0.04 0.5
    assert benjamini_hochberg([0.5, 0.03, np.nan, 0.01, 0.02]) == pytest.approx(
        [0.5, 0.04, np.nan, 0.04, 0.04], nan_ok=True
    )
    assert benjamini_hochberg([]).tolist() == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_benjamini_hochberg_is_the_peers(values):
    assert benjamini_hochberg(values) == pytest.approx(stats.false_discovery_control(values))


@pytest.mark.parametrize("n", [60, 500])
def test_without_a_shift_p_is_small_as_rarely_as_it_says(n):
    # 4,000 weeks: at 5 % the count has a deviation of 14; the dispersion, never below 1, makes it rarer than it says
    rng = np.random.default_rng(11)
    shares = [0.2, 0.45, 0.35]
    p = shift(rng.multinomial(n, shares, 4000), rng.multinomial(n, shares, (4000, 8))).p
    assert 0.01 < (p < 0.05).mean() < 0.055
    assert (p < 0.005).mean() < 0.005
    assert abs(np.median(p) - 0.55) < 0.05


def test_unrest_alone_is_rarely_taken_for_a_shift():
    rng = np.random.default_rng(12)
    moods = np.exp(np.log([0.2, 0.45, 0.35]) + rng.normal(0, 0.2, (2000, 9, 3)))
    counts = rng.multinomial(500, moods / moods.sum(-1, keepdims=True)).astype(float)
    p = shift(counts[:, 8], counts[:, :8]).p
    assumed_calm = stats.chi2.sf(homogeneity(np.stack([counts[:, 8], counts[:, :8].sum(1)], 1))[0], 2)
    assert (p < 0.01).mean() < 0.025
    assert (assumed_calm < 0.01).mean() > 0.3
