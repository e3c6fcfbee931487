"""Every suite is understood word by word, and a slip of the pen is refused with its place."""

import copy
import json
import re
from pathlib import Path

import pytest

from listening_etl.errors import ConfigError
from listening_etl.quality import load_suite
from listening_etl.quality.suites import great_expectations
from listening_etl.warehouse.tables import metadata

FOLDER = Path(__file__).parents[2] / "expectations"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
EXTRA = {"mention": {"topic", "raw", "raw_row", "quarantine"}}
TABLES = {
    "mention": "listening.fct_mention",
    "score": "listening.fct_score",
    "mention_entity": "listening.bridge_mention_entity",
    "aspect": "listening.fct_aspect",
}

RULE = {
    "type": "expect_column_values_to_be_between",
    "kwargs": {"column": "rating", "min_value": 0},
    "severity": "critical",
    "description": "rating is 0 or more",
    "meta": {"rule": "M-1", "on_failure": "quarantine"},
}


def columns_of(name):
    table = metadata.tables[TABLES.get(name, name.replace("kpi_", "kpi."))]
    return {column.name for column in table.columns} | EXTRA.get(name, set())


def write(folder, *rules, name="mention"):
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"name": name, "expectations": list(rules)}))
    return folder


def changed(**more):
    return copy.deepcopy(RULE) | more


@pytest.mark.parametrize("name", NAMES)
def test_every_suite_loads(name):
    suite = load_suite(name)
    assert suite.name == name
    assert [check.ordinal for check in suite.checks] == list(range(1, len(suite.checks) + 1))


@pytest.mark.parametrize("name", NAMES)
def test_every_suite_checks_columns_that_its_table_has(name):
    text = (FOLDER / f"{name}.json").read_text()
    named = {column for check in load_suite(name).checks for column in check.columns}
    named |= set(re.findall(r'"column": \{\s*"name": "(\w+)"', text))
    assert named <= columns_of(name)


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_what_the_library_writes(name):
    given = json.loads((FOLDER / f"{name}.json").read_text())
    suite = great_expectations().ExpectationSuite(
        name=name, notes=given["notes"], expectations=[check.expectation for check in load_suite(name).checks]
    )
    written = suite.to_json_dict()
    assert [one | {"id": None} for one in written["expectations"]] == [
        one | {"id": None} for one in given["expectations"]
    ]


def test_every_kpi_table_has_a_suite():
    tables = {name for name in metadata.tables if name.startswith("kpi.")} - {"kpi.definition"}
    assert {name.replace("kpi_", "kpi.") for name in NAMES if name.startswith("kpi_")} == tables


def test_every_rule_has_a_letter_of_its_suite():
    letters = {name: {check.rule.split("-")[0] for check in load_suite(name).checks} for name in NAMES}
    assert sorted(len(one) for one in letters.values()) == [1] * len(NAMES)
    assert len(set.union(*letters.values())) == len(NAMES)


def test_a_good_rule_is_read(tmp_path):
    (check,) = load_suite("mention", write(tmp_path, RULE)).checks
    assert (check.rule, check.severity, check.on_failure, check.columns) == (
        "M-1",
        "critical",
        "quarantine",
        ["rating"],
    )


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            changed(type="expect_column_value_to_be_between"),
            "no expectation 'expect_column_value_to_be_between'. "
            "Did you mean 'expect_column_values_to_be_between'?",
        ),
        (changed(kwargs={"column": "rating", "min": 0}), "min extra fields not permitted"),
        (changed(kwargs={"min_value": 0}), "column field required"),
        (changed(kwargs=[1]), "kwargs is [1], not an object"),
        (changed(severity="fatal"), "severity 'fatal' is none of critical, warning, info"),
        (
            changed(severity="warning"),
            "on_failure is 'quarantine'; with severity 'warning' it is record",
        ),
        (
            changed(meta={"rule": "M-1", "on_failure": "record"}),
            "on_failure is 'record'; with severity 'critical' it is stop or quarantine",
        ),
        (
            changed(meta={"rule": "M-1", "on_fail": "stop"}),
            "meta has no 'on_fail'. Did you mean 'on_failure'?",
        ),
        (changed(descripton="x"), "an expectation has no 'descripton'. Did you mean 'description'?"),
        (changed(description=" "), "description is ' ', not words"),
        (
            changed(kwargs={"column": "rating", "min_value": 0, "mostly": 0.9}),
            "on_failure 'quarantine' puts every failing row aside: it takes no 'mostly'",
        ),
        (
            changed(type="expect_table_row_count_to_be_between", kwargs={"min_value": 1}),
            "on_failure 'quarantine' needs an expectation on the rows of a column or two",
        ),
        (
            changed(type="unexpected_rows_expectation", kwargs={"unexpected_rows_query": "select 1"}),
            "the query has to read from {batch}",
        ),
        ("expect_nothing", "an expectation is 'expect_nothing', not an object"),
    ],
)
def test_a_slip_is_refused_with_file_and_rule(tmp_path, rule, message):
    with pytest.raises(ConfigError) as refused:
        load_suite("mention", write(tmp_path, changed(meta=RULE["meta"] | {"rule": "M-0"}), rule))
    assert refused.value.where == str(tmp_path / "mention.json")
    assert message in refused.value.what
    named = "an expectation without rule" if isinstance(rule, str) else "rule 'M-1'"
    assert refused.value.what.startswith(f"{named}, number 2: ")


def test_all_slips_are_told_at_once(tmp_path):
    bad = [changed(severity="fatal"), changed(type="expect_x"), RULE, RULE]
    with pytest.raises(ConfigError) as refused:
        load_suite("mention", write(tmp_path, *bad))
    assert refused.value.what.splitlines() == [
        "rule 'M-1', number 1: severity 'fatal' is none of critical, warning, info",
        "rule 'M-1', number 2: there is no expectation 'expect_x'.",
        "rule 'M-1' is given twice",
    ]


def test_only_mentions_are_put_aside_row_by_row(tmp_path):
    with pytest.raises(ConfigError, match="'quarantine' is for the rows of mention"):
        load_suite("score", write(tmp_path, RULE, name="score"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "this is no JSON"),
        ('{"name": "other", "expectations": [1]}', "the suite is named 'other', its file 'mention'"),
        ('{"name": "mention", "expectations": []}', "the suite has no list of expectations"),
        (
            '{"name": "mention", "expectation": []}',
            "a suite has no 'expectation'. Did you mean 'expectations'?",
        ),
    ],
)
def test_a_file_that_is_no_suite_is_refused(tmp_path, text, message):
    (tmp_path / "mention.json").write_text(text)
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_suite("mention", tmp_path)


def test_a_suite_that_is_not_there_is_named_with_its_neighbours():
    with pytest.raises(ConfigError, match=r"no suite 'mentions'.*Did you mean 'mention'\? There are .*score"):
        load_suite("mentions")


def test_the_folder_comes_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("LISTENING_EXPECTATIONS", str(write(tmp_path, RULE)))
    assert len(load_suite("mention").checks) == 1
    monkeypatch.setenv("LISTENING_EXPECTATIONS", str(tmp_path / "away"))
    with pytest.raises(ConfigError, match=r"away.*is not there.*LISTENING_EXPECTATIONS"):
        load_suite("mention")
