"""A first look at what was heard, in the terminal: figures with their certainty, coverage, a sample."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from listening_etl.presentation.drift_lines import drift
from listening_etl.presentation.funnel_lines import funnel
from listening_etl.presentation.terminal import console, show
from listening_etl.warehouse import reading, stories

if TYPE_CHECKING:
    from listening_etl.warehouse.engine import Connection

BARS = "▁▂▃▄▅▆▇█"
HEARD = "·░▒▓█"
DAYS_A_LINE = 28


def calendar(connection: Connection, topic: str, warnings: Sequence[str]) -> None:
    """What was heard and what was missed: a mark per source and day, then every gap with its reason."""
    days: dict[str, list[dict[str, Any]]] = {}
    for row in reading.heard_by_day(connection, topic):
        days.setdefault(row["source"], []).append(row)
    out = console()
    if not days:
        out.print(f"Nothing was heard yet. Run `listening run {topic}` first.", markup=False)
        return
    out.print("\n[bold]Coverage[/bold]  a mark a day: █ all of it, ▓ ▒ ░ a part, · nothing  (kpi.coverage)")
    for source, rows in days.items():
        for start in range(0, len(rows), DAYS_A_LINE):
            line = rows[start : start + DAYS_A_LINE]
            marks = "".join(HEARD[share_mark(row["coverage"])] for row in line)
            whole = sum(row["coverage"] for row in line) / len(line)
            name = source if start == 0 else ""
            out.print(
                f"  {name:20} {line[0]['day']:%d %b %Y}  {marks:{DAYS_A_LINE}}  {whole:.0%}", markup=False
            )
    missed = reading.missed(connection, topic)
    if missed:
        out.print("\n[bold]Missed[/bold]  gap: a later run asks again; lost: nobody can  (ops.coverage)")
        columns = ["source", "query", "since", "until", "state", "expected", "received", "reason"]
        show(missed, False, "", columns)
    for warning in warnings:
        out.print(f"[bold]Soon out of reach[/bold]  {warning}")


def share_mark(share: float) -> int:
    """Which of the marks stands for a share: the first for nothing, the last for all."""
    if share in (0, 1):
        return int(share) * (len(HEARD) - 1)
    return 1 + min(int(share * (len(HEARD) - 2)), len(HEARD) - 3)


def report(connection: Connection, topic: str) -> None:
    """What was heard, for a first look; every figure stands in a table that is named."""
    funnel(connection, topic)
    out = console()
    totals = reading.totals(connection, topic)
    out.print(
        "\n[bold]What was heard[/bold]  (kpi.volume, kpi.share_of_voice, kpi.net_sentiment, kpi.response_rate)"
    )
    show([_entity(row) for row in totals], False, "")
    out.print("\n[bold]Mentions a day[/bold]  (kpi.volume: every mention one, and every author one)")
    for row in totals:
        for weighting in ("each", "author"):
            out.print(
                f"  {row['title']:12}{weighting:8}" + _days(connection, topic, row["entity"], weighting)
            )
    drift(connection, topic, quiet=True)
    _stories(connection, topic)
    own = next((row for row in totals if row["role"] == "own"), None)
    if own is not None:
        _day_by_day(connection, topic, own["entity"])
        _busiest(connection, topic, own)
    out.print("\n[bold]Thrown away, drawn at random[/bold]  (ops.reject; `listening rejects` shows more)")
    thrown = reading.rejects(connection, topic, None, 6)
    show(thrown, False, "", ["stage", "reason", "at", "text"])


def _stories(connection: Connection, topic: str) -> None:
    """What was told most often in the last week, if anything was told twice."""
    found = stories.top(connection, topic, 5)
    if found:
        words = "the most copied of the last week: listening.story, `listening stories` shows more"
        console().print(f"\n[bold]Stories[/bold]  ({words})")
        show(found, False, "", ["copies", "authors", "sources", "first_published_at", "text"])


def _entity(row: dict[str, Any]) -> dict[str, Any]:
    judged = sum(row[k] or 0 for k in ("positive", "neutral", "negative"))
    polar = (row["positive"] or 0) + (row["negative"] or 0)
    share = row["share"]
    return {
        "entity": row["title"],
        "role": row["role"],
        "mentions": row["mentions"],
        "author-days": row["author_days"],
        "share of voice [95 %]": "–"
        if share is None
        else f"{share:.0%} [{row['share_low']:.0%}, {row['share_high']:.0%}]",
        "+ / 0 / −": f"{row['positive'] or 0} / {row['neutral'] or 0} / {row['negative'] or 0}",
        "net (P−N)/(P+N)": "–" if not polar else f"{(row['positive'] - row['negative']) / polar:+.2f}",
        "net of all judged": "–" if not judged else f"{(row['positive'] - row['negative']) / judged:+.2f}",
        "answered": "–" if row["due"] is None else f"{row['answered']} of {row['due']}",
    }


def _days(connection: Connection, topic: str, entity: str, weighting: str) -> str:
    rows = [r for r in reading.kpi(connection, "volume", topic, entity=entity) if r["weighting"] == weighting]
    top = max((r["value"] or 0 for r in rows), default=0) or 1
    picture = "".join(
        "·" if r["value"] is None else BARS[round((len(BARS) - 1) * r["value"] / top)] for r in rows
    )
    return f"{picture}  {rows[0]['day']:%d %b} to {rows[-1]['day']:%d %b}, at most {top:.0f}" if rows else "–"


def _day_by_day(connection: Connection, topic: str, entity: str) -> None:
    days: dict[date, dict[str, Any]] = {}
    for row in reading.kpi(connection, "net_sentiment", topic, entity=entity):
        if row["formula"] == "nss_all":
            told = f"{row['value']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}] n={row['n']}"
            days.setdefault(row["day"], {})[f"net sentiment, {row['weighting']}"] = told
            days[row["day"]]["coverage"] = row["coverage"]
    for row in reading.kpi(connection, "response_rate", topic, entity=entity):
        if row["weighting"] == "each" and row["day"] in days:
            days[row["day"]]["answered"] = f"{row['answered']} of {row['n']}"
    for row in reading.kpi(connection, "response_time", topic, entity=entity):
        if row["weighting"] == "each" and row["day"] in days and row["value"] is not None:
            days[row["day"]]["first answer, median"] = f"{row['value'] / 3600:.1f} h"
    columns = ["net sentiment, each", "net sentiment, author", "answered", "first answer, median", "coverage"]
    rows = [{"day": day, **{name: told.get(name) for name in columns}} for day, told in sorted(days.items())]
    console().print("\n[bold]Day by day[/bold]  (95 % intervals; each mention one, each author one)")
    show(rows, False, "", ["day", *columns])


def _busiest(connection: Connection, topic: str, own: dict[str, Any]) -> None:
    day = reading.busiest_day(connection, topic, own["entity"])
    if day is None:
        return
    console().print(
        f"\n[bold]Busiest day[/bold]  {own['title']} on {day['day']:%A %d %B}: {day['value']:.0f} mentions "
        f"[{day['low']:.0f}, {day['high']:.0f}], a usual day has {day['median']:.0f}. Drawn at random from them:"
    )
    rows = reading.verbatims(connection, topic, own["entity"], day["day"], 6)
    show(rows, False, "", ["channel", "sentiment", "text"])
