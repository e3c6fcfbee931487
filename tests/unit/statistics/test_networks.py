"""PageRank solves its equation; cascades are measured as by walking between every two of their nodes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening_etl.statistics.networks import cascades, pagerank


def test_who_is_answered_stands_above_who_answers():
    # x0 = 0.15 + 0.85 * x1 / 2, since 1 gives to both alike, and x0 + x1 = 2: 1.425 x0 = 1
    assert pagerank([0], [1], [7], 2) == pytest.approx([1 / 1.425, 2 - 1 / 1.425])


def test_a_star_by_hand():
    # a leaf is 0.15 + 0.85 c / 4, and 3 leaves and c are 4: c = 3.55 / 1.6375
    centre = 3.55 / 1.6375
    assert pagerank([1, 2, 3], [0, 0, 0], [1, 1, 1], 4) == pytest.approx(
        [centre, *[0.15 + 0.2125 * centre] * 3]
    )


def test_in_a_ring_and_without_links_all_are_nobody_in_particular():
    assert pagerank([0, 1, 2], [1, 2, 0], [1, 5, 9], 3) == pytest.approx([1, 1, 1])
    assert pagerank([], [], [], 3) == pytest.approx([1, 1, 1])
    assert len(pagerank([], [], [], 0)) == 0


def test_a_thousand_replies_of_one_count_no_more_than_his_one_voice():
    once, often = (pagerank([0, 1], [2, 3], [times, 1], 4) for times in (1, 1000))
    assert once == pytest.approx(often)
    assert once[2] == pytest.approx(once[3])


links = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 4)).filter(
        lambda link: link[0] != link[1]
    ),
    min_size=1,
    max_size=15,
)


@settings(deadline=None)  # two hundred steps: on a busy machine they take their time
@given(links)
def test_it_solves_the_equation_of_pagerank(given_links):
    moves = np.zeros((6, 6))
    for source, target, weight in given_links:
        moves[source, target] += weight
    silent = moves.sum(axis=1) == 0
    moves[silent] = 1
    moves /= moves.sum(axis=1, keepdims=True)
    solved = np.linalg.solve(np.eye(6) - 0.85 * moves.T, np.full(6, 0.15))
    assert pagerank(*zip(*given_links, strict=True), 6) == pytest.approx(solved, rel=1e-9)


@settings(deadline=None)
@given(links, st.integers(0, 5), st.integers(0, 5))
def test_one_more_link_to_somebody_lets_nobody_overtake_them(given_links, source, target):
    if source == target:
        return
    before = pagerank(*zip(*given_links, strict=True), 6)
    after = pagerank(*zip(*given_links, (source, target, 1), strict=True), 6)
    behind = before <= before[target] + 1e-9
    assert (after[behind] <= after[target] + 1e-9).all()


def chain(nodes):
    return list(range(-1, nodes - 1))


def star(nodes):
    return [-1, *[0] * (nodes - 1)]


def whole(parents):
    """Size, depth, structural virality and largest broadcast of the first node's cascade."""
    return tuple(column[0] for column in cascades(parents, [0] * len(parents))[:4])


def test_the_shapes_of_the_paper():
    # one tells nine: of 45 pairs 9 are 1 apart and 36 are 2, 81 / 45 = 2 - 2 / 10
    assert whole(star(10)) == (10, 1, pytest.approx(1.8), 1)
    # each tells one: pairs k apart are 10 - k, 9*1 + 8*2 + … + 1*9 = 165, 165 / 45 = 11 / 3
    assert whole(chain(10)) == (10, 9, pytest.approx(11 / 3), pytest.approx(1 / 9))
    # 0 tells 1 and 2, 1 tells 3 and 4: four pairs are 1 apart, 0-3 0-4 1-2 3-4 are 2, 2-3 2-4 are 3
    assert whole([-1, 0, 0, 1, 1]) == (5, 2, pytest.approx((4 + 8 + 6) / 10), 0.5)


def test_a_cascade_is_what_hangs_below():
    found = cascades([-1, 0, 1, 1, -1], [0, 1, 0, 1, 1])
    assert found.size.tolist() == [4, 3, 1, 1, 1]
    assert found.depth.tolist() == [2, 1, 0, 0, 0]
    assert found.marked.tolist() == [2, 1, 0, 0, 0]  # of the others: not itself
    # the three: 1-2 and 1-3 are 1 apart, 2-3 is 2; the four: 0-1 besides is 1, 0-2 and 0-3 are 2
    assert found.structural_virality.tolist()[:2] == pytest.approx([9 / 6, 4 / 3])
    assert found.largest_broadcast.tolist()[:2] == pytest.approx([2 / 3, 1])
    assert np.isnan(found.structural_virality[2:]).all()
    assert np.isnan(found.largest_broadcast[2:]).all()


def test_no_mentions_no_cascades():
    assert [len(column) for column in cascades([], [])] == [0] * 5


def test_a_chain_of_a_hundred_thousand_is_exact():
    # two thirds of the chain's pairs hang on sums near 10^15, where floats would begin to round
    assert whole(chain(100_001))[:3] == (100_001, 100_000, pytest.approx(100_002 / 3, rel=1e-15))


forests = st.integers(1, 12).flatmap(
    lambda nodes: st.tuples(*(st.integers(-1, node - 1) for node in range(nodes)))
)


@given(forests)
def test_walking_between_every_two_gives_the_same(parents):
    def path(node):
        return [node, *path(parents[node])] if node >= 0 else []

    found = cascades(parents, [0] * len(parents))
    for root in range(len(parents)):
        below = [node for node in range(len(parents)) if root in path(node)]
        apart = [len(set(path(a)) ^ set(path(b))) for a in below for b in below if a != b]
        told = [sum(parents[node] == teller for node in below if node != root) for teller in below]
        assert found.size[root] == len(below)
        assert found.depth[root] == max(len(path(node)) for node in below) - len(path(root))
        if len(below) > 1:
            assert found.structural_virality[root] == pytest.approx(np.mean(apart))
            assert found.largest_broadcast[root] == pytest.approx(max(told) / (len(below) - 1))
