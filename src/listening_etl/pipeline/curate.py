"""Curate: from items as received to mentions, entity matches, scores and rejects, as Parquet files."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

import polars as pl

from listening_etl.config import SourceSettings
from listening_etl.model import CONTEXT, Slice, Window
from listening_etl.pipeline import judging, records
from listening_etl.pipeline.aspects import aspects
from listening_etl.pipeline.context import Context
from listening_etl.pipeline.encodings import encoded_for
from listening_etl.pipeline.normalising import newest, normalise
from listening_etl.pipeline.parsing import Refused, parse
from listening_etl.privacy import author_keys
from listening_etl.query import entities

COUNTS = (
    "rows", "mentions", "duplicates", "malformed", "skipped", "outside", "unmatched", "filtered", "opted_out",
    "quarantined", "deletions",
)  # fmt: skip


RECHECK, RECHECK_CONTEXT = "recheck", "recheck of context"
"""Queries of the slices that ask what became of mentions: their windows are the time since they were last asked
after. Alone, a mention may say less than in its thread: it is taken only if it was edited since; of context, which
is about nothing without its thread, deletions alone."""

Counts = Mapping[str, int]
VERSION = ["mention_id", "content_hash"]
COPY = [*VERSION, "fetched_at"]


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
        by_filter = Counter(dict.fromkeys(context.topic.filters, 0))  # one that took nothing is told too
        for batch, found, taken in islice(curated, len(answer["parts"])):
            batches.append(batch)
            counts.update(found)
            by_filter.update(taken)
        told = {"counts": dict(counts), "filtered_by": dict(by_filter)}
        receipts.append({**answer, "batches": batches, **told})
    return receipts


def curate_part(context: Context, slice: Slice, raw_uri: str) -> tuple[str, Counts, Counts]:
    """Curate a raw file: the folder of the batch, the counts, which add up to `rows`, and `filtered` by filter."""
    source, options = context.source(slice.source)
    settings = context.topic.sources[slice.source]
    parsed = parse(source, options, context.staging.read_frame(raw_uri))
    counts: Counter[str] = Counter(r.stage for r in parsed.refused)
    counts["deletions"] = parsed.deletions.height
    counts["rows"] = parsed.mentions.height + len(parsed.refused) + parsed.deletions.height
    received = answered_for(parsed.mentions, slice)
    counts["outside"] = parsed.mentions.height - received.height
    entities_of_all = [e for topic in context.settings.topics.values() for e in topic.entities.values()]
    mentions = records.with_public_text(normalise(received, settings), entities_of_all)
    mentions = mentions.with_columns(author_key=author_keys(mentions, settings.identity, context.key))
    mentions, matches, unmatched = match(context, mentions, settings)
    mentions, language = judging.detect_language(context, mentions)
    mentions, dropped = judging.apply_filters(context, mentions)
    mentions, adrift = with_anchor(mentions)
    taken = [*dropped, judging.Dropped(adrift, "", "", "in the thread of what a filter dropped")]
    mentions, unmatched, *drops = of_the_window([mentions, unmatched, *(t.mentions for t in taken)], counts)
    *dropped, adrift_ = (replace(t, mentions=frame) for t, frame in zip(taken, drops, strict=True))
    counts["unmatched"] = unmatched.height + adrift_.mentions.height
    by_filter = {drop.rule: drop.mentions.height for drop in dropped}
    counts["filtered"] = sum(by_filter.values())
    counts["mentions"] = mentions.height  # versions: the audit sees the whole run, and what came twice

    judged, read = encoded_for(context, newest(mentions))
    frames = records.tables(mentions, judged, settings.identity, context.key) | {"encoding": read}
    frames["mention"] = frames["mention"].with_columns(pl.lit(raw_uri).alias("raw"))
    scores = [language, *judging.batch_scores(context, judged)]
    frames["score"] = pl.concat(scores).join(judged, on=VERSION, how="semi")
    frames["entity"] = matches.join(judged, on=COPY, how="semi")
    frames["aspect"] = aspects(context, judged, frames["entity"])
    if slice.query in (RECHECK, RECHECK_CONTEXT):
        frames["engagement"] = records.engagement(normalise(parsed.mentions, settings))
    frames["deletion"] = records.deletions(parsed, settings.identity)
    frames["reject"] = rejected(slice.source, raw_uri, parsed.refused, unmatched, adrift_, dropped)
    batch = batch_uri(context, slice, raw_uri)
    for name, frame in frames.items():
        context.staging.write_frame(f"{batch}/{name}.parquet", frame)
    return batch, {name: counts[name] for name in COUNTS}, by_filter


def answered_for(mentions: pl.DataFrame, slice: Slice) -> pl.DataFrame:
    """What of an item a slice answers for; the rest is outside."""
    received = with_place(mentions, slice.window)
    if slice.query == RECHECK:
        edited = pl.col("updated_at").is_between(slice.window.since, slice.window.until, closed="left")
        return received.filter(edited)
    return received.clear() if slice.query == RECHECK_CONTEXT else received


def with_place(mentions: pl.DataFrame, window: Window) -> pl.DataFrame:
    """The mentions that this slice answers for (`inside`), and those that came in one item with others: the
    thread that they are in may be what a mention of the window is in.

    A slice answers for what was published in its window, and for what is older and was edited or deleted in it.
    """
    times = (
        pl.col(name).is_between(window.since, window.until, closed="left")
        for name in ("published_at", "updated_at", "deleted_at")
    )
    inside = pl.any_horizontal(*times) & (pl.col("published_at") < window.until)
    mentions = mentions.with_columns(
        inside.fill_null(value=False).alias("inside"), thread=pl.col("raw_row").is_duplicated()
    )
    return mentions.filter(pl.col("inside") | pl.col("thread"))


def with_anchor(mentions: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Context whose thread still holds a mention, and context whose thread lost its own to a filter."""
    direct = ~pl.col("context")
    anchored = direct | direct.any().over("raw_row")
    return mentions.filter(anchored), mentions.filter(~anchored)


def of_the_window(frames: list[pl.DataFrame], counts: Counter[str]) -> list[pl.DataFrame]:
    """Leave to other slices what they answer for: what is about an entity itself.

    The rest of a thread has no slice of its own; whether it is context or not, its thread says, whenever it comes.
    """
    direct = ~pl.col("context") & pl.col("matches").is_not_null()
    kept = [frame.filter(pl.col("inside") | (pl.col("thread") & ~direct)) for frame in frames]
    counts["outside"] += sum(frame.height for frame in frames) - sum(frame.height for frame in kept)
    return kept


def rejected(
    source: str,
    raw: str,
    refused: list[Refused],
    unmatched: pl.DataFrame,
    adrift: judging.Dropped,
    dropped: list[judging.Dropped],
) -> pl.DataFrame:
    """Everything of a raw file that became no mention, with the reason."""
    return pl.concat(
        [
            records.reject_refused(refused, source, raw),
            records.reject_mentions(unmatched, raw, "unmatched", "about none of the topic's entities"),
            records.reject_mentions(adrift.mentions, raw, "unmatched", adrift.reason),
            *(
                records.reject_mentions(drop.mentions, raw, "filter", drop.reason, drop.rule, drop.version)
                for drop in dropped
            ),
        ]
    )


def match(
    context: Context, mentions: pl.DataFrame, source: SourceSettings
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Mentions about an entity of the topic and their context (with `matches`), the bridge rows, and others.

    What is about no entity and stands in one item (a thread) with a mention that is, is context of its entities.
    """
    public = mentions.with_columns(text="public_text", title="public_title")
    found = entities.match(public, context.topic.entities, context.queries, source.about, source.match)
    found = pl.concat([found, context_of(found, mentions["raw_row"])])
    found = found.with_columns(mentions.select(COPY)[found["row"]])
    grouped = found.group_by("row").agg(
        pl.struct("entity", "role", "match", "owned").alias("matches"),
        (pl.col("match") == CONTEXT).all().alias("context"),
    )
    indexed = mentions.with_row_index("row").join(grouped, on="row", how="left").sort("row").drop("row")
    indexed = indexed.with_columns(pl.col("context").fill_null(value=False))
    matched = pl.col("matches").is_not_null()
    bridge = found.select(*COPY, "entity", "match", "evidence", "position", "owned", "products")
    return indexed.filter(matched), bridge, indexed.filter(~matched)


def context_of(found: pl.DataFrame, items: pl.Series) -> pl.DataFrame:
    """Rows like `found` for the other mentions of the items in which something was found."""
    if not items.is_duplicated().any():
        return found.clear()
    of_item = items.to_frame("item").with_row_index("row")
    hits = found.join(of_item, on="row").select("item", "entity", "role").unique(maintain_order=True)
    mates = of_item.join(found, on="row", how="anti").join(hits, on="item", maintain_order="left")
    return mates.select(
        "row",
        "entity",
        "role",
        match=pl.lit(CONTEXT),
        evidence=pl.lit(None, dtype=pl.String),
        position=pl.lit(None, dtype=pl.Int32),
        owned=pl.lit(value=False),
        products=pl.lit(None, dtype=pl.List(pl.String)),
    )


def batch_uri(context: Context, slice: Slice, raw_uri: str) -> str:
    """Where the batch of a raw file goes: one folder per raw file, window and version of the settings."""
    name = hashlib.blake2b(
        f"{slice.id}\x1f{raw_uri}\x1f{context.version}".encode(), digest_size=8
    ).hexdigest()
    return context.staging.uri("batches", context.topic.name, slice.source, name)
