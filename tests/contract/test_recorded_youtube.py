"""The YouTube source on real answers, where they are at hand."""

import os
from pathlib import Path

import pytest

from listening_etl import Malformed, NotAMention
from plugins.sources.youtube import YouTube

DATA = Path(os.environ.get("LISTENING_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
SOURCE = YouTube()

# Videos, comments and replies by file: `jq '[.items[].kind] | group_by(.) | map({(.[0]): length})' FILE`, and for
# threads `jq '[.items[].replies.comments // [] | length] | add' FILE`, which is 0 in all of them.
HELD = {
    "channel_info_multi.json": {},
    "comment_thread_single.json": {"comment": 1},
    "comment_threads_by_video_paged_1.json": {"comment": 5},
    "comment_threads_by_video_paged_2.json": {"comment": 5},
    "comment_threads_multi.json": {"comment": 2},
    "comment_threads_with_search.json": {"comment": 1},
    "comments_by_parent_paged_1.json": {"reply": 2},
    "comments_by_parent_paged_2.json": {"reply": 1},
    "error_permission_resp.json": {},
    "error_response.json": {},
    "search_by_keywords_p1.json": {"post": 25},
    "search_by_keywords_p2.json": {"post": 25},
    "videos_info_multi.json": {"post": 2},
}


def payload(name):
    path = DATA / "payloads" / "youtube" / name
    if not path.exists():
        pytest.skip("the recorded answers are absent: LISTENING_TEST_DATA names no folder that has them")
    return path.read_bytes()


def read(name):
    """Mentions of a recorded answer, and why the other things in it are none."""
    mentions, refused = [], []
    try:
        for item in SOURCE.items(payload(name), None):
            try:
                found = SOURCE.parse(item, None)
                mentions += found if isinstance(found, list) else [found]
            except (NotAMention, Malformed) as reason:
                refused.append(str(reason))
    except NotAMention as reason:
        refused.append(str(reason))
    return mentions, refused


@pytest.mark.parametrize("name", HELD)
def test_a_recorded_answer_gives_what_it_holds(name):
    mentions, refused = read(name)
    kinds = [mention.kind for mention in mentions]
    assert {kind: kinds.count(kind) for kind in kinds} == HELD[name]
    assert bool(refused) == (HELD[name] == {})
    assert all(mention.author.native_id.startswith("UC") for mention in mentions)


def test_every_recorded_answer_is_expected():
    payload("error_response.json")
    assert {path.name for path in (DATA / "payloads" / "youtube").iterdir()} == set(HELD)


def test_a_video_a_comment_and_a_reply_say_what_stands_in_them():
    video = read("videos_info_multi.json")[0][0]
    assert (video.native_id, video.lang_declared, video.views) == ("D-lhorsDlUQ", "en", None)  # not asked for
    assert video.title == "What are Actions on Google (Assistant on Air)"
    comment = read("comment_thread_single.json")[0][0]
    assert (comment.in_reply_to, comment.likes, comment.replies) == ("D-lhorsDlUQ", 0, 0)
    assert comment.text.startswith("Super video !!!\nWith full power")
    reply = read("comments_by_parent_paged_2.json")[0][0]
    assert reply.in_reply_to == "Ugw5zYU6n9pmIgAZWvN4AaABAg"
    titles = {mention.native_id: mention.title for mention in read("search_by_keywords_p1.json")[0]}
    assert titles["i2hewkFijuY"] == "SURFING PERFECT PIPE & BACKDOOR || SUNRISE SHACK!"
