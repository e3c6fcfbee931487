"""Public posts as one Mastodon server knows them: by search, by hashtag, with their threads."""

import unicodedata
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, quote, urlsplit

from pydantic import Field, SecretStr

from listening_etl import (
    Capabilities,
    ConfigError,
    CredentialsRejected,
    Gap,
    Item,
    Options,
    SourceUnreadable,
    Terms,
    Truncated,
    dicts,
    hookimpl,
    part,
)

from ._fediverse import parse_row, refusal, rows_of

PAGE, MOST_PAGES, RECHECKED_AT_ONCE = 40, 100, 20
INSTANT = timedelta(milliseconds=1)


class MastodonOptions(Options):
    """Which server is asked, and for what."""

    instance: str = Field("https://mastodon.social", description="address of the server")
    token: SecretStr | None = Field(None, description="of an account there; its search wants one")
    queries: tuple[str, ...] | None = Field(
        None, description="words to search for, or #hashtag, in the place of those of the topic's entities"
    )
    threads: bool = Field(True, description="fetch the thread around each post: a request a thread")
    searchable_only: bool = Field(
        False,
        description="leave out whoever did not agree to be found by full-text search, under hashtags too",
    )


class Server:
    """The one server that is asked."""

    def __init__(self, options, http):
        self.base, self.http, self.token = options.instance.rstrip("/"), http, options.token
        self.headers = {"authorization": f"Bearer {self.token.get_secret_value()}"} if self.token else {}

    def ask(self, path, **params):
        """An answer and what it holds; None for the latter when there is no such thing.

        "There is no such thing" counts when Mastodon says it, not when some other server at that address does:
        it is what makes a deletion.
        """
        url = f"{self.base}{path}"
        answer = self.http.get(url, headers=self.headers, params=params, accept=(404, 410, 422))
        held = answer.json()
        if answer.status == 422:
            kind = SourceUnreadable if self.token else CredentialsRejected
            do = "Check the options." if self.token else "Give a token of an account there."
            raise kind(f"the server refuses: {part(held).get('error')}", where=url, do=do)
        if answer.status >= 400 and "error" not in part(held):
            raise SourceUnreadable(f"this is no Mastodon server ({answer.status})", where=url)
        return answer, None if answer.status >= 400 else held

    def statuses(self, path, **params):
        """An answer and the statuses in it."""
        answer, held = self.ask(path, **params)
        held = held.get("statuses") if isinstance(held, dict) else held
        if not isinstance(held, list):
            raise SourceUnreadable("the answer holds no statuses", where=f"{self.base}{path}")
        return answer, dicts(held)


def snowflake(moment):
    """The id that Mastodon gives at a time: milliseconds since 1970, and sixteen bits to tell them apart."""
    return ((moment - datetime(1970, 1, 1, tzinfo=UTC)) // INSTANT) << 16


def is_snowflake(row):
    """Whether the id of a status tells when it was written: not so on servers that only speak like Mastodon."""
    moment, id = time_of(row), str(row.get("id"))
    return bool(moment) and id.isdecimal() and abs(int(id) - snowflake(moment)) < 86_400_000 << 16


def time_of(row):
    """When a status was written; None when it does not say so readably."""
    try:
        moment = datetime.fromisoformat(row["created_at"])
    except (KeyError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def inside(row, window):
    """Whether a status was written in the window, or does not say when: then it is for `parse` to refuse."""
    moment = time_of(row)
    return moment is None or window.since <= moment < window.until


def read_tag(server, tag, window):
    """The statuses of a hashtag inside the window, newest first, with the times of their answers.

    Their ids tell the time, so reading begins at the end of the window; where ids mean nothing it begins at
    the newest. It ends with a page that is older than the window as a whole: single statuses come late and
    stand among newer ones. Returns a cut or a gap when there were too many.
    """
    path = f"/api/v1/timelines/tag/{quote(tag, safe='')}"
    answer, rows = server.statuses(path, limit=PAGE, max_id=snowflake(window.until))
    if not rows:
        answer, rows = server.statuses(path, limit=PAGE)
        if all(map(is_snowflake, rows)):
            return None
    seen, oldest = set(), window.until
    for _ in range(MOST_PAGES):
        new = [row for row in rows if row.get("id") not in seen]
        seen.update(row.get("id") for row in new)
        yield from ((row, answer.fetched_at) for row in new if inside(row, window))
        times = [moment for row in new if (moment := time_of(row))]
        oldest = min([oldest, *times])
        before = following(answer, new)
        if not before or (times and max(times) < window.since):
            return None
        answer, rows = server.statuses(path, limit=PAGE, max_id=before)
    why = f"#{tag} has more than {MOST_PAGES} pages"
    if all(map(is_snowflake, new)):
        return Truncated(why, reached=oldest + INSTANT)
    return Gap(window.since, oldest, why) if oldest > window.since else None


def following(answer, new):
    """The id below which the next page begins; None when this was the last, or brought nothing new."""
    if not new:
        return None
    if "link" not in answer.headers:
        return new[-1].get("id")
    return next(iter(parse_qs(urlsplit(answer.link("next") or "").query).get("max_id", [])), None)


def search(server, query, window):
    """The statuses that a search finds inside the window, with the times of their answers.

    Nothing says in which order they come, so all are read. Some servers know no `offset` and give the first
    page for ever: then what lies beyond it is asked for in a narrower window, if they know windows.
    """
    asked = {"q": query, "type": "statuses", "limit": PAGE}
    asked |= {"min_id": snowflake(window.since) - 1, "max_id": snowflake(window.until)}
    seen, received, strangers = set(), 0, False
    for _ in range(MOST_PAGES):
        answer, rows = server.statuses("/api/v2/search", **asked, offset=received)
        new = [row for row in rows if row.get("id") not in seen]
        seen.update(row.get("id") for row in new)
        received += len(rows)
        strangers |= not all(inside(row, window) for row in rows)
        yield from ((row, answer.fetched_at) for row in new if inside(row, window))
        if not rows or (not new and len(rows) < PAGE):
            return None
        if not new:
            break
    why = f"the search {query!r} ends after {len(seen)} statuses"
    return Gap(window.since, window.until, why) if strangers else Truncated(why)


def with_thread(server, row, fetched_at, covered, options):
    """A status with its thread when it has one, asked for once: what answers it is in that thread."""
    id = row.get("id")
    if id in covered:
        return
    if (row.get("in_reply_to_id") or row.get("replies_count")) and not refusal(row, options):
        answer, held = server.ask(f"/api/v1/statuses/{id}/context")
        if "descendants" in part(held):
            row, fetched_at = {**held, "status": row}, answer.fetched_at
            covered.update(status.get("id") for status in dicts(row.get("descendants")))
    yield Item(row, str(id), fetched_at)


class Mastodon:
    """Public posts that one Mastodon server knows: found by search, or under a hashtag, with their threads.

    Collects posts of that server's people and of those whom it follows elsewhere, with answers and counts as
    far as they reached it, edits, polls, pictures and links. Misses what never reached that server. Left out on
    purpose: posts that are not public, and those of people whose account says `noindex`. Whether people agreed
    to be found (`indexable`) concerns full-text search alone, in which the server itself keeps to it: what they
    write in public under a hashtag is taken, unless `searchable_only` leaves that out as well. Search needs a
    token; without one, hashtags alone are read, names as hashtags too. Ids are the server's own: another server
    is another source. Limits: 300 requests in 5 minutes, 40 statuses each. Terms: each server has its own;
    deletions are found by asking again, 20 statuses a request.
    """

    name = "mastodon"
    options_type = MastodonOptions
    capabilities = Capabilities(
        history=None,
        order="newest_first",
        deletions="recheck",
        edits=True,
        threads=True,
        settles=timedelta(hours=1),
        pace=1.0,
        auth="token, for search",
    )
    terms = Terms(
        read=date(2026, 11, 22),
        url="https://docs.joinmastodon.org/api/guidelines/",
        reply="each server has its own rules",
    )

    def push_down(self, options, entities):
        """The timeline of each hashtag and of each name as one; with a token also a search for each name."""
        if options.queries is not None:
            return list(dict.fromkeys(options.queries))
        names = [name for entity in entities for name in entity.names]
        tags = [tag for entity in entities for tag in entity.hashtags] + ["".join(n.split()) for n in names]
        timelines = {plain(tag): f"#{tag}" for tag in reversed(tags)}
        searches = [f'"{name}"' if len(name.split()) > 1 else name for name in names] if options.token else []
        return [*reversed(timelines.values()), *dict.fromkeys(searches)]

    def fetch(self, options, slice, http):
        """The statuses of a hashtag for a query `#…`, else of a search."""
        queries = [slice.query] if slice.query else self.push_down(options, [])
        if not queries:
            raise ConfigError("mastodon has nothing to ask for", do="Give queries.")
        server, covered, cuts = Server(options, http), set(), []
        for query in queries:
            for row, fetched_at in self._rows(server, query, slice.window, cuts):
                if options.threads:
                    yield from with_thread(server, row, fetched_at, covered, options)
                else:
                    yield Item(row, str(row.get("id")), fetched_at)
        yield from (cut for cut in cuts if isinstance(cut, Gap))
        yield from sorted(
            (cut for cut in cuts if isinstance(cut, Truncated)),
            key=lambda cut: cut.reached or slice.window.until,
        )[-1:]

    def _rows(self, server, query, window, cuts):
        if not query.startswith("#") and not server.token:
            what = "Mastodon searches statuses only for those who are logged in"
            raise ConfigError(what, do="Give a token, or ask for hashtags (#…) only.")
        cut = yield from (
            read_tag(server, query[1:], window) if query.startswith("#") else search(server, query, window)
        )
        cuts += [cut] if cut else []

    def items(self, answer, options):
        """The statuses of an answer; a thread is one item, and so is an event of a stream."""
        yield from rows_of(answer)

    def parse(self, item, options):
        """One status, or the statuses of a thread, or what an event says."""
        if not isinstance(item, dict):
            (item,) = rows_of(item if isinstance(item, bytes) else item.encode())
        return parse_row(item, options)

    def recheck(self, options, native_ids, http):
        """Ask for statuses by their ids, together where the server can; what does not come is asked for alone."""
        server, together = Server(options, http), True
        for start in range(0, len(native_ids), RECHECKED_AT_ONCE):
            ids, found = list(native_ids[start : start + RECHECKED_AT_ONCE]), {}
            try:
                _, rows = server.statuses("/api/v1/statuses", **{"id[]": ids}) if together else (None, [])
                found = {row.get("id"): row for row in rows}
            except SourceUnreadable:
                together = False  # an older server, which knows no list of ids
            for id in ids:
                held = found.get(id) or server.ask(f"/api/v1/statuses/{id}")[1]
                yield Item(held or {"event": "delete", "payload": id}, id)


def plain(tag):
    """A hashtag as Mastodon compares them: lower case, without accents."""
    decomposed = unicodedata.normalize("NFKD", tag.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


@hookimpl
def listening_sources():
    """The source of this file."""
    return [Mastodon()]
