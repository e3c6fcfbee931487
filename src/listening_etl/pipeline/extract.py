"""Extract: fetch one slice and keep every item as received; a cut answer is halved or becomes a gap."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
import polars as pl

from listening_etl.frame import INSTANT
from listening_etl.http import Http, Validators
from listening_etl.model import Item, Slice, Truncated
from listening_etl.pipeline.context import Context

ITEMS_A_FILE = 25_000
"""Items in one raw file: what bounds the memory of every later step."""

SHORTEST_SLICE = timedelta(minutes=1)

RAW_SCHEMA: pl.Schema | dict[str, Any] = {
    "item": pl.Binary,
    "form": pl.String,
    "at": pl.String,
    "fetched_at": INSTANT,
}


@dataclass
class Answer:
    """What came back for one slice: raw files, how many items, and whether that was all."""

    slice: Slice
    parts: list[str] = field(default_factory=list)
    received: int = 0
    cut: Truncated | None = None

    def to_dict(self) -> dict[str, Any]:
        """What travels to the next step."""
        return {
            **self.slice.to_dict(),
            "parts": self.parts,
            "received": self.received,
            "state": "gap" if self.cut else "complete",
            "reason": self.cut.reason if self.cut else None,
            "expected": self.cut.expected if self.cut else None,
        }


def extract(context: Context, slice: Slice) -> list[dict[str, Any]]:
    """Fetch a slice; returns one answer per slice that the platform let us complete, or the gap that stays.

    A truncated answer is asked for again in two halves, down to a minute. Raises what the source raises:
    `SourceUnavailable` (again later), `CredentialsRejected`, `SourceUnreadable`. What came in before an
    error stays in the raw files and comes again with the next call.
    """
    answer = _fetch(context, slice)
    if answer.cut is None or slice.window.width < 2 * SHORTEST_SLICE:
        return [answer.to_dict()]
    halves = (Slice(slice.topic, slice.source, half, slice.query) for half in slice.window.halves())
    return [found for half in halves for found in extract(context, half)]


def _fetch(context: Context, slice: Slice) -> Answer:
    source, options = context.source(slice.source)
    remembered = _Remembered(context, slice.source)
    answer, buffer = Answer(slice), _Buffer(context, slice.source)
    allow_private = context.settings.allow_private_addresses
    with Http(cache=remembered.validators, allow_private=allow_private, now=context.now) as http:
        for found in source.fetch(options, slice, http):
            if isinstance(found, Truncated):
                answer.cut = found
            else:
                buffer.add(found if isinstance(found, Item) else Item(found))
    answer.parts, answer.received = buffer.close()
    if http.not_modified:  # the platform says: as last time; so what came last time is the answer
        answer.parts = [*remembered.parts, *(p for p in answer.parts if p not in remembered.parts)]
        answer.received += remembered.received
    remembered.keep(answer)
    return answer


class _Buffer:
    """Gathers items and writes them to raw files named by their content: the same answer, the same files."""

    def __init__(self, context: Context, source: str) -> None:
        self.context, self.source = context, source
        self.rows: list[tuple[bytes, str, str | None, datetime]] = []
        self.parts: list[str] = []
        self.count = 0

    def add(self, item: Item) -> None:
        data, form = _as_bytes(item.data)
        self.rows.append((data, form, item.at, item.fetched_at or self.context.now()))
        self.count += 1
        if len(self.rows) >= ITEMS_A_FILE:
            self._write()

    def close(self) -> tuple[list[str], int]:
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


def _as_bytes(data: bytes | str | dict[str, Any]) -> tuple[bytes, str]:
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


class _Remembered:
    """What the last fetch of a source left: HTTP validators, and the raw files that they stand for."""

    def __init__(self, context: Context, source: str) -> None:
        self.staging = context.staging
        self.uri = self.staging.uri("state", context.topic.name, source, "validators.json")
        known = self.staging.read_json(self.uri) if self.staging.exists(self.uri) else {}
        self.parts: list[str] = [part for part in known.get("parts", []) if self.staging.exists(part)]
        whole = len(self.parts) == len(known.get("parts", []))
        self.received: int = known.get("received", 0)
        validators = known.get("validators", {}) if whole else {}
        self.validators = {url: Validators(**values) for url, values in validators.items()}

    def keep(self, answer: Answer) -> None:
        if self.validators and answer.cut is None:
            validators = {url: asdict(values) for url, values in self.validators.items()}
            self.staging.write_json(
                self.uri, {"validators": validators, "parts": answer.parts, "received": answer.received}
            )
