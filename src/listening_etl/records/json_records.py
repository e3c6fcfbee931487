"""Records as JSON, without loss: what a file holds that is no clean text survives, for `Mention` to refuse."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from typing import IO, Any

import orjson

from listening_etl.errors import Malformed, SourceUnreadable

LONGEST_LINE = 64_000_000
"""Bytes of one line of JSON Lines; what comes after is no mention and is passed over."""


def keep_bytes(error: UnicodeError) -> tuple[str, int]:
    """Decode an invalid byte as a lone surrogate, in any encoding: the error handler `keep_bytes`."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error("keep_bytes", keep_bytes)


def _plain(value: Any) -> Any:
    """What JSON has no word for, as the nearest thing it has."""
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.decode("utf-8", "keep_bytes") if isinstance(value, bytes) else str(value)


_encode = json.JSONEncoder(default=_plain).encode  # ASCII: lone surrogates survive as escapes


def to_json(record: dict[str, Any]) -> str:
    """Write a record as an item; also dates, times, decimals and bytes, as files and databases have them."""
    return _encode(record)


def refused(reason: str, cells: list[str]) -> str:
    """Make an item of what is no record: kept as it came, and `from_json` raises `Malformed` with the reason."""
    return _encode([reason, cells])


def from_json(item: str | bytes) -> dict[str, Any]:
    """Read an item back as a record; JSON as Python writes it (`NaN`, lone surrogates) is read too."""
    try:
        record = orjson.loads(item)
    except orjson.JSONDecodeError:
        record = _loosely(item)
    if isinstance(record, dict):
        return record
    match record:
        case [str() as reason, list()]:  # see refused()
            raise Malformed(reason)
    raise Malformed(f"it is a {type(record).__name__}, not an object")


def _loosely(item: str | bytes) -> Any:
    try:
        return json.loads(item if isinstance(item, str) else item.decode("utf-8", "keep_bytes"))
    except json.JSONDecodeError as error:
        raise Malformed(f"it is no JSON: {error.msg} at position {error.pos}") from None
    except (ValueError, RecursionError) as error:
        raise Malformed(f"it is no JSON: {error}") from None


def json_lines(file: IO[Any], where: str | None = None) -> Iterator[tuple[int, str | bytes]]:
    """Lines of a JSON Lines file with their numbers: bytes as they are, or text that UTF-8 can hold.

    Blank lines are passed over. `where` names the file in messages.
    """
    number, line = 0, file.readline(LONGEST_LINE)
    if line in (b"", codecs.BOM_UTF8, "", "\ufeff"):
        raise SourceUnreadable("it is empty", where=where, do="Export it again.")
    line = line.removeprefix(codecs.BOM_UTF8 if isinstance(line, bytes) else "\ufeff")
    while line:
        number += 1
        if line.strip():
            yield number, line.rstrip() if isinstance(line, bytes) else _escaped(line.rstrip())
        while len(line) == LONGEST_LINE:  # the rest of a line that is no mention
            line = file.readline(LONGEST_LINE)
        line = file.readline(LONGEST_LINE)


def _escaped(line: str) -> str:
    """Lone surrogates as JSON writes them, since UTF-8 cannot."""
    return re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", line)
