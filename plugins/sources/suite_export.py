"""Mentions from the CSV exports of listening suites: Brandwatch and Talkwalker."""

import csv
import gzip
import hashlib
import io
import re
import zlib
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from listening_etl import (
    Capabilities,
    CsvRecords,
    Item,
    NotAMention,
    Options,
    RecordMapping,
    SourceUnreadable,
    from_json,
    hookimpl,
    to_json,
)

MOST_LINES_ABOVE = 50
"""Lines that may stand above the header: Brandwatch tells there what was exported, and when."""

LONGEST_HEADER = 1_000_000

# What tells a suite's header, by columns that it has. Case, spaces, dots and underscores do not matter.
MARKS = {
    "Brandwatch": ({"queryname", "date"}, {"queryid", "date"}),
    "Talkwalker": tuple({"published", "url", text} for text in ("content", "contentsnippet", "titlesnippet")),
}

# Each field of a mention: the columns that may hold it, whichever is filled first.
COLUMNS = {
    "published_at": ("date", "published"),
    "url": ("url", "originalurl", "mentionurl"),
    "title": ("title", "titlesnippet"),
    "text": ("fulltext", "content", "snippet", "contentsnippet"),
    "lang_declared": ("language", "lang"),
    "author.native_id": ("extraauthorattributesid",),
    "author.handle": ("author", "extraauthorattributesshortname"),
    "author.name": ("fullname", "extraauthorattributesname"),
    "in_reply_to": ("twitterreplyto", "xreplyto"),
    "reshared_id": ("twitterretweetof", "xrepostof"),
    "conversation_id": ("threadurl", "threadid"),
    "hashtags": ("hashtags",),
    "tagged": ("mentionedauthors",),
    "media": ("mediaurls", "images"),
    "place": ("city", "region", "country", "extraauthorattributesworlddatacountry"),
    "lat": ("latitude",),
    "lon": ("longitude",),
}
# These stand in a column of the platform (`Twitter Likes`); those of the other platforms hold zeros.
OF_PLATFORM = {
    "author.followers": ("followers",),
    "author.verified": ("verified",),
    "likes": ("likes",),
    "replies": ("replycount", "replies", "comments"),
    "reshares": ("retweets", "reposts", "shares"),
}
PLATFORM = re.compile(
    r"twitter|facebook|instagram|youtube|tiktok|linkedin|threads|bluesky|mastodon|reddit|tumblr|pinterest"
)
PLACES = (  # of what the type of page says: kind and channel; None leaves it open
    (re.compile("review"), ("review", "review")),
    (re.compile("forum|messageboard"), ("post", "web")),
    (re.compile(rf"^x$|socialmedia|weibo|{PLATFORM.pattern}"), ("post", "social")),
    (re.compile("news|blog|magazine|press"), ("article", "web")),
    (re.compile(""), (None, None)),
)
LISTS = ("hashtags", "tagged", "media")


class SuiteOptions(Options):
    """Where the exports are, and what was chosen when they were made."""

    path: Path = Field(description="the export, or several as in exports/*.csv; .gz is unpacked")
    timezone: str = Field(description="IANA zone chosen in the suite: the times of an export have none")
    date_format: str | None = Field(None, description="strptime format of times that are not ISO 8601")
    decimal: Literal[".", ","] = Field(".", description="decimal mark of numbers")
    encoding: str = Field("utf-8-sig", description="of the file")
    licence: str | None = Field(None, description="what it was exported under; kept with every row")

    @field_validator("timezone")
    @classmethod
    def _zone_is_known(cls, name):
        try:
            return ZoneInfo(name).key
        except (LookupError, ValueError, OSError):
            raise ValueError(f"{name!r} is no IANA time zone, such as 'Europe/Paris'") from None

    @field_validator("encoding")
    @classmethod
    def _encoding_is_known(cls, name):
        try:
            "".encode(name)
        except LookupError:
            raise ValueError(f"{name!r} is no text encoding; 'utf-8' and 'cp1252' are common") from None
        return name


def bare(name):
    """A column's name as it is compared: `Full Text` and `full_text` are one."""
    return re.sub("[^a-z0-9]", "", name.lower()).removeprefix("articleextendedattributes")


def suite_of(names):
    """Which suite has a header of these columns; None when it is no header of theirs."""
    known = {bare(name) for name in names}
    return next((suite for suite, marks in MARKS.items() if any(mark <= known for mark in marks)), None)


def header_of(file, where):
    """Where in the file the header begins, how many lines are above it, and what separates its cells."""
    for above in range(MOST_LINES_ABOVE + 1):
        start, line = file.tell(), file.readline(LONGEST_HEADER)
        for separator in ",;\t":
            try:
                cells = next(csv.reader([line], delimiter=separator), [])
            except csv.Error:
                continue
            if suite_of(cells):
                return start, above, separator
    raise SourceUnreadable(
        f"none of its first {MOST_LINES_ABOVE} lines is a header of Brandwatch or Talkwalker",
        where=where,
        do="Export it as CSV with the query's name, date and URL; for other suites use the source 'file'.",
    )


def rows_of(file, where):
    """(line, row as JSON) of an export, without the lines above its header."""
    start, above, separator = header_of(file, where)
    file.seek(start)
    for number, row in CsvRecords(file, separator, where):
        yield above + number, row


def opened(path):
    """The file's bytes, unpacked."""
    return gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")


def text_of(binary, options):
    """The bytes of an export as text, without loss."""
    return io.TextIOWrapper(binary, encoding=options.encoding, errors="keep_bytes", newline="")


def licensed(row, options):
    """The row with the licence that it was exported under, so that it can be told years later."""
    if not options.licence or not row.startswith("{"):
        return row
    return to_json({**from_json(row), "licence": options.licence})


def files_of(path):
    """The files that `path` names, in sorted order."""
    found = [path] if path.is_file() else sorted(p for p in path.parent.glob(path.name) if p.is_file())
    if not found:
        raise SourceUnreadable("no such file", where=str(path), do="Check 'path' in the settings.")
    return found


def filled(row, names):
    """The first of these cells that holds something."""
    return next((row[name] for name in names if str(row.get(name) or "").strip()), None)


def cells_of(record):
    """The cells of a row by the fields of a mention that they fill."""
    row = {bare(name): value for name, value in record.items()}
    page = bare(str(filled(row, ("pagetype", "contentsource", "sourcetype")) or ""))
    cells = {field: filled(row, names) for field, names in COLUMNS.items()}
    cells |= of_platform(row, page)
    for field in LISTS:
        words = re.split(r"[\s,;|]+", str(cells[field] or ""))
        cells[field] = [word.lstrip("@#") for word in words if word]
    kind, channel = next(answer for pattern, answer in PLACES if pattern.search(page))
    if kind == "article":  # its author signs with a name and has no account
        cells["author.name"] = cells["author.name"] or cells.pop("author.handle")
    entry = bare(str(filled(row, ("threadentrytype",)) or ""))
    cells |= {"kind": entry if entry in ("comment", "reply") else kind, "channel": channel}
    title = (cells["title"] or "").rstrip(" .…")
    if title and title in (cells["text"] or ""):  # a post has no title: the suite repeats how it begins
        cells["title"] = None
    # The address is the id, since replies and reposts name their originals by it.
    cells["native_id"] = cells["url"] or filled(row, ("resourceid", "guid", "id")) or made_id(cells)
    return cells


def of_platform(row, page):
    """Counts, and what is known of the author on the platform of the page."""
    platform = "twitter" if page == "x" else (PLATFORM.search(page) or [""])[0]
    prefixes = ("twitter", "x", "") if platform == "twitter" else (platform, "")
    cells = {
        field: filled(row, [prefix + word for prefix in prefixes for word in words])
        for field, words in OF_PLATFORM.items()
    }
    if not platform:  # Talkwalker counts the comments on articles only, and writes 0 elsewhere
        cells["replies"] = cells["replies"] or filled(row, ("numcomments",))
    return cells


def made_id(cells):
    """An id for a row without address: of its time, author and words; None when it says nothing."""
    fields = ("published_at", "author.handle", "author.name", "title", "text")
    words = [cells.get(field) for field in fields]
    if not any(words[1:]):
        return None
    return hashlib.blake2b(to_json({"of": words}).encode(), digest_size=16).hexdigest()


@lru_cache(maxsize=16)
def mapping(timezone, date_format, decimal):
    """Turns cells into mentions: times and numbers as the options declare them."""
    fields = [*COLUMNS, *OF_PLATFORM, "kind", "channel", "native_id"]
    return RecordMapping(
        columns={field: field for field in fields},
        timezone=timezone,
        date_format=date_format,
        epoch=None if date_format else "ms",  # Talkwalker writes some times as milliseconds
        decimal=decimal,
    )


class SuiteExport:
    """Mentions from the CSV exports of Brandwatch and Talkwalker, told apart by their header.

    Collects every row with its text, author, address, language, counts and, of Brandwatch, the thread; the
    lines above the header are passed over. Misses what the suite leaves out, as it does with texts of X and of
    news without a licence for them (the snippet is taken then), the suite's own sentiment, reach and ratings
    (none of them says on what scale), and, of Talkwalker, what a reply answers. Limits: columns by the names
    that we know of; tested on samples of ours, not on exports of a customer. Terms: your contract with the
    suite; `licence` keeps its name with every row.
    """

    name = "suite_export"
    options_type = SuiteOptions
    capabilities = Capabilities(
        history=None,
        order="any",
        deletions="none",
        auth="none",
        cost="the suite's subscription",
        tested="documented",
    )

    def fetch(self, options, slice, http):
        """Every row of every file, as JSON text."""
        for path in files_of(options.path):
            fetched_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            try:
                with text_of(opened(path), options) as file:
                    for number, row in rows_of(file, str(path)):
                        yield Item(licensed(row, options), f"{path.name}:{number}", fetched_at)
            except (OSError, EOFError, UnicodeError, zlib.error) as error:
                raise SourceUnreadable(f"it cannot be read ({error})", where=str(path)) from error

    def items(self, answer, options):
        """The rows of one export."""
        for number, row in rows_of(text_of(io.BytesIO(answer), options), None):
            yield Item(licensed(row, options), f"line {number}")

    def parse(self, item, options):
        """One row as a mention."""
        record = from_json(item)
        if suite_of(record) is None:
            raise NotAMention("a row of no export of Brandwatch or Talkwalker")
        return mapping(options.timezone, options.date_format, options.decimal).mention(cells_of(record))


@hookimpl
def listening_sources():
    """The source of this file."""
    return [SuiteExport()]
