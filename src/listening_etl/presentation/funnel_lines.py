"""The funnel as lines of the terminal, and the words for its steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from listening_etl.presentation.terminal import console, show
from listening_etl.warehouse import reading

if TYPE_CHECKING:
    from listening_etl.warehouse.engine import Connection

ALL = "all"
MEANINGS = {
    "received": "records that the sources gave",
    "malformed": "could not be read as a mention",
    "skipped": "well-formed, but no mention",
    "outside": "outside the window: another slice answers for them",
    "deletions": "said that a mention was deleted",
    "unmatched": "about none of the topic's entities",
    "filter": "dropped by this filter",
    "opted_out": "of authors who opted out",
    "duplicates": "another version of an id that came in the same run",
    "quarantined": "failed a check on the row",
    "kept": "mentions: what every figure rests on",
}
LINE, NAME = 44, 28


@dataclass(frozen=True)
class Part:
    """What one step, or one filter, took of the records of a source; or what came (`received`), what stayed (`kept`)."""

    step: str
    rule: str | None
    records: int

    @property
    def name(self) -> str:
        """What people read."""
        return f"filter {self.rule}" if self.step == "filter" else self.step.replace("_", " ")

    @property
    def taken(self) -> bool:
        """Whether it is one of the parts that add up, with what was kept, to what was received."""
        return self.step not in ("received", "kept")


@dataclass(frozen=True)
class Funnel:
    """The parts of one source, or of all, in the order of the pipeline."""

    source: str
    parts: Sequence[Part]

    @property
    def received(self) -> int:
        """Records that came."""
        return next(p.records for p in self.parts if p.step == "received")

    @property
    def kept(self) -> int:
        """Records that are mentions."""
        return next(p.records for p in self.parts if p.step == "kept")

    @property
    def taken(self) -> list[Part]:
        """What was taken away; steps that took nothing are left out."""
        return [p for p in self.parts if p.taken and p.records]

    def share(self, records: int) -> str:
        """Of what came, as people read it."""
        return percent(records, self.received)


def shortened(name: str, letters: int) -> str:
    """The name, or as much of it as has room."""
    return name if len(name) <= letters else name[: letters - 1] + "…"


def percent(part: int, whole: int) -> str:
    """A share as people read it; a dash where there is nothing to share."""
    if not whole:
        return "–"
    return "<0.1 %" if 0 < part / whole < 0.0005 else f"{100 * part / whole:.1f} %"


def funnels(rows: Sequence[dict[str, Any]]) -> list[Funnel]:
    """One funnel for each source, then the one of all, from the rows of `reading.funnel`."""
    parts: dict[str, list[Part]] = {}
    for row in rows:
        parts.setdefault(row["source"], []).append(Part(row["step"], row["rule"], row["records"]))
    return [Funnel(source, found) for source, found in parts.items()]


def funnel(
    connection: Connection, topic: str, filters: Sequence[str] = (), *, by_source: bool = False
) -> None:
    """Print the funnel, a line for each step and filter; the same for each source, or a table of them.

    `filters`: their names in the order in which they run.
    """
    found, out = funnels(reading.funnel(connection, topic, filters)), console()
    if not found:
        out.print(f"Nothing was heard yet. Run `listening run {topic}` first.", markup=False)
        return
    *sources, whole = found
    for one in [whole, *(sources if by_source and len(sources) > 1 else ())]:
        head = "Funnel" if one is whole else one.source
        out.print(f"\n[bold]{head}[/bold]  {one.received:,} records came, {one.kept:,} are mentions", end="")
        out.print(f" ({one.share(one.kept)})")
        for line in lines(one):
            out.print(line, markup=False, highlight=False, no_wrap=True)
    if not by_source and len(sources) > 1:
        took = [{p.name: p.records for p in one.parts} for one in found]
        steps = [p.name for p in whole.parts if p.records]
        columns = [one.source for one in found]
        show(
            [
                {"step": step, **{s: t.get(step, 0) for s, t in zip(columns, took, strict=True)}}
                for step in steps
            ],
            False,
            "by source",
        )


def lines(one: Funnel) -> list[str]:
    """A line for each part that took something: its name, how many, which share of all, what was left and taken."""
    names = [shortened(p.name, NAME) for p in one.taken]
    wide = max(map(len, [*names, "mentions"]))
    left, found = one.received, []
    for name, part in zip(names, one.taken, strict=True):
        left -= part.records
        bar = f"{_bar(left, one, '█')}{_bar(part.records, one, '░') or '░'}"
        found.append(f"  {name:{wide}} {-part.records:>9,} {one.share(part.records):>7}  {bar}")
    end = _bar(one.kept, one, "█")
    return [*found, f"  {'mentions':{wide}} {one.kept:>9,} {one.share(one.kept):>7}  {end}"]


def _bar(records: int, one: Funnel, mark: str) -> str:
    return mark * round(LINE * records / max(one.received, 1))
