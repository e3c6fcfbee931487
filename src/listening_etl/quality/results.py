"""What the checks found, and what follows from it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from listening_etl.errors import QualityFailed
from listening_etl.quality.suites import Check

EXAMPLES = 20
LONGEST = 200
NAMED = 10
WORDS = frozenset({"title", "text", "url", "evidence", "detail"})
"""Columns with words of people: what is kept of a check is their length, since a deletion does not find them here."""


@dataclass(frozen=True)
class CheckResult:
    """What one check found.

    `rows` were checked and `unexpected` of them failed; `None` where nobody counted. `unexpected_ids` is
    complete for a check that quarantines, with what each row held beside it in `unexpected_values`; else it
    is empty. `examples` holds up to 20 failing rows. Everything can be written as JSON.
    """

    suite: str
    ordinal: int
    rule: str
    check: str
    type: str
    columns: list[str]
    severity: str
    on_failure: str
    success: bool
    rows: int | None
    unexpected: int | None
    unexpected_ids: tuple[str, ...]
    unexpected_values: tuple[Any, ...]
    examples: list[dict[str, Any]]
    result: dict[str, Any]
    message: str


@dataclass(frozen=True)
class Verdict:
    """What follows: the checks that stop the batch, the reasons to put rows aside by the rows' ids, and the
    failed checks that are only written down."""

    stops: list[CheckResult]
    quarantined: dict[str, list[str]]
    recorded: list[CheckResult]


def verdict(results: Iterable[CheckResult]) -> Verdict:
    """Sort the failed checks by what follows from them."""
    found = Verdict([], {}, [])
    for one in results:
        if one.success:
            continue
        if one.on_failure == "stop":
            found.stops.append(one)
        elif one.on_failure == "quarantine":
            for id_, value in zip(one.unexpected_ids, one.unexpected_values, strict=True):
                found.quarantined.setdefault(id_, []).append(f"{one.rule}: {one.check} ({shown(value)})")
        else:
            found.recorded.append(one)
    return found


def raise_if_stopped(results: Iterable[CheckResult], where: str) -> None:
    """Raise `QualityFailed` with the checks that stop, their rows and reasons; `where` names the run."""
    stops = verdict(results).stops
    if stops:
        do = "Nothing was published; ops.quality_result and `listening rejects` tell more."
        raise QualityFailed("\n".join(one.message for one in stops), where=where, do=do)


def rows_for_warehouse(
    run_id: str, results: Iterable[CheckResult], checked_at: datetime
) -> list[dict[str, Any]]:
    """Rows of ops.quality_result."""
    fields = (
        "suite", "ordinal", "check", "type", "columns", "severity", "on_failure", "success", "rows",
        "unexpected", "examples", "result",
    )  # fmt: skip
    return [
        {"run_id": run_id, **{name: getattr(one, name) for name in fields}, "checked_at": checked_at}
        for one in results
    ]


# ----------------------------------------------------------------- from the answers of Great Expectations


def exception_of(answer: Any) -> tuple[str, str] | None:
    """Message and traceback of what broke a check: the library reports it instead of raising. Else `None`."""
    info = answer.exception_info or {}
    broken = [info] if "raised_exception" in info else list(info.values())
    for one in broken:
        if one.get("raised_exception"):
            return " ".join(str(one.get("exception_message")).split()), str(one.get("exception_traceback"))
    return None


def check_result(suite: str, check: Check, answer: Any, ids: Sequence[str], total: int | None) -> CheckResult:
    """Put an answer of the library in our words; `ids` name a row, `total` counts the table's rows."""
    broken = exception_of(answer)
    found: Mapping[str, Any] = answer.result or {}
    success = bool(answer.success) and broken is None
    failing = _failing(found, check, ids)
    rows = found.get("element_count", None if "row_condition" in check.kwargs else total)
    unexpected = _unexpected(found, check, success)
    on_failure = check.on_failure
    named = len(failing) == unexpected and all(one["id"] is not None for one in failing)
    if broken or (on_failure == "quarantine" and not success and not named):
        on_failure = "stop"  # a check that did not run, or rows that cannot be named: never a pass
    if broken:
        outcome = f"the check could not run: {broken[0]}"
    else:
        outcome = _outcome(success, rows if check.columns else None, unexpected, found)
        outcome += "" if success else _named(failing)
    message = f"{suite} {check.rule} ({check.severity}): {check.description}: {outcome}"
    kept = failing if on_failure == "quarantine" else []
    return CheckResult(
        suite=suite,
        ordinal=check.ordinal,
        rule=check.rule,
        check=check.description,
        type=check.type,
        columns=check.columns,
        severity=check.severity,
        on_failure=on_failure,
        success=success,
        rows=rows,
        unexpected=unexpected,
        unexpected_ids=tuple(str(one["id"]) for one in kept),
        unexpected_values=tuple(one["value"] for one in kept),
        examples=failing[:EXAMPLES],
        result=_for_docs(check, found, message),
        message=message,
    )


def _failing(found: Mapping[str, Any], check: Check, ids: Sequence[str]) -> list[dict[str, Any]]:
    """The failing rows that the answer names: `id` (`None` when it has none) and `value`."""
    rows = found.get("unexpected_index_list") or found.get("partial_unexpected_index_list")
    if rows is None:
        rows = (found.get("details") or {}).get("unexpected_rows")
    if rows is None:
        values = found.get("partial_unexpected_list", ())
        return [{"id": None, "value": told(" ".join(check.columns), value)} for value in values]
    failing = []
    for row in rows:
        values = {
            name: told(name, value) for name, value in row.items() if name not in ids or name in check.columns
        }
        failing.append({"id": _identity(row, ids), "value": values})
    return failing


def _identity(row: Mapping[str, Any], ids: Sequence[str]) -> str | None:
    known = [name for name in ids if row.get(name) is not None]
    if len(ids) == 1:
        return str(row[ids[0]]) if known else None
    return ", ".join(f"{name} {row[name]}" for name in known) or None


def _unexpected(found: Mapping[str, Any], check: Check, success: bool) -> int | None:
    if "unexpected_count" in found:
        return int(found["unexpected_count"] or 0)
    if "details" in found:
        return int(found["observed_value"])
    return 0 if success and check.by_row else None


def _outcome(success: bool, rows: int | None, unexpected: int | None, found: Mapping[str, Any]) -> str:
    of = "" if rows is None else f" of {rows:,}"
    if unexpected is None:
        seen = f" (found {found['observed_value']})" if "observed_value" in found else ""
        return f"{'holds' if success else 'does not hold'}{seen}"
    if success:
        return f"holds but for {unexpected:,}{of} rows" if unexpected else "holds"
    return f"{unexpected:,}{of} rows failed"


def _named(failing: Sequence[Mapping[str, Any]]) -> str:
    """The first failing rows and what they hold."""
    if not failing:
        return ""
    rows = "; ".join(f"{one['id'] or ''} ({shown(one['value'])})".strip() for one in failing[:NAMED])
    return f": {rows}{'; …' if len(failing) > NAMED else ''}"


def _for_docs(check: Check, found: Mapping[str, Any], message: str) -> dict[str, Any]:
    kept = ("observed_value", "element_count", "unexpected_count", "unexpected_percent", "missing_count",
            "missing_percent")  # fmt: skip
    observed = {name: plain(found[name]) for name in kept if found.get(name) is not None}
    return {"rule": check.rule, "message": message, "expected": plain(check.kwargs), "observed": observed}


def shown(value: object) -> str:
    """A value, or a row's columns and values, for people."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {shown(one)}" for name, one in value.items())
    return "null" if value is None else str(value)


def told(column: str, value: object) -> Any:
    """What is kept of a value of a column."""
    return f"{len(value):,} characters" if column in WORDS and isinstance(value, str) else plain(value)


def plain(value: object) -> Any:
    """The value as JSON can hold it: long texts cut, what is not finite and the rest as text."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in list(value)[:EXAMPLES]]
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters)"
