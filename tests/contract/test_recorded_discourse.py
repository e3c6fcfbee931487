"""The Discourse source on real answers of two forums, where they are at hand."""

import os
from pathlib import Path

import pytest

from listening_etl import NotAMention
from plugins.sources.discourse import Discourse

DATA = Path(os.environ.get("LISTENING_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
SOURCE = Discourse()

# Posts by file: `jq '[.. | .cooked? // empty] | length'`; none in the lists of topics.
POSTS = {
    "discourse_post.json": 1,
    "discourse_posts.json": 4,
    "discourse_topic_1148.json": 20,
    "discourse_topics.json": "a list of topics",
    "discourse_topics_empty.json": "a list of topics",
    "discourse_topics_last_posted_at_null.json": "a list of topics",
}


@pytest.fixture(scope="module")
def mentions():
    """What the source makes of each file: mentions, or why there are none."""
    found = {}
    for path in sorted((DATA / "payloads" / "discourse").glob("*.json")):
        try:
            parsed = [SOURCE.parse(item, None) for item in SOURCE.items(path.read_bytes(), None)]
        except NotAMention as reason:
            found[path.name] = str(reason)
        else:
            found[path.name] = [m for part in parsed for m in (part if isinstance(part, list) else [part])]
    if not found:
        pytest.skip("the recorded answers are absent: LISTENING_TEST_DATA names no folder that has them")
    return found


def test_every_recorded_answer_gives_its_posts(mentions):
    assert {n: told if isinstance(told, str) else len(told) for n, told in mentions.items()} == POSTS


def test_a_thread_keeps_who_answered_whom(mentions):
    """post_number, reply_to_post_number and id of the file, put side by side by hand."""
    answered = {m.native_id: m.in_reply_to for m in mentions["discourse_posts.json"]}
    assert answered == {"4383": None, "4387": "4383", "4393": "4383", "4396": "4387"}
    longer = {m.native_id: m for m in mentions["discourse_topic_1148.json"]}
    assert longer["20545"].in_reply_to == "20218"  # post 20 answers post 19
    assert (longer["19162"].quoted_id, longer["19162"].reply_to_author) == ("19152", "noisycitytoonoisy")
    assert {m.conversation_id for m in longer.values()} == {"topic:1148"}
    assert [m.title for m in longer.values()].count(None) == 19  # the opening post has the title alone


def test_quotes_and_previews_are_not_the_authors_words(mentions):
    longer = {m.native_id: m for m in mentions["discourse_topic_1148.json"]}
    assert longer["18952"].text == "This is the new support and feedback thread for uBlock Origin"
    assert longer["18952"].likes == 6
    assert "Is there a keyboard shortcut" not in longer["19162"].text
    assert "Is there a keyboard shortcut" in longer["19152"].text
    assert "KB" not in longer["19133"].text  # 800x620 97.3 KB, below each picture
    assert len(longer["19133"].media) == 6
