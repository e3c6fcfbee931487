"""The Stack Exchange source on recorded answers; their authors made every number 1, 2 or 3."""

import os
from pathlib import Path

import pytest

from plugins.sources.stackexchange import StackExchange

REPOSITORY = Path(__file__).parents[2]
DATA = (
    Path(os.environ.get("LISTENING_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    / "payloads"
    / "stackexchange"
)
ONE = [("1", "post"), ("1", "reply"), ("comment-60495069", "comment")]
TWO = [*ONE, ("1", "post"), ("2", "reply"), ("comment-2", "comment")]
COUNTED = {
    "stackexchange_question.json": ONE,
    "stackexchange_question_backoff_page.json": TWO,
    "stackexchange_question_page.json": TWO,
}
SOURCE = StackExchange()
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the recorded answers are not here")


def read(name):
    items = SOURCE.items((DATA / name).read_bytes(), None)
    return [mention for item in items for mention in SOURCE.parse(item, None)]


def test_no_recording_is_left_out():
    assert {path.name for path in DATA.iterdir()} == set(COUNTED)


@pytest.mark.parametrize("name", COUNTED)
def test_each_question_with_its_answer_and_its_comment(name):
    assert [(mention.native_id, mention.kind) for mention in read(name)] == COUNTED[name]


def test_what_a_question_holds():
    question, answer, comment = read("stackexchange_question.json")
    assert question.published_at.isoformat() == "2016-04-06T02:01:16+00:00"  # 1459908076
    assert (question.likes, question.replies, question.views) == (1, 1, 17)
    assert (question.hashtags, question.text, question.author.native_id) == (("python", "pandas"), None, "3")
    assert (answer.in_reply_to, answer.conversation_id) == ("1", "1")
    assert (comment.in_reply_to, comment.author.native_id) == ("1", "2")
