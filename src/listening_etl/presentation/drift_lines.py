"""What has moved, as lines of the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from listening_etl.pipeline.drift import WEEKS, sentence
from listening_etl.presentation.terminal import console
from listening_etl.warehouse import drift as verdicts

if TYPE_CHECKING:
    from listening_etl.warehouse.engine import Connection

UNFINISHED = ", so far"


def drift(connection: Connection, topic: str, weeks: int = WEEKS, *, quiet: bool = False) -> None:
    """A line for every warning of the last weeks, and for every change of version; `quiet`: nothing if there is none."""
    rows = verdicts.told(connection, topic, weeks)
    moved = [row for row in rows if row["state"] == "warning"]
    changed = [row for row in rows if (row["state"], row["what"]) == ("version_changed", "values")]
    out = console()
    if not quiet or moved:
        looked = sum(row["q"] is not None for row in rows)
        out.print(
            f"\n[bold]Moved[/bold]  {len(moved)} of {looked} looked at in {weeks} weeks "
            "(listening.drift; docs/operations.md says what to do)"
        )
    for row in moved:
        out.print(f"  {sentence(row)}{'' if row['complete'] else UNFINISHED}", markup=False, highlight=False)
    if changed and not quiet:
        out.print("\n[bold]Another version[/bold]  not comparable; `listening replay` lets one judge all")
        for row in changed:
            out.print(f"  {sentence(row)}", markup=False, highlight=False)
