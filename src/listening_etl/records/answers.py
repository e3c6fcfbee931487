"""Reading what a platform answers: JSON of which any part may be missing, or be something else."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from listening_etl.errors import SourceUnreadable

BLANK = re.compile(r"\s*")


def json_answer(answer: bytes | str) -> Any:
    """The JSON of an answer, in whatever encoding of Unicode; of several documents in a row a list of them.

    Raises `SourceUnreadable` when it is none, such as a page that says sorry.
    """
    try:
        return orjson.loads(answer)
    except orjson.JSONDecodeError as error:
        raw = answer.encode("utf-8", "surrogatepass") if isinstance(answer, str) else answer
        try:
            found = _documents(raw.decode(json.detect_encoding(raw)))
        except (ValueError, RecursionError):
            raise SourceUnreadable(_why(raw, error), do="Check the address, or the file.") from error
    return found if len(found) > 1 else found[0]


def _documents(text: str) -> list[Any]:
    """JSON as it is found in files: one document a line, lone surrogates, line breaks inside of texts."""
    reader, text, end = json.JSONDecoder(strict=False), text.strip(), 0
    found: list[Any] = []
    while end < len(text) or not found:
        document, end = reader.raw_decode(text, end)
        found.append(document)
        end = BLANK.match(text, end).end()  # type: ignore[union-attr]  # it matches nothing, too
    return found


def _why(answer: bytes, error: orjson.JSONDecodeError) -> str:
    if not answer.strip():
        return "it is empty"
    start = answer.removeprefix(b"\xef\xbb\xbf").lstrip()[:200].lower()
    is_page = start.startswith((b"<!doctype html", b"<html"))
    return "it is a web page, no JSON" if is_page else f"it is no JSON ({error})"


def dicts(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; none when it is no list."""
    return [inner for inner in value if isinstance(inner, dict)] if isinstance(value, list) else []


def part(value: Any, *names: str) -> dict[str, Any]:
    """The object under a path of names, an empty one where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
