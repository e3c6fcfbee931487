"""Raw files: every item as a source received it, and what servers said of its last answer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
import polars as pl

from listening_etl.frame import INSTANT
from listening_etl.http import Validators
from listening_etl.model import Gap, Item, Slice
from listening_etl.pipeline.context import Context

ITEMS_A_FILE = 25_000
"""Items in one raw file: what bounds the memory of every later step."""

RAW_SCHEMA: pl.Schema | dict[str, Any] = {
    "item": pl.Binary,
    "form": pl.String,
    "at": pl.String,
    "fetched_at": INSTANT,
}


class RawFiles:
    """Gathers items and writes them to raw files named by their content: the same answer, the same files."""

    def __init__(self, context: Context, source: str) -> None:
        self.context, self.source = context, source
        self.rows: list[tuple[bytes, str, str | None, datetime]] = []
        self.parts: list[str] = []
        self.count = 0

    def add(self, item: Item) -> None:
        """Keep one more item."""
        data, form = as_bytes(item.data)
        self.rows.append((data, form, item.at, item.fetched_at or self.context.now()))
        self.count += 1
        if len(self.rows) >= ITEMS_A_FILE:
            self._write()

    def close(self) -> tuple[list[str], int]:
        """Write what is left; returns the files and the number of items."""
        if self.rows:
            self._write()
        return self.parts, self.count

    def _write(self) -> None:
        data, forms, places, times = zip(*self.rows, strict=True)
        digest = hashlib.blake2b(b"".join(data), digest_size=12)
        digest.update(orjson.dumps([list(map(len, data)), forms, places, times]))
        uri = self.context.staging.uri(
            "raw", self.context.topic.name, self.source, f"{digest.hexdigest()}.parquet"
        )
        if self.context.staging.exists(uri):
            self.context.staging.touch(uri)
        else:
            columns = dict(zip(RAW_SCHEMA, zip(*self.rows, strict=True), strict=True))
            self.context.staging.write_frame(uri, pl.DataFrame(columns, schema=RAW_SCHEMA))
        self.parts.append(uri)
        self.rows = []


def as_bytes(data: bytes | str | dict[str, Any]) -> tuple[bytes, str]:
    """An item as it is kept, and in which form it came."""
    if isinstance(data, bytes):
        return data, "bytes"
    if isinstance(data, str):
        return data.encode("utf-8", "surrogatepass"), "text"
    return orjson.dumps(data), "json"


def as_received(data: bytes, form: str) -> Any:
    """The item as the source yielded it."""
    if form == "bytes":
        return data
    return data.decode("utf-8", "surrogatepass") if form == "text" else orjson.loads(data)


class Remembered:
    """What the last fetch for a query left: HTTP validators, and the raw files and gaps that they stand for.

    What an answer does not reach is known from the start of the window that it was asked for: an earlier one
    is asked for without validators.
    """

    def __init__(self, context: Context, slice: Slice) -> None:
        self.staging, self.since = context.staging, slice.window.since
        file = f"validators{digest_of(slice.query)}.json"
        self.uri = self.staging.uri("state", context.topic.name, slice.source, file)
        known = self.staging.read_json(self.uri) if self.staging.exists(self.uri) else {}
        self.parts: list[str] = [part for part in known.get("parts", []) if self.staging.exists(part)]
        whole = len(self.parts) == len(known.get("parts", []))
        reaches = "since" in known and datetime.fromisoformat(known["since"]) <= self.since
        self.received: int = known.get("received", 0)
        self.gaps = [
            Gap(datetime.fromisoformat(since), datetime.fromisoformat(until), reason, expected)
            for since, until, reason, expected in known.get("gaps", [])
        ]
        validators = known.get("validators", {}) if whole and reaches else {}
        self.validators = {url: Validators(**values) for url, values in validators.items()}

    def keep(self, parts: list[str], received: int, gaps: Sequence[Gap]) -> None:
        """Remember the validators that this answer left, if any, and what came with them."""
        if not self.validators:
            return
        state = {
            "validators": {url: asdict(values) for url, values in self.validators.items()},
            "since": self.since.isoformat(),
            "parts": parts,
            "received": received,
            "gaps": [(g.since.isoformat(), g.until.isoformat(), g.reason, g.expected) for g in gaps],
        }
        self.staging.write_json(self.uri, state)


def digest_of(query: str) -> str:
    """What tells the files of several queries apart; nothing for no query in particular."""
    return f"-{hashlib.blake2b(query.encode(), digest_size=8).hexdigest()}" if query else ""
