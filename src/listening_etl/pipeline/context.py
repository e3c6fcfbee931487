"""What every step needs to know of its surroundings."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from listening_etl import registry as registries
from listening_etl.aspects.finding import Aspects
from listening_etl.aspects.finding import queries_of as aspect_queries
from listening_etl.config import Settings, Topic, check_needs, check_queries, load_settings, plugin_options
from listening_etl.privacy import key_bytes, saved_key
from listening_etl.query.entities import queries_of, version
from listening_etl.registry import Registry, Role
from listening_etl.staging import Staging

if TYPE_CHECKING:
    from listening_etl.query import Query


def utc_now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Context:
    """A topic with its settings, plugins, staging area, warehouse and clock."""

    settings: Settings
    registry: Registry
    topic: Topic
    now: Callable[[], datetime] = utc_now

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process opens its own; the clock there is the real one."""
        return open_context, (self.topic.name, self.settings.path)

    @cached_property
    def staging(self) -> Staging:
        """The area for files between steps."""
        return Staging(str(self.settings.staging))

    @cached_property
    def url(self) -> str:
        """The warehouse's address; starts the embedded server if there is no other."""
        from listening_etl.warehouse.engine import warehouse_url  # curating needs no database

        return warehouse_url(configured_warehouse(self.settings), self.settings.home)

    @cached_property
    def key(self) -> bytes:
        """The key for pseudonyms: from the environment, else the one saved on this laptop."""
        name, saved = self.settings.pseudonym_key.env, saved_key(self.settings.home)
        key = os.environ.get(name) or (saved.read_text("ascii").strip() if saved.exists() else None)
        return key_bytes(key, name)

    @cached_property
    def queries(self) -> dict[str, Query]:
        """What makes a mention one of each entity by its words; entities without any have none."""
        return queries_of(self.topic.entities, self.settings.terms)

    @cached_property
    def aspects(self) -> Aspects:
        """The query of each aspect of each entity that has any."""
        return aspect_queries(self.topic.entities, self.settings.terms)

    @cached_property
    def query_version(self) -> str:
        """Twelve hexadecimal digits that change when any entity's words change."""
        return version(self.topic.entities, self.queries)

    @cached_property
    def version(self) -> str:
        """Twelve hexadecimal digits that change when anything in the settings of the topic does."""
        told = [
            self.topic.model_dump(mode="json", warnings=False),
            self.settings.model_dump(mode="json", include={"terms"}),
        ]
        return hashlib.blake2b(orjson.dumps(told, option=orjson.OPT_SORT_KEYS), digest_size=6).hexdigest()

    def source(self, name: str) -> tuple[Any, Any]:
        """A source plugin of the topic and its options."""
        return self._plugin("source", name)

    def filter(self, name: str) -> tuple[Any, Any]:
        """A filter plugin of the topic and its options."""
        return self._plugin("filter", name)

    def scorer(self, measure: str) -> tuple[Any, Any]:
        """The scorer that the topic chose for a measure, and its options."""
        return self._plugin("scorer", measure)

    def _plugin(self, role: Role, name: str) -> tuple[Any, Any]:
        if (role, name) not in self._plugins:
            self._plugins[role, name] = plugin_options(
                self.settings, self.registry, self.topic.name, role, name
            )
        return self._plugins[role, name]

    @cached_property
    def _plugins(self) -> dict[tuple[Role, str], tuple[Any, Any]]:
        return {}


def configured_warehouse(settings: Settings) -> str | None:
    """The warehouse's address as configured, or None for the embedded server."""
    url = settings.warehouse_url()
    return None if url is None else url.get_secret_value()


@cache
def open_registry(folders: tuple[Path, ...]) -> Registry:
    """The plugins of these folders and of installed packages; read once a process, models stay loaded."""
    return registries.load(folders)


def open_context(topic: str, config: Path | None = None, now: Callable[[], datetime] = utc_now) -> Context:
    """Read the settings, find the plugins, choose the topic; raises `ConfigError` with what is wrong."""
    settings = load_settings(config)
    check_queries(settings)
    chosen, registry = settings.topic(topic), open_registry(settings.plugin_folders)
    check_needs(settings, registry, [chosen])
    return Context(settings, registry, chosen, now)
