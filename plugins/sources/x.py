"""Posts from X: its search of the last 7 days, its archive, and recordings of its older interface."""

import html
import re
from dataclasses import replace
from datetime import UTC, date, timedelta
from email.utils import parsedate_to_datetime

from pydantic import Field, SecretStr

from listening_etl import (
    Author,
    Capabilities,
    Deletion,
    Dialect,
    Gap,
    Item,
    Media,
    Mention,
    NotAMention,
    Options,
    SourceUnavailable,
    SourceUnreadable,
    Terms,
    Truncated,
    dicts,
    epoch,
    hookimpl,
    json_answer,
    part,
    pushed_down,
)

from ._members import listed, member

PRICES = {"tweets": 0.005, "users": 0.010, "media": 0.005}
FIELDS = {
    "tweet.fields": "attachments,author_id,conversation_id,created_at,edit_history_tweet_ids,entities,geo,"
    "in_reply_to_user_id,lang,note_tweet,public_metrics,referenced_tweets,withheld",
    "user.fields": "location,name,public_metrics,username,verified",
    "media.fields": "media_key,preview_image_url,type,url",
    "place.fields": "full_name",
}
KEYS = {"tweets": "id", "users": "id", "media": "media_key", "places": "id"}
MEDIA_KINDS = {"photo": "image", "video": "video", "animated_gif": "video"}
NO_POST = ("username", "dm_conversation_id", "event_type", "sender", "sender_id")  # profiles, direct messages
NO_LANGUAGE = re.compile(r"und|zxx|art|q[a-z]{2}")
HANDLE, HASHTAG = re.compile(r"[A-Za-z0-9_]{1,15}"), re.compile(r"\w*[^\W\d]\w*")
SEARCH = Dialect(author="from:{}")
FIRST_WITH_TIME = 29_700_859_247  # of 4 November 2010; ids before were handed out one by one
LOOKUP, EMPTY_PAGES, MEDIA_A_POST = 100, 10, 4


class XOptions(Options):
    """What is asked for, and what may be bought beside the posts found."""

    token: SecretStr = Field(description="the app's bearer token")
    query: str | None = Field(None, description="in X's own words, in the place of the names of the topic")
    languages: tuple[str, ...] = Field((), description="only posts in these, as X guesses them, such as fr")
    retweets: bool = Field(False, description="take what is passed on without a word too, at the same price")
    context: bool = Field(True, description="buy the posts that a hit answers or quotes too")
    media: bool = Field(False, description="buy the addresses of pictures too")
    prices: dict[str, float] = Field(PRICES, description="dollars for one object of each kind")
    url: str = Field("https://api.x.com", description="of the API")


def ask(http, options, path, params, posts, context=False):
    """One request for at most so many posts, whose highest price is spent before: the budget is never passed.

    X charges for every object in an answer: posts, what they answer and quote, authors, media. What it gave on
    the same UTC day is free the second time, and counted here all the same. A time in `params` that X finds out
    of reach is taken out: a start may fall out of the 7 days on its way, an end must lie 10 seconds back.
    """
    prices, several = options.prices, 3 if context else 1  # it may answer one and quote another
    each = (prices["tweets"] + prices["users"]) * several + prices["media"] * MEDIA_A_POST * options.media
    http.spend(money=posts * each)
    expansions = ["author_id", "geo.place_id", *["attachments.media_keys"] * options.media]
    expansions += ["referenced_tweets.id", "referenced_tweets.id.author_id"] * context
    asked = {**FIELDS, "expansions": ",".join(expansions), **params}
    headers = {"authorization": f"Bearer {options.token.get_secret_value()}"}
    answer = http.get(options.url + path, headers=headers, params=asked, accept=(400, 402))
    if answer.status == 402:
        raise SourceUnavailable("X has no credits left", where=options.url + path, do="Buy credits at X.")
    page = answer.json()
    if not isinstance(page, dict):
        raise SourceUnreadable("X's answer is no object", where=options.url + path, do="Check `url`.")
    if answer.status == 400:
        errors = dicts(page.get("errors"))
        named = {name for error in errors for name in error.get("parameters") or ()}
        refused = sorted(named & params.keys() & {"start_time", "end_time"})
        if not refused:
            said = "; ".join(str(error.get("message")) for error in errors)
            raise SourceUnreadable(f"X refused the request ({said})", where=options.url + path)
        if "start_time" not in params:
            return {}, answer.fetched_at  # the end is out of reach too
        del params[refused[0]]
        return ask(http, options, path, params, 0, context)
    return page, answer.fetched_at


def words_of(entity, room):
    """How X is asked for an entity; a handle that X could not have is another platform's."""
    tags = [f"#{tag}" for tag in entity.hashtags if HASHTAG.fullmatch(tag)]
    accounts = [handle for handle in entity.handles if HANDLE.fullmatch(handle)]
    signed = [sign + account for account in accounts for sign in ("@", "from:")]
    return [*pushed_down(entity, SEARCH, room), *tags, *signed]


def packed(words, room):
    """The words as `a OR b`, in as many lines of at most `room` characters as it takes."""
    lines = []
    for word in words:
        fits = lines and len(f"{lines[-1]} OR {word}") <= room
        lines[-1:] = [f"{lines[-1]} OR {word}"] if fits else [*lines[-1:], word]
    return lines


def posts_in(data):
    """The posts of either interface under `data`, which holds one or several."""
    found = dicts([data] if isinstance(data, dict) else data)
    found = [one for one in found if one.keys() & {"text", "full_text"} and one.keys() & {"id", "id_str"}]
    return [one for one in found if one.keys().isdisjoint(NO_POST)]


def complete(post, includes):
    """The post as an item that stands on its own: with what came along and belongs to it."""
    ids = {one.get("id") for one in dicts(post.get("referenced_tweets"))}
    others = [one for one in posts_in(includes.get("tweets")) if one["id"] in ids]
    wanted = set()
    for one in (post, *others):
        wanted |= {one.get("author_id"), part(one, "geo").get("place_id")}
        wanted.update(part(one, "attachments").get("media_keys") or ())
    came = {k: [one for one in dicts(includes.get(k)) if one.get(KEYS[k]) in wanted] for k in KEYS}
    return {"data": post, "includes": {**came, "tweets": others}}


def gone(problem):
    """Whether an error says that a post is deleted, or not public any more: X wants it forgotten either way."""
    whys = ("resource-not-found", "not-authorized-for-resource", "resource-unavailable")
    named = problem.get("resource_id") or problem.get("value")
    return problem.get("resource_type") == "tweet" and str(problem.get("type")).endswith(whys) and bool(named)


def taken_back(event):
    """The ids of the posts that a stream or a webhook says are deleted, dropped or withheld."""
    inside = part(event, "data") or event
    told = [part(inside, why) for why in ("delete", "drop", "withheld")] + dicts(
        inside.get("tweet_delete_events")
    )
    posts = (part(one, "status") or part(one, "tweet") for one in told)
    return [str(post.get("id_str") or post["id"]) for post in posts if post.keys() & {"id", "id_str"}]


def entries(document):
    """The items of any answer with posts: pages, single posts, lists of either, timelines, searches of old."""
    if isinstance(document, list):
        for inner in document:
            yield from entries(inner)
    elif isinstance(document, dict) and (ids := taken_back(document)):
        yield from ({"errors": [{"resource_id": native_id}]} for native_id in ids)
    elif posts_in(document):
        yield document if "user" in document or "id_str" in document else {"data": document}
    elif isinstance(document, dict) and document.keys() & {"data", "errors"}:
        for post in posts_in(document.get("data")):
            yield complete(post, document.get("includes") or {})
        yield from ({"errors": [problem]} for problem in dicts(document.get("errors")) if gone(problem))
    elif isinstance(document, dict):
        for name, inner in document.items():
            if (
                isinstance(inner, list | dict) and name != "status"
            ):  # what stands in a profile was not asked for
                yield from entries(inner)


def modern(status):
    """A status of version 1.1 taken apart as version 2 has it: the post, and what came along."""
    whole, user = {**status, **part(status, "extended_tweet")}, status.get("user") or {}
    inner = {"retweeted": status.get("retweeted_status"), "quoted": status.get("quoted_status")}
    others = {kind: modern(other) for kind, other in inner.items() if other}
    ids = {kind: one["data"]["id"] for kind, one in others.items()}
    ids.setdefault("quoted", status.get("quoted_status_id_str"))
    ids["replied_to"] = status.get("in_reply_to_status_id_str")
    parts = dicts((whole.get("extended_entities") or whole.get("entities") or {}).get("media"))
    post = {
        **whole,
        "id": status.get("id_str") or str(status["id"]),
        "text": whole.get("full_text") or whole.get("text"),
        "cut": status.get("truncated") and "full_text" not in whole,
        "author_id": user.get("id_str"),
        "referenced_tweets": [{"type": kind, "id": other} for kind, other in ids.items() if other],
        "public_metrics": {**status, "like_count": status.get("favorite_count")},
        "geo": {"coordinates": status.get("coordinates"), "place_id": part(status, "place").get("id")},
        "attachments": {"media_keys": [one.get("id_str") for one in parts]},
        "withheld": {"country_codes": status.get("withheld_in_countries")},
    }
    person = {**user, "id": user.get("id_str"), "username": user.get("screen_name"), "public_metrics": user}
    media = [{**one, "media_key": one.get("id_str"), "url": one.get("media_url_https")} for one in parts]
    includes = {"tweets": [], "users": [person], "media": media, "places": dicts([status.get("place")])}
    for other in others.values():
        includes = {kind: [*things, *other["includes"][kind]] for kind, things in includes.items()}
        includes["tweets"].append(other["data"])
    return {"data": post, "includes": includes}


def time_of(post):
    """When it was written: as X states it, else as the id says, in which it stands since November 2010."""
    written, native_id = post.get("created_at"), str(post.get("id"))
    if not written and native_id.isdecimal() and int(native_id) >= FIRST_WITH_TIME:
        return epoch(((int(native_id) >> 22) + 1_288_834_974_657) // 1000)  # X states times in whole seconds
    return parsedate_to_datetime(written) if written and written[0].isalpha() else written


def author_of(user):
    """Who wrote it, None when X did not say."""
    return user.get("id") and Author(
        native_id=user["id"],
        handle=user.get("username"),
        name=user.get("name"),
        followers=part(user, "public_metrics").get("followers_count"),
        verified=user.get("verified"),
        location=user.get("location") or None,
    )


def answered_by(post, users):
    """The handle of whom a post answers."""
    mentions = dicts(part(post, "entities").get("mentions"))
    named = {one["id"]: one for one in mentions if "id" in one} | users
    user = named.get(post.get("in_reply_to_user_id")) or {}
    return post.get("in_reply_to_screen_name") or user.get("username")


def found_in(post, kind, *keys):
    """Handles, hashtags or addresses that X found in a post, each once."""
    entities = part(post, "note_tweet").get("entities") or post.get("entities") or {}
    words = (one.get(key) for one in dicts(entities.get(kind)) for key in keys)
    return tuple(dict.fromkeys(str(word) for word in words if word))


def media_of(post, media):
    """Pictures and videos of a post, as far as they came along."""
    keys = part(post, "attachments").get("media_keys") or ()
    for one in (media[key] for key in keys if key in media):
        if url := one.get("url") or one.get("preview_image_url"):
            kind, words = (
                MEDIA_KINDS.get(one.get("type"), "other"),
                one.get("alt_text") or one.get("ext_alt_text"),
            )
            yield Media(url=url, kind=kind, alt_text=words)


def text_of(post, passed_on=None):
    """The whole text of a post; X cuts that of a retweet, whose original may stand beside it."""
    text = part(post, "note_tweet").get("text") or post.get("text") or ""
    head = passed_on and not passed_on.get("cut") and re.match(r"RT @\w+: ", text)
    return f"{head[0]}{text_of(passed_on)}" if head else html.unescape(text)


def mention_of(post, known):
    """One post; `known` is what came along. An edit has an id of its own: the first one names them all."""
    first, *later = post.get("edit_history_tweet_ids") or [post["id"]]
    if part(post, "withheld").get("country_codes"):  # which countries see our figures, nobody knows
        return Deletion(str(first))
    edited = str(post["id"]) in later
    others = {other.get("type"): other.get("id") for other in dicts(post.get("referenced_tweets"))}
    passed_on = others.get("retweeted")
    # Of a retweet, X gives the counts of the original; quotes are no reshares but mentions of their own.
    counts = {} if passed_on else post.get("public_metrics") or {}
    user = known["users"].get(post.get("author_id")) or {"id": post.get("author_id")}
    geo, language = post.get("geo") or {}, post.get("lang") or "und"
    point = part(geo, "coordinates").get("coordinates") or (None, None)
    return Mention(
        native_id=first,
        kind="reply" if "replied_to" in others else "post",
        channel="social",
        url=f"https://x.com/{user.get('username') or 'i/web'}/status/{post['id']}",
        text=text_of(post, known["tweets"].get(passed_on)) or None,
        published_at=time_of({"id": first}) if edited else time_of(post),
        updated_at=time_of(post) if edited else None,
        author=author_of(user),
        lang_declared=None if NO_LANGUAGE.fullmatch(language) else language,
        in_reply_to=others.get("replied_to"),
        conversation_id=post.get("conversation_id"),
        quoted_id=others.get("quoted"),
        reshared_id=passed_on,
        reply_to_author=answered_by(post, known["users"]),
        tagged=found_in(post, "mentions", "username") or found_in(post, "user_mentions", "screen_name"),
        hashtags=found_in(post, "hashtags", "tag", "text"),
        links=found_in(post, "urls", "expanded_url"),
        media=tuple(media_of(post, known["media"])),
        likes=counts.get("like_count"),
        replies=counts.get("reply_count"),
        reshares=counts.get("retweet_count"),
        views=counts.get("impression_count"),
        lat=point[1],
        lon=point[0],
        place=known["places"].get(geo.get("place_id"), {}).get("full_name"),
    )


class X:
    """Posts of the last 7 days from X's search, each with what it answers or quotes.

    Collects what matches the names, handles and hashtags of the topic's entities; misses protected accounts,
    what X leaves out of its search, replies without a name, and edits later than an hour. Limits: 60 requests in
    15 minutes, 450 with more access; 2 million posts a month. Terms: what is deleted, protected or withheld has
    to go, within 24 hours of a request: recheck daily. No answers that a keyword triggers; AI needs approval.
    """

    name = "x"
    search, longest = "recent", 512
    options_type = XOptions
    capabilities = Capabilities(
        history=timedelta(days=7), order="newest_first", deletions="recheck", edits=True, threads=True,
        settles=timedelta(hours=1),  # a post can be edited for 30 minutes
        pace=1.0, auth="bearer token of an app", cost="$0.005 a post, $0.010 a profile, once per UTC day",
    )  # fmt: skip
    terms = Terms(
        read=date(2026, 11, 22),
        url="https://docs.x.com/developer-terms/policy",
        reply="no automatic answers to keywords; answers by AI only with X's prior approval",
    )

    def push_down(self, options, entities):
        """As few queries as hold all names, handles and hashtags."""
        if options.query:
            return [options.query]
        languages = " OR ".join(f"lang:{language}" for language in options.languages)
        rest = f" ({languages})" * bool(languages) + " -is:retweet" * (not options.retweets)
        room = self.longest - len(rest) - 2
        words = {word.casefold(): word for entity in entities for word in words_of(entity, room)}
        return [f"({line}){rest}" for line in packed(words.values(), room)]

    def fetch(self, options, slice, http):
        """Page after page, newest first."""
        times = (slice.window.since, slice.window.until + timedelta(seconds=1))  # X knows whole seconds only
        since, until = (f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for time in times)
        params = {"query": slice.query or options.query, "start_time": since, "end_time": until}
        size, empty = 10, 0
        while True:
            params["max_results"] = str(size)
            page, at = ask(http, options, f"/2/tweets/search/{self.search}", params, size, options.context)
            if not page and "start_time" not in params:
                yield Gap(slice.window.since, slice.window.until, "X's search reaches back 7 days")
            yield from (Item(item, fetched_at=at) for item in entries(page))
            empty = 0 if posts_in(page.get("data")) else empty + 1
            token = part(page, "meta").get("next_token")
            if not token:
                return
            if token == params.get("next_token") or empty >= EMPTY_PAGES:
                yield Truncated("X's pages do not come to an end")
                return
            params["next_token"] = token
            size = min(2 * size, 100)  # a page is paid in full before it is known how full it is

    def items(self, answer, options):
        """Posts of a page, a timeline, a lookup, or of a file with one a line; of version 2 or 1.1."""
        found = list(entries(json_answer(answer)))
        if not found:
            said = re.search(rb'"(?:detail|message|errors?)":\s*"([^"]+)', answer)
            raise NotAMention(f"an error: {said[1].decode()}" if said else "it holds no posts")
        yield from found

    def parse(self, item, options):
        """The post, and those that came along; an error that names a post says that it is gone."""
        if "data" not in item and "errors" in item:
            problem = item["errors"][0]
            return Deletion(str(problem.get("resource_id") or problem.get("value")))
        item = item if "data" in item else modern(item)
        includes, hit = item.get("includes") or {}, item["data"]
        known = {kind: {one.get(key): one for one in dicts(includes.get(kind))} for kind, key in KEYS.items()}
        others = [post for post in known["tweets"].values() if post["id"] != hit["id"]]
        return listed(member(mention_of, post, known) for post in (hit, *others))

    def recheck(self, options, native_ids, http):
        """Each post, or the error that says that it is gone; deleting one version deletes all."""
        for start in range(0, len(native_ids), LOOKUP):
            ids = native_ids[start : start + LOOKUP]
            page, at = ask(http, options, "/2/tweets", {"ids": ",".join(ids)}, len(ids))
            yield from (Item(item, fetched_at=at) for item in entries(page))


class XArchive(X):
    """Posts since 2006 from X's search of its whole archive, each with what it answers or quotes.

    Collects and misses what `x` does, whose days it covers too. With `x` beside it, `same_as: x` in the settings
    of this one (the name that the other has there) makes both bring the same mentions, each counted once, though
    paid for twice. Limits: one request a second, 300 in 15 minutes. Terms: as `x`.
    """

    name = "x_archive"
    search, longest = "all", 1024
    capabilities = replace(X.capabilities, history=None)


@hookimpl
def listening_sources():
    """The sources of this file."""
    return [X(), XArchive()]
