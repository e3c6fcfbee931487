"""The pipeline on Airflow; with `dags/` the only room that imports it.

DAG files take `steps`, `mentions_asset` and `window_params` from here. The names are loaded when they are asked for:
`demo` and `server` live here too and have to set Airflow's environment before Airflow is imported.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from listening_etl.orchestration import steps
    from listening_etl.orchestration.assets import mentions_asset
    from listening_etl.orchestration.window import resolve_window, window_params

__all__ = ["mentions_asset", "resolve_window", "steps", "window_params"]

_ROOMS = {"mentions_asset": "assets", "resolve_window": "window", "window_params": "window"}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
