"""Extract: fetch one slice and keep every item as received; a cut answer is halved or becomes a gap."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from listening_etl.errors import BudgetSpent, ListeningError, PluginError, SourceUnavailable
from listening_etl.http import Http, Validators
from listening_etl.model import Gap, Item, Slice, Truncated, Window
from listening_etl.pipeline.budget import budget_of
from listening_etl.pipeline.context import Context
from listening_etl.pipeline.raw import RawFiles, Remembered

SHORTEST_SLICE = timedelta(minutes=1)


@dataclass
class Answer:
    """What came back for one slice: raw files, how many items, and whether that was all.

    `state`: complete; gap, where a later call may bring more; or lost, where none will.
    """

    slice: Slice
    parts: list[str] = field(default_factory=list)
    received: int = 0
    state: str = "complete"
    reason: str | None = None
    expected: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """What travels to the next step."""
        return {**self.slice.to_dict(), **{name: getattr(self, name) for name in OF_ANSWER}}


OF_ANSWER = ("parts", "received", "state", "reason", "expected")


@dataclass
class Fetched:
    """One call of a source: what came, where the platform cut it, and what the source cannot reach."""

    parts: list[str]
    received: int
    cut: Truncated | None = None
    gaps: list[Gap] = field(default_factory=list)
    stopped: str | None = None


def extract(context: Context, slice: Slice) -> list[dict[str, Any]]:
    """Fetch a slice; returns one answer per slice that the platform let us complete, or the gap that stays.

    A truncated answer is asked for again from where it was cut, or in two halves, down to a minute. Raises
    what the source raises: `SourceUnavailable` (again later), `CredentialsRejected`, `SourceUnreadable`.
    What came in before an error stays in the raw files and comes again with the next call.
    """
    answers, waiting = reachable(context, slice)
    while waiting:
        part = waiting.pop()
        fetched = _fetch(context, part)
        if fetched.stopped is not None:
            answers.append(Answer(part, fetched.parts, fetched.received, "gap", fetched.stopped))
        elif fetched.cut is None:
            answers += with_gaps(part, fetched)
        else:
            done, rest = after_cut(context, part, fetched)
            answers += done
            waiting += rest
    return [answer.to_dict() for answer in sorted(answers, key=lambda answer: answer.slice.window.since)]


def reachable(context: Context, slice: Slice) -> tuple[list[Answer], list[Slice]]:
    """What of the slice is older than the source's history, as lost, and what can be asked for."""
    history = context.source(slice.source)[0].capabilities.history
    since, until = slice.window.since, slice.window.until
    if not history:  # without limit, or what is there now
        return [], [slice]
    edge = min(whole_second_after(context.now() - history), until)
    if edge <= since:
        return [], [slice]
    days = history.total_seconds() / 86_400
    old = slice.within(Window(since, edge))
    lost = Answer(old, state="lost", reason=f"out of reach: the source reaches back {days:g} days")
    return [lost], [slice.within(Window(edge, until))] if edge < until else []


def after_cut(context: Context, slice: Slice, fetched: Fetched) -> tuple[list[Answer], list[Slice]]:
    """What of a cut answer is complete, and the slices to ask for next; what no smaller slice brings is lost."""
    assert fetched.cut is not None
    window, cut = slice.window, fetched.cut
    order = context.source(slice.source)[0].capabilities.order
    newest_first = order == "newest_first"
    if cut.reached is not None and order != "any":  # in no order at all, nothing is known to be whole
        edge = whole_second_after(cut.reached) if newest_first else cut.reached.replace(microsecond=0)
        if window.since < edge < window.until:
            earlier, later = Window(window.since, edge), Window(edge, window.until)
            had, rest = (later, earlier) if newest_first else (earlier, later)
            return with_gaps(slice.within(had), fetched), [slice.within(rest)]
    if window.width >= 2 * SHORTEST_SLICE:
        return [], [slice.within(half) for half in reversed(window.halves())]
    lost = Answer(slice, fetched.parts, fetched.received, "lost", cut.reason, cut.expected)
    return [lost], []


def deeper(one: Truncated, other: Truncated, order: str) -> Truncated:
    """Of two cuts in one answer that which leaves more to ask for."""
    if one.reached is None or other.reached is None:
        return one if one.reached is None else other
    return one if (one.reached > other.reached) == (order == "newest_first") else other


def with_gaps(slice: Slice, fetched: Fetched) -> list[Answer]:
    """The slice as complete, less the stretches that the source said it cannot reach."""
    window = slice.window
    gaps = [gap for gap in fetched.gaps if gap.since < window.until and window.since < gap.until]
    inside = [time for gap in gaps for time in (gap.since, gap.until) if window.since < time < window.until]
    edges = sorted({window.since, window.until, *inside})
    answers = []
    for since, until in pairwise(edges):
        gap = next((gap for gap in gaps if gap.since <= since and until <= gap.until), None)
        answer = Answer(slice.within(Window(since, until)), fetched.parts)
        if gap is not None:
            answer.state, answer.reason, answer.expected = "lost", gap.reason, gap.expected
        answers.append(answer)
    answers[-1].received = fetched.received
    return answers


def whole_second_after(time: datetime) -> datetime:
    """The next whole second: platforms state times in seconds, and several items may share one."""
    return time.replace(microsecond=0) + timedelta(seconds=1)


def _fetch(context: Context, slice: Slice) -> Fetched:
    source, options = context.source(slice.source)
    remembered = Remembered(context, slice)
    buffer = RawFiles(context, slice.source)
    cut, gaps, stopped = None, [], None
    with open_http(context, slice.source, remembered.validators) as http:
        try:
            for found in source.fetch(options, slice, http):
                if isinstance(found, Truncated):
                    cut = found if cut is None else deeper(cut, found, source.capabilities.order)
                elif isinstance(found, Gap):
                    gaps.append(found)
                else:
                    buffer.add(found if isinstance(found, Item) else Item(found))
        except BudgetSpent as error:
            stopped = str(error)
        except (ListeningError, MemoryError):
            raise
        except Exception as error:
            raise stumbled(slice.source, error) from error
    fetched = Fetched(*buffer.close(), cut, gaps, stopped)
    if http.not_modified:  # the platform says: as last time; so what came last time is the answer
        fetched.parts = [*remembered.parts, *(p for p in fetched.parts if p not in remembered.parts)]
        fetched.received += remembered.received
        fetched.gaps += remembered.gaps
    if cut is None and stopped is None:
        remembered.keep(fetched.parts, fetched.received, fetched.gaps)
    return fetched


def stumbled(source: str, error: Exception) -> ListeningError:
    """What a plugin let through, as an error of ours; its own words are left out, since they may hold a secret."""
    where = f"source '{source}'"
    if isinstance(error, OSError):
        return SourceUnavailable(f"{type(error).__name__}: {error.strerror or 'no answer'}", where=where)
    line = traceback.extract_tb(error.__traceback__)[-1]
    return PluginError(
        f"its plugin stumbled over a {type(error).__name__} ({Path(line.filename).name}, line {line.lineno})",
        where=where,
        do="Correct the plugin; `listening_etl.testing` has the contract that it has to keep.",
    )


def open_http(context: Context, name: str, cache: dict[str, Validators] | None = None) -> Http:
    """The client for a source of the topic, with its pace and its budget."""
    return Http(
        cache=cache,
        allow_private=context.settings.allow_private_addresses,
        now=context.now,
        pace=context.source(name)[0].capabilities.pace,
        budget=budget_of(context, name),
    )
