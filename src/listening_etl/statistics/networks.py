"""Who is linked with whom: standing in a network, and the shape of what spread from one to another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from listening_etl.statistics.intervals import Floats

DAMPING = 0.85
STEPS = 200
"""After so many, 0.85^200 or less than 1e-14 of where they began is left; a fixed number gives one answer."""


def pagerank(source: ArrayLike, target: ArrayLike, weight: ArrayLike, nodes: int) -> Floats:
    """PageRank of each of the nodes 0 to `nodes` - 1, as a multiple of their mean: 1 is nobody in particular.

    One row a link: `source` gives `target` its share, by `weight`, of what it gives. Who gives to nobody gives to
    all alike. Brin and Page, "The anatomy of a large-scale hypertextual Web search engine" (1998), damping 0.85.
    """
    givers, takers = np.asarray(source, dtype=np.int64), np.asarray(target, dtype=np.int64)
    weights = np.asarray(weight, dtype=np.float64)
    given = np.bincount(givers, weights, nodes)
    shares, silent = weights / given[givers], given == 0
    rank = np.ones(nodes)
    for _ in range(STEPS):
        received = np.bincount(takers, rank[givers] * shares, nodes)
        rank = 1 - DAMPING + DAMPING * (received + rank[silent].sum() / max(nodes, 1))
    return rank


class Cascades(NamedTuple):
    """Of each node, what hangs below it: the node itself and all who have it from it, directly or not."""

    size: NDArray[np.int64]
    """Nodes, itself included; 1: nothing hangs below it."""
    depth: NDArray[np.int64]
    """Steps to the farthest; 0: nothing hangs below it."""
    structural_virality: Floats
    """Mean distance, in steps, of all pairs of its nodes; NaN for a node alone."""
    largest_broadcast: Floats
    """Of the others, the share that have it straight from one and the same; NaN for a node alone."""
    marked: NDArray[np.int64]
    """Of the others, how many are marked."""


def cascades(parents: ArrayLike, marks: ArrayLike) -> Cascades:
    """The cascade below each node of a forest; `parents` gives a node before it, or -1 where it begins.

    `marks` are 1 or 0, a node.

    Structural virality is the mean distance 1/(n(n-1)) sum d_ij over ordered pairs: 2 - 2/n where one tells all,
    (n+1)/3 where each tells one. Goel, Anderson, Hofman, Watts, "The structural virality of online diffusion",
    Management Science 62 (2016).

    Cutting an edge of a tree of n nodes leaves s below it and n - s above, and s(n - s) pairs pass over it: so the
    distances of all pairs add up to n * sum(s) - sum(s^2) over the edges, and one pass from the leaves suffices.
    """
    above, marked = (np.asarray(given, dtype=np.int64).tolist() for given in (parents, marks))
    nodes = len(above)
    size, depth, widest = [1] * nodes, [0] * nodes, [0] * nodes
    direct, sizes, squares, passed = [0] * nodes, [0] * nodes, [0] * nodes, [0] * nodes
    # one by one, since a node is known when those below it are; in Python's integers, which are exact
    for node in range(nodes - 1, -1, -1):
        widest[node] = max(widest[node], direct[node])
        parent = above[node]
        if parent < 0:
            continue
        size[parent] += size[node]
        depth[parent] = max(depth[parent], depth[node] + 1)
        direct[parent] += 1
        passed[parent] += passed[node] + marked[node]
        widest[parent] = max(widest[parent], widest[node])
        sizes[parent] += sizes[node] + size[node]
        squares[parent] += squares[node] + size[node] ** 2
    rows = zip(size, sizes, squares, strict=True)
    viral = [2 * (n * s - q) / (n * (n - 1)) if n > 1 else np.nan for n, s, q in rows]
    broadcast = [w / (n - 1) if n > 1 else np.nan for w, n in zip(widest, size, strict=True)]
    return Cascades(*(np.array(column) for column in (size, depth, viral, broadcast, passed)))
