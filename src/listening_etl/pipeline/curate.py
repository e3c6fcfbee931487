"""Curate: from items as received to mentions, entity matches, scores and rejects, as Parquet files."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

import polars as pl

from listening_etl.config import SourceSettings
from listening_etl.model import Slice
from listening_etl.pipeline import judging, records
from listening_etl.pipeline.context import Context
from listening_etl.pipeline.normalising import newest, normalise
from listening_etl.pipeline.parsing import Refused, parse
from listening_etl.query import entities

COUNTS = (
    "rows", "mentions", "duplicates", "malformed", "skipped", "outside", "unmatched", "filtered", "opted_out",
    "quarantined",
)  # fmt: skip


VERSION = ["mention_id", "content_hash"]


def curate(
    context: Context, answers: list[dict[str, Any]], each: Callable[..., Iterable[Any]] = map
) -> list[dict[str, Any]]:
    """Curate the raw files of the answers of a slice; returns one receipt per answer, with its batches.

    A pure function of the raw files and the settings: the same input writes the same files. `each` is `map`,
    or one that spreads the files over processes.
    """
    slices = [Slice.from_dict(answer) for answer in answers for _ in answer["parts"]]
    parts = [part for answer in answers for part in answer["parts"]]
    curated = iter(each(curate_part, [context] * len(parts), slices, parts))
    receipts = []
    for answer in answers:
        batches, counts = [], Counter(dict.fromkeys(COUNTS, 0))
        for batch, found in islice(curated, len(answer["parts"])):
            batches.append(batch)
            counts.update(found)
        receipts.append({**answer, "batches": batches, "counts": dict(counts)})
    return receipts


def curate_part(context: Context, slice: Slice, raw_uri: str) -> tuple[str, Mapping[str, int]]:
    """Curate one raw file; returns the folder of the batch and the counts, which add up to `rows`."""
    source, options = context.source(slice.source)
    parsed, refused = parse(source, options, context.staging.read_frame(raw_uri))
    counts: Counter[str] = Counter(r.stage for r in refused)
    counts["rows"] = parsed.height + len(refused)
    inside = pl.col("published_at").is_between(slice.window.since, slice.window.until, closed="left")
    counts["outside"] = parsed.height - (parsed := parsed.filter(inside)).height

    settings = context.topic.sources[slice.source]
    entities_of_all = [e for topic in context.settings.topics.values() for e in topic.entities.values()]
    mentions = records.with_public_text(normalise(parsed, settings), entities_of_all)
    mentions, matches, unmatched = match(context, mentions, settings)
    counts["unmatched"] = unmatched.height
    mentions, language = judging.detect_language(context, mentions)
    mentions, dropped = judging.apply_filters(context, mentions)
    counts["filtered"] = sum(drop.mentions.height for drop in dropped)
    counts["mentions"] = mentions.height  # versions: the audit sees the whole run, and what came twice

    judged = newest(mentions)
    scores = [language, *(judging.score(context, m, judged) for m in judging.batch_measures(context))]
    frames = records.tables(mentions, judged, slice.source, context.key)
    frames["mention"] = frames["mention"].with_columns(pl.lit(raw_uri).alias("raw"))
    frames["score"] = pl.concat(scores).join(judged, on=VERSION, how="semi")
    frames["entity"] = matches.join(judged, on=VERSION, how="semi")
    frames["reject"] = rejected(slice.source, raw_uri, refused, unmatched, dropped)
    batch = batch_uri(context, slice, raw_uri)
    for name, frame in frames.items():
        context.staging.write_frame(f"{batch}/{name}.parquet", frame)
    return batch, {name: counts[name] for name in COUNTS}


def rejected(
    source: str, raw: str, refused: list[Refused], unmatched: pl.DataFrame, dropped: list[judging.Dropped]
) -> pl.DataFrame:
    """Everything of a raw file that became no mention, with the reason."""
    return pl.concat(
        [
            records.reject_refused(refused, source, raw),
            records.reject_mentions(unmatched, raw, "unmatched", "about none of the topic's entities"),
            *(
                records.reject_mentions(drop.mentions, raw, "filter", drop.reason, drop.rule, drop.version)
                for drop in dropped
            ),
        ]
    )


def match(
    context: Context, mentions: pl.DataFrame, source: SourceSettings
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Mentions about an entity of the topic (with `matches`), the bridge rows, and mentions about none."""
    public = mentions.with_columns(text="public_text", title="public_title")
    found = entities.match(public, context.topic.entities, source.about, source.match)
    found = found.with_columns(mentions.select("mention_id", "content_hash")[found["row"]])
    grouped = found.group_by("row").agg(pl.struct("entity", "role", "match", "owned").alias("matches"))
    indexed = mentions.with_row_index("row").join(grouped, on="row", how="left").sort("row").drop("row")
    matched = pl.col("matches").is_not_null()
    bridge = found.select("mention_id", "content_hash", "entity", "match", "evidence", "position", "owned")
    return indexed.filter(matched), bridge, indexed.filter(~matched)


def batch_uri(context: Context, slice: Slice, raw_uri: str) -> str:
    """Where the batch of a raw file goes: one folder per raw file and window."""
    name = hashlib.blake2b(f"{slice.id}\x1f{raw_uri}".encode(), digest_size=8).hexdigest()
    return context.staging.uri("batches", context.topic.name, slice.source, name)
