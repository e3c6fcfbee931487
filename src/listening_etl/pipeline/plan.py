"""Plan: cut a window into slices, one source and stretch of time each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from listening_etl.config import Entity
from listening_etl.errors import ConfigError
from listening_etl.hookspecs import SeveralQueries
from listening_etl.model import Slice, Window
from listening_etl.pipeline.context import Context
from listening_etl.pipeline.curate import COUNTS
from listening_etl.query import Query, cover, parse
from listening_etl.query.push_down import Dialect, searches
from listening_etl.query.tree import Term, any_of
from listening_etl.warehouse import runs
from listening_etl.warehouse.engine import transaction


def plan(context: Context, window: Window) -> list[Slice]:
    """The slices that together answer for `window`, in the order of the settings."""
    window = so_far(context, window)
    return [
        slice
        for name in context.topic.sources
        for query in queries(context, name)
        for slice in cut(context, name, query, window)
    ]


def so_far(context: Context, window: Window) -> Window:
    """The part of a window that is over: the ledger must not call complete what has not happened yet."""
    now = context.now().replace(microsecond=0)
    if now <= window.since:
        what = f"the window from {window.since} to {window.until} lies ahead: nothing can be heard yet"
        raise ConfigError(what, do="Give an earlier `since`, or wait.")
    return Window(window.since, min(window.until, now))


def queries(context: Context, name: str) -> Sequence[str]:
    """What a source is asked for: queries in its own words, or nothing in particular."""
    source, options = context.source(name)
    if not isinstance(source, SeveralQueries):
        return [""]
    return list(dict.fromkeys(source.push_down(options, wanted(context)))) or [""]


@dataclass(frozen=True)
class Wanted:
    """An entity, as `push_down` gets it. Whatever is about it by its words holds one of `names`, or what `words`,
    the whole query, says."""

    name: str
    names: tuple[str, ...]
    handles: tuple[str, ...]
    hashtags: tuple[str, ...]
    words: Query


def wanted(context: Context) -> list[Wanted]:
    """The entities as sources search for them: products are names; for a query, words that every match of it holds.

    Of a query that needs no words at all (fields, or NOT alone) only the names are searched for.
    """
    found = []
    for name, entity in context.topic.entities.items():
        names, words = tuple(dict.fromkeys(searched(entity, context))), context.queries[name]
        if names and not searches(words, Dialect()):
            words = any_of(Term(word) for word in names)
        found.append(Wanted(name, names, entity.handles, entity.hashtags, words))
    return found


def searched(entity: Entity, context: Context) -> list[str]:
    """Words and phrases to search for, without those that hold a wildcard."""
    query = parse(entity.query, lists=context.settings.terms) if entity.query else None
    found = [*entity.names, *entity.products, *(cover(query) or () if query else ())]
    return [word for word in found if "*" not in word and "?" not in word]


def cut(context: Context, name: str, query: str, window: Window) -> list[Slice]:
    """Slices of the width that the settings give the source."""
    parts = window.cut(context.topic.sources[name].slice)
    return [Slice(context.topic.name, name, part, query) for part in parts]


def catch_up(context: Context, window: Window) -> list[Slice]:
    """The slices for `window`, and for each source and query what was not heard before it.

    Beside `window` itself a source is asked again for the time in which mentions may still have appeared
    (`settles`, or the settings' `overlap`), and for every gap since the topic's start.
    """
    window = so_far(context, window)
    overlaps = {name: overlap(context, name) for name in context.topic.sources}
    with transaction(context.url) as connection:
        settled = runs.settled(connection, context.topic.name, overlaps)
    slices = []
    for name in context.topic.sources:
        fresh = max(window.since - overlaps[name], min(window.since, context.topic.since))
        for query in queries(context, name):
            heard = [
                (start, min(end, fresh)) for start, end in settled.get((name, query), []) if start < fresh
            ]
            for missing in between(heard, Window(min(context.topic.since, fresh), window.until)):
                slices += cut(context, name, query, missing)
    return slices


def overlap(context: Context, name: str) -> timedelta:
    """How long after its publication a mention of a source may still appear."""
    given = context.topic.sources[name].overlap
    settles: timedelta = context.source(name)[0].capabilities.settles
    return settles if given is None else given


def between(heard: Sequence[tuple[datetime, datetime]], window: Window) -> list[Window]:
    """The parts of `window` outside these stretches, which are in order and do not overlap."""
    missing, start = [], window.since
    for since, until in heard:
        if start < since:
            missing.append(Window(start, min(since, window.until)))
        start = max(start, until)
    if start < window.until:
        missing.append(Window(start, window.until))
    return missing


def at_risk(context: Context) -> list[str]:
    """Warnings of gaps that will soon be out of reach, in words, the most urgent first.

    A gap is worth a warning once half of the source's history has passed since it began.
    """
    with transaction(context.url) as connection:
        open_gaps = runs.open_gaps(connection, context.topic.name)
    found = []
    for name, since, until in open_gaps:
        history = context.source(name)[0].capabilities.history if name in context.topic.sources else None
        if history and since + history / 2 <= context.now() < until + history:
            end = since + history
            words = (
                f"source '{name}': what was missed from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC"
            )
            found.append(
                (end, f"{words} is out of reach from {end:%Y-%m-%d %H:%M} UTC on; run it before then")
            )
    return [words for _, words in sorted(found)]


def gaps(
    slices: list[Slice], receipts: Sequence[Mapping[str, Any]], reasons: Mapping[Slice, str] | None = None
) -> list[dict[str, Any]]:
    """Receipts for the slices that brought nothing back: the ledger has to know what was not heard."""
    heard = {
        (r["source"], r["query"], datetime.fromisoformat(r["since"]), datetime.fromisoformat(r["until"]))
        for r in receipts
    }
    missing = [
        slice
        for slice in slices
        if not any(
            (source, query) == (slice.source, slice.query)
            and slice.window.since <= since
            and until <= slice.window.until
            for source, query, since, until in heard
        )
    ]
    return [
        {
            **slice.to_dict(),
            "parts": [],
            "batches": [],
            "received": 0,
            "state": "gap",
            "reason": (reasons or {}).get(slice, "the slice failed; the log of the run says why"),
            "expected": None,
            "counts": dict.fromkeys(COUNTS, 0),
        }
        for slice in missing
    ]


def window_of(context: Context, since: str | None, until: str | None) -> Window:
    """The window asked for, by RFC 3339 times or dates in the topic's zone; by default from its start to now."""
    zone = ZoneInfo(context.topic.timezone)
    start = instant(since, zone) if since else context.topic.since
    end = instant(until, zone) if until else context.now().replace(microsecond=0)
    if not start < end:
        raise ConfigError(
            f"the window from {start} to {end} is empty", do="Give a later `until`; it is not included."
        )
    return Window(start, end)


def instant(text: str, zone: ZoneInfo) -> datetime:
    """A time in UTC; without a zone it is local time of `zone`."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(
            f"{text!r} is no time", do="Write 2026-10-05 or 2026-10-05T14:00:00+02:00."
        ) from error
    return (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(UTC)
