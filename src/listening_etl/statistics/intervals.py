"""95 % intervals of the figures; the warehouse has the same formulas in SQL (`warehouse/functions.sql`).

Every function takes numbers or arrays and answers arrays of their common shape. Where the data say nothing
(no observation) both ends are NaN.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

Z = 1.959963984540054
"""97.5 % point of the normal distribution: two-sided 95 % intervals."""


class Interval(NamedTuple):
    """Both ends of an interval, included."""

    low: Floats
    high: Floats


def wilson(k: ArrayLike, n: ArrayLike) -> Interval:
    """Of the proportion `k / n`, by the score test.

    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927). Unlike
    the textbook interval it stays within 0 and 1 and holds its level when `k` is near 0 or `n`.
    """
    hits, trials = floats(k), floats(n)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(trials > 0, hits / trials, np.nan)
        middle = hits + Z**2 / 2
        half = Z * np.sqrt(hits * (trials - hits) / trials + Z**2 / 4)
        low = (middle - half) / (trials + Z**2)
        high = (middle + half) / (trials + Z**2)
        return Interval(np.maximum(0, np.minimum(share, low)), np.minimum(1, np.maximum(share, high)))


def byar_poisson(n: ArrayLike) -> Interval:
    """Of the mean behind a Poisson count `n`, by Byar's approximation.

    Breslow and Day, "Statistical methods in cancer research", vol. II (IARC 1987), p. 69: within about 2 % of
    the exact upper end from n = 0 on, and of the lower from n = 5 on.
    """
    count = floats(n)
    with np.errstate(divide="ignore", invalid="ignore"):
        low = count * (1 - 1 / (9 * count) - Z / (3 * np.sqrt(count))) ** 3
    more = count + 1
    high = more * (1 - 1 / (9 * more) + Z / (3 * np.sqrt(more))) ** 3
    return Interval(np.where(count > 0, low, 0 * count), high)


def votes(s1: ArrayLike, s2: ArrayLike, n: ArrayLike) -> Interval:
    """Of the mean of `n` votes between -1 and 1, from their sum `s1` and their sum of squares `s2`.

    The adjusted Wald interval of Agresti and Min, "Simple improved confidence intervals for comparing
    matched proportions", Statistics in Medicine 24 (2005): one vote of weight one half is added on each of
    the four cells, that is two votes of sum 0 and sum of squares 1. Carried over from votes of -1, 0 and 1
    to means of votes.
    """
    total, squares, count = floats(s1), floats(s2), floats(n)
    more = count + 2
    mean = total / more
    half = Z * np.sqrt(((squares + 1) / more - mean**2) / more)
    unknown = np.where(count > 0, 0.0, np.nan)
    return Interval(np.maximum(-1, mean - half) + unknown, np.minimum(1, mean + half) + unknown)


def compound_poisson_sum(total: ArrayLike, squares: ArrayLike) -> Interval:
    """Of a sum over a Poisson number of terms, from the sum and the sum of the squares of the terms seen.

    The variance of such a sum is the expected sum of squares (Feller, "An introduction to probability theory
    and its applications", vol. I, XII.2), estimated by the one seen. Terms are not negative, so neither is
    the lower end.
    """
    middle = floats(total)
    half = Z * np.sqrt(floats(squares))
    return Interval(np.maximum(0, middle - half), middle + half)


def median_ranks(n: ArrayLike) -> Interval:
    """Ranks, from 1, of the two values among `n` in order between which their median lies.

    Order statistics with the normal approximation of the binomial (Campbell and Gardner, "Calculating
    confidence intervals for some non-parametric analyses", BMJ 296, 1988), the lower rank rounded down and
    the upper its mirror image. From 6 values on this holds 95 % exactly (a test sums the binomial); below,
    even the whole range does not.
    """
    count = floats(n)
    unknown = np.where(count > 0, 0.0, np.nan)
    low = np.maximum(1, np.floor(count / 2 - Z / 2 * np.sqrt(count))) + unknown
    return Interval(low, count + 1 - low)


def floats(values: ArrayLike) -> Floats:
    """As an array of floats."""
    return np.asarray(values, dtype=np.float64)
