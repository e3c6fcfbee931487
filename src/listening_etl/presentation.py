"""What the command line prints: tables, pictures of figures, progress bars, JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import orjson
from rich.console import Console
from rich.table import Table

from listening_etl import catalogue
from listening_etl.errors import ConfigError
from listening_etl.warehouse import reading

if TYPE_CHECKING:
    from listening_etl.registry import Registry
    from listening_etl.warehouse.engine import Connection

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 44


def console() -> Console:
    """The terminal; a pipe gets lines of 160 characters."""
    plain = Console()
    return plain if plain.is_terminal else Console(width=160)


def print_json(value: Any) -> None:
    """One JSON value; times in RFC 3339."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS
    print(orjson.dumps(value, default=str, option=options).decode())  # noqa: T201


def show(rows: Sequence[dict[str, Any]], as_json: bool, title: str, columns: list[str] | None = None) -> None:
    """Print rows as a table for people or JSON for programs."""
    if as_json:
        print_json(list(rows))
        return
    table = Table(title=title or None, title_justify="left", header_style="bold")
    names = columns or list(rows[0] if rows else ())
    numeric = {n for n in names if rows and all(isinstance(r[n], (int, float, type(None))) for r in rows)}
    for name in names:
        table.add_column(name, justify="right" if name in numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(cell(row[name]) for name in names))
    console().print(table if rows else f"{title or 'Nothing'}: none.", markup=False)


def cell(value: Any) -> str:
    """A value as people read it; unknown is a dash."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() and abs(value) >= 10 else f"{value:,.3g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return str(value)[:300]


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


def funnel(connection: Connection, topic: str) -> None:
    """The funnel as a picture, with the reasons beside it, and by source."""
    rows = reading.funnel(connection, topic)
    if not rows:
        console().print(f"Nothing was heard yet. Run `listening run {topic}` first.", markup=False)
        return
    whole = rows[-1]
    out = console()
    out.print(f"\n[bold]Funnel[/bold]  {whole['rows']:,} records came, {whole['mentions']:,} are mentions")
    left = whole["rows"]
    for step in reading.FUNNEL_STEPS[1:]:
        taken = whole[step]
        if step == "mentions":
            out.print(f"  {'mentions':12}{taken:>7,}  {'█' * round(WIDTH * taken / max(whole['rows'], 1))}")
        elif taken:
            left -= taken
            kept = "█" * round(WIDTH * left / whole["rows"])
            out.print(f"  {step:12}{-taken:>7,}  {kept}{'░' * max(1, round(WIDTH * taken / whole['rows']))}")
    steps = [s for s in reading.FUNNEL_STEPS if whole[s]]
    show([{"source": r["source"], **{s: r[s] for s in steps}} for r in rows], False, "by source")


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
    own = next((row for row in totals if row["role"] == "own"), None)
    if own is not None:
        _day_by_day(connection, topic, own["entity"])
        _busiest(connection, topic, own)
    out.print("\n[bold]Thrown away, drawn at random[/bold]  (ops.reject; `listening rejects` shows more)")
    thrown = reading.rejects(connection, topic, None, 6)
    show(thrown, False, "", ["stage", "reason", "at", "text"])


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


def plugins(registry: Registry, name: str | None, as_json: bool) -> None:
    """The plugins found, or the options of those called `name`."""
    found = registry.plugins()
    if name is None:
        rows = [
            {
                "role": p.role,
                "name": p.name,
                "measure": p.measure,
                "state": p.broken or "ok",
                "summary": p.summary,
                "from": p.origin,
                **(catalogue.facts(p.instance) if as_json and p.role == "source" and not p.broken else {}),
            }
            for p in found
        ]
        show(rows, as_json, "plugins")
        sources = [p for p in found if p.role == "source" and not p.broken]
        if not as_json:
            show([{"source": p.name, **catalogue.facts(p.instance)} for p in sources], as_json, "sources")
        return
    chosen = [p for p in found if p.name == name and not p.broken]
    if not chosen:
        raise ConfigError(f"no plugin '{name}'", do=f"Plugins: {', '.join(sorted({p.name for p in found}))}.")
    for plugin in chosen:
        options = plugin.instance.options_type.model_json_schema()
        rows = [
            {
                "option": option,
                "type": told.get("type")
                or "/".join(t.get("type", "…") for t in told.get("anyOf", []))
                or "…",
                "default": told.get("default", "required" if option in options.get("required", []) else None),
                "meaning": told.get("description", ""),
            }
            for option, told in options.get("properties", {}).items()
        ]
        show(rows, as_json, f"{plugin.role} {plugin.name}: {plugin.summary}")
