"""Public posts of a Mastodon server while they are written, changed and deleted: its stream, for a while."""

import json
import time
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

import orjson
from pydantic import Field, SecretStr

from listening_etl import (
    NOW_ONLY,
    Capabilities,
    ConfigError,
    CredentialsRejected,
    Gap,
    Item,
    Options,
    SourceUnavailable,
    SourceUnreadable,
    Terms,
    dicts,
    hookimpl,
    part,
    text_of_html,
)

from ._fediverse import parse_row, rows_of, statuses_of
from .mastodon import Mastodon, MastodonOptions, Server, plain

HEARD = ("update", "status.update", "delete")
TRIES = 3
UNHEARD = "a stream is heard only while it is listened to"


class MastodonStreamOptions(Options):
    """Which server is listened to, for how long, and for what."""

    instance: str = Field("https://mastodon.social", description="address of the server")
    token: SecretStr | None = Field(None, description="of an account there; most servers want one")
    seconds: float = Field(50, gt=0, description="how long a run listens")
    public: bool = Field(
        False, description="hear all public posts, not hashtags, and keep those with a word of the topic"
    )
    streaming: str | None = Field(
        None, pattern="^wss?://[^?#]+$", description="of the stream, where the server does not tell it"
    )
    searchable_only: bool = Field(
        False, description="leave out whoever did not agree to be found by full-text search"
    )


def stream_of(options, http):
    """The address of the server's stream, asked of the server; looked at first with `http`, which refuses
    addresses that are not public."""
    server = Server(asking(options), http)
    address = options.streaming
    if not address:
        _, about = server.ask("/api/v2/instance")
        address = part(about, "configuration", "urls").get("streaming")
    if not isinstance(address, str) or not address.startswith(("ws://", "wss://")):
        raise SourceUnreadable(
            "the server names no stream", where=server.base, do="Give the option streaming."
        )
    address = f"{address.rstrip('/')}/api/v1/streaming"
    http.get(f"{address.replace('ws', 'http', 1)}/health", accept=(404,))
    return address, server.headers


def asking(options):
    """The options with which the same server is asked."""
    return MastodonOptions(
        instance=options.instance, token=options.token, searchable_only=options.searchable_only
    )


def listen(address, headers, streams, until):
    """Messages of the streams until a moment, and in between a Gap for each time that the connection was cut.

    Nothing said meanwhile comes again: a stream has no memory.
    """
    from websockets.exceptions import ConnectionClosed, InvalidHandshake
    from websockets.sync.client import connect

    first, *others = streams
    settings = {"additional_headers": headers, "close_timeout": 1, "max_size": 2**22, "proxy": None}
    failures, cut = 0, None
    while datetime.now(UTC) < until:
        try:
            with connect(f"{address}?{urlencode(first)}", **settings) as stream:
                for other in others:
                    stream.send(json.dumps({"type": "subscribe", **other}))
                if cut:
                    yield Gap(cut, datetime.now(UTC), "the stream was cut")
                    cut = None
                while (left := (until - datetime.now(UTC)).total_seconds()) > 0:
                    yield stream.recv(timeout=left)
                    failures = 0
        except (OSError, ConnectionClosed, InvalidHandshake) as error:
            if isinstance(error, TimeoutError) and datetime.now(UTC) >= until:
                return
            failures, cut = failures + 1, datetime.now(UTC)
            check(error, failures, address)
            time.sleep(failures - 1)
    if cut:
        yield Gap(cut, until, "the stream was cut")


def check(error, failures, where):
    """Raise when no other try will help, or the last one did not."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in (401, 403):
        raise CredentialsRejected(
            f"the server answered {status}", where=where, do="Check the token."
        ) from error
    if status is not None and status < 500 and status != 429:
        raise SourceUnreadable(f"the server answered {status}", where=where) from error
    if failures == TRIES:
        what = f"no connection ({type(error).__name__}), {TRIES} tries made"
        raise SourceUnavailable(what, where=where) from error


def event_in(message, where):
    """The event in a message."""
    try:
        return part(orjson.loads(message))
    except orjson.JSONDecodeError as error:
        raise SourceUnreadable(f"a message is no JSON ({error})", where=where) from error


def holds(row, words):
    """Whether a post of the stream holds one of the words, or is hashtagged with it."""
    for status in dicts(statuses_of(row)) if row.get("event") in HEARD else ():
        tags = [str(tag.get("name")) for tag in dicts(status.get("tags"))]
        text = plain(" ".join([text_of_html(status.get("content")) or "", *tags]))
        if any(word in text for word in words):
            return True
    return False


def within(window, *gaps):
    """Gaps as far as they lie in the window."""
    for gap in gaps:
        since, until = max(gap.since, window.since), min(gap.until, window.until)
        if since < until:
            yield Gap(since, until, gap.reason)


class MastodonStream:
    """Public posts of a Mastodon server as they are written, changed and deleted, while it is listened to.

    Collects posts under the topic's hashtags and names as hashtags (with `public`: all posts that hold a word
    of the topic), their edits and deletions. Misses everything outside the `seconds` of listening, which the
    ledger says, threads, counts of later, and what the source `mastodon` leaves out too: posts that are not public,
    accounts that say `noindex`, and with `searchable_only` whoever did not agree to be found by full-text search.
    With `mastodon` beside it, on the same server, `same_as: mastodon` in the settings of this one (the name that
    the other has there) makes both bring the same mentions, each counted once, and lets the deletions heard here
    reach those found there. It fills a window that is not over yet: of one that is over it brings deletions and
    edits only. Limits: none stated; one connection. Terms: each server's own.
    """

    name = "mastodon_stream"
    options_type = MastodonStreamOptions
    capabilities = Capabilities(
        history=NOW_ONLY,
        order="oldest_first",
        deletions="streamed",
        edits=True,
        pace=1.0,
        auth="token, which most servers want",
    )
    terms = Terms(
        read=date(2026, 11, 22),
        url="https://docs.joinmastodon.org/api/guidelines/",
        reply="each server has its own rules",
    )

    def push_down(self, options, entities):
        """All hashtags and names in one query, so that they are listened to at the same time."""
        found = [f"#{tag}" for entity in entities for tag in entity.hashtags]
        found += [name for entity in entities for name in entity.names]
        return [json.dumps(list(dict.fromkeys(found)), ensure_ascii=False)] if found else []

    def fetch(self, options, slice, http):
        """The events of the streams, as they came."""
        words = orjson.loads(slice.query) if slice.query.startswith("[") else slice.query.split("\n")
        words = list({plain(word.lstrip("#")): None for word in words if word})
        streams = [{"stream": "hashtag", "tag": "".join(word.split())} for word in words]
        streams = [{"stream": "public"}] if options.public else streams
        if not streams:
            raise ConfigError(
                "mastodon_stream has nothing to listen for", do="Give hashtags, or public: true."
            )
        address, headers = stream_of(options, http)
        start = datetime.now(UTC)
        end = start + timedelta(seconds=options.seconds)
        for message in listen(address, headers, streams, end):
            if isinstance(message, Gap):
                yield from within(slice.window, message)
                continue
            row = event_in(message, address)
            kept = row.get("event") == "delete" or not (options.public and words) or holds(row, words)
            if row.get("event") in HEARD and kept:
                yield Item(row, row["event"])
        before, after = Gap(slice.window.since, start, UNHEARD), Gap(end, slice.window.until, UNHEARD)
        yield from within(slice.window, before, after)

    def items(self, answer, options):
        """The events of a recording: of a websocket one a line, or server-sent events."""
        yield from rows_of(answer)

    def parse(self, item, options):
        """What an event says."""
        return parse_row(item if isinstance(item, dict) else part(orjson.loads(item)), options)

    def recheck(self, options, native_ids, http):
        """Ask for statuses by their ids."""
        return Mastodon().recheck(asking(options), native_ids, http)


@hookimpl
def listening_sources():
    """The source of this file."""
    return [MastodonStream()]
