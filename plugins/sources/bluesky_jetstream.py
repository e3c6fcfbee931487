"""Posts on Bluesky as the network's stream has them, and what was deleted: Jetstream, replayed for a window."""

import json
import time
import unicodedata
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

import orjson
from pydantic import Field

from listening_etl import (
    Capabilities,
    CredentialsRejected,
    Gap,
    Item,
    Options,
    SourceUnavailable,
    SourceUnreadable,
    Terms,
    Truncated,
    epoch,
    hookimpl,
    json_answer,
    part,
)

from ._atproto import POST, event_of, parse_row, rows_of, words
from .bluesky import APPVIEW, Bluesky, BlueskyOptions, Service

REWIND = timedelta(seconds=5)
TRIES, PROFILES_AT_ONCE = 3, 25
ROLLED_ON = timedelta(minutes=1)


class BlueskyJetstreamOptions(Options):
    """Which stream is heard, and what of it is kept."""

    url: str = Field(
        "wss://jetstream2.us-east.bsky.network/subscribe",
        pattern="^wss?://[^?#]+$",
        description="of a Jetstream: …/subscribe, or the newer …subscribeEvents",
    )
    deletions: bool = Field(True, description="keep every deletion of a post: some ten thousand an hour")
    profiles: bool = Field(True, description="look up the authors of what is kept: a request for 25")
    appview: str = Field(APPVIEW, description="where authors and rechecked posts are looked up")
    late: float = Field(30, description="seconds after a window for which its posts are still waited for")
    silence: float = Field(10, description="seconds without any event after which the stream counts as stuck")


def fold(text):
    """Lower case without accents, with single spaces."""
    plain = unicodedata.normalize("NFKD", text).casefold().replace("’", "'")
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def microseconds(moment):
    """A time as Jetstream counts it."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def time_of(row):
    """When Jetstream saw an event, in microseconds since 1970; None when it says no time."""
    try:
        return row["time_us"] if "time_us" in row else microseconds(datetime.fromisoformat(row["time"]))
    except (KeyError, TypeError, ValueError):
        return None


def connection(url, cursor):
    """A connection, not yet open, that replays posts from `cursor` on."""
    from websockets.sync.client import connect

    newer = url.endswith("subscribeEvents")
    asked = urlencode({"collections" if newer else "wantedCollections": POST, "cursor": cursor})
    protocol = ["xrpc.v1.json"] if newer else None
    return connect(f"{url}?{asked}", subprotocols=protocol, close_timeout=1, max_size=2**22, proxy=None)


def replay(options, window):
    """Events from the start of the window until `late` after its end; returns whether it got there.

    A connection that is cut is opened again five seconds before the last event, since a few events may come
    out of order: what comes twice is one mention all the same.
    """
    from websockets.exceptions import ConnectionClosed, InvalidHandshake

    start, end = microseconds(window.since), microseconds(window.until + timedelta(seconds=options.late))
    last, cursor, failures = start, start, 0
    while True:
        try:
            with connection(options.url, cursor) as stream:
                while last < end:
                    try:
                        message = stream.recv(timeout=options.silence)
                    except TimeoutError:
                        return False
                    if row := row_of(message, options.url):
                        yield row, message
                        last, failures = max(last, time_of(row)), 0
                return True
        except (OSError, ConnectionClosed, InvalidHandshake) as error:
            failures += 1
            check(error, failures, options.url)
            time.sleep(failures - 1)
            cursor = max(start, last - REWIND // timedelta(microseconds=1))


def check(error, failures, url):
    """Raise when no other try will help, or the last one did not."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in (401, 403):
        raise CredentialsRejected(f"the server answered {status}", where=url, do="Check url.") from error
    if status is not None and status < 500 and status != 429:
        raise SourceUnreadable(f"the server answered {status}", where=url, do="Check url.") from error
    if failures == TRIES:
        what = f"no connection ({type(error).__name__}: {error}), {TRIES} tries made"
        raise SourceUnavailable(what, where=url) from error


def row_of(message, url):
    """The event in a message, None for one that is no event: newer servers also send remarks."""
    try:
        row = part(orjson.loads(message))
    except orjson.JSONDecodeError as error:
        raise SourceUnreadable(f"a message is no JSON ({error})", where=url) from error
    row = part(row, "payload") or row
    if "error" in row:
        raise SourceUnreadable(f"{row['error']}: {row.get('message')}", where=url)
    return row if "did" in row and time_of(row) is not None else None


class Wanted:
    """Tells which events are kept: those that hold a word or concern an account of the query, and deletions.

    The whole network writes some fifty posts a second; what is dropped here is gone, so the test is generous:
    part of a word is enough, and for accounts their DID anywhere in the event (author, answer, quote, tag).
    """

    def __init__(self, query, options, service):
        try:
            given = words(json.loads(query)) if query else []
        except ValueError:
            given = [query]
        self.deletions = options.deletions
        self.words = [fold(word.lstrip("#")) for word in given]
        handles = [word.removeprefix("@") for word in given if word.startswith("@")]
        self.dids = [person["did"] for person in profiles(service, handles).values()]

    def __call__(self, row, message):
        """Whether this event is kept."""
        event = event_of(row) or {}
        if event.get("kind") != "commit":
            return self.deletions and event.get("kind") == "account" and not event.get("active")
        if event.get("collection") != POST:
            return False
        if event.get("operation") == "delete" or not self.words:
            return self.deletions or event.get("operation") != "delete"
        record = part(event, "record")
        text = fold(" ".join([str(record.get("text")), *words(record.get("tags"))]))
        return any(word in text for word in self.words) or any(did in message for did in self.dids)


def profiles(service, actors):
    """Profiles by DID; who has none is left out."""
    found = {}
    for start in range(0, len(actors), PROFILES_AT_ONCE):
        asked = actors[start : start + PROFILES_AT_ONCE]
        rows, _, _ = service.rows("profiles", "app.bsky.actor.getProfiles", actors=asked)
        found |= {row["did"]: row for row in rows if "did" in row}
    return found


def with_authors(service, rows):
    """Posts with the profiles of their authors: handle, followers, and whether they hide from strangers."""
    known = profiles(service, list(dict.fromkeys(row["did"] for row in rows))) if service else {}
    for row in rows:
        yield Item({**row, "author": known[row["did"]]} if row["did"] in known else row, row["did"])


class BlueskyJetstream:
    """Public posts of the whole Bluesky network as they were written, and deletions, from Jetstream.

    Collects every post that holds one of the topic's names or hashtags, or that concerns one of its accounts
    (those with a dot in their handle): posts, replies, quotes, edits; with the author's profile, without
    counts (a later recheck brings them) and without threads. Also every deletion of a post, since a deletion
    does not say of what: some ten thousand an hour, of some bytes, which touch nothing when the post is not
    ours; `deletions: false` leaves them out, and then only a recheck tells. Misses what happened more than
    about a day ago, posts that reach the network later than `late` seconds after the window and the ten
    minutes that runs look back, and mass deletion: that an account was closed, suspended or taken down is
    kept as an event of no mention, and its posts go at their recheck. Posts of people who show them to
    logged-in readers only are left out, as far as `profiles` tell. With the source `bluesky` beside it each
    post is heard twice: `same_as: bluesky` in the settings of this one (the name that the other has there) makes
    both bring the same mentions, each counted once, and lets the deletions heard here reach those found there.
    Limits: none stated; one connection a slice, and for profiles 3,000 requests in 5 minutes. Terms: deletions
    must be honoured.
    """

    name = "bluesky_jetstream"
    options_type = BlueskyJetstreamOptions
    capabilities = Capabilities(
        history=timedelta(hours=24),
        order="oldest_first",
        deletions="streamed",
        edits=True,
        settles=timedelta(minutes=10),
        pace=0.1,
        tested="documented",
    )
    terms = Terms(read=date(2026, 11, 22), url="https://docs.bsky.app/docs/support/developer-guidelines")

    def push_down(self, options, entities):
        """All words in one query, so that the network is read once."""
        found = [name for entity in entities for name in entity.names]
        found += [f"#{tag}" for entity in entities for tag in entity.hashtags]
        found += [f"@{handle}" for entity in entities for handle in entity.handles if "." in handle]
        return [json.dumps(list(dict.fromkeys(found)), ensure_ascii=False)] if found else []

    def fetch(self, options, slice, http):
        """The events of the window that are kept, as they came; without a query every post is."""
        http.check(options.url)
        service = Service(BlueskyOptions(appview=options.appview), http)
        wanted, window = Wanted(slice.query, options, service), slice.window
        held, reached, events = [], None, replay(options, window)
        end = window.until + timedelta(seconds=options.late)
        while True:
            try:
                row, message = next(events)
            except StopIteration as stop:
                whole = stop.value
                break
            at = epoch(time_of(row) / 1e6)
            if reached is None and at - window.since > ROLLED_ON:
                yield Gap(window.since, min(at, window.until), f"the stream begins at {at:%Y-%m-%d %H:%M}")
            reached = max(reached or at, at)
            held += [row] if at < end and wanted(row, message) else []
            if len(held) >= PROFILES_AT_ONCE:
                yield from with_authors(options.profiles and service, held)
                held = []
        yield from with_authors(options.profiles and service, held)
        if not whole and (reached or window.since) < window.until:
            why = f"the stream was silent for {options.silence:g} seconds"
            yield Truncated(why, reached=reached) if reached else Gap(window.since, window.until, why)

    def items(self, answer, options):
        """The events of a recording, one a line."""
        yield from rows_of(json_answer(answer))

    def parse(self, item, options):
        """One event as a mention or a deletion."""
        return parse_row(item if isinstance(item, dict) else json_answer(item))

    def recheck(self, options, native_ids, http):
        """Ask for posts by their addresses: with counts, or gone."""
        return Bluesky().recheck(BlueskyOptions(appview=options.appview), native_ids, http)


@hookimpl
def listening_sources():
    """The source of this file."""
    return [BlueskyJetstream()]
