"""Reading what a platform answers: JSON of which any part may be missing, or be something else."""

from __future__ import annotations

from typing import Any

import orjson

from listening_etl.errors import SourceUnreadable


def json_answer(answer: bytes) -> Any:
    """The JSON of an answer; raises `SourceUnreadable` when it is none, such as a page that says sorry."""
    try:
        return orjson.loads(answer)
    except orjson.JSONDecodeError as error:
        raise SourceUnreadable(f"it is no JSON ({error})", do="Check the address, or the file.") from error


def dicts(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; none when it is no list."""
    return [inner for inner in value if isinstance(inner, dict)] if isinstance(value, list) else []


def part(value: Any, *names: str) -> dict[str, Any]:
    """The object under a path of names, an empty one where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
