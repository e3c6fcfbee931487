"""How often a warning of drift is false, and how often a shift is found: `python -m benchmarks.drift`.

Mentions are drawn from people: a few regulars, each with a mood of their own, write two fifths of everything; the
others come once; and in every fourth week somebody who was never seen before writes a tenth of a source in one mood.
Ten sources of three labels are watched at a time, each week against the 8 before; of so many weeks is told how many
warnings 1,000 of source and week brought. In the restless world every week's shares wander by themselves, by some
`--unrest` in logits (0.2: about 4 points of a share of a third). A shift takes points from two labels and gives them
to the third. What a restless world brings is no error of the test, the shares did move; but nobody wants to hear of
it every week. Beside ours: every mention a vote of its own, as if people were not; and no question of how restless
the weeks before were; and neither, which is the usual test.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator

import numpy as np
from scipy import stats

from listening_etl.pipeline.drift import FLOOR, LEAST, RATE, WEEKS
from listening_etl.statistics.drift import benjamini_hochberg, distance, homogeneity, shift

MOOD = np.array([0.18, 0.47, 0.35])
FIRMNESS = 2.0
"""How alike a person's mentions are: the sum of the parameters of the Dirichlet from which moods come."""

REGULAR, LOUD, LOUD_EVERY = 0.4, 0.1, 4
SOURCES = 10
SIZES = (50, 200, 1000)
POINTS = (0.05, 0.10, 0.20)

Ways = dict[str, tuple[int, Callable[[np.ndarray, np.ndarray], np.ndarray]]]


def usual(week: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The p-value of Pearson's test, week against all weeks before."""
    pearson, _, freedom = homogeneity(np.stack([week, before.sum(axis=-2)], axis=-2))
    return stats.chi2.sf(pearson, freedom)


def ours(week: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Our p-value."""
    return shift(week, before).p


WAYS: Ways = {
    "ours": (1, ours),
    "authors, no unrest": (1, usual),
    "mentions, unrest": (0, ours),
    "mentions, no unrest": (0, usual),
}


def week_of(rng: np.random.Generator, size: int, moods: np.ndarray, mood: np.ndarray) -> np.ndarray:
    """Votes of a week by label [2, 3]: every mention one, and every author one."""
    often = 1 / np.arange(1, len(moods) + 1)
    author = rng.choice(len(moods), size, p=often / often.sum())
    once = rng.random(size) >= REGULAR
    author[once] = len(moods) + np.flatnonzero(once)
    own = (moods * (mood / MOOD))[np.where(once, 0, author)]
    own[once] = rng.dirichlet(FIRMNESS * mood, once.sum())
    if rng.random() < 1 / LOUD_EVERY:
        author[: int(size * LOUD)], own[: int(size * LOUD)] = -1, rng.dirichlet(mood)
    sums = np.cumsum(own / own.sum(axis=1, keepdims=True), axis=1)
    label = (rng.random(size)[:, None] > sums[:, :-1]).sum(axis=1)
    _, who, many = np.unique(author, return_inverse=True, return_counts=True)
    return np.stack([np.bincount(label, minlength=3), np.bincount(label, 1 / many[who], minlength=3)])


def history(rng: np.random.Generator, size: int, unrest: float, points: float) -> np.ndarray:
    """The votes of a source by week [2, weeks, 3]; the last week is shifted by so many points."""
    moods = rng.dirichlet(FIRMNESS * MOOD, max(10, size // 5))
    weeks = []
    for number in range(WEEKS + 1):
        mood = MOOD * np.exp(rng.normal(0, unrest, 3))
        mood /= mood.sum()
        moved = points * np.array([1, -0.5, -0.5]) if number == WEEKS else 0
        weeks.append(week_of(rng, size, moods, np.clip(mood + moved, 0.01, None)))
    return np.stack(weeks, axis=1)


def rounds(
    rng: np.random.Generator, count: int, size: int, unrest: float, points: float
) -> Iterator[np.ndarray]:
    """The sources watched in a week [2, sources, weeks, 3], again and again; only the first is shifted."""
    for _ in range(count):
        yield np.stack([history(rng, size, unrest, points if n == 0 else 0) for n in range(SOURCES)], axis=1)


def warned(votes: np.ndarray, p_of: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    """Which sources are warned of, of votes [sources, weeks, 3]."""
    week, before = votes[:, -1], votes[:, :-1]
    q = benjamini_hochberg(np.where(week.sum(axis=-1) >= LEAST, p_of(week, before), np.nan))
    return (q <= RATE) & (distance(week, before.sum(axis=-2)) >= FLOOR)


def measure(count: int, size: int, unrest: float, points: float) -> str:
    rng = np.random.default_rng(2026)
    found = {name: np.zeros(SOURCES) for name in WAYS}
    for votes in rounds(rng, count, size, unrest, points):
        for name, (kind, p_of) in WAYS.items():
            found[name] += warned(votes[kind], p_of)
    if points:
        return " ".join(f"{one[0] / count:20.0%}" for one in found.values())
    return " ".join(f"{1000 * one.sum() / count / SOURCES:20.1f}" for one in found.values())


SCALES = (
    [0.18, 0.47, 0.35],
    [0.9, 0.1],
    [0.97, 0.03],
    [0.995, 0.005],
    [0.4, 0.2, 0.15, 0.1, 0.07, 0.05, 0.03],
)
"""Shares of labels of which one seldom occurs, too."""
MEASURES, YEARS = 20, 4


def quiet_years(size: int) -> float:
    """Warnings a year of twenty measures, and of their abstention, on ten sources in which nothing moves."""
    rng, series = np.random.default_rng(3), []
    for number in range(MEASURES * SOURCES):
        for shares in (SCALES[number % len(SCALES)], [0.9, 0.1]):
            votes = rng.multinomial(size, shares, 52 * YEARS + WEEKS).astype(float)
            before = np.lib.stride_tricks.sliding_window_view(votes[:-1], WEEKS, axis=0)
            found = shift(votes[WEEKS:], np.moveaxis(before, -1, -2))
            series.append((found.p, found.distance))
    p, moved = (np.array(part) for part in zip(*series, strict=True))
    told = [benjamini_hochberg(week) <= RATE for week in p.T]
    return float((np.array(told) & (moved.T >= FLOOR)).sum() / YEARS)


def found_among(series: int, size: int, points: float) -> float:
    """How often a shift of one calm series is told where that many are watched and no other one moves."""
    rng, mood = np.random.default_rng(3), np.array([1, -0.5, -0.5]) * points + MOOD
    before = rng.multinomial(size, MOOD, (3_000, WEEKS)).astype(float)
    found = shift(rng.multinomial(size, mood, 3_000).astype(float), before)
    return float(((found.p <= RATE / series) & (found.distance >= FLOOR)).mean())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=300, help="weeks of ten sources for each line")
    parser.add_argument("--unrest", type=float, default=0.2, help="of the restless world, in logits")
    given = parser.parse_args()
    started = time.perf_counter()
    print(f"{'':36}" + " ".join(f"{name:>20}" for name in WAYS))
    for unrest, world in ((0.0, "calm"), (given.unrest, "restless")):
        for size in SIZES:
            line = measure(given.rounds, size, unrest, 0)
            print(f"{world:9} n={size:<5} false per 1,000   {line}", flush=True)
    for unrest, world in ((0.0, "calm"), (given.unrest, "restless")):
        for size in SIZES:
            for points in POINTS:
                line = measure(max(1, given.rounds // 3), size, unrest, points)
                print(f"{world:9} n={size:<5} {points:3.0%} points found  {line}", flush=True)
    for size in SIZES:
        print(
            f"{MEASURES} measures, {SOURCES} sources, n={size}: {quiet_years(size):.2f} false warnings a year"
        )
    print(f"one of 300 series, n=200, 20 points: {found_among(300, 200, 0.2):.0%} found")
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
