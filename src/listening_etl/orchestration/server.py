"""Airflow with its UI on this machine: `python -m listening_etl.orchestration.server up|down|status`.

Airflow's four parts are started one by one and not by `airflow standalone`: that opens log servers to the
whole network, and here everything listens to this machine alone.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import psutil  # type: ignore[import-untyped]  # Airflow brings it

from listening_etl.config import Settings, load_settings
from listening_etl.errors import FixAndRerun, ListeningError
from listening_etl.orchestration.airflow_home import FOLDER, LOCAL, airflow_environment

PARTS = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
SECONDS_TO_START = 180
SECONDS_TO_STOP = 30
SECONDS_TO_KILL = 5


class ServerError(FixAndRerun):
    """Airflow could not be started here."""


@dataclass(frozen=True)
class Started:
    """A process we started; `created` tells it from a later one with the same number."""

    name: str
    pid: int
    created: float

    def process(self) -> psutil.Process | None:
        """The process, if it still runs."""
        try:
            found = psutil.Process(self.pid)
            same = abs(found.create_time() - self.created) < 1 and found.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return found if same else None


def up(settings: Settings, port: int) -> str:
    """Start PostgreSQL, migrate the warehouse, start Airflow, wait until it is well; returns its address."""
    from listening_etl.warehouse.engine import embedded_folder, start_embedded

    running = [one for one in remembered(settings.home) if one.process()]
    if running:
        names = ", ".join(one.name for one in running)
        raise ServerError(f"Airflow runs here already ({names})", do="Stop it first: make down.")
    _refuse_taken(port)
    environment = {**os.environ, **airflow_environment(settings.home, port=port)}
    say("PostgreSQL: starting, and bringing the tables up to date")
    start_embedded(embedded_folder(settings.home))
    prepare(settings)
    log = settings.home / FOLDER / "migrate.log"
    say("Airflow: bringing its records up to date")
    with log.open("wb") as file:
        command = [sys.executable, "-m", "airflow", "db", "migrate"]
        code = subprocess.run(
            command, check=False, env=environment, cwd=settings.home, stdout=file, stderr=file
        ).returncode
    if code:
        raise ServerError("Airflow's records cannot be migrated", where=str(log), do=f"It says: {_tail(log)}")
    say("Airflow: starting")
    start(settings.home, environment)
    address = environment["AIRFLOW__API__BASE_URL"]
    try:
        wait_until_healthy(settings.home, address)
    except BaseException:
        stop(settings.home)
        raise
    return address


def prepare(settings: Settings) -> None:
    """The warehouse's tables and a key for pseudonyms: what the first run needs."""
    from listening_etl.pipeline.context import configured_warehouse
    from listening_etl.privacy import save_key
    from listening_etl.warehouse.engine import warehouse_url
    from listening_etl.warehouse.migration import migrate

    migrate(warehouse_url(configured_warehouse(settings), settings.home))
    if not os.environ.get(settings.pseudonym_key.env):
        save_key(settings.home)


def start(home: Path, environment: Mapping[str, str]) -> None:
    """Start Airflow's parts, each in a session of its own, and remember them."""
    started = []
    for name, words in PARTS.items():
        with _log(home, name).open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "airflow", *words],
                env=dict(environment), cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        started.append(Started(name, process.pid, psutil.Process(process.pid).create_time()))
        _file(home).write_text(json.dumps([asdict(one) for one in started]), "utf-8")


def wait_until_healthy(home: Path, address: str) -> None:
    """Return when every part says that it is well; raises `ServerError` when one ended or none answers."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        for one in remembered(home):
            if one.process() is None:
                log = _log(home, one.name)
                raise ServerError(f"Airflow's {one.name} ended", where=str(log), do=f"It says: {_tail(log)}")
        health = health_of(address)
        if health and all(part == "healthy" for part in health.values()):
            return
        time.sleep(0.5)
    raise ServerError(
        f"Airflow is not well after {SECONDS_TO_START} s", do=f"Read the logs in {home / FOLDER}."
    )


def health_of(address: str) -> dict[str, str]:
    """What each part of Airflow says of itself; empty when it does not answer."""
    try:
        with urlopen(f"{address}/api/v2/monitor/health", timeout=5) as answer:
            found: dict[str, dict[str, Any]] = json.load(answer)
    except (URLError, OSError, ValueError):
        return {}
    return {name: str(part.get("status")) for name, part in found.items()}


def down(settings: Settings) -> None:
    """Stop what `up` started, Airflow first, then the embedded PostgreSQL."""
    from listening_etl.warehouse.engine import embedded_folder, stop_embedded

    say("Airflow: stopped" if stop(settings.home) else "Airflow: was not running")
    say(
        "PostgreSQL: stopped"
        if stop_embedded(embedded_folder(settings.home))
        else "PostgreSQL: was not running"
    )


def stop(home: Path) -> bool:
    """Stop the remembered processes and theirs, kindly first; False when none ran."""
    found = [process for one in remembered(home) if (process := one.process())]
    tree = [child for process in found for child in process.children(recursive=True)]
    _end(found, SECONDS_TO_STOP)  # the parts end their own children, and wait for tasks under way
    _end(tree, SECONDS_TO_KILL)
    _file(home).unlink(missing_ok=True)
    return bool(found)


def status(settings: Settings) -> bool:
    """Say what runs; whether all of it does."""
    from listening_etl.warehouse.engine import embedded_folder

    running = {one.name: one.process() is not None for one in remembered(settings.home)}
    for name in PARTS:
        say(f"{name:<14} {'runs' if running.get(name) else 'does not run'}")
    served = (embedded_folder(settings.home) / "postmaster.pid").exists()
    say(f"{'PostgreSQL':<14} {'runs' if served else 'does not run'}")
    return served and all(running.get(name) for name in PARTS)


def remembered(home: Path) -> list[Started]:
    """The processes that `up` started last."""
    file = _file(home)
    return [Started(**one) for one in json.loads(file.read_text("utf-8"))] if file.exists() else []


def say(words: str) -> None:
    """Write a line for the person who waits."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def _end(processes: list[psutil.Process], patience: float) -> None:
    for how, seconds in (("terminate", patience), ("kill", SECONDS_TO_KILL)):
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                getattr(process, how)()
        _, processes = psutil.wait_procs(processes, timeout=seconds)


def _file(home: Path) -> Path:
    return home / FOLDER / "processes.json"


def _log(home: Path, name: str) -> Path:
    return home / FOLDER / f"{name}.log"


def _tail(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "nothing"


def _refuse_taken(port: int) -> None:
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((LOCAL, port))
        except OSError as error:
            raise ServerError(
                f"port {port} is taken: {error.strerror}", do="Choose another: --port 8081."
            ) from error


def main(words: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="server", description="Airflow with its UI on this machine.")
    parser.add_argument("command", choices=("up", "down", "status"))
    parser.add_argument("--port", type=int, default=8080)
    given = parser.parse_args(words)
    try:
        settings = load_settings()
        if given.command == "up":
            say(f"Airflow is at {up(settings, given.port)} (no login; only this machine can reach it)")
        elif given.command == "down":
            down(settings)
        else:
            return 0 if status(settings) else 3
    except ListeningError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
