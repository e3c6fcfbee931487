"""Posts from Threads: its search by keyword and topic tag, mentions of an account, and answers to its posts."""

from datetime import date, timedelta

from pydantic import Field, SecretStr

from listening_etl import Author, Capabilities, Item, Media, Mention, Terms, dicts, hookimpl, part

from ._graph import GraphOptions, is_before, pages, refuse_error, things_of
from ._members import listed, member

FIELDS = (
    "id,text,media_type,media_url,alt_text,permalink,timestamp,username,is_reply,has_replies,topic_tag,"
    "link_attachment_url,quoted_post,reposted_post,replied_to,root_post,children{media_type,media_url,alt_text}"
)
OWN, MENTIONS = "/me/threads", "/me/mentions"
KINDS = {"IMAGE": "image", "VIDEO": "video", "AUDIO": "audio"}


class ThreadsOptions(GraphOptions):
    """What is read."""

    token: SecretStr = Field(description="of the account that reads")
    account: bool = Field(
        True, description="read mentions of the token's account, its posts and their answers"
    )
    search: bool = Field(
        True, description="search for the topic's names and hashtags, which Meta has to approve"
    )
    version: str = Field("v1.0", description="of the API")
    url: str = Field("https://graph.threads.net", description="of the API")


def posts(http, options, path, params):
    """Posts one by one, with the time of receipt."""
    asked = {"fields": FIELDS, "limit": "100", **params}
    for page, fetched_at in pages(http, options, path, asked, bare_cursor=True):
        yield from ((post, fetched_at) for post in page)


def posts_in(document):
    """The posts of an answer: a page, one, or a list of either."""
    if isinstance(document, list):
        return [post for inner in dicts(document) for post in posts_in(inner)]
    refuse_error(document)
    if document.keys() & {"text", "permalink", "media_type"} or {"id", "timestamp"} <= document.keys():
        return [document]
    return posts_in(document["data"]) if isinstance(document.get("data"), list | dict) else []


def found(told):
    """Posts as items."""
    return (Item(post, fetched_at=fetched_at) for post, fetched_at in told)


def media_of(post):
    """Pictures, videos and sounds of a post."""
    parts = dicts(part(post, "children").get("data")) or [post]
    shown = [
        (one.get("media_url"), KINDS.get(one.get("media_type"), "other"), one.get("alt_text"))
        for one in parts
    ]
    return tuple(Media(url=url, kind=kind, alt_text=words) for url, kind, words in shown if url)


def mention_of(post):
    """One post. Its author is a handle only: the search never gives the owner."""
    native_id, handle = (
        part(post, "owner").get("id"),
        post.get("username") or part(post, "owner").get("username"),
    )
    answered = part(post, "replied_to").get("id")
    tag, link = post.get("topic_tag"), post.get("link_attachment_url")
    return Mention(
        native_id=post.get("id"),
        kind="reply" if answered or post.get("is_reply") else "post",
        channel="social",
        text=post.get("text"),
        url=post.get("permalink"),
        published_at=post.get("timestamp"),
        author=Author(native_id=native_id, handle=handle) if native_id or handle else None,
        in_reply_to=answered,
        conversation_id=part(post, "root_post").get("id")
        or (None if post.get("is_reply") else post.get("id")),
        quoted_id=part(post, "quoted_post").get("id"),
        reshared_id=part(post, "reposted_post").get("id"),
        reply_to_author=part(post, "replied_to").get("username"),
        hashtags=(tag,) if tag else (),
        links=(link,) if link else (),
        media=media_of(post),
    )


class Threads:
    """Posts from Threads with the topic's names and tags, mentions of an account, and answers to its posts.

    Collects what Meta's search finds, without numbers of likes and answers; misses private accounts, words that
    Meta finds sensitive (the answer is empty then), answers to other accounts' posts, and deletions. Limits:
    2,200 searches in 24 hours, those without a result not counted. Terms: Meta's platform terms; search and
    mentions need a review of the app, before which only its own testers' posts come.
    """

    name = "threads"
    options_type = ThreadsOptions
    capabilities = Capabilities(
        history=None,
        order="any",
        deletions="none",
        threads=True,
        settles=timedelta(hours=1),
        auth="token with threads_basic, threads_keyword_search, threads_manage_mentions, threads_read_replies",
        tested="documented",
    )
    terms = Terms(read=date(2026, 11, 22), url="https://developers.facebook.com/terms")

    def push_down(self, options, entities):
        """A slice for the account's posts, one for mentions of it, one for each name and each hashtag."""
        words = [name.strip() for entity in entities for name in entity.names]
        words += [f"#{tag.lstrip('#')}" for entity in entities for tag in entity.hashtags]
        words = list({word.casefold(): word for word in words}.values()) if options.search else []
        return [*[OWN, MENTIONS] * options.account, *words]

    def fetch(self, options, slice, http):
        """A post is one item, one of the account's own with its whole conversation."""
        since, until = (int(time.timestamp()) for time in (slice.window.since, slice.window.until))
        times = {"since": str(since), "until": str(until + 1)}
        for query in [slice.query] if slice.query else self.push_down(options, ()):
            if query == OWN:
                yield from self.conversations(options, slice.window, http)
            elif query == MENTIONS:
                yield from found(posts(http, options, MENTIONS[1:], times))
            else:
                mode = "TAG" if query.startswith("#") else "KEYWORD"
                asked = {"q": query.lstrip("#"), "search_type": "RECENT", "search_mode": mode, **times}
                yield from found(posts(http, options, "keyword_search", asked))

    def conversations(self, options, window, http):
        """The account's posts of the window, and older ones that got answers in it, each with all answers."""
        follow = window.since - timedelta(days=options.follow_days)
        times = {"since": str(int(follow.timestamp())), "until": str(int(window.until.timestamp()) + 1)}
        for post, fetched_at in posts(http, options, OWN[1:], times):
            answers = []
            if post.get("has_replies", True):
                answers = [
                    one
                    for one, _ in posts(http, options, f"{post.get('id')}/conversation", {"reverse": "false"})
                ]
            if not all(is_before(one, window.since) for one in (post, *answers)):
                yield Item({**post, "conversation": answers}, fetched_at=fetched_at)

    def items(self, answer, options):
        """Posts of a page of an answer, or the one that it is."""
        yield from things_of(answer, posts_in, "posts")

    def parse(self, item, options):
        """The post, and its conversation when that came along."""
        return listed(member(mention_of, one) for one in (item, *dicts(item.get("conversation"))))


@hookimpl
def listening_sources():
    """The source of this file."""
    return [Threads()]
