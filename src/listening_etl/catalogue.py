"""The catalogue of sources: what each collects, misses, costs and allows, from the plugins' own words."""

from __future__ import annotations

import inspect
from datetime import timedelta
from pathlib import Path
from typing import Any

from listening_etl.hookspecs import Rechecks
from listening_etl.model import NOW_ONLY, Terms
from listening_etl.registry import Registry

HEAD = """\
# Sources

Written by `listening plugins --catalogue` from the plugins themselves; a test holds it current. *Tested* says how
far a source was tried: against a real server, on recorded answers of the platform, or on its documentation alone.
*Terms* are notes taken on the day that stands beside them, no legal advice: read them at the address before you rely
on them, and what you signed comes first.
"""
TESTED = {"server": "real server", "recorded": "recorded answers", "documented": "documentation alone"}


def facts(source: Any) -> dict[str, Any]:
    """What can be said of a source in one line each, for tables."""
    can, terms = source.capabilities, getattr(source, "terms", None)
    return {
        "auth": can.auth,
        "cost": can.cost,
        "history": lasting(can.history),
        "deletions": deletions(source),
        "edits": "yes" if can.edits else "no",
        "threads": "yes" if can.threads else "no",
        "tested": TESTED[can.tested],
        "terms noted": terms.read.isoformat() if isinstance(terms, Terms) else None,
    }


def lasting(history: timedelta | None) -> str:
    """How far back a source reaches, in words."""
    if history is None:
        return "without limit"
    if history == NOW_ONLY:
        return "what is there now"
    days = history / timedelta(days=1)
    return f"{days:g} days" if days >= 2 else f"{history / timedelta(hours=1):g} hours"


def deletions(source: Any) -> str:
    """How we learn of deletions, in words."""
    ways = {
        "none": "not told",
        "flagged": "flagged",
        "streamed": "told as they happen",
        "recheck": "asked for",
    }
    told = ways[source.capabilities.deletions]
    asks = isinstance(source, Rechecks) and told != ways["recheck"]
    return f"{told}, and asked for" if asks else told


def markdown(registry: Registry, folder: Path) -> str:
    """The catalogue as Markdown; `folder` holds the pages of platforms that have no plugin."""
    pages = {
        path.read_text("utf-8").splitlines()[0].strip("# "): path for path in sorted(folder.glob("*.md"))
    }
    sources = [p.instance for p in registry.plugins() if p.role == "source" and not p.broken]
    lines = [
        HEAD,
        "| Source | Auth | Cost | History | Deletions | Edits | Threads | Tested |",
        "|---|" + "---|" * 7,
    ]
    for source in sources:
        told = facts(source)
        cells = [
            told[name] for name in ("auth", "cost", "history", "deletions", "edits", "threads", "tested")
        ]
        lines.append(f"| [{source.name}](#{source.name}) | " + " | ".join(cells) + " |")
    if pages:
        links = ", ".join(f"[{title}]({folder.name}/{path.name})" for title, path in pages.items())
        lines.append(f"\nPlatforms that have a page and no plugin, and why: {links}.")
    for source in sources:
        lines += ["", *page(source)]
    return "\n".join(lines) + "\n"


def page(source: Any) -> list[str]:
    """The page of one source: its own words, its terms, its options."""
    lines = [f"## {source.name}", "", inspect.cleandoc(source.__doc__ or "").replace("\n\n", "\n\n"), ""]
    can = source.capabilities
    again = f"asks again for {can.settles / timedelta(minutes=1):g} minutes" if can.settles else "no overlap"
    pace = f"one request in {can.pace:g} s" if can.pace else "no pace of its own"
    lines.append(
        f"*Runs:* items {can.order.replace('_', ' ')}; {again}; {pace}; a budget's day ends in {can.quota_zone}."
    )
    terms = getattr(source, "terms", None)
    if isinstance(terms, Terms):
        keep = "no limit stated" if terms.retention_days is None else f"{terms.retention_days} days"
        export = {None: "not stated", True: "allowed", False: "not allowed"}[terms.export]
        lines.append(
            f"\n*Terms*, as noted on {terms.read.isoformat()}, see <{terms.url}>: keeping: {keep}; export: {export}; "
            f"replies: {terms.reply}."
        )
    options = source.options_type.model_json_schema()
    if options.get("properties"):
        lines += ["", "| Option | Default | Meaning |", "|---|---|---|"]
        for name, told in options["properties"].items():
            default = "required" if name in options.get("required", []) else f"`{told.get('default')}`"
            lines.append(f"| `{name}` | {default} | {told.get('description', '').replace('|', '/')} |")
    return lines
