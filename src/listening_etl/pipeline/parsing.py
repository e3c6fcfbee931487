"""From raw items to a frame: what cannot be read is kept as a reject, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import polars as pl

from listening_etl.errors import Malformed, NotAMention
from listening_etl.frame import INSTANT, from_mentions
from listening_etl.model import Deletion, Mention, moment
from listening_etl.pipeline.raw import as_received

LONGEST_REASON = 500


@dataclass(frozen=True)
class Refused:
    """An item that gave no mention."""

    raw_row: int
    at: str | None
    stage: str
    reason: str


@dataclass(frozen=True)
class Parsed:
    """What a raw file gave: mentions as a frame with `raw_row`, `at` and `fetched_at`; the items refused; and
    what was deleted, as `native_id` and `deleted_at`."""

    mentions: pl.DataFrame
    refused: list[Refused]
    deletions: pl.DataFrame


def parse(source: Any, options: Any, raw: pl.DataFrame) -> Parsed:
    """Let the plugin read each item of a raw file; whatever it raises, the item is kept with the reason."""
    mentions: list[Mention] = []
    rows: list[int] = []
    refused: list[Refused] = []
    deletions: list[tuple[str, datetime]] = []
    places, times = raw["at"].to_list(), raw["fetched_at"].to_list()
    for row, (data, form) in enumerate(
        raw.select("item", "form").iter_rows()
    ):  # a plugin's parse takes one item
        try:
            found = in_order(source.parse(as_received(data, form), options))
            gone = [(str(d.native_id), moment(d.deleted_at, "deleted_at") or times[row]) for d in found.gone]
        except NotAMention as reason:
            refused.append(Refused(row, places[row], "skipped", str(reason) or "no mention"))
        except Exception as error:  # noqa: BLE001 - whatever a plugin raises, the item is kept with the reason
            refused.append(Refused(row, places[row], "malformed", _reason(error)))
        else:
            deletions += gone
            mentions += found.alive
            rows += [row] * len(found.alive)
            refused += (Refused(row, places[row], stage, reason) for stage, reason in found.refused)
    frame, wrong = from_mentions(mentions)
    refused.extend(Refused(rows[i], places[rows[i]], "malformed", reason) for i, reason in wrong.items())
    kept = pl.Series("raw_row", [row for i, row in enumerate(rows) if i not in wrong], dtype=pl.Int32)
    origin = raw.select("at", "fetched_at")[kept.cast(pl.UInt32)]
    told = pl.DataFrame(
        deletions, schema=pl.Schema({"native_id": pl.String(), "deleted_at": INSTANT}), orient="row"
    )
    return Parsed(frame.with_columns(kept).hstack(origin), refused, told)


class Answer(NamedTuple):
    """What a plugin made of one item, sorted; of what was refused, stage and reason."""

    alive: list[Mention]
    gone: list[Deletion]
    refused: list[tuple[str, str]]


def in_order(answer: Any) -> Answer:
    """Sort what `parse` returned: one thing or several, among which errors say what became no mention."""
    if isinstance(answer, Mention):
        return Answer([answer], [], [])
    found = Answer([], [], [])
    for one in [answer] if isinstance(answer, Deletion) else answer:
        if isinstance(one, Deletion):
            found.gone.append(one)
        elif isinstance(one, Malformed | NotAMention):
            stage = "malformed" if isinstance(one, Malformed) else "skipped"
            found.refused.append((stage, str(one) or "no mention"))
        else:
            found.alive.append(one)
    return found if any(found) else Answer([], [], [("skipped", "no mention in it")])


def _reason(error: Exception) -> str:
    words = str(error) or "no reason given"
    name = (
        ""
        if isinstance(error, ValueError) and type(error).__name__ == "Malformed"
        else f"{type(error).__name__}: "
    )
    return f"{name}{words}"[:LONGEST_REASON]
