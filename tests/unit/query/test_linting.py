"""Warnings about queries that probably mean something else, from the words alone and from the data."""

from __future__ import annotations

import polars as pl
import pytest

from listening_etl.query import Corpus, lint, parse
from listening_etl.query.linting import over_represented


def kinds(query, corpus=None, **given):
    return [finding.kind for finding in lint(parse(query), corpus, **given)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("orange AND livebox", []),
        ("Orange", ["ambiguous"]),
        ("Orange OR sosh", ["ambiguous"]),
        ("Apple lang:fr", ["ambiguous"]),
        ("Orange NEAR/5 forfait", []),
        ("Orange NOT jus", []),
        ("!Orange", []),
        ('"Orange Money"', []),
        ("#orange", []),
        ("rock and roll", ["lower_case_operator"]),
        ("pomme ou poire", ["lower_case_operator"]),
        ("livebox near/5 panne", ["lower_case_operator"]),
        ("livebox onear/5f panne", ["lower_case_operator"]),
        ('"rock and roll"', []),
        ("ab*", ["open_wildcard"]),
        ("*on", ["open_wildcard"]),
        ("abc*", []),
        ('"forfait * mobile"', []),
        ("livebox NEAR/80 panne", ["wide_near"]),
        ('"livebox panne"~80', ["wide_near"]),
        ("livebox NEAR/10 panne", []),
        ("livebox NOT livebox", ["contradiction"]),
        ("livebox OR -livebox", ["always_true"]),
        ("NOT livebox", ["only_not"]),
        ("NOT livebox NOT sosh", ["only_not"]),
        ("livebox OR livebox", ["twice"]),
        ("livebox since:2026-10-05 until:2026-10-05", ["contradiction"]),
        ("livebox since:2026-10-05 until:2026-10-06", []),
    ],
)
def test_warnings_from_the_words_alone(query, expected):
    assert kinds(query) == expected


def test_a_warning_says_what_and_what_to_do():
    (finding,) = lint(parse("Orange"))
    assert str(finding) == (
        "Orange: it means the fruit and the colour too. Say which is meant, such as "
        "Orange NEAR/10 (forfait OR mobile OR fibre OR box), or !Orange with exclusions."
    )


@pytest.fixture(scope="module")
def corpus():
    """60 mentions of the operator, 40 of the fruit, 20 of nothing."""
    operator = [f"Orange a coupé la fibre dans ma rue, numéro {i}" for i in range(60)]
    fruit = [f"Un jus de fruit, une orange bien pressée, verre {i}" for i in range(40)]
    return Corpus(pl.DataFrame({"text": operator + fruit + ["Il pleut"] * 20}))


def test_exclusions_are_proposed_from_the_mentions_without_words_of_the_trade(corpus):
    found = {finding.kind: finding for finding in lint(parse("Orange"), corpus)}
    assert "40 of 100 matches" in found["exclusions"].what
    assert found["exclusions"].do.endswith("add NOT (bien OR fruit OR jus OR pressee OR une).")
    assert "exclusions" not in kinds("Orange NEAR/5 fibre", corpus)


def test_words_of_the_trade_may_be_given_for_a_name_that_is_not_known(corpus):
    assert "exclusions" not in kinds("numéro OR verre", corpus)
    frame = pl.DataFrame({"text": ["Torréo, la cafetière"] * 30 + ["Torréo, mon chat roux"] * 30})
    (finding,) = [
        f for f in lint(parse("torréo"), Corpus(frame), context=["cafetière"]) if f.kind == "exclusions"
    ]
    assert finding.do.endswith("add NOT (chat OR mon OR roux).")


def test_a_word_that_brings_nearly_everything_is_named(corpus):
    assert "matches_too_much" in kinds("orange OR tempête", corpus)  # 100 of 120 mentions
    assert "matches_too_much" not in kinds("orange NEAR/3 pressée", corpus)


def test_a_clause_that_takes_nothing_away_is_named(corpus):
    found = [finding.clause for finding in lint(parse("orange NEAR/9 fibre NOT jus"), corpus)]
    assert found == ["NOT jus"]
    assert kinds("author:(a b) title:(orange AND jus)", corpus) == []


def test_log_odds_need_enough_mentions_and_are_worked_out_by_hand():
    """Words x (5 of 5 here, 0 of 5 there), y (0, 5), z in all 10: prior 100 in the ratio 5 : 5 : 10.

    x: (5 + 25) / (10 + 100 - 30) against (0 + 25) / (10 + 100 - 25): odds 0.375 and 0.294, log ratio 0.243, spread
    sqrt(1/30 + 1/25) = 0.271, z = 0.90: not sure. With 100 and 100 mentions: (100 + 25) / (200 + 100 - 125) = 0.714
    and 25 / 275 = 0.091, log ratio 2.06, spread sqrt(1/125 + 1/25) = 0.219, z = 9.4: sure.
    """
    for each, expected in ((5, []), (100, ["xxx"])):
        corpus = Corpus(pl.DataFrame({"text": ["xxx zzz"] * each + ["yyy zzz"] * each}))
        here = corpus.rows(parse("xxx"))
        assert over_represented(corpus, here, ~here) == expected


def test_a_query_of_thousands_of_words_is_checked_against_the_data_in_seconds(corpus, monkeypatch):
    asked = []
    rows = Corpus.rows
    monkeypatch.setattr(
        Corpus, "rows", lambda self, query, *more: asked.append(query) or rows(self, query, *more)
    )
    query = parse(" OR ".join(f"mot{n}" for n in range(500)))
    lint(query, corpus)
    assert asked.count(query) == 1
