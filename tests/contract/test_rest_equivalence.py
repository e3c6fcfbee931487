"""What three (and more) of the shipped sources do, declared for `rest` instead: the same mentions come of it."""

import os
from pathlib import Path

import pytest

from listening_etl import Deletion, Malformed, Mention, NotAMention
from plugins.sources.hackernews import HackerNews
from plugins.sources.lemmy import Lemmy
from plugins.sources.rest import Rest, RestOptions
from plugins.sources.stackexchange import StackExchange
from plugins.sources.youtube import YouTube
from tests.contract import test_hackernews, test_lemmy, test_stackexchange

SAMPLES = Path(__file__).parent / "samples"
PAYLOADS = (
    Path(os.environ.get("LISTENING_TEST_DATA", Path(__file__).parents[3] / "shared" / "data")) / "payloads"
)

HACKERNEWS = {
    "url": "https://hn.algolia.com/api/v1/search_by_date",
    "params": {
        "query": "{query}",
        "tags": "(story,poll,comment)",
        "numericFilters": "created_at_i>={since_epoch},created_at_i<{until_epoch}",
        "hitsPerPage": 1000,
    },
    "paging": {"by": "page", "param": "page", "start": 0, "pages": "nbPages"},
    "items": "hits",
    "order": "newest_first",
    "total": "nbHits",
    "mapping": {
        "native_id": "objectID",
        "kind": "contains(_tags, 'comment') && (parent_id == story_id && 'comment' || 'reply') || 'post'",
        "title": "!contains(_tags, 'comment') && html(title)",
        "text": "html(comment_text || story_text)",
        "url": "join('', ['https://news.ycombinator.com/item?id=', objectID])",
        "published_at": "epoch(created_at_i)",
        "author.handle": "author",
        "in_reply_to": "parent_id",
        "conversation_id": "story_id || objectID",
        "likes": "points",
        "replies": "num_comments",
    },
    "values": {"channel": "social"},
    "skip": {"no story or comment": "contains(_tags, 'pollopt')"},
}

STACKEXCHANGE = {
    "url": "https://api.stackexchange.com/2.3/questions",
    "params": {
        "site": "french",
        "tagged": "bouilloire",
        "fromdate": "{since_epoch}",
        "todate": "{until_epoch}",
        "sort": "creation",
        "order": "desc",
        "pagesize": 100,
        "filter": "withbody",
    },
    "auth": {"params": {"key": "s3cret-key"}},
    "paging": {"by": "page", "param": "page", "more": "has_more"},
    "items": "items",
    "each": "[@, comments, answers, answers[].comments[]][]",
    "order": "newest_first",
    "pause": "backoff",
    "mapping": {
        "native_id": "comment_id && join('', ['comment-', to_string(comment_id)]) || answer_id || question_id",
        "kind": "comment_id && 'comment' || answer_id && 'reply' || 'post'",
        "title": "!comment_id && !answer_id && html(title)",
        "text": "html(body)",
        "published_at": "epoch(creation_date)",
        "updated_at": "epoch(last_edit_date)",
        "author.native_id": "owner.user_id",
        "author.name": "html(owner.display_name)",
        "in_reply_to": "comment_id && post_id || answer_id && question_id",
        "hashtags": "!answer_id && tags",
        "likes": "score >= `0` && score",
        "views": "view_count",
        "url": "starts_with(link || '', 'http') && link",
    },
    "values": {"channel": "social"},
}

LEMMY = {
    "url": "https://jlai.test/api/v3/post/list",
    "params": {"type_": "All", "sort": "New", "limit": 50},
    "paging": {"by": "page", "param": "page"},
    "items": "items || [posts, comments][]",
    "order": "newest_first",
    "deleted": "(comment || post).deleted || (comment || post).removed",
    "mapping": {
        "native_id": "join(':', [comment && 'comment' || 'post', to_string((comment || post).id)])",
        "title": "!comment && post.name",
        "text": "comment && comment.content || !comment && post.body",
        "published_at": "(comment || post).published_at || (comment || post).published",
        "url": "(comment || post).ap_id",
        "author.native_id": "creator.ap_id || creator.actor_id",
        "author.name": "creator.display_name",
    },
    "values": {"channel": "social"},
    "timezone": "UTC",
}

YOUTUBE = {
    "url": "https://www.googleapis.com/youtube/v3/commentThreads",
    "params": {"part": "snippet,replies", "order": "time", "maxResults": 100, "videoId": "{query}"},
    "auth": {"headers": {"x-goog-api-key": "s3cret"}},
    "paging": {"by": "cursor", "at": "nextPageToken", "param": "pageToken"},
    "items": "items",
    "each": "[snippet.topLevelComment, replies.comments][]",
    "mapping": {
        "native_id": "id",
        "kind": "snippet.parentId && 'reply' || 'comment'",
        "text": "snippet.textOriginal || html(snippet.textDisplay)",
        "published_at": "snippet.publishedAt",
        "author.native_id": "snippet.authorChannelId.value",
        "author.name": "snippet.authorDisplayName",
        "in_reply_to": "snippet.parentId || snippet.videoId",
        "likes": "snippet.likeCount",
    },
    "values": {"channel": "social"},
}


def field(mention, name):
    """A field of a mention, `author.name` also."""
    for step in name.split("."):
        mention = getattr(mention, step, None)
    return mention


def told(plugin, options, answer, fields):
    """What a source makes of a recorded answer: by id the named fields, or that it was deleted."""
    found = {}
    for item in plugin.items(answer, options):
        try:
            parsed = plugin.parse(item, options)
        except (NotAMention, Malformed):
            continue
        for one in [parsed] if isinstance(parsed, Mention | Deletion) else parsed:
            deleted = isinstance(one, Deletion)
            found[one.native_id] = "deleted" if deleted else {name: field(one, name) for name in fields}
    return found


def recorded(kind, *names):
    """Recorded answers of a platform, where they are at hand."""
    return [PAYLOADS / kind / name for name in names]


@pytest.mark.parametrize(("shipped", "declared", "paths", "count"), [
    # Three hits; the fourth is a choice of a poll.
    (HackerNews(), HACKERNEWS, [SAMPLES / "hackernews" / "search.json"], 3),
    # A question with its answer, and a comment below each.
    (StackExchange(), STACKEXCHANGE, [SAMPLES / "stackexchange" / "questions.json"], 4),
    (Lemmy(), LEMMY, [SAMPLES / "lemmy" / name for name in ("v3_search.json", "v4_posts.json")], None),
    (YouTube(), YOUTUBE, [SAMPLES / "youtube" / "comment_threads.json"], 2),
    (HackerNews(), HACKERNEWS, recorded("hackernews", "algolia_search_by_date.json"), None),
    (StackExchange(), STACKEXCHANGE, recorded("stackexchange", "stackexchange_question.json",
                                              "stackexchange_question_backoff_page.json"), None),
    (YouTube(), YOUTUBE, recorded("youtube", "comment_threads_by_video_paged_1.json",
                                  "comment_threads_multi.json", "comment_threads_with_search.json"), None),
])  # fmt: skip
def test_a_recorded_answer_gives_the_same_mentions(shipped, declared, paths, count):
    options = RestOptions(**declared)
    fields = ("native_id", "text", "published_at", *declared["mapping"], *declared["values"])
    for path in paths:
        if not path.exists():
            pytest.skip("the recorded answers are absent: LISTENING_TEST_DATA names no folder that has them")
        answer = path.read_bytes()
        by_rest = told(Rest(), options, answer, fields)
        assert by_rest == told(shipped, None, answer, fields), path.name
        assert len(by_rest) == count if count else by_rest


def declared_as(case, declared):
    """The contract test of a shipped source, with what `rest` makes of the same platform in its place."""
    return type("Declared", (case,), {"plugin": Rest(), "options": declared})()


def heard(case):
    """Ids, texts and times of the window of a contract test."""
    got = case.listen()
    assert got.gaps == []
    return {id: (m.text, m.published_at) for id, m in got.within(case.window).items()}


def test_hacker_news_is_heard_whole_though_a_search_is_cut():
    shipped, declared = (
        test_hackernews.TestHackerNewsHitsOnly(),
        declared_as(test_hackernews.TestHackerNews, HACKERNEWS),
    )
    assert heard(declared) == heard(shipped)
    assert set(heard(declared)) == set(test_hackernews.TestHackerNews.expected)


def test_the_questions_of_a_tag_are_heard_over_several_pages():
    case = test_stackexchange.TestStackExchangeHitsAlone
    shipped, declared = type("Tag", (case,), {"query": "[bouilloire]"})(), declared_as(case, STACKEXCHANGE)
    assert heard(declared) == heard(shipped)
    assert set(heard(declared)) == set(case.expected)


def test_everything_new_of_a_lemmy_instance_is_two_listings():
    case = test_lemmy.TestLemmyWhole
    listings = (LEMMY | {"url": f"https://jlai.test/api/v3/{kind}/list"} for kind in ("post", "comment"))
    posts, comments = (heard(declared_as(case, listing)) for listing in listings)
    assert posts | comments == heard(case())
    assert set(posts | comments) == set(case.expected)
