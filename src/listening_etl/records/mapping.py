"""From a record to a mention by a declared mapping: what files, tables, CRMs and REST answers have in common.

A source whose records are named cells takes `RecordMapping` as the base of its options and ends with one call:

    class CrmOptions(RecordMapping):
        account: str

    def parse(self, item, options):
        return options.mention(item)

`item` is a dict of what JSON can hold, since items are kept as JSON; `to_json` writes what a database driver
answers (dates, decimals, bytes) and `from_json` reads it back. In the settings, the user then declares:

    columns: {native_id: ticket, text: body, published_at: opened, author.handle: user.login}
    values: {kind: message, channel: crm}
    timezone: Europe/Paris

A cell that is absent, empty or blank is unknown. A cell that does not fit its field raises `Malformed` with
the column's name; nothing is guessed.
"""

from __future__ import annotations

import hashlib
import html
import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

import orjson
from pydantic import Field, field_validator, model_validator

from listening_etl.errors import Malformed, did_you_mean
from listening_etl.model import Author, Media, Mention, Options

FIELDS = (
    *(field for field in Mention.__struct_fields__ if field != "author"),
    *(f"author.{field}" for field in Author.__struct_fields__),
)
"""What `columns` and `values` can name."""

EXACT = 2**53
"""A larger number lost its last digits when a spreadsheet made it a float."""


class RecordMapping(Options):
    """Options that say how a record becomes a mention; `mention` makes it."""

    columns: dict[str, str] = Field(
        description="a mention's field: the column that holds it; dots lead into nested objects"
    )
    values: dict[str, str | int | float | bool] = Field(
        {}, description="a mention's field: what it is in every record"
    )
    id_from: list[str] = Field([], description="columns that make an id where there is none")
    timezone: str | None = Field(None, description="IANA zone of times written without one")
    date_format: str | None = Field(None, description="strptime format of times that are not ISO 8601")
    epoch: Literal["s", "ms"] | None = Field(None, description="unit of times that are numbers since 1970")
    decimal: Literal[".", ","] = Field(".", description="decimal mark of numbers written as text")
    unescape_html: bool = Field(False, description="whether text and title hold &amp; for &")

    @field_validator("timezone")
    @classmethod
    def _zone_is_known(cls, name: str | None) -> str | None:
        try:
            return name and ZoneInfo(name).key
        except (LookupError, ValueError, OSError):
            near = did_you_mean(str(name), available_timezones())
            raise ValueError(f"{name!r} is no IANA time zone.{near}") from None

    @field_validator("date_format")
    @classmethod
    def _format_is_usable(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            datetime.strptime(datetime(2000, 1, 1, tzinfo=UTC).strftime(pattern), pattern)  # noqa: DTZ007
        return pattern

    @model_validator(mode="after")
    def _fields_fit(self) -> Self:
        given, twice = self.columns.keys() | self.values.keys(), self.columns.keys() & self.values.keys()
        unknown = sorted(given - {*FIELDS})
        problems = [f"a mention has no field {name!r}.{did_you_mean(name, FIELDS)}" for name in unknown]
        problems += [f"{name!r} is in columns and in values." for name in sorted(twice)]
        if "published_at" not in given:
            problems.append("'published_at' is missing in columns.")
        if "native_id" not in given and not self.id_from:
            problems.append("'native_id' is missing in columns; without one, id_from names what makes it.")
        if "native_id" in given and self.id_from:
            problems.append("'native_id' and id_from exclude each other.")
        if self.date_format and self.epoch:
            problems.append("date_format and epoch exclude each other.")
        if problems:
            raise ValueError(" ".join(problems))
        constants = _Plan(self).mention  # a constant that does not fit is found now
        Mention(**constants | {"native_id": "1", "published_at": "2000-01-01T00:00Z"})
        return self

    @property
    def columns_used(self) -> list[str]:
        """The columns that a record should have."""
        return [*self.columns.values(), *self.id_from]

    def mention(self, record: Mapping[str, Any]) -> Mention:
        """Turn one record into its mention, or raise `Malformed` with the column and what is wrong in it."""
        plan = self._plan
        mention, author = plan.mention.copy(), plan.author.copy()
        for field, of_author, column, steps, convert in plan.columns:
            value = record.get(column)
            if value is None and (len(steps) == 1 or (value := _inside(record, steps)) is None):
                continue  # most cells: no call for them
            if not _is_blank(value):
                (author if of_author else mention)[field] = convert(value, column, self)
        if self.id_from:
            mention["native_id"] = _made_id(record, self)
        if any(value is not None for value in author.values()):
            mention["author"] = Author(**author)
        return Mention(**mention)

    @cached_property
    def _plan(self) -> _Plan:
        return _Plan(self)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy; the copy works out its own plan, since `update` may change what it is made of."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("_plan", None)
        return copied


_Convert = Callable[[Any, str, RecordMapping], Any]


class _Plan:
    """What `mention` needs to know of its options, worked out once: constants, and a converter per column."""

    def __init__(self, options: RecordMapping) -> None:
        self.mention: dict[str, Any] = {"native_id": None, "published_at": None}
        self.author: dict[str, Any] = {}
        for name, value in options.values.items():
            fields = self.author if name.startswith("author.") else self.mention
            fields[name.removeprefix("author.")] = _converter(name)(value, name, options)
        self.columns = [
            (
                name.removeprefix("author."),
                name.startswith("author."),
                column,
                column.split("."),
                _converter(name),
            )
            for name, column in options.columns.items()
        ]


def _inside(record: Mapping[str, Any], steps: list[str]) -> Any:
    """A cell by the steps into nested objects."""
    value: Any = record
    for step in steps:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def _is_blank(value: Any) -> bool:
    """Whether a cell says nothing: absent, NaN, empty, or spaces only."""
    return value is None or value != value or (isinstance(value, str) and (not value or value.isspace()))  # noqa: PLR0124


def _made_id(record: Mapping[str, Any], options: RecordMapping) -> str:
    """A stable id from the columns in `id_from`."""
    cells = [record.get(name, _inside(record, name.split("."))) for name in options.id_from]
    if all(map(_is_blank, cells)):
        raise Malformed(f"it has no id: {', '.join(options.id_from)} are empty")
    words = [None if _is_blank(cell) else _to_text(cell, "id_from", options) for cell in cells]
    return hashlib.blake2b(json.dumps(words).encode(), digest_size=16).hexdigest()


def _quoted(value: Any) -> str:
    """A cell for a message."""
    if isinstance(value, list | dict):
        return f"a {type(value).__name__}"
    return repr(value) if len(str(value)) <= 60 else f"{str(value)[:60]!r}…"


# Converters: each takes (cell, column, options); a blank cell never gets here.


def _to_text(value: Any, column: str, options: RecordMapping) -> str:
    """Text as it is; a whole number without its `.0`."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        if isinstance(value, float) and abs(value) > EXACT:
            raise Malformed(f"{column} {value!r} is a number that has lost its last digits")
        return str(int(value)) if float(value).is_integer() else str(value)
    raise Malformed(f"{column} is a {type(value).__name__}, not text")


def _to_prose(value: Any, column: str, options: RecordMapping) -> str | None:
    """Text that people read."""
    text = _to_text(value, column, options)
    if options.unescape_html:
        text = html.unescape(text)
    return None if text.isspace() else text


_NUMBER = {
    ".": re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII),
    ",": re.compile(r"[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d+)?", re.ASCII),
}


def _to_number(value: Any, column: str, options: RecordMapping) -> float:
    """A finite number; thousands separators are not guessed."""
    number = None
    if isinstance(value, str) and _NUMBER[options.decimal].fullmatch(value.strip()):
        number = float(value.replace(",", "."))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value) if abs(value) < 1e300 else None
    if number is None or not math.isfinite(number):
        raise Malformed(f"{column} {_quoted(value)} is not a number")
    return number


def _to_whole(value: Any, column: str, options: RecordMapping) -> int:
    """A whole number of 64 bits; `12.0` is one."""
    if type(value) is not int:
        number = _to_number(value, column, options)
        if number != int(number):
            raise Malformed(f"{column} {_quoted(value)} is not a whole number")
        value = int(number)
    if abs(value) >= 2**63:
        raise Malformed(f"{column} is out of range")
    return int(value)


def _to_boolean(value: Any, column: str, options: RecordMapping) -> bool:
    """True, 1, yes or their contrary."""
    word = str(value).strip().lower()
    if word not in {"true", "1", "yes", "false", "0", "no"}:
        raise Malformed(f"{column} {_quoted(value)} is neither true nor false")
    return word in {"true", "1", "yes"}


def _to_time(value: Any, column: str, options: RecordMapping) -> datetime:
    """A time with its zone; the first of two when the clocks are put back."""
    if not isinstance(value, str | int | float):
        raise Malformed(f"{column} is {_quoted(value)}, not a time")
    text = str(value).strip()
    if options.epoch and _NUMBER["."].fullmatch(text):
        return _from_epoch(text, column, options)
    if not options.date_format and (not isinstance(value, str) or (text.isdecimal() and len(text) != 8)):
        raise Malformed(f"{column} {_quoted(value)} is a number; the option epoch says in which unit")
    try:
        written = (
            datetime.strptime(text, options.date_format)  # noqa: DTZ007 - the zone comes below
            if options.date_format
            else _from_iso(text)
        )
    except ValueError:
        form = options.date_format or "ISO 8601"
        raise Malformed(f"{column} {_quoted(value)} is not a time ({form})") from None
    return written if written.tzinfo is not None else _in_zone(written, value, column, options)


def _in_zone(written: datetime, value: Any, column: str, options: RecordMapping) -> datetime:
    """What a clock of the declared zone meant by this."""
    if not options.timezone:
        raise Malformed(f"{column} {_quoted(value)} has no time zone; the option timezone states it")
    zone = ZoneInfo(options.timezone)
    try:
        moment = written.replace(tzinfo=zone).astimezone(UTC)
        back = moment.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        raise Malformed(f"{column} {_quoted(value)} is out of range") from None
    if back != written:
        raise Malformed(f"{column} {_quoted(value)} does not exist in {zone}: the clocks were put forward")
    return moment


def _from_iso(text: str) -> datetime:
    """ISO 8601; also with a space before the offset, or `UTC` for it."""
    if len(text) > 19 and text[10] in " T":
        text = text[:11] + text[11:].replace(" ", "").replace("UTC", "Z")
    return datetime.fromisoformat(text)


def _from_epoch(text: str, column: str, options: RecordMapping) -> datetime:
    """Seconds or milliseconds since 1970."""
    try:
        return datetime.fromtimestamp(float(text) / (1000 if options.epoch == "ms" else 1), UTC)
    except (ValueError, OverflowError, OSError):
        raise Malformed(f"{column} {_quoted(text)} is out of range") from None


def _to_list(
    value: Any, column: str, options: RecordMapping, between: re.Pattern[str] = re.compile(r"[\s|]+")
) -> tuple[str, ...]:
    """A list, or its text: JSON, or words separated by spaces or `|`."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            raise Malformed(f"{column} {_quoted(value)} is no JSON list") from None
    if isinstance(value, str):
        value = between.split(value)
    if not isinstance(value, list):
        raise Malformed(f"{column} {_quoted(value)} is not a list")
    words = (_to_text(word, column, options).strip() for word in value if not _is_blank(word))
    return tuple(word for word in words if word)


def _to_media(value: Any, column: str, options: RecordMapping) -> tuple[Media, ...]:
    """Addresses of pictures, videos and sounds."""
    return tuple(Media(url=url) for url in _to_list(value, column, options))


_CONVERT: dict[str, _Convert] = {
    **dict.fromkeys(("text", "title"), _to_prose),
    **dict.fromkeys(("published_at", "updated_at", "deleted_at"), _to_time),
    **dict.fromkeys(("likes", "replies", "reshares", "views", "author.followers"), _to_whole),
    **dict.fromkeys(("rating", "rating_scale", "lat", "lon"), _to_number),
    **dict.fromkeys(("tagged", "hashtags", "links"), _to_list),
    "about": partial(_to_list, between=re.compile(r"\|")),  # the name of a brand holds spaces
    "media": _to_media,
    "author.verified": _to_boolean,
}


def _converter(field: str) -> _Convert:
    return _CONVERT.get(field, _to_text)
