"""Try a scorer on texts of a file, without a topic or a warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import yaml
from pydantic import ValidationError

from listening_etl.config import measures_needed
from listening_etl.errors import PluginError
from listening_etl.frame import AUTHOR, SCHEMA
from listening_etl.pipeline import judging
from listening_etl.pipeline.encodings import encode, wanted
from listening_etl.registry import Registry

AT_A_TIME = 10_000
"""Texts judged at once. What was judged before is kept by its text: a repeated text costs a look."""


def judge(
    registry: Registry, plugin: Any, options: Any, texts: list[str], language: str | None = None
) -> Iterator[dict[str, Any]]:
    """One answer a text, in order: `value`, `confidence`, `abstained`, `language`.

    `value` is the label, or the number of a measure without labels; where the scorer abstains it is what it leans
    to, or null. `language` is detected where none is given; null: unknown.
    """
    if needed := measures_needed(plugin):
        what = f"scorer '{plugin.name}' reads what others answered ({', '.join(needed)}), which a text alone has not"
        raise PluginError(what, do="Name it in the settings of a topic, and run that.")
    known: dict[str, dict[str, Any]] = {}
    for start in range(0, len(texts), AT_A_TIME):
        part = texts[start : start + AT_A_TIME]
        new = list(dict.fromkeys(text for text in part if text not in known))
        known.update(zip(new, _judged(registry, plugin, options, new, language), strict=True))
        yield from (known[text] for text in part)


def _judged(
    registry: Registry, plugin: Any, options: Any, texts: list[str], language: str | None
) -> list[dict[str, Any]]:
    if not texts:
        return []
    frame = frame_of(texts)
    if language is None:
        detector = registry.scorer("language", "language")
        found = judging.judged(detector, detector.options_type(), frame)
        frame = frame.with_columns(lang=found["label"], lang_confidence=found["confidence"])
    else:
        frame = frame.with_columns(lang=pl.lit(language))
    try:
        answer = judging.judged(plugin, options, encode(frame) if wanted([plugin]) else frame)
    except pl.exceptions.ColumnNotFoundError as error:
        what = f"scorer '{plugin.name}' reads more than a text has: {str(error).partition(';')[0]}"
        raise PluginError(what, do="Name it in the settings of a topic, and run that.") from error
    leans = [leaning(plugin, orjson.loads(detail)) if detail else None for detail in answer["detail"]]
    given = [
        value if label is None else label for label, value in answer.select("label", "value").iter_rows()
    ]
    return [
        {
            "value": lean if value is None else value,
            "confidence": confidence,
            "abstained": value is None,
            "language": spoken,
        }
        for value, lean, confidence, spoken in zip(
            given, leans, answer["confidence"], frame["lang"], strict=True
        )
    ]


def leaning(plugin: Any, detail: Any) -> str | None:
    """The most probable label, where the detail has the probability of every label on the scorer's scale."""
    labels = getattr(plugin.scale, "names", ())
    known = isinstance(detail, dict) and set(labels) == set(detail)
    return max(labels, key=detail.__getitem__, default=None) if known else None


def options_of(plugin: Any, given: dict[str, str]) -> Any:
    """A plugin's options from words as the settings would hold them: `[fr, en]`, `0.4`, `true`.

    Raises `PluginError` with what is wrong.
    """
    try:
        return plugin.options_type(**{name: yaml.safe_load(value) for name, value in given.items()})
    except (ValidationError, yaml.YAMLError) as error:
        wrong = error.errors()[0] if isinstance(error, ValidationError) else {"loc": (), "msg": str(error)}
        name = ".".join(map(str, wrong["loc"])) or "an option"
        raise PluginError(
            f"scorer '{plugin.name}', {name}: {wrong['msg']}",
            do=f"`listening plugins {plugin.name}` lists its options.",
        ) from error


def frame_of(texts: list[str]) -> pl.DataFrame:
    """Texts as mentions of which nothing else is known."""
    nothing = {
        name: pl.Series(name, [None] * len(texts), dtype=kind) for name, kind in {**SCHEMA, **AUTHOR}.items()
    }
    unknown = {"lang": pl.String(), "lang_confidence": pl.Float64()}
    more = {name: pl.Series(name, [None] * len(texts), dtype=kind) for name, kind in unknown.items()}
    return pl.DataFrame({**nothing, **more, "text": pl.Series(texts, dtype=pl.String)})


def lines(path: Path) -> list[str]:
    """The lines of a file, UTF-8, as they are; bytes that are no UTF-8 are read as �."""
    read = path.read_bytes().decode("utf-8-sig", errors="replace").replace("\r\n", "\n").split("\n")
    return read if read[-1] else read[:-1]
