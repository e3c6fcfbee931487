"""Instagram posts of an account, what is said below them, who tags it, and hashtags; by Meta's Graph interface."""

from datetime import date, timedelta

from pydantic import Field, SecretStr

from listening_etl import (
    Author,
    Capabilities,
    ConfigError,
    Gap,
    Item,
    Media,
    Mention,
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
    pages,
    refuse_error,
    things_of,
    time_of,
    without_pages,
)
from ._members import listed, member

SHOWN = "id,caption,comments_count,like_count,media_type,media_url,permalink,timestamp"
SHOWN += ",children{media_type,media_url}"
SAID = "id,text,timestamp,username,like_count,parent_id"
OWN = f"{SHOWN},username,owner,comments.limit(50){{{SAID},replies.limit(50){{{SAID}}}}}"
KINDS = {"IMAGE": "image", "VIDEO": "video"}
COMMENT_KEYS = {"text", "parent_id", "replies"}
NO_SUCH_HASHTAG, MOST_HASHTAGS = 24, 30


class InstagramOptions(SignedOptions):
    """Whose account is read."""

    token: SecretStr = Field(description="of a person with a role on the account's page")
    account: str = Field(description="number of a business or creator account")
    hashtags: bool = Field(
        True, description="read posts of anybody with the topic's hashtags too, 30 a week at most"
    )


def things_in(document):
    """Posts and comments of an answer: a page, one, several by their ids, or what is wrapped up in an account."""
    if isinstance(document, list):
        return [thing for inner in dicts(document) for thing in things_in(inner)]
    refuse_error(document)
    if document.keys() & {"timestamp", "caption", "media_type", "text"}:
        return [document]
    owner = {name: document[name] for name in ("id", "username") if name in document}
    owned = [{"owner": owner, **thing} for thing in things_in(dicts(part(document, "media").get("data")))]
    rest = [inner for name, inner in document.items() if name != "media" and isinstance(inner, dict | list)]
    return [*owned, *(thing for inner in rest for thing in things_in(inner))]


def author_of(thing):
    """Who wrote it; None below a hashtag, where Meta does not say."""
    person = part(thing, "from") or part(thing, "owner") or part(thing, "user")
    native_id, handle = person.get("id"), thing.get("username") or person.get("username")
    return Author(native_id=native_id, handle=handle) if native_id or handle else None


def post_of(thing):
    """A post, reel or story."""
    parts = dicts(part(thing, "children").get("data")) or [thing]
    urls = [(one.get("media_url"), KINDS.get(one.get("media_type"), "other")) for one in parts]
    return Mention(
        native_id=thing.get("id"),
        kind="post",
        channel="social",
        text=thing.get("caption"),
        url=thing.get("permalink"),
        published_at=time_of(thing),
        author=author_of(thing),
        conversation_id=thing.get("id"),
        media=tuple(Media(url=url, kind=kind) for url, kind in urls if url),
        likes=thing.get("like_count"),
        replies=thing.get("comments_count"),
        views=thing.get("view_count"),
    )


def comments_in(thing, post_id=None, parent=None):
    """A comment, or a reply to one, and the replies to it."""
    post_id = post_id or part(thing, "media").get("id")
    parent = parent or thing.get("parent_id")
    yield member(comment_of, thing, parent, post_id)
    for reply in dicts(part(thing, "replies").get("data")):
        yield from comments_in(reply, post_id, thing.get("id"))


def comment_of(thing, parent, post_id):
    """A comment below a post, or a reply to the comment `parent`."""
    return Mention(
        native_id=thing.get("id"),
        kind="reply" if parent else "comment",
        channel="social",
        text=thing.get("text"),
        published_at=time_of(thing),
        author=author_of(thing),
        in_reply_to=parent or post_id,
        conversation_id=post_id,
        likes=thing.get("like_count"),
    )


class Instagram:
    """Posts of a business account with comments and replies, posts that tag it, and posts with a hashtag.

    Collects new comments below posts of the last `follow_days`, and of hashtags the last 24 hours without their
    authors; misses comments below older posts, mentions of the account in other people's texts (only webhooks
    tell these), private accounts, and deletions. Limits: a share of calls per hour that Meta states with each
    answer; 30 hashtags in 7 days. Terms: Meta's platform terms; the app needs a review by Meta.
    """

    name = "instagram"
    options_type = InstagramOptions
    capabilities = Capabilities(
        history=None,
        order="any",
        deletions="none",
        threads=True,
        settles=timedelta(hours=1),
        auth="token with instagram_basic and instagram_manage_comments; for hashtags Public Content Access",
    )
    terms = Terms(read=date(2026, 11, 22), url="https://developers.facebook.com/terms")

    def push_down(self, options, entities):
        """A slice for the account's posts, one for those that tag it, one for each hashtag."""
        tags = [tag.lstrip("#").casefold() for entity in entities for tag in entity.hashtags]
        tags = list(dict.fromkeys(tags)) if options.hashtags else []
        if len(tags) > MOST_HASHTAGS:
            what = f"{len(tags)} hashtags, and Instagram allows {MOST_HASHTAGS} in 7 days"
            raise ConfigError(what, where="source instagram", do="Take some away, or set `hashtags: false`.")
        return ["/media", "/tags", *(f"#{tag}" for tag in tags)]

    def fetch(self, options, slice, http):
        """A post with its comments is one item."""
        for query in [slice.query] if slice.query else self.push_down(options, ()):
            if query.startswith("#"):
                yield from self.hashtag(query[1:], options, slice.window, http)
            else:
                yield from self.account(query, options, slice.window, http)

    def account(self, edge, options, window, http):
        """Posts of the account, or posts that tag it: those of the window, and older ones with new comments."""
        follow = window.since - timedelta(days=options.follow_days)
        params = {"fields": OWN if edge == "/media" else f"{SHOWN},username", "limit": "25"}
        if edge == "/media":
            params |= {"since": str(int(follow.timestamp())), "until": str(int(window.until.timestamp()) + 1)}
        for posts, fetched_at in pages(http, options, options.account + edge, params):
            for post in posts:
                whole = self.with_rest(post, "comments", options, http)
                said = [
                    reply for one in dicts(part(whole, "comments").get("data")) for reply in self.below(one)
                ]
                if not all(is_before(one, window.since) for one in (whole, *said)):
                    yield Item(without_pages(whole), fetched_at=fetched_at)
            if all(is_before(post, follow) for post in posts):
                return  # newest first; a whole page of older ones is no chance

    def below(self, comment):
        """The comment and its replies."""
        return [comment, *dicts(part(comment, "replies").get("data"))]

    def with_rest(self, thing, edge, options, http):
        """The thing with all pages of its comments or replies, of which the first came along."""
        below = dicts(part(thing, edge).get("data"))
        if more := following(part(thing, edge)):
            for page, _ in pages(http, options, f"{thing.get('id')}/{edge}", more):
                below += page
        if edge == "comments":
            below = [self.with_rest(comment, "replies", options, http) for comment in below]
        return {**thing, edge: {"data": below}} if below else thing

    def hashtag(self, tag, options, window, http):
        """Posts of the last 24 hours with a hashtag, in no order."""
        asked = {"user_id": options.account, "q": tag}
        found, _ = ask(http, options, "ig_hashtag_search", asked, (NO_SUCH_HASHTAG,))
        numbers = [one["id"] for one in dicts(found.get("data")) if "id" in one]
        for number in numbers:  # none when nobody ever used it
            params = {"user_id": options.account, "fields": SHOWN, "limit": "50"}
            told = False
            for posts, fetched_at in pages(http, options, f"{number}/recent_media", params):
                reach = min(fetched_at - timedelta(hours=24), window.until)
                if window.since < reach and not told:
                    told = True
                    yield Gap(window.since, reach, "Instagram shows the last 24 hours of a hashtag")
                yield from (Item(without_pages(post), fetched_at=fetched_at) for post in posts)

    def items(self, answer, options):
        """Posts and comments of a page of an answer, or the one that it is."""
        yield from things_of(answer, things_in, "posts and no comments")

    def parse(self, item, options):
        """The post and what is said below it, or a comment and its replies."""
        if item.keys() & COMMENT_KEYS:
            return listed(comments_in(item))
        said = dicts(part(item, "comments").get("data"))
        below = (one for comment in said for one in comments_in(comment, item.get("id")))
        return listed([member(post_of, item), *below])


@hookimpl
def listening_sources():
    """The source of this file."""
    return [Instagram()]
