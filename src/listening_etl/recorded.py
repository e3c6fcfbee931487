"""What a source plugin makes of one recorded answer of its platform, offline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from pydantic import ValidationError

from listening_etl.errors import ListeningError, Malformed, NotAMention, PluginError
from listening_etl.hookspecs import Recorded
from listening_etl.model import Deletion, Item, Mention, Options


@dataclass(frozen=True)
class Found:
    """The mentions as plain values, each id once, and why the rest of the answer is none, in words."""

    mentions: list[dict[str, Any]]
    reasons: list[str]


def read(plugin: Any, answer: bytes, given: Mapping[str, str]) -> Found:
    """Parse a recorded answer with these options; what is required and not given is left out.

    Raises `PluginError` for a plugin without `items`. What is no mention never raises: it is a reason.
    """
    if not isinstance(plugin, Recorded):
        raise PluginError(
            f"source '{plugin.name}' has no `items`: it cannot read recorded answers",
            do="Give it `items(answer, options)`; docs/tutorial.md says how.",
        )
    source: Any = plugin
    options = options_of(source.options_type, given)
    mentions: list[dict[str, Any]] = []
    reasons: list[str] = []
    try:
        for number, item in enumerate(plugin.items(answer, options), 1):
            where = item.at if isinstance(item, Item) and item.at else f"item {number}"
            data = item.data if isinstance(item, Item) else item
            _read_item(plugin, data, options, where, mentions, reasons)
    except (NotAMention, ListeningError) as error:
        reasons.append(str(error))
    except Exception as error:  # noqa: BLE001 - a recorded answer that a plugin stumbles over is told, not thrown
        reasons.append(f"it cannot be read ({type(error).__name__}: {error})")
    if not mentions and not reasons:
        reasons.append("no mention in it")
    return Found(mentions, reasons)


def _read_item(
    plugin: Any, data: Any, options: Any, where: str, mentions: list[dict[str, Any]], reasons: list[str]
) -> None:
    try:
        answer = plugin.parse(data, options)
    except NotAMention as error:
        reasons.append(f"{where} is no mention: {error}")
        return
    except Exception as error:  # noqa: BLE001 - as in the pipeline: the item is kept with the reason
        reasons.append(f"{where} cannot be read: {error}")
        return
    for one in [answer] if isinstance(answer, Mention | Deletion) else answer:
        if isinstance(one, Deletion):
            reasons.append(f"{where} says that {one.native_id} was deleted")
        elif isinstance(one, Malformed | NotAMention):
            reasons.append(f"{where}, in part: {one}")
        elif all(known["native_id"] != one.native_id for known in mentions):
            mentions.append({"source": plugin.name, **msgspec.to_builtins(one)})


def options_of(kind: type[Options], given: Mapping[str, str]) -> Options:
    """Options as given; without those that are required, which only fetching needs."""
    try:
        return kind(**given)
    except ValidationError as error:
        wrong = [e for e in error.errors() if e["type"] != "missing" and e["loc"]]
        if wrong:
            raise PluginError(
                f"option {wrong[0]['loc'][0]!r}: {wrong[0]['msg']}", do="`listening plugins` lists them."
            ) from error
    values: dict[str, Any] = {name: None for name, field in kind.model_fields.items() if field.is_required()}
    values.update(given)
    return kind.model_construct(None, **values)
