"""What every measure said of every source, week by week, as one page that needs no network."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from listening_etl.errors import ConfigError
from listening_etl.pipeline.drift import FLOOR, LEAST, LEAST_BEFORE, LEAST_WEEKS, RATE, WEEKS, sentence
from listening_etl.presentation.drift_picture import FEW, Panel, panel
from listening_etl.warehouse import drift

if TYPE_CHECKING:
    from listening_etl.warehouse.engine import Connection

TEMPLATE = Path(__file__).with_name("drift_page.html")
SHOWN = 26
"""Weeks on the page, unless told."""

RULES = {
    "weeks": WEEKS, "rate": RATE, "floor": FLOOR, "least": LEAST, "least_before": LEAST_BEFORE,
    "least_weeks": LEAST_WEEKS, "few": FEW,
}  # fmt: skip


def drift_page(connection: Connection, topic: str, title: str | None = None, weeks: int = SHOWN) -> str:
    """The page as HTML; raises `ConfigError` when nothing was measured yet."""
    rows = drift.by_week(connection, topic, weeks)
    if not rows:
        raise ConfigError(
            "nothing was measured yet", where=f"topic '{topic}'", do=f"Run `listening run {topic}`."
        )
    verdicts = drift.told(connection, topic, weeks)
    told = [(row, sentence(row)) for row in verdicts if row["state"] == "warning"]
    changed = [(row, sentence(row)) for row in verdicts if is_change(row)]
    panels, scarce = pictures(rows, told)
    moved = {(row["measure"], row["source"]) for row, _ in told}
    page: str = _template().render(
        title=title or topic,
        first=min(row["week"] for row in rows),
        last=max(row["week"] for row in rows),
        looked=sum(row["q"] is not None for row in verdicts),
        warnings=told,
        changed=changed,
        moved=[one for one in panels if (one.measure, one.source) in moved],
        steady=[one for one in panels if (one.measure, one.source) not in moved],
        scarce=scarce,
        **RULES,
    )
    return page


def is_change(row: dict[str, Any]) -> bool:
    """Whether it is to be told that another version judges."""
    return (row["state"], row["what"]) == ("version_changed", "values")


def pictures(
    rows: list[dict[str, Any]], told: list[tuple[dict[str, Any], str]]
) -> tuple[list[Panel], list[str]]:
    """A picture of each measure and source; and the names of those of which too little is known."""
    first, last = min(row["week"] for row in rows), max(row["week"] for row in rows)
    panels: list[Panel] = []
    scarce: list[str] = []
    for (measure, source), own in groupby(rows, key=lambda row: (row["measure"], row["source"])):
        weeks = list(own)
        if all(row["judged_votes"] < FEW for row in weeks):
            scarce.append(f"{measure} on {source}")
            continue
        about = [(row, words) for row, words in told if (row["measure"], row["source"]) == (measure, source)]
        panels.append(panel(f"panel-{len(panels)}", weeks, about, first, last))
    return panels, scarce


@cache
def _template() -> Any:
    from jinja2 import Environment, StrictUndefined

    pages = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return pages.from_string(TEMPLATE.read_text("utf-8"))
