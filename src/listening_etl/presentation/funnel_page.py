"""The funnel as one page that needs no network: picture, table, and samples of what was thrown away."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from listening_etl.errors import ConfigError
from listening_etl.presentation.funnel_lines import MEANINGS, Funnel, Part, funnels
from listening_etl.presentation.funnel_picture import GROUPS, LARGE, SMALL, picture
from listening_etl.warehouse import reading

if TYPE_CHECKING:
    from listening_etl.warehouse.engine import Connection

TEMPLATE = Path(__file__).with_name("funnel_page.html")
EACH = 10
"""Rejects shown of each step and filter, unless told."""


def funnel_page(
    connection: Connection,
    topic: str,
    title: str | None = None,
    filters: Sequence[str] = (),
    each: int = EACH,
    seed: str = "",
) -> str:
    """The page as HTML; raises `ConfigError` when nothing was heard yet.

    `filters`: their names in the order in which they run. The same `seed` draws the same `each` rejects of a step.
    """
    found = funnels(reading.funnel(connection, topic, filters))
    if not found:
        raise ConfigError(
            "nothing was heard yet", where=f"topic '{topic}'", do=f"Run `listening run {topic}`."
        )
    *sources, whole = found
    several = len(sources) > 1
    page: str = _template().render(
        title=title or topic,
        whole=whole,
        heard=reading.heard(connection, topic),
        picture=picture(whole, LARGE, "all"),
        small=[picture(one, SMALL, f"source-{n}") for n, one in enumerate(sources)] if several else [],
        columns=[whole, *sources] if several else [whole],
        rows=table(whole, sources if several else []),
        samples=samples(reading.thrown_away(connection, topic, each, seed), whole.parts),
        seed=seed,
    )
    return page


@cache
def _template() -> Any:
    from jinja2 import Environment, StrictUndefined

    pages = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return pages.from_string(TEMPLATE.read_text("utf-8"))


def table(whole: Funnel, sources: Sequence[Funnel]) -> list[dict[str, Any]]:
    """One row for each step and filter, also those that took nothing: what it means, records and share by source."""
    counts = [{(p.step, p.rule): p.records for p in one.parts} for one in (whole, *sources)]
    return [
        {
            "name": part.name,
            "meaning": MEANINGS[part.step],
            "group": GROUPS.get(part.step, "stream"),
            "cells": [
                (count.get((part.step, part.rule), 0), one.share(count.get((part.step, part.rule), 0)))
                for one, count in zip((whole, *sources), counts, strict=True)
            ],
        }
        for part in whole.parts
    ]


def samples(rows: Sequence[dict[str, Any]], parts: Sequence[Part]) -> list[dict[str, Any]]:
    """What was drawn, by step and filter in the order of the funnel; those that have gone from the settings last."""
    order = {(p.step, p.rule): place for place, p in enumerate(parts)}
    found = [
        {"part": Part(step, rule, 0), "group": GROUPS[step], "records": list(drawn)}
        for (step, rule), drawn in groupby(rows, key=lambda row: (row["step"], row["rule"]))
    ]
    return sorted(found, key=lambda one: order.get((one["part"].step, one["part"].rule), len(order)))
