"""Themes that were planted are found, whatever the order; they stay when more comes, and what is new is told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening_etl.themes import NEW, NONE, fit, place
from listening_etl.themes.fitting import FEWEST, Themes, chance, cohesion
from tests.unit.themes.planted import planted

SIZES = (120, 80, 60, 40, 30)


def names(placed, truth):
    """The planted number of most members of each theme."""
    return {theme: np.bincount(truth[placed == theme] + 1).argmax() - 1 for theme in range(placed.max() + 1)}


def test_planted_themes_are_found_and_noise_is_of_none():
    vectors, truth = planted(SIZES, noise=40)
    found = fit(vectors)
    named = names(found.placed, truth)
    assert sorted(named.values()) == [0, 1, 2, 3, 4]
    said = np.array([named.get(theme, NONE) for theme in found.placed])
    assert (said == truth)[truth >= 0].mean() > 0.95
    assert (said == NONE)[truth == NONE].mean() >= 0.4  # all else would go to the nearest
    assert found.split == dict.fromkeys(range(5), NONE)


def test_of_noise_most_is_of_no_theme():
    placed = [(fit(planted((), noise=400, seed=seed)[0]).placed >= 0).mean() for seed in range(4)]
    assert np.mean(placed) < 0.15  # neighbours are looked for, and some are found


@pytest.mark.parametrize("n", [0, 1, FEWEST - 1])
def test_of_a_few_texts_nothing_is_said(n):
    vectors, _ = planted((n,))
    assert (fit(vectors).placed == NONE).all()


def test_what_deletions_leave_of_themes_can_be_looked_at():
    vectors, _ = planted((1, 1))
    left = fit(vectors, np.array([0, 2]), 3)  # each alone in its theme: freed from it, nothing is left of it
    assert len(left.themes) == 3
    assert np.isfinite(left.themes.nearest).all()
    assert np.isrealobj(left.themes.nearest)


def test_vectors_of_length_nought_are_not_alike_by_chance():
    vectors, _ = planted((), noise=30)
    padded = np.concatenate([vectors, np.zeros((40, vectors.shape[1]), np.float32)])
    # as many pairs are alike, of 70 · 69 in the place of 30 · 29
    assert chance(padded) == pytest.approx(chance(vectors) * (30 * 29) / (70 * 69))
    assert chance(np.zeros((3, 4), np.float32)) == 0


def test_the_same_set_gives_the_same_themes_twice():
    vectors, _ = planted(SIZES, noise=40)
    one, other = fit(vectors), fit(vectors)
    assert (one.placed == other.placed).all()
    assert (one.themes.centroids == other.themes.centroids).all()


def test_the_order_does_not_decide_who_is_together():
    vectors, _ = planted(SIZES, noise=40)
    shuffled = np.random.default_rng(1).permutation(len(vectors))
    one, other = fit(vectors).placed[shuffled], fit(vectors[shuffled]).placed
    together = [placed[:, None] == placed[None, :] for placed in (one, other)]
    assert (together[0] == together[1]).mean() > 0.97


def test_a_tenth_more_of_the_same_moves_nothing():
    vectors, truth = planted(SIZES, noise=40)
    early = np.random.default_rng(2).random(len(vectors)) < 0.9
    first = fit(vectors[early])
    known = np.full(len(vectors), NEW)
    known[early] = first.placed
    second = fit(vectors, known, len(first.themes))
    assert not second.merged
    assert not second.split
    placed = first.placed >= 0
    assert (second.placed[early] == first.placed)[placed].mean() >= 0.98  # asked for are 0.95
    named = names(first.placed, truth[early])
    late = truth[~early]
    said = np.array([named.get(theme, NONE) for theme in second.placed[~early]])
    assert (said == late)[late >= 0].mean() > 0.9


def test_a_theme_that_is_new_gets_a_new_number_and_the_others_keep_theirs():
    old, old_truth = planted(SIZES, noise=40)
    first = fit(old)
    new, new_truth = planted((35,), seed=9, first=20)
    known = np.concatenate([first.placed, np.full(len(new), NEW)])
    second = fit(np.concatenate([old, new]), known, len(first.themes))
    assert second.split == {5: NONE}
    assert (second.placed[len(old) :] == 5).mean() > 0.9
    placed = first.placed >= 0
    assert (second.placed[: len(old)] == first.placed)[placed].mean() >= 0.95
    assert new_truth.min() == 20 > old_truth.max()


def test_two_themes_that_have_become_one_are_told_as_merged():
    vectors, truth = planted((80, 60, 60), noise=20)
    known = truth.copy()
    known[np.flatnonzero(truth == 0)[::2]] = 3  # half of the first is called another theme
    found = fit(vectors, known, 4)
    assert found.merged in ({3: 0}, {0: 3})
    (gone,) = found.merged
    assert not (found.placed == gone).any()
    assert len(found.themes) == 4  # its number stays its own


def test_a_theme_without_members_keeps_its_number_and_gets_no_mention():
    vectors, truth = planted((80, 60), noise=20)
    known = np.where(truth == 1, 2, truth)  # number 1 has lost all
    found = fit(vectors, known, 3)
    assert set(np.unique(found.placed)) == {NONE, 0, 2}
    assert not found.themes.centroids[1].any()


def test_a_mention_leaves_its_theme_only_for_one_that_is_clearly_nearer():
    themes = Themes(np.eye(2, dtype=np.float32), np.array([0.2, 0.2], np.float32))
    between = np.array([[0.70, 0.714], [0.60, 0.8], [0.1, -0.99]], np.float32)
    assert place(between, themes)[0].tolist() == [1, 1, NONE]
    placed, similarity = place(between, themes, np.array([0, 0, 0]))
    assert placed.tolist() == [0, 1, NONE]  # 0.014 nearer is not enough, 0.2 is; 0.1 + 0.05 is too far
    assert similarity.tolist() == pytest.approx([0.70, 0.8, 0.1])


def test_no_themes_place_nothing():
    nothing = Themes(np.zeros((0, 2), np.float32), np.zeros(0, np.float32))
    assert place(np.eye(2, dtype=np.float32), nothing)[0].tolist() == [NONE, NONE]


def test_cohesion_is_the_mean_over_pairs():
    # three unit vectors: two the same (1), the third at right angles to both (0, 0): 1 of 3 pairs
    vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    assert cohesion(vectors) == pytest.approx(1 / 3)
    assert cohesion(vectors[:1]) == 0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 300))
def test_placing_does_not_depend_on_company(seed, n):
    draw = np.random.default_rng(seed)
    vectors, _ = planted((n,), seed=seed)
    themes = Themes(planted((1, 1, 1))[0], draw.uniform(0, 1, 3).astype(np.float32))
    together, _ = place(vectors, themes)
    alone = [place(vectors[row : row + 1], themes)[0][0] for row in range(min(n, 20))]
    assert together[:20].tolist() == alone
