"""What is said about each aspect of an entity, in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from listening_etl.presentation.terminal import console, show


def aspects(rows: Sequence[dict[str, Any]], surest: Sequence[dict[str, Any]]) -> None:
    """A table per entity: a row an aspect, with its certainty, then the clauses judged with the most confidence."""
    for entity in dict.fromkeys(row["entity"] for row in rows):
        console().print(f"\n[bold]{entity}[/bold]  (listening.aspect_sentiment, 95 % intervals)")
        show([_line(row) for row in rows if row["entity"] == entity], False, "")
        said = [row for row in surest if row["entity"] == entity]
        if said:
            told = [{"aspect": row["aspect"], "judged": row["label"], "text": row["clause"]} for row in said]
            show(told, False, "The surest clauses")
    if not rows:
        console().print("No aspect was named.", markup=False)


def _line(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "aspect": row["aspect"],
        "mentions": row["mentions"],
        "authors": row["authors"],
        "+ / 0 / −": f"{row['positive']} / {row['neutral']} / {row['negative']}",
        "not judged": row["mentions"] - row["judged"],
        "net, each mention one": _net(row["net"], row["low"], row["high"]),
        "net, each author one": _net(row["net_by_author"], row["low_by_author"], row["high_by_author"]),
    }


def _net(value: float | None, low: float | None, high: float | None) -> str:
    return "–" if value is None else f"{value:+.2f} [{low:+.2f}, {high:+.2f}]"
