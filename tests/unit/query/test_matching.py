"""The fast matcher against a slow and obvious one, and the laws that hold between queries."""

from __future__ import annotations

import random
import unicodedata

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening_etl.query import Corpus, parse
from listening_etl.query import tree as t
from tests.unit.query import naive

WORDS = [
    "orange", "Orange", "ORANGE", "oranges", "#orange", "#OrangeMoney", "@orange", "@Orange_France", "panne",
    "en", "est", "l'appli", "appli", "L’été", "été", "ete", "déjà", "cœur", "coeur", "e-mail", "email", "e mail",
    "porte-monnaie", "3.5", "AT&T", "free", "not", "a", "b",
    "the", "network", "is", "down", "Wi-Fi", "wifi", "naïve", "straße", "STRASSE", "Störung", "Netz", "kein", "über",
    "el", "niño", "mañana", "señal", "¿Qué", "caída", "الشبكة", "شَبَكَة", "شبكة", "لا", "تعمل", "أورانج", "اورانج", "جـــدا",
    "😀", "👍", "👍🏽", "❤️", "❤", "🇫🇷", "👩‍👩‍👧", "日本", "日本語", "สวัสดี", "https://orange.fr/a?b=c", "moi@orange.fr",
    "हिन्दी", "हनद", "ʼtis", "x_y", "2026", "½", "Ａ", "@jean.dupont", "@a@b.social", "#été2026",
]  # fmt: skip
GLUE = [" ", " ", " ", " ", ", ", "! ", "-", "'", "\n", "… ", "", "/", " «", "» "]
TERMS = [
    *(word for word in WORDS if "://" not in word and word != "¿Qué"),
    "oran*", "*ange", "o?ange", "*a*", "pann?", "#oran*", "@oran*", "porte*", "appl*",
    "en panne", "est * panne", "panne en", "l'appli est", "mon e-mail", "orange est", "a b", "a * b", "est *",
    "日本 語", "😀 👍", "the network", "*s down", "kein Netz", "el niño", "لا تعمل", "#orange panne", "?",
]  # fmt: skip
TERMS = [term for term in TERMS if term != "?"]


def a_text(rng):
    return "".join(rng.choice(WORDS) + rng.choice(GLUE) for _ in range(rng.randrange(0, 14)))


def texts(seed, count):
    rng = random.Random(seed)
    cut = [unicodedata.normalize("NFC", a_text(rng)) for _ in range(2 * count)]
    titles = [title if rng.random() < 0.3 else None for title in cut[count:]]
    return pl.DataFrame(
        {"text": [x or None for x in cut[:count]], "title": titles}, schema_overrides={"title": pl.String}
    )


def a_leaf(rng, near=False):
    term = rng.choice(TERMS)
    flags = {"marks": rng.random() < 0.15, "case": rng.random() < 0.15} if not term.startswith("@") else {}
    drawn = rng.random()
    if drawn < 0.06:
        few = rng.sample(
            ["a", "b", "en", "est", "panne", "orange", "e-mail", "network", "l'appli"], rng.randrange(2, 4)
        )
        return t.Loose(" ".join(few), rng.randrange(1, 6))
    if drawn < 0.10 and not near:
        return t.Raw(rng.choice(["L’été", "orange ", "t!", "👍", "Or", "a, b"]))
    return t.Term(term, **flags)


def an_operand(rng, depth):
    drawn = rng.random()
    if drawn < 0.2:
        return t.any_of([a_leaf(rng, near=True) for _ in range(rng.randrange(2, 4))])
    return a_near(rng, depth - 1) if drawn < 0.4 and depth else a_leaf(rng, near=True)


def a_near(rng, depth):
    return t.Near(an_operand(rng, depth), an_operand(rng, depth), rng.randrange(1, 7), rng.random() < 0.4)


def a_query(rng, depth=3):
    drawn = rng.random()
    if depth == 0 or drawn < 0.3:
        return a_leaf(rng)
    if drawn < 0.45:
        return a_near(rng, 1)
    if drawn < 0.58:
        return t.Not(a_query(rng, depth - 1))
    if drawn < 0.64:
        return t.Scope(rng.choice(["text", "title"]), inside(a_query(rng, 1)))
    join = t.all_of if drawn < 0.8 else t.any_of
    return join([a_query(rng, depth - 1) for _ in range(rng.randrange(2, 4))])


def inside(query):
    """A field cannot stand in a field."""
    return t.Term("orange") if any(isinstance(node, t.Scope) for node in query.walk()) else query


CORPUS = texts(1, 250)
INDEX = Corpus(CORPUS)
queries = st.integers(0, 10**9).map(lambda seed: a_query(random.Random(seed)))


def rows(query):
    return INDEX.matches(query)


def test_the_fast_matcher_agrees_with_the_slow_one_on_100_000_pairs():
    rng, mentions = random.Random(2), CORPUS.to_dicts()
    matched = 0
    for _ in range(400):
        query = a_query(rng)
        expected = [naive.matches(query, mention) for mention in mentions]
        found = rows(query).to_list()
        wrong = [mentions[i] for i in range(250) if found[i] != expected[i]]
        assert found == expected, f"{query} on {wrong[:2]}"
        matched += sum(expected)
    assert 20_000 < matched < 80_000  # neither nearly none nor nearly all of the 100,000


@given(queries)
@settings(max_examples=300, deadline=None)
def test_what_is_printed_is_read_back_as_the_same_query(query):
    assert parse(str(query)) == query


@given(queries, queries, queries)
@settings(max_examples=150, deadline=None)
def test_the_laws_of_logic_hold(a, b, c):
    def same(left, right):
        assert rows(left).equals(rows(right)), f"{left} | {right}"

    same(t.Not(t.And((a, b))), t.Or((t.Not(a), t.Not(b))))
    same(t.Not(t.Or((a, b))), t.And((t.Not(a), t.Not(b))))
    same(t.And((a, t.Or((b, c)))), t.Or((t.And((a, b)), t.And((a, c)))))
    same(t.Or((a, t.And((b, c)))), t.And((t.Or((a, b)), t.Or((a, c)))))
    same(t.Not(t.Not(a)), a)
    assert not (rows(t.And((a, b))) & ~rows(a)).any()  # AND never adds a match
    assert not (rows(a) & ~rows(t.Or((a, b)))).any()  # OR never takes one away


@given(queries, st.sampled_from(["text", "title"]))
@settings(max_examples=60, deadline=None)
def test_a_segment_obeys_the_laws_too(query, segment):
    query = inside(query)
    assert rows(t.Scope(segment, t.Not(query))).equals(~rows(t.Scope(segment, query)))


@given(queries)
@settings(max_examples=100, deadline=None)
def test_evidence_cuts_its_words_out_of_the_text_and_stands_in_matching_rows(query):
    found = INDEX.evidence(query)
    for row in found.to_dicts():
        assert CORPUS[row["field"]][row["row"]][row["start"] : row["end"]] == row["words"] != ""
    assert set(found["row"]) <= set(rows(query).arg_true())
    first = found.unique("row", keep="first", maintain_order=True)
    assert INDEX.first_evidence(query)["row"].to_list() == first["row"].to_list()


@pytest.mark.parametrize(
    "leaf", ["orange", "l'appli", '"en panne"', "e-mail", "oran*", "orange NEAR/4 panne", "👍"]
)
def test_each_occurrence_of_a_word_is_evidence_where_the_slow_matcher_finds_it(leaf):
    query = parse(leaf)
    found = INDEX.evidence(query).filter(pl.col("field") == "text")
    for i, text in enumerate(CORPUS["text"].to_list()):
        cut = naive.tokens(text or "")
        spans = naive.spans(query, [text[a:b] for a, b in cut])
        slow = {(cut[first][0], cut[last][1]) for first, last in spans}
        fast = set(found.filter(pl.col("row") == i).select("start", "end").rows())
        assert (
            fast <= slow if isinstance(query, t.Near) else fast == slow
        )  # NEAR: the nearest partner of each


def test_a_cover_misses_no_match():
    from listening_etl.query import cover

    rng = random.Random(3)
    covered = 0
    for _ in range(400):
        query = a_query(rng)
        terms = cover(query)
        if terms is None:
            continue
        covered += 1
        asked = t.any_of([t.Term(term) for term in terms])
        assert not (rows(query) & ~rows(asked)).any(), f"{query} | {terms}"
    assert covered > 150
