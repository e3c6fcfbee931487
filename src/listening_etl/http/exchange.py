"""What goes out and what comes back: one call on its way, and an answer read in full."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import orjson

from listening_etl.errors import CredentialsRejected, SourceUnreadable
from listening_etl.http.addresses import place, same_server

if TYPE_CHECKING:
    import httpx

LARGEST_BODY = 50_000_000
LARGEST_REFUSAL = 65_536
"""Bytes read of an answer that is no page: enough for what it says about waiting."""
LONGEST_ANSWER = 300.0
"""Seconds that a body may take: a server that sends a byte now and then never runs into a timeout."""
TRAVELS = frozenset({"accept", "accept-language", "user-agent"})
"""Headers that follow a redirect to another server; the others may be credentials."""
ABOUT_THE_BODY = frozenset({"content-type", "content-length", "content-encoding"})
CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
LINK = re.compile(r"<([^<>]*)>([^<]*)")
RELATION = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask later whether a page changed."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """An answer read in full. Names in `headers` are lower case; `url` is where redirects ended.

    `status` is 2xx, one that the caller accepts, or 304 with an empty body: nothing changed since the
    validators in the cache. Only status and time show when it is printed: the rest may hold secrets.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    url: str = field(repr=False)
    fetched_at: datetime

    @property
    def text(self) -> str:
        """The body as text, in the charset that the server names, else UTF-8; what cannot be read is �."""
        named = CHARSET.search(self.headers.get("content-type", ""))
        charset = named[1].lower() if named else "utf-8"
        try:
            return self.body.decode("utf-8-sig" if charset in ("utf-8", "utf8") else charset, "replace")
        except LookupError:
            return self.body.decode("utf-8-sig", "replace")

    def json(self) -> Any:
        """The body as JSON. Raises `SourceUnreadable` if it is none: a login page, a maintenance notice."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            pass
        try:  # more patient: a byte order mark, NaN, lone surrogates, another charset
            return json.loads(self.text)
        except (ValueError, RecursionError) as error:
            why = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
            raise SourceUnreadable(
                f"the answer is no JSON ({why})", where=place(self.url), do="Check the address."
            ) from None

    def link(self, relation: str) -> str | None:
        """The address that the `Link` header gives for a relation such as "next"; None when it has none."""
        for target, parameters in LINK.findall(self.headers.get("link", "")):
            found = RELATION.search(parameters)
            if found and relation.lower() in (found[1] or found[2]).lower().split():
                try:
                    return str(urljoin(self.url, target))
                except ValueError:
                    return str(target)  # `get` says that it is no web address
        return None


@dataclass(slots=True)
class Call:
    """One `get` or `post` on its way: where to, what with, and how long it has waited for the server."""

    method: str
    url: httpx.URL
    headers: dict[str, str]
    content: dict[str, Any]  # `json`, `data` or `content`, as httpx calls them
    accept: frozenset[int]
    conditional: bool = False
    slept: float = 0.0

    def follow(self, status: int, target: httpx.URL) -> None:
        """Turn to where a redirect points: 307 and 308 repeat the request, the others fetch a page.

        Headers that may be credentials stay with the server they were meant for, and so does a body.
        """
        if self.method == "POST" and status in (301, 302, 303):
            self.method, self.content = "GET", {}
            self.headers = {n: value for n, value in self.headers.items() if n not in ABOUT_THE_BODY}
        if not same_server(self.url, target):
            if self.content:
                raise SourceUnreadable(
                    f"the server sends what was posted on to {target.host!r}",
                    where=place(self.url),
                    do="Give that address in the settings if it is the right one.",
                )
            self.headers = {name: value for name, value in self.headers.items() if name in TRAVELS}
        self.url = target

    def repeatable(self, trouble: int | Exception) -> bool:
        """Whether the same request may be sent again after a status or an error.

        A `get` always. A `post` is often a login or counts against a limit, so only when it was surely not
        carried out: the server said "not now" (429, 503), or never heard of it.
        """
        import httpx

        if self.method == "GET" or trouble in (429, 503):
            return True
        never_sent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
        return isinstance(trouble, never_sent)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a try brought nothing, and whether another may: `wait` is what the server asks for, in seconds."""

    what: str
    again: bool
    wait: float | None = None
    cause: Exception | None = None


def refuse(status: int, url: httpx.URL) -> None:
    """Raise for a status that is neither a page nor worth another try."""
    if status in (401, 403):
        raise CredentialsRejected(
            f"the server answered {status}", where=place(url), do="Check the token and its rights."
        )
    if status in (404, 410):
        gone = "there is no such page" if status == 404 else "the page is gone for good"
        raise SourceUnreadable(f"{gone} ({status})", where=place(url), do="Check the address.")
    if status != 304 and not 200 <= status < 300:
        raise SourceUnreadable(f"the server answered {status}", where=place(url), do="Check the request.")


def read(reply: httpx.Response, call: Call) -> bytes:
    """The body, unpacked: in full when it is a page or accepted, else only its beginning."""
    if reply.is_success or reply.status_code in call.accept:
        return read_limited(reply, call.url)
    return read_beginning(reply)


def read_limited(reply: httpx.Response, url: httpx.URL) -> bytes:
    """The body, unpacked, read piece by piece; refused once it is larger than 50 MB."""
    declared = reply.headers.get("content-length", "")
    body = bytearray()
    too_large = declared.isdecimal() and int(declared[:20]) > LARGEST_BODY
    if not too_large:
        for piece in pieces(reply):
            body += piece
            if len(body) > LARGEST_BODY:
                too_large = True
                break
    if too_large:
        raise SourceUnreadable(f"the answer is larger than {LARGEST_BODY:,} bytes", where=place(url))
    return bytes(body)


def read_beginning(reply: httpx.Response) -> bytes:
    """As much of a refusal as can be read: its status says enough if this fails."""
    import httpx

    body = bytearray()
    try:
        for piece in pieces(reply):
            body += piece
            if len(body) >= LARGEST_REFUSAL:
                break
    except httpx.RequestError:
        pass
    return bytes(body[:LARGEST_REFUSAL])


def pieces(reply: httpx.Response) -> Iterator[bytes]:
    """The body piece by piece, for five minutes at most."""
    import httpx

    ends = time.monotonic() + LONGEST_ANSWER
    for piece in reply.iter_bytes():
        yield piece
        if time.monotonic() > ends:
            raise httpx.ReadTimeout(f"the answer took longer than {LONGEST_ANSWER:,.0f} seconds")
