"""Articles from RSS, Atom and JSON feeds."""

import calendar
import hashlib
import io
import time
from datetime import UTC, datetime
from email.utils import parseaddr
from pathlib import Path

import orjson
from pydantic import model_validator

from listening_etl import (
    Author,
    Capabilities,
    Item,
    Malformed,
    Media,
    Mention,
    Options,
    SourceUnreadable,
    hookimpl,
    text_of_html,
)

ACCEPT = "application/feed+json, application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5"
MEDIA_KINDS = {
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "svg"), "image"),
    **dict.fromkeys(("mp4", "webm", "mov", "m4v"), "video"),
    **dict.fromkeys(("mp3", "m4a", "ogg", "wav", "aac"), "audio"),
}


class FeedOptions(Options):
    """Exactly one of `url` and `path`."""

    url: str | None = None
    path: Path | None = None

    @model_validator(mode="after")
    def _exactly_one(self):
        if (self.url is None) == (self.path is None):
            raise ValueError("give exactly one of url and path")
        return self


def read(options, http):
    """The feed's bytes, headers, address and time of reading; None when the server says nothing changed."""
    if options.url:
        answer = http.get(options.url, headers={"accept": ACCEPT})
        kept = {name: answer.headers[name] for name in ("content-type",) if name in answer.headers}
        kept["content-location"] = answer.url
        return None if answer.status == 304 else (answer.body, kept, options.url, answer.fetched_at)
    try:
        body, changed = options.path.read_bytes(), options.path.stat().st_mtime
    except OSError as error:
        why = error.strerror or error
        raise SourceUnreadable(f"it cannot be read ({why})", where=str(options.path)) from error
    return body, {}, options.path.name, datetime.fromtimestamp(changed, UTC)


def json_entries(body, where):
    """The entries of a JSON Feed, each with what the feed says of itself."""
    try:
        document = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise SourceUnreadable(f"it is no JSON ({error})", where=where) from error
    items = document.get("items")
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

    try:
        parsed = feedparser.parse(io.BytesIO(body), response_headers=headers)
    except Exception as error:  # whatever feedparser stumbles over, the document is what is wrong
        raise SourceUnreadable(f"it is no feed ({error})", where=where, do="Check the address.") from error
    fault = parsed.get("bozo_exception")
    if not parsed.entries and (not parsed.get("version") or type(fault).__name__ == "SAXParseException"):
        why = f" ({fault})" if fault else ""
        raise SourceUnreadable(f"it is no feed{why}", where=where, do="Check the address.")
    feed = parsed.feed
    about = {
        "version": parsed.get("version"),
        "title": feed.get("title"),
        "link": feed.get("link"),
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
        return isinstance(markup, str) and markup.strip() or None
    return text_of_html(markup)


def first_text(*candidates):
    """The first candidate that is text with something in it."""
    return next((text for text in candidates if isinstance(text, str) and text.strip()), None)


def dicts(value):
    """The dictionaries in a list, nothing for anything else."""
    return [inner for inner in value if isinstance(inner, dict)] if isinstance(value, list) else []


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
    """Articles of a website from its RSS, Atom or JSON feed.

    Collects what the feed holds at the moment, usually the last 10 to 50 articles; misses older ones, changes
    to these, and deletions. Limits: one request a slice, conditional when a cache is kept. Terms: the site's.
    """

    name = "feed"
    options_type = FeedOptions
    capabilities = Capabilities(history=None, order="any", deletions="none")

    def fetch(self, options, slice, http):
        """One entry after the other, with what the feed says of itself under `feed`."""
        answer = read(options, http)
        if answer is None:
            return
        body, headers, where, fetched_at = answer
        is_json = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"
        entries = json_entries(body, where) if is_json else xml_entries(body, headers, where)
        for number, entry in enumerate(entries, 1):
            yield Item(entry, f"{where}#{number}", fetched_at)

    def parse(self, entry, options):
        """One entry as an article."""
        about = entry.get("feed") if isinstance(entry.get("feed"), dict) else {}
        published = time_of(entry, "published", "date_published", "updated", "date_modified")
        detail = entry.get("title_detail")
        title = text_of(entry.get("title"), detail.get("type") if isinstance(detail, dict) else "text/plain")
        text, language = body_of(entry, about)
        url = first_text(entry.get("link"), entry.get("url"), entry.get("external_url"))
        own_id = entry.get("id")
        own_id = str(own_id) if isinstance(own_id, int | float) else first_text(own_id)
        name = author_of(entry, str(about.get("version"))) or first_text(about.get("author"))
        return Mention(
            native_id=own_id or url or made_id(title or text, published),
            kind="article",
            channel="web",
            title=title and " ".join(title.split()),
            text=text,
            url=url,
            published_at=published,
            updated_at=time_of(entry, "updated", "date_modified"),
            author=Author(name=name) if name else None,
            media=media_of(entry),
            lang_declared=first_text(entry.get("language"), language, about.get("language")),
        )


def made_id(words, published):
    """A stable id for an entry that has neither id nor link; None when it says nothing at all."""
    if not words:
        return None
    return hashlib.blake2b(f"{words}\x1f{published}".encode("utf-8", "replace"), digest_size=16).hexdigest()


@hookimpl
def listening_sources():
    """The source of this file."""
    return [Feed()]
