"""Audit: load a run's batches into staging tables and check them there, before anybody can read them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from listening_etl.errors import QualityFailed
from listening_etl.frame import INSTANT
from listening_etl.pipeline.context import Context
from listening_etl.pipeline.curate import COUNTS
from listening_etl.quality import Gate, Suite, load_suite, raise_if_stopped, rows_for_warehouse, verdict
from listening_etl.warehouse import loading, runs
from listening_etl.warehouse.engine import Connection, transaction

CLOCK_SKEW = timedelta(days=1)
"""A mention may be dated so far in the future before it is put aside: clocks and zones go wrong."""

SUITES = {"mention": "mention", "score": "score", "entity": "mention_entity", "aspect": "aspect"}


def run_id_of(receipts: Iterable[dict[str, Any]], version: str) -> str:
    """The token of a run, the same for the same slices, raw files and settings: a retry finds its own tables."""
    words = sorted(
        f"{r['topic']} {r['source']} {r['query']} {r['since']} {r['until']} {r['parts']}" for r in receipts
    )
    return hashlib.blake2b("\n".join([version, *words]).encode(), digest_size=6).hexdigest()


def audit(context: Context, receipts: list[dict[str, Any]]) -> dict[str, Any]:
    """Stage and check the batches; returns the run's receipt.

    A failed check stops the run (`QualityFailed`, nothing is published), quarantines the rows it names, or
    is recorded, as its suite says.
    """
    run_id = run_id_of(receipts, context.version)
    started = context.now()
    with transaction(context.url) as connection:
        loading.create(connection, run_id)
        _load(context, connection, receipts, run_id, started)
        loading.remove_opted_out(connection, context.topic.name, run_id)
        loading.leave_known(connection, run_id)
        loading.collapse(connection, context.topic.name, run_id)
        loading.analyze(connection, run_id)
        older = loading.older_reviews(connection, run_id)
    results = _check(context, run_id)
    older_results = _check_older(context, run_id) if older else []
    window = [datetime.fromisoformat(r[end]) for r in receipts for end in ("since", "until")]
    record = {
        "run_id": run_id, "topic": context.topic.name, "since": min(window), "until": max(window),
        "state": "audited", "started_at": started, "finished_at": None, "message": None,
        "query_version": context.query_version,
    }  # fmt: skip
    with transaction(context.url) as connection:
        found = rows_for_warehouse(run_id, [*results, *older_results], context.now())
        runs.store_quality(connection, run_id, found)
        loading.mark_quarantined(connection, run_id, _reasons(results))
        loading.mark_older(connection, run_id, _reasons(older_results))
        counts = loading.totals(connection, run_id, ("received", *COUNTS))
        record["counts"] = counts
        runs.record(connection, record)
    try:
        raise_if_stopped([*results, *older_results], where=f"run {run_id} of topic '{context.topic.name}'")
    except QualityFailed as error:
        with transaction(context.url) as connection:
            failed = {"state": "failed", "finished_at": context.now(), "message": str(error)}
            runs.record(connection, {**record, **failed})
        raise
    return {"run_id": run_id, "topic": context.topic.name, "counts": counts}


def _load(
    context: Context, connection: Connection, receipts: list[dict[str, Any]], run_id: str, at: datetime
) -> None:
    for number, receipt in enumerate(receipts):
        for batch in receipt["batches"]:
            for name in loading.IN_BATCHES:
                frame = context.staging.read_frame(f"{batch}/{name}.parquet")
                if name == "mention":
                    frame = frame.with_columns(
                        slice=pl.lit(number, dtype=pl.Int32), topic=pl.lit(context.topic.name)
                    )
                loading.copy(connection, loading.staged(name, run_id), frame)
    loading.copy(connection, loading.staged("coverage", run_id), _ledger(receipts, run_id, at))


def _ledger(receipts: list[dict[str, Any]], run_id: str, at: datetime) -> pl.DataFrame:
    """One coverage row per answer, shaped like ops.coverage; a replayed one was heard when it was recorded first."""
    rows = [
        {
            **{
                name: receipt[name]
                for name in ("topic", "source", "query", "state", "reason", "expected", "received")
            },
            "since": datetime.fromisoformat(receipt["since"]),
            "until": datetime.fromisoformat(receipt["until"]),
            **{name: receipt["counts"][name] for name in COUNTS},
            "filtered_by": as_json(receipt.get("filtered_by")),
            "raw": " ".join(receipt["parts"]) or None,
            "run_id": run_id,
            "recorded_at": datetime.fromisoformat(receipt.get("recorded_at", at.isoformat())),
            "slice": number,
        }
        for number, receipt in enumerate(receipts)
    ]
    words = ("topic", "source", "query", "state", "reason", "filtered_by", "raw", "run_id")
    texts = dict.fromkeys(words, pl.String)
    times = dict.fromkeys(("since", "until", "recorded_at"), INSTANT)
    numbers = dict.fromkeys(("expected", "received", *COUNTS), pl.Int64)
    return pl.DataFrame(rows, schema_overrides={**texts, **times, **numbers, "slice": pl.Int32})


def as_json(counts: dict[str, int] | None) -> str | None:
    """Counts as the text of a JSON object; None where an older version wrote the receipt."""
    return None if counts is None else json.dumps(counts)


def _check(context: Context, run_id: str) -> list[Any]:
    horizon = context.now() + CLOCK_SKEW
    with Gate(context.url) as gate:
        return [
            result
            for name, suite in SUITES.items()
            for result in gate.check(
                load_suite(suite),
                f"{name}_{run_id}",
                id_column="mention_id",
                where_parameters={"horizon": horizon} if name == "mention" else {},
            )
        ]


def _check_older(context: Context, run_id: str) -> list[Any]:
    """Older versions of reviews are kept beside the newest: what may be wrong with a row is checked there too."""
    mention = load_suite("mention")
    by_row = tuple(check for check in mention.checks if check.on_failure == "quarantine")
    with Gate(context.url) as gate:
        return gate.check(
            Suite("mention_older", by_row),
            f"older_{run_id}",
            id_column="copy",
            where_parameters={"horizon": context.now().isoformat()},
        )


def _reasons(results: list[Any]) -> dict[str, str]:
    return {key: "; ".join(why) for key, why in verdict(results).quarantined.items()}
