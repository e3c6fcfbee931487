import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from plugins.scorers.influence import COLUMNS, Influence, InfluenceOptions

SCHEMA = {
    "author_key": pl.String,
    "followers": pl.Int64,
    "mentions": pl.Int64,
    "median_engagement": pl.Float64,
    "pagerank": pl.Float64,
    "specialisation": pl.Float64,
}


def authors(*rows):
    """One author a (followers, median engagement, PageRank, specialisation)."""
    return pl.DataFrame(
        [(str(i), f, 1, e, p, s) for i, (f, e, p, s) in enumerate(rows)], SCHEMA, orient="row"
    )


def scored(rows, **options):
    answer = Influence().score(authors(*rows), InfluenceOptions(**options))
    assert answer.height == len(rows)
    assert answer.schema["value"] == pl.Float64
    return answer


def test_four_authors_worked_out_by_hand():
    answer = scored(
        [(10, 1.0, 0.5, 0.2), (20, 1.0, 0.5, 0.2), (20, 5.0, 0.5, 0.9), (400, 0.0, 2.5, 0.2)],
    )
    # followers: ranks 1, 2.5, 2.5, 4 of 4; engagement: 2.5, 2.5, 4, 1; PageRank: 2, 2, 2, 4; specialisation: 2, 2, 4, 2
    detail = {name: answer["detail"].struct.field(name).to_list() for name in COLUMNS}
    assert detail == {
        "followers": [0.125, 0.5, 0.5, 0.875],
        "engagement": [0.5, 0.5, 0.875, 0.125],
        "pagerank": [0.375, 0.375, 0.375, 0.875],
        "specialisation": [0.375, 0.375, 0.875, 0.375],
    }
    # .3 * followers + .4 * engagement + .2 * PageRank + .1 * specialisation:
    # .0375+.2+.075+.0375; .15+.2+.075+.0375; .15+.35+.075+.0875; .2625+.05+.175+.0375
    assert answer["value"].to_list() == [0.35, 0.4625, 0.6625, 0.525]


def test_unknown_components_are_left_out_and_the_weights_rescaled():
    answer = scored([(None, 2.0, 3.0, None), (9, 1.0, 1.0, None)])
    # the first: engagement .75 and PageRank .75, weights .4/.6 and .2/.6
    assert answer["value"][0] == 0.75
    weights = answer["detail"][0]["weights"]
    assert (weights["followers"], weights["specialisation"]) == (None, None)
    assert weights["engagement"] == pytest.approx(2 / 3)
    assert weights["pagerank"] == pytest.approx(1 / 3)


def test_hidden_followers_are_not_none():
    hidden, none = (scored([(f, 2.0, 1.0, 0.2), (9, 1.0, 1.0, 0.2)])["value"][0] for f in (None, 0))
    # hidden: (.4*.75 + .2*.5 + .1*.5) / .7; none at all: .3*.25 + .4*.75 + .2*.5 + .1*.5
    assert hidden == pytest.approx(0.45 / 0.7)
    assert none == pytest.approx(0.525)


def test_percentiles_are_among_those_of_whom_it_is_known():
    rows = [(5, None, None, None), (7, None, None, None), (None, None, 1.0, None)]
    assert scored(rows, followers=1, pagerank=0)["value"].to_list()[:2] == [0.25, 0.75]


def test_nothing_known_is_null():
    assert scored([(None, None, None, None), (1, 1.0, 1.0, 1.0)]).row(0) == (None, None)


def test_only_components_without_weight_known_is_null():
    assert scored([(5, None, None, None)], followers=0).row(0) == (None, None)


def test_a_single_author_is_in_the_middle():
    assert scored([(1_000_000, 3.0, None, 0.2)])["value"].to_list() == [0.5]


def test_nan_engagement_is_unknown():
    assert scored([(None, math.nan, None, None)])["value"].to_list() == [None]


def test_no_authors_no_scores():
    assert scored([])["value"].to_list() == []


def test_columns_of_nothing_but_nulls_are_unknown():
    nothing = pl.DataFrame({name: [None, None] for name in SCHEMA})
    assert Influence().score(nothing, InfluenceOptions())["value"].to_list() == [None, None]


@pytest.mark.parametrize("weight", [-0.1, math.inf, math.nan])
def test_a_weight_that_is_none_is_refused(weight):
    with pytest.raises(ValidationError):
        InfluenceOptions(followers=weight)


count = st.one_of(st.none(), st.integers(0, 10**9))
share = st.one_of(st.none(), st.floats(0, 1))
measured = st.one_of(st.none(), st.floats(0, 1e6))
rows = st.lists(st.tuples(count, measured, measured, share), min_size=1, max_size=8)
weights = st.fixed_dictionaries({name: st.floats(0, 10) for name in COLUMNS})


@given(rows, weights)
def test_the_value_is_the_weighted_sum_of_the_stored_components(people, options):
    for value, detail in scored(people, **options).rows():
        if value is None:
            assert detail is None
            continue
        known = [name for name in COLUMNS if detail[name] is not None]
        assert 0 <= value <= 1
        assert sum(detail["weights"][name] for name in known) == pytest.approx(1)
        assert value == pytest.approx(sum(detail[n] * detail["weights"][n] for n in known), abs=1e-11)
        assert all(detail["weights"][name] is None for name in COLUMNS if name not in known)


@given(rows, weights, st.randoms())
def test_the_order_of_authors_does_not_matter(people, options, chance):
    order = chance.sample(range(len(people)), len(people))
    straight = scored(people, **options)
    shuffled = scored([people[i] for i in order], **options)
    assert shuffled.equals(straight[order])


@given(rows, weights, st.integers(0, 3), st.integers(1, 10**6), st.data())
def test_more_of_a_component_never_lowers_the_value(people, options, component, more, data):
    i = data.draw(st.integers(0, len(people) - 1))
    raised = list(people[i])
    if raised[component] is None:
        return
    raised[component] += more
    before = scored(people, **options)["value"][i]
    after = scored([*people[:i], tuple(raised), *people[i + 1 :]], **options)["value"][i]
    assert (before is None and after is None) or after >= before


@given(rows)
def test_a_logarithm_ranks_as_what_it_is_of(people):
    logarithms = [(None if f is None else int(1e6 * math.log1p(f)), e, p, s) for f, e, p, s in people]
    if len({f for f, *_ in people}) == len({f for f, *_ in logarithms}):  # none rounded together
        assert scored(logarithms).equals(scored(people))
