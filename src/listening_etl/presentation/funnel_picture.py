"""The geometry of the funnel's picture: a stream that grows thinner, and an arm for all that leaves it.

Widths are true to scale: the arms and what is left of the stream add up to what came. An arm thinner than a hair
is drawn as a hair. Lengths are in units of the drawing.
"""

from __future__ import annotations

from dataclasses import dataclass

from listening_etl.presentation.funnel_lines import ALL, Funnel, Part, shortened

HAIR, SEAM = 1.0, 1.0
GROUPS = {
    "malformed": "unread",
    "skipped": "unread",
    "deletions": "unread",
    "outside": "elsewhere",
    "unmatched": "elsewhere",
    "filter": "filter",
    "opted_out": "person",
    "duplicates": "copy",
    "quarantined": "check",
}
"""What leaves for a like reason has one colour."""


@dataclass(frozen=True)
class Scale:
    """How large a picture is: width of the stream as it comes, radius of the bends, height and width of a label,
    and its letters at most."""

    stream: float
    bend: float
    line: float
    text: float
    letters: int

    @property
    def reach(self) -> float:
        """Where arms end and their labels begin."""
        return self.stream + 4 * self.bend


LARGE = Scale(stream=280, bend=16, line=42, text=290, letters=32)
SMALL = Scale(stream=120, bend=7, line=30, text=200, letters=23)


@dataclass(frozen=True)
class Arm:
    """What leaves the stream at `left` and `y`: its outline, and the height of its label."""

    group: str
    outline: str
    name: str
    whole_name: str
    records: int
    share: str
    left: float
    y: float
    middle: float


@dataclass(frozen=True)
class Picture:
    """All that a template needs to draw a funnel."""

    id: str
    title: str
    description: str
    width: float
    height: float
    reach: float
    top: float
    stream: str
    arms: list[Arm]
    foot: float
    received: str
    kept: str


def picture(one: Funnel, scale: Scale, id: str) -> Picture:
    """Draw a funnel; `id` is of letters and tells pictures on one page apart."""
    top, unit = scale.line * 0.7, scale.stream / max(one.received, 1)
    left, free, label = one.received, top + scale.bend, 0.0
    arms = []
    for part in one.taken:
        left -= part.records
        wide = max(part.records * unit, HAIR)
        y = max(free, label + scale.line - scale.bend - wide / 2)  # neither arms nor labels may touch
        arms.append(arm(one, part, scale, left * unit, wide, y))
        free, label = y + wide + scale.bend, arms[-1].middle
    foot = max(free + scale.bend, label + scale.line / 2)
    return Picture(
        id=id,
        title=f"Funnel of {'all sources' if one.source == ALL else one.source}",
        description=in_words(one),
        width=scale.reach + scale.text,
        height=foot + 28,
        reach=scale.reach,
        top=top,
        stream=stream(one.received * unit, arms, top, foot),
        arms=arms,
        foot=foot,
        received=f"{one.received:,} records came",
        kept=f"{one.kept:,} mentions · {one.share(one.kept)}",
    )


def arm(one: Funnel, part: Part, scale: Scale, left: float, wide: float, y: float) -> Arm:
    """The right side of the stream, from `left`, turns to the right at the height `y` and runs to its label."""
    right, inner, outer = left + wide, scale.bend, scale.bend + wide
    corner = right + inner
    outline = (  # it begins a little inside of the stream: no seam
        f"M{left:.2f},{y - SEAM:.2f}v{SEAM}A{outer:.2f},{outer:.2f} 0 0 0 {corner:.2f},{y + outer:.2f}H{scale.reach:.2f}"
        f"v{-wide:.2f}H{corner:.2f}A{inner:.2f},{inner:.2f} 0 0 1 {right:.2f},{y:.2f}v{-SEAM}Z"
    )
    return Arm(
        group=GROUPS[part.step],
        outline=outline,
        name=shortened(part.name, scale.letters),
        whole_name=part.name,
        records=part.records,
        share=one.share(part.records),
        left=left,
        y=y,
        middle=y + inner + wide / 2,
    )


def stream(wide: float, arms: list[Arm], top: float, foot: float) -> str:
    """What stays, from the top to the foot: at each arm it loses the arm's width."""
    steps = "".join(f"V{a.y:.2f}H{a.left:.2f}" for a in arms)
    return f"M0,{top:.2f}H{wide:.2f}{steps}V{foot:.2f}H0Z"


def in_words(one: Funnel) -> str:
    """The same for those who do not see it."""
    took = ", ".join(f"{p.name} {p.records:,} ({one.share(p.records)})" for p in one.taken) or "nothing"
    return (
        f"{one.received:,} records came. Taken away, in this order: {took}. "
        f"What is left: {one.kept:,} mentions ({one.share(one.kept)})."
    )
