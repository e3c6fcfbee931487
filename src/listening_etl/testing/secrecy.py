"""Finds a secret where it must not be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr

SOUNDS_SECRET = re.compile(r"(?:^|_)(?:token|password|passphrase|secret|api_?key|private_key)$")


def secret_values(value: Any) -> Iterator[str]:
    """Every secret inside an option, however deep."""
    if isinstance(value, SecretStr | SecretBytes):
        hidden = value.get_secret_value()
        yield hidden if isinstance(hidden, str) else hidden.decode("utf-8", "replace")
    elif isinstance(value, BaseModel):
        for _, inner in value:
            yield from secret_values(inner)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from secret_values(inner)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from secret_values(inner)


def unguarded(options: BaseModel) -> list[str]:
    """Names of options that sound secret and are plain text."""
    return [name for name, value in options if isinstance(value, str) and SOUNDS_SECRET.search(name)]


def whispers(secrets: Iterable[str], text: str) -> bool:
    """Whether one of the secrets stands in the text."""
    return any(secret in text for secret in secrets if secret)


def shown(error: BaseException) -> str:
    """All that a log may show of an error: its text, and that of the errors which led to it."""
    texts: list[str] = []
    while error is not None and len(texts) < 50:
        texts += [str(error), repr(error), *map(repr, vars(error).values())]
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is None:
            break
        error = cause
    return "\n".join(texts)
