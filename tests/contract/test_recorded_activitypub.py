"""Objects and activities of twelve kinds of servers, read by the sources that may meet them."""

import os
from pathlib import Path

import pytest

from listening_etl import Deletion, Mention
from plugins.sources.activitypub import ActivityPub
from plugins.sources.lemmy import Lemmy

REPOSITORY = Path(__file__).parents[2]
DATA = (
    Path(os.environ.get("LISTENING_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    / "payloads"
    / "activitypub"
)
MENTIONS = {  # kind, language stated, handle of the author: read off each file
    "discourse_objects_page": ("post", None, None),
    "friendica_objects_page_1": ("post", "de", "heluecht@pirati.ca"),
    "gnusocial_objects_note": ("reply", "en", None),
    "lemmy_activities_create_or_update_create_page": ("post", "ko", "lemmy_alpha@ds9.lemmy.ml"),
    "lemmy_activities_create_or_update_update_page": ("post", None, "lemmy_alpha@ds9.lemmy.ml"),
    "lemmy_objects_comment": ("reply", "fr", "picard@enterprise.lemmy.ml"),
    "lemmy_objects_page": ("post", "fr", "picard@enterprise.lemmy.ml"),
    "lotide_objects_page": ("post", None, None),
    "mastodon_activities_create_note": ("reply", "en", "felix@mastodon.madrid"),
    "mastodon_objects_note_1": ("reply", "en", "felix@mastodon.madrid"),
    "mastodon_objects_page": ("post", "it", "mastodon@masto.qa.urbanwildlife.biz"),
    "nodebb_objects_page": ("article", None, None),
    "peertube_objects_video": ("post", "en", "thelinuxexperiment@tilvids.com"),
    "pleroma_objects_note": ("reply", None, "lanodan@queer.hacktivis.me"),
    "smithereen_objects_note": ("reply", None, None),
    "wordpress_objects_note": ("reply", "en", "pfefferle@pfefferle.org"),
    "wordpress_objects_page": ("article", "en", "db0@dbzer0.com"),
}
DELETIONS = {
    "lemmy_activities_deletion_delete_page": "http://ds9.lemmy.ml/post/1",
    "lemmy_objects_tombstone": "https://lemmy.ml/comment/110273",
    "mastodon_activities_delete": "https://mastodon.madrid/users/felix/statuses/107773559874184870",
}
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the recorded answers are not here")


def read(source, name):
    (item,) = source.items((DATA / f"{name}.json").read_bytes(), None)
    return source.parse(item, None)


def test_no_recording_is_left_out():
    assert {path.stem for path in DATA.iterdir()} == {*MENTIONS, *DELETIONS}


@pytest.mark.parametrize("source", [Lemmy(), ActivityPub()], ids=lambda source: source.name)
@pytest.mark.parametrize("name", [*MENTIONS, *DELETIONS])
def test_each_file_holds_one_mention_or_deletion(source, name):
    found = read(source, name)
    if name in DELETIONS:
        assert found == Deletion(DELETIONS[name])
        return
    assert isinstance(found, Mention)
    handle = found.author.handle
    assert (found.kind, found.lang_declared, handle) == MENTIONS[name]


def test_an_edit_is_the_mention_as_it_is_now():
    before = read(ActivityPub(), "lemmy_activities_create_or_update_create_page")
    after = read(ActivityPub(), "lemmy_activities_create_or_update_update_page")
    assert before.native_id == after.native_id == "http://ds9.lemmy.ml/post/1"
    assert (before.title, before.updated_at) == ("test post", None)
    assert (after.title, after.updated_at.isoformat()) == ("test post 1", "2021-10-29T15:11:35.976374+00:00")


def test_a_link_elsewhere_is_not_the_page_of_the_post():
    shared = read(ActivityPub(), "friendica_objects_page_1")
    assert shared.url == "https://pirati.ca/objects/ec054ce7-8062-3c1b-016c-910426317080"
    assert shared.links == ("https://www.nasaspaceflight.com/2022/03/us-eva-80/",)


def test_a_video_and_an_article_with_pictures():
    video = read(ActivityPub(), "peertube_objects_video")
    assert (video.views, video.title[:4]) == (360, "Mesa")
    assert video.url == "https://tilvids.com/videos/watch/e7946124-7b72-4ad7-9d22-844a84bb2de1"
    article = read(ActivityPub(), "wordpress_objects_page")
    # Four attachments, the first of which is also the article's picture.
    assert [(part.kind, part.alt_text) for part in article.media] == [
        ("image", "A fleet of varied spacships"), ("image", None), ("image", None), ("image", None)
    ]  # fmt: skip
    assert (article.likes, article.reshares) == (2, 0)
    assert {"3DPrinting", "ai", "Boardgames"} <= set(article.hashtags)
