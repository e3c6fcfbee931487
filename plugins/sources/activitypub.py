"""What accounts, channels, blogs and communities of the fediverse publish, from their ActivityPub outboxes."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import urljoin, urlsplit

from pydantic import Field

from listening_etl import (
    BudgetSpent,
    Capabilities,
    CredentialsRejected,
    Gap,
    NotAMention,
    Options,
    SourceUnavailable,
    SourceUnreadable,
    Terms,
    activity_mentions,
    dicts,
    hookimpl,
    json_answer,
)

from ._members import together

ACTIVITY = 'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
MOST_PAGES, MOST_ABOVE = 200, 5
GONE = (404, 410)


class ActivityPubOptions(Options):
    """Whose outboxes are read."""

    actors: tuple[str, ...] = Field(min_length=1, description="addresses, or names: torreo@social.example")
    conversation: int = Field(
        20,
        ge=0,
        description="replies to fetch with a post, and the posts that it answers; a request each; 0: none",
    )


class Fediverse:
    """Servers that show ActivityPub objects to whoever asks."""

    def __init__(self, http):
        self.http = http

    def document(self, url, accept=()):
        """An object, or None when the answer's status is one of `accept`."""
        try:
            answer = self.http.get(url, headers={"accept": ACTIVITY}, accept=accept)
        except CredentialsRejected as error:
            do = "The server shows it to signed requests only; such servers cannot be read."
            raise CredentialsRejected(error.what, where=error.where, do=do) from error
        if answer.status in accept:
            return None
        document = answer.json()
        if not isinstance(document, dict):
            raise SourceUnreadable("it is no ActivityPub object", where=url, do="Check the actor's address.")
        return document

    def actor(self, name):
        """The actor's own document; a name is looked up by WebFinger first."""
        if not name.startswith("http"):
            host = name.rpartition("@")[2]
            account = {"resource": f"acct:{name.removeprefix('@')}"}
            found = self.http.get(f"https://{host}/.well-known/webfinger", params=account).json()
            links = found.get("links") if isinstance(found, dict) else None
            own = [link.get("href") for link in dicts(links) if "json" in str(link.get("type"))]
            if not own:
                raise SourceUnreadable(f"{host} knows no {name!r}", where=host, do="Check the actor's name.")
            name = own[0]
        return self.document(name)

    def outbox(self, actor, window):
        """Activities newest first until they are older than the window, then a Gap for what is not shown."""
        address = address_of(actor.get("outbox"))
        if address is None:
            raise SourceUnreadable(
                "it has no outbox", where=str(actor.get("id")), do="Check the actor's address."
            )
        collection = self.document(urljoin(str(actor.get("id")), address))
        page, known, asked, times = collection, set(), {address}, []
        if not members(collection):
            page = self.page(collection.get("first"), asked)
        while page and len(asked) <= MOST_PAGES:
            named = [one for one in members(page) if address_of(one) not in known]
            known.update(map(address_of, named))
            fresh = [self.shown(one) for one in named]
            yield from fresh
            of_page = [time for one in fresh if (time := time_of(one))]
            times += of_page
            if of_page and max(of_page) < window.since:
                return
            page = self.page(page.get("next"), asked) if fresh else None
        # An outbox in one piece shows the newest only; one in pages goes on to the first.
        total, oldest = collection.get("totalItems"), min([*times, window.until])
        is_cut = members(collection) and isinstance(total, int) and total > len(known)
        if (is_cut or page) and oldest > window.since:
            yield Gap(window.since, oldest, f"the outbox shows {len(known)} of {total} activities")

    def page(self, page, asked):
        """A page that is embedded or named; None when there is none or it was seen before."""
        if isinstance(page, dict) and (members(page) or page.get("next")):
            return page
        address = address_of(page)
        if address is None or address in asked:
            return None
        asked.add(address)
        return self.document(address)

    def shown(self, one):
        """An object that a collection shows or only names."""
        return (
            one
            if isinstance(one, dict)
            else self.document(one, accept=GONE) or {"type": "Tombstone", "id": one}
        )

    def carried(self, activity):
        """The post that was created or changed; None for other activities."""
        post = activity.get("object") if activity.get("type") in ("Create", "Update") else None
        return self.shown(post) if post else None

    def conversation(self, post, most):
        """What a post answers, and the answers that its server lists, as far as they can be had."""
        above, parent = [], address_of(post.get("inReplyTo"))
        while parent and len(above) < MOST_ABOVE:
            found = self.elsewhere(parent, post)
            above.append(found)
            parent = address_of(found.get("inReplyTo"))
        replies, asked, below = post.get("replies"), set(), []
        page = self.page(replies.get("first") if isinstance(replies, dict) else replies, asked)
        while page and len(below) < most and len(asked) < most:
            listed = members(page)[: most - len(below)]
            below += [one if isinstance(one, dict) else self.elsewhere(one, post) for one in listed]
            page = self.page(page.get("next") or page.get("first"), asked)
        return [*reversed(above), *below]

    def elsewhere(self, address, post):
        """An object, often of another server: one that is down or shut is no reason to stop."""
        try:
            found = self.document(address, accept=GONE)
        except BudgetSpent:
            raise
        except (SourceUnavailable, SourceUnreadable, CredentialsRejected) as error:
            if isinstance(error, SourceUnavailable) and host_of(address) == host_of(address_of(post)):
                raise
            return {"type": "Unreachable", "id": address, "summary": str(error)}
        return found or {"type": "Tombstone", "id": address}


class ActivityPub:
    """Posts, videos and articles of accounts and communities anywhere in the fediverse, by their outboxes.

    Collects what Mastodon, PeerTube, WordPress, Friendica, Pixelfed, Lemmy and others publish for everybody,
    with what it answers and the replies that the server lists; shares; edits where the outbox tells of them.
    Misses what is not addressed to everybody, servers that ask for signed requests, replies that come later,
    and what an outbox does not show (Lemmy: the newest 50 posts of a community), which becomes a gap.
    There is no search: name the accounts. Limits: each server's own. Terms: each server has its own.
    """

    name = "activitypub"
    options_type = ActivityPubOptions
    capabilities = Capabilities(
        history=None,
        order="newest_first",
        deletions="recheck",
        edits=True,
        threads=True,
        settles=timedelta(hours=1),
        pace=1.0,
    )
    terms = Terms(
        read=date(2026, 11, 22),
        url="https://www.w3.org/TR/activitypub/",
        reply="from an account of the brand, as the rules of the server say",
    )

    def push_down(self, options, entities):
        """One slice an actor."""
        return list(options.actors)

    def fetch(self, options, slice, http):
        """Activities of an outbox, each with its actor; a post with its conversation is one collection."""
        fediverse, window = Fediverse(http), slice.window
        for name in (slice.query,) if slice.query else options.actors:
            actor = fediverse.actor(name)
            known = {key: actor[key] for key in ("id", "type", "preferredUsername", "name") if key in actor}
            for found in fediverse.outbox(actor, window):
                if isinstance(found, Gap):
                    yield found
                    continue
                is_own = address_of(found.get("actor")) == known.get("id")
                activity, time = {**found, "actor": known} if is_own else found, time_of(found)
                in_window = time and window.since <= time < window.until
                post = fediverse.carried(activity) if in_window else None
                others = (
                    fediverse.conversation(post, options.conversation)
                    if post and options.conversation
                    else []
                )
                activity = {**activity, "object": post} if post else activity
                yield {"type": "Collection", "items": [activity, *others]} if others else activity

    def items(self, answer, options):
        """The members of a collection or page, or the one object or activity that it is."""
        document = json_answer(answer)
        if not isinstance(document, dict | list) or not document:
            raise NotAMention("no ActivityPub object")
        if isinstance(document, dict) and document.get("error"):
            raise NotAMention(f"an error: {document['error']}")
        first = document.get("first") if isinstance(document, dict) else None
        found = dicts(document if isinstance(document, list) else members(document) or members(first))
        yield from found or dicts([document])

    def parse(self, item, options):
        """The mentions of an object, an activity, or a conversation."""
        if item.get("type") == "Unreachable":
            raise NotAMention(f"{item.get('id')} cannot be had: {item.get('summary')}")
        return together(activity_mentions(item))

    def recheck(self, options, native_ids, http):
        """As their servers show them now, one request each."""
        fediverse = Fediverse(http)
        for native_id in native_ids:
            yield fediverse.document(native_id, accept=GONE) or {"type": "Tombstone", "id": native_id}


def members(collection):
    """What a collection or one of its pages shows, or names by its address; nothing for any other object."""
    if not isinstance(collection, dict) or "Collection" not in str(collection.get("type")):
        return []
    inside = collection.get("orderedItems") or collection.get("items") or []
    return [one for one in (inside if isinstance(inside, list) else [inside]) if isinstance(one, dict | str)]


def address_of(thing):
    """The address of an object that is embedded or named; None when it has none."""
    found = thing.get("id") if isinstance(thing, dict) else thing
    return found if isinstance(found, str) and found.startswith("http") else None


def host_of(address):
    """The server of an address."""
    return urlsplit(address or "").hostname


def time_of(activity):
    """When it was published; of a community's share, when its member published."""
    inner = activity.get("object")
    written = activity.get("published") or (time_of(inner) if isinstance(inner, dict) else None)
    if isinstance(written, datetime) or not isinstance(written, str):
        return written
    try:
        time = datetime.fromisoformat(written)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


@hookimpl
def listening_sources():
    """The source of this file."""
    return [ActivityPub()]
