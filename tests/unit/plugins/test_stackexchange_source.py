"""What is special about Stack Exchange: waits in the body, errors with status 400, threads put together."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from listening_etl import (
    CredentialsRejected,
    Deletion,
    NotAMention,
    Slice,
    SourceUnavailable,
    SourceUnreadable,
    Truncated,
    Window,
    epoch,
)
from listening_etl.testing import Answer
from listening_etl.testing.platform import Platform
from plugins.sources.stackexchange import StackExchange, StackExchangeOptions

SAMPLES = Path(__file__).parents[2] / "contract" / "samples" / "stackexchange"
SOURCE = StackExchange()
NOW = datetime(2026, 10, 6, tzinfo=UTC)
WINDOW = Window(NOW - timedelta(days=1), NOW)


def parsed(name):
    found = []
    for item in SOURCE.items((SAMPLES / f"{name}.json").read_bytes(), None):
        mentions = SOURCE.parse(item, None)
        found += mentions if isinstance(mentions, list) else [mentions]
    return found


def fetched(answer, query='"torréo"', **options):
    platform = Platform(answer, NOW)
    with platform.http() as http:
        found = list(SOURCE.fetch(StackExchangeOptions(**options), Slice("topic", "se", WINDOW, query), http))
    return found, platform


def test_a_question_with_all_that_hangs_on_it():
    question, answer, on_answer, on_question = parsed("questions")
    assert (question.title, question.text) == ("Torréo ne s'allume plus", "Depuis hier, voir ici.")
    assert (question.links, question.hashtags) == (("https://torreo.test/a?b=1&c=2",), ("torréo", "panne"))
    assert (question.likes, question.replies, question.views) == (None, 1, 40)  # -2: votes for it are unknown
    assert question.updated_at == epoch(1791203600)  # last_activity_date is no edit
    assert (question.author.name, question.author.native_id) == ("Léa T.", "7")
    assert (answer.kind, answer.in_reply_to, answer.conversation_id) == ("reply", "100", "100")
    assert (answer.author.name, answer.author.native_id) == ("user99", None)  # the account is gone
    assert (on_answer.native_id, on_answer.in_reply_to, on_answer.conversation_id) == (
        "comment-5",
        "101",
        "100",
    )
    assert (on_answer.text, on_answer.reply_to_author) == ("Merci @user99 & bravo", "user99")
    assert (on_question.in_reply_to, on_question.conversation_id) == ("100", "100")


def test_other_shapes_of_the_same_things():
    question, answer = parsed("excerpts")
    assert (question.native_id, question.text) == ("100", "Torréo ne s'allume plus depuis hier")
    assert (answer.native_id, answer.in_reply_to, answer.text) == ("101", "100", "… Torréo se détartre …")
    (post,) = parsed("posts")
    assert (post.native_id, post.kind, post.in_reply_to) == ("101", "reply", None)
    (comment,) = parsed("comments")
    assert (comment.in_reply_to, comment.conversation_id) == ("101", None)


def test_answers_without_mentions_say_why():
    reasons = {
        "users": "no question",
        "empty": "without items",
        "error": r"an error: site is required \(400\)",
    }
    for name, reason in reasons.items():
        with pytest.raises(NotAMention, match=reason):
            parsed(name)


def test_a_wait_in_the_body_is_obeyed():
    def answer(request):
        first = request.params["page"] == "1"
        return {
            "items": [{"question_id": int(request.params["page"])}],
            "has_more": first,
            "backoff": 20 * first,
        }

    _, platform = fetched(answer, "[bouilloire]", threads=False)
    assert platform.now() - NOW >= timedelta(seconds=20)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ((502, "too many requests from this IP, more requests available in 3600 seconds"), SourceUnavailable),
        ((400, "`key` doesn't match a known application"), CredentialsRejected),
        ((400, "No site found for name `franch`"), SourceUnreadable),
    ],
)
def test_errors_ask_for_what_they_say(error, kind):
    wrapper = {"error_id": error[0], "error_name": "x", "error_message": error[1]}
    with pytest.raises(kind) as raised:
        fetched(lambda _: Answer(wrapper, status=400))
    if kind is SourceUnavailable:
        assert raised.value.retry_at == NOW + timedelta(hours=1)


def test_the_25th_page_is_the_last():
    def answer(request):
        number = int(request.params["page"])
        hit = {"item_type": "question", "question_id": number, "creation_date": 1791200000 - number}
        return {"items": [hit], "has_more": True} if "excerpts" in request.path else {"items": []}

    found, _ = fetched(answer, threads=False)
    assert len(found) == 25 + 1
    assert found[-1] == Truncated("the search shows 25 pages, 25 hits", None, epoch(1791200000 - 25))


def test_a_hit_whose_question_is_gone_is_kept():
    hit = {
        "item_type": "answer",
        "question_id": 1,
        "answer_id": 2,
        "creation_date": 1791200000,
        "excerpt": "oui",
    }
    found, _ = fetched(lambda request: {"items": [hit] if "excerpts" in request.path else []})
    assert found == [hit]


def test_a_recheck_asks_for_posts_and_comments_apart():
    platform = Platform(
        lambda request: {"items": [{"answer_id": 2}] if "/answers/" in request.path else []}, NOW
    )
    with platform.http() as http:
        found = list(SOURCE.recheck(StackExchangeOptions(), ["1", "2", "comment-3"], http))
    assert [request.path for request in platform.requests] == [
        "/2.3/questions/1;2", "/2.3/answers/1;2", "/2.3/comments/3"
    ]  # fmt: skip
    assert [SOURCE.parse(item, None) for item in found[1:]] == [Deletion("1"), Deletion("comment-3")]


@pytest.mark.parametrize("about", [
    {"revision_guid": "A1", "post_type": "question"},
    {"suggested_edit_id": 9, "post_type": "answer"},
    {"timeline_type": "comment", "comment_id": 8, "question_id": 7},
    {"reputation_change": 10, "post_type": "question"},
])  # fmt: skip
def test_what_happened_to_a_post_is_no_post(about):
    (item,) = SOURCE.items(
        orjson.dumps({"items": [{"post_id": 7, "creation_date": 1_791_200_000, **about}]}), None
    )
    with pytest.raises(NotAMention, match="no question, answer or comment"):
        SOURCE.parse(item, None)


def test_a_file_may_hold_several_pages():
    pages = b'{"items": [{"question_id": 1}], "has_more": true}\n{"items": [], "quota_max": 300}\n'
    assert [item["question_id"] for item in SOURCE.items(pages, None)] == [1]
