"""What Mastodon's servers and streams say, as mentions: the reading that its sources share; no source itself.

Ids are those of the server that was asked: only these are what a status names as the one it answers.
"""

import re
from html import unescape
from urllib.parse import urlsplit

import orjson

from listening_etl import (
    Author,
    Deletion,
    Media,
    Mention,
    NotAMention,
    SourceUnreadable,
    dicts,
    json_answer,
    part,
    text_of_html,
)

from ._members import member, together

ABOUT_A_STATUS = frozenset({"mention", "status", "quote", "update", "poll", "quoted_update"})
MEDIA_KINDS = {"image": "image", "video": "video", "gifv": "video", "audio": "audio"}
ANCHOR, ADDRESS = re.compile(r"<a\s[^>]*>", re.IGNORECASE), re.compile(r"""href=["']([^"']*)["']""")
NO_LINK = re.compile(r"""class=["'][^"']*\b(mention|hashtag)\b|rel=["'][^"']*\btag\b""")
QUOTE_AS_TEXT = re.compile(r'<(p|span) class="quote-inline">.*?</\1>', re.DOTALL)


# What an answer holds.


def rows_of(answer):
    """What stands in an answer: statuses, notifications, events of a stream; a thread is one row."""
    try:
        return rows_in(json_answer(answer))
    except SourceUnreadable:
        if events := list(events_of(answer.decode("utf-8-sig", "replace"))):
            return events
        raise


def rows_in(page):
    """The same of an answer as JSON; several answers in one file are read one after the other."""
    if isinstance(page, list):
        return [row for one in page for row in (rows_in(one) if is_page(one) else dicts([one]))]
    if "error" in part(page):
        raise NotAMention(f"an error: {page['error']}")
    for name in ("statuses", "notifications"):
        if isinstance(part(page).get(name), list):
            return dicts(page[name])
    return [part(page)]


def is_page(document):
    """Whether it is an answer of its own: a timeline, or what a search found."""
    return isinstance(document, list) or {"statuses", "hashtags"} <= part(document).keys()


def events_of(stream):
    """The events of a stream as server-sent events, in the form that they have over a websocket."""
    name, data = None, []
    for line in [*stream.splitlines(), ""]:
        field, _, value = line.partition(":")
        if field == "event":
            name = value.strip()
        elif field == "data":
            data.append(value.removeprefix(" "))
        elif not line and name:
            yield {"event": name, "payload": "\n".join(data)}
            name, data = None, []


def statuses_of(row):
    """The statuses of one row: of a thread, of an event, of a notification, of a boost, or itself."""
    if "event" in row:
        payload = row.get("payload")
        payload = orjson.loads(payload) if isinstance(payload, str) and payload[:1] == "{" else payload
        if not isinstance(payload, dict):
            raise NotAMention(f"an event: {row['event']}")
        return statuses_of(payload)
    if "ancestors" in row or "descendants" in row:
        return [*dicts(row.get("ancestors")), *dicts([row.get("status")]), *dicts(row.get("descendants"))]
    if "type" in row and "content" not in row and "account" in row:
        if row["type"] not in ABOUT_A_STATUS or not part(row, "status"):
            raise NotAMention(f"a notification: {row['type']}")
        return [row["status"]]
    if "last_status" in row:
        return dicts([row["last_status"]])
    if "acct" in row or "history" in row:
        raise NotAMention(
            "an account, not what it wrote" if "acct" in row else "a link or hashtag that trends"
        )
    if not {"content", "id", "created_at"} <= set(row) and not {"uri", "account"} <= set(row):
        raise NotAMention(f"it holds no status, only {', '.join(sorted(row)[:5]) or 'nothing'}")
    return [*dicts([row.get("reblog")]), row]


def parse_row(row, options):
    """One row of an answer as its mentions. Who hides a post of a thread hides that post, not the thread."""
    if row.get("event") == "delete":
        return Deletion(str(row.get("payload")))
    statuses = statuses_of(row)
    accounts = {str(status.get("id")): part(status, "account") for status in statuses}
    first = next(iter(statuses), {})
    root = id_of(first, "in_reply_to_id") or id_of(first) if "descendants" in row else None
    return together(member(public_mention, status, accounts, root, options) for status in statuses)


# From a status to a mention.


def refusal(status, options):
    """Why a status is not for us: it is not public, or its author does not want to be found; else None."""
    account = part(status, "account")
    if status.get("visibility", "public") != "public":
        return f"its visibility is {status['visibility']}"
    if account.get("noindex") is True:
        return "its author asks not to be indexed"
    if options and options.searchable_only and account.get("indexable") is False:
        return "its author did not agree to be found by search"
    return None


def public_mention(status, accounts, root, options):
    """A status as a mention, unless it is not for us."""
    if reason := refusal(status, options):
        raise NotAMention(reason)
    return mention_of(status, accounts, root)


def mention_of(status, accounts, root):
    """One status as a mention; `accounts` are the authors of the same thread by the ids of their statuses."""
    boosted, answered = id_of(part(status, "reblog")), id_of(status, "in_reply_to_id")
    account, content = part(status, "account"), status.get("content")
    quoted = part(status, "quote")
    content = QUOTE_AS_TEXT.sub("", content) if quoted and content else content
    lines = [text_of_html(content), *(f"- {option.get('title')}" for option in poll_of(status))]
    return Mention(
        native_id=status.get("id"),
        kind="reply" if answered else "post",
        channel="social",
        url=status.get("url") or status.get("uri"),
        title=status.get("spoiler_text") or None,
        text=None if boosted else "\n".join(filter(None, lines)) or None,
        lang_declared=status.get("language"),
        published_at=status.get("created_at"),
        updated_at=status.get("edited_at"),
        author=author_of(account),
        in_reply_to=answered,
        conversation_id=root or (None if answered or boosted else id_of(status)),
        reply_to_author=answered and (handle_of(accounts.get(answered, {})) or answered_of(status)),
        quoted_id=id_of(part(quoted, "quoted_status")) or id_of(quoted, "quoted_status_id") or id_of(quoted),
        reshared_id=boosted,
        tagged=tuple(filter(None, map(handle_of, dicts(status.get("mentions"))))),
        hashtags=tuple(tag["name"] for tag in dicts(status.get("tags")) if tag.get("name")),
        links=() if boosted else links_of(content, part(status, "card").get("url")),
        media=tuple(media_of(status)),
        likes=status.get("favourites_count"),
        replies=status.get("replies_count"),
        reshares=status.get("reblogs_count"),
    )


def id_of(thing, name="id"):
    """An id as text: the first versions of Mastodon wrote numbers."""
    return None if thing.get(name) is None else str(thing[name])


def poll_of(status):
    """The options of a poll."""
    return dicts(part(status, "poll").get("options"))


def handle_of(account):
    """`name@server`, as everybody writes it; the server leaves itself out for its own people."""
    name, host = account.get("acct"), urlsplit(account.get("url") or "").netloc
    return f"{name}@{host}" if name and host and "@" not in name else name


def answered_of(status):
    """Whom a status answers, when it says so by a tag or is its own author's."""
    people = [part(status, "account"), *dicts(status.get("mentions"))]
    wanted = status.get("in_reply_to_account_id")
    return next((handle_of(person) for person in people if wanted and person.get("id") == wanted), None)


def author_of(account):
    """Who wrote it, as this server knows them."""
    if not account:
        return None
    return Author(
        native_id=id_of(account),
        handle=handle_of(account),
        name=account.get("display_name") or None,
        followers=account.get("followers_count"),
    )


def links_of(content, card):
    """Addresses that a text leads to, each once; those of people and hashtags are no links."""
    anchors = [tag for tag in ANCHOR.findall(content or "") if not NO_LINK.search(tag)]
    found = [unescape(address) for tag in anchors for address in ADDRESS.findall(tag)]
    return tuple(dict.fromkeys(url for url in [*found, card] if url and url.startswith("http")))


def media_of(status):
    """Pictures, videos and sounds with the words that describe them."""
    for medium in dicts(status.get("media_attachments")):
        if url := medium.get("url") or medium.get("remote_url"):
            kind = MEDIA_KINDS.get(medium.get("type"), "other")
            yield Media(url=url, kind=kind, alt_text=medium.get("description") or None)
