"""The client: one request at a time, politely, until it is answered or clearly will not be."""

from __future__ import annotations

import logging
import random
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from listening_etl.errors import SourceUnavailable, SourceUnreadable
from listening_etl.http.addresses import check_name, check_peer, check_scheme, place
from listening_etl.http.exchange import Call, Response, Trouble, Validators, read, refuse
from listening_etl.http.limits import LONGEST, told
from listening_etl.http.pace import SHARED, Host, Hosts

if TYPE_CHECKING:
    from types import TracebackType

    import httpx

    from listening_etl.http.budget import Budget
    from listening_etl.http.recording import Recorder

CONNECT_SECONDS, READ_SECONDS = 10.0, 30.0
TRIES = 3
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 30.0
"""Seconds: the bounds of the pause between two tries, which doubles up to the longest."""
LONGEST_WAIT = 60.0
"""Seconds that one call sleeps in all for servers, and at most for each turn; longer waits are the scheduler's."""
MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Http:
    """Fetches pages politely: waits when asked to, retries what may pass, refuses what cannot be right.

    `pace`: seconds between two requests to a host, of all clients in the process together; `burst`: how many
    may go at once after a rest. `budget` is charged before each request is sent. `cache` maps an address to
    its validators, for conditional requests; whoever owns it keeps a change only once what the page held is
    stored. Private addresses are refused unless `allow_private`. No proxy, `.netrc` or cookie is used.
    A host that says "not now" is left alone until then, by every client of the process.
    For tests: `transport` answers instead of the network, `recorder` keeps what was answered, `hosts` says
    with whom to keep pace.
    """

    def __init__(
        self,
        *,
        cache: MutableMapping[str, Validators] | None = None,
        allow_private: bool = False,
        user_agent: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pace: float = 0.0,
        burst: int = 1,
        budget: Budget | None = None,
        recorder: Recorder | None = None,
        transport: httpx.BaseTransport | None = None,
        hosts: Hosts | None = None,
    ) -> None:
        self._cache, self._user_agent = cache, user_agent or default_user_agent()
        self._any_address = allow_private or transport is not None
        self._sleep, self._now, self._skipped = sleep, now, 0.0
        self._pace, self._burst, self._budget = pace, burst, budget
        self._recorder, self._transport = recorder, transport
        # A client with a clock or a platform of its own lives in another world than the process's hosts.
        real = transport is None and sleep is time.sleep
        self._hosts = hosts if hosts is not None else SHARED if real else Hosts()
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
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        accept: Iterable[int] = (),
        conditional: bool = False,
    ) -> Response:
        """The page at `url`, after at most three tries and five redirects; params that are None are left out.

        `conditional`: for a source that is one document, such as a feed; a server that says that it did not
        change gives a 304 without a body, and what it brought last time counts.

        Raises `SourceUnavailable` (worth a later try), `CredentialsRejected` or `SourceUnreadable`, unless
        `accept` names the status; `BudgetSpent` when the budget has nothing left for it.
        """
        call = self._call("GET", url, headers, params, accept, {})
        call.conditional = conditional and self._cache is not None
        return self._answer(call)

    def post(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        data: Mapping[str, Any] | bytes | str | None = None,
        accept: Iterable[int] = (),
    ) -> Response:
        """What `url` answers to `json`, or to `data`: a form, or a body as it is; for logins and searches.

        As `get`, but sent again only if it surely was not carried out (429, 503, no connection): a login that
        counts twice may lock an account.
        """
        content: dict[str, Any] = {} if json is None else {"json": json}
        if data is not None:
            content = {"data" if isinstance(data, Mapping) else "content": data}
        return self._answer(self._call("POST", url, headers, params, accept, content))

    def check(self, url: str) -> None:
        """Refuse a private address, for connections that a source opens by itself: mail, streams.

        Raises `SourceUnreadable`, unless the settings allow it; `SourceUnavailable` when there is no such host.
        """
        target = _parsed(url)
        try:
            if not self._any_address:
                check_name(target)
        except socket.gaierror as error:
            raise SourceUnavailable("there is no such host", where=place(target)) from error

    def pause(self, url: str, seconds: float) -> None:
        """Send nothing to the host of `url` for so long: for waits that stand in the body of an answer."""
        if seconds > 0:
            self._host(_parsed(url)).close(self._now() + timedelta(seconds=min(seconds, LONGEST)))

    def spend(self, units: float = 0, money: float | Decimal = 0) -> None:
        """Charge the budget with what the next request costs, before it is sent. Raises `BudgetSpent`."""
        if self._budget is not None:
            self._budget.charge(units=units, money=money)

    def _call(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        params: Mapping[str, Any] | None,
        accept: Iterable[int],
        content: dict[str, Any],
    ) -> Call:
        given = {name: value for name, value in (params or {}).items() if value is not None}
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        return Call(method, _parsed(url, given), sent, content, frozenset(accept))

    def _answer(self, call: Call) -> Response:
        asked = call.url
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._with_retries(call)
            if answer.status not in REDIRECTS or answer.status in call.accept:
                return answer
            call.follow(answer.status, call.url.join(answer.headers["location"]))
        raise SourceUnreadable(f"more than {MOST_REDIRECTS} redirects", where=place(asked))

    def _with_retries(self, call: Call) -> Response:
        """One address until it answers; 60 seconds of sleep at most."""
        for attempt in range(1, TRIES + 1):
            answer = self._try(call)
            if isinstance(answer, Response):
                return answer
            # Full jitter: workers that failed together do not come back together.
            pause = random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1)))
            wait = pause if answer.wait is None else answer.wait
            if attempt == TRIES or not answer.again or call.slept + wait > LONGEST_WAIT:
                retry_at = None if answer.wait is None else self._now() + timedelta(seconds=answer.wait)
                raise SourceUnavailable(
                    f"{answer.what}, {attempt} of {TRIES} tries made",
                    where=place(call.url),
                    retry_at=retry_at,
                ) from answer.cause
            if answer.wait is None:  # else its host is closed for so long, and the next try waits for that
                self._rest(pause)
                call.slept += pause
        raise AssertionError("the last try returns or raises")

    def _try(self, call: Call) -> Response | Trouble:
        import httpx

        check_scheme(call.url)
        try:
            if not self._any_address:
                check_name(call.url)
            self._await_turn(call)
            if self._budget is not None:
                self._budget.charge(requests=1)
            answer = self._exchange(call)
        except (httpx.TransportError, socket.gaierror) as error:
            again = isinstance(error, socket.gaierror) or call.repeatable(error)
            return Trouble(f"no answer ({type(error).__name__}: {error})", again, cause=error)
        said = told(answer.headers, self._now(), answer.body, answer.status)
        if said.wait:
            self._host(call.url).close(self._now() + timedelta(seconds=said.wait))
        if answer.status in call.accept or (answer.status in REDIRECTS and "location" in answer.headers):
            return answer
        if answer.status == 429 or answer.status >= 500:
            again = call.repeatable(answer.status)
            return Trouble(f"the server answered {answer.status}", again, said.wait or None)
        refuse(answer.status, call.url)
        self._remember(call, answer)
        return answer

    def _exchange(self, call: Call) -> Response:
        """Send one request and read the answer, whatever it is."""
        import httpx

        headers = {"user-agent": self._user_agent, **call.headers, **self._conditions(call)}
        client = self._open()
        try:
            request = client.build_request(call.method, call.url, headers=headers, **call.content)
            reply = client.send(request, stream=True)
            try:
                if not self._any_address:
                    check_peer(reply, call.url)
                body = read(reply, call)
            finally:
                reply.close()
        except (httpx.LocalProtocolError, UnicodeEncodeError):
            # The original message quotes the header, which may be a token.
            raise SourceUnreadable("the request holds what cannot be sent", where=place(call.url)) from None
        except (httpx.InvalidURL, httpx.DecodingError, httpx.UnsupportedProtocol) as error:
            raise SourceUnreadable(f"the answer makes no sense ({error})", where=place(call.url)) from error
        received = {name.lower(): value for name, value in reply.headers.items()}
        answer = Response(reply.status_code, received, body, str(call.url), self._now())
        if self._recorder is not None:
            self._recorder.note(request, answer)
        return answer

    def _conditions(self, call: Call) -> dict[str, str]:
        known = self._cache.get(str(call.url)) if self._cache and call.conditional else None
        given = {
            "if-none-match": known.etag if known else None,
            "if-modified-since": known.last_modified if known else None,
        }
        return {name: value for name, value in given.items() if value}

    def _remember(self, call: Call, answer: Response) -> None:
        self.not_modified |= answer.status == 304
        if self._cache is None or not call.conditional or answer.status != 200:
            return
        validators = Validators(answer.headers.get("etag"), answer.headers.get("last-modified"))
        if validators == Validators():
            self._cache.pop(answer.url, None)
        else:
            self._cache[answer.url] = validators

    def _host(self, url: httpx.URL) -> Host:
        return self._hosts.named(f"{url.host}:{url.port or ''}")

    def _await_turn(self, call: Call) -> None:
        """Sleep until the host takes requests and it is our turn, or raise if that is more than a minute off."""
        host = self._host(call.url)
        while (until := host.closed_until) is not None:
            wait = max((until - self._now()).total_seconds(), 0.0)
            if call.slept + wait > LONGEST_WAIT:
                raise SourceUnavailable(
                    "the server takes no requests for now", where=place(call.url), retry_at=until
                )
            self._rest(wait)
            call.slept += wait
            host.open(until)
        wait = host.take_turn(time.monotonic() + self._skipped, self._pace, self._burst, LONGEST_WAIT)
        if wait > LONGEST_WAIT:
            raise SourceUnavailable(
                "more requests than its pace allows wait for this host",
                where=place(call.url),
                retry_at=self._now() + timedelta(seconds=wait),
            )
        self._rest(wait)

    def _rest(self, seconds: float) -> None:
        """Sleep; time that a test's sleep leaves out counts as passed."""
        if seconds > 0:
            began = time.monotonic()
            self._sleep(seconds)
            self._skipped += max(seconds - (time.monotonic() - began), 0.0)

    def _open(self) -> httpx.Client:
        if self._client is None:
            import httpx

            # httpx logs every address with its query, which may hold a key.
            logging.getLogger("httpx").setLevel(logging.WARNING)
            # trust_env=False: no proxy and no .netrc; the context still honours SSL_CERT_FILE.
            self._client = httpx.Client(
                timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
                verify=_certificates(),
                trust_env=False,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                transport=self._transport,
            )
        return self._client


@cache
def _certificates() -> ssl.SSLContext:
    """Whom to trust, read once a process: it takes 25 ms."""
    import httpx

    return httpx.create_ssl_context()


def _parsed(url: str, params: Mapping[str, Any] | None = None) -> httpx.URL:
    import httpx

    try:
        return httpx.URL(url).copy_merge_params(dict(params)) if params else httpx.URL(url)
    except (httpx.InvalidURL, TypeError) as error:
        raise SourceUnreadable(f"{place(url)!r} is no web address", do="Write it out: https://…") from error


def default_user_agent() -> str:
    """Who we are, for the server's log."""
    try:
        return f"listening-etl/{version('listening-etl')} (social listening; obeys Retry-After)"
    except PackageNotFoundError:
        return "listening-etl (social listening; obeys Retry-After)"
