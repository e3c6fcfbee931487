"""Replay: curate what was received before once more, by the settings of today. No platform is asked.

A changed query, a new brand or rival, another filter or scorer has its past at once: as far back as raw items are
kept, the tables become what they would be if the settings had always been these.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from listening_etl.model import Window
from listening_etl.pipeline.audit import audit
from listening_etl.pipeline.context import Context
from listening_etl.pipeline.curate import curate
from listening_etl.pipeline.publish import publish
from listening_etl.pipeline.refresh import refresh
from listening_etl.pipeline.run import WORTH_PROCESSES, spread
from listening_etl.warehouse import runs
from listening_etl.warehouse.engine import transaction

AT_ONCE = 500_000
"""Items curated and published together, unless one slice alone has more."""

RAW_FILE = re.compile(r"\S.*?\.parquet(?=\s|$)")


@dataclass
class Replayed:
    """What a replay did: slices and items of the ledger, those that it could not read again with the reason, and
    the days whose figures were computed."""

    slices: int = 0
    received: int = 0
    left: list[dict[str, Any]] = field(default_factory=list)
    days: list[str] = field(default_factory=list)


def replay(
    context: Context,
    window: Window | None = None,
    progress: Callable[[str, int, int], None] = lambda *_: None,
    processes: int = 1,
) -> Replayed:
    """Curate, audit and publish every slice of the ledger that touches `window` (all, by default), then refresh.

    A slice whose raw files are gone keeps what was published of it. Broken off and called again it starts anew,
    and the tables end up the same.
    """
    done = Replayed()
    with transaction(context.url) as connection:
        answers = list(kept(context, runs.ledger(connection, context.topic.name, window), done))
    total = sum(answer["received"] for answer in answers)
    with spread(processes if total >= WORTH_PROCESSES else 1) as each:
        for pack in packs(answers):
            progress("replay", done.slices, len(answers))
            publish(context, audit(context, curate(context, pack, each)))
            done.slices += len(pack)
            done.received += sum(answer["received"] for answer in pack)
    progress("replay", done.slices, len(answers))
    done.days = refresh(context)["days"]
    return done


def kept(context: Context, ledger: list[dict[str, Any]], done: Replayed) -> Iterator[dict[str, Any]]:
    """The answers of the ledger whose raw files are there; the others are noted in `done`."""
    for row in ledger:
        parts = RAW_FILE.findall(row["raw"])
        reason = None
        if row["source"] not in context.topic.sources:
            reason = "the source is no longer in the settings"
        elif not all(context.staging.exists(part) for part in parts):
            reason = f"raw files are gone: they are kept for {context.topic.keep_raw_days} days"
        if reason is None:
            times = {name: row[name].isoformat() for name in ("since", "until", "recorded_at")}
            yield {**row, **times, "parts": parts}
        else:
            done.left.append({**{name: row[name] for name in ("source", "since", "until")}, "reason": reason})


def packs(answers: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The answers in packs that memory bears."""
    pack: list[dict[str, Any]] = []
    size = 0
    for answer in answers:
        if pack and size + answer["received"] > AT_ONCE:
            yield pack
            pack, size = [], 0
        pack.append(answer)
        size += answer["received"]
    if pack:
        yield pack
