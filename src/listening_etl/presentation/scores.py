"""What was measured of a mention, with the words that carried it."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from listening_etl.presentation.terminal import console, print_json

SHOWN = 0.02
"""Least weight of a word that is marked: two points of probability."""


def explained(found: dict[str, Any], as_json: bool) -> None:
    """Print each measure, how sure it is and by which version, and its words: what speaks for it, what against."""
    if as_json:
        print_json(found)
        return
    out = console()
    for field in ("title", "text"):
        if found[field]:
            out.print(Text(found[field]))
    for score in found["scores"]:
        out.print(_line(score))
        for words in quoted(score["detail"]):
            out.print(Text(f"  {words}"))
        if score.get("words"):
            out.print(_marked(found["text"], score["words"]))


def quoted(detail: Any) -> list[str]:
    """What a scorer that goes by rules says that it saw: the signs of urgency, the words of a crisis; each once."""
    match detail:
        case {"signs": [*signs]}:
            return list(map(str, signs))
        case {"words": [{"category": _, "words": _}, *_] as words}:
            return list(dict.fromkeys(f"{found['category']}: « {found['words']} »" for found in words))
    return []


def _line(score: dict[str, Any]) -> Text:
    said = score["label"] or ("" if score["value"] is None else f"{score['value']:.2f}") or "abstains"
    sure = "" if score["confidence"] is None else f" {score['confidence']:.0%} sure"
    newer = score.get("words_by")
    again = f"; words by version {newer}" if newer and newer != score["version"] else ""
    line = Text(f"\n{score['measure']}: ", style="bold")
    line.append(said, style="bold")
    return line.append(f"{sure}  ({score['scorer']} {score['version']}{again})", style="dim")


def _marked(text: str, words: list[dict[str, Any]]) -> Text:
    """The text, bold green what speaks for the judgement and red what speaks against it, with points of probability."""
    shown = Text("  ")
    end = 0
    for word in words:
        weight = word["weight"]
        shown.append(text[end : word["start"]], style="dim")
        style = "dim" if abs(weight) < SHOWN else "bold green" if weight > 0 else "red"
        shown.append(text[word["start"] : word["end"]], style=style)
        if abs(weight) >= SHOWN:
            shown.append(f" {weight * 100:+.0f}", style=style)
        end = word["end"]
    return shown.append(text[end:], style="dim")
