"""Which entity a mention is about, how we know, and where it says so."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from listening_etl import Author, Mention
from listening_etl.config import check_queries, parse_settings
from listening_etl.errors import ConfigError
from listening_etl.frame import from_mentions
from listening_etl.query.entities import match, queries_of, version

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
    found = match(frame, entities, queries_of(entities), source_about)
    return {row["entity"]: (row["match"], row["evidence"], row["position"]) for row in found.to_dicts()}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("J'adore ma torreo one !", {"torreo": ("named", "torreo one", 11)}),
        ("L’eau de TORRÉO", {"torreo": ("named", "TORRÉO", 9)}),
        ("torreos, storreo et Torréofan", {}),
        ("Brûlia ou Torréo ?", {"brulia": ("named", "Brûlia", 0), "torreo": ("named", "Torréo", 10)}),
        ("ask Mr. Torreo", {}),
        ("voir #torreo", {"torreo": ("named", "#torreo", 5)}),
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
    assert match(frame, entities, queries_of(entities))["owned"].to_list() == [True, True]


def test_the_version_changes_with_the_words(entities):
    changed = {**entities, "torreo": entities["torreo"].model_copy(update={"names": ("Torréo",)})}
    first, second = (version(e, queries_of(e)) for e in (entities, changed))
    assert first == version(dict(entities), queries_of(entities)) != second


def test_a_source_may_let_only_some_ways_count(entities):
    at = datetime(2026, 10, 5, tzinfo=UTC)
    given = {"text": "@torreo et Brûlia", "tagged": ("torreo",), "about": ("Brûlia",)}
    frame, _ = from_mentions([Mention(native_id="1", published_at=at, **given)])
    assert match(frame, entities, queries_of(entities), ways=("declared",)).select(
        "entity", "match"
    ).rows() == [("brulia", "declared")]


HOMONYMS = """
version: 1
terms: {fault: [panne, "ne marche plus"]}
topics:
  phones:
    purpose: test
    languages: [fr]
    start: 2026-01-01
    entities:
      orange:
        role: own
        names: [Orange]
        products: [Livebox, "Série Spéciale*"]
        context: [fibre, forfait, box*, réseau]
        exclude: [orange mécanique]
        handles: [orange_aide]
      faults: {role: category, query: "$fault NEAR/6 (livebox OR box)"}
    sources: {file: {options: {}}}
"""


@pytest.fixture(scope="module")
def phones(tmp_path_factory):
    return parse_settings(HOMONYMS, tmp_path_factory.mktemp("s") / "listening.yaml")


def found(phones, text, **fields):
    entities = phones.topics["phones"].entities
    at = datetime(2026, 10, 5, tzinfo=UTC)
    frame, _ = from_mentions([Mention(native_id="1", published_at=at, text=text, **fields)])
    matched = match(frame, entities, queries_of(entities, phones.terms))
    return {row["entity"]: (row["match"], row["evidence"], row["products"]) for row in matched.to_dicts()}


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("Un jus d'orange, s'il vous plaît", None),
        ("Orange mécanique en fibre optique, le remake", None),
        ("Chez Orange, la fibre arrive", ("named", "Orange", None)),
        (
            "J'ai pris la série spéciale 200 Go chez eux, bon forfait",
            ("named", "série spéciale", ["Série Spéciale*"]),
        ),
        ("@orange_aide bonjour", ("tagged", "@orange_aide", None)),
    ],
)
def test_a_name_that_means_other_things_counts_with_its_context_only(phones, text, entity):
    assert found(phones, text, tagged=("orange_aide",) if "@" in text else ()).get("orange") == entity


def test_a_mention_can_be_about_several_entities_each_with_its_evidence_and_products(phones):
    assert found(phones, "La livebox d'Orange ne marche plus, pas de réseau") == {
        "orange": ("named", "livebox", ["Livebox"]),
        "faults": ("named", "livebox d'Orange ne marche plus", None),
    }


def test_the_query_of_an_entity_says_what_names_cannot(phones):
    assert "faults" not in found(
        phones, "En panne de café ce matin, alors que la box de chocolats est pleine"
    )
    queries = queries_of(phones.topics["phones"].entities, phones.terms)
    assert str(queries["orange"]) == (
        '(Orange OR Livebox OR "Série Spéciale*") AND (fibre OR forfait OR box* OR réseau)'
        ' AND NOT "orange mécanique"'
    )


NAMED = """
version: 1
topics:
  names:
    purpose: test
    languages: [fr]
    start: 2026-01-01
    entities:
      brand: {role: own, NAMES}
    sources: {file: {options: {}}}
"""


def named(tmp_path, names):
    settings = parse_settings(NAMED.replace("NAMES", names), tmp_path / "listening.yaml")
    check_queries(settings)
    return settings.topics["names"].entities


@pytest.mark.parametrize(
    ("name", "text", "other"),
    [
        ("C&A", "chez c & a hier", "chez CA"),
        ("L'Oréal", "fan de l’oreal", "Oréal"),
        ("M&M's", "des m&m’s", "M&M"),
        ("3M", "masque 3M", "3 masques"),
        ("Yahoo!", "yahoo mail", "yahooo"),
        ("AC/DC", "un disque d'AC/DC", "ACDC"),
        ("AC\\DC", "un disque d'AC\\DC", "ACDC"),
        ("Coca-Cola", "du #CocaCola", "du Coca"),
        ('Le "Bon" Marché', "le bon marché", "bon marché"),
        ("Peugeot (PSA)", "Peugeot PSA", "Peugeot"),
    ],
)
def test_names_with_signs_match_as_people_write_them(tmp_path, name, text, other):
    found = named(tmp_path, f"names: [{json.dumps(name)}]")
    assert "brand" in matches(found, text=text)
    assert matches(found, text=other) == {}


def test_a_query_that_ends_in_a_comment_is_read_with_the_names(tmp_path):
    found = named(tmp_path, 'names: [Brûlia], query: "filtre // of its machines"')
    assert str(queries_of(found)["brand"]) == "Brûlia OR filtre"


@pytest.mark.parametrize(
    "words", ["names: ['*']", "names: [x], products: ['!!!']", "names: [x], context: ['&']"]
)
def test_a_name_of_signs_alone_is_refused_where_it_stands(tmp_path, words):
    with pytest.raises(ConfigError, match=r"listening.yaml:9, topics.names.entities.brand: .* has no letter"):
        named(tmp_path, words)


def test_each_of_several_products_is_told_where_it_is_named(phones):
    frame, _ = from_mentions(
        [
            Mention(native_id=str(n), published_at=datetime(2026, 10, 5, tzinfo=UTC), text=text)
            for n, text in enumerate(
                ["rien", "fibre livebox", "fibre orange", "forfait série spéciale, livebox"]
            )
        ]
    )
    entities = phones.topics["phones"].entities
    found = match(frame, entities, queries_of(entities, phones.terms)).filter(entity="orange")
    assert found.select("row", "products").rows() == [
        (1, ["Livebox"]),
        (2, None),
        (3, ["Livebox", "Série Spéciale*"]),
    ]


@pytest.mark.parametrize(
    ("name", "text", "is_it"),
    [
        ("L'Oréal", "ma routine #loreal du soir", True),
        ("Orange Money", "merci #OrangeMoney", True),
        ("C&A", "soleil de #CA", False),
        ("Torréo*", "#torréofan", True),
    ],
)
def test_a_name_of_several_words_is_found_as_the_hashtag_that_people_make_of_it(tmp_path, name, text, is_it):
    settings = HOMONYMS.replace("names: [Orange]", f'names: ["{name}"]').replace(
        "        context: [fibre, forfait, box*, réseau]\n", ""
    )
    assert ("orange" in found(parse_settings(settings, tmp_path / "listening.yaml"), text)) is is_it


def test_the_version_changes_with_a_list_that_a_query_names(phones):
    entities = phones.topics["phones"].entities
    before, after = (
        version(entities, queries_of(entities, lists)) for lists in (phones.terms, {"fault": ("panne",)})
    )
    assert before != after
    assert "ne marche plus" in queries_of(entities, phones.terms)["faults"].expanded
