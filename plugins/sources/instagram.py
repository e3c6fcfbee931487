"""Instagram posts of an account, what is said below them, who tags it, and hashtags; by Meta's Graph interface."""

import hmac
from datetime import date, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import orjson
from pydantic import Field, SecretStr

from listening_etl import (
    Author,
    Capabilities,
    ConfigError,
    CredentialsRejected,
    Gap,
    Item,
    Media,
    Mention,
    NotAMention,
    Options,
    SourceUnavailable,
    SourceUnreadable,
    Terms,
    hookimpl,
)

SHOWN = "id,caption,comments_count,like_count,media_type,media_url,permalink,timestamp"
SHOWN += ",children{media_type,media_url}"
SAID = "id,text,timestamp,username,like_count,parent_id"
OWN = f"{SHOWN},username,owner,comments.limit(50){{{SAID},replies.limit(50){{{SAID}}}}}"
KINDS = {"IMAGE": "image", "VIDEO": "video"}
COMMENT_KEYS = {"text", "parent_id", "replies"}
REFUSED, BUSY = {10, 102, 190, *range(200, 300)}, {1, 2, 4, 17, 18, 32, 341, 368, 613, *range(80_000, 80_100)}
NO_SUCH_HASHTAG, MOST_HASHTAGS = 24, 30


class InstagramOptions(Options):
    """`account` is the number of a business or creator account, `token` that of a person with a role on its page.
    `app_secret` signs requests, where the app asks for that. `follow_days`: how long after a post its new
    comments are heard. `hashtags`: also posts of anybody with the topic's hashtags, 30 a week at most."""

    account: str
    token: SecretStr
    app_secret: SecretStr | None = None
    hashtags: bool = True
    follow_days: int = Field(14, ge=0)
    version: str = "v23.0"
    url: str = "https://graph.facebook.com"


def ask(http, options, path, params):
    """One answer, with the time of receipt; Meta says in the body what is wrong, whatever the status."""
    token, secret = options.token.get_secret_value(), options.app_secret
    if secret:
        proof = hmac.new(secret.get_secret_value().encode(), token.encode(), "sha256").hexdigest()
        params = {**params, "appsecret_proof": proof}
    where = f"{options.url}/{options.version}/{path}"
    headers = {"authorization": f"Bearer {token}"}
    answer = http.get(where, headers=headers, params=params, accept=(400, 403, 404))
    body = answer.json()
    error, code = part(body, "error"), part(body, "error").get("code")
    if (not error and answer.status < 400 and isinstance(body, dict)) or code == NO_SUCH_HASHTAG:
        return body, answer.fetched_at
    if code in BUSY:  # the limits are those of a rolling hour, or of a week for hashtags
        later = answer.fetched_at + timedelta(hours=1)
        raise SourceUnavailable(f"Meta answers no more for now (code {code})", where=where, retry_at=later)
    if code in REFUSED or answer.status == 403:  # Meta's message may quote the token
        raise CredentialsRejected(
            f"Meta refused the token (code {code})", where=where, do="Check its rights."
        )
    said = str(error.get("message") or f"status {answer.status}").replace(token, "…")
    raise SourceUnreadable(f"Meta refused the request ({said})", where=where, do="Check the options.")


def pages(http, options, path, params):
    """Page after page of new things; the cursor of hashtags stays the same from page to page."""
    seen = set()
    while params:
        body, fetched_at = ask(http, options, path, params)
        new = [thing for thing in dicts(body.get("data")) if thing.get("id") not in seen]
        seen.update(thing.get("id") for thing in new)
        yield new, fetched_at
        params = following(body) if new else {}


def following(body):
    """The parameters of the next page, empty when there is none. Meta writes the token into the address."""
    address = urlsplit(part(body, "paging").get("next") or "")
    secret = ("access_token", "appsecret_proof")
    return {name: value for name, value in parse_qsl(address.query) if name not in secret}


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
    """Posts and comments of an answer: a page, one, several by their ids, or what is wrapped up in an account."""
    if isinstance(document, list):
        return [thing for inner in dicts(document) for thing in things_in(inner)]
    if "error" in document:
        error = part(document, "error")
        raise NotAMention(f"an error: {error.get('message')} (code {error.get('code')})")
    if document.keys() & {"timestamp", "caption", "media_type", "text"}:
        return [document]
    owner = {name: document[name] for name in ("id", "username") if name in document}
    owned = [{"owner": owner, **thing} for thing in things_in(dicts(part(document, "media").get("data")))]
    rest = [inner for name, inner in document.items() if name != "media" and isinstance(inner, dict | list)]
    return [*owned, *(thing for inner in rest for thing in things_in(inner))]


def is_before(thing, moment):
    """Whether it says that it was published before."""
    return bool(thing.get("timestamp")) and datetime.fromisoformat(thing["timestamp"]) < moment


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
        published_at=thing.get("timestamp"),
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
    replies = dicts(part(thing, "replies").get("data"))
    yield Mention(
        native_id=thing.get("id"),
        kind="reply" if parent else "comment",
        channel="social",
        text=thing.get("text"),
        published_at=thing.get("timestamp"),
        author=author_of(thing),
        in_reply_to=parent or post_id,
        conversation_id=post_id,
        likes=thing.get("like_count"),
    )
    for reply in replies:
        yield from comments_in(reply, post_id, thing.get("id"))


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
        found, _ = ask(http, options, "ig_hashtag_search", {"user_id": options.account, "q": tag})
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
        try:
            document = orjson.loads(answer)
        except orjson.JSONDecodeError as error:
            raise SourceUnreadable(f"it is no JSON ({error})") from error
        found = things_in(document) if isinstance(document, dict | list) else []
        if not found:
            raise NotAMention("it holds no posts and no comments")
        yield from map(without_pages, found)

    def parse(self, item, options):
        """The post and what is said below it, or a comment and its replies."""
        if item.keys() & COMMENT_KEYS:
            return list(comments_in(item))
        said = dicts(part(item, "comments").get("data"))
        return [post_of(item), *(one for comment in said for one in comments_in(comment, item.get("id")))]


@hookimpl
def listening_sources():
    """The source of this file."""
    return [Instagram()]
