"""Messages of Matrix rooms."""

import json
import re
from datetime import date, timedelta
from urllib.parse import quote

from pydantic import Field, SecretStr

from listening_etl import (
    Author,
    Capabilities,
    Deletion,
    Media,
    Mention,
    NotAMention,
    Options,
    SourceUnreadable,
    Terms,
    dicts,
    epoch,
    hookimpl,
    json_answer,
    part,
)

A_PAGE = 100
WANTED = ("m.room.message", "m.room.encrypted", "m.room.redaction")
WRITTEN = {"m.text", "m.emote", "m.location"}
MEDIA = {"m.image": "image", "m.video": "video", "m.audio": "audio", "m.file": "other"}
FALLBACK = re.compile(
    r"> (?:\* )?<@(?P<author>[^>\n]+)>.*(?:\n>.*)*\n*"
)  # the quote that older clients put first
COORDINATES = re.compile(r"geo:(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)")


class MatrixOptions(Options):
    """Which rooms, on whose server, with whose account."""

    url: str = Field(description="of the homeserver")
    access_token: SecretStr = Field(description="of an account that has joined the rooms")
    rooms: tuple[str, ...] = Field(min_length=1, description="ids (!…) or aliases (#…:server)")
    notices: bool = Field(False, description="also what programs write")


class Homeserver:
    """A homeserver, asked with one account."""

    def __init__(self, options, http):
        self.root, self.http = f"{options.url.rstrip('/')}/_matrix/client/v3", http
        self.headers = {"authorization": f"Bearer {options.access_token.get_secret_value()}"}

    def ask(self, path, accept=(), **params):
        """One answer; None for a status that the caller accepts."""
        answer = self.http.get(self.root + path, self.headers, params, accept=accept)
        if answer.status in accept:
            return None
        told = answer.json()
        if not isinstance(told, dict):
            raise SourceUnreadable("it is no answer of Matrix", where=self.root + path, do="Check the url.")
        return told

    def room(self, name):
        """A room's id, which an alias stands for."""
        if not name.startswith("#"):
            return name
        found = self.ask(f"/directory/room/{quote(name, safe='')}").get("room_id")
        if not isinstance(found, str):
            raise SourceUnreadable(
                f"no room is known as {name!r}", where=self.root, do="Check the option rooms."
            )
        return found

    def pages(self, room, since):
        """Pages of events, newest first, until a whole page is older than `since`.

        The order is that in which the server heard of them; what came late from another server keeps its
        time. So one old event does not end it, and a window long past is reached by reading all that is newer.
        """
        wanted, start, seen = json.dumps({"types": WANTED}), None, set()
        while start not in seen:
            seen.add(start)
            asked = {"dir": "b", "limit": A_PAGE, "filter": wanted, "from": start}
            page = self.ask(f"/rooms/{quote(room, safe='')}/messages", **asked)
            if "chunk" not in page:
                raise SourceUnreadable("it is no page of messages", where=self.root, do="Check the url.")
            events = in_room(page["chunk"], room)
            yield events
            start = page.get("end")
            if start is None or (events and all(sent_before(event, since) for event in events)):
                return

    def event(self, room, event_id):
        """One event as it is now, None when the room has none of that id."""
        path = f"/rooms/{quote(room, safe='')}/event/{quote(event_id, safe='')}"
        found = self.ask(path, accept=(404,))
        return found and {"room_id": room, **found}


class Matrix:
    """Messages of Matrix rooms that an account has joined.

    Collects text and captions with edits, replies and threads, and tombstones of what was deleted; a message
    comes with those of its page of 100 that it answers or that answer it. Misses encrypted rooms, reactions,
    display names, and what was said before the account joined where a room keeps that from it. Limits: the
    homeserver's; a window long past costs a walk through all that is newer. Terms: the homeserver's; say in
    the room that it is listened to.
    """

    name = "matrix"
    options_type = MatrixOptions
    capabilities = Capabilities(
        history=None,
        order="newest_first",
        deletions="flagged",
        edits=True,
        threads=True,
        settles=timedelta(hours=1),
        pace=0.1,
        auth="access token of an account",
        tested="server",
    )
    terms = Terms(read=date(2026, 11, 22), url="https://matrix.org/legal/terms-and-conditions/")

    def fetch(self, options, slice, http):
        """The events of the window, room after room; of an older message that was edited meanwhile, all of it."""
        server, window = Homeserver(options, http), slice.window
        for room in map(server.room, options.rooms):
            edits = []
            for page in server.pages(room, window.since):
                edits += filter(edited_id, page)
                recent = [one for one in page if not sent_before(one, window.since)]
                recent = [one for one in recent if sent_before(one, window.until)]
                here = {None, *(one.get("event_id") for one in page)}
                for edited in dict.fromkeys(edited_id(one) for one in recent if edited_id(one) not in here):
                    found = server.event(room, edited)
                    if found is not None:
                        yield from with_edits([found], edits)
                        recent = [one for one in recent if edited_id(one) != edited]
                yield from conversations(with_edits(recent, [*page, *edits]))

    def items(self, answer, options):
        """The events of a page, a sync, a search, a context, or one event."""
        told = json_answer(answer)
        if isinstance(told, dict) and "errcode" in told:
            raise NotAMention(f"an error: {told.get('error') or told['errcode']}")
        events = dicts(told) if isinstance(told, list) else events_of(told) if isinstance(told, dict) else []
        if not events:
            raise NotAMention("an answer without events")
        return conversations(with_edits(events))

    def parse(self, item, options):
        """The messages of a conversation, or one event."""
        if "gone" in item:
            return Deletion(str(item["gone"]))
        if "events" not in item:
            return mention_of(item, {}, options)
        events = {event.get("event_id"): event for event in dicts(item["events"])}
        found, reasons = [], []
        for event in events.values():
            try:
                found.append(mention_of(event, events, options))
            except NotAMention as reason:
                reasons.append(reason)
        if not found:
            raise reasons[0] if reasons else NotAMention("no event")
        return found

    def recheck(self, options, native_ids, http):
        """Each message as it is now, from whichever of the rooms has it."""
        server = Homeserver(options, http)
        rooms = [server.room(name) for name in options.rooms]
        for native_id in native_ids:
            found = (server.event(room, native_id) for room in rooms)
            yield next(filter(None, found), {"gone": native_id})


def events_of(told):
    """The events in an answer, whichever it is, each with its room."""
    if "type" in told and "content" in told:
        return [told]
    for name in ("chunk", "messages", "events"):
        if name in told:
            return dicts(told[name])
    if "event" in told:
        around = [*dicts(told.get("events_before")), *dicts(told.get("events_after"))]
        return [*dicts([told["event"]]), *around]
    joined = part(told, "rooms", "join")
    events = [e for room in joined for e in in_room(part(joined, room, "timeline").get("events"), room)]
    hits = dicts(part(told, "search_categories", "room_events").get("results"))
    return events or [part(hit, "result") for hit in hits]


def in_room(events, room):
    """Events that say which room they are of."""
    return [{"room_id": room, **event} for event in dicts(events)]


def sent_before(event, time):
    """Whether it was sent before; no event is without its time, and one that is, is let by to be refused."""
    sent = event.get("origin_server_ts")
    return isinstance(sent, int) and sent < time.timestamp() * 1000


def edited_id(event):
    """The id of the message that this event edits, None when it edits none."""
    about = part(event, "content", "m.relates_to")
    return about.get("event_id") if about.get("rel_type") == "m.replace" else None


def with_edits(events, among=None):
    """Events with the last edit of each where the server puts it too; edits of what is here are left out."""
    edits = {}
    for event in sorted(among or events, key=lambda event: event.get("origin_server_ts") or 0):
        if edited_id(event):
            edits[edited_id(event), event.get("sender")] = event
    here = {event.get("event_id") for event in among or events}
    for event in events:
        if edited_id(event) in here - {None}:
            continue
        edit = edits.get((event.get("event_id"), event.get("sender")))
        if edit is None:
            yield event
        else:
            said, about = part(event, "unsigned"), part(event, "unsigned", "m.relations")
            yield {**event, "unsigned": {**said, "m.relations": {**about, "m.replace": edit}}}


def conversations(events):
    """Events that answer one another as one item, the others alone."""
    events = list(events)
    above = {event.get("event_id"): answered_id(event) for event in events}
    groups = {}
    for event in events:
        top, seen = event.get("event_id"), set()
        while above.get(top) and top not in seen:
            seen.add(top)
            top = above[top]
        groups.setdefault(top, []).append(event)
    for group in groups.values():
        yield {"events": group} if len(group) > 1 else group[0]


def answered_id(event):
    """The id of the message that this one answers; in a thread the quoted one may only be a stopgap."""
    about = part(event, "content", "m.relates_to")
    in_thread = about.get("rel_type") == "m.thread"
    answered = part(about, "m.in_reply_to").get("event_id")
    return about.get("event_id") if in_thread and (about.get("is_falling_back") or not answered) else answered


def mention_of(event, others, options):
    """One message as it reads now, or its deletion."""
    kind, content, event_id = event.get("type"), part(event, "content"), event.get("event_id")
    if kind == "m.room.redaction":
        return Deletion(str(event.get("redacts") or content["redacts"]), sent(event))
    if part(event, "unsigned").get("redacted_because") or (kind == "m.room.message" and not content):
        return Deletion(str(event_id), sent(part(event, "unsigned", "redacted_because")))
    if kind == "m.room.encrypted":
        raise NotAMention("encrypted")
    if kind != "m.room.message":
        raise NotAMention(f"no message: {kind}")
    if edited_id(event):
        raise NotAMention("an edit of a message that is not here")
    edit = part(event, "unsigned", "m.relations", "m.replace")
    edited = part(edit, "content", "m.new_content") if edit.get("sender") == event.get("sender") else {}
    now = edited or content
    form = now.get("msgtype")
    if form not in WRITTEN | MEDIA.keys() and not (form == "m.notice" and getattr(options, "notices", False)):
        raise NotAMention(f"no message of a person: {form}")
    about, answered, sender = part(content, "m.relates_to"), answered_id(event), event.get("sender")
    text, quoted = words_of(now)
    above = part(others, answered).get("sender") or quoted
    place = COORDINATES.match(str(now.get("geo_uri")))
    return Mention(
        native_id=event_id,
        kind="message",
        channel="social",
        url=f"https://matrix.to/#/{event['room_id']}/{event_id}" if event.get("room_id") else None,
        text=text,
        published_at=sent(event),
        updated_at=sent(edit) if edited else None,
        author=Author(native_id=sender, handle=sender.removeprefix("@")) if sender else None,
        in_reply_to=answered,
        conversation_id=about.get("event_id") if about.get("rel_type") == "m.thread" else None,
        reply_to_author=above.removeprefix("@") if above else None,
        tagged=tuple(user.removeprefix("@") for user in part(now, "m.mentions").get("user_ids") or ()),
        media=media_of(now),
        lat=float(place[1]) if place else None,
        lon=float(place[2]) if place else None,
    )


def words_of(content):
    """A message's own words, and who is quoted before them; of a file its caption, not its name."""
    body = content.get("body")
    if not isinstance(body, str) or (
        content.get("msgtype") in MEDIA and content.get("filename") in (None, body)
    ):
        return None, None
    quoted = FALLBACK.match(body)
    return body[quoted.end() if quoted else 0 :].strip() or None, quoted["author"] if quoted else None


def media_of(content):
    """What is attached, by its address in Matrix."""
    kind, url = MEDIA.get(content.get("msgtype")), content.get("url") or part(content, "file").get("url")
    return (Media(url=url, kind=kind),) if kind and isinstance(url, str) else ()


def sent(event):
    """When an event was sent, None when there is none."""
    milliseconds = event.get("origin_server_ts")
    return epoch(milliseconds / 1000) if isinstance(milliseconds, int | float) else None


@hookimpl
def listening_sources():
    """The source of this file."""
    return [Matrix()]
