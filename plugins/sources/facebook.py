"""Posts, comments and recommendations of Facebook Pages, by Meta's Graph interface."""

import re
from datetime import date, timedelta

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
    SourceUnavailable,
    Terms,
    dicts,
    hookimpl,
    part,
)

from ._graph import (
    SignedOptions,
    ask,
    following,
    is_before,
    refuse_error,
    things_of,
    time_of,
    without_pages,
)
from ._members import listed, member

SAID = "id,message,created_time,from,permalink_url,like_count,comment_count,message_tags"
COMMENT = f"{SAID},attachment,parent{{{SAID}}}"
POST = (
    "id,message,story,created_time,from,permalink_url,message_tags,shares,parent_id,place,"
    "attachments{media_type,media,unshimmed_url,subattachments},reactions.summary(true).limit(0),"
    "comments.filter(stream).summary(true).limit(0).as(counted)"  # those that are read are the new ones only
)
REVIEW = "created_time,rating,recommendation_type,review_text,reviewer,open_graph_story{id}"
COMMENT_KEYS = {"comment_count", "like_count", "parent", "object", "attachment", "user_likes", "can_remove"}
TIMES = {"created_time", "creation_time", "timestamp"}
REVIEW_KEYS = {"recommendation_type", "review_text", "rating"}
POST_KEYS = {
    *("message", "story", "description", "permalink_url", "status_type", "attachments", "full_picture"),
    *("is_published", "reactions", "shares", "images", "embed_html", "length", "live_status"),
}
"""One of these makes a post of what has a time, or else its id: labels, adverts and likes have times too."""
ELSE_KEYS = {"cover_photo", "can_upload", "start_time"}
"""Of albums and events, which are described too."""
PRIVATE_KEYS = {"unread", "unread_count", "unseen", "participants", "senders", "snippet", "message_count"}
NOT_THERE, NO_SUCH_ID = 33, 803  # which may also say that this token may not see it
POST_ID = re.compile(r"\d+_\d+")
BELOW = re.compile(r"/(\w+)/comments\?")
COMMENT_PLACE = re.compile(
    r"facebook\.com/([^/]+)/\w+/(\d+)/?\?.*?comment_id=(\d+)(?:&reply_comment_id=(\d+))?"
)
TOGETHER = {"video": "video", "video_inline": "video", "photo": "image", "album": "image"}


class FacebookOptions(SignedOptions):
    """Whose page is read."""

    token: SecretStr = Field(
        description="best the page's own, which sees most and alone can tell what is gone"
    )
    page: str = Field(description="number or name of the page")
    ratings: bool = Field(True, description="read recommendations too")


def pages(http, options, path, params):
    """Page after page of things, with the time of receipt; reviews have no ids by which to know them again."""
    asked = []
    while params not in asked:
        asked.append(params)
        body, fetched_at = ask(http, options, path, params)
        things = dicts(body.get("data"))
        yield things, fetched_at
        if not things or not (params := following(body)):
            return
    raise SourceUnavailable("it gave the same page twice", where=f"{options.url}/{options.version}/{path}")


def things_in(document):
    """Posts, comments and reviews of an answer: a page of them, one, or several by their ids; no messages."""
    if isinstance(document, list):
        return [thing for inner in dicts(document) for thing in things_in(inner)]
    refuse_error(document)
    if is_private(document):
        return []
    said_below = dicts(part(document, "comments").get("data"))
    if document.keys() & (TIMES | REVIEW_KEYS | {"message"}) or said_below:
        return [document]
    inside = (inner for inner in document.values() if isinstance(inner, dict | list))
    found = [thing for inner in inside for thing in things_in(inner)]
    paging = part(document, "paging")
    below = BELOW.search(str(paging.get("next") or paging.get("previous")))
    return [{"object": {"id": below[1]}, **thing} for thing in found] if below else found


def is_private(document):
    """Whether it is a conversation or a message, whose people have addresses."""
    addressed = any(one.keys() & {"email", "username"} for one in dicts(part(document, "to").get("data")))
    return bool(
        str(document.get("id")).startswith(("t_", "m_")) or addressed or document.keys() & PRIVATE_KEYS
    )


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
    words = ("message",) if POST_ID.fullmatch(str(thing.get("id"))) else ("message", "description", "name")
    return {
        "channel": "social",
        "text": next(
            filter(None, map(thing.get, words)), None
        ),  # of a post, the others are those of its link
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
    post_id = post_id or (f"{page}_{post}" if page and page.isdecimal() else part(thing, "object").get("id"))
    parent = parent or part(thing, "parent").get("id") or (f"{post}_{comment}" if reply else None)
    native_id = thing.get("id") or (place and f"{post}_{reply or comment}")
    yield member(comment_of, thing, native_id, parent, post_id)
    for one in dicts(part(thing, "comments").get("data")):
        yield from comments_in(one, post_id, native_id)


def comment_of(thing, native_id, parent, post_id):
    """A comment below a post, or a reply to the comment `parent`."""
    return Mention(
        native_id=native_id,
        kind="reply" if parent else "comment",
        in_reply_to=parent or post_id,
        conversation_id=post_id,
        media=media_of([part(thing, "attachment")]),
        likes=thing.get("like_count"),
        **said(thing),
    )


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
        yield from things_of(answer, things_in, "posts, comments or recommendations")

    def parse(self, item, options):
        """The post and what is said below it; a comment, or a recommendation."""
        if "gone" in item:
            return Deletion(item["gone"])
        if any(item.get(key) is not None for key in REVIEW_KEYS):
            return review_of(item)
        if item.keys() & COMMENT_KEYS or "comment_id=" in str(item.get("permalink_url")):
            return listed(comments_in(item))
        below = dicts(part(item, "comments").get("data"))
        is_post = item.keys() & POST_KEYS or POST_ID.fullmatch(str(item.get("id")))
        if not below and (not is_post or item.keys() & ELSE_KEYS):
            raise NotAMention(f"it is no post, it has only {', '.join(sorted(item)[:5])}")
        parents = {one["parent"]["id"]: one["parent"] for one in below if time_of(part(one, "parent"))}
        threads = {**parents, **{one.get("id") or number: one for number, one in enumerate(below)}}
        said = [comment for one in threads.values() for comment in comments_in(one, item.get("id"))]
        if not time_of(item) and not item.get("message"):
            return listed(said)  # the post itself was not asked for
        if not item.get("story") or item.get("message") or item.get("attachments"):
            return listed([member(post_of, item), *said])
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
            thing, fetched_at = ask(http, options, native_id, {"fields": fields}, (NOT_THERE, NO_SUCH_ID))
            is_there = thing and "error" not in thing
            yield Item(without_pages(thing) if is_there else {"gone": native_id}, fetched_at=fetched_at)


@hookimpl
def listening_sources():
    """The source of this file."""
    return [Facebook()]
