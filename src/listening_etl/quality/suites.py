"""Suites of checks, read from `expectations/` and refused unless every word of them is understood."""

from __future__ import annotations

import difflib
import json
import logging
import os
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from listening_etl.errors import ConfigError

ON_FAILURE = {"critical": ("stop", "quarantine"), "warning": ("record",), "info": ("record",)}
"""What a failed check of each severity may lead to."""

ROW_SUITES = ("mention",)
"""Suites whose rows can be put aside one by one."""


@cache
def great_expectations() -> Any:
    """The library, without its 200 log lines, its analytics and the warnings of its own imports."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as library
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)  # sets its own
    return library


@dataclass(frozen=True)
class Check:
    """One expectation of a suite; `ordinal` counts from 1, `rule` is its short name, as in "M-1"."""

    ordinal: int
    rule: str
    description: str
    type: str
    severity: str
    on_failure: str
    kwargs: Mapping[str, Any]
    expectation: Any = field(compare=False, repr=False)

    @property
    def columns(self) -> list[str]:
        """Columns concerned, without those of the row condition; none for a query."""
        names = [self.kwargs.get(key) for key in ("column", "column_A", "column_B")]
        return [name for name in names if name] + list(self.kwargs.get("column_list", ()))

    @property
    def by_row(self) -> bool:
        """Whether it judges row by row, so that failing rows can be counted."""
        from great_expectations.expectations import core, expectation

        kinds = (
            expectation.ColumnMapExpectation,
            expectation.ColumnPairMapExpectation,
            expectation.MulticolumnMapExpectation,
            core.UnexpectedRowsExpectation,
        )
        return isinstance(self.expectation, kinds)

    @property
    def parameters(self) -> set[str]:
        """Names of the values that a run has to give, written `{"$PARAMETER": name}`."""
        return {value["$PARAMETER"] for value in self.kwargs.values() if _is_parameter(value)}


@dataclass(frozen=True)
class Suite:
    """The checks on one table."""

    name: str
    checks: tuple[Check, ...]


def load_suite(name: str, folder: Path | None = None) -> Suite:
    """The suite `name` of `folder`; refuses what Great Expectations would drop with no more than a log line.

    Without a folder it is LISTENING_EXPECTATIONS, else `expectations/` of the project.
    """
    folder = folder or _default_folder()
    path = folder / f"{name}.json"
    if not path.is_file():
        known = sorted(p.stem for p in folder.glob("*.json"))
        do = f"{_meant(name, known)}There are {', '.join(known)}." if known else "There are none."
        raise ConfigError(f"there is no suite {name!r}", where=str(folder), do=do)
    try:
        given = json.loads(path.read_bytes())
    except ValueError as error:
        raise ConfigError(f"this is no JSON: {error}", where=str(path)) from error
    checks, problems = _read(given, name)
    if problems:
        raise ConfigError("\n".join(problems), where=str(path))
    return Suite(name, tuple(checks))


class _Refused(ValueError):
    """What is wrong with a suite or an expectation, in words."""


def _default_folder() -> Path:
    named = os.environ.get("LISTENING_EXPECTATIONS")
    folder = Path(named) if named else Path(__file__).parents[3] / "expectations"
    if not folder.is_dir():
        do = "Set LISTENING_EXPECTATIONS to the folder of the expectation suites."
        raise ConfigError("the folder of the expectation suites is not there", where=str(folder), do=do)
    return folder


def _is_parameter(value: object) -> bool:
    return isinstance(value, dict) and "$PARAMETER" in value


def _meant(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), 1)
    return f"Did you mean {close[0]!r}? " if close else ""


def _read(given: object, name: str) -> tuple[list[Check], list[str]]:
    """The checks that can be read, and what is wrong with the others."""
    checks: list[Check] = []
    problems: list[str] = []
    try:
        expectations = _top_level(given, name)
    except _Refused as error:
        return [], [str(error)]
    for ordinal, one in enumerate(expectations, 1):
        try:
            checks.append(_read_check(ordinal, one, name))
        except _Refused as error:
            problems.append(f"{_rule_of(one)}, number {ordinal}: {error}")
    rules = [check.rule for check in checks]
    problems += [f"rule {rule!r} is given twice" for rule in sorted({r for r in rules if rules.count(r) > 1})]
    return checks, problems


def _rule_of(given: object) -> str:
    meta = given.get("meta") if isinstance(given, dict) else None
    return (
        f"rule {meta['rule']!r}"
        if isinstance(meta, dict) and "rule" in meta
        else "an expectation without rule"
    )


def _keys(given: object, wanted: set[str], optional: set[str], what: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise _Refused(f"{what} is {given!r:.60}, not an object")
    if unknown := sorted(given.keys() - wanted - optional):
        raise _Refused(f"{what} has no {unknown[0]!r}. {_meant(unknown[0], wanted | optional)}".rstrip())
    if missing := sorted(wanted - given.keys()):
        raise _Refused(f"{what} lacks {', '.join(missing)}")
    return given


def _top_level(given: object, name: str) -> list[object]:
    suite = _keys(given, {"name", "expectations"}, {"notes", "meta", "id"}, "a suite")
    if suite["name"] != name:
        raise _Refused(f"the suite is named {suite['name']!r}, its file {name!r}")
    expectations = suite["expectations"]
    if not isinstance(expectations, list) or not expectations:
        raise _Refused("the suite has no list of expectations")
    return expectations


def _read_check(ordinal: int, given: object, suite: str) -> Check:
    one = _keys(given, {"type", "kwargs", "severity", "description", "meta"}, {"id"}, "an expectation")
    meta = _keys(one["meta"], {"rule", "on_failure"}, set(), "meta")
    for key, value in (("rule", meta["rule"]), ("description", one["description"]), ("type", one["type"])):
        if not isinstance(value, str) or not value.strip():
            raise _Refused(f"{key} is {value!r:.60}, not words")
    if not isinstance(one["kwargs"], dict):
        raise _Refused(f"kwargs is {one['kwargs']!r:.60}, not an object")
    severity, on_failure = one["severity"], meta["on_failure"]
    if severity not in ON_FAILURE:
        raise _Refused(f"severity {severity!r} is none of {', '.join(ON_FAILURE)}")
    if on_failure not in ON_FAILURE[severity]:
        allowed = " or ".join(ON_FAILURE[severity])
        raise _Refused(f"on_failure is {on_failure!r}; with severity {severity!r} it is {allowed}")
    expectation = _expectation(one)
    if on_failure == "quarantine":
        _refuse_quarantine(expectation, suite)
    return Check(
        ordinal,
        meta["rule"],
        one["description"],
        one["type"],
        severity,
        on_failure,
        one["kwargs"],
        expectation,
    )


def _expectation(given: dict[str, Any]) -> Any:
    """The library's object; its suite constructor would drop an unknown type or severity with a log line."""
    great_expectations()
    from great_expectations.exceptions import ExpectationNotFoundError, GreatExpectationsError
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    if "{batch}" not in given["kwargs"].get("unexpected_rows_query", "{batch}"):
        raise _Refused("the query has to read from {batch}, the table that is checked")
    try:
        return ExpectationConfiguration(**given).to_domain_obj()
    except ExpectationNotFoundError as error:
        meant = _meant(given["type"], list_registered_expectation_implementations())
        raise _Refused(f"there is no expectation {given['type']!r}. {meant}".rstrip()) from error
    except (GreatExpectationsError, ValueError, TypeError, AttributeError) as error:
        raise _Refused(f"{given['type']}: {' '.join(str(error).split())}") from error


def _refuse_quarantine(expectation: Any, suite: str) -> None:
    from great_expectations.expectations.expectation import ColumnMapExpectation, ColumnPairMapExpectation

    if suite not in ROW_SUITES:
        raise _Refused(f"on_failure 'quarantine' is for the rows of {', '.join(ROW_SUITES)}")
    if not isinstance(expectation, ColumnMapExpectation | ColumnPairMapExpectation):
        raise _Refused("on_failure 'quarantine' needs an expectation on the rows of a column or two")
    if expectation.mostly != 1:
        raise _Refused("on_failure 'quarantine' puts every failing row aside: it takes no 'mostly'")
