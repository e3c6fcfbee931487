"""The budget that the settings give a source, kept in the warehouse: every worker spends from the same."""

from __future__ import annotations

from listening_etl.http import DailyBudget
from listening_etl.pipeline.context import Context
from listening_etl.warehouse.spending import Ledger


def budget_of(context: Context, name: str) -> DailyBudget | None:
    """The daily budget of a source of the topic, None when the settings give it none."""
    given = context.topic.sources[name].budget
    if given is None:
        return None
    zone = given.timezone or context.source(name)[0].capabilities.quota_zone
    return DailyBudget(
        requests=given.requests,
        units=given.units,
        money=given.money,
        zone=zone,
        now=context.now,
        spent=Ledger(context.url, name),
    )
