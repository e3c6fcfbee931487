"""Which words carried a judgement: each stretch of one to three words is left out, and the scorer asked again."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import orjson
import polars as pl

from listening_etl.config import measures_needed
from listening_etl.pipeline import judging
from listening_etl.pipeline.context import Context
from listening_etl.pipeline.encodings import encode, wanted
from listening_etl.pipeline.trying import frame_of, leaning

WINDOWS = (1, 2, 3)
"""Words left out at once: « pas mal » says what neither of its words does."""
MOST = 120
"""Words that are left out in turn; of a longer text the rest is not tried."""


@dataclass(frozen=True)
class Word:
    """Characters `start` to `end` of the text; `weight`: what the judgement loses without it, as a probability.
    Below nought the word speaks against it."""

    start: int
    end: int
    weight: float


def explained(context: Context, mention: dict[str, Any], scores: list[dict[str, Any]]) -> dict[str, Any]:
    """The mention with its scores as stored, each with the `words` that carry it where the text alone decides.

    `words_by` is the version that weighed them: the present one, which may be newer than the score's.
    """
    frame = frame_of([mention["text"]]).with_columns(
        title=pl.lit(mention["title"], dtype=pl.String), lang=pl.lit(mention["lang"], dtype=pl.String)
    )
    for score in scores:
        plugin, options = (
            context.scorer(score["measure"]) if score["measure"] in context.topic.scorers else (None, None)
        )
        if plugin is not None and plugin.name == score["scorer"] and reads_text_alone(plugin):
            score["words"] = [asdict(word) for word in evidence(plugin, options, frame)]
            score["words_by"] = judging.version_of(plugin, options)
    told = ("mention_id", "source", "native_id", "published_at", "lang", "title", "text")
    return {**{name: mention[name] for name in told}, "scores": scores}


def reads_text_alone(plugin: Any) -> bool:
    """Whether a scorer needs nothing but title, text and language, so that it can be asked again without a word."""
    return getattr(plugin, "text_only", False) and not measures_needed(plugin)


def evidence(plugin: Any, options: Any, mention: pl.DataFrame) -> list[Word]:
    """The words of a mention's text with their weight for the label that the scorer gives or leans to.

    A word's weight is the mean over the stretches that hold it of what the label's probability loses, shared among
    the stretch. `mention` has one row, its language filled. Empty where the scorer has nothing to say.
    """
    text = mention["text"][0] or ""
    words = [found.span() for found in re.finditer(r"\S+", text)][:MOST]
    stretches = [(at, at + n) for n in WINDOWS for at in range(len(words) - n + 1) if n < len(words)]
    if not stretches:
        return []
    without = [text[: words[a][0]] + text[words[b - 1][1] :].lstrip() for a, b in stretches]
    repeated = mention[[0] * (len(stretches) + 1)].with_columns(text=pl.Series([text, *without]))
    shares = _shares(plugin, options, repeated)
    if shares is None:
        return []
    lost = (shares[0] - shares[1:]) / [b - a for a, b in stretches]
    holds = np.array([[a <= word < b for a, b in stretches] for word in range(len(words))])
    weights = (holds * lost).sum(axis=1) / holds.sum(axis=1)
    return [Word(*span, float(weight)) for span, weight in zip(words, weights, strict=True)]


def _shares(plugin: Any, options: Any, mentions: pl.DataFrame) -> Any:
    """The probability, in each row, of the label of the first; None where the first has none."""
    if wanted([plugin]):
        mentions = encode(mentions)
    answer = judging.judged(plugin, options, mentions)
    details = [orjson.loads(detail) if detail else {} for detail in answer["detail"]]
    label = answer["label"][0] or leaning(plugin, details[0])
    if label is None:
        return None
    told = pl.when(pl.col("label") == label).then(pl.col("confidence")).otherwise(0.0)
    confident = answer.select(told.fill_null(0.0))["confidence"].to_list()
    told_of = [detail.get(label) if isinstance(detail, dict) else None for detail in details]
    return np.array([c if d is None else float(d) for d, c in zip(told_of, confident, strict=True)])
