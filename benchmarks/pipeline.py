"""How fast the pipeline is, step by step: `python -m benchmarks.pipeline --mentions 100000`.

From a JSON Lines file to KPIs on a fresh embedded PostgreSQL in a temporary folder, in one process, with
language detection, three filters, influence and 50 brands, without a neural scorer. Every step is timed from
outside, first use of its libraries and models included.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from benchmarks import generate

ROOT = Path(__file__).resolve().parent.parent
STEPS = ("extract", "curate", "audit", "publish", "refresh")
TOPIC = "bench"


def settings(brand_names: list[str]) -> dict[str, Any]:
    """The settings that fit the invented mentions."""
    columns = {
        "native_id": "id", "published_at": "created_at", "updated_at": "edited_at", "lang_declared": "lang",
        "text": "text", "url": "url", "author.native_id": "user.id", "author.handle": "user.handle",
        "author.name": "user.name", "author.followers": "user.followers", "author.verified": "user.verified",
        "author.location": "user.location", "in_reply_to": "in_reply_to", "reply_to_author": "reply_to_handle",
        "conversation_id": "thread", "quoted_id": "quoted_id", "reshared_id": "reshared_id",
        "likes": "counts.likes", "replies": "counts.replies", "reshares": "counts.reshares",
        "views": "counts.views", "hashtags": "tags.hashtags", "tagged": "tags.handles", "links": "links",
        "media": "media", "place": "place.name", "lat": "place.lat", "lon": "place.lon",
    }  # fmt: skip
    roles = ["own", *["competitor"] * (len(brand_names) - 1)]
    topic = {
        "purpose": "Measure the pipeline.",
        "languages": ["fr", "en"],
        "timezone": "Europe/Paris",
        "start": generate.START.date().isoformat(),
        "entities": {
            name.lower(): {"role": role, "names": [name], "handles": [name]}
            for name, role in zip(brand_names, roles, strict=True)
        },
        "sources": {
            "social": {
                "plugin": "file",
                "channel": "social",
                "options": {"path": "mentions.jsonl", "columns": columns},
            }
        },
        "filters": {
            "blocked_authors": {"options": {"handles": generate.spammers()}},
            "language": {"options": {"languages": ["fr", "en"]}},
            "min_length": {"options": {"characters": 8}},
        },
        "scorers": {"language": {}, "influence": {}},
    }
    return {"version": 1, "plugins": str(ROOT / "plugins"), "topics": {TOPIC: topic}}


class ServerMemory(threading.Thread):
    """Watches the memory of PostgreSQL's processes, shared pages counted once; peak in bytes, 0 if unknown."""

    def __init__(self, data: Path) -> None:
        super().__init__(daemon=True)
        self.data, self.peak, self.done = data, 0, threading.Event()

    def run(self) -> None:
        """Look four times a second."""
        while not self.done.wait(0.25):
            self.peak = max(self.peak, self.now())

    def now(self) -> int:
        """Proportional set size of the server and its children, as Linux tells it."""
        try:
            pid = (self.data / "postmaster.pid").read_text().splitlines()[0]
            processes = [pid, *Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
            return sum(map(proportional, processes))
        except OSError:  # no Linux, or it has ended meanwhile
            return 0


def proportional(process: str) -> int:
    """Bytes that a process uses, its part of what it shares with others; 0 when it has ended."""
    try:
        found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{process}/smaps_rollup").read_text(), re.M)
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


def measure(home: Path, rows: int, seed: int, brands: int) -> dict[str, Any]:
    """Generate, run and time; seconds by step, rows, peak memory."""
    from listening_etl.model import Window
    from listening_etl.pipeline import run as pipeline
    from listening_etl.pipeline.context import open_context
    from listening_etl.pipeline.plan import window_of
    from listening_etl.warehouse.engine import embedded_folder, stop_embedded
    from listening_etl.warehouse.migration import migrate

    names = generate.brands(brands)
    generate.write(home / "mentions.jsonl", rows, seed, names)
    (home / "listening.yaml").write_text(yaml.safe_dump(settings(names), allow_unicode=True), "utf-8")
    context = open_context(TOPIC, home / "listening.yaml")
    data = embedded_folder(home)
    server = ServerMemory(data)
    try:
        migrate(context.url)
        server.start()
        clock = Clock(pipeline)
        window: Window = window_of(context, "2026-07-01", "2026-10-01")
        done = pipeline.run(context, window, processes=os.cpu_count() or 1)
        return {
            "rows": rows,
            "seconds": clock.seconds,
            "counts": done["counts"],
            "figures": sum(done["figures"]["rows"].values()),
            "client": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            "server": server.peak,
            "file": (home / "mentions.jsonl").stat().st_size,
        }
    finally:
        server.done.set()
        stop_embedded(data)


class Clock:
    """Seconds spent in each step, wherever `run` calls it."""

    def __init__(self, run: ModuleType) -> None:
        self.seconds = dict.fromkeys(STEPS, 0.0)
        self.started = time.perf_counter()
        for step in STEPS:
            setattr(run, step, self.timed(step, getattr(run, step)))

    def timed(self, step: str, do: Callable[..., Any]) -> Callable[..., Any]:
        """The step, with a look at the clock before and after."""

        def call(*given: Any) -> Any:
            start = time.perf_counter()
            try:
                return do(*given)
            finally:
                self.seconds[step] += time.perf_counter() - start

        return call


def report(found: dict[str, Any]) -> None:
    """Print a table."""
    rows, counts = found["rows"], found["counts"]
    whole = sum(found["seconds"].values())
    print(f"{rows:,} lines, {found['file'] / rows:.0f} bytes each; {os.cpu_count()} processors")
    print(f"{counts['mentions']:,} mentions, {found['figures']:,} KPI rows; left out: " + ", ".join(
        f"{name} {counts[name]:,}" for name in ("malformed", "duplicates", "unmatched", "filtered")
    ))  # fmt: skip
    print(f"\n{'step':<10}{'seconds':>10}{'rows/s':>12}{'share':>8}")
    for step, seconds in {**found["seconds"], "overall": whole}.items():
        print(f"{step:<10}{seconds:>10.2f}{rows / seconds:>12,.0f}{seconds / whole:>8.0%}")
    print(f"\npeak memory: this process {found['client'] / 2**20:,.0f} MB, ", end="")
    print(f"PostgreSQL {found['server'] / 2**20:,.0f} MB" if found["server"] else "PostgreSQL's unknown")


def main() -> int:
    """The command line; 1 when slower than `--at-least`."""
    parser = argparse.ArgumentParser(prog="benchmarks.pipeline", description="How fast the pipeline is.")
    parser.add_argument("--mentions", type=int, default=100_000, help="lines in the file")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--brands", type=int, default=50, help="entities of the topic")
    parser.add_argument("--at-least", type=float, default=0, help="rows a second below which it fails")
    given = parser.parse_args()
    os.environ.setdefault("LISTENING_PSEUDONYM_KEY", secrets.token_hex(32))
    os.environ.pop("LISTENING_WAREHOUSE_URL", None)
    os.environ.pop("LISTENING_STAGING", None)
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        found = measure(Path(home), given.mentions, given.seed, given.brands)
    report(found)
    return int(given.mentions / sum(found["seconds"].values()) < given.at_least)


if __name__ == "__main__":
    sys.exit(main())
