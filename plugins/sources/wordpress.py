"""Posts and comments of a WordPress site, by its REST interface."""

import base64
from datetime import UTC, date, datetime, timedelta

from pydantic import Field, SecretStr

from listening_etl import (
    Author,
    Capabilities,
    Deletion,
    Media,
    Mention,
    NotAMention,
    Options,
    SourceUnreadable,
    Terms,
    dicts,
    hookimpl,
    json_answer,
    text_of_html,
)

A_PAGE = 100
STALE_PAGES = 5  # pages in a row without anything new, after which a site is taken to repeat itself
FARTHEST_ZONE = timedelta(hours=14)  # a site compares with its own clock, whichever zone that is in
EMBEDDED = "author,wp:featuredmedia"
TRAILS = {"pingback", "trackback"}


class WordPressOptions(Options):
    """Which site, and what of it."""

    url: str = Field(description="of the site's front page")
    comments: bool = Field(True, description="read comments too, with the posts below which they stand")
    types: tuple[str, ...] = Field(
        ("posts",), description="what to read: posts, pages, or a type of the site's own"
    )
    permalinks: bool = Field(True, description="off for a site whose addresses look like /?p=12")
    username: str | None = Field(None, description="for a site that shows its interface to its users only")
    password: SecretStr | None = Field(None, description="an application password of that user")


class Site:
    """A site, asked as the options say."""

    def __init__(self, options, http):
        self.options, self.http, self.headers = options, http, {"accept": "application/json"}
        if options.username and options.password:
            pair = f"{options.username}:{options.password.get_secret_value()}".encode()
            self.headers["authorization"] = f"Basic {base64.b64encode(pair).decode()}"

    def get(self, route, **params):
        """Where it asked, and what the site answered; 400 is what WordPress says to a page after the last."""
        root = self.options.url.rstrip("/")
        path = f"{root}/wp-json/wp/v2/{route}" if self.options.permalinks else f"{root}/"
        given = params if self.options.permalinks else {"rest_route": f"/wp/v2/{route}", **params}
        return path, self.http.get(path, self.headers, given, accept=(400,))

    def log_in(self):
        """Make sure that the site knows us: it takes a wrong password for none, and shows what strangers see."""
        if "authorization" in self.headers:
            self.get("users/me")

    def ask(self, route, **params):
        """One answer, and the list in it."""
        path, answer = self.get(route, **params)
        told = answer.json()
        if answer.status == 400 and code_of(told) == "rest_post_invalid_page_number":
            return answer, []
        if answer.status == 400 or not isinstance(told, list):
            why = code_of(told) or "it is no answer of WordPress"
            raise SourceUnreadable(str(why), where=path, do="Check url, types and permalinks.")
        return answer, dicts(told)

    def pages(self, route, window, **params):
        """Pages of what was published in the window, oldest first, so that what is new comes at the end.

        What is taken away meanwhile moves the rest one place to the front, across the edges of pages: when
        the total shrinks, the page before is read again.
        """
        edges = {
            "after": stamp(window.since - FARTHEST_ZONE - timedelta(seconds=1)),
            "before": stamp(window.until + FARTHEST_ZONE),
        }
        asked = {**edges, **params, "order": "asc", "orderby": "date", "per_page": A_PAGE}
        number, total, known, stale = 1, None, set(), 0
        while stale < STALE_PAGES:
            answer, found = self.ask(route, page=number, **asked)
            fresh = [one for one in found if one.get("id") not in known]
            known |= {one.get("id") for one in fresh}
            stale = 0 if fresh else stale + 1
            yield [one for one in fresh if inside(one, window)]
            before, total = total, total_of(answer)
            if number > 1 and before is not None and total is not None and total < before:
                number -= 1
            elif len(found) < A_PAGE or (total is not None and number * A_PAGE >= total):
                return
            else:
                number += 1

    def named(self, route, numbers, **params):
        """Those of these numbers that are there to be seen."""
        found = []
        for start in range(0, len(numbers), A_PAGE):
            some = ",".join(map(str, numbers[start : start + A_PAGE]))
            found += self.ask(route, include=some, per_page=A_PAGE, **params)[1]
        return found

    def posts(self, numbers):
        """Posts by number, whichever of the types they are."""
        found = {}
        for route in self.options.types:
            lacking = [number for number in numbers if number not in found]
            found |= {post.get("id"): post for post in self.named(route, lacking, _embed=EMBEDDED)}
        return found


class WordPress:
    """Posts of a WordPress site and the comments below them.

    Collects published posts with title, author and picture, and approved comments; each comment comes in one
    item with its post and the comment that it answers, read anew for every page of comments (two requests a
    hundred). Misses drafts, what a password protects, comments that wait for approval, comments on types that
    `types` does not name in their thread, likes and views. Limits: 100 a page; the site's host may slow us
    down. Terms: the site's own.
    """

    name = "wordpress"
    options_type = WordPressOptions
    capabilities = Capabilities(
        history=None,
        order="any",
        deletions="recheck",
        edits=True,
        threads=True,
        settles=timedelta(hours=24),
        pace=1.0,
        auth="application password, optional",
        tested="server",
    )
    terms = Terms(
        read=date(2026, 11, 22), url="https://wordpress.org/about/license/", reply="as the site allows"
    )

    def fetch(self, options, slice, http):
        """Posts, then comments, gathered by post."""
        site, window = Site(options, http), slice.window
        site.log_in()
        for route in options.types:
            for page in site.pages(route, window, _embed=EMBEDDED):
                yield from page
        if options.comments:
            for page in site.pages("comments", window):
                yield from threads(site, page)

    def items(self, answer, options):
        """A list of posts or comments, or one of them."""
        told = json_answer(answer)
        if isinstance(told, dict) and code_of(told):
            raise NotAMention(f"an error: {told.get('message') or told['code']}")
        if not isinstance(told, dict | list):
            raise SourceUnreadable("it is no answer of WordPress")
        return iter(dicts(told if isinstance(told, list) else [told]))

    def parse(self, item, options):
        """A post, or a thread: comments with their post."""
        if "gone" in item:
            return Deletion(str(item["gone"]))
        if "comments" not in item:
            return mention_of(item)
        found = [mention_of(one) for one in dicts(item["comments"]) if one.get("type") not in TRAILS]
        post = item.get("post")
        if isinstance(post, dict) and not protected(post):
            found.append(mention_of(post))
        if not found:
            raise NotAMention("links from other sites alone")
        return found

    def recheck(self, options, native_ids, http):
        """Posts and comments as they are now; what the site shows no more is deleted."""
        site = Site(options, http)
        site.log_in()
        wanted = {"post": [], "comment": []}
        for native_id in native_ids:
            kind, _, number = native_id.partition(":")
            wanted[kind].append(int(number))
        posts = site.posts(wanted["post"])
        comments = {one.get("id"): one for one in site.named("comments", wanted["comment"])}
        for kind, found in (("post", posts), ("comment", comments)):
            for number in wanted[kind]:
                yield found.get(number, {"gone": f"{kind}:{number}"})


def threads(site, comments):
    """One item a post: the post, these comments of it, and the comments that they answer."""
    known = {comment.get("id"): comment for comment in comments}
    parents = sorted({one["parent"] for one in comments if one.get("parent")} - known.keys())
    known |= {one.get("id"): one for one in site.named("comments", parents)}
    numbers = sorted({one["post"] for one in comments if one.get("post")})
    posts = site.posts(numbers)
    for number in dict.fromkeys(one.get("post") for one in comments):
        yield {
            "post": posts.get(number),
            "comments": [one for one in known.values() if one.get("post") == number],
        }


def mention_of(one):
    """One post or comment; WordPress writes the times that end in `_gmt` in UTC, without saying so."""
    if "taxonomy" in one or one.get("type") == "attachment" or not {"date_gmt", "content"} & one.keys():
        raise NotAMention(f"no post: {one.get('type') or one.get('taxonomy') or 'something else'}")
    if "author_name" in one or "post" in one:
        return comment_of(one)
    if protected(one):
        raise NotAMention("a post that a password protects")
    embedded = one.get("_embedded") if isinstance(one.get("_embedded"), dict) else {}
    pictures = [part for part in dicts(embedded.get("wp:featuredmedia")) if part.get("source_url")]
    people = [who for who in dicts(embedded.get("author")) if who.get("name")]
    return Mention(
        native_id=f"post:{one.get('id')}",
        kind="article",
        channel="web",
        url=one.get("link"),
        title=text_of_html(rendered(one.get("title"))),
        text=text_of_html(rendered(one.get("content")) or rendered(one.get("excerpt"))),
        published_at=utc(one.get("date_gmt")),
        updated_at=utc(one.get("modified_gmt")) if one.get("modified_gmt") != one.get("date_gmt") else None,
        author=author_of(one.get("author"), *[(who["name"], who.get("slug")) for who in people[:1]]),
        conversation_id=f"post:{one.get('id')}",
        media=tuple(media_of(part) for part in pictures),
    )


def comment_of(one):
    """One comment below a post."""
    if one.get("type") in TRAILS:
        raise NotAMention(f"a {one['type']}: a link from another site")
    answered = f"comment:{one['parent']}" if one.get("parent") else None
    post = f"post:{one['post']}" if one.get("post") else None
    return Mention(
        native_id=f"comment:{one.get('id')}",
        kind="review" if one.get("type") == "review" else "comment",
        channel="web",
        url=one.get("link"),
        text=text_of_html(rendered(one.get("content"))),
        published_at=utc(one.get("date_gmt")),
        author=author_of(one.get("author"), (one.get("author_name"), None)),
        in_reply_to=answered or post,
        conversation_id=post,
    )


def author_of(number, named=(None, None)):
    """A user of the site, or a passer-by who left a name; number 0 is nobody's."""
    name, handle = named
    native_id = str(number) if number else None
    return Author(native_id=native_id, handle=handle, name=name) if native_id or name else None


def media_of(part):
    """A picture of a post."""
    kind = part.get("media_type")
    return Media(
        url=part["source_url"],
        kind="image" if kind == "image" else "other",
        alt_text=part.get("alt_text") or None,
    )


def total_of(answer):
    """How many there are in all: none behind the last page, None when the site does not say."""
    told = answer.headers.get("x-wp-total", "")
    return 0 if answer.status == 400 else int(told) if told.isdecimal() else None


def protected(post):
    """Whether a password guards it: then it shows nothing of itself."""
    return any(
        isinstance(post.get(name), dict) and post[name].get("protected") for name in ("content", "excerpt")
    )


def rendered(field):
    """The HTML of a field, None when there is none."""
    return field.get("rendered") if isinstance(field, dict) else None


def utc(written):
    """A time in UTC as RFC 3339 has it; None for none and for WordPress's year zero."""
    return f"{written}+00:00" if isinstance(written, str) and not written.startswith("0000") else None


def inside(one, window):
    """Whether it is of the window; what does not say when it was published is let by, to be refused aloud."""
    try:
        return window.since <= datetime.fromisoformat(utc(one.get("date_gmt"))) < window.until
    except (TypeError, ValueError):
        return True


def stamp(time):
    """A time as WordPress reads it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def code_of(told):
    """The code of an error, None when it is none."""
    return told.get("code") if isinstance(told, dict) and "data" in told else None


@hookimpl
def listening_sources():
    """The source of this file."""
    return [WordPress()]
