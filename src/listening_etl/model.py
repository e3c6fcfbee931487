"""What travels through the house: mentions, authors, windows, slices, scales and receipts.

Field names of a mention follow W3C Activity Streams 2.0 and schema.org where these have one. Values are
frozen. Unknown is `None`, never zero and never an empty string.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Literal

import msgspec
from pydantic import BaseModel, ConfigDict

from listening_etl.errors import Malformed

KINDS = ("post", "comment", "reply", "review", "article", "message", "note", "survey", "call")
CHANNELS = ("social", "web", "review", "email", "store", "call", "survey", "crm")
MATCHES = ("author", "reply", "tagged", "hashtag", "declared", "named")
"""Ways in which a mention can be about an entity, the strongest first."""
CONTEXT = "context"
"""The match of what stands in the thread of a mention and is about no entity itself: outside every KPI."""

ROLES = ("own", "competitor", "category", "best_in_class")

Order = Literal["any", "newest_first", "oldest_first"]
Deletions = Literal["none", "flagged", "streamed", "recheck"]

LONGEST_TEXT = 1_000_000
"""Characters. A longer text is no mention that a person wrote; the item is kept as a reject."""


def epoch(seconds: float | str | None) -> datetime | None:
    """A time in UTC from seconds since 1970 (a number, or text that is one), None from None.

    Raises `Malformed` when it is no number or out of range.
    """
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (ValueError, TypeError, OverflowError, OSError) as error:
        raise Malformed(f"{str(seconds)[:40]!r} is no time in seconds since 1970") from error


def moment(value: str | datetime | None, field: str) -> datetime | None:
    """A time in UTC from RFC 3339 text or a datetime; raises `Malformed` when it has no zone or is no time."""
    if value is None:
        return None
    if isinstance(value, str):
        written = value
        try:
            value = datetime.fromisoformat(written)
        except ValueError as error:
            raise Malformed(f"{field} {written[:40]!r} is not an RFC 3339 time") from error
    if not isinstance(value, datetime):
        raise Malformed(f"{field} is {type(value).__name__}, not a time")
    if value.tzinfo is None:
        raise Malformed(f"{field} {value.isoformat()} has no time zone")
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise Malformed(f"{field} {value.isoformat()} is out of range") from error


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """Who published a mention, as the platform names them; leaves the `private` schema only as a pseudonym.

    `native_id` is the platform's lasting id; without one the handle serves. `followers` counts people.
    """

    native_id: str | None = None
    handle: str | None = None
    name: str | None = None
    followers: int | None = None
    verified: bool | None = None
    location: str | None = None


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """A picture, video or sound of a mention."""

    url: str
    kind: Literal["image", "video", "audio", "other"] = "other"
    alt_text: str | None = None


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """One public post that matched a topic; `native_id` is unique within its source.

    Times are timezone-aware (text in RFC 3339 is accepted) and kept in UTC. `rating` is in units of
    `rating_scale`, the best possible rating. `likes`, `replies`, `reshares` and `views` are counts at the
    time of fetching, `None` when hidden. `about` names entities that the source itself states (the product
    page of a review), by entity name or one of its names. `deleted_at` makes the mention a tombstone.

    Raises `Malformed` when the id or the publication time is missing, a time has no zone, or the text holds
    what PostgreSQL cannot (a NUL) or what is no text (a lone surrogate: bytes of another encoding).
    """

    native_id: str
    published_at: datetime
    text: str | None = None
    kind: str | None = None
    channel: str | None = None
    url: str | None = None
    title: str | None = None
    lang_declared: str | None = None
    updated_at: datetime | None = None
    author: Author | None = None
    in_reply_to: str | None = None
    conversation_id: str | None = None
    quoted_id: str | None = None
    reshared_id: str | None = None
    reply_to_author: str | None = None
    tagged: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    about: tuple[str, ...] = ()
    rating: float | None = None
    rating_scale: float | None = None
    likes: int | None = None
    replies: int | None = None
    reshares: int | None = None
    views: int | None = None
    lat: float | None = None
    lon: float | None = None
    place: str | None = None
    deleted_at: datetime | None = None

    def __post_init__(self) -> None:
        set_ = msgspec.structs.force_setattr
        if self.native_id is None or self.native_id == "":
            raise Malformed("it has no id")
        if not isinstance(self.native_id, str):
            set_(self, "native_id", str(self.native_id))
        if self.published_at is None or self.published_at == "":
            raise Malformed("it has no publication time")
        for field in ("published_at", "updated_at", "deleted_at"):
            set_(self, field, moment(getattr(self, field), field))
        self._check_texts()
        if self.kind is not None and self.kind not in KINDS:
            raise Malformed(f"kind {self.kind!r} is none of {', '.join(KINDS)}")
        if self.channel is not None and self.channel not in CHANNELS:
            raise Malformed(f"channel {self.channel!r} is none of {', '.join(CHANNELS)}")

    def _check_texts(self) -> None:
        for field in TEXTS:
            if (value := getattr(self, field)) is not None:
                check_text(value, field)
        for field in ("tagged", "hashtags", "links", "about"):
            for word in getattr(self, field):
                check_text(word, field)
        for part in (self.author, *self.media):
            if part is not None:
                for name in part.__struct_fields__:
                    if (value := getattr(part, name)) is not None:
                        check_text(value, name)


TEXTS = (
    "native_id", "text", "title", "url", "lang_declared", "in_reply_to", "conversation_id", "quoted_id",
    "reshared_id", "reply_to_author", "place",
)  # fmt: skip


def check_text(value: object, field: str) -> None:
    """Refuse text that neither a person wrote nor PostgreSQL can hold; what is no text is not its business."""
    if not isinstance(value, str):
        return
    if "\x00" in value:
        raise Malformed(f"{field} holds a NUL character at position {value.index(chr(0))}")
    if len(value) > LONGEST_TEXT:
        raise Malformed(f"{field} has {len(value):,} characters, more than {LONGEST_TEXT:,}")
    if value.isascii():
        return
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Malformed(f"{field} holds bytes that are not in the declared encoding") from error


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open stretch of `published_at`: `since <= t < until`, both with a zone, never empty."""

    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        if self.since.tzinfo is None or self.until.tzinfo is None:
            raise ValueError("a window needs times with a zone")
        if not self.since < self.until:
            raise ValueError(f"window from {self.since} to {self.until} is empty")

    @property
    def width(self) -> timedelta:
        """How long it lasts."""
        return self.until - self.since

    def halves(self) -> tuple[Window, Window]:
        """Two windows that meet in the middle, at a whole second."""
        middle = (self.since + self.width / 2).replace(microsecond=0)
        return Window(self.since, middle), Window(middle, self.until)

    def cut(self, width: timedelta | None) -> list[Window]:
        """Windows of at most `width` that make up this one; the whole when `width` is None."""
        if width is None:
            return [self]
        windows, start = [], self.since
        while start < self.until:
            end = min(start + width, self.until)
            windows.append(Window(start, end))
            start = end
        return windows


@dataclass(frozen=True, slots=True)
class Slice:
    """One source, query and window to fetch; small enough to be retried alone. `source` is its name in the
    settings; `query` is what the source can push down, or empty."""

    topic: str
    source: str
    window: Window
    query: str = ""

    @property
    def id(self) -> str:
        """Sixteen hexadecimal digits, the same for the same slice everywhere."""
        words = (self.topic, self.source, self.query, self.since_text, self.until_text)
        return hashlib.blake2b("\x1f".join(words).encode(), digest_size=8).hexdigest()

    @property
    def since_text(self) -> str:
        """Start in RFC 3339, UTC."""
        return self.window.since.astimezone(UTC).isoformat()

    @property
    def until_text(self) -> str:
        """End in RFC 3339, UTC."""
        return self.window.until.astimezone(UTC).isoformat()

    def within(self, window: Window) -> Slice:
        """The same for another window."""
        return Slice(self.topic, self.source, window, self.query)

    def to_dict(self) -> dict[str, str]:
        """What travels through Airflow."""
        return {
            "topic": self.topic,
            "source": self.source,
            "query": self.query,
            "since": self.since_text,
            "until": self.until_text,
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Slice:
        """Back from `to_dict`."""
        window = Window(datetime.fromisoformat(given["since"]), datetime.fromisoformat(given["until"]))
        return cls(given["topic"], given["source"], window, given.get("query", ""))


@dataclass(frozen=True, slots=True)
class Item:
    """One thing as a source received it: bytes, text, or a JSON-able dict.

    A source may yield the bare data; it yields an `Item` when it knows more: `at` names the place
    ("calls.csv:17") for messages, `fetched_at` the time at which the counts in it were true (a file's time
    of modification), by default the time of receipt. `parse` gets the data alone.
    """

    data: bytes | str | dict[str, Any]
    at: str | None = None
    fetched_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Truncated:
    """A source yields this when the platform cut its answer: the framework asks for the rest, or records it.

    `reached` is the time down to which (newest first) or up to which (oldest first) everything was had: the
    rest is asked for from there; without it the slice is halved. `expected` is the number of items there were,
    if the platform says so.
    """

    reason: str
    expected: int | None = None
    reached: datetime | None = None

    def __post_init__(self) -> None:
        if self.reached is not None and self.reached.tzinfo is None:
            raise ValueError("a cut needs a time with a zone")


@dataclass(frozen=True, slots=True)
class Gap:
    """A source yields this for a stretch of its slice that it cannot reach and that no second call would bring:
    a listing that ends, a feed that rolled on. It goes into the ledger as lost, with the reason."""

    since: datetime
    until: datetime
    reason: str
    expected: int | None = None

    def __post_init__(self) -> None:
        if self.since.tzinfo is None or self.until.tzinfo is None:
            raise ValueError("a gap needs times with a zone")


@dataclass(frozen=True, slots=True)
class Deletion:
    """What `parse` returns for an item that says that a mention was deleted.

    `deleted_at` is None when the platform does not say when: then the time at which we were told counts.
    """

    native_id: str
    deleted_at: datetime | None = None


NOW_ONLY = timedelta(0)
"""The history of a source that shows what is there now, such as a feed: how far back, nobody knows before."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a platform's terms allow, by notes taken on the day `read`; the terms themselves are at `url`.

    `retention_days`: how long what was collected may be kept unless it is refreshed (None: no limit is stated);
    `export`: whether it may leave the company (None: not stated); `reply`: the rule for answering, in words.
    """

    read: date
    url: str
    retention_days: int | None = None
    export: bool | None = None
    reply: str = "as the platform's terms say"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a source can do; with its docstring and `terms`, its page in the catalogue.

    `history`: how far back it reaches (None: without limit; `NOW_ONLY`: what is there now); `order` of its
    items; `deletions`: how it tells that something was deleted; `edits`: whether it tells of changes;
    `threads`: whether an item brings its whole conversation; `settles`: how long after its publication a
    mention may still appear: scheduled runs ask again for that long; `pace`: seconds between two requests to
    one host; `quota_zone`: time zone in which a day's budget ends; `auth` and `cost` in words; `tested`:
    against a real server, on recorded answers, or on the platform's documentation alone.
    """

    history: timedelta | None
    order: Order
    deletions: Deletions
    _: KW_ONLY
    edits: bool = False
    threads: bool = False
    settles: timedelta = timedelta(0)
    pace: float = 0.0
    quota_zone: str = "UTC"
    auth: str = "none"
    cost: str = "free"
    tested: Literal["server", "recorded", "documented"] = "recorded"


@dataclass(frozen=True, slots=True)
class Range:
    """A scale of numbers, both ends included."""

    low: float
    high: float


@dataclass(frozen=True, init=False)
class Labels:
    """A scale of names."""

    names: tuple[str, ...]

    def __init__(self, *names: str) -> None:
        object.__setattr__(self, "names", names)


class Options(BaseModel):
    """Options of a plugin, as the settings give them: frozen, unknown names refused."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)
