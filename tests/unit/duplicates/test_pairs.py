"""The set of texts alone decides the clusters: whatever the order, however it is cut."""

from __future__ import annotations

import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from listening_etl.duplicates import clusters, components, forest, new_pairs, sketches

BASES = [
    "Ma cafetière Torvelio fuit depuis hier soir et le service client ne répond toujours pas.",
    "Livraison de la bouilloire Phimosri ce matin comme prévu, emballage soigné, rien à redire.",
    "Does anyone know how to fix the water tank of a Torvelio coffee maker bought in Leeds?",
    "merci beaucoup !",
]
PAIRS = {"left": pl.Int64, "right": pl.Int64, "similarity": pl.Float64}


def edited(base: str, seed: int) -> str:
    """The text itself, one cut, or one with some characters replaced."""
    rng = random.Random(seed)
    if seed % 4 == 0:
        return base
    if seed % 4 == 1:
        return base[: rng.randrange(45, 80)] + "…"
    characters = list(base)
    for place in rng.sample(range(len(base)), min(seed % 8, len(base))):
        characters[place] = rng.choice("aeiourst")
    return "".join(characters)


texts = st.lists(st.builds(edited, st.sampled_from(BASES), st.integers(0, 40)), min_size=1, max_size=14)


def mentions(found: list[str], ids: list[int]) -> pl.DataFrame:
    column = pl.Series("text", found, dtype=pl.String)
    return sketches(column).with_columns(column, id=pl.Series(ids, dtype=pl.Int64))


@settings(max_examples=25, deadline=None)
@given(texts, st.randoms(use_true_random=False))
def test_any_cut_into_steps_finds_what_one_batch_finds(found, rng):
    ids = rng.sample(range(100), len(found))
    everything = mentions(found, ids)
    at_once = new_pairs(everything, everything.clear())
    stored = at_once.clear()
    order = rng.sample(range(len(found)), len(found))
    while order:
        size = rng.randint(1, 5)
        step, order = order[:size], order[size:]
        later = set(order) | set(step)
        known = everything[[place for place in range(len(found)) if place not in later]]
        stored = forest(pl.concat([stored, new_pairs(everything[step], known)]))
    assert_frame_equal(stored, at_once)
    assert components(everything["id"], stored).to_list() == components(everything["id"], at_once).to_list()


@settings(max_examples=25, deadline=None)
@given(texts, st.randoms(use_true_random=False))
def test_the_order_of_texts_does_not_matter(found, rng):
    shuffled = rng.sample(range(len(found)), len(found))
    before = clusters(pl.Series(found))
    after = clusters(pl.Series([found[place] for place in shuffled]))
    partition = pl.DataFrame({"before": before.gather(shuffled), "after": after})
    assert len(partition.unique()) == before.n_unique() == after.n_unique()


edges = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from([0.8, 0.9, 1.0])).filter(lambda e: e[0] < e[1]),
    unique_by=lambda edge: edge[:2],
    max_size=25,
)  # fmt: skip


@given(edges, st.integers(0, 25))
def test_the_forest_of_a_forest_and_more_is_the_forest_of_all(found, cut):
    first, rest = (pl.DataFrame(part, PAIRS, orient="row") for part in (found[:cut], found[cut:]))
    everything = pl.concat([first, rest])
    whole = forest(everything)
    assert_frame_equal(forest(pl.concat([forest(first), rest])), whole)
    assert_frame_equal(forest(pl.concat([rest, first])), whole)
    ids = pl.Series("id", range(10))
    assert components(ids, whole).to_list() == components(ids, everything).to_list()
    assert len(whole) == 10 - components(ids, whole).n_unique()


def test_the_forest_keeps_the_strongest():
    pairs = pl.DataFrame([(1, 2, 0.8), (1, 3, 0.9), (2, 3, 0.95), (4, 5, 0.7)], PAIRS, orient="row")
    assert forest(pairs).rows() == [(2, 3, 0.95), (1, 3, 0.9), (4, 5, 0.7)]


def test_components_are_named_by_their_smallest_id_of_any_kind():
    pairs = pl.DataFrame({"left": ["b", "c"], "right": ["c", "d"], "similarity": [0.9, 0.8]})
    assert components(pl.Series(["d", "a", "b"]), pairs).to_list() == ["b", "a", "b"]


def test_the_same_words_are_one_node_around_the_smallest_id():
    everything = mentions([BASES[0], BASES[1], BASES[0], f"RT @ana: {BASES[0]}"], [7, 2, 9, 3])
    assert new_pairs(everything, everything.clear()).rows() == [(3, 7, 1.0), (3, 9, 1.0)]


def test_texts_are_read_for_those_only_that_may_be_copies():
    known = mentions([BASES[0], BASES[1]], [1, 2])
    asked: list[int] = []

    def read(ids):
        asked.extend(ids)
        return known.filter(pl.col("id").is_in(ids.implode())).select("id", "text")

    fresh = mentions([BASES[0].replace("Torvelio", "Torvello")], [3])
    found = new_pairs(fresh, known.drop("text"), read)
    assert asked == [1]
    assert found.select("left", "right").rows() == [(1, 3)]
    assert found["similarity"].item() == pytest.approx(1 - 1 / 87)  # one of the 87 characters left by folding


def test_a_text_that_is_gone_has_no_copies():
    known = mentions([BASES[0]], [1]).with_columns(text=pl.lit(None, pl.String))
    fresh = mentions([BASES[0].replace("Torvelio", "Torvello")], [3])
    assert new_pairs(fresh, known).is_empty()
    assert new_pairs(
        fresh, known, lambda ids: pl.DataFrame(schema={"id": pl.Int64, "text": pl.String})
    ).is_empty()


def test_nothing_new_is_nothing():
    known = mentions([BASES[0], BASES[0]], [1, 2])
    assert new_pairs(known.clear(), known).is_empty()
    assert new_pairs(known.clear(), known.clear()).is_empty()
