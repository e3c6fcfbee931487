"""What Bluesky's servers and streams say, as mentions: the reading that its sources share; no source itself.

Posts come as views (with counts and people), as bare records, and in events; alone, in feeds and in threads.
"""

from datetime import datetime

from listening_etl import (
    Author,
    Deletion,
    Media,
    Mention,
    NotAMention,
    dicts,
    epoch,
    part,
)

from ._members import member, together

POST = "app.bsky.feed.post"
LISTS = ("posts", "feed", "records", "notifications", "bookmarks")
ONE = {"thread", "post", "record", "value", "commit", "kind", "payload", "ops"}
HIDDEN = {
    "!no-unauthenticated": "its author shows it to people who are logged in, not to everyone",
    "!hide": "hidden by Bluesky's moderation",
    "!takedown": "taken down by Bluesky's moderation",
}


def words(value):
    """The texts in a list."""
    return [inner for inner in value if isinstance(inner, str)] if isinstance(value, list) else []


# What an answer holds.


def rows_of(page):
    """What stands in an answer: posts, entries of a feed, records, events; a thread is one row."""
    if isinstance(page, dict) and "error" in page:
        raise NotAMention(f"an error: {page['error']}: {page.get('message')}")
    if not isinstance(page, dict):
        return [row for given in dicts(page) for row in rows_in(given)]
    found = rows_in(page)
    if found == [page] and not ONE & set(page):
        raise NotAMention(f"it holds no post, only {', '.join(sorted(page)[:5]) or 'nothing'}")
    return found


def rows_in(page):
    """The rows of a page that is a list of some kind, or what it is itself."""
    listed = next((page[name] for name in LISTS if isinstance(page.get(name), list)), None)
    return of_commit(page) if listed is None else dicts(listed)


def of_commit(row):
    """The operations of a commit of the firehose as events like Jetstream's; anything else as it is."""
    if not isinstance(row.get("ops"), list):
        return [row]
    return [
        {
            "did": row.get("repo"),
            "kind": "commit",
            "time": row.get("time"),
            "commit": {
                "operation": op.get("action"),
                "collection": str(op.get("path")).partition("/")[0],
                "rkey": str(op.get("path")).partition("/")[2],
                "record": op.get("record"),
            },
        }
        for op in dicts(row["ops"])
    ]


def conversation(row):
    """The posts of one row: of a thread, from the first to the last; of an entry of a feed, with what it
    answers or reposts."""
    if "thread" in row:
        yield from of_thread(row["thread"])
    elif isinstance(row.get("post"), dict):
        yield from (row["reply"][name] for name in ("root", "parent") if part(row, "reply", name))
        yield row["post"]
        if str(part(row, "reason").get("$type")).endswith("#reasonRepost"):
            yield {"repost": row["reason"], "of": row["post"]}
    elif isinstance(row.get("item"), dict):  # a bookmark
        yield row["item"]
    else:
        yield row


def of_thread(thread):
    """The posts of a thread: those answered, oldest first, the one asked for, those that answer."""
    if isinstance(thread, list):  # getPostThreadV2 gives a flat list
        for node in dicts(thread):
            yield part(node, "value", "post") or {**part(node, "value"), "uri": node.get("uri")}
        return
    waiting, node = dicts([thread]), thread
    while node := part(node, "parent"):
        waiting.append(node)
    while waiting:
        node = waiting.pop()
        yield part(node, "post") or node
        waiting += reversed(dicts(node.get("replies")))


# From a post to a mention.


def mention_of(view, handles):
    """One post as a mention; `handles` by DID are those of the people who wrote in the same conversation."""
    uri, record = view.get("uri"), part(view, "record") or part(view, "value")
    if view.get("notFound") is True or str(view.get("$type")).endswith("NotFound"):
        return Deletion(uri)
    if "repost" in view:
        return repost_of(view)
    if record.get("$type", POST) != POST or not record:
        what = f"a record of {record['$type']}" if record else "it is blocked, or only the address of a post"
        raise NotAMention(what)
    if reason := hidden(view.get("author"), view, record):
        raise NotAMention(reason)
    did = str(uri).removeprefix("at://").partition("/")[0]
    parent, root = (part(record, "reply", name).get("uri") for name in ("parent", "root"))
    answered = parent.removeprefix("at://").partition("/")[0] if parent else None
    tagged, hashtags, links = facets_of(record)
    quoted, more, media = embeds_of(part(view, "embed") or part(record, "embed"), did)
    return Mention(
        native_id=uri,
        kind="reply" if parent else "post",
        channel="social",
        url=f"https://bsky.app/profile/{did}/post/{str(uri).rpartition('/')[2]}",
        text=record["text"] if isinstance(record.get("text"), str) else None,
        lang_declared=next(iter(words(record.get("langs"))), None),
        published_at=published(record.get("createdAt"), view.get("indexedAt")),
        updated_at=view.get("updatedAt"),
        author=author_of(part(view, "author"), did),
        in_reply_to=parent,
        conversation_id=root or uri,
        reply_to_author=handles.get(answered) or answered,
        quoted_id=quoted,
        tagged=tuple(dict.fromkeys(tagged)),
        hashtags=tuple(dict.fromkeys([*hashtags, *words(record.get("tags"))])),
        links=tuple(dict.fromkeys([*links, *more])),
        media=tuple(media),
        likes=view.get("likeCount"),
        replies=view.get("replyCount"),
        reshares=view.get("repostCount"),
    )


def repost_of(view):
    """A repost as a mention of its own, without text; the post that it repeats stands beside it."""
    reason, of = view["repost"], view["of"]
    if why := hidden(reason.get("by")):
        raise NotAMention(why)
    did = part(reason, "by").get("did")
    return Mention(
        native_id=reason.get("uri") or f"{of.get('uri')}/repost/{did}",  # older answers give it no address
        kind="post",
        channel="social",
        published_at=reason.get("indexedAt"),
        author=author_of(part(reason, "by"), did),
        reshared_id=of.get("uri"),
    )


def hidden(*labelled):
    """What authors and Bluesky's moderation say against showing a post to everyone; None when nothing."""
    for thing in labelled:
        labels = part(thing).get("labels")
        for label in dicts(labels.get("values") if isinstance(labels, dict) else labels):
            if (reason := HIDDEN.get(str(label.get("val")))) and not label.get("neg"):
                return reason
    return None


def published(created, indexed):
    """When a post was written, as its author's program says; but no later than Bluesky first saw it.

    That program may write any time, also one years ahead; Bluesky sorts and searches by the same rule.
    """
    return min(filter(None, map(moment_of, (created, indexed))), default=created)


def moment_of(written):
    """A time with a zone, None for what is none."""
    try:
        moment = datetime.fromisoformat(written)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else None


def author_of(profile, did):
    """Who wrote it. Records and events name the account by its DID alone."""
    handle, check = profile.get("handle"), part(profile, "verification").get("verifiedStatus")
    return Author(
        native_id=profile.get("did") or did,
        handle=None if handle == "handle.invalid" else handle,
        name=profile.get("displayName") or None,
        followers=profile.get("followersCount"),
        verified=None if check is None else check == "valid",
    )


def facets_of(record):
    """Tagged accounts, hashtags and links. A facet gives a DID and the bytes where the handle stands."""
    raw = str(record.get("text")).encode("utf-8", "surrogatepass")
    found = {"mention": [], "tag": [], "link": []}
    for facet in dicts(record.get("facets")):
        start, end = (part(facet, "index").get(name) for name in ("byteStart", "byteEnd"))
        says = raw[start:end] if isinstance(start, int) and isinstance(end, int) else b""
        for feature in dicts(facet.get("features")):
            kind = str(feature.get("$type")).rpartition("#")[2]
            name = says[1:].decode("utf-8", "replace") if says.startswith(b"@") else None
            value = feature.get({"mention": "did", "tag": "tag", "link": "uri"}.get(kind))
            if isinstance(value, str):
                found[kind].append((name if kind == "mention" else None) or value)
    return found["mention"], found["tag"], found["link"]


def embeds_of(embed, did):
    """The post quoted, links, pictures and videos; from what Bluesky shows, else from the bare record."""
    quoted, links, media = None, [], []
    for piece in (embed, part(embed, "media")):
        record = part(piece, "record")
        uri = record.get("uri") or part(record, "record").get("uri")
        quoted = uri if isinstance(uri, str) and f"/{POST}/" in uri else quoted
        links += words([part(piece, "external").get("uri")])
        for image in dicts(piece.get("images")):
            url = image.get("fullsize") or picture(did, image, "image")
            media += [Media(url=url, kind="image", alt_text=image.get("alt") or None)] if url else []
        url = piece.get("playlist") or picture(did, piece, "video")
        media += [Media(url=url, kind="video", alt_text=piece.get("alt") or None)] if url else []
    return quoted, links, media


def picture(did, holder, name):
    """Where Bluesky shows a picture or video that a record names by its digest."""
    digest = part(holder, name, "ref").get("$link")
    if not digest:
        return None
    if name == "video":
        return f"https://video.bsky.app/watch/{did}/{digest}/playlist.m3u8"
    return f"https://cdn.bsky.app/img/feed_fullsize/plain/{did}/{digest}@jpeg"


# Events of Jetstream and of the firehose.


def event_of(row):
    """An event in one form, whichever stream it comes from; None when the row is none."""
    row = part(row, "payload") or row
    kind = str(row.get("kind") or str(row.get("$type")).partition("subscribeEvents#")[2])
    if not kind or "did" not in row:
        return None
    seen = row.get("time_us")
    at = epoch(seen / 1e6) if isinstance(seen, int) else moment_of(row.get("time"))
    return {
        "kind": kind,
        "did": row["did"],
        "author": row.get("author"),
        **(part(row, kind) or row),
        "at": at,
    }


def of_event(event):
    """A post written, changed or deleted; what happens to accounts is no mention."""
    if event["kind"] != "commit":
        what = "active" if event.get("active") else event.get("status") or "changed"
        raise NotAMention(f"an event about the {event['kind']} {event['did']}: {what}")
    uri = f"at://{event['did']}/{event.get('collection')}/{event.get('rkey')}"
    if event.get("collection") != POST:
        raise NotAMention(f"a record of {event.get('collection')}")
    if event.get("operation") == "delete":
        return Deletion(uri, event["at"])
    if not part(event, "record"):
        raise NotAMention("the record stands in the commit's blocks, not in the event")
    at = event["at"] and event["at"].isoformat()
    view = {"uri": uri, "record": event["record"], "author": event["author"], "indexedAt": at}
    return mention_of(view | ({"updatedAt": at} if event.get("operation") == "update" else {}), {})


def parse_row(row):
    """One row of an answer as its mentions. Who hides a post of a thread hides that post, not the thread."""
    if event := event_of(row):
        return of_event(event)
    # What a post answers is often what its conversation began with: it stands there twice.
    views = {view.get("uri") or number: view for number, view in enumerate(conversation(row)) if view}
    people = [part(view, "author") for view in views.values()]
    handles = {str(person.get("did")): person.get("handle") for person in people}
    return together(member(mention_of, view, handles) for view in views.values())
