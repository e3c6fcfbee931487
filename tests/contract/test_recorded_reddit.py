"""The Reddit source on recorded answers: how many mentions and deletions stand in each file, by counting."""

import os
from collections import Counter
from pathlib import Path

import pytest

from listening_etl import Malformed, Mention, NotAMention
from plugins.sources.reddit import Reddit

REPOSITORY = Path(__file__).parents[2]
DATA = (
    Path(os.environ.get("LISTENING_TEST_DATA", REPOSITORY.parent / "shared" / "data")) / "payloads" / "reddit"
)
COUNTED = {  # posts and comments, of which with a body "[deleted]"
    "comments_tree_chain.json": (1 + 9, 0),
    "comments_tree_large.json": (1 + 485, 10),
    "comments_tree_removed_comment.json": (1 + 200, 0),
    "error_403.json": (0, 0),
    "listing_domain_youtube_new.json": (100, 0),
    "listing_front_hot.json": (100, 0),
    "listing_r_claudeai_search.json": (10, 0),
    "listing_user_spez_p1.json": (7 + 93, 0),
    "listing_user_spez_p2.json": (100, 0),
    "listing_user_spez_p3.json": (3 + 97, 0),
    "morechildren.json": (19, 1),
}
SOURCE = Reddit()
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the recorded answers are not here")


def read(path):
    """Mentions, deletions, and why the rest is no mention."""
    found, reasons = [], []
    try:
        for item in SOURCE.items(path.read_bytes(), None):
            try:
                parsed = SOURCE.parse(item, None)
                found += parsed if isinstance(parsed, list) else [parsed]
            except (NotAMention, Malformed) as reason:
                reasons.append(str(reason))
    except NotAMention as reason:
        reasons.append(str(reason))
    mentions = [one for one in found if isinstance(one, Mention)]
    return mentions, [one for one in found if one not in mentions], reasons


@needs_data
def test_no_recording_is_left_out():
    files = {path.name for path in DATA.glob("*.json") if not path.name.endswith(".headers.json")}
    assert files == set(COUNTED)


@needs_data
@pytest.mark.parametrize("name", COUNTED)
def test_every_post_and_comment_is_there(name):
    together, gone = COUNTED[name]
    mentions, deletions, reasons = read(DATA / name)
    assert (len(mentions), len(deletions)) == (together - gone, gone)
    assert len({mention.native_id for mention in mentions}) == len(mentions)
    assert mentions or reasons == ["an error: Forbidden (403)"]


@needs_data
def test_a_thread_hangs_together():
    mentions, deletions, _ = read(DATA / "comments_tree_large.json")
    ids = {one.native_id for one in [*mentions, *deletions]}
    assert {mention.in_reply_to for mention in mentions} - {None} <= ids
    assert {mention.conversation_id for mention in mentions} == {"t3_n49rw"}
    # 60 of 485 comments are of deleted accounts; in 10 of these the text is gone too.
    assert Counter(mention.author is None for mention in mentions) == {False: 426, True: 50}


@needs_data
def test_stubs_are_named():
    _, _, reasons = read(DATA / "morechildren.json")
    assert len(reasons) == 7
    assert "a stub for comments that were not fetched: 521 under t3_n49rw" in reasons


@needs_data
def test_a_post_with_a_video_and_an_edited_one():
    mentions, _, _ = read(DATA / "listing_r_claudeai_search.json")
    pinned, video = mentions[:2]
    assert pinned.updated_at.isoformat() == "2026-05-04T23:17:51+00:00"  # edited: 1777936671
    assert [part.kind for part in video.media] == ["video"]
    assert (video.likes, video.replies, video.author.native_id) == (37, 12, "t2_1rf94t4rf0")
