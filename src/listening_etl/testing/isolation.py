"""Shows that code is pure: the network and files refused and noticed, the clock moved."""

from __future__ import annotations

import builtins
import datetime
import io
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch


class NotAllowed(OSError):
    """Code that should be pure reached out. An OSError, as a missing network or file would raise."""


@contextmanager
def offline(*, files: bool = True) -> Iterator[list[str]]:
    """Refuse connections, names and (unless `files`) opening files; the list tells what was tried, caught or not."""
    tried: list[str] = []

    def refuse(what: str) -> Callable[..., Any]:
        def refused(*_: object, **__: object) -> Any:
            tried.append(what)
            raise NotAllowed(f"{what} is not allowed here")

        return refused

    kept_a_class = {"__init__": refuse("socket.socket")}  # whoever is imported meanwhile may inherit from it
    with ExitStack() as stack:
        stack.enter_context(patch.object(socket, "socket", type("socket", (socket.socket,), kept_a_class)))
        for name in ("create_connection", "getaddrinfo", "gethostbyname"):
            stack.enter_context(patch.object(socket, name, refuse(f"socket.{name}")))
        if not files:
            for module in (builtins, io):
                stack.enter_context(patch.object(module, "open", refuse("open")))
        yield tried


@contextmanager
def moved_clock(module: str, by: timedelta) -> Iterator[None]:
    """Let `time.time()` tell another time, and so `date` and `datetime` as that module and its neighbours know them."""
    real = time.time
    day, moment = _later(datetime.date, by), _later(datetime.datetime, by)
    moved = (
        (datetime.date, day),
        (datetime.datetime, moment),
        (datetime, SimpleNamespace(**{**vars(datetime), "date": day, "datetime": moment})),
    )
    with ExitStack() as stack:
        for names in map(vars, _neighbours(module)):
            for known, later in moved:  # compared by identity: == may mean anything
                found = {name: later for name, value in names.items() if value is known}
                stack.enter_context(patch.dict(names, found))
        stack.enter_context(patch.object(time, "time", lambda: real() + by.total_seconds()))
        yield


def _neighbours(module: str) -> list[ModuleType]:
    """The module, and those beside it that are loaded."""
    if (home := sys.modules.get(module)) is None:
        return []
    folder = Path(getattr(home, "__file__", None) or "").parent
    loaded = [m for m in list(sys.modules.values()) if isinstance(getattr(m, "__file__", None), str)]
    return [home, *(m for m in loaded if m is not home and Path(str(m.__file__)).parent == folder)]


def _later(kind: type[Any], by: timedelta) -> type[Any]:
    """`date` or `datetime` with another now; every value of the real type counts as one of this."""

    class Same(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, kind)

        def __subclasscheck__(cls, other: type) -> bool:
            return issubclass(other, kind)

    def moved(name: str) -> Any:
        return classmethod(lambda _, *given: getattr(kind, name)(*given) + by)

    clocks = {name: moved(name) for name in ("now", "utcnow", "today") if hasattr(kind, name)}
    return Same(kind.__name__, (kind,), clocks)
