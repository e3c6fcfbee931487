"""The terminal: tables, JSON, progress bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

READABLE = 48
"""Characters a line that a text gets at least, whatever stands beside it."""


def console() -> Console:
    """The terminal; a pipe gets lines of 160 characters."""
    plain = Console()
    return plain if plain.is_terminal else Console(width=160)


def print_json(value: Any) -> None:
    """One JSON value; times in RFC 3339."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS
    print(orjson.dumps(value, default=str, option=options).decode())


def show(rows: Sequence[dict[str, Any]], as_json: bool, title: str, columns: list[str] | None = None) -> None:
    """Print rows as a table for people or JSON for programs."""
    if as_json:
        print_json(list(rows))
        return
    table = Table(title=title or None, title_justify="left", header_style="bold")
    names = columns or list(rows[0] if rows else ())
    numeric = {n for n in names if rows and all(isinstance(r[n], (int, float, type(None))) for r in rows)}
    for name in names:
        least = READABLE if name == "text" else None
        table.add_column(
            name, justify="right" if name in numeric else "left", overflow="fold", min_width=least
        )
    for row in rows:
        table.add_row(*(cell(row[name]) for name in names))
    console().print(table if rows else f"{title or 'Nothing'}: none.", markup=False)


def cell(value: Any) -> str:
    """A value as people read it; unknown is a dash."""
    match value:
        case None:
            text = "–"
        case bool():
            text = "yes" if value else "no"
        case float():
            whole = value.is_integer() and abs(value) >= 10
            text = f"{value:,.0f}" if whole else f"{value:,.3g}"
        case int():
            text = f"{value:,}"
        case datetime():
            text = value.strftime("%Y-%m-%d %H:%M")
        case list() | tuple():
            text = ", ".join(map(cell, value))
        case _:
            text = str(value)
    return text[:300]


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Progress bars, one per step; nothing when quiet or when nobody watches."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    if quiet or not console().is_terminal:
        yield lambda step, done, total: None
        return
    columns = (TextColumn("{task.description:8}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as bars:
        known: dict[str, Any] = {}

        def told(step: str, done: int, total: int) -> None:
            if step not in known:
                known[step] = bars.add_task(step, total=total)
            bars.update(known[step], completed=done)

        yield told
