"""Kinds of authors: each rule, who wins, and what stays unknown."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from listening_etl.testing import ScorerContract
from listening_etl.warehouse.authors import SIGNS_SCHEMA
from plugins.scorers.author_kind import AuthorKind, AuthorKindOptions

NOBODY = {
    "author_key": "k", "handle": "ana84", "name": "Ana", "followers": 120, "verified": None, "mentions": 3,
    "own_mentions": 0, "rated_mentions": 0, "bought_mentions": 0, "site": None, "site_mentions": 0, "moments": 3,
    "gap_p10_s": 4_000.0, "gap_median_s": 90_000.0, "gap_p90_s": 400_000.0, "brands": ["Torréo", "Café Brio"],
}  # fmt: skip


def authors(*changes):
    return pl.DataFrame([NOBODY | change for change in changes], schema=SIGNS_SCHEMA, orient="row")


def judged(frame, **options):
    return AuthorKind().score(frame, AuthorKindOptions(**options))


def kind(**change):
    return judged(authors(change))["label"][0]


def rhythm(moments, p10, median, p90):
    return {"moments": moments, "gap_p10_s": p10, "gap_median_s": median, "gap_p90_s": p90}


FAST = rhythm(500, 1.0, 4.0, 30.0)
CLOCK = rhythm(200, 3_599.0, 3_600.0, 3_601.0)


class TestAuthorKind(ScorerContract):
    plugin = AuthorKind()
    mentions = authors(
        {}, {"own_mentions": 2}, {"name": None, "handle": None, "brands": None}, {"name": "Robo Bot"}
    )


@pytest.mark.parametrize(
    ("wanted", "change"),
    [
        (None, {}),
        (None, {"handle": None, "name": None, "followers": None, "brands": None}),
        ("brand", {"own_mentions": 1}),
        ("brand", {"name": "TORRÉO", "verified": True}),
        (None, {"name": "TORRÉO", "verified": False}),  # anybody can take the name
        (None, {"name": "TORRÉO", "verified": None}),
        ("bot", {"handle": "news_bot"}),
        ("bot", {"handle": "meteoBot"}),
        ("bot", {"name": "Compte automatique de la météo"}),
        (None, {"handle": "jtalbot", "name": "Jean Talbot"}),
        (None, {"name": "Bottin Dumas", "handle": "botanique"}),
        ("media", {"name": "Le Quotidien du Midi", "followers": 10_000}),
        ("media", {"name": "Radio Vallée", "verified": True}),
        ("media", {"name": "Vallée Info", "handle": "vallee_info", "site": "vallee-info.example", "site_mentions": 3}),
        (None, {"name": "Vallée Info", "handle": "vallee_info", "site": "autre.example", "site_mentions": 3}),
        (None, {"name": "Vallée Info", "handle": "vallee_info", "site": "vallee-info.example", "site_mentions": 2,
                "mentions": 2}),  # too few links
        (None, {"name": "Le Quotidien d'Ana", "followers": 9_999}),
        (None, {"name": "Informaticienne", "followers": 50_000}),  # holds "info", but not as a word
        ("bot", FAST),
        (None, FAST | {"moments": 49}),
        ("bot", CLOCK),
        (None, CLOCK | {"gap_p90_s": 4_000.0}),
        (None, rhythm(200, 86_400.0, 86_400.0, 86_400.0)),  # dates without a time of day
        ("employee", {"name": "Léa, conseillère Torréo"}),
        ("employee", {"name": "Paul (chez Café Brio)"}),
        (None, {"name": "Paul, fan de Torréo"}),
        (None, {"name": "Paul chez Mémé"}),
        ("specialist", {"name": "Marie | barista"}),
        ("specialist", {"name": "Ingénieur Tom"}),
        (None, {"name": "Cheffe Marie"}),  # "chef" is another word; `trades` can add it
        ("consumer", {"rated_mentions": 1}),
        ("consumer", {"bought_mentions": 1}),
    ],
)  # fmt: skip
def test_each_rule(wanted, change):
    assert kind(**change) == wanted


def test_the_first_rule_wins_and_all_are_told():
    everything = authors(
        {"own_mentions": 1, "name": "Bot Radio barista", "followers": 50_000, "rated_mentions": 2}
    )
    answer = judged(everything)
    assert answer["label"].to_list() == ["brand"]
    assert answer["detail"][0]["rules"] == [
        "brand: an account of an entity",
        "bot: the name says so",
        "media: press words and many followers",
        "specialist: the name says a trade",
        "consumer: gives a rating",
    ]


def test_a_press_office_on_a_timer_is_the_press():
    assert kind(name="Radio Vallée", verified=True, **CLOCK) == "media"


def test_the_unknown_have_no_detail():
    assert judged(authors({}))["detail"].to_list() == [None]


def test_accounts_that_the_settings_name_come_before_other_rules():
    accounts = {"specialist": ["@Ana84"], "employee": ["lea"]}
    answer = judged(
        authors({"rated_mentions": 3}, {"handle": "@lea"}, {"own_mentions": 1}), accounts=accounts
    )
    assert answer["label"].to_list() == ["specialist", "employee", "brand"]


def test_trades_can_be_added():
    assert (
        judged(authors({"name": "Marie torréfactrice"}), trades=["torrefactrice"])["label"][0] == "specialist"
    )


@pytest.mark.parametrize(
    "options", [{"accounts": {"friend": ["a"]}}, {"least": 0}, {"fast_s": 0}, {"regular": 1}]
)
def test_options_off_their_range_are_refused(options):
    with pytest.raises(ValidationError):
        AuthorKindOptions(**options)


def test_nobody_gets_nothing():
    assert judged(authors({}).clear()).height == 0


odd = st.sampled_from([None, "", " ", "@", "🤖", ".*", "Torréo", "news bot", "at Torréo", "radio"])
number = st.one_of(st.none(), st.integers(0, 10**6))
gap = st.one_of(st.none(), st.floats(0, 1e7))
person = st.fixed_dictionaries(
    {"name": odd, "handle": odd, "site": odd, "followers": number, "verified": st.one_of(st.none(), st.booleans()),
     "mentions": st.integers(1, 100), "own_mentions": st.integers(0, 1), "rated_mentions": st.integers(0, 1),
     "bought_mentions": st.integers(0, 1), "site_mentions": number, "moments": number, "gap_p10_s": gap,
     "gap_median_s": gap, "gap_p90_s": gap}
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(person, min_size=1, max_size=6), st.randoms())
def test_neither_the_order_nor_the_others_change_a_label(people, chance):
    order = chance.sample(range(len(people)), len(people))
    frame = authors(*people)
    whole = judged(frame)
    assert judged(frame[order]).equals(whole[order])
    for row in range(len(people)):
        assert judged(frame[row]).equals(whole[row])
    for label, detail in whole.rows():
        assert (label is None) == (detail is None)
        assert detail is None or detail["rules"][0].startswith(f"{label}: ")
