"""Posts on Bluesky: by search, from authors' feeds, with their threads."""

from datetime import UTC, date, datetime, timedelta

from pydantic import Field, SecretStr, model_validator

from listening_etl import (
    Capabilities,
    ConfigError,
    Gap,
    Item,
    Options,
    SourceUnreadable,
    Terms,
    Truncated,
    dicts,
    hookimpl,
    json_answer,
    part,
)

from ._atproto import POST, hidden, of_thread, parse_row, published, rows_of

BLUESKY, APPVIEW = "https://bsky.social", "https://api.bsky.app"
PAGE, MOST_PAGES, RECHECKED_AT_ONCE = 100, 100, 25
INSTANT, ROUND_UP = timedelta(milliseconds=1), timedelta(microseconds=999)


class BlueskyOptions(Options):
    """What is read, and whom to ask: `appview`, or, where strangers get no answer there, `service`, logged in."""

    queries: tuple[str, ...] | None = Field(
        None, description="searches in Bluesky's words, in the place of those made of the topic's entities"
    )
    authors: tuple[str, ...] = Field((), description="handles of accounts whose feeds are read too")
    threads: bool = Field(True, description="fetch the thread around each post: a request a thread")
    handle: str | None = Field(None, description="account to log in with where strangers get no answer")
    app_password: SecretStr | None = Field(None, description="of that account, made in Bluesky's settings")
    service: str = Field(BLUESKY, description="where the account logs in; one of your own is asked at once")
    appview: str | None = Field(None, description=f"who answers strangers; unless given, {APPVIEW}")

    @model_validator(mode="after")
    def _both_or_neither(self):
        if (self.handle is None) != (self.app_password is None):
            raise ValueError("give both handle and app_password, or neither")
        return self


class Service:
    """A conversation with Bluesky. Logs in no sooner than it has to, since logins are few a day."""

    def __init__(self, options, http):
        self.options, self.http, self.headers = options, http, {}
        public = options.appview or (APPVIEW if options.service == BLUESKY else None)
        self.base = (public or options.service).rstrip("/")
        self.must_log_in = bool(options.app_password and not public)

    def ask(self, method, **params):
        """The answer to one question, None when there is no such post.

        Logs in where strangers get no answer, and again when a login ran out.
        """
        for _ in range(3):
            if self.must_log_in:
                self._log_in()
            url, may_log_in = f"{self.base}/xrpc/{method}", self.options.app_password and not self.headers
            accept = (400, 401, 403) if may_log_in else (400,)
            answer = self.http.get(url, headers=self.headers, params=params, accept=accept)
            if answer.status < 400:
                return answer
            refusal = {} if answer.status > 400 else part(answer.json())
            if refusal.get("error") == "NotFound":
                return None
            self.must_log_in = answer.status > 400 or refusal.get("error") == "ExpiredToken"
            if not self.must_log_in:
                break
        said = refusal.get("message") or answer.status
        raise SourceUnreadable(f"Bluesky refuses the request: {said}", where=url, do="Check the options.")

    def rows(self, name, method, **params):
        """The list called `name` in an answer, the cursor to what follows, and the time of the answer."""
        answer = self.ask(method, **params)
        page = part(answer.json())
        if not isinstance(page.get(name), list):
            raise SourceUnreadable(f"the answer has no {name}", where=answer.url.partition("?")[0])
        return dicts(page[name]), page.get("cursor"), answer.fetched_at

    def _log_in(self):
        """Exchange the app password for a token, which lives for some minutes."""
        asked = {"identifier": self.options.handle, "password": self.options.app_password.get_secret_value()}
        self.base, self.must_log_in = self.options.service.rstrip("/"), False
        url = f"{self.base}/xrpc/com.atproto.server.createSession"
        token = part(self.http.post(url, json=asked).json()).get("accessJwt")
        if not token:
            raise SourceUnreadable("the login brought no token", where=url, do="Check the option service.")
        self.headers = {"authorization": f"Bearer {token}"}


def search(service, query, window):
    """The hits of a search, newest first, with the times of their answers; returns where it gave up, if so.

    Bluesky need not let us scroll to the end of a search, and does not say whether it did. So where a scroll
    stops, the same search starts again from the oldest hit, until that brings nothing new.
    """
    asked = {"q": query, "sort": "latest", "limit": PAGE, "since": stamp(window.since)}
    seen, oldest, until = set(), window.until, window.until
    cursor, cursors, found = None, set(), 0
    for _ in range(MOST_PAGES):
        try:
            posts, following, at = service.rows(
                "posts", "app.bsky.feed.searchPosts", **asked, until=stamp(until + ROUND_UP), cursor=cursor
            )
        except SourceUnreadable:
            if cursor is None:
                raise
            posts, following, at = [], None, None  # too deep: it refuses the cursor that it gave
        new = [post for post in posts if post.get("uri") not in seen]
        yield from ((post, at) for post in new)
        seen.update(post.get("uri") for post in new)
        oldest = min([oldest, *filter(None, map(time_of, new))])
        found += len(new)
        if posts and following and following not in cursors:
            cursor = following
            cursors.add(cursor)
        elif not found:
            return None
        else:
            until, cursor, cursors, found = max(oldest, window.since) + INSTANT, None, set(), 0
    return Truncated(f"the search has more than {MOST_PAGES} pages", reached=oldest + INSTANT)


def read_feed(service, author, window):
    """The entries of an author's feed inside the window, with the times of their answers.

    A feed cannot be asked for a time. It is read from its newest entry until a whole page is older than the
    window: one old entry among newer ones (pinned, or dated back) ends nothing.
    """
    asked = {"actor": author, "limit": PAGE, "filter": "posts_with_replies"}
    seen, cursor, oldest = set(), None, window.until
    for _ in range(MOST_PAGES):
        rows, cursor, at = service.rows("feed", "app.bsky.feed.getAuthorFeed", **asked, cursor=cursor)
        new = [row for row in rows if address(row) not in seen]
        seen.update(map(address, new))
        for row in new:
            moment = time_of(row)
            if moment is None or window.since <= moment < window.until:
                yield row, at
        times = [moment for row in new if (moment := time_of(row))]
        oldest = min([oldest, *times])
        if not cursor or not new or (times and max(times) < window.since):
            return
    if oldest > window.since:
        yield Gap(window.since, oldest, f"the feed of {author} was read {MOST_PAGES} pages deep"), None


def with_thread(service, row, fetched_at, covered):
    """A post with its thread when it has one, asked for once: what answers a post is in that post's thread."""
    post = part(row, "post") or row
    uri, is_repost = post.get("uri"), "by" in part(row, "reason")
    has_thread = post.get("replyCount") or part(post, "record", "reply")
    if uri in covered and not is_repost:
        return
    if has_thread and not is_repost and not hidden(post.get("author"), post):
        answer = service.ask("app.bsky.feed.getPostThread", uri=uri, depth=10, parentHeight=80)
        thread = part(answer.json() if answer else None, "thread")
        uris = [view.get("uri") for view in of_thread(thread)]
        if uri in uris:
            covered.update(uris[uris.index(uri) + 1 :])
            row, fetched_at = {"thread": thread}, answer.fetched_at
    yield Item(row, uri, fetched_at)


def address(row):
    """What tells one entry of a feed from another: a post, or its repost by somebody."""
    return (part(row, "post") or row).get("uri"), part(row, "reason", "by").get("did")


def time_of(row):
    """When a post was written, or reposted; None when it does not say so readably."""
    post = part(row, "post") or row
    moment = published(part(post, "record").get("createdAt"), post.get("indexedAt"))
    if "by" in part(row, "reason"):
        moment = published(None, row["reason"].get("indexedAt"))
    return moment if isinstance(moment, datetime) else None


def stamp(moment):
    """A time as Bluesky writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Bluesky:
    """Public posts on Bluesky that a search finds or that given authors wrote, with their threads.

    Collects posts, replies, quotes and the reposts of `authors`, with counts, pictures and links; for each
    post that answers or is answered, the thread around it. Misses posts that the search does not index, posts
    dated back by more than the ten minutes that runs look back, likes, private messages, and posts of people
    who show them to logged-in readers only, which are left out on purpose. Posts cannot be edited; whether one
    was deleted is asked again, 25 a request; whether a repost was undone cannot be asked. Limits: 3,000
    requests in 5 minutes; logins are few (as documented 30 in 5 minutes and 300 a day, as seen 10 a day), so
    a slice logs in once at most, and only where strangers get no answer. Terms: deletions must be
    honoured; the developer guidelines say the rest.
    """

    name = "bluesky"
    options_type = BlueskyOptions
    capabilities = Capabilities(
        history=None,
        order="newest_first",
        deletions="recheck",
        threads=True,
        settles=timedelta(minutes=10),
        pace=0.1,
        auth="handle and app password, optional",
        tested="server",
    )
    terms = Terms(read=date(2026, 11, 22), url="https://docs.bsky.app/docs/support/developer-guidelines")

    def push_down(self, options, entities):
        """A search for each name, hashtag and handle (only those with a dot are Bluesky's); authors' feeds."""
        made = options.queries
        if made is None:
            names = [name for entity in entities for name in entity.names]
            made = [f'"{name}"' if len(name.split()) > 1 else name for name in names]
            made += [f"#{tag}" for entity in entities for tag in entity.hashtags]
            made += [f"@{handle}" for entity in entities for handle in entity.handles if "." in handle]
        return list(dict.fromkeys([*made, *(f"from:{author}" for author in options.authors)]))

    def fetch(self, options, slice, http):
        """The posts of a search; of an author's feed for a query that is `from:handle` and nothing more."""
        queries = [slice.query] if slice.query else self.push_down(options, [])
        if not queries:
            raise ConfigError("bluesky has nothing to ask for", do="Give queries or authors.")
        service, covered, cuts = Service(options, http), set(), []
        for query in queries:
            for row, fetched_at in self._rows(service, query, slice.window, cuts):
                if isinstance(row, Gap):
                    yield row
                elif options.threads:
                    yield from with_thread(service, row, fetched_at, covered)
                else:
                    yield Item(row, address(row)[0], fetched_at)
        if cuts:
            yield max(cuts, key=lambda cut: cut.reached)

    def _rows(self, service, query, window, cuts):
        author = query.removeprefix("from:")
        if author != query and " " not in author:
            yield from read_feed(service, author, window)
        elif cut := (yield from search(service, query, window)):
            cuts.append(cut)

    def items(self, answer, options):
        """The posts of an answer; an entry of a feed brings what it answers, a thread is one item."""
        yield from rows_of(json_answer(answer))

    def parse(self, item, options):
        """One post, or the posts of one conversation."""
        return parse_row(item if isinstance(item, dict) else json_answer(item))

    def recheck(self, options, native_ids, http):
        """Ask for posts by their addresses: those that do not come are gone. Reposts cannot be asked for."""
        service = Service(options, http)
        uris = [uri for uri in native_ids if f"/{POST}/" in uri and "/repost/" not in uri]
        for start in range(0, len(uris), RECHECKED_AT_ONCE):
            asked = uris[start : start + RECHECKED_AT_ONCE]
            rows, _, at = service.rows("posts", "app.bsky.feed.getPosts", uris=asked)
            found = {row.get("uri"): row for row in rows}
            for uri in asked:
                yield Item(found.get(uri) or {"uri": uri, "notFound": True}, uri, at)


@hookimpl
def listening_sources():
    """The source of this file."""
    return [Bluesky()]
