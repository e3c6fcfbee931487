"""Kinds of values that the settings hold: names, languages, zones, times, durations, schedules, secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    WithJsonSchema,
    model_validator,
)

from listening_etl.errors import ConfigError, did_you_mean
from listening_etl.model import CHANNELS, MATCHES, ROLES

KEY = "<key>"
"""Under this alias a value gets the key that it stands under; nobody can write it in the file by mistake."""

WAREHOUSE_VARIABLE = "LISTENING_WAREHOUSE_URL"

_CODES = (
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv "
    "dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie "
    "ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv "
    "mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm "
    "rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts "
    "tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu "
)
ISO_639_1 = frozenset(_CODES.split())

MACROS = ("@hourly", "@daily", "@weekly", "@monthly")
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: n for n, name in enumerate(_MONTH_NAMES, 1)}
_DAYS = {name: n for n, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_CRON: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}


class Part(BaseModel):
    """What every part of the settings is: frozen, unknown keys refused, hashable by all but its mappings."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, validate_by_name=True, validate_by_alias=True
    )

    def __hash__(self) -> int:
        return hash((type(self), *(value for _, value in self if not isinstance(value, dict))))


class EnvRef(Part):
    """A secret, named and not written: `{env: FORUM_TOKEN}`."""

    env: str = Field(description="Name of an environment variable", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")

    @model_validator(mode="before")
    @classmethod
    def _refuse_plain(cls, given: Any) -> Any:
        if isinstance(given, dict | EnvRef):
            return given
        raise ValueError("should be {env: NAME}: a secret is named, not written")

    def secret(self) -> SecretStr:
        """Value of the variable; raises `ConfigError` when it is not set or empty."""
        value = os.environ.get(self.env)
        if not value:
            raise ConfigError(f"environment variable {self.env!r} is not set", do="Set it, and run again.")
        return SecretStr(value)


def one_of(known: Iterable[str], value: str) -> str:
    """Return the value if it is known; raises `ValueError` with the nearest one otherwise."""
    names = tuple(known)
    if value in names:
        return value
    raise ValueError(f"{value!r} is none of {', '.join(names)}.{did_you_mean(value, names)}")


def _choice(names: tuple[str, ...]) -> tuple[AfterValidator, WithJsonSchema]:
    return AfterValidator(lambda value: one_of(names, value)), WithJsonSchema(
        {"type": "string", "enum": list(names)}
    )


def _name(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", value):
        raise ValueError("should be lower-case letters, digits and '_', and begin with a letter")
    return value


def _filled(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty")
    return value.strip()


def _handle(value: str) -> str:
    return _filled(value.strip().lstrip("@")).casefold()


def _hashtag(value: str) -> str:
    return _filled(value.strip().lstrip("#"))


def _language(value: str) -> str:
    if value not in ISO_639_1:
        raise ValueError(f"{value!r} is no two-letter language code (ISO 639-1), such as 'en' or 'fr'")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        near = did_you_mean(value, available_timezones())
        raise ValueError(f"{value!r} is no IANA time zone, such as 'Europe/Paris'.{near}") from error
    return value


def _start(value: Any) -> date | datetime:
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value) if len(value) <= 10 else datetime.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f"{value!r} is no date, such as 2026-01-01") from error
    if not isinstance(value, date):
        raise ValueError("should be a date, such as 2026-01-01")
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError(f"{value.isoformat()} has no time zone; write {value.isoformat()}Z for UTC")
    return value


def _duration(value: Any) -> Any:
    if value is None or isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"([1-9][0-9]{0,4})([wdhm])", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{value!r} is no duration, such as '7d', '6h' or '30m'")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _schedule(value: str) -> str:
    if value.startswith("@"):
        return one_of(MACROS, value)
    fields = value.split()
    if len(fields) != len(_CRON):
        raise ValueError(
            f"{value!r} has {len(fields)} fields, not five such as '0 6 * * *', nor is it @hourly"
        )
    for field, (title, low, high, names) in zip(fields, _CRON, strict=True):
        for part in field.split(","):
            if not _cron_part(part, low, high, names):
                raise ValueError(f"{value!r}: {part!r} is no {title} ({low} to {high})")
    return " ".join(fields)


def _cron_part(part: str, low: int, high: int, names: dict[str, int]) -> bool:
    """Whether it is `*`, a number or name, or a range, each with an optional step, within the limits."""
    span, slash, step = part.partition("/")
    if slash and not (step.isdecimal() and 1 <= int(step) <= high):
        return False
    if span == "*":
        return True
    ends = [names.get(end.lower(), end) for end in span.split("-")]
    if len(ends) > 2 or not all(str(end).isdecimal() and str(end).isascii() for end in ends):
        return False
    numbers = [int(end) for end in ends]
    return low <= min(numbers) and max(numbers) <= high and numbers == sorted(numbers)


def _warehouse(value: Any) -> Any:
    if value is None:
        return EnvRef(env=WAREHOUSE_VARIABLE) if os.environ.get(WAREHOUSE_VARIABLE) else None
    if isinstance(value, EnvRef):
        return value
    if isinstance(value, dict) and set(value) == {"env"}:
        return EnvRef.model_validate(value)
    if not isinstance(value, str) or not re.match(r"postgres(ql)?(\+\w+)?://", value):
        raise ValueError("should be postgresql://host/database or {env: NAME}")
    if urlsplit(value).password:
        raise ValueError(
            f"holds a password; put the whole URL into {WAREHOUSE_VARIABLE} and leave this key out"
        )
    return value


def absolute(value: str, home: Path) -> str:
    """Make a path absolute from the folder of the settings; a URL stays as it is."""
    return value if "://" in value else str(home / Path(value).expanduser())


def _keyed(given: Any) -> Any:
    """Tell every value the key that it stands under; a key with nothing after it is empty."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        return given
    return {
        key: {**(value or {}), KEY: key} if value is None or isinstance(value, dict) else value
        for key, value in given.items()
    }


def _aspects(given: Any) -> Any:
    """`[delivery]`, and `delivery:` with nothing after it, mean the list of that name."""
    if isinstance(given, list | tuple):
        return {name: (f"${name}",) if isinstance(name, str) else name for name in given}
    if isinstance(given, dict):
        return {name: (f"${name}",) if words is None else words for name, words in given.items()}
    return {} if given is None else given


def _aspect(given: Any) -> str | tuple[str, ...]:
    if isinstance(given, str):
        return _filled(given)
    if not isinstance(given, list | tuple) or not all(isinstance(entry, str) for entry in given):
        raise ValueError("should be a query, or a list of words and queries")
    return tuple(map(_filled, given)) or _filled("")


def keyed(description: str) -> Any:
    """Declare the field that holds the key a value stands under."""
    return Field(validation_alias=KEY, description=description)


Keyed = BeforeValidator(_keyed)
Name = Annotated[str, AfterValidator(_name)]
Aspect = Annotated[
    str | tuple[str, ...], PlainValidator(_aspect, json_schema_input_type=str | list[str] | None)
]
Aspects = Annotated[
    dict[Name, Aspect],
    BeforeValidator(_aspects, json_schema_input_type=list[str] | dict[str, str | list[str] | None]),
]
Text = Annotated[str, AfterValidator(_filled)]
Handle = Annotated[str, AfterValidator(_handle)]
Hashtag = Annotated[str, AfterValidator(_hashtag)]
Language = Annotated[str, AfterValidator(_language)]
TimeZone = Annotated[str, AfterValidator(_zone)]
Start = Annotated[date | datetime, PlainValidator(_start, json_schema_input_type=str)]
Lasting = Annotated[timedelta, BeforeValidator(_duration, json_schema_input_type=str)]
Duration = Annotated[timedelta | None, BeforeValidator(_duration, json_schema_input_type=str | None)]
Schedule = Annotated[str, AfterValidator(_schedule)]
Warehouse = Annotated[str | EnvRef | None, BeforeValidator(_warehouse)]
EntityRole = Annotated[str, *_choice(ROLES)]
Channel = Annotated[str, *_choice(CHANNELS)]
MatchWay = Annotated[str, *_choice(MATCHES)]
