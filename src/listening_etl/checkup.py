"""The doctor: everything that a run needs, looked at one by one."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from listening_etl.config import Settings, check_plugins, check_queries, load_settings
from listening_etl.errors import ListeningError
from listening_etl.pipeline.context import Context, configured_warehouse, open_registry
from listening_etl.pipeline.plan import at_risk
from listening_etl.warehouse.engine import driver_url, transaction, warehouse_url
from listening_etl.warehouse.migration import BI_ROLE, differences, has_bi_role


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it is well, and in words what is, or what to do."""

    well: bool
    what: str


def examine() -> list[Finding]:
    """Look at settings, plugins, key, staging and warehouse; a failure does not hide those after it."""
    found: list[Finding] = []
    settings = _look(found, load_settings, lambda s: f"settings {s.path}: {len(s.topics)} topic(s)")
    if settings is None:
        return found
    registry = _look(
        found, lambda: open_registry(settings.plugin_folders), lambda r: f"plugins: {len(r.plugins())} found"
    )
    if registry is not None:
        for plugin in registry.plugins():
            if plugin.broken:
                found.append(Finding(False, f"plugin {plugin.origin}: {plugin.broken}"))
        _look(
            found,
            lambda: check_plugins(settings, registry),
            lambda _: "every plugin and option of the settings is right",
        )
        _look(found, lambda: check_queries(settings), lambda _: "every query can be read")
        context = Context(settings, registry, next(iter(settings.topics.values())))
        _look(found, lambda: context.key, lambda _: "there is a key for pseudonyms")
        _look(
            found,
            lambda: _try_staging(context),
            lambda _: f"staging {context.staging.root} can be written and read",
        )
    url = _look(
        found, lambda: _warehouse(settings), lambda u: f"warehouse {driver_url(u).render_as_string()} answers"
    )
    if url is not None:
        current = _look(
            found, lambda: _tables(url), lambda _: f"its tables are current, and {BI_ROLE} may read them"
        )
        if current and registry is not None:
            for topic in settings.topics.values():
                context = Context(settings, registry, topic)
                found += [Finding(False, f"topic '{topic.name}', {words}") for words in at_risk(context)]
    return found


T = TypeVar("T")


def _look(found: list[Finding], do: Callable[[], T], well: Callable[[T], str]) -> T | None:
    try:
        answer = do()
    except ListeningError as error:
        found.append(Finding(False, str(error)))
        return None
    found.append(Finding(True, well(answer)))
    return answer


def _try_staging(context: Context) -> None:
    uri = context.staging.uri("state", f"doctor-{uuid.uuid4().hex[:8]}.json")
    context.staging.write_json(uri, {"well": True})
    context.staging.read_json(uri)
    context.staging.remove(uri)


def _warehouse(settings: Settings) -> str:
    url = warehouse_url(configured_warehouse(settings), settings.home)
    with transaction(url):
        return url


def _tables(url: str) -> bool:
    wrong = differences(url)
    if wrong:
        raise ListeningError(
            f"the tables differ from this version in {len(wrong)} places", do="Run `listening db migrate`."
        )
    with transaction(url) as connection:
        known = has_bi_role(connection)
    if not known:
        raise ListeningError(
            f"there is no role {BI_ROLE}",
            do=f"Let an administrator run: CREATE ROLE {BI_ROLE} LOGIN; then `listening db migrate`.",
        )
    return True
