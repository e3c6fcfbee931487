"""Commands about measures: try one on a file of texts, say which words carried a judgement."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listening_etl.cli.app import Json, app, context_of, reading
from listening_etl.cli.plugins import pair

if TYPE_CHECKING:
    from listening_etl.registry import Registry


def _spoken(language: str | None) -> str | None:
    """In lower case; refused unless it is the code of a language."""
    from listening_etl.config.values import ISO_639_1

    if language is not None and language.lower() not in ISO_639_1:
        raise typer.BadParameter(f"{language!r} is no two-letter language code (ISO 639-1). Write fr, or en.")
    return language and language.lower()


Measure = Annotated[str, typer.Option(help="What is measured: sentiment, emotion, irony, intent, …")]


@app.command(rich_help_panel="Queries and texts")
def score(
    measure: Measure,
    texts: Annotated[Path, typer.Option(help="One text a line, UTF-8.", exists=True, dir_okay=False)],
    output: Annotated[Path, typer.Option(help="One JSON object a line, in the same order.")],
    plugin: Annotated[str | None, typer.Option(help="Scorer; else the one named like the measure.")] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="An option of the plugin, name=value; may be repeated.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Language of all texts; else it is detected.", callback=_spoken)
    ] = None,
) -> None:
    """Judge each line of a file: value, confidence, abstained, language. Needs no topic and no database."""
    import orjson

    from listening_etl.pipeline import trying

    registry = _registry()
    scorer = registry.scorer(measure, plugin or measure)
    options = trying.options_of(scorer, dict(pair(text) for text in option or ()))
    answers = trying.judge(registry, scorer, options, trying.lines(texts), language)
    output.write_bytes(b"".join(orjson.dumps(answer) + b"\n" for answer in answers))  # all, or nothing


def _registry() -> Registry:
    """The plugins of the settings that the other commands read; where there are none, those that we ship."""
    from listening_etl.config import load_settings
    from listening_etl.config.settings import FILE
    from listening_etl.pipeline.context import open_registry
    from listening_etl.registry import product_folders

    here = Path.cwd()
    there = os.environ.get("LISTENING_CONFIG") or any((up / FILE).is_file() for up in (here, *here.parents))
    return open_registry(load_settings().plugin_folders if there else product_folders())


@app.command(rich_help_panel="Queries and texts")
def explain(
    mention: Annotated[str, typer.Argument(help="A mention: id, its first digits, or source:native id.")],
    topic: Annotated[str, typer.Option(help="Topic that it is in.")],
    as_json: Json = False,
) -> None:
    """Show what was measured of a mention, by which version, how sure, and the words that carried it."""
    from listening_etl.pipeline.explaining import explained
    from listening_etl.presentation import scores as pictures
    from listening_etl.warehouse import reading as rows

    with reading(topic) as connection:
        row = rows.mention(connection, topic, mention)
        found = rows.scores(connection, topic, row["mention_id"])
    pictures.explained(explained(context_of(topic), row, found), as_json)
