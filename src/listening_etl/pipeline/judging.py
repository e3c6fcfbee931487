"""Judge a batch: language first, then filters with a reason, then scorers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import orjson
import polars as pl

from listening_etl.config import in_order, measures_needed
from listening_etl.errors import PluginError
from listening_etl.model import Labels, Range
from listening_etl.pipeline.context import Context
from listening_etl.pipeline.encodings import encoded, wanted
from listening_etl.privacy import masked, without_author

LANGUAGE = "language"

SCORE_SCHEMA = {
    "mention_id": pl.Binary,
    "content_hash": pl.Binary,
    "measure": pl.String,
    "scorer": pl.String,
    "version": pl.String,
    "label": pl.String,
    "value": pl.Float64,
    "confidence": pl.Float64,
    "detail": pl.String,
}


@dataclass(frozen=True)
class Dropped:
    """Mentions that one filter dropped, and why: words, or an expression over them where each has its own.

    `rule` is the filter's name in the settings.
    """

    mentions: pl.DataFrame
    rule: str
    version: str
    reason: str | pl.Expr


def detect_language(context: Context, mentions: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Fill `lang` and `lang_confidence` before anything else judges; the scores are the second frame."""
    if LANGUAGE not in context.topic.scorers:
        declared = pl.col("lang_declared").str.to_lowercase().str.extract(r"^([a-z]{2,3})\b", 1)
        known = mentions.with_columns(lang=declared, lang_confidence=pl.lit(None, dtype=pl.Float64))
        return known, pl.DataFrame(schema=SCORE_SCHEMA)
    scores = score(context, LANGUAGE, mentions)
    return mentions.with_columns(lang=scores["label"], lang_confidence=scores["confidence"]), scores


def apply_filters(context: Context, mentions: pl.DataFrame) -> tuple[pl.DataFrame, list[Dropped]]:
    """The mentions that pass every filter, in the order of the settings, and those dropped by each."""
    dropped = []
    for name in context.topic.filters:
        plugin, options = context.filter(name)
        shown = encoded(context, mentions)[0] if wanted([plugin]) else mentions
        keep, why = kept(plugin.name, plugin.keep(shown, options), mentions.height)
        if keep.all():
            continue
        words, gone = plugin.reason.format_map(_Readable(options)), mentions.filter(~keep)
        reason: str | pl.Expr = words
        if why is not None:
            gone = gone.with_columns(unsigned(gone.with_columns(why.filter(~keep).alias("why"))))
            reason = pl.concat_str(pl.lit(words), pl.col("why"), separator=": ", ignore_nulls=True)
        dropped.append(Dropped(gone, name, plugin.version, reason))
        mentions = mentions.filter(keep)
    return mentions, dropped


def unsigned(dropped: pl.DataFrame) -> pl.Series:
    """The column `why` without people: its author is masked as they sign, and in plain lower case, as filters quote."""
    names = pl.col("author_handle", "author_name")
    plain = names.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    for spelled in (names, plain):
        dropped = dropped.with_columns(without_author(dropped.with_columns(spelled), "why"))
    return dropped.select(masked(pl.col("why")))["why"]


def kept(name: str, answer: Any, height: int) -> tuple[pl.Series, pl.Series | None]:
    """What the filter `name` answered: `keep`, without nulls, and `why` if it says; `PluginError` when it is
    no answer."""
    why = None
    if isinstance(answer, pl.DataFrame) and set(answer.columns) == {"keep", "why"}:
        answer, why = answer["keep"], answer["why"]
    fits = isinstance(answer, pl.Series) and answer.dtype in {pl.Boolean, pl.Null}
    if not fits or len(answer) != height or (why is not None and why.dtype not in {pl.String, pl.Null}):
        kind = answer.columns if isinstance(answer, pl.DataFrame) else getattr(answer, "dtype", "no column")
        raise PluginError(
            f"filter '{name}' answered {_shape(answer)} ({kind}) for {height} mentions",
            do="It has to answer one boolean a row, in order, or a frame with `keep` and `why` (text).",
        )
    keep: pl.Series = answer.cast(pl.Boolean).fill_null(value=True)
    return keep, None if why is None else why.cast(pl.String)


class _Readable(dict[str, Any]):
    """Options as a sentence wants them: sets become words."""

    def __init__(self, options: Any) -> None:
        super().__init__({name: self._words(getattr(options, name)) for name in type(options).model_fields})

    @staticmethod
    def _words(value: Any) -> Any:
        return (
            ", ".join(sorted(map(str, value))) if isinstance(value, (set, frozenset, tuple, list)) else value
        )


def batch_measures(context: Context) -> Iterator[str]:
    """Measures of the topic that are judged mention by mention (not author by author), language left out.

    In the order of the settings, but each after those whose answers its scorer needs.
    """
    scorers = {measure: context.scorer(measure)[0] for measure in context.topic.scorers}
    for measure in in_order(scorers):
        if measure != LANGUAGE and scope(scorers[measure]) == "mention":
            yield measure


def batch_scores(context: Context, mentions: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The scores of every one of these measures; a scorer sees the answers that it needs beside the mentions.

    The version of such a score names those of the answers that it rests on.
    """
    told: dict[str, pl.DataFrame] = {}
    for measure in batch_measures(context):
        needs = [need for need in measures_needed(context.scorer(measure)[0]) if need in told]
        given = [answered(need, told[need]) for need in needs]
        scores = score(context, measure, pl.concat([mentions, *given], how="horizontal"))
        rests_on = [pl.format("{}:{}", told[need]["scorer"], told[need]["version"]) for need in needs]
        told[measure] = scores.with_columns(version=pl.concat_str("version", *rests_on, separator="/"))
        yield told[measure]


def answered(measure: str, scores: pl.DataFrame) -> pl.DataFrame:
    """What a scorer that needs a measure finds in its frame: `score_<measure>_label`, `_value`, `_confidence`."""
    return scores.select(pl.col("label", "value", "confidence").name.prefix(f"score_{measure}_"))


def scope(plugin: Any) -> str:
    """Whether a scorer judges mentions or, on the whole platform, authors."""
    found: str = getattr(plugin, "scope", "mention")
    return found


def score(context: Context, measure: str, mentions: pl.DataFrame) -> pl.DataFrame:
    """One row per mention, in order: `SCORE_SCHEMA`; nulls where the scorer abstained."""
    plugin, options = context.scorer(measure)
    answer = judged(plugin, options, mentions)
    languages = plugin.languages
    if languages is not None:
        known = mentions["lang"].is_in(list(languages)).fill_null(value=False)
        answer = answer.with_columns(pl.when(known).then(pl.all()).otherwise(None))
    return answer.select(
        mentions["mention_id"],
        mentions["content_hash"],
        pl.lit(measure).alias("measure"),
        pl.lit(plugin.name).alias("scorer"),
        pl.lit(version_of(plugin, options)).alias("version"),
        *("label", "value", "confidence", "detail"),
    )


def version_of(plugin: Any, options: Any) -> str:
    """The version of a scorer with these options: that of its model, if it has one, and eight hexadecimal digits of
    the options that are not as they come.

    Where a file or a model lies does not count: what it holds is the model's version. The `terms` of the settings,
    which come as `lists`, count where another option refers to one.
    """
    told: Callable[[Any], str] | None = getattr(plugin, "model_version", None)
    version = told(options) if told else str(plugin.version)
    chosen = options.model_dump(exclude_defaults=True, exclude={"model"} if told else None)
    lists = chosen.pop("lists", None)
    if not chosen:
        return version
    content = json.dumps(chosen, default=_plain, ensure_ascii=False)
    if "$" in content:
        content += json.dumps(lists, default=_plain, ensure_ascii=False)
    return f"{version}+{hashlib.blake2b(content.encode(), digest_size=4).hexdigest()}"


def _plain(value: Any) -> Any:
    """What JSON has no word for, the same on every machine and in every process."""
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    return "a path" if isinstance(value, PurePath) else str(value)


def judged(plugin: Any, options: Any, mentions: pl.DataFrame) -> pl.DataFrame:
    """What a scorer answers, as `label, value, confidence, detail`; raises `PluginError` when off its scale."""
    answer = plugin.score(mentions, options)
    if isinstance(answer, pl.Series):
        column = "label" if isinstance(plugin.scale, Labels) else "value"
        answer = answer.rename(column).to_frame()
    if not isinstance(answer, pl.DataFrame) or answer.height != mentions.height:
        raise PluginError(
            f"scorer '{plugin.name}' answered {_shape(answer)} for {mentions.height} mentions",
            do="It has to answer one value a row, in order.",
        )
    columns = [
        answer[name].cast(dtype)
        if name in answer.columns
        else pl.Series(name, [None] * answer.height, dtype=dtype)
        for name, dtype in (("label", pl.String), ("value", pl.Float64), ("confidence", pl.Float64))
    ]
    detail = _as_json(answer["detail"]) if "detail" in answer.columns else [None] * answer.height
    whole = pl.DataFrame([*columns, pl.Series("detail", detail, dtype=pl.String)]).with_columns(
        pl.col("value", "confidence").fill_nan(None)
    )
    _refuse_off_scale(plugin, whole)
    return whole


def _as_json(detail: pl.Series) -> list[str | None]:
    if detail.dtype == pl.String:
        return detail.to_list()
    if isinstance(detail.dtype, pl.Struct):
        return (
            detail.to_frame("d")
            .select(pl.when(pl.col("d").is_not_null()).then(pl.col("d").struct.json_encode()))["d"]
            .to_list()
        )
    return [None if value is None else orjson.dumps(value).decode() for value in detail.to_list()]


def _refuse_off_scale(plugin: Any, answer: pl.DataFrame) -> None:
    scale = plugin.scale
    if isinstance(scale, Range):
        wrong = answer.filter(~pl.col("value").is_between(scale.low, scale.high))["value"]
    elif isinstance(scale, Labels) and scale.names:
        wrong = answer.filter(~pl.col("label").is_in(list(scale.names)))["label"]
    else:
        return
    if len(wrong):
        raise PluginError(
            f"scorer '{plugin.name}' answered {wrong[0]!r}, which is not on its scale {scale}",
            do="Correct the plugin or its scale.",
        )


def _shape(answer: Any) -> str:
    if isinstance(answer, (pl.Series, pl.DataFrame)):
        return f"{len(answer)} rows"
    return f"a {type(answer).__name__}"
