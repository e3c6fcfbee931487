"""Publish: merge an audited run into the curated tables, ledger and watermarks, in one transaction."""

from __future__ import annotations

from typing import Any

from listening_etl.pipeline.context import Context
from listening_etl.pipeline.plan import queries
from listening_etl.warehouse import publishing, runs
from listening_etl.warehouse.dimensions import store_dimensions
from listening_etl.warehouse.engine import transaction


def publish(context: Context, receipt: dict[str, Any]) -> dict[str, Any]:
    """Make an audited run visible, all of it or nothing; returns its receipt with the days touched.

    A run that is published already is left alone, and gives the same receipt.
    """
    run_id, topic = receipt["run_id"], context.topic.name
    with transaction(context.url) as connection:
        publishing.lock(connection)
        known = runs.state(connection, run_id)
        if known is not None and known["state"] == "published":
            return {**receipt, **{name: known["counts"][name] for name in ("days", "merged")}}
        store_dimensions(connection, topic, dimensions(context))
        merged = publishing.publish(connection, topic, run_id, context.query_version)
        done = {"days": [day.isoformat() for day in merged["days"]], "merged": merged["counts"]}
        runs.finish(connection, run_id, context.now(), {**receipt["counts"], **done})
    return {**receipt, **done}


def dimensions(context: Context) -> dict[str, list[dict[str, Any]]]:
    """What the settings say of topic, entities, measures and sources, as rows."""
    topic, version = context.topic, context.query_version
    return {
        "dim_topic": [
            {
                "topic": topic.name,
                "title": topic.title,
                "description": topic.description,
                "purpose": topic.purpose,
                "timezone": topic.timezone,
                "since": topic.since,
            }
        ],
        "dim_entity": [
            {"topic": topic.name, "entity": name, "title": entity.title, "role": entity.role}
            for name, entity in topic.entities.items()
        ],
        "dim_query": [
            {"topic": topic.name, "query_version": version, "entity": name, "query": query.expanded}
            for name, query in context.queries.items()
        ],
        "dim_measure": [
            {"topic": topic.name, "measure": measure, "scorer": context.scorer(measure)[0].name}
            for measure in topic.scorers
        ],
        "dim_source": [_source(context, name) for name in topic.sources],
        "asked": [
            {"topic": topic.name, "source": name, "query": query}
            for name in topic.sources
            for query in queries(context, name)
        ],
    }


def _source(context: Context, name: str) -> dict[str, Any]:
    plugin, _ = context.source(name)
    history = plugin.capabilities.history
    return {
        "source": name,
        "plugin": plugin.name,
        "channel": context.topic.sources[name].channel,
        "history_days": None if history is None else history.days,
        "deletions": plugin.capabilities.deletions,
        "collects": " ".join((type(plugin).__doc__ or plugin.name).split()),
    }
