"""Commands about queries: try one, say why it matched, check it, write it in its canonical form."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listening_etl.cli.app import Json, app, context_of

if TYPE_CHECKING:
    import polars as pl

    from listening_etl.query import Query

query = typer.Typer(
    help="Boolean queries (docs/query.md): try, explain, check and print them.", no_args_is_help=True
)
app.add_typer(query, name="query", rich_help_panel="Queries and texts")

Words = Annotated[str | None, typer.Argument(help="The query; or name an --entity of a --topic.")]
OfTopic = Annotated[
    str | None, typer.Option(help="Topic whose lists ($name) and received mentions are used.")
]
OfEntity = Annotated[str | None, typer.Option(help="Entity of the topic whose query is meant.")]
Texts = Annotated[
    Path | None,
    typer.Option(help="Try it on this file, one text a line, instead.", exists=True, dir_okay=False),
]
MOST = 20_000


@query.command()
def test(
    words: Words = None,
    topic: OfTopic = None,
    entity: OfEntity = None,
    texts: Texts = None,
    limit: Annotated[int, typer.Option(help="How many matches are shown.", min=1)] = 20,
    as_json: Json = False,
) -> None:
    """Show matches in a sample of what was received, or in a file, with the words that matched highlighted."""
    from listening_etl.presentation import queries as pictures
    from listening_etl.query import trial

    tried = trial.try_on(_query(words, topic, entity), _texts(topic, texts), limit)
    pictures.tried(tried, as_json)


@query.command()
def explain(
    mention: Annotated[
        str | None, typer.Argument(help="A mention: id, its first digits, or source:native id.")
    ] = None,
    topic: OfTopic = None,
    entity: OfEntity = None,
    words: Annotated[str | None, typer.Option("--query", help="A query instead of the topic's.")] = None,
    text: Annotated[str | None, typer.Option(help="A text instead of a mention.")] = None,
    as_json: Json = False,
) -> None:
    """Say, clause by clause, why a mention or a text does or does not match."""
    import polars as pl

    from listening_etl.errors import ConfigError
    from listening_etl.presentation import queries as pictures
    from listening_etl.query import explain

    if text is not None:
        frame = pl.DataFrame(
            {"text": [text], "title": [None]}, schema={"text": pl.String, "title": pl.String}
        )
    elif mention is not None and topic is not None:
        frame = _mention(topic, mention)
    else:
        raise ConfigError("there is nothing to explain", do="Give a mention and its --topic, or a --text.")
    chosen = [entity] if entity else list(context_of(topic).topic.entities) if topic and not words else [None]
    told = {name or "query": explain(_query(words, topic, name), frame) for name in chosen}
    pictures.explained(told, frame, as_json)


@query.command()
def lint(words: Words = None, topic: OfTopic = None, entity: OfEntity = None, as_json: Json = False) -> None:
    """Warn of what matches too much, and propose exclusions from what was received."""
    from listening_etl.errors import ConfigError
    from listening_etl.presentation import queries as pictures
    from listening_etl.query import Corpus, lint

    several = topic is not None and not (words or entity)
    names = list(context_of(topic).topic.entities) if several and topic else [entity]
    corpus = None
    try:
        corpus = Corpus(_received(topic)) if topic else None
    except ConfigError as nothing:  # what is wrong with the settings, reading the query says again
        print(f"From the words alone: {nothing.what}.", file=sys.stderr)
    pictures.warnings({n or "query": lint(_query(words, topic, n), corpus) for n in names}, as_json)


@query.command("print")
def print_query(
    words: Words = None,
    topic: OfTopic = None,
    entity: OfEntity = None,
    expand: Annotated[bool, typer.Option("--expand", help="Write the named lists out.")] = False,
) -> None:
    """Print a query in its canonical form."""
    found = _query(words, topic, entity)
    print(found.expanded if expand else found)


@app.command(rich_help_panel="Queries and texts")
def dedupe(
    texts: Annotated[Path, typer.Option(help="One text a line, UTF-8.", exists=True, dir_okay=False)],
    output: Annotated[Path, typer.Option(help="One cluster number a line, in the same order.")],
    as_json: Json = False,
) -> None:
    """Find exact and near copies among texts: lines of the same cluster say the same in nearly the same words."""
    from dataclasses import asdict

    from listening_etl import presentation
    from listening_etl.duplicates import dedupe

    done = dedupe(texts, output)
    if as_json:
        presentation.print_json(asdict(done))
        return
    print(
        f"{done.lines:,} texts, {done.copies:,} of them copies of an earlier one: {done.clusters:,} clusters."
    )
    if done.damaged:
        print(f"{done.damaged:,} lines held bytes that are no UTF-8; they were read as �.")


def _query(words: str | None, topic: str | None, entity: str | None) -> Query:
    """The query that is meant: as written, or that of an entity."""
    from listening_etl.errors import ConfigError, did_you_mean
    from listening_etl.query import parse

    if words is not None:
        return parse(words, lists=context_of(topic).settings.terms if topic else {})
    if topic is None or entity is None:
        raise ConfigError("there is no query", do="Write one, or name a --topic and an --entity of it.")
    queries = context_of(topic).queries
    if entity not in queries:
        known = ", ".join(queries)
        raise ConfigError(
            f"there is no entity '{entity}'.{did_you_mean(entity, queries)}", do=f"Entities: {known}."
        )
    return queries[entity]


def _texts(topic: str | None, texts: Path | None) -> pl.DataFrame:

    from listening_etl.errors import ConfigError

    if texts is not None:
        from listening_etl.pipeline.trying import frame_of, lines

        return frame_of(lines(texts)).select("text", "title")
    if topic is None:
        raise ConfigError("there are no texts to try it on", do="Name a --topic, or a file of --texts.")
    return _received(topic)


def _received(topic: str) -> pl.DataFrame:
    from listening_etl.pipeline.sample import sample

    return sample(context_of(topic), MOST)


def _mention(topic: str, mention: str) -> pl.DataFrame:
    from listening_etl.cli.app import reading
    from listening_etl.errors import ConfigError
    from listening_etl.pipeline.sample import find
    from listening_etl.warehouse import reading as rows

    with reading(topic) as connection:
        row: dict[str, Any] = rows.mention(connection, topic, mention)
    frame = find(context_of(topic), row["source"], row["mention_id"].bytes, row["published_at"])
    if not frame.height:
        raise ConfigError(f"the raw file of mention {mention} is gone", do="Try the query on its --text.")
    return frame
