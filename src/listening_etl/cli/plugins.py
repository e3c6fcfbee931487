"""Commands about plugins: what there is, what one makes of an answer, a new one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from listening_etl.cli.app import Json, app, show


@app.command(rich_help_panel="Plugins")
def parse(
    source: Annotated[str, typer.Argument(help="Name of a source plugin.")],
    file: Annotated[Path, typer.Argument(help="A recorded answer of its platform.", exists=True)],
    option: Annotated[
        list[str] | None, typer.Option(help="An option of the plugin, name=value; may be repeated.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the mentions of a recorded answer, without a network; what is none is told on standard error."""
    from listening_etl import presentation, recorded
    from listening_etl.pipeline.context import open_registry
    from listening_etl.registry import product_folders

    plugin = open_registry(product_folders()).source(source)
    found = recorded.read(plugin, file.read_bytes(), dict(pair(text) for text in option or ()))
    for reason in found.reasons:
        print(f"listening: {file.name}: {reason}", file=sys.stderr)
    if as_json:
        presentation.print_json(found.mentions)
    else:
        columns = ["native_id", "kind", "published_at", "text"]
        show(found.mentions, as_json, f"{source}: {file.name}", columns)


@app.command(rich_help_panel="Plugins")
def new(
    role: Annotated[str, typer.Argument(help="source, filter or scorer")],
    name: Annotated[str, typer.Argument(help="Its name: small letters and underscores.")],
    folder: Annotated[Path, typer.Option(help="The project's folder.")] = Path(),
) -> None:
    """Write a plugin and its contract test, to be filled in; docs/tutorial.md goes on from there."""
    from listening_etl.scaffold import new_plugin

    for path in new_plugin(role, name, folder):
        print(path)


@app.command(rich_help_panel="Plugins")
def plugins(
    name: Annotated[str | None, typer.Argument(help="A plugin, to list its options.")] = None,
    catalogue: Annotated[bool, typer.Option("--catalogue", help="docs/sources.md, in Markdown.")] = False,
    as_json: Json = False,
) -> None:
    """List the plugins found, broken ones with their reason, and what sources need and allow; or one's options."""
    from listening_etl import catalogue as pages
    from listening_etl import presentation
    from listening_etl.config import load_settings
    from listening_etl.pipeline.context import open_registry
    from listening_etl.registry import product_folders

    if catalogue:
        product = product_folders()[-1]
        print(pages.markdown(open_registry((product,)), product.parent / "docs" / "sources"), end="")
        return
    registry = open_registry(load_settings().plugin_folders)
    presentation.plugins(registry, name, as_json)


def pair(text: str) -> tuple[str, str]:
    """Name and value of `name=value`."""
    from listening_etl.errors import ConfigError

    name, sign, value = text.partition("=")
    if not sign:
        raise ConfigError(f"option {text!r} has no value", do="Write --option name=value.")
    return name, value
