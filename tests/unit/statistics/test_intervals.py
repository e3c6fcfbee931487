"""Intervals contain what they are about, stay in range, shrink with n, and give known values."""

from math import comb, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from listening_etl.statistics.intervals import (
    Z,
    byar_poisson,
    compound_poisson_sum,
    median_ranks,
    votes,
    wilson,
)

counts = st.integers(min_value=1, max_value=10**6)


@given(counts.flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_and_stays_a_share(kn):
    k, n = kn
    low, high = wilson(k, n)
    assert 0 <= low <= k / n <= high <= 1


@given(st.integers(0, 50), st.integers(1, 50), st.integers(2, 100))
def test_wilson_shrinks_with_n(k, more, times):
    narrow, wide = wilson(k * times, (k + more) * times), wilson(k, k + more)
    assert narrow.high - narrow.low < wide.high - wide.low


def test_wilson_known_values():
    # Newcombe 1998, Statistics in Medicine 17, table I, method 3: 81/263 -> 0.2553 to 0.3662,
    # 15/148 -> 0.0624 to 0.1605, 0/20 -> 0 to 0.1611, 1/29 -> 0.0061 to 0.1718
    low, high = wilson([81, 15, 0, 1], [263, 148, 20, 29])
    assert low == pytest.approx([0.2553, 0.0624, 0.0, 0.0061], abs=5e-5)
    assert high == pytest.approx([0.3662, 0.1605, 0.1611, 0.1718], abs=5e-5)


def test_wilson_by_hand():
    # 1 of 2: the middle is 1/2; half = z/(2 + z²) · sqrt(1·1/2 + z²/4), z² = 3.8415
    # = 1.95996/5.84146 · sqrt(1.46036) = 0.335527 · 1.208454 = 0.405469
    low, high = wilson(1, 2)
    assert (low, high) == pytest.approx((0.5 - 0.405469, 0.5 + 0.405469), abs=2e-6)


@given(st.integers(0, 10**9))
def test_byar_holds_the_count_and_is_never_negative(n):
    low, high = byar_poisson(n)
    assert 0 <= low <= n < high


@given(counts)
def test_byar_shrinks_beside_the_count(n):
    one, four = byar_poisson(n), byar_poisson(4 * n)
    assert (four.high - four.low) / (4 * n) < (one.high - one.low) / n


def test_byar_known_values():
    # exact Poisson limits: 10 -> 4.795 to 18.390; 100 -> 81.364 to 121.627; Byar is within 1 % of both
    low, high = byar_poisson([10, 100])
    assert low == pytest.approx([4.795, 81.364], rel=0.01)
    assert high == pytest.approx([18.390, 121.627], rel=0.01)
    # by hand, n = 0: low 0; high = 1 · (1 - 1/9 + 1.959964/3)³ = 1.5422102³ = 3.668
    low, high = byar_poisson(0)
    assert low == 0
    assert high == pytest.approx(3.668, abs=5e-4)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=200))
def test_votes_hold_the_mean_within_their_scale(cast):
    v = np.array(cast)
    low, high = votes(v.sum(), (v * v).sum(), len(v))
    assert -1 <= low <= v.mean() + 1e-12
    assert v.mean() - 1e-12 <= high <= 1


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 50), st.integers(2, 50))
def test_votes_shrink_with_n(positive, negative, neutral, times):
    def width(p, u, n):
        low, high = votes(p - n, p + n, p + u + n)
        return high - low

    assert width(positive * times, neutral * times, negative * times) < width(positive, neutral, negative)


def test_votes_by_hand():
    # +1 +1 0 -1: s1 = 1, s2 = 3, n' = 6, mean' = 1/6, var' = 4/6 - 1/36 = 23/36
    # half = z · sqrt(23/36/6) = 1.959964 · 0.326315 = 0.639566
    low, high = votes(1, 3, 4)
    assert (low, high) == pytest.approx((1 / 6 - 0.639566, 1 / 6 + 0.639566), abs=2e-6)


def test_votes_agree_with_agresti_and_min():
    # their matched pairs: b = 9 and c = 3 of n = 40 discordant; half a pair more in each of the four cells
    b, c, n = 9.5, 3.5, 42
    middle, half = (b - c) / n, Z * sqrt((b + c) - (b - c) ** 2 / n) / n
    assert votes(9 - 3, 9 + 3, 40) == pytest.approx((middle - half, middle + half), rel=1e-12)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=100))
def test_a_compound_sum_is_held_and_never_negative(terms):
    x = np.array(terms)
    low, high = compound_poisson_sum(x.sum(), (x * x).sum())
    assert 0 <= low <= x.sum() <= high


def test_a_compound_sum_of_equal_terms_is_a_poisson_count():
    # 100 terms of 3: 300 -+ z · sqrt(100 · 9) = 300 -+ 58.799
    low, high = compound_poisson_sum(300, 900)
    assert (low, high) == pytest.approx((300 - 58.799, 300 + 58.799), abs=1e-3)


@given(counts)
def test_median_ranks_lie_around_the_median(n):
    low, high = median_ranks(n)
    assert 1 <= low <= (n + 1) / 2 <= high <= n
    assert low + high == n + 1


def test_median_ranks_by_hand():
    # n = 25: 12.5 - 0.98 · 5 = 7.6, so 7, and from the other end 19; n = 100: 50 - 9.8 = 40.2, so 40 and 61
    low, high = median_ranks([1, 5, 25, 100])
    assert low.tolist() == [1, 1, 7, 40]
    assert high.tolist() == [1, 5, 19, 61]


def test_median_ranks_hold_their_level_from_six_values_on():
    for n in range(6, 500):
        low, high = (int(rank) for rank in median_ranks(n))
        # the median lies between both values unless fewer than low, or high or more, values fall below it
        assert sum(comb(n, below) for below in range(low, high)) / 2**n >= 0.95


@pytest.mark.parametrize("interval", [wilson(0, 0), votes(0, 0, 0), median_ranks(0)])
def test_without_an_observation_nothing_is_known(interval):
    assert np.isnan(interval.low)
    assert np.isnan(interval.high)
