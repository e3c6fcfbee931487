"""How a broken promise is told: what the plugin did, where, and what to do."""

from __future__ import annotations

import inspect
from collections.abc import Collection
from pathlib import Path
from typing import Any, NoReturn

SHOWN = 3


def broken(plugin: Any, method: str, what: str, do: str) -> NoReturn:
    """Fail the test: `what` is a clause about the plugin's method, `do` one instruction."""
    __tracebackhide__ = True
    raise failure(plugin, method, what, do)


def failure(plugin: Any, method: str, what: str, do: str) -> AssertionError:
    """The error that `broken` raises: what, where, what to do, and which promise that breaks."""
    return AssertionError(f"{place_of(plugin, method)}: it {what}.\n{do}\nThe promise: {promise()}")


def promise() -> str:
    """The sentence of the test that is running."""
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_code.co_name.startswith("test_") and "self" in frame.f_locals:
            return inspect.getdoc(getattr(frame.f_locals["self"], frame.f_code.co_name)) or ""
        frame = frame.f_back
    return "none"


def place_of(plugin: Any, method: str) -> str:
    """File, line and name of a plugin's method (of its class, when it has no such method)."""
    kind = type(plugin)
    function = inspect.unwrap(found) if callable(found := getattr(kind, method, None)) else kind
    name = kind.__name__ if function is kind else f"{kind.__name__}.{method}"
    try:
        path, line = Path(inspect.getfile(function)), inspect.getsourcelines(function)[1]
    except (OSError, TypeError):
        return name
    return f"{path.parent.name}/{path.name}:{line}, {name}"


def few(things: Collection[object]) -> str:
    """The first three, and how many more."""
    first = ", ".join(repr(thing)[:120] for thing in list(things)[:SHOWN])
    return first if len(things) <= SHOWN else f"{first} and {len(things) - SHOWN} more"
