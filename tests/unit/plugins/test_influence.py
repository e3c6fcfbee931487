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
    "replies_received": pl.Int64,
}


def authors(*rows):
    """One author a (followers, median engagement, replies received)."""
    return pl.DataFrame([(str(i), f, 1, e, r) for i, (f, e, r) in enumerate(rows)], SCHEMA, orient="row")


def scored(rows, **options):
    answer = Influence().score(authors(*rows), InfluenceOptions(**options))
    assert answer.height == len(rows)
    assert answer.schema["value"] == pl.Float64
    return answer


def test_four_authors_worked_out_by_hand():
    answer = scored([(10, 1.0, 0), (20, 1.0, 0), (20, 5.0, 0), (400, 0.0, 8)])
    # followers: ranks 1, 2.5, 2.5, 4 of 4; engagement: 2.5, 2.5, 4, 1; replies: 2, 2, 2, 4
    assert answer["detail"].struct.field("followers").to_list() == [0.125, 0.5, 0.5, 0.875]
    assert answer["detail"].struct.field("engagement").to_list() == [0.5, 0.5, 0.875, 0.125]
    assert answer["detail"].struct.field("replies").to_list() == [0.375, 0.375, 0.375, 0.875]
    # .4*.125+.4*.5+.2*.375 = .325; .4*.5+.4*.5+.2*.375 = .475; .2+.35+.075 = .625; .35+.05+.175 = .575
    assert answer["value"].to_list() == [0.325, 0.475, 0.625, 0.575]


def test_unknown_components_are_left_out_and_the_weights_rescaled():
    answer = scored([(None, 2.0, 3), (9, 1.0, 1)])
    # the first: engagement .75 and replies .75, weights .4/.6 and .2/.6
    assert answer["value"][0] == 0.75
    weights = answer["detail"][0]["weights"]
    assert weights["followers"] is None
    assert weights["engagement"] == pytest.approx(2 / 3)
    assert weights["replies"] == pytest.approx(1 / 3)


def test_percentiles_are_among_those_of_whom_it_is_known():
    answer = scored([(5, None, None), (7, None, None), (None, None, 1)], followers=1, replies=0)
    assert answer["value"].to_list()[:2] == [0.25, 0.75]


def test_nothing_known_is_null():
    assert scored([(None, None, None), (1, 1.0, 1)]).row(0) == (None, None)


def test_only_components_without_weight_known_is_null():
    assert scored([(5, None, None)], followers=0).row(0) == (None, None)


def test_a_single_author_is_in_the_middle():
    assert scored([(1_000_000, 3.0, 0)])["value"].to_list() == [0.5]


def test_nan_engagement_is_unknown():
    assert scored([(None, math.nan, None)])["value"].to_list() == [None]


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
engagement = st.one_of(st.none(), st.floats(0, 1e6))
rows = st.lists(st.tuples(count, engagement, count), min_size=1, max_size=8)
weight = st.floats(0, 10)
weights = st.fixed_dictionaries({"followers": weight, "engagement": weight, "replies": weight})


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


@given(rows, weights, st.integers(0, 2), st.integers(1, 10**6), st.data())
def test_more_of_a_component_never_lowers_the_value(people, options, component, more, data):
    i = data.draw(st.integers(0, len(people) - 1))
    raised = list(people[i])
    if raised[component] is None:
        return
    raised[component] += more
    before = scored(people, **options)["value"][i]
    after = scored([*people[:i], tuple(raised), *people[i + 1 :]], **options)["value"][i]
    assert (before is None and after is None) or after >= before


@given(rows, st.integers(2, 1000))
def test_the_unit_of_a_component_does_not_matter(people, times):
    larger = [(None if f is None else f * times, e, r) for f, e, r in people]
    assert scored(larger).equals(scored(people))
