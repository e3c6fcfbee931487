"""Real answers kept for tests, and served again without a network; secrets are taken out before they are kept.

with Http(recorder=Recorder("tests/contract/samples/forum", secrets=[key])) as http: ...
with Http(transport=Replay("tests/contract/samples/forum")) as http: ...
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import httpx

from listening_etl.errors import FixAndRerun
from listening_etl.http.exchange import Response

REDACTED = "REDACTED"
SECRET_HEADERS = re.compile("auth|cookie|key|secret|session|token")
SECRET_PARAMS = {
    "access_token",
    "api_key",
    "apikey",
    "appsecret_proof",
    "auth",
    "client_secret",
    "password",
    "token",
}
ISSUED = {"accessJwt", "refreshJwt", "jwt", "refresh_token", "id_token", "page_token"}
"""What the answer to a login calls its secrets, besides."""
TRANSPORT = {"content-encoding", "content-length", "transfer-encoding", "connection"}
NOT_KEPT = TRANSPORT | {"set-cookie", "cookie", "authorization", "x-api-key"}
SHORTEST = 4
"""Characters of a secret found by itself; a shorter one would be struck out of words that merely hold it."""

IN_ADDRESS = re.compile(
    rf"((?:[?&]|\\u0026|&amp;)(?:key|{'|'.join(SECRET_PARAMS)})=)[^&#\"'<>\s\\]+", re.IGNORECASE
)
IN_FIELD = re.compile(rf'("(?:{"|".join(SECRET_PARAMS | ISSUED)})"\s*:\s*")(?:[^"\\]|\\.)*(")')
BOT_TOKEN = re.compile(r"(/bot)\d+:[\w-]+")


class NotRecorded(FixAndRerun):
    """A test asked for what was not recorded; the message names the nearest that was."""


class Recorder:
    """Writes each exchange as a JSON file of `folder`, in order, after those that are there.

    Kept: method, address, status, headers, body. Never kept: what was sent otherwise, cookies, and the values
    of credentials wherever they turn up, with every string of `secrets`.
    """

    def __init__(self, folder: Path | str, secrets: Iterable[str] = ()) -> None:
        self._folder, self._secrets = Path(folder), _Secrets(secrets)
        self._lock = threading.Lock()
        self._written: dict[Path, dict[str, Any]] = {}

    def note(self, request: httpx.Request, answer: Response) -> None:
        """Keep one exchange."""
        kept = {
            "method": request.method,
            "url": _address(request.url),
            "status": answer.status,
            "headers": {n: value for n, value in answer.headers.items() if n not in NOT_KEPT},
            # Bytes that are no UTF-8 become lone surrogates, and bytes again when written.
            "body": answer.body.decode("utf-8", "surrogateescape"),
        }
        with self._lock:
            self._folder.mkdir(parents=True, exist_ok=True)
            number = 1 + max((int(path.stem) for path in recordings(self._folder)), default=0)
            path = self._folder / f"{number:04}.json"
            learned = self._secrets.learn(request)
            self._written[path] = kept
            # A token shows in the answer to a login before it shows in a request.
            for each in self._written if learned else [path]:
                self._write(each)

    def _write(self, path: Path) -> None:
        kept = self._written[path] = _clean(self._written[path], self._secrets)
        try:
            kept["body"].encode("utf-8")
        except UnicodeEncodeError:
            body = kept["body"].encode("utf-8", "surrogateescape")
            kept = {n: value for n, value in kept.items() if n != "body"}
            kept["body_base64"] = base64.b64encode(body).decode("ascii")
        path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")


class Replay(httpx.BaseTransport):
    """Serves what a `Recorder` wrote to `folder`: each exchange once, in order, to the same request.

    The same is: method, path and query, whatever the server; credentials do not count.
    """

    def __init__(self, folder: Path | str, secrets: Iterable[str] = ()) -> None:
        self._folder, self._secrets = Path(folder), _Secrets(secrets)
        self._lock = threading.Lock()
        self._left = [json.loads(path.read_text("utf-8")) for path in recordings(self._folder)]
        self._served: list[str] = []
        if not self._left:
            raise NotRecorded("nothing is recorded", where=str(folder), do="Record answers with `Recorder`.")

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer with the first recorded exchange of this request that was not served yet."""
        with self._lock:
            wanted = _wanted(request.method, self._secrets.out_of(_address(request.url)))
            for place, kept in enumerate(self._left):
                if _wanted(kept["method"], kept["url"]) == wanted:
                    self._served.append(wanted)
                    return _served(self._left.pop(place))
            raise self._nothing_for(wanted)

    def _nothing_for(self, wanted: str) -> NotRecorded:
        where, times = str(self._folder), self._served.count(wanted)
        if times:
            what = f"{wanted} was recorded {times} times and is asked for once more"
            return NotRecorded(what, where=where, do="Record again, or look for a loop.")
        known = {*self._served, *(_wanted(kept["method"], kept["url"]) for kept in self._left)}
        nearest = max(sorted(known), key=lambda one: SequenceMatcher(None, one, wanted).ratio())
        return NotRecorded(
            f"{wanted} was not recorded; the nearest is {nearest}", where=where, do="Record again."
        )


def recordings(folder: Path) -> list[Path]:
    """The files of a folder that hold an exchange, in order."""
    return sorted(
        (path for path in folder.glob("*.json") if path.stem.isdecimal()), key=lambda p: int(p.stem)
    )


def _clean(kept: Mapping[str, Any], secrets: _Secrets) -> dict[str, Any]:
    texts = {name: secrets.out_of(kept[name]) for name in ("url", "body")}
    return {**kept, **texts, "headers": {n: secrets.out_of(value) for n, value in kept["headers"].items()}}


class _Secrets:
    """Strings that must not be kept: those given, and the credentials of the requests seen so far."""

    def __init__(self, given: Iterable[str]) -> None:
        self._known = {secret for secret in given if secret}

    def learn(self, request: httpx.Request) -> bool:
        """Take in the credentials of a request; whether there are new ones among them."""
        found = {secret for secret in _credentials(request) if len(secret) >= SHORTEST} - self._known
        self._known |= found
        return bool(found)

    def out_of(self, text: str) -> str:
        if self._known:
            longest_first = sorted(self._known, key=len, reverse=True)
            text = re.sub("|".join(map(_any_spelling, longest_first)), REDACTED, text)
        text = IN_ADDRESS.sub(rf"\g<1>{REDACTED}", text)
        text = IN_FIELD.sub(rf"\g<1>{REDACTED}\g<2>", text)
        return BOT_TOKEN.sub(rf"\g<1>{REDACTED}", text)


def _any_spelling(secret: str) -> str:
    """A pattern for a secret however it is written: in an address, in JSON, in JSON within JSON."""
    spellings = []
    for letter in secret:
        units = re.findall("....", letter.encode("utf-16-be", "surrogatepass").hex())
        escaped = "".join(rf"\\+u{unit}" for unit in units)
        percent = re.escape(quote(letter, safe="", errors="replace"))
        spellings.append(
            rf"(?:\\*{re.escape(letter)}|(?i:{percent}|{escaped}){'|[+]' if letter == ' ' else ''})"
        )
    return "".join(spellings)


def _credentials(request: httpx.Request) -> Iterator[str]:
    for value in (value for name, value in request.headers.items() if SECRET_HEADERS.search(name)):
        yield value
        yield value.rpartition(" ")[2]  # without "Bearer"
        if value.lower().startswith("basic "):
            with contextlib.suppress(binascii.Error):
                yield base64.b64decode(value[6:]).decode("utf-8", "replace").partition(":")[2]
    for pair in request.headers.get("cookie", "").split(";"):
        yield pair.partition("=")[2].strip()
    yield request.url.password
    for name, value in (*parse_qsl(request.url.query.decode()), *_fields(request)):
        if name.lower() in {"key", *SECRET_PARAMS} or name in ISSUED:
            yield value


def _fields(request: httpx.Request) -> Iterator[tuple[str, str]]:
    """The fields of what is posted: a form, or JSON."""
    try:
        text = request.content.decode("utf-8")
        document = json.loads(text) if text.lstrip().startswith("{") else dict(parse_qsl(text))
    except (httpx.RequestNotRead, ValueError):
        return
    yield from ((name, value) for name, value in document.items() if isinstance(value, str))


def _address(url: httpx.URL) -> str:
    """The address without user, password and fragment."""
    return str(url.copy_with(userinfo=b"", fragment=None))


def _wanted(method: str, url: str) -> str:
    """What makes two requests the same, in words; the order of the parameters does not."""
    parts = urlsplit(url)
    query = "&".join(f"{name}={value}" for name, value in sorted(parse_qsl(parts.query, True)))
    return f"{method} {unquote(parts.path) or '/'}{'?' if query else ''}{query}"


def _served(kept: Mapping[str, Any]) -> httpx.Response:
    encoded = kept.get("body_base64")
    body = kept["body"].encode() if encoded is None else base64.b64decode(encoded)
    return httpx.Response(kept["status"], headers=kept["headers"], stream=httpx.ByteStream(body))
