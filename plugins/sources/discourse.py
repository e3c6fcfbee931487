"""Posts of a Discourse forum, with the topics that they stand in."""

import re
from datetime import UTC, date, datetime, timedelta
from html import escape
from html.parser import HTMLParser
from urllib.parse import urljoin

from pydantic import Field, SecretStr

from listening_etl import (
    Author,
    Capabilities,
    Deletion,
    Gap,
    Media,
    Mention,
    NotAMention,
    Options,
    SourceUnavailable,
    SourceUnreadable,
    Terms,
    Truncated,
    dicts,
    hookimpl,
    json_answer,
    text_of_html,
)

from ._members import listed, member

A_PAGE = 50  # posts on a page of the latest
A_CALL = 20  # posts that a topic gives at once
LAST_PAGE = 10  # of a search; the forum refuses the eleventh
BLANK_PAGES = 20  # pages without a post that is ours to see, after which nothing more is expected
LIKE, SMALL_ACTION, WHISPER, PRIVATE = 2, 3, 4, "private_message"  # how Discourse names them
VOID = {"br", "hr", "img", "input", "source", "wbr", "link", "meta"}
NOT_THEIR_WORDS = {("aside", "quote"), ("aside", "onebox"), ("div", "meta"), ("div", "quote-controls")}
DECORATION = {"emoji", "avatar", "thumbnail", "site-icon"}


class DiscourseOptions(Options):
    """Which forum, as whom, and how it is read."""

    url: str = Field(description="of the forum's front page")
    api_key: SecretStr | None = Field(None, description="for a forum that wants a login, or higher limits")
    api_username: str | None = Field(None, description="whose key it is; the key sees what they see")
    search: bool = Field(False, description="search for the entities' names; else every new post is read")
    threads: bool = Field(True, description="read the topics of new posts: one request or more for each")


def whole(base, address):
    """An address as it stands in a post, with what it leaves out."""
    return urljoin(base or "https:" * address.startswith("//"), address)


class Cooked(HTMLParser):
    """Takes a post's HTML apart: its own words, without quotes of others and previews of links."""

    def __init__(self, markup, base):
        super().__init__()
        self.base, self.own, self.skipping = base, [], []
        self.links, self.tagged, self.images, self.quoted = [], [], {}, []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        """Keep the tag unless it opens what is not the author's, or stands in it."""
        found = {name: value or "" for name, value in attrs}
        classes = set(found.get("class", "").split())
        if tag == "aside" and "quote" in classes and not self.skipping:
            self.quoted.append((found.get("data-topic"), found.get("data-post")))
        if self.skipping or any(tag == name and which in classes for name, which in NOT_THEIR_WORDS):
            self.skipping += [tag] * (tag not in VOID)
            return
        self.own.append(self.get_starttag_text())
        if tag == "a" and classes & {"mention", "mention-group"}:
            self.tagged.append(found.get("href", "").rstrip("/").rpartition("/")[2])
        elif tag == "a" and found.get("href") and not classes & {"lightbox", "hashtag", "hashtag-cooked"}:
            self.links.append(whole(self.base, found["href"]))
        elif tag == "img" and found.get("src") and not classes & DECORATION:
            self.images[whole(self.base, found["src"])] = found.get("alt") or None

    def handle_endtag(self, tag):
        """Close what is skipped; a tag that was never closed inside it does not hold it open."""
        if tag in self.skipping:
            while self.skipping.pop() != tag:
                pass
        elif not self.skipping:
            self.own.append(f"</{tag}>")

    def handle_data(self, data):
        """Words."""
        if not self.skipping:
            self.own.append(escape(data))


def posts_of(topic):
    """The posts that came with a topic."""
    stream = topic.get("post_stream")
    return dicts(stream.get("posts")) if isinstance(stream, dict) else []


def ids_of(posts):
    """Their ids."""
    return {post["id"] for post in posts if isinstance(post.get("id"), int)}


def is_post(thing):
    """Whether it is a post, or a topic with its posts: profiles, topics and notices have ids and times too."""
    return "post_stream" in thing or ("id" in thing and bool(thing.keys() & {"cooked", "raw", "blurb"}))


def time_of(post):
    """When it was written, None when it does not say; the forum writes UTC."""
    try:
        return datetime.fromisoformat(post["created_at"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError):
        return None


def older(posts, time):
    """Whether there are posts, and all of them were written before `time`."""
    times = [time_of(post) for post in posts]
    return bool(times) and all(written is not None and written < time for written in times)


def inside(post, window):
    """Whether it is of the window; what does not say when it was written is let by, to be refused aloud."""
    time = time_of(post)
    return time is None or window.since <= time < window.until


def text_of_raw(raw):
    """A post as it was typed, without the quotes in it; None when there is none."""
    return re.sub(r"\[quote\b.*?\[/quote\]\s*", "", raw, flags=re.S).strip() or None if raw else None


class Forum:
    """A forum, asked as the options say."""

    def __init__(self, options, http):
        self.url, self.http = options.url.rstrip("/"), http
        key = options.api_key.get_secret_value() if options.api_key else None
        given = {"accept": "application/json", "api-key": key, "api-username": options.api_username}
        self.headers = {name: value for name, value in given.items() if value}

    def ask(self, path, **params):
        """One answer; None where there is no such thing, or not any more."""
        return self.said(path, self.http.get(self.url + path, self.headers, params, accept=(404, 410)))

    def said(self, path, answer):
        """What an answer holds; None where there is none."""
        if answer.status >= 400:
            return None
        told = answer.json()
        if not isinstance(told, dict):
            raise SourceUnreadable("it is no answer of Discourse", where=self.url + path, do="Check the url.")
        return told

    def latest(self, before=None):
        """The newest posts with an id below `before`; older forums count it in."""
        page = self.ask("/posts.json", before=before)
        if page is None or "latest_posts" not in page:
            raise SourceUnreadable("it has no list of posts", where=self.url, do="Check the forum's address.")
        return [post for post in dicts(page["latest_posts"]) if before is None or post.get("id", 0) < before]

    def pages(self, window):
        """Pages of posts, newest id first, from the window's end to its start.

        An id says roughly when a post was written, not exactly: imported posts get new ids and keep their
        times. So it goes on until a whole page is older than the window.
        """
        page, blank, oldest = self.latest(), 0, window.until
        before = self.up_to(window.until, page)
        if before is not None:
            page = self.latest(before)
        while page or before:
            yield page
            if older(page, window.since):
                return
            oldest = min([oldest, *filter(None, map(time_of, page))])
            if page:
                before, blank = min(ids_of(page), default=0), 0
            else:  # on older forums a page is a stretch of ids, and may hold nothing that is ours to see
                before, blank = before - A_PAGE + 1, blank + 1
            if before <= 1:
                return
            if blank == BLANK_PAGES:
                yield Gap(window.since, oldest, f"no post that may be read in {BLANK_PAGES * A_PAGE:,} ids")
                return
            page = self.latest(before)

    def up_to(self, until, page):
        """The id from which to go back, found by halving; None to begin at the top."""
        low, high = 0, min(ids_of(page), default=0)
        if not page or any(older([post], until) for post in page):
            return None
        while high - low > 4 * A_PAGE:
            middle = (low + high) // 2
            page = self.latest(middle)
            if page and not any(older([post], until) for post in page):
                high = min(ids_of(page))
            else:
                low = middle
        return high

    def thread(self, topic, wanted, since):
        """A topic with its first posts, the `wanted`, and all since `since`; None when it is gone."""
        found = self.ask(f"/t/{topic}.json")
        if found is None or not isinstance(found.get("post_stream"), dict):
            return None
        posts = found["post_stream"]["posts"] = posts_of(found)
        known = ids_of(posts)
        stream = found["post_stream"].get("stream") or []  # absent above 10,000 posts
        rest = sorted({id for id in [*stream, *wanted] if isinstance(id, int) and id not in known})
        while rest:
            asked, rest = rest[-A_CALL:], rest[:-A_CALL]
            ids = "&".join(f"post_ids[]={id}" for id in asked)
            more = posts_of(self.ask(f"/t/{topic}/posts.json?{ids}") or {})
            posts += more
            if older(more, since):
                break
        return found

    def hits(self, query, window):
        """Pages of what a search finds, newest first: of each topic its last post that matches.

        The search knows days only, and of these it excludes the first instant.
        """
        tick = timedelta(microseconds=1)
        after, last = (window.since - tick).date(), (window.until - tick).date()
        asked = f"{query} after:{after} before:{last + timedelta(days=1)} order:latest"
        found = []
        for number in range(1, LAST_PAGE + 1):
            answer = self.ask("/search.json", q=asked, page=number)
            if answer is None or "grouped_search_result" not in answer:
                raise SourceUnreadable("it has no search", where=self.url, do="Set search: false.")
            about = answer["grouped_search_result"] or {}
            if about.get("error"):  # an overloaded forum says so, and that it found nothing
                raise SourceUnavailable(f"the forum does not search now ({about['error']})", where=self.url)
            page = dicts(answer.get("posts"))
            yield [post for post in page if not older([post], window.since)]
            if not about.get("more_full_page_results") or not page or older(page, window.since):
                return
            found += filter(None, map(time_of, page))
        reason = f"the search ends after {LAST_PAGE} pages"
        reached = min(found, default=window.until)
        if window.since <= reached and reached.date() < last:
            yield Truncated(reason, reached=reached)
        elif window.since <= reached:
            yield Gap(window.since, min(reached + timedelta(seconds=1), window.until), f"{reason}, one day's")


class Discourse:
    """Posts of a Discourse forum.

    Collects public posts, each with its topic: the opening post, the first replies and everything since the
    window's start; likes, readers, edits. Misses private categories (unless the key may read them), personal
    messages, and in topics of over 20 posts what lies between; a search misses words that the forum's index
    skips, and more than 500 topics a day. Limits: about 60 requests a minute without a key, 200 with one.
    Terms: the forum's own.
    """

    name = "discourse"
    options_type = DiscourseOptions
    capabilities = Capabilities(
        history=None, order="newest_first", deletions="flagged", edits=True, threads=True,
        settles=timedelta(minutes=10), pace=1.0, auth="API key, optional",
    )  # fmt: skip
    terms = Terms(read=date(2026, 11, 22), url="https://meta.discourse.org/tos", reply="as the forum allows")

    def push_down(self, options, entities):
        """The names as phrases, when the forum is to be searched; a search knows no OR."""
        names = dict.fromkeys(name.replace('"', " ") for entity in entities for name in entity.names)
        return [f'"{name}"' for name in names] if options.search else []

    def fetch(self, options, slice, http):
        """Topics, each once, or bare posts where no topic is read."""
        forum, window = Forum(options, http), slice.window
        told = {}
        for page in forum.hits(slice.query, window) if slice.query else forum.pages(window):
            if not isinstance(page, list):
                yield page
                continue
            fresh = page if slice.query else [post for post in page if inside(post, window)]
            for post in fresh:
                topic = post.get("topic_id")
                if topic is not None and topic not in told and (options.threads or slice.query):
                    wanted = ids_of(other for other in fresh if other.get("topic_id") == topic)
                    thread = forum.thread(topic, wanted, window.since)
                    told[topic] = ids_of(posts_of(thread or {}))
                    if thread is not None:
                        yield thread
                if not slice.query and post.get("id") not in told.get(topic, ()):
                    yield post

    def items(self, answer, options):
        """Topics with posts, the posts of a list or of a search, or one post."""
        told = json_answer(answer)
        if isinstance(told, dict) and ("errors" in told or "error_type" in told):
            why = told.get("errors") or told.get("error_type")
            raise NotAMention(f"an error: {why[0] if isinstance(why, list) and why else why}")
        if isinstance(told, dict) and not is_post(told):
            inside = told.get("latest_posts") or told.get("posts") or [told.get("post")]
        else:
            inside = told if isinstance(told, list) else [told]
        if not any(map(is_post, dicts(inside))):
            held = ", ".join(sorted(told)[:5]) if isinstance(told, dict) else "a list of something else"
            raise NotAMention(
                "a list of topics" if "topic_list" in held else f"it holds no posts, only {held or 'nothing'}"
            )
        return iter(dicts(inside))

    def parse(self, item, options):
        """The posts of a topic, or one post."""
        base = (getattr(options, "url", None) or "").rstrip("/")
        if "gone" in item:
            return Deletion(str(item["gone"]))
        if not is_post(item):
            raise NotAMention(f"it is no post, it has only {', '.join(sorted(item)[:5])}")
        if "post_stream" not in item:
            return mention_of(item, {}, base)
        found = [member(mention_of, post, item, base) for post in posts_of(item)]
        if not found:
            raise NotAMention("a topic without its posts")
        return listed(found)

    def recheck(self, options, native_ids, http):
        """Each post as it is now; one that is gone, or was moved to where we may not look, is deleted."""
        forum = Forum(options, http)
        for native_id in native_ids:
            path = f"/posts/{native_id}.json"
            answer = http.get(forum.url + path, forum.headers, accept=(403, 404, 410))
            if answer.status == 403:
                forum.latest()  # raises when it is us who are refused, and not this post alone
            yield forum.said(path, answer) or {"gone": native_id}


def mention_of(post, topic, base):
    """One post as a mention; `topic` is what it stands in, as far as it is known."""
    if post.get("deleted_at") or post.get("user_deleted") or post.get("hidden"):
        return Deletion(str(post["id"]), post.get("deleted_at"))
    if post.get("action_code") or post.get("post_type") == SMALL_ACTION:
        raise NotAMention(f"a service message: {post.get('action_code') or 'about the topic'}")
    if post.get("post_type") == WHISPER or PRIVATE in (post.get("topic_archetype"), topic.get("archetype")):
        raise NotAMention("it is not public")
    number, topic_id = post.get("post_number"), post.get("topic_id") or topic.get("id")
    ids = {str(other.get("post_number")): str(other.get("id")) for other in posts_of(topic)}
    answered = post.get("reply_to_user") if isinstance(post.get("reply_to_user"), dict) else {}
    body = Cooked(post.get("cooked") or post.get("blurb") or "", base)
    first = number in (1, None)
    likes = [one.get("count") or 0 for one in dicts(post.get("actions_summary")) if one.get("id") == LIKE]
    title = post.get("topic_title") or post.get("title") or topic.get("title")
    slug = post.get("topic_slug") or topic.get("slug") or "-"
    return Mention(
        native_id=post.get("id"),
        kind="post" if first else "reply",
        channel="social",
        url=f"{base}/t/{slug}/{topic_id}/{number or 1}" if base and topic_id else None,
        title=title if first else None,  # a reply is not about what the title says
        text=text_of_html("".join(body.own)) if body.own or body.quoted else text_of_raw(post.get("raw")),
        published_at=post.get("created_at"),
        updated_at=post.get("updated_at") if (post.get("version") or 1) > 1 else None,
        author=author_of(post),
        in_reply_to=None if first else ids.get(str(post.get("reply_to_post_number") or 1)),
        conversation_id=f"topic:{topic_id}" if topic_id else None,
        quoted_id=next((ids[n] for where, n in body.quoted if where == str(topic_id) and n in ids), None),
        reply_to_author=answered.get("username"),
        tagged=tuple(dict.fromkeys(body.tagged)),
        hashtags=tags_of(topic) if first else (),
        links=tuple(dict.fromkeys(body.links)),
        media=tuple(Media(url=url, kind="image", alt_text=alt) for url, alt in body.images.items()),
        likes=sum(likes) if "actions_summary" in post else post.get("like_count"),
        replies=post.get("reply_count"),
        views=post.get("reads"),
    )


def author_of(post):
    """Who wrote it."""
    number, handle = post.get("user_id"), post.get("username")
    name = post.get("name") or post.get("display_username") or None
    return Author(native_id=str(number) if number else None, handle=handle, name=name) if handle else None


def tags_of(topic):
    """A topic's tags, which newer forums describe and older ones name."""
    return tuple(tag["name"] if isinstance(tag, dict) else tag for tag in topic.get("tags") or ())


@hookimpl
def listening_sources():
    """The source of this file."""
    return [Discourse()]
