"""Posts and comments of a Lemmy instance, and of every community that it knows."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field

from listening_etl import (
    Author,
    Capabilities,
    Deletion,
    Gap,
    Malformed,
    Media,
    Mention,
    NotAMention,
    Options,
    SourceUnreadable,
    Terms,
    Window,
    activity_mentions,
    dicts,
    hookimpl,
    json_answer,
)

from ._members import member, together

A_PAGE, MOST_PAGES = 50, 100
COLLECTIONS = ("Collection", "CollectionPage", "OrderedCollection", "OrderedCollectionPage")
LISTS = ("posts", "comments", "items", "cross_posts", "replies", "mentions", "results", "content")
NAMED = re.compile(r"(?<![\w@/.])@([\w-]+@[\w-]+(?:\.[\w-]+)+)")
PICTURE = re.compile(r"\.(jpe?g|png|gif|webp|avif)$")
LANGUAGES = (
    "und aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee "
    "el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is "
    "it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms "
    "mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk "
    "sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi "
    "yo za zh zu"
)
"""By Lemmy's own number, the same on every instance; 0 is undetermined."""
EVER = Window(datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))


class LemmyOptions(Options):
    """Which instance, and what of it."""

    url: str = Field(description="of the instance: https://jlai.lu")
    api: Literal["v3", "v4"] = Field("v3", description="v3 up to Lemmy 0.19; from Lemmy 1.0 on v4")
    search: bool = Field(True, description="search for the entities' names; else everything new is read")
    communities: tuple[str, ...] = Field((), description="only these: cafe or cafe@jlai.lu; all unless given")
    threads: bool = Field(True, description="fetch the discussion of what a search finds: 2 requests or more")
    thread_pages: int = Field(4, ge=1, description="pages of 50 comments, newest first, of one discussion")


class Api:
    """The API of an instance, in the words of either version."""

    def __init__(self, options, http):
        self.http, self.version = http, options.api
        self.base = f"{options.url.rstrip('/')}/api/{options.api}"

    def get(self, path, **asked):
        """A document, None for what there is not."""
        answer = self.http.get(self.base + path, params=asked, accept=(400, 404))
        document = answer.json()
        error = document.get("error") if isinstance(document, dict) else None
        if error and (error == "not_found" or str(error).startswith("couldnt_find")):
            return None
        if not isinstance(document, dict) or error or answer.status >= 400:
            what = f"the instance answers {error!r}" if error else "it is no object"
            raise SourceUnreadable(
                what, where=self.base + path, do="Check the instance, and whether it needs api: v4."
            )
        return document

    def page(self, kind, words, cursor, **asked):
        """One page of posts or comments, newest first; `cursor` is a number in v3 (and in its `next_page` text)."""
        every = {"type_": "all", "sort": "new"} if self.version == "v4" else {"type_": "All", "sort": "New"}
        asked |= every | {"limit": A_PAGE}
        if self.version == "v4":
            path, asked = f"/{kind}/list", asked | {"search_term": words or None, "page_cursor": cursor}
        else:
            place = {"page": cursor or 1} if isinstance(cursor, int | None) else {"page_cursor": cursor}
            path, asked = f"/{kind}/list", asked | place
            if words:
                path, asked = (
                    "/search",
                    asked | {"q": words, "type_": f"{kind.title()}s", "listing_type": "All"},
                )
        document = self.get(path, **asked)
        if document is None or not any(name in document for name in LISTS):
            raise SourceUnreadable(
                "it is no list", where=self.base + path, do="Check whether it needs api: v4."
            )
        return document

    def newest(self, kind, words, window, pages=MOST_PAGES, **asked):
        """Posts or comments until they are older than the window, then a Gap if that was not to be reached."""
        cursor, known, oldest = None, set(), window.until
        for number in range(1, pages + 1):
            document = self.page(kind, words, cursor, **asked)
            views = [view for view in views_of(document) if kind_of(view) == kind]
            fresh = [view for view in views if id_of(view) not in known]
            known.update(map(id_of, fresh))
            yield from fresh
            # What is pinned stands first however old it is.
            times = [time for view in fresh if not is_pinned(view) and (time := time_of(view[kind]))]
            oldest = min([oldest, *times])
            if times and max(times) < window.since:
                return
            cursor = document.get("next_page") or (number + 1 if self.version == "v3" and views else None)
            if cursor is None or (views and not fresh):
                break
        if cursor is not None and oldest > window.since:
            yield Gap(
                window.since, oldest, f"{kind}s end after {len(known)}: the instance gives no older ones"
            )

    def thread(self, view, threads, pages):
        """The discussion of a post or comment as one item, once; the view itself where that does not have it."""
        post = view[kind_of(view)].get("id" if kind_of(view) == "post" else "post_id")
        if post not in threads:
            found = self.get("/post", id=post) or {}
            listed = list(self.newest("comment", "", EVER, pages, post_id=post))
            item = {"post_view": found.get("post_view") or {}, "comments": [c for c in listed if is_view(c)]}
            threads[post] = {id_of(part) for part in views_of(item)}
            if threads[post]:
                yield item
            if not all(map(is_view, listed)):
                yield {"left": f"comments of post {post} beyond its newest {len(listed) - 1}"}
        if id_of(view) not in threads[post]:
            yield view


class Lemmy:
    """Posts and comments that a Lemmy instance has, of its own and of every instance it follows.

    Collects what its search finds for the entities' names, with the discussion, or everything new of some
    communities; reads ActivityPub objects too. Misses what no community followed by the instance holds, and
    the rest of discussions beyond their newest 200 comments. It cannot be asked for a time: a search is read
    newest first, 5,000 posts and 5,000 comments at most, before which lies a gap.
    Limits: the instance's, often 60 searches in 10 minutes. Terms: each instance has its own.
    Ids are the instance's own numbers, since a comment names its parents by these alone.
    """

    name = "lemmy"
    options_type = LemmyOptions
    capabilities = Capabilities(
        history=None,
        order="any",
        deletions="recheck",
        edits=True,
        threads=True,
        settles=timedelta(hours=1),
        pace=1.0,
        tested="documented",
    )
    terms = Terms(
        read=date(2026, 11, 22),
        url="https://join-lemmy.org/docs/",
        reply="as the rules of the instance and the community say",
    )

    def push_down(self, options, entities):
        """A search for each name; nothing when everything new is read."""
        names = [name for entity in entities for name in entity.names if options.search]
        return list(dict.fromkeys(names))

    def fetch(self, options, slice, http):
        """Posts, then comments; what a search found comes in its discussion."""
        api, window, threads = Api(options, http), slice.window, {}
        for community in options.communities or (None,):
            for kind in ("post", "comment"):
                for found in api.newest(kind, slice.query, window, community_name=community):
                    time = time_of(found[kind]) if is_view(found) else None
                    in_window = time and window.since <= time < window.until
                    if slice.query and options.threads and in_window:
                        yield from api.thread(found, threads, options.thread_pages)
                    else:
                        yield found

    def items(self, answer, options):
        """The posts and comments of an answer of either API; ActivityPub objects."""
        document = json_answer(answer)
        objects = dicts(document if isinstance(document, list) else [document])
        if any(isinstance(one.get("type"), str | list) for one in objects):
            yield from (member for one in objects for member in activities_of(one))
            return
        if isinstance(document, dict) and document.get("error"):
            raise NotAMention(f"an error: {document['error']}")
        found = list(views_of(document))
        if not found:
            raise NotAMention("an answer without posts or comments")
        yield from found

    def parse(self, item, options):
        """A post or comment, a discussion with all its members, or an ActivityPub object."""
        if item.get("gone"):
            return Deletion(item["gone"])
        if item.get("left"):
            raise NotAMention(f"{item['left']}: not fetched")
        if isinstance(item.get("type"), str | list):
            found = activity_mentions(item)
        else:
            views = [view for view in views_of(item) if kind_of(view)]
            if not views:
                raise NotAMention(f"no post or comment, but {', '.join(sorted(item)[:5])}")
            authors = {id_of(view): author_of(view.get("creator")) for view in views}
            found = [member(mention_of, view, authors) for view in views]
        return together(found)

    def recheck(self, options, native_ids, http):
        """As they are now, one request each; what the instance does not show any more is gone."""
        api = Api(options, http)
        for native_id in native_ids:
            kind, _, number = native_id.partition(":")
            found = (
                api.get(f"/{kind}", id=number) if kind in ("post", "comment") and number.isdecimal() else None
            )
            yield (found or {}).get(f"{kind}_view") or {"gone": native_id}


def activities_of(document):
    """The members of an ActivityPub collection that shows them, or the object that it is."""
    shown = document.get("orderedItems") or document.get("items")
    is_collection = document.get("type") in COLLECTIONS and isinstance(shown, list)
    return (dicts(shown) if is_collection else None) or [document]


def is_view(found):
    """Whether it is what the instance showed, not a gap."""
    return isinstance(found, dict)


def kind_of(view):
    """`post` or `comment`, as which a view shows its object; None for anything else, reports included."""
    if "comment_report" in view or "post_report" in view:
        return None
    comment, post = view.get("comment"), view.get("post")
    if isinstance(comment, dict) and "content" in comment:
        return "comment"
    return "post" if isinstance(post, dict) and "name" in post and comment is None else None


def views_of(document):
    """The views of posts and comments in an answer, and what is neither but stands in their place."""
    if isinstance(document, list):
        for part in dicts(document):
            yield from views_of(part)
        return
    if not isinstance(document, dict):
        return
    if kind_of(document):
        yield document
        return
    parts = [document.get(name) for name in ("post_view", "comment_view", "post", "comment", "resolve")]
    inside = [part for part in parts if isinstance(part, dict) and kind_of(part)]
    inside += [view for name in LISTS for view in dicts(document.get(name))]
    yield from inside


def id_of(view):
    """`post:12` or `comment:34`: what the paths of comments can be turned into."""
    kind = kind_of(view)
    number = view[kind].get("id") if kind else None
    return None if number is None else f"{kind}:{number}"


def time_of(thing):
    """When it was published, as Lemmy 1, 0.19 and 0.18 write it: these wrote UTC without saying so."""
    return zoned(thing.get("published_at") or thing.get("published"))


def zoned(written):
    """A time; None when there is none."""
    if not isinstance(written, str):
        return None
    try:
        time = datetime.fromisoformat(written)
    except ValueError as error:
        raise Malformed(f"{written[:40]!r} is no time") from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def is_pinned(view):
    """Whether it stands above the others."""
    post = view.get("post") if kind_of(view) == "post" else None
    return bool(post and (post.get("featured_community") or post.get("featured_local")))


def author_of(person):
    """Who it was, as `lea@jlai.lu`; None when the instance does not show them."""
    if not isinstance(person, dict) or not person.get("name"):
        return None
    address, name = person.get("ap_id") or person.get("actor_id"), person["name"]
    host = urlsplit(address).hostname if address else None
    return Author(
        native_id=address, handle=f"{name}@{host}" if host else name, name=person.get("display_name")
    )


def language_of(thing):
    """The language that the author chose."""
    codes, number = LANGUAGES.split(), thing.get("language_id") or 0
    return codes[number] if 0 < number < len(codes) else None


def is_picture(address, mime):
    """Whether a post links to a picture."""
    ending = PICTURE.search((address or "").partition("?")[0].lower())
    return bool(address) and (str(mime).startswith("image/") or ending is not None)


def mention_of(view, authors):
    """A view of a post or comment; `authors` by the ids of the discussion."""
    kind, native_id = kind_of(view), id_of(view)
    thing = view[kind]
    if native_id and (thing.get("deleted") or thing.get("removed")):
        return Deletion(native_id)
    is_post = kind == "post"
    counts = {**thing, **(view.get("counts") if isinstance(view.get("counts"), dict) else {})}
    text, target = thing.get("body" if is_post else "content"), thing.get("url") if is_post else None
    path = [step for step in str(thing.get("path") or "0").split(".") if step != "0"]
    root = native_id if is_post else f"post:{thing.get('post_id')}"
    parent = None if is_post else f"comment:{path[-2]}" if len(path) > 1 else root
    picture = target if is_picture(target, thing.get("url_content_type")) else None
    return Mention(
        native_id=native_id,
        kind="post" if is_post else "reply" if len(path) > 1 else "comment",
        channel="social",
        url=thing.get("ap_id"),
        title=thing.get("name") if is_post else None,
        text=text,
        lang_declared=language_of(thing),
        published_at=time_of(thing),
        updated_at=zoned(thing.get("updated_at") or thing.get("updated")),
        author=author_of(view.get("creator")),
        in_reply_to=parent,
        conversation_id=root,
        reply_to_author=getattr(authors.get(parent), "handle", None),
        tagged=tuple(dict.fromkeys(NAMED.findall(text or ""))),
        links=(target,) if target and not picture else (),
        media=(Media(url=picture, kind="image", alt_text=thing.get("alt_text")),) if picture else (),
        likes=counts.get("upvotes"),
        replies=counts.get("comments" if is_post else "child_count"),
    )


@hookimpl
def listening_sources():
    """The source of this file."""
    return [Lemmy()]
