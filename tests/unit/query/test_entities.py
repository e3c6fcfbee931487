"""Which entity a mention is about, how we know, and where it says so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from listening_etl import Author, Mention
from listening_etl.config import parse_settings
from listening_etl.frame import from_mentions
from listening_etl.query.entities import match, version

SETTINGS = """
version: 1
topics:
  coffee:
    purpose: test
    languages: [fr]
    start: 2026-01-01
    entities:
      torreo: {role: own, names: [Torréo, Torréo One], handles: [torreo, torreo_aide], hashtags: [torréo], exclude: [Mr. Torreo]}
      brulia: {role: competitor, names: [Brûlia], handles: [brulia_fr]}
    sources: {file: {options: {}}}
"""


@pytest.fixture(scope="module")
def entities(tmp_path_factory):
    return parse_settings(SETTINGS, tmp_path_factory.mktemp("s") / "listening.yaml").topics["coffee"].entities


def matches(entities, source_about=(), **fields):
    at = datetime(2026, 10, 5, tzinfo=UTC)
    frame, _ = from_mentions([Mention(native_id="1", published_at=at, **fields)])
    found = match(frame, entities, source_about)
    return {row["entity"]: (row["match"], row["evidence"], row["position"]) for row in found.to_dicts()}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("J'adore ma torreo one !", {"torreo": ("named", "torreo one", 11)}),
        ("L’eau de TORRÉO", {"torreo": ("named", "TORRÉO", 9)}),
        ("torreos, storreo et Torréofan", {}),
        ("Brûlia ou Torréo ?", {"brulia": ("named", "Brûlia", 0), "torreo": ("named", "Torréo", 10)}),
        ("ask Mr. Torreo", {}),
        ("voir #torreo", {}),
    ],
)
def test_names_are_whole_words_whatever_case_and_accents(entities, text, found):
    assert matches(entities, text=text) == found


@pytest.mark.parametrize(
    ("fields", "way"),
    [
        ({"author": Author(handle="@Torreo_Aide"), "text": "Torréo vous répond"}, "author"),
        ({"reply_to_author": "torreo", "tagged": ("torreo",), "text": "@torreo ok"}, "reply"),
        ({"tagged": ("torreo",), "text": "@torreo Torréo"}, "tagged"),
        ({"hashtags": ("torréo",), "text": "#torréo Torréo"}, "hashtag"),
        ({"about": ("Torréo",), "text": "ma Torréo"}, "declared"),
        ({"text": "ma Torréo"}, "named"),
    ],
)
def test_the_strongest_way_counts(entities, fields, way):
    assert matches(entities, **fields)["torreo"][0] == way


def test_a_source_can_be_about_an_entity_that_nobody_names(entities):
    assert matches(entities, source_about=("torreo",), text="La cliente rappelle.") == {
        "torreo": ("declared", None, None)
    }


def test_a_mention_without_text_matches_by_its_title(entities):
    assert matches(entities, title="Brûlia, le test")["brulia"][0] == "named"


def test_what_an_account_of_ours_writes_is_owned(entities):
    at = datetime(2026, 10, 5, tzinfo=UTC)
    frame, _ = from_mentions(
        [Mention(native_id="1", published_at=at, text="Brûlia dort", author=Author(handle="torreo"))]
    )
    assert match(frame, entities)["owned"].to_list() == [True, True]


def test_the_version_changes_with_the_words(entities):
    changed = {**entities, "torreo": entities["torreo"].model_copy(update={"names": ("Torréo",)})}
    assert version(entities) == version(dict(entities))
    assert version(changed) != version(entities)


def test_a_source_may_let_only_some_ways_count(entities):
    at = datetime(2026, 10, 5, tzinfo=UTC)
    given = {"text": "@torreo et Brûlia", "tagged": ("torreo",), "about": ("Brûlia",)}
    frame, _ = from_mentions([Mention(native_id="1", published_at=at, **given)])
    assert match(frame, entities, ways=("declared",)).select("entity", "match").rows() == [
        ("brulia", "declared")
    ]
