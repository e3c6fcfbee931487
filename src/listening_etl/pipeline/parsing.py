"""From raw items to a frame: what cannot be read is kept as a reject, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from listening_etl.errors import NotAMention
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
            answer = source.parse(as_received(data, form), options)
            found = [answer] if isinstance(answer, Mention | Deletion) else list(answer)
            gone = [
                (str(one.native_id), moment(one.deleted_at, "deleted_at") or times[row])
                for one in found
                if isinstance(one, Deletion)
            ]
        except NotAMention as reason:
            refused.append(Refused(row, places[row], "skipped", str(reason) or "no mention"))
        except Exception as error:  # noqa: BLE001 - whatever a plugin raises, the item is kept with the reason
            refused.append(Refused(row, places[row], "malformed", _reason(error)))
        else:
            deletions += gone
            alive = [one for one in found if not isinstance(one, Deletion)]
            mentions.extend(alive)
            rows.extend([row] * len(alive))
            if not found:
                refused.append(Refused(row, places[row], "skipped", "no mention in it"))
    frame, wrong = from_mentions(mentions)
    refused.extend(Refused(rows[i], places[rows[i]], "malformed", reason) for i, reason in wrong.items())
    kept = pl.Series("raw_row", [row for i, row in enumerate(rows) if i not in wrong], dtype=pl.Int32)
    origin = raw.select("at", "fetched_at")[kept.cast(pl.UInt32)]
    told = pl.DataFrame(
        deletions, schema=pl.Schema({"native_id": pl.String(), "deleted_at": INSTANT}), orient="row"
    )
    return Parsed(frame.with_columns(kept).hstack(origin), refused, told)


def _reason(error: Exception) -> str:
    words = str(error) or "no reason given"
    name = (
        ""
        if isinstance(error, ValueError) and type(error).__name__ == "Malformed"
        else f"{type(error).__name__}: "
    )
    return f"{name}{words}"[:LONGEST_REASON]
