"""The geometry of what a measure said of a source week by week: a line for each label, with its 95 % interval.

Under the lines stand bars, as high as there were votes; their pale part is what was abstained from. Lengths are in
units of the drawing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from listening_etl.statistics.intervals import Z, wilson

Row = Mapping[str, Any]

WIDTH, LEFT, RIGHT = 440.0, 38.0, 116.0
TOP, FLOOR, BARS, FOOT, HEIGHT = 12.0, 132.0, 150.0, 184.0, 204.0
"""From top to bottom: the highest and the lowest place of the lines, those of the bars, the words under them."""

MOST = 4
"""Labels drawn: those with most votes."""

FEW = 10
"""Votes that a week needs to be drawn."""

APART = 13.0
LETTERS = 15
CEILINGS = (0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
NAMED = ("negative", "neutral", "positive")
NUMBERS = "mean"
UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


class Point(NamedTuple):
    """A label's share, or the mean, in a week, with its interval."""

    week: date
    value: float
    low: float
    high: float
    n: float


@dataclass(frozen=True)
class Line:
    """One label, as far as one version judged it: its outline and path; the last has its name at `name_y`."""

    name: str
    colour: str
    band: str
    path: str
    dots: list[tuple[float, float, str]]
    name_y: float | None = None


@dataclass(frozen=True)
class Bar:
    """The votes of a week: judged from `top` to the foot, abstained from `above` to `top`."""

    x: float
    wide: float
    above: float
    top: float
    words: str


@dataclass(frozen=True)
class Panel:
    """All that a template needs to draw a measure of a source."""

    id: str
    measure: str
    source: str
    description: str
    lines: list[Line]
    ticks: list[tuple[float, str]]
    ends: list[tuple[float, str, str]]
    bars: list[Bar]
    foot: float
    most: str
    changes: list[tuple[float, str]]
    rings: list[tuple[float, float, str]]
    left_out: int


@dataclass(frozen=True)
class Axes:
    """Where a week and a value lie."""

    first: date
    weeks: int
    low: float
    high: float

    @property
    def step(self) -> float:
        """From a week to the next."""
        return (WIDTH - LEFT - RIGHT) / max(self.weeks - 1, 1)

    def x(self, week: date) -> float:
        """From the left."""
        return LEFT + self.step * (week - self.first).days / 7

    def y(self, value: float) -> float:
        """From the top; what is out of the picture lies at its edge."""
        share = (value - self.low) / ((self.high - self.low) or 1)
        return FLOOR - (FLOOR - TOP) * min(max(share, 0.0), 1.0)


def panel(id: str, rows: Sequence[Row], moved: Sequence[tuple[Row, str]], first: date, last: date) -> Panel:
    """Draw the rows of listening.measure_week of one measure and source; `moved`: warnings of it, and their words."""
    found, left_out = points(rows)
    spans = [p for series in found.values() for p in series]
    numbers = all(name == NUMBERS for name, _ in found)
    low, high = (min(p.low for p in spans), max(p.high for p in spans)) if numbers else (0.0, ceiling(spans))
    axes = Axes(first, (last - first).days // 7 + 1, low, high)
    bars, most = votes(rows, axes)
    return Panel(
        id=id,
        measure=rows[0]["measure"],
        source=rows[0]["source"],
        description=in_words(found, numbers),
        lines=lines(found, axes, numbers),
        ticks=[(axes.y(at), told(at, numbers)) for at in (low, (low + high) / 2, high)],
        ends=[
            (axes.x(first), f"{first.day} {first:%b %Y}", "start"),
            (axes.x(last), f"{last.day} {last:%b}", "end"),
        ],
        bars=bars,
        foot=FOOT,
        most=f"{most:,.0f}",
        changes=changes(rows, axes),
        rings=[ring(row, words, axes, bars) for row, words in moved],
        left_out=left_out,
    )


def points(rows: Sequence[Row]) -> tuple[dict[tuple[str, str], list[Point]], int]:
    """Points by label and judge, the labels in order of their votes; and how many labels are left out."""
    judged = [row for row in rows if row["judged_votes"] >= FEW]
    if all(row["counts"] is None for row in judged):
        named: dict[str, float] = {NUMBERS: 1}
    else:
        named = {}
        for row in judged:
            for label, count in row["votes"].items():
                named[label] = named.get(label, 0) + float(count)
    order = sorted(named, key=lambda label: (-named[label], label))
    found = {
        (label, judge): [point(row, label) for row in own]
        for label in order[:MOST]
        for judge, own in by_judge(judged)
    }
    return found, len(order[MOST:])


def by_judge(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """The rows of each scorer and version, who came first first."""
    ordered = sorted(rows, key=lambda row: (row["scorer"], row["version"], row["week"]))
    found = [
        (name, list(own)) for name, own in groupby(ordered, key=lambda r: f"{r['scorer']} {r['version']}")
    ]
    return sorted(found, key=lambda one: one[1][0]["week"])


def point(row: Row, label: str) -> Point:
    """The share of a label in the votes of a week, or their mean where they are numbers."""
    n = float(row["judged_votes"])
    if label == NUMBERS and row["counts"] is None:
        values = [(float(value), float(count)) for value, count in row["votes"].items()]
        mean = sum(value * count for value, count in values) / n
        half = Z * math.sqrt(sum(count * (value - mean) ** 2 for value, count in values) / n / n)
        return Point(row["week"], mean, mean - half, mean + half, n)
    count = min(float(row["votes"].get(label, 0)), n)
    low, high = wilson(count, n)
    return Point(row["week"], count / n, float(low), float(high), n)


def ceiling(spans: Sequence[Point]) -> float:
    """The least of the round shares under which all intervals lie."""
    most = max((p.high for p in spans), default=1.0)
    return next((one for one in CEILINGS if one >= most), 1.0)


def lines(found: Mapping[tuple[str, str], list[Point]], axes: Axes, numbers: bool) -> list[Line]:
    """A line for each label and judge; the last of a label bears its name, and names do not touch."""
    last = {label: series for (label, _), series in found.items()}
    places: dict[str, float] = {}
    below = -math.inf
    for label in sorted(last, key=lambda label: axes.y(last[label][-1].value)):
        below = places[label] = max(axes.y(last[label][-1].value), below + APART)
    drawn = []
    others = [label for label in last if label not in NAMED]
    for (label, _), series in found.items():
        there = [(axes.x(p.week), p) for p in series]
        upper = [f"{x:.1f},{axes.y(p.high):.1f}" for x, p in there]
        lower = [f"{x:.1f},{axes.y(p.low):.1f}" for x, p in reversed(there)]
        dots = [
            (x, axes.y(p.value), f"{label}, week of {p.week:%Y-%m-%d}: {told(p.value, numbers)} "
             f"[{told(p.low, numbers)}, {told(p.high, numbers)}], {p.n:,.0f} votes")
            for x, p in there
        ]  # fmt: skip
        drawn.append(
            Line(
                name=label if len(label) <= LETTERS else f"{label[: LETTERS - 1]}…",
                colour=label if label in NAMED else f"label-{others.index(label)}",
                band="M" + "L".join(upper + lower) + "Z",
                path="M" + "L".join(f"{x:.1f},{y:.1f}" for x, y, _ in dots),
                dots=dots,
                name_y=places[label] if series is last[label] else None,
            )
        )
    return drawn


def votes(rows: Sequence[Row], axes: Axes) -> tuple[list[Bar], float]:
    """A bar for each week, all versions together, and the votes of the highest."""
    weeks: dict[date, tuple[float, float]] = {}
    for row in rows:
        judged, abstained = weeks.get(row["week"], (0.0, 0.0))
        weeks[row["week"]] = (judged + row["judged_votes"], abstained + row["abstained_votes"])
    most = max(judged + abstained for judged, abstained in weeks.values())
    unit, wide = (FOOT - BARS) / most, min(axes.step * 0.7, 14.0)
    found = []
    for week, (judged, abstained) in sorted(weeks.items()):
        top = FOOT - judged * unit
        words = f"week of {week:%Y-%m-%d}: {judged + abstained:,.0f} votes, {abstained / (judged + abstained):.0%} abstained"
        found.append(Bar(axes.x(week) - wide / 2, wide, top - abstained * unit, top, words))
    return found, most


def changes(rows: Sequence[Row], axes: Axes) -> list[tuple[float, str]]:
    """Where another version begins to judge."""
    return [(axes.x(own[0]["week"]) - axes.step / 2, judge) for judge, own in by_judge(rows)[1:]]


def ring(row: Row, words: str, axes: Axes, bars: Sequence[Bar]) -> tuple[float, float, str]:
    """Around what moved: a label's point, or the bar of the week where it is abstention."""
    x = axes.x(row["week"])
    if row["what"] == "values":
        return x, axes.y(row["share"]), words
    bar = next(one for one in bars if abs(one.x + one.wide / 2 - x) < 0.01)
    return x, (bar.above + bar.top) / 2, words


def told(value: float, numbers: bool) -> str:
    """A share or a number, in short: 22,026 is 22k."""
    if not numbers:
        return f"{value:.0%}"
    unit, name = next((one for one in UNITS if abs(value) >= one[0]), (1.0, ""))
    return f"{float(f'{value / unit:.3g}'):g}{name}"


def in_words(found: Mapping[tuple[str, str], list[Point]], numbers: bool) -> str:
    """The same for those who do not see it."""
    told_of = (
        f"{label} {told(series[0].value, numbers)} in the week of {series[0].week}, "
        f"{told(series[-1].value, numbers)} in that of {series[-1].week}"
        for (label, _), series in found.items()
    )
    return "; ".join(told_of)
