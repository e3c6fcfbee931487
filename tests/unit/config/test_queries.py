"""Queries in the settings are read with them: what is wrong is shown in its line, with a caret."""

from __future__ import annotations

import pytest

from listening_etl.config import check_queries, parse_settings
from listening_etl.config.yaml_file import SettingsError

SETTINGS = """\
version: 1
terms:
  fault: [panne, "ne marche plus"]
topics:
  kettles:
    purpose: Hear of faults early.
    languages: [fr]
    start: 2026-10-01
    entities:
      faults: {role: category, query: "$fault NEAR/5 machine"}
    sources: {file: {options: {}}}
"""


def problem(tmp_path, old, new):
    with pytest.raises(SettingsError) as caught:
        check_queries(parse_settings(SETTINGS.replace(old, new), tmp_path / "listening.yaml"))
    return str(caught.value)


def test_queries_and_lists_that_can_be_read_are_taken_as_written(tmp_path):
    settings = parse_settings(SETTINGS, tmp_path / "listening.yaml")
    assert settings.topics["kettles"].entities["faults"].query == "$fault NEAR/5 machine"
    assert settings.terms == {"fault": ("panne", "ne marche plus")}


def test_a_list_that_is_not_there_is_named_with_what_was_meant(tmp_path):
    assert problem(tmp_path, "$fault", "$fautl") == (
        "listening.yaml:10, topics.kettles.entities.faults: there is no list '$fautl'. "
        "Lists: fault. Did you mean 'fault'?\n  $fautl NEAR/5 machine\n  ^"
    )


def test_a_list_is_read_where_it_stands(tmp_path):
    assert problem(tmp_path, '"ne marche plus"', '"(fuite"') == (
        "listening.yaml:3, terms.fault: a parenthesis is not closed. Write ')' where it should end.\n  (fuite\n  ^"
    )


def test_an_entity_that_nothing_could_be_about_is_refused(tmp_path):
    assert "faults has neither names nor a query" in problem(
        tmp_path, 'query: "$fault NEAR/5 machine"', "handles: [fault]"
    )
