"""Refresh: compute each KPI again for the days that publishes touched, check it, and swap it in."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import polars as pl

from listening_etl.pipeline import drift, judging, similar, stories, themes
from listening_etl.pipeline.context import Context
from listening_etl.quality import CheckResult, Gate, load_suite, raise_if_stopped, rows_for_warehouse
from listening_etl.warehouse import authors, cascades, figures, loading, runs
from listening_etl.warehouse.engine import Connection, transaction
from listening_etl.warehouse.publishing import lock, lock_topic

AT_A_TIME = 2
"""KPIs computed at once."""


def refresh(context: Context) -> dict[str, Any]:
    """Bring the topic's KPIs up to date; returns the days computed, the rows of each KPI, and warnings of drift.

    Figures are staged, checked, and become visible together; a failed check (`QualityFailed`) leaves the old
    ones and the days marked stale. A day that a publish touches meanwhile stays marked. Refreshes of a topic
    go one after the other. Stories are gathered first: a copy may change the figures of other days. The index for
    `similar` comes last, when nobody waits any more.
    """
    with transaction(context.url) as waiting:
        lock_topic(waiting, context.topic.name)
        done = _refresh(context)
    similar.index(context)
    return done


def _refresh(context: Context) -> dict[str, Any]:
    topic = context.topic.name
    with transaction(context.url) as connection:
        lock(connection)
        figures.store_definitions(connection)
        loading.analyze_grown(connection)
        stories.gather(context, connection)
        themes.gather(context, connection)
        for source in context.topic.sources:
            cascades.trace(connection, source)
        stale = runs.stale_days(connection, topic)
        days = [day for day, _ in stale]
        if not days:
            return {"topic": topic, "days": [], "rows": {}, "drift": []}
        judge_authors(context, connection)
        run_id = _token(topic)
    with transaction(context.url) as guard:
        lock(guard)
        rows, results = _compute_and_check(context, days, run_id)
    with transaction(context.url) as connection:
        checked = _token(f"{topic} {stale}")  # what was found is kept of every refresh
        runs.store_quality(connection, checked, rows_for_warehouse(checked, results, context.now()))
    raise_if_stopped(results, where=f"KPIs of topic '{topic}'")
    with transaction(context.url) as connection:
        lock(connection)
        for kpi in figures.KPI_NAMES:
            figures.swap(connection, kpi, topic, days, _staged(kpi, run_id))
            loading.drop_table(connection, _staged(kpi, run_id))
        verdicts = drift.watch(connection, topic, days)
        results.append(drift.as_check(verdicts))
        runs.store_quality(connection, checked, rows_for_warehouse(checked, results, context.now()))
        runs.clear_stale(connection, topic, stale)
    moved = drift.warnings(verdicts)
    return {"topic": topic, "days": [day.isoformat() for day in days], "rows": rows, "drift": moved}


def _compute_and_check(
    context: Context, days: list[date], run_id: str
) -> tuple[dict[str, int], list[CheckResult]]:
    """Stage every KPI, two at a time (PostgreSQL does the work), and check each as soon as it is there."""

    def compute(kpi: str) -> int:
        with transaction(context.url) as connection:
            return figures.compute(connection, kpi, context.topic.name, days, _staged(kpi, run_id))

    rows: dict[str, int] = {}
    results: list[CheckResult] = []
    with ThreadPoolExecutor(AT_A_TIME) as threads, Gate(context.url) as gate:
        for kpi, count in zip(figures.KPI_NAMES, threads.map(compute, figures.KPI_NAMES), strict=True):
            rows[kpi] = count
            results += gate.check(load_suite(f"kpi_{kpi}"), _staged(kpi, run_id).removeprefix("staging."))
    return rows, results


def _token(words: str) -> str:
    """Names the staged tables by the topic alone: what a refresh that broke off left, the next one replaces."""
    return hashlib.blake2b(words.encode(), digest_size=6).hexdigest()


def _staged(kpi: str, run_id: str) -> str:
    return f"staging.kpi_{kpi}_{run_id}"


def judge_authors(context: Context, connection: Connection) -> None:
    """Let the scorers that judge authors see each platform as a whole; names only those with `signs`."""
    for measure in context.topic.scorers:
        plugin, options = context.scorer(measure)
        if judging.scope(plugin) != "author":
            continue
        for source in context.topic.sources:
            seen = authors.signs_of_source if getattr(plugin, "signs", False) else authors.of_source
            known = seen(connection, source)
            answer = judging.judged(plugin, options, known)
            version = pl.lit(judging.version_of(plugin, options)).alias("version")
            told = known.select("author_key").hstack(answer).with_columns(version)
            authors.store(connection, measure, source, told)
