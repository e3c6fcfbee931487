"""Any REST interface that answers JSON, declared in the settings."""

import re
from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import Annotated, Any, Literal
from urllib.parse import quote, urljoin, urlsplit

import orjson
from pydantic import AfterValidator, Field, SecretStr, model_validator

from listening_etl import (
    Capabilities,
    Deletion,
    Gap,
    Item,
    Malformed,
    Mention,
    NotAMention,
    Options,
    RecordMapping,
    SourceUnreadable,
    Truncated,
    did_you_mean,
    epoch,
    hookimpl,
    text_of_html,
)

PLACEHOLDER = re.compile(r"\{([a-z_]+)(?::([^{}]*))?\}")
TIMES = {"since", "until", "since_epoch", "until_epoch", "until_day"}
PLACEHOLDERS = [*sorted(TIMES), "query", "cursor", "page", "offset"]


@cache
def compiled(expression):
    """A JMESPath expression, ready to search; raises ValueError for what is none."""
    from jmespath import compile, exceptions

    try:
        with suppress(exceptions.JMESPathTypeError):  # nothing is not what functions want
            compile(expression).search(None, options=functions())
        return compile(expression)
    except (exceptions.JMESPathError, ValueError) as error:
        raise ValueError(f"{expression!r} is no JMESPath: {' '.join(str(error).split())}") from None


@cache
def functions():
    """What expressions can call beside what JMESPath has: epoch, time, html, find_all."""
    import jmespath
    from jmespath.functions import Functions, signature

    kinds = ["string", "null"], ["number", "string", "null"], ["string"]
    text, number, pattern = ({"types": kind} for kind in kinds)

    class Ours(Functions):
        @signature(number)
        def _func_epoch(self, seconds):
            return None if seconds is None else epoch(seconds).isoformat()

        @signature(text, pattern)
        def _func_time(self, written, form):
            return written and datetime.strptime(written, form).isoformat()  # noqa: DTZ007 - see timezone

        @signature(text)
        def _func_html(self, markup):
            return text_of_html(markup)

        @signature(text, pattern)
        def _func_find_all(self, written, pattern):
            return re.findall(pattern, written or "")

    return jmespath.Options(custom_functions=Ours())


def found_in(data, expression, option):
    """What an option's expression finds; raises Malformed when it cannot be worked out."""
    from jmespath.exceptions import JMESPathError

    try:
        return compiled(expression).search(data, options=functions())
    except (JMESPathError, ValueError) as error:
        raise Malformed(f"option {option}, {expression!r}: {' '.join(str(error).split())}") from None


JmesPath = Annotated[str, AfterValidator(lambda expression: compiled(expression) and expression)]


class Auth(Options):
    """Credentials, each as {env: NAME}; several ways may go together."""

    bearer: SecretStr | None = Field(None, description="sent as `Authorization: Bearer …`")
    basic: SecretStr | None = Field(None, description="`user:password`, sent as HTTP basic authentication")
    headers: dict[str, SecretStr] = Field({}, description="sent as headers, such as X-Api-Key")
    params: dict[str, SecretStr] = Field({}, description="sent as parameters of the address")


class Paging(Options):
    """How the next page is asked for."""

    by: Literal["none", "cursor", "page", "offset", "link", "next"] = Field("none", description="its style")
    at: JmesPath | None = Field(None, description="of cursor and next: where the answer has it")
    param: str | None = Field(None, description="the parameter that takes it, unless a {placeholder} does")
    start: int = Field(1, description="number of the first page; offsets begin at 0")
    size: int | None = Field(None, description="step of the offset; unless given, as many as came")
    pages: JmesPath | None = Field(None, description="where the answer says how many pages there are")
    more: JmesPath | None = Field(None, description="where the answer says whether there is more")

    @model_validator(mode="after")
    def _is_whole(self):
        if (self.by in ("cursor", "next")) != (self.at is not None):
            raise ValueError("'at' is for cursor and next, which need it")
        return self


class RestOptions(Options):
    """What is asked, how it goes on, and how an item becomes a mention."""

    url: str = Field(
        description="the address, with {placeholders}, which headers, params and body may have too"
    )
    method: Literal["GET", "POST"] = Field("GET", description="how it is asked")
    headers: dict[str, str] = Field({}, description="sent with each request")
    params: dict[str, str | int | float | bool] = Field({}, description="parameters of the address")
    body: dict[str, Any] | None = Field(None, description="what is posted, as JSON")
    auth: Auth = Field(Auth(), description="credentials: bearer, basic, headers, params")
    queries: list[str] = Field([], description="what {query} is; unless given, the names of the entities")
    items: JmesPath = Field("@", description="where an answer has its items: a list, or a single object")
    each: JmesPath = Field("@", description="where an item has its mentions: itself, or a thread's members")
    paging: Paging = Field(Paging(), description="how the next page is asked for: by cursor, page, link, …")
    limit: int = Field(100, gt=0, description="most pages of one window; the rest is cut")
    order: Literal["any", "newest_first", "oldest_first"] = Field(
        "any", description="of the listing, by time"
    )
    total: JmesPath | None = Field(None, description="where an answer says how many items there are in all")
    most: int | None = Field(None, gt=0, description="items that a query shows, however many there are")
    pause: float | JmesPath = Field(
        0.0, description="seconds between pages, or where an answer says how many"
    )
    mapping: dict[str, JmesPath] = Field(description="a mention's field: where a member has it")
    values: dict[str, str | int | float | bool] = Field({}, description="a field: what it is in all of them")
    deleted: JmesPath | None = Field(None, description="what is true of a member that was deleted")
    skip: dict[str, JmesPath] = Field({}, description="a reason: what is true of what is no mention")
    timezone: str | None = Field(None, description="IANA zone of times without one")

    @model_validator(mode="after")
    def _fits(self):
        for name in self.asks_for.difference(PLACEHOLDERS):
            near = did_you_mean(name, PLACEHOLDERS)
            raise ValueError(f"there is no placeholder {{{name}}}.{near} Known: {', '.join(PLACEHOLDERS)}.")
        _ = self.records  # what is wrong with the mapping is said now
        return self

    @cached_property
    def records(self):
        """Makes a mention of what the expressions found, with these as the names of columns."""
        return RecordMapping(columns=self.mapping, values=self.values, timezone=self.timezone)

    @cached_property
    def asks_for(self):
        """The placeholders in the request."""
        texts = orjson.dumps([self.url, self.headers, self.params, self.body]).decode()
        return {name for name, _ in PLACEHOLDER.findall(texts)}


def filled(value, known, spell=str):
    """The same with placeholders filled in; what has one without a value is left out, a whole one is as it is."""
    if isinstance(value, dict):
        whole = {name: filled(inner, known) for name, inner in value.items()}
        return {name: inner for name, inner in whole.items() if inner is not None}
    if isinstance(value, list):
        return [inner for one in value if (inner := filled(one, known)) is not None]
    if not isinstance(value, str):
        return value
    if any(known[name] is None for name, _ in PLACEHOLDER.findall(value)):
        return None
    alone = PLACEHOLDER.fullmatch(value)
    if alone and isinstance(known[alone[1]], int):
        return known[alone[1]]

    def words(found):
        worth = known[found[1]]
        form = found[2] or ("%Y-%m-%dT%H:%M:%SZ" if isinstance(worth, datetime) else "")
        return spell(format(worth, form))

    return PLACEHOLDER.sub(words, value)


def known_of(slice):
    """What the placeholders of a slice stand for; an end within a second, or day, is that of the second, or day."""
    since, until = slice.window.since.astimezone(UTC), slice.window.until.astimezone(UTC)
    until += timedelta(microseconds=-until.microsecond % 1_000_000)
    day = f"{until + timedelta(days=1, microseconds=-1):%Y-%m-%d}"
    known = {"since": since, "until": until, "until_day": day, "query": slice.query or None}
    return {**known, "since_epoch": int(since.timestamp()), "until_epoch": int(until.timestamp())}


def items_of(document, options, where):
    """The items of an answer."""
    found = asked(document, options.items, "items", where)
    found = [found] if isinstance(found, dict) else found
    if isinstance(found, list) and all(isinstance(item, dict) for item in found):
        return found
    what = "nothing" if found is None else "no list of objects"
    has = f"it has: {', '.join(sorted(document)[:12])}" if isinstance(document, dict) else "it is no object"
    do = "Where a missing list means that there are none, write: list || `[]`."
    raise SourceUnreadable(f"option items, {options.items!r}, finds {what} in it ({has})", where=where, do=do)


def asked(document, expression, option, where):
    """What an option's expression finds in an answer."""
    try:
        return found_in(document, expression, option)
    except Malformed as error:
        raise SourceUnreadable(str(error), where=where, do="Check the option.") from error


class Listing:
    """The pages of one window: asks for them, and knows how far it came."""

    def __init__(self, options, slice, http):
        self.options, self.paging, self.window, self.http = options, options.paging, slice.window, http
        self.known = {**known_of(slice), "cursor": None, "page": self.paging.start, "offset": 0}
        self.seen, self.times, self.total, self.cut = set(), [], None, None

    def items(self, time_of):
        """Every item once, page by page, until the listing ends, repeats itself, or is past the window."""
        options, address = self.options, ""
        for number in range(1, options.limit + 1):
            answer = self.ask(address)
            document, where = answer.json(), answer.url.partition("?")[0]
            found = items_of(document, options, where)
            fresh = [item for item in found if self.is_new(item)]
            for place, item in enumerate(fresh, 1):
                yield Item(item, f"{where}#{number}.{place}", answer.fetched_at)
            times = [time for time in map(time_of, fresh) if time] if options.order != "any" else []
            self.times += times
            if times and self.are_past(times):
                return
            self.total = options.total and asked(document, options.total, "total", where)
            address = self.following(answer, document, len(found), where) if fresh else None
            if address is None:
                break
        else:
            self.cut = f"{options.limit} pages are read at most"
        if isinstance(self.total, int) and self.total > len(self.seen):
            self.cut = f"it has {self.total} items and shows {len(self.seen)}"
        elif options.most and len(self.seen) >= options.most:
            self.cut = f"it shows {options.most} items at most"

    def is_new(self, item):
        """Whether an item did not come before; remembers it."""
        before, mark = len(self.seen), hash(orjson.dumps(item, option=orjson.OPT_SORT_KEYS))
        self.seen.add(mark)
        return len(self.seen) > before

    def are_past(self, times):
        """Whether a page is past the window: all of it, since single items may be pinned or bumped."""
        newest_first = self.options.order == "newest_first"
        return max(times) < self.window.since if newest_first else min(times) >= self.window.until

    def ask(self, address):
        """The page at an address that the last one gave, else the one that the placeholders make."""
        options, auth, known = self.options, self.options.auth, self.known
        headers = {name: str(value) for name, value in filled(options.headers, known).items()}
        headers |= {name: secret.get_secret_value() for name, secret in auth.headers.items()}
        if auth.bearer:
            headers["authorization"] = f"Bearer {auth.bearer.get_secret_value()}"
        if auth.basic:
            headers["authorization"] = f"Basic {b64encode(auth.basic.get_secret_value().encode()).decode()}"
        params = {} if address else filled(options.params, known)
        if self.paging.param and not address:
            params[self.paging.param] = known.get(self.paging.by)
        params |= {name: secret.get_secret_value() for name, secret in auth.params.items()}
        url = address or filled(options.url, known, lambda words: quote(words, safe=""))
        if options.method == "POST":
            return self.http.post(url, headers, params, json=filled(options.body or {}, known))
        return self.http.get(url, headers, params)

    def following(self, answer, document, count, where):
        """The address of the next page, empty where the placeholders make it, None at the end."""
        paging, known = self.paging, self.known
        seconds = self.options.pause
        seconds = asked(document, seconds, "pause", where) if isinstance(seconds, str) else seconds
        self.http.pause(answer.url, seconds if isinstance(seconds, int | float) else 0)
        found = paging.at and asked(document, paging.at, "paging.at", where)
        if paging.more and not asked(document, paging.more, "paging.more", where):
            return None
        if paging.by in ("page", "offset"):
            known["page"], known["offset"] = known["page"] + 1, known["offset"] + (paging.size or count)
            pages = paging.pages and asked(document, paging.pages, "paging.pages", where)
            return None if isinstance(pages, int) and known["page"] - paging.start >= pages else ""
        if paging.by == "cursor":
            before, known["cursor"] = known["cursor"], found
            return "" if found and found != before else None
        target = answer.link("next") if paging.by == "link" else found
        target = urljoin(answer.url, str(target)) if target else None
        if target and urlsplit(target)[:2] != urlsplit(answer.url)[:2]:  # it would get our credentials
            raise SourceUnreadable("the next page is on another server", where=where, do="Check 'paging'.")
        return target

    def loss(self):
        """What was cut: to be asked for again if the window stands in the request, else a gap."""
        window, order = self.window, self.options.order
        if self.cut is None or (self.times and self.are_past(self.times[-1:])):
            return
        newer = [time for time in self.times if self.times[-1] < time < window.until]
        reached = min(newer, default=None) if order == "newest_first" else None
        if self.options.asks_for & TIMES:
            yield Truncated(self.cut, self.total, reached)
        elif order == "oldest_first" and self.times:
            yield Gap(max(self.times[-1], window.since), window.until, self.cut, self.total)
        else:
            yield Gap(window.since, reached or window.until, self.cut, self.total)


class Rest:
    """Any REST interface that answers JSON, declared in the settings: request, paging, and a mapping by JMESPath.

    Collects what the declared request lists, page after page. Misses what the interface does not list, and
    whatever needs a second request for an item, such as the thread around a hit: that takes a plugin. Limits:
    those that its headers tell are kept; `pause` for those in its answers; where an answer was cut (`limit`,
    `most`, `total`) a narrower window is asked for if the request names one, else the rest is a gap.
    Terms: those of the interface; nobody here has read them for you.
    """

    name = "rest"
    options_type = RestOptions
    # The order is that of a Truncated which says how far it came: only where the option says newest first.
    capabilities = Capabilities(
        history=None, order="newest_first", deletions="flagged", edits=True, threads=True,
        auth="what the interface wants", cost="what the interface wants",
    )  # fmt: skip

    def push_down(self, options, entities):
        """The queries declared, else the names of the entities, if {query} stands in the request."""
        names = options.queries or [name for entity in entities for name in entity.names]
        return list(dict.fromkeys(names)) if "query" in options.asks_for else []

    def fetch(self, options, slice, http):
        """The items as they came."""
        listing = Listing(options, slice, http)
        yield from listing.items(lambda item: self.time_of(item, options))
        yield from listing.loss()

    def time_of(self, item, options):
        """When the first mention of an item was published, None where that cannot be told."""
        try:
            found = self.parse(item, options)
        except (NotAMention, Malformed):
            return None
        return next((one.published_at for one in found if isinstance(one, Mention)), None)

    def items(self, answer, options):
        """The items of a recorded answer."""
        try:
            return iter(items_of(orjson.loads(answer), options, None))
        except (orjson.JSONDecodeError, SourceUnreadable) as error:
            raise NotAMention(f"an answer without items: {error}") from error

    def parse(self, item, options):
        """The members of an item that are mentions."""
        if not options.mapping:
            raise NotAMention("nothing says what is what in it: the option 'mapping' is missing")
        found = found_in(item, options.each, "each")
        mentions, reason = [], "option each finds nothing in it"
        for member in [found] if isinstance(found, dict) else found or []:
            whys = [why for why, what in options.skip.items() if found_in(member, what, f"skip.{why}")]
            reason = whys[0] if whys else reason
            mentions += [] if whys else [mention_of(member, options)]
        if not mentions:
            raise NotAMention(reason)
        return mentions


def mention_of(member, options):
    """One member of an item, or its deletion."""
    record = {}
    for field, expression in options.mapping.items():
        value = found_in(member, expression, f"mapping.{field}")
        # `a && b` is false where there is no a.
        record[expression] = None if value is False and field != "author.verified" else value
    native_id = record.get(options.mapping.get("native_id"))
    if options.deleted and native_id is not None and found_in(member, options.deleted, "deleted"):
        return Deletion(str(native_id))
    try:
        return options.records.mention(record)
    except Malformed as error:
        raise Malformed(f"option mapping: {error}") from error


@hookimpl
def listening_sources():
    """The source of this file."""
    return [Rest()]
