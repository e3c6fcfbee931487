"""The fields of the language: what each is compared with, and whether a value makes sense for it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Literal

import msgspec

from listening_etl.errors import did_you_mean
from listening_etl.model import CHANNELS, KINDS

Sort = Literal[
    "segment", "raw", "whole", "account", "host", "part", "words", "language", "flag", "number", "time"
]


class FieldRule(msgspec.Struct, frozen=True):
    """A field of the language: the columns it looks at, how it compares, and one sentence on its meaning."""

    sort: Sort
    columns: tuple[str, ...]
    meaning: str


FIELDS: dict[str, FieldRule] = {
    "text": FieldRule("segment", ("text",), "the expression, in the text alone"),
    "title": FieldRule("segment", ("title",), "the expression, in the title alone"),
    "raw": FieldRule("raw", ("text", "title"), "exactly these characters"),
    "author": FieldRule("account", ("author_handle",), "who wrote it, by account"),
    "author_name": FieldRule("words", ("author_name",), "words of the name that the author goes by"),
    "site": FieldRule("host", ("site",), "the host it stands on, or a sub-domain of it"),
    "url": FieldRule("part", ("url",), "part of its address"),
    "link": FieldRule("part", ("links",), "a host that it links to, or part of the address of a link"),
    "lang": FieldRule("language", ("lang", "lang_declared"), "the language that was detected, else declared"),
    "source": FieldRule("whole", ("source",), "the source that brought it"),
    "channel": FieldRule("whole", ("channel",), f"one of {', '.join(CHANNELS)}"),
    "kind": FieldRule("whole", ("kind",), f"one of {', '.join(KINDS)}"),
    "place": FieldRule("words", ("place", "author_location"), "words of the place of mention or author"),
    "country": FieldRule("words", ("place", "author_location"), "the same as `place`"),
    "tagged": FieldRule("account", ("tagged",), "an account that it tags"),
    "hashtag": FieldRule("whole", ("hashtags",), "a hashtag"),
    "reply_to": FieldRule("account", ("reply_to_author",), "whose mention it answers"),
    "thread": FieldRule("whole", ("conversation_id",), "the conversation it belongs to"),
    "is": FieldRule("flag", (), "what it is"),
    "has": FieldRule("flag", (), "what it comes with"),
    "rating": FieldRule("number", ("rating",), "stars, in the platform's own units"),
    "followers": FieldRule("number", ("author_followers",), "how many follow the author"),
    "likes": FieldRule("number", ("likes",), "likes when it was fetched"),
    "replies": FieldRule("number", ("replies",), "replies when it was fetched"),
    "reshares": FieldRule("number", ("reshares",), "reshares when it was fetched"),
    "views": FieldRule("number", ("views",), "views when it was fetched"),
    "length": FieldRule("number", ("text",), "characters of the text"),
    "since": FieldRule("time", ("published_at",), "published then or later"),
    "until": FieldRule("time", ("published_at",), "published before then"),
}

IS = ("reshare", "quote", "verified", "context", *KINDS)
HAS = ("media", "link", "place", "rating", "title", "text", "hashtag")
CHOICES = {"is": IS, "has": HAS, "channel": CHANNELS, "kind": KINDS}

OTHER_NAMES = {
    "from": "author", "by": "author", "user": "author", "domain": "site", "host": "site", "links": "link",
    "language": "lang", "to": "reply_to", "mention": "tagged", "at": "tagged", "inurl": "url", "intitle": "title",
    "tag": "hashtag", "hashtags": "hashtag", "city": "place", "location": "place", "region": "place",
    "authorfollowers": "followers", "before": "until", "after": "since", "message": "text", "body": "text",
    "shares": "reshares", "retweets": "reshares", "comments": "replies", "engagementtype": "is",
    "engagingwith": "reply_to", "stars": "rating", "name": "author_name", "exact": "raw",
}  # fmt: skip
"""What other suites call our fields, for suggestions."""
MISSING = {
    "bio": "no source tells the author's biography, and none is kept",
    "gender": "nobody's gender is guessed",
}

NUMBER = re.compile(r"(>=|<=|>|<|=)?(\d+(?:\.\d+)?)|(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)")


def unknown_field(name: str) -> str:
    """What to do about a field that there is not."""
    ours = OTHER_NAMES.get(name.lower())
    near = f" Here it is '{ours}:'." if ours else did_you_mean(name, FIELDS)
    return f"{near} To search for the words, put quotation marks around them.".strip()


def wrong_value(field: str, value: str) -> tuple[str, str] | None:
    """What is wrong with a value of a field and what to write instead; None if nothing is."""
    sort = FIELDS[field].sort
    if not value.strip():
        return f"{field}: is compared with nothing", "Write a value after the colon."
    if field in CHOICES and not has_wildcard(value) and value.lower() not in CHOICES[field]:
        known = CHOICES[field]
        return f"{field}: knows no {value!r}", f"It knows {', '.join(known)}.{did_you_mean(value, known)}"
    if sort == "number" and not NUMBER.fullmatch(value):
        return f"{field}: needs a number, not {value!r}", f"Such as {field}:>=4, {field}:<100, {field}:3..5."
    if sort == "time" and moment(value) is None:
        do = (
            f"Such as {field}:2026-10-05, which begins at midnight UTC, or {field}:2026-10-05T08:00:00+02:00."
        )
        return f"{field}: needs a date or a time with its zone, not {value!r}", do
    if sort == "flag" and has_wildcard(value):
        return f"{field}: takes no wildcards", f"It knows {', '.join(CHOICES[field])}."
    return None


def has_wildcard(value: str) -> bool:
    """Whether some letters of the value are left open."""
    return "*" in value or "?" in value


def moment(value: str) -> datetime | None:
    """The time that a value of `since:` or `until:` means, in UTC; None if it is none or lacks its zone."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return datetime.combine(date.fromisoformat(value), time.min, UTC)
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def bounds(value: str) -> tuple[float, bool, float, bool]:
    """A number's lowest and highest, and whether each of them counts too."""
    endless = float("inf")
    found = NUMBER.fullmatch(value)
    if found is None:
        return endless, False, -endless, False
    sign, number, low, high = found.groups()
    if low is not None:
        return float(low), True, float(high), True
    n = float(number)
    return {
        ">=": (n, True, endless, True),
        ">": (n, False, endless, True),
        "<=": (-endless, True, n, True),
        "<": (-endless, True, n, False),
    }.get(sign or "=", (n, True, n, True))
