"""The X source on recorded answers of both interfaces: how many posts stand in each file, by counting."""

import gzip
import os
from pathlib import Path

import orjson
import pytest

from listening_etl import Mention, NotAMention
from plugins.sources.x import X

REPOSITORY = Path(__file__).parents[2]
DATA = Path(os.environ.get("LISTENING_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
COUNTED = {  # posts, and those that came along, where no other item has them
    "x_v1/search_tweets_page_1.json": 2 + 2,  # both are retweets
    "x_v1/search_tweets_page_3_empty.json": 0,
    "x_v2/fullarchive_hk_data_1399524961891532805.json": 134,
    "x_v2/fullarchive_hk_users_1399524961891532805.json": 0,
    "x_v2/fullarchive_reuters_data_1219780709600124929.json": 500,
    "x_v2/fullarchive_reuters_users_1219780709600124929.json": 0,
    "x_v2/fullarchive_tweetdata_data_1402939532849319939.json": 25,
    "x_v2/fullarchive_tweetdata_users_1402939532849319939.json": 9,
    "x_v2/search_tweets_query.json": 4 + 2,  # three came along, of which one is a hit too
    "x_v2/timeline_mentions.json": 5,
    "x_v2/tweet_quote_tweets_resp.json": 15,
    "x_v2/tweets_counts_recent_resp.json": 0,
    "x_v2/tweets_resp.json": 2,
    "x_v2/users_resp.json": 0,
}
SOURCE = X()
needs_data = pytest.mark.skipif(not (DATA / "payloads").is_dir(), reason="the recorded answers are not here")


def mentions_in(answer):
    """The mentions of an answer by id, and why there are none."""
    try:
        found = [one for item in SOURCE.items(answer, None) for one in SOURCE.parse(item, None)]
    except NotAMention as reason:
        return {}, str(reason)
    assert all(isinstance(one, Mention) for one in found)
    return {one.native_id: one for one in found}, None


def raw_posts(value):
    """Whatever in a document has an id, a text and a time."""
    if isinstance(value, list):
        return [post for inner in value for post in raw_posts(inner)]
    if not isinstance(value, dict):
        return []
    own = [value] if {"id", "text", "created_at"} <= value.keys() else []
    return own + [post for inner in value.values() for post in raw_posts(inner)]


@needs_data
def test_no_recording_is_left_out():
    found = {f"{path.parent.name}/{path.name}" for path in (DATA / "payloads").glob("x_v?/*.json")}
    assert found == set(COUNTED)


@needs_data
@pytest.mark.parametrize("name", COUNTED)
def test_every_post_is_there(name):
    mentions, reason = mentions_in((DATA / "payloads" / name).read_bytes())
    assert len(mentions) == COUNTED[name]
    assert mentions or reason == "it holds no posts"


@needs_data
def test_an_id_holds_the_time_that_x_states():
    checked = 0
    for name in COUNTED:
        for post in raw_posts(orjson.loads((DATA / "payloads" / name).read_bytes())):
            bare = {"data": {"id": post["id"], "text": post["text"]}}
            if "id_str" not in post:
                [mention] = SOURCE.parse(bare, None)
                assert mention.published_at.isoformat() == post["created_at"].replace(".000Z", "+00:00")
                checked += 1
    # 134 + 500 + 25 + 9 + (4 + 3) + 5 + 15 + 2; the pinned post of the profiles came without its time.
    assert checked == 697


@needs_data
def test_what_a_search_says():
    mentions, _ = mentions_in((DATA / "payloads/x_v2/search_tweets_query.json").read_bytes())
    reply = mentions["1276035977375477760"]
    assert (reply.kind, reply.in_reply_to, reply.reply_to_author) == (
        "reply",
        "1275653067283759104",
        "snowman",
    )
    assert reply.published_at.isoformat() == "2020-06-25T06:14:19+00:00"
    assert (reply.tagged, reply.lang_declared, reply.likes) == (("snowman",), "en", None)
    assert mentions["1275653067283759104"].author.handle == "snowman"


@needs_data
def test_a_retweet_of_the_old_interface():
    mentions, _ = mentions_in((DATA / "payloads/x_v1/search_tweets_page_1.json").read_bytes())
    retweet, original = mentions["1005277806383673344"], mentions["1004631044610502657"]
    assert retweet.reshared_id == original.native_id
    assert retweet.published_at.isoformat() == "2018-06-09T02:38:00+00:00"
    assert (retweet.reshares, original.reshares, original.likes) == (None, 9, 11)
    assert retweet.hashtags == ("structure", "community")
    assert retweet.text.endswith("increasing or decreasing?…")  # the original beside it is cut even shorter


@needs_data
def test_raw_timelines_of_28_media():
    path = DATA / "french" / "media_tweets" / "x_api_v2_user_timelines_raw.json.gz"
    if not path.is_file():
        pytest.skip("the timelines are not here")
    answer = gzip.decompress(path.read_bytes())
    raw = [post for posts in orjson.loads(answer).values() for post in posts]
    mentions, _ = mentions_in(answer)
    assert len(mentions) == len(raw) == 1360
    passed_on = [p for p in raw if any(r["type"] == "retweeted" for r in p.get("referenced_tweets", ()))]
    assert sum(one.reshared_id is not None for one in mentions.values()) == len(passed_on)
    some = mentions["1524016701213450240"]  # counted by hand: 18 retweets, 7 replies, 30 likes
    assert (some.reshares, some.replies, some.likes) == (18, 7, 30)
