"""Posts and comments of Reddit, with the conversations that they stand in."""

import base64
import re
from datetime import date, timedelta
from functools import cached_property
from html import unescape
from typing import Annotated

from pydantic import Field, SecretStr, model_validator

from listening_etl import (
    Author,
    Capabilities,
    ConfigError,
    CredentialsRejected,
    Deletion,
    Dialect,
    Gap,
    Media,
    Mention,
    NotAMention,
    Options,
    SourceUnreadable,
    Terms,
    epoch,
    hookimpl,
    json_answer,
    pushed_down,
)

from ._members import member, together

API, SITE = "https://oauth.reddit.com", "https://www.reddit.com"
A_PAGE, LISTING_ENDS, SEARCH_ENDS = 100, 900, 200
"""Entries from which a listing that ends may have been cut: Reddit shows some 1,000, a search some 250."""
POSTS, SEARCH = ("t1", "t3"), Dialect(both=" AND ")
OTHERS = {
    **{"t2": "an account", "t4": "a private message", "t5": "a subreddit", "UserList": "a list of accounts"},
    **{"more": "a stub for comments that were not fetched", None: "an entry of a list, not a post"},
}
GONE = re.compile(r"\[ ?(deleted|removed)( by (user|reddit))? ?\]", re.IGNORECASE)
NAMED = re.compile(r"(?<![\w/])/?u/([A-Za-z0-9_-]{3,20})(?![\w-])")
PICTURE = re.compile(r"\.(jpe?g|png|gif|webp)$")


class RedditOptions(Options):
    """The application that Reddit approved, and what it reads."""

    client_id: SecretStr = Field(description="of the application")
    client_secret: SecretStr = Field(
        SecretStr(""), description="of the application; an installed one has none"
    )
    username: SecretStr | None = Field(None, description="of the application's owner, for a script's")
    password: SecretStr | None = Field(None, description="of the application's owner")
    user_agent: str = Field(
        min_length=12, pattern=r"u/\w", description="as in web:acme.listening:1.0 (by /u/acme_care)"
    )
    search: bool = Field(True, description="search all of Reddit for the entities' names")
    subreddits: tuple[Annotated[str, Field(pattern=r"^\w+$")], ...] = Field((), description="to read whole")
    threads: bool = Field(True, description="fetch the comments of each post found: a request a post")
    more_requests: int = Field(2, ge=0, description="requests a thread for comments behind stubs, 100 each")

    @model_validator(mode="after")
    def _something_to_read(self):
        if not self.search and not self.subreddits:
            raise ValueError("name subreddits, or let it search")
        if (self.username is None) != (self.password is None):
            raise ValueError("give both username and password, or neither")
        return self


class Api:
    """Reddit's API; logs in when it is first asked something."""

    def __init__(self, options, http):
        self.options, self.http = options, http

    @cached_property
    def headers(self):
        """What every request says: who asks, and the token."""
        options, agent = self.options, {"user-agent": self.options.user_agent}
        pair = f"{options.client_id.get_secret_value()}:{options.client_secret.get_secret_value()}"
        basic = {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        form = {"grant_type": "client_credentials"}
        if options.username:
            form = {name: getattr(options, name).get_secret_value() for name in ("username", "password")}
            form["grant_type"] = "password"
        told = self.http.post(f"{SITE}/api/v1/access_token", agent | basic, data=form, accept=(400,)).json()
        if not isinstance(told, dict) or not told.get("access_token"):
            why = told.get("error") if isinstance(told, dict) else "the answer is no object"
            do = "Check client_id, client_secret and the account; new applications need Reddit's approval."
            raise CredentialsRejected(f"Reddit gave no token ({str(why)[:60]})", where=SITE, do=do)
        return agent | {"authorization": f"bearer {told['access_token']}"}

    def get(self, path, accept=(), **params):
        """A document; None when the answer's status is one of `accept`."""
        answer = self.http.get(API + path, self.headers, {"raw_json": 1, **params}, accept)
        return None if answer.status in accept else answer.json()

    def listing(self, path, window, ends, **params):
        """Entries newest first until they are older than the window, then a Gap for what the listing hides."""
        after, known, times = None, set(), []
        while True:
            page = self.get(path, limit=A_PAGE, after=after, **params)
            if kind_of(page) != "Listing":
                raise SourceUnreadable(f"it is no listing: {words_for(page)}", where=API + path)
            fresh = [thing for thing in things(page) if thing["data"].get("name") not in known]
            known.update(thing["data"].get("name") for thing in fresh)
            yield from fresh
            # A pinned post stands first however old it is: only whole pages tell how far back we are.
            of_page = [time for thing in fresh if (time := time_of(thing))]
            times += of_page
            if of_page and max(of_page) < window.since:
                return
            after = page["data"].get("after")
            if not after or not fresh:
                break
        oldest = min(times, default=window.until)
        if (after or len(known) >= ends) and oldest > window.since:
            reason = f"{path} ends after {len(known)} entries, at {oldest:%Y-%m-%d %H:%M} UTC"
            yield Gap(window.since, min(oldest, window.until), reason)

    def thread(self, post):
        """A post with its comments, as one item, then what is left behind stubs; the post alone if it is shut."""
        name = post["data"]["name"]
        pages = self.get(f"/comments/{name[3:]}", accept=(403, 404), limit=500)
        if not is_comment_page(pages):
            yield post
            return
        hidden = stubbed(pages)
        for _ in range(self.options.more_requests if hidden else 0):
            batch, hidden = ",".join(hidden[:A_PAGE]), hidden[A_PAGE:]
            pages.append(self.get("/api/morechildren", link_id=name, children=batch, api_type="json"))
            hidden += stubbed(pages[-1])
            if not hidden:
                break
        yield {"kind": "Thread", "data": pages}
        if hidden:
            yield {"kind": "more", "data": {"parent_id": name, "count": len(hidden)}}


class Reddit:
    """Posts of Reddit that a search finds, with their comments; posts and comments of whole subreddits.

    Collects posts by search, newest first, each with its comments (up to 500, and some behind stubs), and the
    new posts and comments of the subreddits named. Crossposts are shares. Misses comments that name a brand
    under a post that does not, except in subreddits read whole; what lies before the end of a listing (about
    1,000 entries, of a search about 250), which becomes a gap: Reddit cannot be asked for a time.
    Limits: 100 requests a minute. Auth: OAuth application, by approval since November 2025.
    Terms: commercial use by contract; what was deleted must go within 48 hours, so recheck. Where an account
    was deleted the text stays, as on Reddit, without its author.
    """

    name = "reddit"
    options_type = RedditOptions
    capabilities = Capabilities(
        history=None, order="newest_first", deletions="recheck", edits=True, threads=True,
        settles=timedelta(minutes=15), pace=0.6,
        auth="OAuth application (client id and secret), by approval",
        cost="free for 100 requests a minute; commercial use by contract",
    )  # fmt: skip
    terms = Terms(
        read=date(2026, 11, 22), url="https://redditinc.com/policies/data-api-terms",
        reply="as an account of the brand, under the rules of the subreddit",
    )  # fmt: skip

    def push_down(self, options, entities):
        """A search for each name, or for what a query says; for each subreddit read whole its posts and comments."""
        found = [one for e in entities for one in pushed_down(e, SEARCH, 512) if options.search]
        found += [f"r/{name}/{what}" for name in options.subreddits for what in ("new", "comments")]
        return list(dict.fromkeys(found))

    def fetch(self, options, slice, http):
        """A search or a listing; a post that a search found comes with its comments."""
        api, window = Api(options, http), slice.window
        if re.fullmatch(r"r/\w+/(new|comments)", slice.query):
            yield from api.listing(f"/{slice.query}", window, LISTING_ENDS)
            return
        if not slice.query:
            raise ConfigError("there is nothing to search Reddit for", do="Give the entities names.")
        asked = {"q": slice.query, "sort": "new", "t": "all", "type": "link", "include_over_18": "on"}
        for found in api.listing("/search", window, SEARCH_ENDS, **asked):
            time = time_of(found) if kind_of(found) == "t3" else None
            in_window = time and window.since <= time < window.until
            if options.threads and in_window and found["data"].get("num_comments"):
                yield from api.thread(found)
            else:
                yield found

    def items(self, answer, options):
        """The things of a listing or of several, of `morechildren`, or one; a post with its comments is one."""
        document = json_answer(answer)
        if is_comment_page(document):
            yield {"kind": "Thread", "data": document}
            return
        found = list(things(document))
        if not found:
            raise NotAMention(words_for(document))
        yield from found

    def parse(self, item, options):
        """A post or comment; of a thread the post and all its comments."""
        kind = kind_of(item)
        if kind == "gone":
            return Deletion(item["data"]["name"])
        if kind not in (*POSTS, "Thread"):
            count, parent = at(item, "data", "count"), at(item, "data", "parent_id")
            where = f": {count} under {parent}" if kind == "more" else ""
            raise NotAMention(f"{OTHERS.get(kind, f'of the kind {kind}, no post')}{where}")
        if at(item, "data", "promoted"):
            raise NotAMention("an advertisement")
        inside = members(item["data"] if kind == "Thread" else item)
        found = [thing for thing in inside if kind_of(thing) in POSTS]
        authors = {thing["data"].get("name"): author_of(thing["data"]) for thing in found}
        return together(member(mention_of, thing, authors) for thing in found)

    def recheck(self, options, native_ids, http):
        """As they are now, 100 a request; what Reddit no longer knows is gone."""
        api = Api(options, http)
        for start in range(0, len(native_ids), A_PAGE):
            batch = native_ids[start : start + A_PAGE]
            there = list(things(api.get("/api/info", id=",".join(batch))))
            yield from there
            known = {thing["data"].get("name") for thing in there}
            yield from ({"kind": "gone", "data": {"name": name}} for name in batch if name not in known)


def kind_of(thing):
    """`t1`, `t3`, `Listing`, …; None for what is no thing of Reddit's."""
    is_thing = isinstance(thing, dict) and isinstance(thing.get("data"), dict | list)
    return thing.get("kind") if is_thing else None


def at(value, *path):
    """What stands at a path of names inside; None where there is no such thing."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def things(document):
    """The things in an answer: of listings, of `morechildren`, of a collection, or the one that it is."""
    if isinstance(document, list):
        for part in document:
            yield from things(part)
    elif kind_of(document) == "Listing":
        for child in at(document, "data", "children") or []:
            is_thing = isinstance(at(child, "data"), dict)
            yield child if is_thing else {"kind": at(child, "kind"), "data": {"bare": child}}
    elif kind_of(document) is not None:
        yield document
    elif isinstance(document, dict):
        yield from things(at(document, "json", "data", "things") or [])
        yield from things(document.get("sorted_links") or [])
        if str(document.get("name"))[:3] in ("t1_", "t3_"):
            yield {"kind": document["name"][:2], "data": document}


def members(document):
    """All that stands in a thread, replies to replies too."""
    for thing in things(document):
        yield thing
        if kind_of(thing) in POSTS:
            yield from members(thing["data"].get("replies") or [])


def stubbed(document):
    """The ids of comments that stand behind stubs."""
    stubs = [thing["data"] for thing in members(document) if kind_of(thing) == "more"]
    return [child for stub in stubs for child in stub.get("children") or []]


def is_comment_page(document):
    """Whether it is a post and its comments."""
    if not isinstance(document, list) or [kind_of(part) for part in document] != ["Listing", "Listing"]:
        return False
    posts, comments = ([kind_of(thing) for thing in things(part)] for part in document)
    return posts == ["t3"] and set(comments) <= {"t1", "more"}


def words_for(document):
    """Why an answer holds no posts, in words."""
    if isinstance(document, dict) and ("error" in document or "message" in document):
        why = document.get("message") or document.get("reason") or "no reason given"
        return f"an error: {why} ({document.get('error')})"
    if errors := at(document, "json", "errors"):
        return f"an error: {errors}"
    return "an empty listing" if kind_of(document) == "Listing" else "an answer without posts"


def time_of(thing):
    """When it was published, None when it is pinned above the others or does not say."""
    created = at(thing, "data", "created_utc")
    return None if at(thing, "data", "stickied") or not isinstance(created, int | float) else epoch(created)


def author_of(data):
    """Their name; None when the account is gone."""
    name = data.get("author")
    return name if isinstance(name, str) and not GONE.fullmatch(name) else None


def written(data, field):
    """The text of a field with its entities read; twice where Reddit escaped what the author had escaped."""
    text = data.get(field)
    if not isinstance(text, str):
        return None
    # Without raw_json=1 Reddit escapes everything once more, its own HTML included.
    is_escaped = str(data.get(f"{field}_html") or "").startswith("&lt;")
    text = unescape(text)
    return (unescape(text) if is_escaped else text).strip() or None


def is_gone(data, texts):
    """Whether the author, a moderator or Reddit took it away."""
    taken = data.get("removed_by_category") or data.get("removed") is True
    return bool(taken) or any(text and GONE.fullmatch(text) for text in texts)


def media_of(data):
    """Pictures of a gallery, the video, or the one picture that a post links to."""
    gallery = at(data, "media_metadata")
    parts = gallery.values() if isinstance(gallery, dict) else ()
    found = [(at(part, "s", "u") or at(part, "s", "gif"), "image") for part in parts]
    found.append((at(data, "media", "reddit_video", "fallback_url"), "video"))
    target = target_of(data)
    if target and (data.get("post_hint") == "image" or PICTURE.search(target.partition("?")[0].lower())):
        found.append((target, "image"))
    return tuple(Media(url=unescape(url), kind=kind) for url, kind in found if isinstance(url, str) and url)


def target_of(data):
    """Where a post links to; None for a text, a gallery or a video of Reddit's own."""
    url = data.get("url_overridden_by_dest") or data.get("url")
    own = data.get("is_self") or data.get("is_gallery") or data.get("is_video")
    return unescape(url) if isinstance(url, str) and url.startswith("http") and not own else None


def post_of(data):
    """The name of the post that a comment stands under; an inbox has it in an address only."""
    found = re.search(r"/comments/(\w+)/", str(data.get("context")))
    return data.get("link_id") or (found and f"t3_{found[1]}")


def page_of(data, name, post):
    """Its page on the web, also from before comments had a `permalink`."""
    page = data.get("permalink") or data.get("context")  # the latter in an inbox
    if isinstance(page, str) and page.startswith("/"):
        return SITE + page.partition("?")[0]
    comment = f"_/{name[3:]}/" if name.startswith("t1_") else ""
    return f"{SITE}/comments/{str(post)[3:]}/{comment}" if post else None


def count(data, field, hidden=None):
    """A count; None when it is hidden, or below zero: votes against, less votes for."""
    number = None if hidden and data.get(hidden) else data.get(field)
    return number if isinstance(number, int) and number >= 0 else None


def mention_of(thing, authors):
    """A post (t3) or comment (t1) as a mention, or its deletion; `authors` by the ids of the thread."""
    kind, data = thing["kind"], thing["data"]
    is_post = kind == "t3"
    name = data.get("name") or (f"{kind}_{data['id']}" if data.get("id") else None)
    text, title = written(data, "selftext" if is_post else "body"), written(data, "title")
    if name and is_gone(data, (text, title) if is_post else (text,)):
        return Deletion(name)
    parent, post = (None, name) if is_post else (data.get("parent_id"), post_of(data))
    link_author = data.get("link_author") if parent == post else None
    handle, edited, target = author_of(data), data.get("edited"), target_of(data) if is_post else None
    media = media_of(data)
    return Mention(
        native_id=name,
        kind="post" if is_post else "comment" if str(parent).startswith("t3_") else "reply",
        channel="social",
        url=page_of(data, name, post) if name else None,
        title=title if is_post else None,
        text=text,
        published_at=epoch(data.get("created_utc")),
        updated_at=epoch(edited) if edited and edited is not True else None,  # true: edited, not said when
        author=Author(native_id=data.get("author_fullname"), handle=handle) if handle else None,
        in_reply_to=parent,
        conversation_id=post,
        reply_to_author=authors.get(parent) or author_of({"author": link_author}),
        reshared_id=data.get("crosspost_parent") if is_post else None,
        tagged=tuple(dict.fromkeys(NAMED.findall(text or ""))),
        links=(target,) if target and target not in {one.url for one in media} else (),
        media=media,
        likes=count(data, "score", "hide_score" if is_post else "score_hidden"),
        replies=count(data, "num_comments") if is_post else None,  # of a comment: those of its post
        reshares=count(data, "num_crossposts"),
        views=count(data, "view_count"),
    )


@hookimpl
def listening_sources():
    """The source of this file."""
    return [Reddit()]
