import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from listening_etl import Options
from listening_etl.query.entities import MATCHES
from plugins.scorers.addressed import STRENGTH, Addressed

MATCH = pl.List(pl.Struct({"entity": pl.String, "role": pl.String, "match": pl.String, "owned": pl.Boolean}))


def frame(*rows):
    return pl.DataFrame({"matches": pl.Series(rows, dtype=MATCH)})


def own(match, entity="torreo"):
    return {"entity": entity, "role": "own", "match": match, "owned": match == "author"}


def rival(match):
    return {"entity": "maison cafe", "role": "competitor", "match": match, "owned": match == "author"}


def scored(*rows):
    answer = Addressed().score(frame(*rows), Options())
    assert answer.height == len(rows)
    assert answer.columns == ["label", "detail"]
    assert answer.schema["label"] == pl.String
    assert answer.schema["detail"] == pl.Struct({"entity": pl.String})
    return answer


def labels(*rows):
    return scored(*rows)["label"].to_list()


@pytest.mark.parametrize(
    ("matches", "label"),
    [
        ([own("reply")], "reply"),
        ([own("tagged")], "tagged"),
        ([own("hashtag")], "hashtag"),
        ([own("named")], "named"),
        ([own("declared")], "none"),
        ([own("author")], None),  # it is ours
        ([], "none"),
        (None, None),  # nothing was matched yet
        ([rival("reply")], "none"),
        ([rival("author"), own("tagged")], "tagged"),
        ([rival("reply"), own("named")], "named"),
        ([own("declared"), own("hashtag", "filtre")], "hashtag"),
        ([own("tagged"), own("author", "filtre")], None),
    ],
)
def test_the_strongest_match_with_an_own_entity_counts(matches, label):
    assert labels(matches) == [label]


def test_the_detail_names_the_entity_that_decided():
    answer = scored([own("named", "a"), own("tagged", "b")], [own("named")], [own("author")], [], None)
    assert answer["detail"].to_list() == [{"entity": "b"}, {"entity": "torreo"}, None, None, None]


def test_of_two_equal_entities_the_first_by_name_decides():
    for rows in ([own("named", "b"), own("named", "a")], [own("named", "a"), own("named", "b")]):
        assert scored(rows)["detail"].to_list() == [{"entity": "a"}]


def test_an_empty_batch_stays_empty():
    assert labels() == []


def test_every_way_of_matching_is_known():
    assert set(MATCHES) == {*STRENGTH, "declared"}
    assert set(Addressed.scale.names) == {*STRENGTH, "none"} - {"author"}


match = st.builds(
    lambda way, role, entity: {"entity": entity, "role": role, "match": way, "owned": way == "author"},
    st.sampled_from(MATCHES),
    st.sampled_from(["own", "competitor", "category"]),
    st.sampled_from("abc"),
)
batches = st.lists(st.one_of(st.none(), st.lists(match, max_size=4)), max_size=6)


@given(batches)
def test_batch_equals_one_by_one(rows):
    assert scored(*rows).rows() == [scored(row).row(0) for row in rows]


@given(st.lists(match, max_size=5), st.randoms())
def test_the_order_of_matches_does_not_matter(matches, chance):
    shuffled = chance.sample(matches, len(matches))
    assert scored(matches).equals(scored(shuffled))


@given(st.lists(match, max_size=4), match)
def test_another_match_never_weakens_the_label(matches, more):
    strength = {None: 0, "reply": 1, "tagged": 2, "hashtag": 3, "named": 4, "none": 5}
    before, after = labels(matches, [*matches, more])
    assert strength[after] <= strength[before]
