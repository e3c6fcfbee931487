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
from listening_etl.pipeline.similar import index
from listening_etl.themes.fitting import FEWEST, Floats, Ints
from listening_etl.warehouse import themes
from listening_etl.warehouse.engine import Connection

GROWN = 1.5
"""So many times the texts of the last fit call for another at once, whatever the day."""


def gather(context: Context, connection: Connection) -> dict[str, Any] | None:
    """Bring the topic's themes up to date, where its settings ask for them; returns what a fit did, if there was one."""
    if context.topic.themes is None:
        return None
    topic = context.topic.name
    there = themes.look(connection, topic)
    told = None
    if there is not None:
        meant = Meaning(there["version"])
        if _due(context, there, themes.last_fit(connection, topic)):
            told = _fit(context, connection, there, meant)
        else:
            known = _known(connection, topic)
            new = _places(connection, there["version"], meant, *known, everything=False)
            themes.settle(connection, topic, new)
            gone = themes.describe(connection, topic)
            themes.change(connection, topic, context.now(), [_change(theme, "retired") for theme in gone])
        index(context, connection, there["version"], there["width"])
    themes.done(connection)
    return told


def _due(context: Context, there: dict[str, Any], last: dict[str, Any] | None) -> bool:
    """Whether there is a new day, another encoder, or much more than at the last fit."""
    if last is None or there["version"] != last["version"] or last["themes"] == 0:
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
    retired = [theme for theme in themes.describe(connection, topic) if theme - 1 not in fitted.merged]
    themes.name(connection, topic, _labels(context, texts, fitted.placed))
    fit = {
        "topic": topic,
        "fitted_at": context.now(),
        **{name: there[name] for name in ("version", "newest", "texts", "mentions")},
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


def _labels(context: Context, texts: pl.DataFrame, placed: Ints) -> list[dict[str, Any]]:
    """What to call each theme; what was listened for is no name of one."""
    entities = context.topic.entities.values()
    names = [name for entity in entities for name in (*entity.names, *entity.products, *entity.hashtags)]
    told = found.labels(texts["text"], _ids(placed), names)
    return [{"theme_id": theme, "label": words} for theme, words in told.iter_rows()]


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
