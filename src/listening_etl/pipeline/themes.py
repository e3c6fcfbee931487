"""Themes: gather what mentions are about, found by likeness, so that each theme keeps its id from day to day.

Mentions are placed as they come, among the themes that are known. Once a day of what people publish, themes are
corrected: those that are one are merged, new ones are found, and a mention leaves its theme only for one that is
clearly nearer. This has a memory on purpose: on which day a theme was first seen may depend on when a run was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from listening_etl import themes as found
from listening_etl.pipeline.context import Context
from listening_etl.pipeline.meaning import Meaning
from listening_etl.themes.fitting import FEWEST, Floats, Ints
from listening_etl.warehouse import themes
from listening_etl.warehouse.engine import Connection

GROWN = 1.5
"""So many times the texts of the last fit call for another at once, whatever the day."""


def gather(context: Context, connection: Connection) -> dict[str, Any] | None:
    """Bring the topic's themes up to date, where its settings ask for them; returns what a fit did, if there was one."""
    topic = context.topic.name
    if context.topic.themes is None:
        themes.forget(connection, topic)
        return None
    there, last = themes.look(connection, topic), themes.last_fit(connection, topic)
    lost = themes.lost(connection, topic)
    meant = Meaning(there["version"]) if there else None
    if there and meant and _due(context, there, last, meant):
        told = _fit(context, connection, there, meant)
    else:
        told = None
        if there and last and meant and last["version"] == meant.space:
            new = _places(connection, there["version"], meant, *_known(connection, topic), everything=False)
            themes.settle(connection, topic, new)
        gone, again = themes.describe(connection, topic)
        themes.change(connection, topic, context.now(), [_change(theme, "retired") for theme in gone])
        if lost or again:
            themes.done(connection)
            there = themes.look(connection, topic)  # as they are placed now
            texts = themes.sample(connection, there["version"], there["newest"]) if there else themes.NO_TEXTS
            _name(context, connection, texts, texts["theme_id"])
    themes.done(connection)
    return told


def _due(context: Context, there: dict[str, Any], last: dict[str, Any] | None, meant: Meaning) -> bool:
    """Whether there is a new day, another encoder, or much more than at the last fit."""
    if last is None or last["version"] != meant.space or last["themes"] == 0:
        return bool(there["texts"] >= FEWEST and (last is None or there["waiting"]))
    zone = ZoneInfo(context.topic.timezone)
    days = [moment.astimezone(zone).date() for moment in (last["newest"], there["newest"])]
    return bool(there["waiting"] and days[1] > days[0]) or there["texts"] >= GROWN * last["texts"]


def _fit(context: Context, connection: Connection, there: dict[str, Any], meant: Meaning) -> dict[str, Any]:
    topic, version = context.topic.name, there["version"]
    texts = themes.sample(connection, version, there["newest"])
    read = meant(texts["vector"])
    middles = found.centres(read, texts["lang"].to_list())
    before = _known(connection, topic)[0]
    fitted = found.fit(found.directions(read, texts["lang"].to_list(), middles), _before(texts), len(before))
    _keep(connection, topic, fitted.themes, middles)
    everything = _places(
        connection, version, meant, fitted.themes, middles, everything=True, merged=fitted.merged
    )
    moved = themes.settle(connection, topic, everything)
    gone, _ = themes.describe(connection, topic)
    retired = [theme for theme in gone if theme - 1 not in fitted.merged]
    _name(context, connection, texts, _ids(fitted.placed))
    fit = {
        "topic": topic,
        "fitted_at": context.now(),
        "version": meant.space,
        **{name: there[name] for name in ("newest", "texts", "mentions")},
        "sampled": len(texts),
        **themes.counts(connection, topic),
        "moved": moved,
    }
    themes.record(connection, fit)
    themes.change(connection, topic, fit["fitted_at"], _changes(fitted, retired))
    return fit


def _places(
    connection: Connection,
    version: str,
    meant: Meaning,
    known: found.Themes,
    middles: dict[str, Floats],
    *,
    everything: bool,
    merged: dict[int, int] | None = None,
) -> Iterator[pl.DataFrame]:
    """Where mentions belong among the themes, as `themes.PLACED`."""
    if not middles:  # before the first fit
        return
    for mentions in themes.vectors(connection, version, everything=everything):
        before = _before(mentions)
        for gone, into in (merged or {}).items():
            before[before == gone] = into
        ways = found.directions(meant(mentions["vector"]), mentions["lang"].to_list(), middles)
        placed, similarity = found.place(ways, known, before)
        yield mentions.select("mention_id", "text_hash").with_columns(
            theme_id=_ids(placed), similarity=pl.Series(similarity.astype(np.float64).round(6))
        )


def _before(mentions: pl.DataFrame) -> Ints:
    """The theme that each had, by its place: -1 for none, -2 for what is new."""
    old = pl.when("known").then(pl.col("theme_id").fill_null(found.NONE + 1) - 1).otherwise(found.NEW)
    return mentions.select(old.cast(pl.Int64)).to_series().to_numpy().copy()


def _ids(placed: Ints) -> pl.Series:
    numbers = pl.Series("theme_id", placed + 1, dtype=pl.Int32)
    return numbers.set(pl.Series(placed < 0), None)


def _known(connection: Connection, topic: str) -> tuple[found.Themes, dict[str, Floats]]:
    """The themes as they were left, and the centres of languages."""
    directions, centres = themes.directions(connection, topic)
    middles = {lang: np.frombuffer(centre, "<f4") for lang, centre in centres.iter_rows()}
    width = len(middles[found.ALL]) if middles else 0
    centroids = np.frombuffer(b"".join(directions["centroid"].to_list()), "<f4").reshape(-1, width or 1)
    return found.Themes(
        centroids, directions["nearest"].cast(pl.Float64).to_numpy().astype(np.float32)
    ), middles


def _keep(connection: Connection, topic: str, fitted: found.Themes, middles: dict[str, Floats]) -> None:
    ways = pl.DataFrame(
        {
            "theme_id": pl.Series(range(1, len(fitted) + 1), dtype=pl.Int32),
            "centroid": [row.astype("<f4").tobytes() for row in fitted.centroids],
            "nearest": pl.Series(fitted.nearest, dtype=pl.Float64),
        },
        schema_overrides={"centroid": pl.Binary},
    )
    centres = pl.DataFrame(
        {"lang": list(middles), "centre": [middle.astype("<f4").tobytes() for middle in middles.values()]}
    )
    themes.keep(connection, topic, ways, centres)


def _name(context: Context, connection: Connection, texts: pl.DataFrame, placed: pl.Series) -> None:
    """Say what to call each theme; what was listened for is no name of one.

    One that has none of these texts keeps those of its words that enough people say still.
    """
    entities = context.topic.entities.values()
    names = [name for entity in entities for name in (*entity.names, *entity.products, *entity.hashtags)]
    told = dict(found.labels(texts["text"], placed, names, texts["voice"]).iter_rows())
    said = found.said_by_several(texts["text"], texts["voice"])
    kept = themes.labelled(connection, context.topic.name)
    rows = [
        {"theme_id": theme, "label": told.get(theme, [word for word in words if word.lower() in said])}
        for theme, words in kept.items()
    ]
    themes.name(connection, context.topic.name, rows)


def _changes(fitted: found.Fitted, retired: list[int]) -> list[dict[str, Any]]:
    """What became of themes, by their ids."""
    new = [
        _change(theme + 1, "new") if of == found.NONE else _change(theme + 1, "split", of + 1)
        for theme, of in fitted.split.items()
    ]
    merged = [_change(theme + 1, "merged", into + 1) for theme, into in fitted.merged.items()]
    return [*new, *merged, *(_change(theme, "retired") for theme in retired)]


def _change(theme: int, change: str, other: int | None = None) -> dict[str, Any]:
    return {"theme_id": theme, "change": change, "other_id": other}
