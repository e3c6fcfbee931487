"""Facebook and Instagram on recorded answers: how many mentions stand in each file, by counting."""

import os
from pathlib import Path

import orjson
import pytest

from listening_etl import Malformed, NotAMention
from plugins.sources.facebook import Facebook
from plugins.sources.instagram import Instagram

REPOSITORY = Path(__file__).parents[2]
DATA = Path(os.environ.get("LISTENING_TEST_DATA", REPOSITORY.parent / "shared" / "data")) / "payloads"
FACEBOOK = {
    "comments_comments_info.json": 2,
    "comments_comments_p1.json": 10,
    "comments_comments_p2.json": 5,
    "error_data.json": 0,
    "groups_feed_p1.json": 5,  # one of them without a message
    "posts_feed_fields_p1.json": 5,
    "posts_feeds_default_fields_p1.json": 5,
    "posts_single_post_data.json": 1,
}
INSTAGRAM = {
    "comments_comments_fields.json": 2,
    "discovery_medias_p1.json": 2,
    "hashtags_hashtag_top_medias_p1.json": 0,  # 25 posts, asked for without their times
    "medias_comments_p1.json": 2,
    "medias_comments_p2.json": 2,
    "medias_insights_new.json": 0,
    "medias_media_default.json": 1,
    "medias_medias_fields.json": 2,
    "users_medias_p1.json": 2,
    "users_medias_p2.json": 2,
    "users_mentioned_media.json": 1,
}
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the recorded answers are not here")


def read(source, name):
    """The mentions of a file, and why the rest is none."""
    found, reasons = [], []
    try:
        for item in source.items((DATA / f"{source.name}_graph" / name).read_bytes(), None):
            try:
                found += source.parse(item, None)
            except (NotAMention, Malformed) as reason:
                reasons.append(str(reason))
    except NotAMention as reason:
        reasons.append(str(reason))
    return found, reasons


@needs_data
def test_no_recording_is_left_out():
    for folder, counted in (("facebook_graph", FACEBOOK), ("instagram_graph", INSTAGRAM)):
        assert {path.name for path in (DATA / folder).glob("*.json")} == set(counted)


@needs_data
@pytest.mark.parametrize(
    ("source", "name", "number"),
    [
        (source, *one)
        for source, files in ((Facebook(), FACEBOOK), (Instagram(), INSTAGRAM))
        for one in files.items()
    ],
    ids=lambda one: getattr(one, "name", one),
)
def test_everything_said_is_there(source, name, number):
    found, reasons = read(source, name)
    assert len(found) == number
    assert len({one.native_id for one in found}) == number
    assert found or reasons


@needs_data
def test_why_there_is_nothing():
    assert read(Facebook(), "error_data.json")[1][0].startswith("an error: (#100) Object does not exist")
    assert read(Instagram(), "medias_insights_new.json")[1] == ["it holds no posts and no comments"]
    assert read(Instagram(), "hashtags_hashtag_top_medias_p1.json")[1] == ["it has no publication time"] * 25


@needs_data
def test_comments_that_came_without_ids_hang_together():
    found = [
        *read(Facebook(), "comments_comments_p1.json")[0],
        *read(Facebook(), "comments_comments_p2.json")[0],
    ]
    ids = {one.native_id for one in found}
    assert len(ids) == 15
    assert {one.conversation_id for one in found} == {"19292868552_10158407654328553"}
    # Five answer a comment (their address has `reply_comment_id`), all of them one of the fifteen.
    raw = [
        orjson.loads((DATA / "facebook_graph" / f"comments_comments_p{n}.json").read_bytes()) for n in (1, 2)
    ]
    answers = [one for page in raw for one in page["data"] if "reply_comment_id" in one["permalink_url"]]
    assert [one.kind for one in found].count("reply") == len(answers)
    assert {one.in_reply_to for one in found if one.kind == "reply"} <= ids


@needs_data
def test_what_a_page_posted():
    post = read(Facebook(), "posts_feeds_default_fields_p1.json")[0][0]
    assert (post.likes, post.replies, post.reshares) == (125, 13, 10)
    assert post.tagged == ("Ninja Van Singapore", "Messenger")
    assert post.published_at.isoformat() == "2021-07-09T19:09:52+00:00"


@needs_data
def test_an_album_and_a_discovered_account():
    [album] = read(Instagram(), "medias_media_default.json")[0]
    assert ([part.kind for part in album.media], album.likes) == (["image", "image", "video"], 1)
    assert {one.author.native_id for one in read(Instagram(), "discovery_medias_p1.json")[0]} == {
        "17841407673135339"
    }
