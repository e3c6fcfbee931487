"""The plugins that there are, in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from listening_etl import catalogue
from listening_etl.errors import ConfigError
from listening_etl.presentation.terminal import show

if TYPE_CHECKING:
    from listening_etl.registry import Registry


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
