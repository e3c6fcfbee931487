"""Find themes among directions: groups of neighbours, told by where they point and how near a mention has to be.

Themes are found once, as communities among nearest neighbours; from then on they are carried on. What comes next
day may move a theme a little, may make two themes of one or one of two, and may bring a new one; it never shuffles
what was there. So an id lasts because the theme does, and nothing has to be matched afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NONE, NEW = -1, -2
"""The theme of what is far from all, and of what was never placed."""
LEAST, SHARE = 8, 200
"""Different texts that make a theme, at least, and one in so many of all: else there would be too many to read."""
FEWEST = 50
"""Different texts from which themes can be told at all."""
NEIGHBOURS = 15
COMPONENTS = 50
"""Principal components on which neighbours are looked for: of the others most is noise."""
ALIEN, LET_IN = 0.95, 0.2
"""A mention is of a theme if it is nearer to it than this share of the mentions of others; with many themes a greater
share, so that all together let in no more than so many of those that are of none."""
NOISE = 1.645
"""And if it is nearer than 95 in 100 would be in noise: so many standard deviations."""
INERTIA = 0.05
"""How much nearer another theme has to be for a mention to leave its own."""
CHANCE = 6.0
"""Texts of a theme are so many times as similar as chance alone makes texts: less is found in noise, too."""
FEW = 8
"""So many texts halve what a group's similarity is worth: the fewer, the more of it is choice."""
TIGHTER = 1.5
"""A group is a theme of its own if its texts are so many times as similar as those of the theme around it."""
LOOSER = 0.6
"""A group of new texts that are of no theme is one from so much of what the known themes have."""
ALIKE = 0.9
"""Two themes are one if their texts are so similar to each other, against those of each among themselves."""
ROUNDS = 4
BLOCK = 16_384
"""Rows of a matrix product."""


@dataclass(frozen=True)
class Themes:
    """Unit vectors, [themes, width], and how similar to its theme a mention has to be at least, [themes]."""

    centroids: Floats
    nearest: Floats

    def __len__(self) -> int:
        return len(self.centroids)


@dataclass(frozen=True)
class Fitted:
    """The themes found; the theme of each direction, -1 for none; and what became of the themes known before.

    `merged` says of a known theme that is no more into which it went; `split`, of a new one, out of which it came
    (-1: of none). A known theme that kept too few members is in `themes` still, without any.
    """

    themes: Themes
    placed: Ints
    merged: dict[int, int]
    split: dict[int, int]


def fit(directions: Floats, known: Ints | None = None, count: int = 0) -> Fitted:
    """Themes of unit vectors, which come in an order of their own, whatever the order of arrival.

    `known`: the theme, below `count`, that each had before, -1 for none, -2 for what is new. New themes are numbered
    from `count`.
    """
    n = len(directions)
    least = max(LEAST, n // SHARE)
    known = np.full(n, NEW) if known is None else known
    placed = np.maximum(known, NONE)
    if n < FEWEST:
        return Fitted(_themes(directions, placed, count), placed, {}, {})
    if not count:
        placed = _found(directions, least)
        for _ in range(ROUNDS):
            placed, _similarity = place(directions, _themes(directions, placed, 0))
            placed = _sound(directions, placed, least)
        themes = _themes(directions, placed, 0)
        return Fitted(themes, placed, {}, dict.fromkeys(range(len(themes)), NONE))
    placed, _ = place(directions, _themes(directions, placed, count), placed)
    merged = _merged(directions, placed, count)
    for gone, into in merged.items():
        placed[placed == gone] = into
    placed, split = _born(directions, placed, known, count, least)
    placed, _ = place(directions, _themes(directions, placed, count), placed)
    return Fitted(_themes(directions, placed, count + len(split)), placed, merged, split)


def place(directions: Floats, themes: Themes, before: Ints | None = None) -> tuple[Ints, Floats]:
    """The theme of each direction, -1 for none, and its similarity to that, or to the nearest that it is not of.

    `before`: the theme that each had; it is left only for one that is clearly nearer.
    """
    placed, similarity = np.full(len(directions), NONE), np.zeros(len(directions), np.float32)
    for start in range(0, len(directions) if len(themes) else 0, BLOCK):
        rows = slice(start, start + BLOCK)
        near = directions[rows] @ themes.centroids.T
        drawn = near - themes.nearest
        if before is not None:
            of_one = np.flatnonzero(before[rows] >= 0)
            drawn[of_one, before[rows][of_one]] += INERTIA
            near_or_drawn = near.copy()
            near_or_drawn[of_one, before[rows][of_one]] += INERTIA
        else:
            near_or_drawn = near
        best = np.where(drawn >= 0, near_or_drawn, -np.inf).argmax(axis=1)
        fits = np.take_along_axis(drawn, best[:, None], axis=1)[:, 0] >= 0
        placed[rows] = np.where(fits, best, NONE)
        similarity[rows] = np.where(
            fits, np.take_along_axis(near, best[:, None], axis=1)[:, 0], near.max(axis=1)
        )
    return placed, similarity


def cohesion(x: Floats) -> float:
    """Mean similarity of two of these unit vectors; 0 when there are no two."""
    n = len(x)
    return float((np.square(x.sum(axis=0, dtype=np.float64)).sum() - n) / (n * (n - 1))) if n > 1 else 0.0


def chance(x: Floats) -> float:
    """Mean square of the similarity of two of these: 1 / d for noise that fills d dimensions."""
    n = len(x)
    if n < 2:
        return 0.0
    themselves = np.square(
        np.square(x, dtype=np.float64).sum(axis=1)
    ).sum()  # 1 each, but for vectors of length 0
    return max(0.0, float((np.square(x.T.astype(np.float64) @ x).sum() - themselves) / (n * (n - 1))))


def unit(vectors: Floats) -> Floats:
    """The vectors, each of length 1; one of length 0 stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def _born(x: Floats, placed: Ints, known: Ints, count: int, least: int) -> tuple[Ints, dict[int, int]]:
    """The places with new themes: groups among what is new or was of none that hang together as themes do.

    What is new may have been drawn into a theme for want of a better one: then a group has to hang together better
    than that theme does. One of texts most of which are old was looked at before: it has to be better than usual.
    """
    within = np.array([cohesion(x[placed == theme]) for theme in range(count)])
    usual = float(np.median(within[within > 0])) if (within > 0).any() else 0.0
    free = np.flatnonzero(known < 0)
    groups, after = _found(x[free], least), placed.copy()
    split: dict[int, int] = {}
    for group in range(groups.max(initial=NONE) + 1):
        members = free[groups == group]
        around = int(np.bincount(placed[members] + 1, minlength=count + 1).argmax()) - 1
        fresh = (known[members] == NEW).mean() > 0.5
        bar = max((LOOSER if fresh else TIGHTER) * usual, TIGHTER * within[around] if around != NONE else 0.0)
        if cohesion(x[members]) >= bar:
            new = count + len(split)
            after[members], split[new] = new, around
    return after, split


def _merged(x: Floats, placed: Ints, count: int) -> dict[int, int]:
    """Themes that are no longer told apart: each goes into the one of the two that has more members."""
    sums, sizes = _sums(x, placed, count)
    means = sums / np.maximum(1, sizes)[:, None]
    within = np.array([max(0.0, cohesion(x[placed == theme])) for theme in range(count)])
    alike = means @ means.T >= ALIKE * np.sqrt(np.outer(within, within))
    merged: dict[int, int] = {}
    by_size = [int(theme) for theme in np.lexsort((np.arange(count), -sizes)) if within[theme] > 0]
    for place, theme in enumerate(by_size):
        into = next(
            (larger for larger in by_size[:place] if alike[theme, larger] and larger not in merged), None
        )
        if into is not None:
            merged[theme] = into
    return merged


def _themes(x: Floats, placed: Ints, count: int) -> Themes:
    """Where the themes point, and how near to them the mentions of others come."""
    count = max(count, int(placed.max(initial=NONE)) + 1)
    centroids = unit(_sums(x, placed, count)[0])
    near = x @ centroids.T
    nearest = np.ones(count, np.float32)
    there = np.unique(placed[placed >= 0])
    by_chance = NOISE * _left(x, placed) ** 0.5
    for theme in there:
        others = near[placed != theme, theme]
        alien = np.quantile(others, max(ALIEN, 1 - LET_IN / len(there))) if len(others) else 0.0
        nearest[theme] = max(alien, by_chance)
    return Themes(centroids, nearest)


def _found(x: Floats, least: int) -> Ints:
    """Communities in the graph of nearest neighbours that hang together, the largest first; -1: in none."""
    if len(x) < 2 * least:
        return np.full(len(x), NONE)
    import networkx

    found = networkx.community.louvain_communities(_graph(_principal(x)), seed=0)
    placed = np.full(len(x), NONE)
    for number, members in enumerate(
        sorted((sorted(one) for one in found), key=lambda one: (-len(one), one[0]))
    ):
        placed[members] = number
    placed = _sound(x, placed, least)
    for gone, into in _merged(x, placed, int(placed.max()) + 1).items():
        placed[placed == gone] = into
    return _sound(x, placed, least)


def _sound(x: Floats, placed: Ints, least: int) -> Ints:
    """Without the groups that are too small, or hang together no better than by chance; the others numbered on."""
    by_chance = _left(x, placed)
    after, number = np.full(len(x), NONE), 0
    for theme in range(int(placed.max(initial=NONE)) + 1):
        members = np.flatnonzero(placed == theme)
        worth = cohesion(x[members]) * len(members) / (len(members) + FEW)
        if len(members) >= least and worth >= CHANCE * by_chance:
            after[members], number = number, number + 1
    return after


def _left(x: Floats, placed: Ints) -> float:
    """How alike texts are by chance: when each is freed from what its group has in common."""
    sums, sizes = _sums(x, placed, int(placed.max(initial=NONE)) + 2)
    means = sums / np.maximum(1, sizes)[:, None]
    return chance(unit(x - np.where((placed >= 0)[:, None], means[placed], 0)))


def _sums(x: Floats, placed: Ints, count: int) -> tuple[Floats, Ints]:
    """The sum of the vectors of each group, and how many they are."""
    sums, there = np.zeros((count, x.shape[1]), np.float32), placed >= 0
    np.add.at(sums, placed[there], x[there])
    return sums, np.bincount(placed[there], minlength=count)


def _graph(x: Floats) -> Any:
    """Each with its nearest neighbours, weighted by how many neighbours the two have in common (Jaccard)."""
    import networkx
    import scipy.sparse

    n = len(x)
    k = min(NEIGHBOURS, max(10, n // 20), n - 1)
    nearest = np.empty((n, k), np.int64)
    for start in range(0, n, BLOCK // 8):
        rows = np.arange(start, min(start + BLOCK // 8, n))
        near = x[rows] @ x.T
        near[np.arange(len(rows)), rows] = -np.inf
        nearest[rows] = np.argpartition(-near, k - 1, axis=1)[:, :k]
    ones = np.ones(n * k, np.float32)
    to = scipy.sparse.csr_matrix((ones, (np.repeat(np.arange(n), k), nearest.ravel())), shape=(n, n))
    common = (to + to.T).sign().multiply(to @ to.T).tocsr()
    common.data /= 2 * k - common.data
    return networkx.from_scipy_sparse_array(common)


def _principal(x: Floats) -> Floats:
    middle = x - x.mean(axis=0)
    _, axes = np.linalg.eigh(middle.T @ middle)
    return unit(middle @ axes[:, -COMPONENTS:])
