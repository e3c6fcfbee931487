"""Articles from RSS, Atom and JSON feeds."""

import calendar
import codecs
import hashlib
import io
import time
import zlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urljoin

from pydantic import Field, model_validator

from listening_etl import (
    NOW_ONLY,
    Author,
    Capabilities,
    Gap,
    Item,
    Malformed,
    Media,
    Mention,
    NotAMention,
    Options,
    SourceUnreadable,
    dicts,
    hookimpl,
    json_answer,
    text_of_html,
)

ACCEPT = "application/feed+json, application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5"
MEDIA_KINDS = {
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "svg"), "image"),
    **dict.fromkeys(("mp4", "webm", "mov", "m4v"), "video"),
    **dict.fromkeys(("mp3", "m4a", "ogg", "wav", "aac"), "audio"),
}


BEFORE = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
"""Bytes that may stand before the first sign of a document: byte order marks, blanks, half of a sign."""

LARGEST = 50_000_000
"""Bytes of a feed, unpacked."""


class FeedOptions(Options):
    """Exactly one of `url` and `path`; beside it, if a hub pushes to us, the `inbox`."""

    url: str | None = Field(None, description="the feed's address")
    path: Path | None = Field(None, description="a feed as a file")
    inbox: Path | None = Field(None, description="folder in which the WebSub receiver keeps what hubs push")

    @model_validator(mode="after")
    def _exactly_one(self):
        if (self.url is None) == (self.path is None):
            raise ValueError("give exactly one of url and path")
        return self


def read(options, http):
    """The feed's bytes, headers, place and time of reading; None when the server says nothing changed."""
    if options.path:
        return read_file(options.path)
    place = options.url.partition("?")[0]  # the rest may hold a password
    answer = http.get(options.url, headers={"accept": ACCEPT}, accept=(410,), conditional=True)
    if answer.status == 410:
        raise SourceUnreadable(
            "the feed is gone for good (410)", where=place, do="Take it out of the settings."
        )
    kept = {name: answer.headers[name] for name in ("content-type",) if name in answer.headers}
    kept["content-location"] = answer.url
    return None if answer.status == 304 else (answer.body, kept, place, answer.fetched_at)


def read_file(path):
    """The same from a file, whose time of reading is that of its last change."""
    try:
        body, changed = path.read_bytes(), path.stat().st_mtime
    except OSError as error:
        raise SourceUnreadable(f"it cannot be read ({error.strerror or error})", where=str(path)) from error
    return body, {}, path.name, datetime.fromtimestamp(changed, UTC)


def pushed(inbox, since):
    """What hubs pushed, oldest first; a push holds what is new, so those from well before the window are left."""
    if inbox is None:
        return
    if not inbox.is_dir():
        raise SourceUnreadable(
            "there is no such inbox", where=str(inbox), do="Make the folder, or drop 'inbox'."
        )
    earliest = (since - timedelta(days=1)).timestamp()
    found = [(path.stat().st_mtime, path) for path in inbox.iterdir() if not path.name.startswith(".")]
    for changed, path in sorted(found):
        if changed >= earliest:
            yield read_file(path)


def unpacked(body):
    """The bytes of a feed that was kept as it came over the wire: with gzip, deflate, or as it is."""
    if body.lstrip(BEFORE)[:1] in (b"<", b"{", b""):
        return body
    packed = body[:-8] if body[:2] == b"\x1f\x8b" else body  # a wrong checksum is no reason to lose the feed
    for window_bits in (47, -15):  # gzip or zlib by their headers; deflate without one
        with suppress(zlib.error):
            return zlib.decompressobj(window_bits).decompress(packed, LARGEST)
    return body


def entries_of(body, headers, where):
    """The entries of a feed of any of the three kinds, each with what the feed says of itself."""
    is_json = body.lstrip(BEFORE)[:1] == b"{"
    return json_entries(body, where) if is_json else xml_entries(body, headers, where)


def json_entries(body, where):
    """The entries of a JSON Feed."""
    try:
        document = json_answer(body)
    except SourceUnreadable as error:
        raise SourceUnreadable(error.what, where=where) from error
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise SourceUnreadable("it is JSON, but no JSON Feed: it has no 'items'", where=where, do="Check it.")
    about = {
        "version": "json",
        "title": document.get("title"),
        "link": document.get("home_page_url"),
        "language": document.get("language"),
        "author": names_of(document.get("authors") or document.get("author")),
    }
    return [{**(item if isinstance(item, dict) else {"item": item}), "feed": about} for item in items]


def xml_entries(body, headers, where):
    """The entries of an RSS or Atom feed as feedparser reads them, also from a feed with faults."""
    import feedparser

    if body.startswith(
        (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    ):  # whatever the server or the document says
        headers = {**headers, "content-type": "application/xml; charset=utf-16"}
    try:
        parsed = feedparser.parse(io.BytesIO(body), response_headers=headers)
    except Exception as error:  # whatever feedparser stumbles over, the document is what is wrong
        raise SourceUnreadable(f"it is no feed ({error})", where=where, do="Check the address.") from error
    fault = parsed.get("bozo_exception")
    if not parsed.entries and (not parsed.get("version") or type(fault).__name__ == "SAXParseException"):
        why = f" ({fault})" if fault else ""
        raise SourceUnreadable(f"it is no feed{why}", where=where, do="Check the address.")
    feed = parsed.feed
    own = next((one.get("href") for one in feed.get("links") or () if one.get("rel") == "self"), None)
    about = {
        "version": parsed.get("version"),
        "title": feed.get("title"),
        "link": urljoin(own or "", feed.get("link") or ""),
        "language": feed.get("language"),
        "author": author_of(feed, str(parsed.get("version"))),
    }
    return [{**plain(entry), "feed": about} for entry in parsed.entries]


def plain(value):
    """feedparser's answer as JSON has it; its parsed times, which are UTC, as RFC 3339 text."""
    if isinstance(value, time.struct_time):
        try:
            return datetime.fromtimestamp(calendar.timegm(value), UTC).isoformat()
        except (ValueError, OverflowError, OSError):
            return None
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def text_of(markup, kind="text/html"):
    """Readable text, None when there is none; HTML unless `kind` says that it is plain."""
    if kind == "text/plain":
        return (isinstance(markup, str) and markup.strip()) or None
    return text_of_html(markup)


def first_text(*candidates):
    """The first candidate that is text with something in it."""
    return next((text for text in candidates if isinstance(text, str) and text.strip()), None)


def names_of(people):
    """The first name among one author or several."""
    people = [people] if isinstance(people, dict) else dicts(people)
    return first_text(*(person.get("name") for person in people))


def author_of(entry, version):
    """The name of who wrote it. RSS says `ana@k.example (Ana)`, which feedparser cuts at the wrong place."""
    written = first_text(entry.get("author"))
    if written and "@" in written and version.startswith("rss"):
        return parseaddr(written)[0] or written
    people = entry.get("authors") or entry.get("author")
    return names_of(entry.get("author_detail")) or names_of(people) or written


def media_of(entry):
    """Enclosures, Media RSS and attachments, each address once; the kind by MIME type, else by the ending."""
    parts = [part for part in dicts(entry.get("links")) if part.get("rel") == "enclosure"]
    for name in ("enclosures", "media_content", "attachments"):
        parts += dicts(entry.get(name))
    found = {}
    for part in [*parts, {"url": entry.get("image"), "medium": "image"}]:
        url = first_text(part.get("href"), part.get("url"))
        mime = first_text(part.get("type"), part.get("mime_type"), part.get("medium"))
        kind = mime.partition("/")[0].lower() if mime else MEDIA_KINDS.get(url_ending(url))
        if url and url not in found:
            found[url] = Media(url=url, kind=kind if kind in MEDIA_KINDS.values() else "other")
    return tuple(found.values())


def url_ending(url):
    """The ending of an address's path: `jpg`."""
    return (url or "").partition("?")[0].rpartition(".")[2].lower()


def time_of(entry, *names):
    """The first of these that can be read as a time; feedparser has read its own, as UTC without a zone."""
    for name in names:
        written, read_as = first_text(entry.get(name)), first_text(entry.get(f"{name}_parsed"))
        if written and name.startswith("date_"):
            try:
                return datetime.fromisoformat(written)
            except ValueError:
                continue
        epoch = written and written.isdecimal() and len(written) != 8  # feedparser reads it as year and day
        if read_as and not epoch:
            return read_as
    unread = first_text(*(entry.get(name) for name in names))
    if unread and "published" in names:
        raise Malformed(f"{unread[:40]!r} is not a time with a zone")
    return None


PUBLISHED = ("published", "date_published", "updated", "date_modified")


def published(entry):
    """When an entry was published, in UTC; None when that cannot be read."""
    try:
        return Mention(native_id="-", published_at=time_of(entry, *PUBLISHED)).published_at
    except Malformed:
        return None


def body_of(entry, about):
    """The entry's text: its content, else its summary; and the language it states."""
    parts = dicts(entry.get("content"))
    detail = entry.get("summary_detail")
    parts += [detail] if isinstance(detail, dict) else []
    texts = [first_text(entry.get("content_text")), text_of(entry.get("content_html"))]
    texts += [text_of(part.get("value"), part.get("type")) for part in parts]
    texts += [text_of(entry.get("summary"), "text/plain" if about.get("version") == "json" else "text/html")]
    return first_text(*texts), first_text(*(part.get("language") for part in parts))


class Feed:
    """Articles of a website from its RSS, Atom or JSON feed, and what a WebSub hub pushes.

    Collects what the feed holds at the moment, usually the last 10 to 50 articles, and with `inbox` what the
    WebSub receiver (`listening_etl.websub`) was sent since; misses older articles (where the oldest entry is
    younger than the window, the stretch before it is a gap: the feed may have rolled on, or be young), changes
    to them, and deletions. Limits: one request a slice, conditional when a cache is kept; a feed that answers
    410 is gone for good. Terms: the site's.
    """

    name = "feed"
    options_type = FeedOptions
    capabilities = Capabilities(history=NOW_ONLY, order="any", deletions="none", edits=True, tested="server")

    def fetch(self, options, slice, http):
        """One entry after the other, with what the feed says of itself under `feed`; then those pushed."""
        window, times = slice.window, []
        polled = read(options, http)
        if polled is not None:
            body, headers, where, fetched_at = polled
            for number, entry in enumerate(entries_of(unpacked(body), headers, where), 1):
                times.append(published(entry))
                yield Item(entry, f"{where}#{number}", fetched_at)
        for body, headers, where, fetched_at in pushed(options.inbox, window.since):
            for number, entry in enumerate(entries_or_why_not(body, headers, where), 1):
                times.append(published(entry))
                yield Item(entry, f"{where}#{number}", fetched_at)
        oldest = min((time for time in times if time), default=None)
        if options.url and polled is not None and oldest is not None and oldest > window.since:
            why = "the feed goes back no further; what was in it before may have rolled out of it"
            yield Gap(window.since, oldest, why)  # past the window too: a later 304 stands for the same

    def items(self, answer, options):
        """The entries of a recorded feed, also compressed."""
        try:
            entries = entries_of(unpacked(answer), {}, None)
        except SourceUnreadable as error:
            raise NotAMention(str(error)) from error
        if not entries:
            raise NotAMention("a feed without entries")
        return iter(entries)

    def parse(self, entry, options):
        """One entry as an article."""
        if isinstance(entry.get("unreadable"), str):
            raise Malformed(entry["unreadable"])
        about = entry.get("feed") if isinstance(entry.get("feed"), dict) else {}
        time_published = time_of(entry, *PUBLISHED)
        detail = entry.get("title_detail")
        title = text_of(entry.get("title"), detail.get("type") if isinstance(detail, dict) else "text/plain")
        text, language = body_of(entry, about)
        url = first_text(entry.get("link"), entry.get("url"), entry.get("external_url"))
        url = url and urljoin(first_text(about.get("link")) or "", url)
        own_id = entry.get("id")
        own_id = str(own_id) if isinstance(own_id, int | float) else first_text(own_id)
        name = author_of(entry, str(about.get("version"))) or first_text(about.get("author"))
        return Mention(
            native_id=own_id or url or made_id(title or text, time_published),
            kind="article",
            channel="web",
            title=title and " ".join(title.split()),
            text=text,
            url=url,
            published_at=time_published,
            updated_at=time_of(entry, "updated", "date_modified"),
            author=Author(name=name) if name else None,
            media=media_of(entry),
            lang_declared=first_text(entry.get("language"), language, about.get("language")),
        )


def entries_or_why_not(body, headers, where):
    """The entries of a pushed body; one that is no feed costs itself only, and is kept with the reason."""
    try:
        return entries_of(unpacked(body), headers, where)
    except SourceUnreadable as error:
        return [{"unreadable": str(error)}]


def made_id(words, published):
    """A stable id for an entry that has neither id nor link; None when it says nothing at all."""
    if not words:
        return None
    return hashlib.blake2b(f"{words}\x1f{published}".encode("utf-8", "replace"), digest_size=16).hexdigest()


@hookimpl
def listening_sources():
    """The source of this file."""
    return [Feed()]
