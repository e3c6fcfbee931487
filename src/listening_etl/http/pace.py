"""When a host may be asked again: a token bucket each, and the wait that the server asked for."""

from __future__ import annotations

import threading
from datetime import datetime


class Host:
    """What this process knows about one host; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due = float("-inf")  # when the bucket is full again, on a monotonic clock
        self._closed_until: datetime | None = None

    @property
    def closed_until(self) -> datetime | None:
        """Until when the server wants no requests; None when it takes them."""
        with self._lock:
            return self._closed_until

    def close(self, until: datetime) -> None:
        """Send nothing before `until`; a later time that is already known stands."""
        with self._lock:
            if self._closed_until is None or until > self._closed_until:
                self._closed_until = until

    def open(self, waited: datetime) -> None:
        """Note that the wait until `waited` is over, unless the server asked for more since."""
        with self._lock:
            if self._closed_until is not None and self._closed_until <= waited:
                self._closed_until = None

    def take_turn(self, clock: float, pace: float, burst: int, longest: float) -> float:
        """Seconds until the next free turn, which is then taken; nothing is taken beyond `longest` seconds.

        A bucket of `burst` tokens that gains one every `pace` seconds, told by when it will be full again.
        """
        with self._lock:
            due = max(self._due, clock)
            wait = max(due - (burst - 1) * pace - clock, 0.0)
            if wait <= longest:
                self._due = due + pace
            return wait


class Hosts:
    """The hosts that clients of one process have in common, by name and port."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hosts: dict[str, Host] = {}

    def named(self, name: str) -> Host:
        """The host of that name, new when nobody asked for it before."""
        with self._lock:
            return self._hosts.setdefault(name, Host())


SHARED = Hosts()
"""Of this process: two clients in two threads keep one pace together."""
