"""Posts, comments and recommendations of Facebook Pages, by Meta's Graph interface."""

import hmac
import re
from datetime import date, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import orjson
from pydantic import Field, SecretStr

from listening_etl import (
    Author,
    Capabilities,
    CredentialsRejected,
    Deletion,
    Item,
    Media,
    Mention,
    NotAMention,
    Options,
    SourceUnavailable,
    SourceUnreadable,
    Terms,
    epoch,
    hookimpl,
)

SAID = "id,message,created_time,from,permalink_url,like_count,comment_count,message_tags"
COMMENT = f"{SAID},attachment,parent{{{SAID}}}"
POST = (
    "id,message,story,created_time,from,permalink_url,message_tags,shares,parent_id,place,"
    "attachments{media_type,media,unshimmed_url,subattachments},reactions.summary(true).limit(0),"
    "comments.filter(stream).summary(true).limit(0).as(counted)"  # those that are read are the new ones only
)
REVIEW = "created_time,rating,recommendation_type,review_text,reviewer,open_graph_story{id}"
COMMENT_KEYS = {"comment_count", "like_count", "parent"}
REVIEW_KEYS = {"recommendation_type", "review_text", "rating"}
REFUSED, BUSY = {10, 102, 190, *range(200, 300)}, {1, 2, 4, 17, 32, 341, 368, 613, *range(80_000, 80_100)}
NOT_THERE, NO_SUCH_ID = 33, 803
COMMENT_PLACE = re.compile(
    r"facebook\.com/([^/]+)/\w+/(\d+)/?\?.*?comment_id=(\d+)(?:&reply_comment_id=(\d+))?"
)
TOGETHER = {"video": "video", "video_inline": "video", "photo": "image", "album": "image"}


class FacebookOptions(Options):
    """`page` is its number or name, `token` best the page's own. `app_secret` signs requests, where the app asks
    for that. `follow_days`: how long after a post its new comments are heard."""

    page: str
    token: SecretStr
    app_secret: SecretStr | None = None
    ratings: bool = True
    follow_days: int = Field(14, ge=0)
    version: str = "v23.0"
    url: str = "https://graph.facebook.com"


def ask(http, options, path, params, forgotten=False):
    """One answer; Meta says in the body what is wrong, whatever the status.

    With `forgotten`, None for what there is no more, or what this token may not see: Meta does not tell which.
    """
    token, secret = options.token.get_secret_value(), options.app_secret
    if secret:
        proof = hmac.new(secret.get_secret_value().encode(), token.encode(), "sha256").hexdigest()
        params = {**params, "appsecret_proof": proof}
    where = f"{options.url}/{options.version}/{path}"
    headers = {"authorization": f"Bearer {token}"}
    answer = http.get(where, headers=headers, params=params, accept=(400, 403, 404))
    body = answer.json()
    error, code = part(body, "error"), part(body, "error").get("code")
    if not error and answer.status < 400 and isinstance(body, dict):
        return body, answer.fetched_at
    if forgotten and (error.get("error_subcode") == NOT_THERE or code == NO_SUCH_ID):
        return None, answer.fetched_at
    if code in BUSY:  # the limits are those of a rolling hour
        later = answer.fetched_at + timedelta(hours=1)
        raise SourceUnavailable(f"Meta answers no more for now (code {code})", where=where, retry_at=later)
    if code in REFUSED or answer.status == 403:  # Meta's message may quote the token
        raise CredentialsRejected(
            f"Meta refused the token (code {code})", where=where, do="Check its rights."
        )
    said = str(error.get("message") or f"status {answer.status}").replace(token, "…")
    raise SourceUnreadable(f"Meta refused the request ({said})", where=where, do="Check the options.")


def pages(http, options, path, params):
    """Page after page of things, with the time of receipt; `next` is followed by its parameters alone."""
    asked = []
    while params not in asked:
        asked.append(params)
        body, fetched_at = ask(http, options, path, params)
        things = dicts(body.get("data"))
        yield things, fetched_at
        if not things or not (params := following(body)):
            return
    raise SourceUnavailable("it gave the same page twice", where=f"{options.url}/{options.version}/{path}")


def following(body):
    """The parameters of the next page, empty when there is none. Meta writes the token into the address."""
    address = urlsplit(part(body, "paging").get("next") or "")
    return {
        name: value
        for name, value in parse_qsl(address.query)
        if name not in ("access_token", "appsecret_proof")
    }


def dicts(value):
    """The dictionaries in a list, nothing for anything else."""
    return [inner for inner in value if isinstance(inner, dict)] if isinstance(value, list) else []


def part(thing, *names):
    """The dictionary that lies that deep in it, empty when there is none."""
    for name in names:
        thing = thing.get(name) if isinstance(thing, dict) else None
    return thing if isinstance(thing, dict) else {}


def without_pages(value):
    """The same without `paging`, whose addresses hold the token."""
    if isinstance(value, dict):
        return {key: without_pages(inner) for key, inner in value.items() if key != "paging"}
    return [without_pages(inner) for inner in value] if isinstance(value, list) else value


def things_in(document):
    """Posts, comments and reviews of an answer: a page of them, one, or several by their ids; no messages."""
    if isinstance(document, list):
        return [thing for inner in dicts(document) for thing in things_in(inner)]
    if "error" in document:
        error = part(document, "error")
        raise NotAMention(f"an error: {error.get('message')} (code {error.get('code')})")
    if str(document.get("id")).startswith(("t_", "m_")):
        return []
    if time_of(document) or "message" in document or document.keys() & REVIEW_KEYS:
        return [document]
    return [
        thing for inner in document.values() if isinstance(inner, dict | list) for thing in things_in(inner)
    ]


def time_of(thing):
    """When it was published; Meta writes `+0000`, or seconds when it was asked for these."""
    written = thing.get("created_time") or thing.get("creation_time")
    return epoch(written) if isinstance(written, int) else written


def author_of(person):
    """Who wrote it; None when Meta does not say, which it does not of most people."""
    return Author(native_id=person.get("id"), name=person.get("name")) if person else None


def media_of(attachments):
    """Pictures and videos, each once."""
    found = {}
    for one in attachments:
        for inner in dicts(part(one, "subattachments").get("data")) or [one]:
            url = part(inner, "media").get("source") or part(inner, "media", "image").get("src")
            kind = TOGETHER.get(inner.get("media_type") or inner.get("type"), "image")
            if url:
                found[url] = Media(url=url, kind=kind)
    return tuple(found.values())


def tagged_in(thing):
    """Names of the pages and people tagged; old answers have lists by their place in the text."""
    tags = thing.get("message_tags") or []
    tags = [tag for some in tags.values() for tag in some] if isinstance(tags, dict) else tags
    return tuple(tag["name"] for tag in dicts(tags) if tag.get("name") and not tag["name"].startswith("#"))


def said(thing):
    """The fields that a post and a comment share."""
    counted = part(thing, "counted", "summary") or part(thing, "comments", "summary")
    return {
        "channel": "social",
        "text": thing.get("message") or thing.get("description") or thing.get("name"),
        "url": thing.get("permalink_url"),
        "published_at": time_of(thing),
        "author": author_of(part(thing, "from")),
        "tagged": tagged_in(thing),
        "replies": thing.get("comment_count", counted.get("total_count")),
    }


def comments_in(thing, post_id=None, parent=None):
    """A comment, or a reply to one, and what is nested below it.

    Who does not moderate the page gets no ids of comments; these stand in the address, as `post_comment`.
    """
    place = COMMENT_PLACE.search(thing.get("permalink_url") or "")
    page, post, comment, reply = place.groups() if place else (None,) * 4
    post_id = post_id or (f"{page}_{post}" if page and page.isdecimal() else None)
    parent = parent or part(thing, "parent").get("id") or (f"{post}_{comment}" if reply else None)
    native_id = thing.get("id") or (place and f"{post}_{reply or comment}")
    yield Mention(
        native_id=native_id,
        kind="reply" if parent else "comment",
        in_reply_to=parent or post_id,
        conversation_id=post_id,
        media=media_of([part(thing, "attachment")]),
        likes=thing.get("like_count"),
        **said(thing),
    )
    for one in dicts(part(thing, "comments").get("data")):
        yield from comments_in(one, post_id, native_id)


def is_before(thing, moment):
    """Whether it says that it was published before."""
    written = time_of(thing)
    written = datetime.fromisoformat(written) if isinstance(written, str) else written
    return written is not None and written < moment


def post_of(thing):
    """A post of the page or on it."""
    attachments = dicts(part(thing, "attachments").get("data"))
    links = [
        one.get("unshimmed_url") or one.get("url") for one in attachments if one.get("media_type") == "link"
    ]
    place, shared = part(thing, "place"), thing.get("parent_id")
    reactions = part(thing, "reactions", "summary") or part(thing, "likes", "summary")
    return Mention(
        native_id=thing.get("id"),
        kind="post",
        conversation_id=thing.get("id"),
        quoted_id=shared if thing.get("message") else None,
        reshared_id=None if thing.get("message") else shared,
        links=tuple(link for link in links if link),
        media=media_of(attachments),
        likes=reactions.get("total_count"),
        reshares=part(thing, "shares").get("count"),
        place=place.get("name"),
        lat=part(place, "location").get("latitude"),
        lon=part(place, "location").get("longitude"),
        **said(thing),
    )


def review_of(thing):
    """A review: stars of 5 until 2018, since then a recommendation, which is yes (1 of 1) or no (0 of 1)."""
    verdict = {"positive": 1, "negative": 0}.get(str(thing.get("recommendation_type")).lower())
    reviewer, stars = part(thing, "reviewer"), thing.get("rating") or None
    story = part(thing, "open_graph_story").get("id") or thing.get("id")
    return Mention(
        native_id=story or f"review_{reviewer.get('id')}_{thing.get('created_time')}",
        kind="review",
        channel="review",
        text=thing.get("review_text"),
        published_at=time_of(thing),
        author=author_of(reviewer),
        rating=stars if verdict is None else verdict,
        rating_scale=1 if verdict is not None else 5 if stars else None,
    )


class Facebook:
    """Posts on a Facebook Page with their comments and replies, and what people recommend or do not.

    Collects the page's feed and new comments below posts of the last `follow_days`; misses comments below older
    ones, posts elsewhere on Facebook, the page's answers to recommendations, and the names of most people.
    Limits: a share of calls per hour that Meta states with each answer; about 600 posts a year. Terms: Meta's
    platform terms; what is deleted has to go, recheck with the page's own token.
    """

    name = "facebook"
    options_type = FacebookOptions
    capabilities = Capabilities(
        history=None,
        order="any",
        deletions="recheck",
        threads=True,
        settles=timedelta(minutes=10),
        auth="page token (pages_read_engagement, pages_read_user_content), or Page Public Content Access",
    )
    terms = Terms(read=date(2026, 11, 22), url="https://developers.facebook.com/terms")

    def push_down(self, options, entities):
        """One slice for the feed, one for recommendations: the page is the query."""
        return ["/feed", *["/ratings"] * options.ratings]

    def fetch(self, options, slice, http):
        """A post with its comments is one item, and so is a recommendation."""
        wanted = [slice.query] if slice.query else self.push_down(options, ())
        if "/feed" in wanted:
            yield from self.feed(options, slice.window, http)
        if "/ratings" in wanted:
            for things, fetched_at in pages(
                http, options, f"{options.page}/ratings", {"fields": REVIEW, "limit": "100"}
            ):
                yield from (Item(without_pages(thing), fetched_at=fetched_at) for thing in things)
                if all(is_before(thing, slice.window.since) for thing in things):
                    return  # newest first; a whole page of older ones is no chance

    def feed(self, options, window, http):
        """Posts of the window, and older ones that have new comments."""
        since, until = window.since, window.until + timedelta(seconds=1)
        follow = since - timedelta(days=options.follow_days)
        comments = f"comments.filter(stream).order(chronological).since({int(since.timestamp())})"
        params = {
            "fields": f"{POST},{comments}.summary(true).limit(50){{{COMMENT}}}",
            "since": str(int(follow.timestamp())),
            "until": str(int(until.timestamp())),
            "limit": "25",  # Meta refuses more with so many comments in it
        }
        for posts, fetched_at in pages(http, options, f"{options.page}/feed", params):
            for post in posts:
                more = following(part(post, "comments"))
                said = dicts(part(post, "comments").get("data"))
                for things, _ in pages(http, options, f"{post.get('id')}/comments", more) if more else ():
                    said += things
                if said or not is_before(post, since):
                    whole = {**post, "comments": {**part(post, "comments"), "data": said}}
                    yield Item(without_pages(whole), fetched_at=fetched_at)

    def items(self, answer, options):
        """Posts, comments or recommendations of a page of an answer, or the one that it is."""
        try:
            document = orjson.loads(answer)
        except orjson.JSONDecodeError as error:
            raise SourceUnreadable(f"it is no JSON ({error})") from error
        found = things_in(document) if isinstance(document, dict | list) else []
        if not found:
            raise NotAMention("it holds no posts, comments or recommendations")
        yield from map(without_pages, found)

    def parse(self, item, options):
        """The post and what is said below it; a comment, or a recommendation."""
        if "gone" in item:
            return Deletion(item["gone"])
        if item.keys() & REVIEW_KEYS:
            return review_of(item)
        if item.keys() & COMMENT_KEYS or "comment_id=" in str(item.get("permalink_url")):
            return list(comments_in(item))
        below = dicts(part(item, "comments").get("data"))
        parents = {one["parent"]["id"]: one["parent"] for one in below if time_of(part(one, "parent"))}
        threads = {**parents, **{one.get("id") or number: one for number, one in enumerate(below)}}
        said = [comment for one in threads.values() for comment in comments_in(one, item.get("id"))]
        if not item.get("story") or item.get("message") or item.get("attachments"):
            return [post_of(item), *said]
        if not said:
            raise NotAMention(f"Facebook tells a story, nobody says a word: {item['story'][:80]}")
        return said

    def recheck(self, options, native_ids, http):
        """Each post or comment as it is now, or that it is gone, which only the page's own token can tell."""
        me, _ = ask(http, options, "me", {"fields": "id,username"})
        if options.page not in (me.get("id"), me.get("username")):
            where, do = f"{options.url}/me", "Give the page's own token: others cannot tell gone from hidden."
            raise CredentialsRejected("the token is not that of the page", where=where, do=do)
        for native_id in native_ids:
            if "_" not in native_id or native_id.startswith("review_"):
                continue  # Meta has no way to ask for one recommendation
            fields = POST if native_id.startswith(f"{me.get('id')}_") else COMMENT
            thing, fetched_at = ask(http, options, native_id, {"fields": fields}, forgotten=True)
            yield Item(without_pages(thing) if thing else {"gone": native_id}, fetched_at=fetched_at)


@hookimpl
def listening_sources():
    """The source of this file."""
    return [Facebook()]
