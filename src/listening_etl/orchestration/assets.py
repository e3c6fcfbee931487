"""The assets that tie DAGs together: what one publishes starts the next."""

from __future__ import annotations

from airflow.sdk import Asset


def mentions_asset(topic: str) -> Asset:
    """The published mentions of a topic; each event's `extra` holds `run_id` and the `days` touched."""
    return Asset(name=f"mentions_{topic}", group="listening")
