"""Drives a source as the pipeline does: a cut answer is asked for again in parts, a gap is taken at its word."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial, reduce
from typing import Any

from listening_etl.errors import Malformed, NotAMention
from listening_etl.http import Http
from listening_etl.model import Deletion, Gap, Item, Mention, Slice, Truncated, Window
from listening_etl.pipeline.extract import SHORTEST_SLICE, deeper, whole_second_after
from listening_etl.pipeline.raw import as_bytes, as_received
from listening_etl.testing.platform import Endless

MOST_ITEMS = 100_000
MOST_FETCHES = 500


@dataclass
class Fetched:
    """What came of one or several calls of `fetch`: items as yielded, and what `parse` made of these."""

    items: list[Item] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    deletions: list[Deletion] = field(default_factory=list)
    refused: list[tuple[Item, Exception]] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    cuts: list[Truncated] = field(default_factory=list)

    def within(self, window: Window) -> dict[str, Mention]:
        """The mentions published inside the window, by id."""
        return {m.native_id: m for m in self.mentions if window.since <= m.published_at < window.until}

    def reachable(self, moment: datetime) -> bool:
        """Whether a time lies outside every gap."""
        return not any(gap.since <= moment < gap.until for gap in self.gaps)

    def add(self, other: Fetched) -> None:
        """Take what another call brought."""
        for name in ("items", "mentions", "deletions", "refused", "gaps", "cuts"):
            getattr(self, name).extend(getattr(other, name))


def as_stored(data: Any) -> Any:
    """An item as `parse` gets it once it was kept. Raises `TypeError` for what cannot be kept."""
    return as_received(*as_bytes(data))


def storable(data: Any) -> Any:
    """The item as stored; as it is, if it cannot be stored."""
    try:
        return as_stored(data)
    except TypeError:
        return data


def read(plugin: Any, options: Any, data: Any) -> list[Mention | Deletion]:
    """What `parse` makes of an item, as a list."""
    found = plugin.parse(data, options)
    return [found] if isinstance(found, Mention | Deletion) else list(found)


@dataclass
class Driver:
    """One plugin with its options; each call of `listen` is a run of its own."""

    plugin: Any
    options: Any
    query: str

    @contextmanager
    def stream(self, window: Window, http: Http) -> Iterator[Iterator[Any]]:
        """What `fetch` yields for a window; given up in good order when nobody wants more."""
        found = self.plugin.fetch(self.options, Slice("contract", self.plugin.name, window, self.query), http)
        try:
            yield iter(found)
        finally:
            if hasattr(found, "close"):
                found.close()

    def once(self, window: Window, http: Http) -> Fetched:
        """One call of `fetch`, to its end."""
        got = Fetched()
        with self.stream(window, http) as stream:
            for number, found in enumerate(stream, 1):
                if number > MOST_ITEMS:
                    raise Endless(f"more than {MOST_ITEMS:,} items")
                if isinstance(found, Truncated):
                    got.cuts.append(found)
                elif isinstance(found, Gap):
                    got.gaps.append(found)
                else:
                    self._parse(found if isinstance(found, Item) else Item(found), got)
        return got

    def _parse(self, item: Item, got: Fetched) -> None:
        got.items.append(item)
        try:
            told = read(self.plugin, self.options, storable(item.data))
        except (NotAMention, Malformed) as reason:
            got.refused.append((item, reason))
            return
        got.mentions += [one for one in told if isinstance(one, Mention)]
        got.deletions += [one for one in told if isinstance(one, Deletion)]

    def listen(self, window: Window, client: Callable[[], Http]) -> Fetched:
        """A window as the pipeline asks for it: until nothing is cut, or what is cut is a minute wide."""
        whole, waiting = Fetched(), [window]
        for _ in range(MOST_FETCHES):
            part = waiting.pop()
            with client() as http:
                got = self.once(part, http)
            order = self.plugin.capabilities.order
            rest = self.rest(part, reduce(partial(deeper, order=order), got.cuts)) if got.cuts else []
            if got.cuts and not rest:  # too narrow to be cut again: the ledger tells that it is not whole
                got.gaps.append(Gap(part.since, part.until, got.cuts[-1].reason))
            got.mentions = [m for m in got.mentions if not any(inside(m.published_at, r) for r in rest)]
            whole.add(got)
            waiting += rest
            if not waiting:
                return whole
        raise Endless(
            f"{MOST_FETCHES} calls for {window.since:%Y-%m-%d %H:%M} to {window.until:%Y-%m-%d %H:%M}"
        )

    def rest(self, part: Window, cut: Truncated) -> list[Window]:
        """What is still to be asked for after a cut answer: all beyond where it reached, else both halves."""
        order = self.plugin.capabilities.order
        if cut.reached is not None and order != "any":
            newest_first = order == "newest_first"
            edge = whole_second_after(cut.reached) if newest_first else cut.reached.replace(microsecond=0)
            if part.since < edge < part.until:
                return [Window(part.since, edge) if newest_first else Window(edge, part.until)]
        return list(part.halves()) if part.width >= 2 * SHORTEST_SLICE else []


def inside(moment: datetime, window: Window) -> bool:
    """Whether a time is in the window."""
    return window.since <= moment < window.until
