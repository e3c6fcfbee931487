"""Recheck: ask sources what became of the mentions that they brought: changed, as they were, or deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from listening_etl.errors import BudgetSpent, ListeningError
from listening_etl.hookspecs import Rechecks
from listening_etl.model import Item, Slice, Window
from listening_etl.pipeline.audit import audit
from listening_etl.pipeline.context import Context
from listening_etl.pipeline.curate import RECHECK, RECHECK_CONTEXT, curate
from listening_etl.pipeline.extract import Answer, open_http
from listening_etl.pipeline.publish import publish
from listening_etl.pipeline.raw import RawFiles
from listening_etl.warehouse import rechecks
from listening_etl.warehouse.engine import transaction

AGAIN_AFTER = timedelta(hours=24)
AT_MOST = 10_000
"""Mentions of one source asked for in a night; those that waited longest come first."""
AT_ONCE = 100
"""Mentions asked for in one call of a source: what a spent budget leaves open is asked for the next night."""


def recheck(context: Context) -> dict[str, Any]:
    """Ask every source of the topic that can tell, and publish what it says; returns counts by source.

    One source that fails does not stop the others: they are published, then its error is raised.
    """
    receipts: list[dict[str, Any]] = []
    asked: dict[str, list[rechecks.Held]] = {}
    failures: list[ListeningError] = []
    for name in context.topic.sources:
        if context.topic.sources[name].same_as or not isinstance(context.source(name)[0], Rechecks):
            continue
        try:
            held, heard = due(context, name), []
            for query, some in (
                (RECHECK, [h for h in held if not h.context]),
                (RECHECK_CONTEXT, [h for h in held if h.context]),
            ):
                answers, answered = _ask(context, name, query, some) if some else ([], [])
                receipts += curate(context, answers)
                heard += answered
            asked[name] = heard
        except ListeningError as error:
            failures.append(error)
    if receipts:
        publish(context, audit(context, receipts))
    with transaction(context.url) as connection:
        rechecks.note(connection, [h.mention_id for held in asked.values() for h in held], context.now())
    for failure in failures:
        raise failure
    deletions = dict.fromkeys(asked, 0)
    for receipt in receipts:
        deletions[receipt["source"]] += receipt["counts"]["deletions"]
    return {name: {"asked": len(held), "deleted": deletions[name]} for name, held in asked.items()}


def due(context: Context, name: str) -> list[rechecks.Held]:
    """The mentions of a source whose turn it is."""
    now = context.now()
    age = context.topic.sources[name].recheck
    with transaction(context.url) as connection:
        return rechecks.due(connection, context.topic.name, name, now - age, now - AGAIN_AFTER, AT_MOST)


def _ask(
    context: Context, name: str, query: str, held: Sequence[rechecks.Held]
) -> tuple[list[dict[str, Any]], list[rechecks.Held]]:
    """What a source says of mentions, and those of them that it was asked for before its budget was spent."""
    source, options = context.source(name)
    window = Window(min(one.seen_at for one in held), context.now())
    files, answered = RawFiles(context, name), 0
    reason = "what became of mentions that we hold"
    with open_http(context, name) as http:
        try:
            for start in range(0, len(held), AT_ONCE):
                ids = [one.native_id for one in held[start : start + AT_ONCE]]
                for found in source.recheck(options, ids, http):
                    files.add(found if isinstance(found, Item) else Item(found))
                answered += len(ids)
        except BudgetSpent as error:
            reason = str(error)
    parts, received = files.close()
    slice = Slice(context.topic.name, name, window, query)
    answer = Answer(slice, parts, received, "recheck", reason, len(held))
    return [answer.to_dict()], list(held[:answered])
