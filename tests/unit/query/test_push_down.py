"""What is pushed down to a platform brings all that matches; matched again here, the set is the same."""

from __future__ import annotations

from types import SimpleNamespace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening_etl.query import Corpus, cover, parse
from listening_etl.query.push_down import Dialect, pushed_down, searches
from listening_etl.query.tree import And, Field, Loose, Near, Not, Or, Scope, Term, Value

WORDS = (
    "panne",
    "fuit",
    "machine",
    "café",
    "wi-fi",
    "box",
    "#torreo",
    "@torreo",
    "pan*",
    "l'eau",
    "ne marche plus",
)
terms = st.builds(Term, st.sampled_from(WORDS), st.booleans(), st.booleans())
plain = terms.filter(lambda term: not term.text.startswith("@"))
leaves = st.one_of(
    terms,
    st.builds(Loose, st.sampled_from(["panne box", "café machine fuit"]), st.integers(1, 4)),
    st.builds(Near, plain, plain, st.integers(1, 5), st.booleans()),
    st.builds(Field, st.just("author"), st.builds(Value, st.sampled_from(["ana", "b*"]))),
    st.builds(Scope, st.just("title"), terms),
)
queries = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.tuples(inner, inner)),
        st.builds(Or, st.tuples(inner, inner, inner)),
    ),
    max_leaves=8,
)
spoken = st.lists(
    st.sampled_from(
        [*WORDS[:8], "Panne", "MACHINE", "cafe", "wifi", "l’eau", "ne", "marche", "plus", "b", "."]
    ),
    max_size=9,
).map(" ".join)
DIALECTS = (
    Dialect(author="author:{}"),
    Dialect(both=None, author=None),
    Dialect(either=None),
    Dialect(hashtag=None),
)


def corpus(texts):
    rows = {
        "text": texts,
        "title": [text[:7] or None for text in texts],
        "author_handle": ["ana"] * len(texts),
    }
    return Corpus(pl.DataFrame(rows, schema_overrides={"title": pl.String, "text": pl.String}))


@settings(max_examples=300, deadline=None)
@given(
    queries,
    st.lists(spoken, min_size=1, max_size=12),
    st.sampled_from(DIALECTS),
    st.sampled_from([None, 60, 25]),
)
def test_a_search_brings_whatever_the_query_matches(query, texts, dialect, longest):
    # the platform of the test understands our own language, and nothing but it
    mentions = corpus(texts)
    local = mentions.matches(query)
    asked = searches(query, dialect, longest)
    if asked:
        brought = pl.Series([False] * len(texts))
        for search in asked:
            brought |= mentions.matches(parse(search))
        assert (brought & local).to_list() == local.to_list()
    assert all(longest is None or len(search) <= longest for search in asked)


@settings(max_examples=300, deadline=None)
@given(queries, st.lists(spoken, min_size=1, max_size=12))
def test_whatever_matches_holds_one_of_the_words_to_search_for(query, texts):
    mentions, words = corpus(texts), cover(query)
    if words is not None:
        brought = mentions.matches(Or(tuple(Term(word) for word in words)))
        local = mentions.matches(query)
        assert (brought & local).to_list() == local.to_list()


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("orange", ['"orange"']),
        ("orange OR #orange OR @orange_aide", ['"orange"', "#orange", "@orange_aide"]),
        ('orange (fibre OR "ne capte plus") NOT jus', ['"orange" ("fibre" OR "ne capte plus")']),
        ("torréo NEAR/5 (panne* OR fuit*)", ['"torréo"']),
        ("wi-fi box", ['("wi-fi" OR "wifi") "box"']),
        ("author:ana fibre", ['from:ana "fibre"']),
        ("(a b) OR (c d)", ['"a" "b"', '"c" "d"']),
        ("NOT jus", []),
        ("orange OR NOT jus", []),
        ("lang:fr", []),
        ("pan*", []),
    ],
)
def test_what_a_platform_is_asked(query, asked):
    assert searches(parse(query), Dialect(author="from:{}")) == asked


def test_what_is_too_long_for_a_platform_is_asked_for_by_its_narrowest_part():
    query = parse("(alpha OR bravo OR charlie) AND delta AND (echo OR foxtrot)")
    assert searches(query, Dialect(), 60) == ['"delta"']


def test_an_entity_without_a_query_is_asked_for_by_its_names():
    assert pushed_down(SimpleNamespace(names=("Torréo", "Torréo One")), Dialect()) == [
        '"Torréo"',
        '"Torréo One"',
    ]
    assert pushed_down(SimpleNamespace(names=("Torréo",), words=parse("torréo panne")), Dialect()) == [
        '"torréo" "panne"'
    ]
