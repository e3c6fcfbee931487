"""The one polite client: every request to a platform goes through `Http.get`.

Thin on purpose: timeouts, retries, waits that the server asks for, limits, and conditional requests.
"""

from __future__ import annotations

import ipaddress
import random
import socket
import time
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from listening_etl.errors import CredentialsRejected, SourceUnavailable, SourceUnreadable

if TYPE_CHECKING:
    from types import TracebackType

    import httpx

CONNECT_SECONDS, READ_SECONDS = 10.0, 30.0
TRIES = 3
LONGEST_WAIT = 60.0
"""Seconds that one call sleeps in all; a longer wait is the scheduler's, not a worker's."""
LARGEST_BODY = 50_000_000
MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
TRAVELS = frozenset({"accept", "accept-language", "user-agent"})
"""Headers that follow a redirect to another server; the others may be credentials."""
NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask later whether a page changed."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """An answer read in full. Names in `headers` are lower case; `url` is where redirects ended.

    `status` is 2xx, or 304 with an empty body: nothing changed since the validators in the cache.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    fetched_at: datetime


class Http:
    """Fetches pages politely: waits when asked to, retries what may pass, refuses what cannot be right.

    `cache` maps an address to its validators and makes requests conditional; whoever owns it keeps a change
    only once what the page held is stored. Private addresses are refused unless `allow_private`. No proxy,
    `.netrc` or cookie is used.
    """

    def __init__(
        self,
        *,
        cache: MutableMapping[str, Validators] | None = None,
        allow_private: bool = False,
        user_agent: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._cache, self._allow_private = cache, allow_private
        self._user_agent = user_agent or default_user_agent()
        self._sleep, self._now = sleep, now
        self._client: httpx.Client | None = None
        self.not_modified = False  # whether a server said that what it gave last time still stands

    def __enter__(self) -> Http:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back; the next `get` opens new ones."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def get(
        self, url: str, headers: Mapping[str, str] | None = None, params: Mapping[str, str] | None = None
    ) -> Response:
        """The page at `url`, after at most three tries and five redirects.

        Raises `SourceUnavailable` (worth a later try), `CredentialsRejected` or `SourceUnreadable`.
        """
        import httpx

        try:
            target = httpx.URL(url)
            target = target.copy_merge_params(dict(params)) if params else target
        except (httpx.InvalidURL, TypeError) as error:
            raise SourceUnreadable(
                f"{place(url)!r} is no web address", do="Write it out: https://…"
            ) from error
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._with_retries(target, sent)
            if isinstance(answer, Response):
                return answer
            if origin(answer) != origin(target):
                sent = {name: value for name, value in sent.items() if name in TRAVELS}
            target = answer
        raise SourceUnreadable(f"more than {MOST_REDIRECTS} redirects", where=place(url))

    def _with_retries(self, url: httpx.URL, headers: Mapping[str, str]) -> Response | httpx.URL:
        """One address until it answers; 60 seconds of sleep at most."""
        import httpx

        slept = 0.0
        for attempt in range(1, TRIES + 1):
            retry_after: float | None = None
            cause: Exception | None = None
            try:
                answer = self._once(url, headers)
                if not isinstance(answer, _Busy):
                    return answer
                trouble, retry_after = f"the server answered {answer.status}", answer.retry_after
            except (httpx.TransportError, socket.gaierror) as error:
                trouble, cause = f"no answer ({type(error).__name__}: {error})", error
            wait = random.uniform(0, 2.0**attempt) if retry_after is None else retry_after
            if attempt == TRIES or slept + wait > LONGEST_WAIT:
                retry_at = None if retry_after is None else self._now() + timedelta(seconds=retry_after)
                raise SourceUnavailable(
                    f"{trouble}, {attempt} of {TRIES} tries made", where=place(url), retry_at=retry_at
                ) from cause
            self._sleep(wait)
            slept += wait
        raise AssertionError("the last try returns or raises")

    def _once(self, url: httpx.URL, headers: Mapping[str, str]) -> Response | httpx.URL | _Busy:
        import httpx

        self._check_address(url)
        known = self._cache.get(str(url)) if self._cache is not None else None
        asked = {"user-agent": self._user_agent, **headers}
        if known and known.etag:
            asked["if-none-match"] = known.etag
        if known and known.last_modified:
            asked["if-modified-since"] = known.last_modified
        try:
            with self._open().stream("GET", url, headers=asked) as reply:
                self._check_peer(reply, url)
                if reply.status_code == 429 or reply.status_code >= 500:
                    return _Busy(reply.status_code, wait_asked(reply.headers.get("retry-after"), self._now()))
                if reply.status_code in REDIRECTS and "location" in reply.headers:
                    return url.join(reply.headers["location"])
                refuse(reply.status_code, url)
                body = b"" if reply.status_code == 304 else read_limited(reply, url)
                received = {name.lower(): value for name, value in reply.headers.items()}
        except (httpx.LocalProtocolError, UnicodeEncodeError):
            # The original message quotes the header, which may be a token.
            raise SourceUnreadable("a header of the request cannot be sent", where=place(url)) from None
        except (httpx.InvalidURL, httpx.DecodingError, httpx.UnsupportedProtocol) as error:
            raise SourceUnreadable(f"the answer makes no sense ({error})", where=place(url)) from error
        self._remember(str(url), reply.status_code, received)
        self.not_modified |= reply.status_code == 304
        return Response(reply.status_code, received, body, str(url), self._now())

    def _remember(self, url: str, status: int, headers: Mapping[str, str]) -> None:
        if self._cache is None or status != 200:
            return
        validators = Validators(headers.get("etag"), headers.get("last-modified"))
        if validators == Validators():
            self._cache.pop(url, None)
        else:
            self._cache[url] = validators

    def _open(self) -> httpx.Client:
        if self._client is None:
            import httpx

            # trust_env=False: no proxy and no .netrc; the context still honours SSL_CERT_FILE.
            self._client = httpx.Client(
                timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
                verify=httpx.create_ssl_context(),
                trust_env=False,
            )
        self._client.cookies.clear()
        return self._client

    def _check_address(self, url: httpx.URL) -> None:
        if url.scheme not in ("http", "https") or not url.host:
            raise SourceUnreadable(
                f"{url.scheme or 'no scheme'!r} is not fetched", where=place(url), do="Use http or https."
            )
        if self._allow_private:
            return
        try:
            found = socket.getaddrinfo(url.host, url.port or 443, type=socket.SOCK_STREAM)
        except UnicodeError as error:
            raise SourceUnreadable(f"{url.host!r} is no host name", where=place(url)) from error
        for *_, address in found:
            self._check_public(str(address[0]), url)

    def _check_peer(self, reply: httpx.Response, url: httpx.URL) -> None:
        """The same check on the address really connected to: a name may resolve differently twice."""
        stream = reply.extensions.get("network_stream")
        peer = stream.get_extra_info("server_addr") if stream is not None else None
        if peer and not self._allow_private:
            self._check_public(str(peer[0]), url)

    def _check_public(self, address: str, url: httpx.URL) -> None:
        if not is_public(address):
            raise SourceUnreadable(
                f"{url.host!r} is a private address ({address})",
                where=place(url),
                do="Allow private addresses in the settings if that is meant.",
            )


@dataclass(frozen=True, slots=True)
class _Busy:
    status: int
    retry_after: float | None


def default_user_agent() -> str:
    """Who we are, for the server's log."""
    try:
        return f"listening-etl/{version('listening-etl')} (social listening; obeys Retry-After)"
    except PackageNotFoundError:
        return "listening-etl (social listening; obeys Retry-After)"


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet, also when it wraps another one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = (
            ip.ipv4_mapped or ip.sixtofour or (ipaddress.IPv4Address(ip.packed[-4:]) if ip in NAT64 else None)
        )
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Scheme, host and port: who may see the same credentials."""
    return url.scheme, url.host, url.port


def place(url: httpx.URL | str) -> str:
    """The address for a message: without user, password, query and fragment, which may hold secrets."""
    return str(url).partition("?")[0].partition("#")[0].replace(_userinfo(url), "", 1)


def _userinfo(url: httpx.URL | str) -> str:
    authority = str(url).partition("://")[2].partition("/")[0].partition("?")[0]
    return authority.rpartition("@")[0] + "@" if "@" in authority else ""


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


def read_limited(reply: httpx.Response, url: httpx.URL) -> bytes:
    """The body, unpacked, read piece by piece; refused once it is larger than 50 MB."""
    declared = reply.headers.get("content-length", "")
    body = bytearray()
    too_large = declared.isdecimal() and int(declared[:20]) > LARGEST_BODY
    if not too_large:
        for piece in reply.iter_bytes():
            body += piece
            if len(body) > LARGEST_BODY:
                too_large = True
                break
    if too_large:
        raise SourceUnreadable(f"the answer is larger than {LARGEST_BODY:,} bytes", where=place(url))
    return bytes(body)


def wait_asked(header: str | None, now: datetime) -> float | None:
    """Seconds that `Retry-After` asks for (a number or an HTTP date), None when it says nothing readable."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdecimal():
        return float(min(int(text[:12]), 365 * 86_400))
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((until - now).total_seconds(), 0.0), 365 * 86_400.0)
