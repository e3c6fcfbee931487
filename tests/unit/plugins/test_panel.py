"""Who is on a panel: lists, rules, and authors of whom nobody knows."""

from datetime import UTC, datetime

import polars as pl
import pytest
from pydantic import ValidationError

from listening_etl import Author, ConfigError, Mention
from listening_etl.frame import from_mentions
from plugins.filters.panel import Panel, PanelOptions

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANA = {"handle": "ana", "native_id": "A1"}
BO = {"handle": "bo", "native_id": "B2"}
NOBODY = {}


def judged(authors, channel="social", source="forum", **options):
    mentions = [
        Mention(native_id=str(n), published_at=NOON, author=Author(**author), channel=channel)
        for n, author in enumerate(authors)
    ]
    frame = from_mentions(mentions)[0].with_columns(source=pl.lit(source))
    return Panel().keep(frame, PanelOptions(**options))


def kept(*authors, **options):
    return judged(authors, **options)["keep"].to_list()


@pytest.mark.parametrize(
    "lists", [{"handles": ["@ANA"]}, {"native_ids": ["A1"]}, {"handles": ["ana"], "native_ids": ["zz"]}]
)
def test_members_are_found_by_handle_or_id(lists):
    assert kept(ANA, BO, NOBODY, **lists) == [True, False, None]
    assert kept(ANA, BO, NOBODY, keep="others", **lists) == [False, True, None]
    assert kept(ANA, BO, NOBODY, unknown="drop", **lists) == [True, False, False]


def test_a_name_alone_is_neither_handle_nor_id():
    assert kept({"name": "ana"}, handles=["ana"]) == [None]


def test_members_come_from_a_file_with_remarks(tmp_path):
    file = tmp_path / "panel.txt"
    file.write_text("\ufeff# wave 3\n@Ana   # leads\n\nB2\n", "utf-8")
    assert kept(ANA, BO, {"handle": "cy"}, path=file) == [True, True, False]


def test_a_list_that_is_missing_or_empty_is_told(tmp_path):
    with pytest.raises(ConfigError, match="the list of members cannot be read"):
        kept(ANA, path=tmp_path / "none.txt")
    (tmp_path / "empty.txt").write_text("# nobody\n", "utf-8")
    with pytest.raises(ConfigError, match="the list of members is empty"):
        kept(ANA, path=tmp_path / "empty.txt")


@pytest.mark.parametrize(
    ("rule", "author", "member"),
    [
        ({"followers_min": 10}, {"followers": 10}, True),
        ({"followers_min": 10}, {"followers": 9}, False),
        ({"followers_max": 10}, {"followers": 10}, True),
        ({"followers_max": 10}, {"followers": 11}, False),
        ({"followers_min": 10}, {}, None),
        ({"followers_min": 0}, {"followers": 0}, True),
        ({"verified": True}, {"verified": True}, True),
        ({"verified": False}, {"verified": True}, False),
        ({"verified": False}, {}, None),
        ({"locations": ["Besançon"]}, {"location": "besancon, FR"}, True),
        ({"locations": ["Lyon"]}, {"location": "Lyonnais"}, False),
        ({"locations": ["L.on"]}, {"location": "Lyon"}, False),
        ({"locations": ["Lyon"]}, {}, None),
        ({"channels": ["review"]}, {}, False),
        ({"channels": ["review", "social"]}, {}, True),
        ({"sources": ["forum"]}, {}, True),
        ({"sources": ["shop"]}, {}, False),
    ],
)
def test_a_rule(rule, author, member):
    assert kept({**ANA, **author}, **rule) == [member]


def test_every_rule_has_to_be_met_and_one_that_fails_settles_it():
    rules = {"followers_min": 10, "verified": True}
    assert kept({"followers": 12, "verified": True}, **rules) == [True]
    assert kept({"followers": 9}, **rules) == [False]  # whether verified or not
    assert kept({"followers": 12}, **rules) == [None]


def test_the_listed_are_members_whatever_the_rules_say():
    assert kept(ANA, {**BO, "followers": 99}, {**BO, "followers": 1}, handles=["ana"], followers_min=50) == [
        True, True, False]  # fmt: skip


def test_the_reason_says_what_the_author_is():
    answer = judged([ANA, BO, NOBODY], handles=["ana"], unknown="drop")
    assert answer["why"].to_list() == [
        "the author is on it",
        "the author is not on it",
        "of the author nobody knows",
    ]
    assert Panel.reason.format(keep="members") == "kept are members of a panel"


def test_a_panel_of_nobody_is_refused():
    with pytest.raises(ValidationError, match="nobody is on it"):
        PanelOptions(keep="others")
