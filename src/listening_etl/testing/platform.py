"""A platform that lives in a test: it answers what the test's `answer` says, or plays out of order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from listening_etl.http import Http

MOST_REQUESTS = 200
"""Requests of one fetch. A test's platform is small: who asks more often does not come to an end."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a plugin asked for. Names in `headers` are lower case; of a parameter given twice, the last counts."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """`/search.json`, without host and parameters."""
        return urlsplit(self.url).path

    @property
    def params(self) -> dict[str, str]:
        """The parameters of the address, decoded."""
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        """The fields of a body that was sent as a form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def json(self) -> Any:
        """The body, read as JSON."""
        return orjson.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform says: a dict or list goes out as JSON, text as UTF-8, bytes as they are."""

    content: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> tuple[bytes, str]:
        """The bytes on the wire, and their content type."""
        if isinstance(self.content, bytes):
            return self.content, "application/octet-stream"
        if isinstance(self.content, str):
            is_html = self.content.lstrip().startswith("<")
            return self.content.encode(), f"text/{'html' if is_html else 'plain'}; charset=utf-8"
        return orjson.dumps(self.content), "application/json"


Given = Answer | dict[str, Any] | list[Any] | bytes | str | None
"""What a test may answer with; None is a page that there is not (404)."""


class Endless(BaseException):
    """The plugin does not stop. Outside `Exception`, so that no plugin catches it."""


class Platform:
    """Hands each request to `answer`, unless `instead` has another answer for the request of that number."""

    def __init__(
        self,
        answer: Callable[[Request], Given],
        now: datetime,
        instead: Callable[[int, Request], Answer | None] | None = None,
    ) -> None:
        self._answer, self._instead = answer, instead
        self._started, self._slept = now, 0.0
        self.requests: list[Request] = []

    def http(self) -> Http:
        """The client that a plugin gets: it reaches this platform only, and its sleep takes no time."""
        import httpx

        def answer(asked: httpx.Request) -> httpx.Response:
            headers = {name.lower(): value for name, value in asked.headers.items()}
            found = self.reply(Request(asked.method, str(asked.url), headers, asked.read()))
            body, kind = found.body()
            return httpx.Response(found.status, headers={"content-type": kind, **found.headers}, content=body)

        return Http(transport=httpx.MockTransport(answer), sleep=self._sleep, now=self.now)

    def now(self) -> datetime:
        """The time at which the test is set; it passes by sleeping only."""
        return self._started + timedelta(seconds=self._slept)

    def reply(self, request: Request) -> Answer:
        """The answer to one request."""
        self.requests.append(request)
        if len(self.requests) > MOST_REQUESTS:
            raise Endless(f"{MOST_REQUESTS} requests, the last to {request.method} {request.path}")
        given = self._instead(len(self.requests), request) if self._instead else None
        found = self._answer(request) if given is None else given
        if found is None:
            return Answer({"error": "not found"}, status=404)
        return found if isinstance(found, Answer) else Answer(found)

    def _sleep(self, seconds: float) -> None:
        self._slept += seconds
