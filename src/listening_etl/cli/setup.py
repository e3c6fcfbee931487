"""Commands about an installation: is it well, its key, its settings, its checks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from listening_etl.cli.app import app


@app.command(rich_help_panel="Installation")
def doctor() -> None:
    """Check settings, plugins, key, staging and warehouse, and say what to do."""
    from listening_etl import checkup

    results = checkup.examine()
    for result in results:
        print(f"{'ok  ' if result.well else 'FAIL'} {result.what}")
    if not all(result.well for result in results):
        raise SystemExit(1)


@app.command(rich_help_panel="Installation")
def key(
    save: Annotated[bool, typer.Option(help="Keep it beside the settings, for a laptop.")] = False,
) -> None:
    """Make a key for the pseudonyms of authors."""
    from listening_etl import privacy
    from listening_etl.config import load_settings

    if save:
        print(f"The key is in {privacy.save_key(load_settings().home)}")
    else:
        print(privacy.new_key())


@app.command(rich_help_panel="Installation")
def schema() -> None:
    """Print the JSON Schema of listening.yaml, for editors."""
    from listening_etl import presentation
    from listening_etl.config import json_schema, load_settings
    from listening_etl.pipeline.context import open_registry

    presentation.print_json(json_schema(open_registry(load_settings().plugin_folders)))


@app.command(rich_help_panel="Installation")
def quality(
    output: Annotated[Path | None, typer.Option(help="Folder; .listening/quality unless given.")] = None,
) -> None:
    """Build the Data Docs: what every check of every run found, as pages that need no network."""
    from listening_etl.pipeline.upkeep import report_quality

    print(report_quality(output))
