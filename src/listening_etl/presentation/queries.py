"""What the commands about queries print: matches with their words marked, clauses with yes and no, warnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import msgspec
import polars as pl
from rich.markup import escape
from rich.text import Text

from listening_etl.presentation.terminal import console, print_json
from listening_etl.query import Explanation, Finding
from listening_etl.query.trial import Tried

MARK = "bold black on yellow"


def tried(found: Tried, as_json: bool) -> None:
    """Print the share that matches, and a sample with the words that matched marked."""
    if as_json:
        print_json(asdict(found))
        return
    out = console()
    for one in found.shown:
        where = " ".join(str(one[name]) for name in ("source", "native_id", "lang") if one.get(name))
        if where:
            out.print(f"[dim]{escape(where)}[/dim]")
        for field in ("title", "text"):
            if one[field]:
                out.print(marked(one[field], [span for span in one["spans"] if span["field"] == field]))
        out.print()
    share = f" ({found.matches / found.texts:.1%})" if found.texts else ""
    out.print(f"{found.matches:,} of {found.texts:,} match{share}; {len(found.shown)} shown.")


def marked(text: str, spans: Sequence[Mapping[str, Any]]) -> Text:
    """The text with these stretches marked."""
    shown = Text(text)
    for span in spans:
        shown.stylize(MARK, span["start"], span["end"])
    return shown


def explained(found: Mapping[str, Explanation], mention: pl.DataFrame, as_json: bool) -> None:
    """Print for each query whether the mention matches, why, and clause by clause what is there."""
    if as_json:
        print_json({name: msgspec.to_builtins(one) for name, one in found.items()})
        return
    out = console()
    for field in ("title", "text"):
        if mention[field][0]:
            out.print(Text(mention[field][0]))
    for name, one in found.items():
        out.print(f"\n[bold]{escape(name)}[/bold]: {escape(one.because)}")
        for line in one.lines():
            out.print(Text("  " + line, style="" if line.lstrip().startswith("yes") else "dim"))


def warnings(found: Mapping[str, Sequence[Finding]], as_json: bool) -> None:
    """Print what each query may match that is not meant."""
    if as_json:
        print_json({name: msgspec.to_builtins(list(some)) for name, some in found.items()})
        return
    for name, some in found.items():
        for one in some:
            print(f"{name}: {one}")
    if not any(found.values()):
        print("Nothing to warn of.")
