"""Commands about meaning: what mentions are about, and which are like one."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from listening_etl.cli.app import Json, Topic, app, context_of, reading, show


@app.command(rich_help_panel="Listening")
def themes(
    topic: Topic,
    gone: Annotated[
        bool, typer.Option("--gone", help="Those, too, that went into others or have no mention.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what people talk about: each theme with its words, its share of the mentions (95 %), an example."""
    from listening_etl.errors import ConfigError
    from listening_etl.warehouse import themes as rows

    if context_of(topic).topic.themes is None:
        what = f"topic '{topic}' does not ask for themes"
        raise ConfigError(what, do="Write `themes: {}` in its settings, and run `listening replay` once.")
    with reading(topic) as connection:
        found, none = rows.listed(connection, topic, gone=gone), rows.of_none(connection, topic)
    if as_json:
        from listening_etl import presentation

        presentation.print_json({"themes": found, "of_none": none})
        return
    show([_readable(row) for row in found], False, "themes")
    print(f"{none:,} mentions are far from all themes. Next: listening similar MENTION --topic {topic}")


@app.command(rich_help_panel="Listening")
def similar(
    mention: Annotated[str, typer.Argument(help="A mention: id, its first digits, or source:native id.")],
    topic: Annotated[
        str | None, typer.Option(help="Topic that it is in; needed where there are several.")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=500)] = 10,
    exact: Annotated[
        bool, typer.Option("--exact", help="Compare with every mention, without the index.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the mentions that are most like one in meaning, whatever their language."""
    from listening_etl.errors import ConfigError
    from listening_etl.pipeline.similar import similar
    from listening_etl.warehouse import nearest
    from listening_etl.warehouse import reading as rows

    topic = topic or _only_topic()
    with reading(topic) as connection:
        asked = rows.mention(connection, topic, mention)
        found = similar(connection, topic, asked["mention_id"], limit, exact=exact)
        if found is None:
            raise ConfigError(
                f"mention '{mention}' was not read by the encoder",
                where=f"topic '{topic}'",
                do="Ask for themes or for a measure that reads, such as sentiment, and run `listening replay`.",
            )
        known = nearest.shown(connection, [row["mention_id"] for row in found])
    show(
        [{**row, **known[row["mention_id"]]} for row in found if row["mention_id"] in known],
        as_json,
        "most alike",
        ["similarity", "source", "published_at", "text", "mention_id"],
    )


def _only_topic() -> str:
    from listening_etl.config import load_settings
    from listening_etl.errors import ConfigError

    names = list(load_settings().topics)
    if len(names) > 1:
        raise ConfigError("there are several topics", do=f"Name one by --topic: {', '.join(names)}.")
    return names[0]


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    """A theme in the words of a table."""
    share = f"{row['share']:.0%} ({row['share_low']:.0%} to {row['share_high']:.0%})"
    days = " to ".join(f"{row[name]:%Y-%m-%d}" for name in ("first_seen", "last_seen") if row[name])
    return {
        "theme": row["theme_id"],
        "about": ", ".join(row["label"]),
        "mentions": row["mentions"],
        "share": share if row["share"] is not None else "",
        "seen": days,
        "example": row["example"],
    }
