"""Questions, answers and comments of Stack Overflow and the other sites of Stack Exchange."""

import re
from datetime import date, timedelta
from html import unescape

from pydantic import Field, SecretStr

from listening_etl import (
    Author,
    Capabilities,
    ConfigError,
    CredentialsRejected,
    Deletion,
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
    text_of_html,
)

from ._members import member, together

API = "https://api.stackexchange.com/2.3"
A_PAGE, MOST_PAGES = 100, 25  # without a key the 26th page is refused; narrower windows need none
BUSY, REFUSED = (500, 502, 503), (401, 402, 403, 406)  # its own numbers of errors, all sent with status 400
SECONDS = re.compile(r"(\d{1,6}) seconds")
LINK = re.compile(r'<a [^>]*?href="([^"]+)"')
COMMENT = "comment-"
ABOUT_A_POST = {
    "revision_guid",
    "suggested_edit_id",
    "timeline_type",
    "reputation_change",
    "vote_type",
    "badge_id",
}
"""One of these stands in what happened to a post: edits, votes, reputation."""
KINDS = {"question": "post", "answer": "reply", "comment": "comment"}


class StackExchangeOptions(Options):
    """Which site, and how much around what is found."""

    site: str = Field("stackoverflow", description="as the API calls it: stackoverflow, superuser, french")
    key: SecretStr | None = Field(None, description="application key: 10,000 requests a day instead of 300")
    tags: tuple[str, ...] = Field((), description="tags whose new questions are read whole")
    threads: bool = Field(
        True, description="fetch answers and comments: 2 or 3 more requests for 100 questions"
    )


class Api:
    """The API of one site, which says in its answers how long to wait."""

    def __init__(self, options, http):
        self.options, self.http = options, http

    def get(self, path, **asked):
        """The wrapper around the items; errors are raised as what they ask for."""
        key = self.options.key.get_secret_value() if self.options.key else None
        asked = {"site": self.options.site, "key": key, **asked}
        answer = self.http.get(API + path, params=asked, accept=(400,))
        wrapper = answer.json()
        if isinstance(wrapper, dict) and "error_id" in wrapper:
            raise refusal(wrapper, path, answer.fetched_at)
        if not isinstance(wrapper, dict) or not isinstance(wrapper.get("items"), list):
            raise SourceUnreadable("it is no list of items", where=API + path, do="Check the site's name.")
        self.http.pause(API, wrapper.get("backoff") or 0)
        return wrapper

    def pages(self, path, **asked):
        """The wrappers of all pages, up to the 25th."""
        for number in range(1, MOST_PAGES + 1):
            wrapper = self.get(path, page=number, pagesize=A_PAGE, **asked)
            yield wrapper
            if not wrapper.get("has_more"):
                return

    def by_id(self, path, ids):
        """What there is of these ids, in hundreds; `path` has their place: `/questions/{}/answers`."""
        for start in range(0, len(ids), A_PAGE):
            batch, known = ";".join(map(str, ids[start : start + A_PAGE])), set()
            for wrapper in self.pages(path.format(batch), filter="withbody", sort="creation", order="desc"):
                fresh = [item for item in dicts(wrapper["items"]) if id_of(item) not in known]
                known.update(map(id_of, fresh))
                yield from fresh
                if not fresh:
                    break


class StackExchange:
    """Questions and answers of a Stack Exchange site that a search finds, with what belongs to them.

    Collects questions and answers in which the search finds an entity's name, each question with its answers
    and comments; the new questions of the tags named. Misses comments that name a brand under posts that do
    not, and new answers in a tag read whole. Counts of votes that are negative stay unknown.
    Limits: 300 requests a day and address, 10,000 with a key; 25 pages of 100 a search, so narrower windows
    are asked for; it says itself when to wait. Terms: CC BY-SA: where a text is shown, its author and a link.
    """

    name = "stackexchange"
    options_type = StackExchangeOptions
    capabilities = Capabilities(
        history=None,
        order="newest_first",
        deletions="recheck",
        edits=True,
        threads=True,
        settles=timedelta(hours=1),
        pace=0.1,
        auth="API key, optional",
    )
    terms = Terms(
        read=date(2026, 11, 22),
        url="https://stackoverflow.com/legal/api-terms-of-use",
        export=True,
        reply="by people who say whom they work for",
    )

    def push_down(self, options, entities):
        """A search for each name, and each tag that is read whole, in square brackets."""
        names = [name.replace('"', " ") for entity in entities for name in entity.names]
        return list(dict.fromkeys([*(f'"{name}"' for name in names), *(f"[{tag}]" for tag in options.tags)]))

    def fetch(self, options, slice, http):
        """Questions, with answers and comments, that a search finds between two times."""
        if not slice.query:
            raise ConfigError("there is nothing to search for", do="Give the entities names, or name tags.")
        api, seen, times, done = Api(options, http), set(), [], set()
        tag = re.fullmatch(r"\[(.+)\]", slice.query)
        path, words = ("/questions", {"tagged": tag[1]}) if tag else ("/search/excerpts", {"q": slice.query})
        asked = {
            "fromdate": int(slice.window.since.timestamp()),
            "todate": int(slice.window.until.timestamp()),  # included; what is too late is left out
            "sort": "creation",
            "order": "desc",
        }
        for wrapper in api.pages(path, **words, **asked):
            fresh = [hit for hit in dicts(wrapper["items"]) if id_of(hit) not in seen]
            seen.update(map(id_of, fresh))
            times += [hit["creation_date"] for hit in fresh if isinstance(hit.get("creation_date"), int)]
            yield from whole(api, fresh, done) if options.threads else alone(api, fresh)
            if not fresh:
                break
        if wrapper.get("has_more"):
            in_order = times and times == sorted(times, reverse=True)
            reason = f"the search shows {MOST_PAGES} pages, {len(seen)} hits"
            yield Truncated(reason, wrapper.get("total"), epoch(times[-1]) if in_order else None)

    def items(self, answer, options):
        """The questions, answers, comments or excerpts of an answer."""
        document = json_answer(answer)
        if isinstance(document, dict) and "error_id" in document:
            what = document.get("error_message") or document.get("error_name")
            raise NotAMention(f"an error: {what} ({document['error_id']})")
        pages = dicts(document if isinstance(document, list) else [document])
        found = [item for page in pages for item in dicts(page.get("items", [page]))]
        if not any(found):
            raise NotAMention("an answer without items")
        yield from found

    def parse(self, item, options):
        """A question with its answers and comments, or one of these alone."""
        return together(members(item))

    def recheck(self, options, native_ids, http):
        """As they are now, 100 a request; what is no longer there is gone."""
        api, there = Api(options, http), set()
        posts = [native_id for native_id in native_ids if native_id.isdecimal()]
        comments = [native_id[len(COMMENT) :] for native_id in native_ids if native_id.startswith(COMMENT)]
        for path, ids in (("/questions/{}", posts), ("/answers/{}", posts), ("/comments/{}", comments)):
            for found in api.by_id(path, ids):
                there.add(id_of(found))
                yield found
        yield from ({"id": native_id, "deleted": True} for native_id in native_ids if native_id not in there)


def refusal(wrapper, path, now):
    """The error that an error asks for: wait, another key, another question."""
    number, words = wrapper.get("error_id"), str(wrapper.get("error_message") or wrapper.get("error_name"))
    what, where = f"Stack Exchange answers {number}: {words[:200]}", API + path
    if number in BUSY:
        wait = SECONDS.search(words)
        retry_at = now + timedelta(seconds=int(wait[1])) if wait else None
        return SourceUnavailable(what, where=where, do="A key raises the day's quota.", retry_at=retry_at)
    if number in REFUSED or "`key`" in words:
        return CredentialsRejected(what, where=where, do="Check the key.")
    return SourceUnreadable(what, where=where, do="Check the site's name and the query.")


def whole(api, hits, done):
    """The questions of these hits with all their answers and comments, once; hits that lack theirs alone."""
    wanted = [hit for hit in hits if hit.get("question_id") not in done]
    ids = list(dict.fromkeys(hit["question_id"] for hit in wanted if "question_id" in hit))
    done.update(ids)
    questions = {id_of(question): dict(question) for question in api.by_id("/questions/{}", ids)}
    posts = dict(questions)
    for answer in api.by_id("/questions/{}/answers", list(questions)):
        posts[id_of(answer)] = dict(answer)
        posts.get(str(answer.get("question_id")), {}).setdefault("answers", []).append(posts[id_of(answer)])
    for comment in api.by_id("/posts/{}/comments", list(posts)):
        posts.get(str(comment.get("post_id")), {}).setdefault("comments", []).append(comment)
    yield from questions.values()
    yield from (hit for hit in wanted if str(hit.get("question_id")) not in questions)


def alone(api, hits):
    """The questions and answers of these hits, which have no author; the hit itself where it has gone since."""
    found = {}
    for kind in ("question", "answer"):
        ids = [hit.get(f"{kind}_id") for hit in hits if kind_of(hit) == kind]
        found |= {id_of(post): post for post in api.by_id(f"/{kind}s/{{}}", ids)}
    yield from (found.get(id_of(hit), hit) for hit in hits)


def kind_of(item):
    """`question`, `answer` or `comment`; None for whatever else the API has."""
    if ABOUT_A_POST & item.keys():
        return None
    if "comment_id" in item:
        return "comment"
    if stated := item.get("item_type") or item.get("post_type"):
        return stated
    return "answer" if "answer_id" in item else "question" if "question_id" in item else None


def id_of(item):
    """Its number: questions and answers share one row of numbers, comments have their own. None without."""
    kind = kind_of(item)
    number = item.get(f"{kind}_id") or item.get("post_id")
    return None if number is None else f"{COMMENT if kind == 'comment' else ''}{number}"


def members(item, question=None):
    """The mentions of a post and of what hangs on it."""
    kind = kind_of(item)
    root = question or (id_of(item) if kind == "question" else None)
    yield member(mention_of, item, kind, root)
    for part in [*dicts(item.get("answers")), *dicts(item.get("comments"))]:
        yield from members(part, root)


def mention_of(item, kind, question):
    """One question, answer or comment."""
    if item.get("deleted") is True:
        return Deletion(item["id"])
    if kind not in KINDS:
        raise NotAMention(f"no question, answer or comment, but {', '.join(sorted(item)[:5])}")
    above = {"question": None, "answer": item.get("question_id"), "comment": item.get("post_id")}[kind]
    above = None if above is None else str(above)
    on_question = kind == "answer" or item.get("post_type") == "question"
    markup, link = item.get("body"), item.get("link")
    return Mention(
        native_id=id_of(item),
        kind=KINDS[kind],
        channel="social",
        url=link if isinstance(link, str) and link.startswith("http") else None,
        title=text_of_html(item.get("title")) if kind == "question" else None,
        text=text_of_html(markup) or plain(item.get("body_markdown")) or text_of_html(item.get("excerpt")),
        published_at=epoch(item.get("creation_date")),
        updated_at=epoch(item.get("last_edit_date")),
        author=author_of(item.get("owner")),
        in_reply_to=above,
        conversation_id=question or (above if on_question else None),
        reply_to_author=getattr(author_of(item.get("reply_to_user")), "name", None),
        hashtags=tuple(tag for tag in item.get("tags") or [] if kind == "question"),
        links=tuple(dict.fromkeys(map(unescape, LINK.findall(markup or "")))),
        likes=count(item, "up_vote_count", "score"),
        replies=count(item, "answer_count" if kind == "question" else "comment_count"),
        views=count(item, "view_count"),
    )


def author_of(user):
    """Who it was; an account that is gone has a name and no number. Names are escaped as in HTML."""
    if not isinstance(user, dict) or not user.get("display_name"):
        return None
    number = user.get("user_id")
    return Author(native_id=None if number is None else str(number), name=unescape(user["display_name"]))


def plain(markdown):
    """Markdown as the API escapes it."""
    return unescape(markdown).strip() or None if isinstance(markdown, str) else None


def count(item, *names):
    """The first of these counts; None below zero: votes against, less votes for."""
    number = next((item[name] for name in names if isinstance(item.get(name), int)), None)
    return number if number is not None and number >= 0 else None


@hookimpl
def listening_sources():
    """The source of this file."""
    return [StackExchange()]
