"""Stories and comments of Hacker News, by its search at Algolia."""

import math
import re
from datetime import date, timedelta
from html import unescape

from pydantic import Field

from listening_etl import (
    Author,
    Capabilities,
    Deletion,
    Mention,
    NotAMention,
    Options,
    SourceUnreadable,
    Terms,
    Truncated,
    dicts,
    epoch,
    hookimpl,
    json_answer,
    text_of_html,
)

from ._members import member, together

SEARCH, ITEM = "https://hn.algolia.com/api/v1/search_by_date", "https://hn.algolia.com/api/v1/items/"
FIREBASE, PAGE = "https://hacker-news.firebaseio.com/v0/item/", "https://news.ycombinator.com/item?id="
MOST_HITS = 1000  # that a search shows, however many it finds
POSTS = ("story", "poll", "job")
LINK = re.compile(r'<a [^>]*?href="([^"]+)"')


class HackerNewsOptions(Options):
    """What is brought beside the hits of the search."""

    threads: bool = Field(True, description="fetch the whole discussion of each hit: a request a discussion")


class HackerNews:
    """Stories, polls and comments of Hacker News that a search finds, with their discussions.

    Collects whatever Algolia's copy of Hacker News finds for the entities' names, back to 2007, and the
    discussion around it. Misses points of comments, which are hidden, and edits, which nobody announces;
    what moderators killed or authors deleted is a deletion once it is rechecked.
    Limits: a search shows 1,000 hits, so narrower windows are asked for; 10,000 requests an hour.
    Terms: public API without a key; none beyond courtesy are stated.
    """

    name = "hackernews"
    options_type = HackerNewsOptions
    capabilities = Capabilities(
        history=None,
        order="newest_first",
        deletions="recheck",
        threads=True,
        settles=timedelta(hours=1),
        pace=0.36,
    )
    terms = Terms(
        read=date(2026, 11, 22),
        url="https://github.com/HackerNews/API",
        reply="by people, under their own account; promotion is frowned upon",
    )

    def push_down(self, options, entities):
        """Each name as a phrase: the search knows no OR."""
        names = [name.replace('"', " ") for entity in entities for name in entity.names]
        return list(dict.fromkeys(f'"{name}"' for name in names))

    def fetch(self, options, slice, http):
        """The hits of a search between two times, or the discussions that they stand in."""
        since, until = (math.ceil(t.timestamp()) for t in (slice.window.since, slice.window.until))
        asked = {
            "query": slice.query,
            "tags": "(story,poll,comment)",
            "numericFilters": f"created_at_i>={since},created_at_i<{until}",
            "hitsPerPage": MOST_HITS,
            "advancedSyntax": "true",  # so that quotes make a phrase
            "typoTolerance": "false",
        }
        seen, times, stories, number = set(), [], {}, 0
        while True:
            page = http.get(SEARCH, params={**asked, "page": number}).json()
            fresh = [hit for hit in hits_of(page) if hit.get("objectID") not in seen]
            seen.update(hit.get("objectID") for hit in fresh)
            times += [hit["created_at_i"] for hit in fresh if isinstance(hit.get("created_at_i"), int)]
            for hit in fresh:
                yield from discussion(hit, stories, http) if options.threads else [hit]
            number += 1
            if not fresh or number >= (page.get("nbPages") or 0):
                break
        found = page.get("nbHits") or 0
        if found > len(seen) or len(seen) >= MOST_HITS:
            in_order = times == sorted(times, reverse=True)  # else nothing is known to be whole
            reached = epoch(times[-1]) if times and in_order else None
            yield Truncated(f"the search shows {len(seen)} of {found} hits", found, reached)

    def items(self, answer, options):
        """The hits of a search, a discussion as a whole, or items as Hacker News's own API has them."""
        document = json_answer(answer)
        pages = dicts(document if isinstance(document, list) else [document])
        if hits := [hit for page in pages for hit in dicts(page.get("hits"))]:
            yield from hits
        elif dicts(document):
            yield from dicts(document)
        elif isinstance(document, dict) and "id" in document and "karma" not in document:
            yield document
        else:
            raise NotAMention(words_for(document))

    def parse(self, item, options):
        """A story or comment, from whichever API; of a discussion all that stands in it."""
        return together(members(item))

    def recheck(self, options, native_ids, http):
        """As Hacker News has them now; of a comment the search knows under which story it stands."""
        for native_id in native_ids:
            found = http.get(f"{FIREBASE}{native_id}.json").json()  # null: there is no such item
            found = found if isinstance(found, dict) else {"id": native_id, "deleted": True}
            if found.get("type") == "comment" and not (found.get("deleted") or found.get("dead")):
                place = http.get(f"{ITEM}{native_id}", accept=(404,)).json()
                found["story_id"] = place.get("story_id") if isinstance(place, dict) else None
            yield found


def hits_of(page):
    """The hits of a page of the search."""
    if not isinstance(page, dict) or not isinstance(page.get("hits"), list):
        raise SourceUnreadable(f"it is no page of hits: {words_for(page)}", where=SEARCH)
    return dicts(page["hits"])


def words_for(document):
    """Why an answer holds no story or comment, in words."""
    if document is None:
        return "nothing: there is no such item"
    if isinstance(document, list):
        return "a list of ids"
    if isinstance(document, dict) and ("error" in document or "message" in document):
        return f"an error: {document.get('message') or document.get('error')}"
    if isinstance(document, dict) and "hits" in document:
        return "a search that found nothing"
    return "a profile" if isinstance(document, dict) and "karma" in document else "no story or comment"


def discussion(hit, stories, http):
    """The discussion that a hit stands in, once, and the hit itself where that does not have it."""
    story = str(hit.get("story_id") or hit.get("objectID"))
    if kind_of(hit) != "comment" and not hit.get("num_comments"):
        yield hit
        return
    if story not in stories:
        answer = http.get(f"{ITEM}{story}", accept=(404,))
        tree = answer.json() if answer.status != 404 else None
        is_item = isinstance(tree, dict) and id_of(tree) is not None
        stories[story] = {id_of(part) for part in parts_of(tree)} if is_item else set()
        if is_item:
            yield tree
    if id_of(hit) not in stories[story]:  # it was copied later than the index, or is gone
        yield hit


def parts_of(tree):
    """An item and all below it."""
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        yield item
        waiting += dicts(item.get("children"))  # hits list ids there, trees items


def id_of(item):
    """Its number, as text."""
    number = item.get("objectID") or item.get("id")
    return None if number is None else str(number)


def kind_of(item):
    """`story`, `comment`, `poll`, `job`, …; hits say it among their tags."""
    tags = item.get("_tags") if isinstance(item.get("_tags"), list) else []
    known = (*POSTS, "comment", "pollopt")
    stated = item.get("type") or next((tag for tag in tags if tag in known), None)
    return stated or ("comment" if item.get("comment_text") or item.get("parent_id") else "story")


def members(item, above=None, story=None):
    """The mentions of an item and of what is below it; `above` is what it answers, `story` the id of the story."""
    story = item.get("story_id") or story or (id_of(item) if kind_of(item) in POSTS else None)
    yield member(mention_of, item, above or {}, None if story is None else str(story))
    for child in dicts(item.get("children")):
        if kind_of(child) != "pollopt":
            yield from members(child, item, story)


def mention_of(item, above, story):
    """A hit of the search, an item of a tree, or one of Hacker News's own API."""
    kind, native_id = kind_of(item), id_of(item)
    if kind not in (*POSTS, "comment"):
        raise NotAMention(f"of the kind {kind!r}, no story or comment")
    is_post = kind in POSTS
    markup = item.get("comment_text") or item.get("story_text") or item.get("text")
    handle, parent = author_of(item), item.get("parent_id") or item.get("parent")
    is_empty = not is_post and not markup and not handle  # so a tree keeps the place of what was deleted
    if native_id and (item.get("deleted") or item.get("dead") or is_empty):
        return Deletion(native_id)
    target = [item["url"]] if is_post and item.get("url") else []
    return Mention(
        native_id=native_id,
        kind="post" if is_post else "comment" if story is None or str(parent) == story else "reply",
        channel="social",
        url=f"{PAGE}{native_id}",
        title=text_of_html(item.get("title")) if is_post else None,
        text=text_of_html(markup),
        published_at=time_of(item),
        author=Author(handle=handle) if handle else None,
        in_reply_to=None if is_post or parent is None else str(parent),
        conversation_id=story,
        reply_to_author=author_of(above),
        links=tuple(dict.fromkeys([*target, *map(unescape, LINK.findall(markup or ""))])),
        likes=first_number(item, "points", "score"),
        replies=replies_of(item),
    )


def author_of(item):
    """Their name, under the name that either API gives it."""
    return item.get("author") or item.get("by")


def time_of(item):
    """When it was published. (`updated_at` of a hit is when it was indexed.)"""
    seconds = item.get("created_at_i") or item.get("time")
    return epoch(seconds) if seconds is not None else item.get("created_at")


def first_number(item, *names):
    """The first of these that is stated."""
    return next((item[name] for name in names if isinstance(item.get(name), int)), None)


def replies_of(item):
    """All comments of a story; the direct replies of a comment, where they are listed."""
    stated = first_number(item, "num_comments", "descendants")
    if stated is not None:
        return stated
    children = item.get("children")
    if kind_of(item) in POSTS and isinstance(children, list) and all(isinstance(c, dict) for c in children):
        return len(list(parts_of(item))) - 1
    below = item.get("kids", children)
    return len(below) if isinstance(below, list) and kind_of(item) == "comment" else None


@hookimpl
def listening_sources():
    """The source of this file."""
    return [HackerNews()]
