"""Airflow's environment on one machine: who starts Airflow starts it with these variables."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Literal

from listening_etl.warehouse.engine import AIRFLOW_DATABASE, embedded_folder, socket_url

LOCAL = "127.0.0.1"
FOLDER = ".airflow"
CONFIG_VARIABLE = "LISTENING_CONFIG"

STEADY = {
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
    # No login: whoever may use this machine may use its Airflow. So it listens to this machine alone.
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
    "AIRFLOW__API__HOST": LOCAL,
    "AIRFLOW__API__WORKERS": "1",
    # Airflow's pace is set for large installations: tasks here are short.
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "15",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "15",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    "GX_ANALYTICS_ENABLED": "false",
}


def airflow_environment(
    home: Path, *, metadata: Literal["embedded", "sqlite"] = "embedded", port: int = 8080
) -> dict[str, str]:
    """The variables for the Airflow of the settings in `home`; makes its folder and its secrets if need be.

    Its own records are kept in the embedded PostgreSQL (`embedded`, which has to be started) or in a SQLite
    file of their own (`sqlite`, for `dag.test`: never let it share the records of a live scheduler).
    """
    home = home.resolve()
    folder = home / FOLDER if metadata == "embedded" else home / FOLDER / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    if metadata == "embedded":
        url = socket_url(embedded_folder(home), AIRFLOW_DATABASE).replace(
            "postgresql:", "postgresql+psycopg:", 1
        )
        asynchronous = url
    else:
        url, asynchronous = f"sqlite:///{folder}/airflow.db", f"sqlite+aiosqlite:///{folder}/airflow.db"
    config = os.environ.get(CONFIG_VARIABLE) or home / "listening.yaml"
    return {
        **STEADY,
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__PARALLELISM": str(min(max(os.cpu_count() or 2, 2), 8)),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": asynchronous,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://{LOCAL}:{port}",
        **{f"AIRFLOW__{name}": value for name, value in _secrets(folder / "secrets.json").items()},
        CONFIG_VARIABLE: str(Path(config).absolute()),
    }


def _secrets(file: Path) -> dict[str, str]:
    """Keys that Airflow's parts share; made once, readable by their owner alone."""
    if not file.exists():
        made = {name: secrets.token_hex(48) for name in ("API_AUTH__JWT_SECRET", "API__SECRET_KEY")}
        beside = file.with_name(f"{file.name}.{os.getpid()}")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            json.dump(made, opened)
        os.link(beside, file) if not file.exists() else None
        beside.unlink()
    kept: dict[str, str] = json.loads(file.read_text("ascii"))
    return kept
