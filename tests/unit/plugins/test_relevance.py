"""Relevance learned from examples: Orange the operator, not the fruit."""

import json
import os

import polars as pl
import pytest

from listening_etl import ConfigError
from listening_etl.pipeline.encodings import encode
from listening_etl.testing import FilterContract, ScorerContract
from plugins.scorers.relevance import (
    Relevance,
    RelevanceFilter,
    RelevanceFilterOptions,
    RelevanceOptions,
    learned,
)

OPERATOR = [
    f"{start} {end}"
    for start in ("Ma box Orange", "Le réseau Orange", "Mon forfait Orange", "La fibre Orange", "Le conseiller Orange")
    for end in ("ne marche plus depuis hier", "est trop cher ce mois-ci", "coupe tous les soirs", "m'a enfin dépanné",
                "est en panne à Lyon")
]  # fmt: skip
FRUIT = [
    f"{start} {end}"
    for start in ("Une orange pressée", "Le jus d'orange", "Un gâteau à l'orange", "La confiture d'orange", "L'orange sanguine")
    for end in ("au petit déjeuner", "avec du sucre et du beurre", "du marché était délicieuse", "pleine de vitamines",
                "dans la salade de fruits")
]  # fmt: skip
UNSEEN = {
    "Panne Orange ce matin, plus de réseau ni de fibre": True,
    "Deux heures avec le conseiller pour changer de forfait": True,
    "Ma box redémarre toute seule": True,
    "Recette : salade de fruits au jus d'orange": False,
    "Un gâteau au beurre et à la confiture": False,
    "Les oranges du marché sont pleines de jus": False,
}


def rows(yes=OPERATOR, no=FRUIT):
    return [
        *({"text": text, "label": "yes"} for text in yes),
        *({"text": text, "label": "no"} for text in no),
    ]


def write(path, examples):
    if path.suffix == ".csv":
        pl.DataFrame(examples).write_csv(path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in examples), "utf-8")
    return path


@pytest.fixture(scope="session")
def examples(tmp_path_factory):
    return write(tmp_path_factory.mktemp("examples") / "orange.csv", rows())


def mentions(*texts, title=None):
    given = {"title": [title] * len(texts), "text": texts}
    return encode(pl.DataFrame(given, schema={"title": pl.String, "text": pl.String}))


def scored(path, *texts, title=None):
    return Relevance().score(mentions(*texts, title=title), RelevanceOptions(examples=path))


class TestRelevance(ScorerContract):
    plugin = Relevance()
    ordered = ("Recette au jus d'orange et au beurre", "Encore une panne de box Orange")

    @pytest.fixture(autouse=True)
    def _examples(self, examples):
        self.options = {"examples": examples}


class TestRelevanceFilter(FilterContract):
    plugin = RelevanceFilter()
    keeps = ("Encore une panne de box Orange", None)
    drops = ("Recette : un gâteau à l'orange avec du beurre",)

    @pytest.fixture(autouse=True)
    def _examples(self, examples):
        self.options = {"examples": examples}


def test_unseen_texts_fall_on_their_side(examples):
    values = scored(examples, *UNSEEN)["value"]
    assert [value > 0.5 for value in values] == list(UNSEEN.values())


def test_confidence_is_that_of_the_likelier_answer(examples):
    for value, confidence in scored(examples, *UNSEEN).rows():
        assert confidence == pytest.approx(max(value, 1 - value), abs=1e-6)


def test_no_text_no_value(examples):
    assert scored(examples, None, "", "  ", title="La box Orange").rows() == [(None, None)] * 3


def test_the_filter_drops_what_the_scorer_gives_less_than_least(examples):
    texts = [*UNSEEN, None]
    for least in (0.0, 0.2, 0.5, 0.8):
        options = RelevanceFilterOptions(examples=examples, least=least)
        answer = RelevanceFilter().keep(mentions(*texts), options)
        values = scored(examples, *texts)["value"]
        assert answer["keep"].to_list() == [None if v is None else v >= least for v in values]
        assert (answer["why"].is_not_null()).to_list() == [v is not None and v < least for v in values]


def test_neither_the_order_nor_the_format_of_the_file_matters(examples, tmp_path):
    turned = write(tmp_path / "turned.jsonl", rows()[::-1])
    assert scored(turned, *UNSEEN).equals(scored(examples, *UNSEEN))


def test_a_changed_file_is_learned_again(tmp_path):
    path = write(tmp_path / "e.csv", rows())
    before, version = (
        scored(path, "Ma box est en panne")["value"][0],
        Relevance().model_version(RelevanceOptions(examples=path)),
    )
    write(path, rows(yes=FRUIT, no=OPERATOR))
    os.utime(path, ns=(0, 0))  # a clock too coarse to tell the two writings apart would hide the change
    assert before > 0.5 > scored(path, "Ma box est en panne")["value"][0]
    assert Relevance().model_version(RelevanceOptions(examples=path)) != version


def test_an_unchanged_file_is_learned_once(examples):
    scored(examples, "box")
    before = learned.cache_info().misses
    scored(examples, "réseau")
    assert learned.cache_info().misses == before


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("text,label\na,yes\n", "1 examples say yes and 0 say no.*at least 20"),
        ("text,label\na,yess\n", "'yess' is neither yes nor no.*Did you mean 'yes'"),
        ("text,label\na,\n", "None is neither yes nor no"),
        ("text,label\na,yes\na,no\n", "'a' is labelled yes and no"),
        ("texte,label\na,yes\n", "column 'text' is missing, there are texte, label"),
        ('{"text": "a"\n', "cannot be read"),
    ],
)
def test_examples_that_are_none_are_refused(tmp_path, content, told):
    path = tmp_path / "e.csv"
    path.write_text(content, "utf-8")
    with pytest.raises(ConfigError, match=told) as raised:
        scored(path, "x")
    assert str(path) in str(raised.value)


def test_copies_of_an_example_count_once(tmp_path):
    path = write(tmp_path / "e.csv", rows(yes=OPERATOR[:1] * 50))
    with pytest.raises(ConfigError, match="1 examples say yes and 25 say no"):
        scored(path, "x")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"missing\.csv.*cannot be read"):
        scored(tmp_path / "missing.csv", "x")
