"""What servers say about their limits, in every dialect that platforms speak."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import orjson

HOUR, LONGEST = 3_600.0, 365 * 86_400.0
EPOCH, EPOCH_MILLISECONDS = 1e9, 1e11
"""Larger numbers are points in time (from 2001 on), in seconds and in milliseconds; smaller ones, waits."""
PERIODS = {"minute": 60.0, "hour": HOUR, "day": 86_400.0}

NUMBER = re.compile(r"\d{1,30}(\.\d{0,30})?", re.ASCII)
COUNTER = re.compile(r"(.*limit.*?)-(reset-after|reset|remaining)(-.+)?")
QUOTED = re.compile(r'"[^"]*"')
PARAMETER = re.compile(r"\b(r|t|remaining|reset)\s*=\s*([\d.]+)", re.ASCII)
APPLE = re.compile(r"\b(minute|hour|day)-rem:\s*(\d{1,30})\b", re.ASCII)
META = ("x-app-usage", "x-page-usage", "x-business-use-case-usage", "x-ad-account-usage")
META_SHARES = ("call_count", "total_time", "total_cputime", "acc_id_util_pct")
IN_BODY = (
    (("parameters", "retry_after"), 1.0),  # Telegram
    (("retry_after_ms",), 0.001),  # Matrix
    (("extras", "wait_seconds"), 1.0),  # Discourse
    (("retry_after",), 1.0),
    (("backoff",), 1.0),  # Stack Exchange
)


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer says: `remaining` requests, and `wait`, the seconds to send nothing; None is unsaid.

    `reset_at` is when the allowance that ends first is renewed, said also while there is some left.
    """

    remaining: float | None = None
    wait: float | None = None
    reset_at: datetime | None = None


class Allowance(NamedTuple):
    """One counter of a server: requests left, seconds until it is renewed."""

    remaining: float | None
    reset: float | None

    @property
    def spent(self) -> bool:
        """Whether nothing is left, not even for one request (Reddit counts in fractions)."""
        return self.remaining is not None and self.remaining < 1


def told(headers: Mapping[str, str], now: datetime, body: bytes | None = None, status: int = 200) -> Told:
    """Read every rate-limit header, and the body of a refusal; what makes no sense is passed over.

    A wait that is asked for in so many words counts more than one worked out from counters, as the IETF's
    draft has it. No wait is longer than a year.
    """
    said = {name.lower(): value for name, value in headers.items()}
    counters = [*_counters(said, now), *_structured(said, now), *_apple(said), *_meta(said)]
    asked = [wait_asked(said.get("retry-after"), now), *(_in_body(body) if body and status >= 400 else ())]
    waits = [wait for wait in asked if wait is not None]
    if not waits:
        waits = [c.reset for c in counters if c.spent and c.reset is not None]
    if not waits and status == 429:
        waits = [c.reset for c in counters if c.reset is not None]
    left = [c.remaining for c in counters if c.remaining is not None]
    scarcest = min(counters, key=_scarcity, default=Allowance(None, None)).reset
    return Told(
        remaining=min(left, default=None),
        wait=max(waits, default=None),
        reset_at=None if scarcest is None else now + timedelta(seconds=scarcest),
    )


def wait_asked(text: str | None, now: datetime) -> float | None:
    """Seconds until what a header says: a number, a unix time, an ISO 8601 or HTTP date; None if unreadable.

    Whether a number is a wait or a point in time is told by its size.
    """
    text = (text or "").strip()
    if NUMBER.fullmatch(text):
        number = float(text)
        if number >= EPOCH:
            number = number / (1000 if number >= EPOCH_MILLISECONDS else 1) - now.timestamp()
        return _bounded(number)
    readers = (datetime.fromisoformat, parsedate_to_datetime) if ":" in text else ()  # both are too lenient
    for read in readers:
        try:
            until = read(text)
            until = until if until.tzinfo else until.replace(tzinfo=UTC)
            return _bounded((until - now).total_seconds())
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST)


def _scarcity(counter: Allowance) -> tuple[bool, float]:
    return counter.reset is None, float("inf") if counter.remaining is None else counter.remaining


def _number(value: Any) -> float | None:
    """A number of JSON that counts something; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return None
    return float(value)


def _count(text: str | None) -> float | None:
    text = (text or "").strip()
    return float(text) if NUMBER.fullmatch(text) else None


def _json(text: str | bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _counters(said: Mapping[str, str], now: datetime) -> Iterator[Allowance]:
    """Pairs of headers: `X-RateLimit-Remaining` and `-Reset`, `ratelimit-…`, `x-app-limit-24hour-…`."""
    families: dict[tuple[str, str], dict[str, str]] = {}
    for name, value in said.items():
        if found := COUNTER.fullmatch(name):
            families.setdefault((found[1], found[3] or ""), {})[found[2]] = value
    for pair in families.values():
        reset = wait_asked(pair.get("reset-after"), now)
        yield Allowance(
            _count(pair.get("remaining")), wait_asked(pair.get("reset"), now) if reset is None else reset
        )


def _structured(said: Mapping[str, str], now: datetime) -> Iterator[Allowance]:
    """`RateLimit: "default";r=50;t=30` with one member a policy, or `limit=100, remaining=50, reset=30`."""
    text = QUOTED.sub("", said.get("ratelimit", ""))
    for member in [text] if "remaining" in text else text.split(","):
        given = dict(PARAMETER.findall(member))
        remaining = _count(given.get("r", given.get("remaining")))
        if remaining is not None:
            yield Allowance(remaining, wait_asked(given.get("t", given.get("reset")), now))


def _apple(said: Mapping[str, str]) -> Iterator[Allowance]:
    """`user-hour-lim:3500;user-hour-rem:500;`: of the last hour, so after one the allowance is surely back."""
    for period, remaining in APPLE.findall(said.get("x-rate-limit", "")):
        yield Allowance(float(remaining), PERIODS[period])


def _meta(said: Mapping[str, str]) -> Iterator[Allowance]:
    """Shares of the last hour's allowance in per cent, as JSON; only that nothing is left can be told."""
    for name in META:
        usage = _json(said[name]) if name in said else None
        usages = [usage]
        if name == "x-business-use-case-usage" and isinstance(usage, dict):
            usages = [case for cases in usage.values() if isinstance(cases, list) for case in cases]
        for use in usages:
            if not isinstance(use, dict):
                continue
            used = max((_number(use.get(share)) or 0.0 for share in META_SHARES), default=0.0)
            minutes = _number(use.get("estimated_time_to_regain_access")) or 0.0
            reset = minutes * 60 or _number(use.get("reset_time_duration")) or HOUR
            if used >= 100 or minutes:
                yield Allowance(0.0, _bounded(reset))


def _in_body(body: bytes) -> Iterator[float]:
    for path, seconds in IN_BODY:
        value = _json(body)
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if (number := _number(value)) is not None:
            yield _bounded(number * seconds)
