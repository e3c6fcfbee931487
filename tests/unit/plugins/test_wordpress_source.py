"""What is special about the WordPress source: threads, what is protected, and what is no post."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from listening_etl import NotAMention
from plugins.sources.wordpress import WordPress

SAMPLES = Path(__file__).parents[2] / "contract" / "samples" / "wordpress"
SOURCE = WordPress()


def sample(name):
    return orjson.loads((SAMPLES / name).read_bytes())


def test_a_post():
    mention = SOURCE.parse(sample("posts.json")[0], None)
    assert (mention.native_id, mention.kind, mention.channel) == ("post:41", "article", "web")
    assert (mention.title, mention.text) == (
        "Notre essai : Torréo l’Éclair",
        "Une cafetière vive.\nMais bruyante !",
    )
    assert mention.published_at == datetime(2026, 10, 5, 8, tzinfo=UTC)  # date_gmt, not the site's 10 o'clock
    assert mention.updated_at == datetime(2026, 10, 5, 10, tzinfo=UTC)
    assert (mention.author.name, mention.author.handle) == ("Camille", "camille")
    assert mention.media[0].alt_text == "La cafetière"


def test_a_thread_has_its_post_and_no_links_of_other_sites():
    item = {"post": sample("posts.json")[0], "comments": sample("comments.json")}
    first, second, post = SOURCE.parse(item, None)
    assert (first.in_reply_to, second.in_reply_to) == ("post:41", "comment:7")
    assert {m.conversation_id for m in (first, second, post)} == {"post:41"}
    assert (first.author.native_id, second.author.native_id, post.author.native_id) == (None, "3", "3")
    with pytest.raises(NotAMention, match="links from other sites"):
        SOURCE.parse({"post": None, "comments": sample("comments.json")[2:]}, None)


def test_what_a_password_protects_stays_out_also_of_its_thread():
    guarded = sample("posts.json")[1]
    with pytest.raises(NotAMention, match="password"):
        SOURCE.parse(guarded, None)
    found = SOURCE.parse({"post": guarded, "comments": sample("comments.json")[:1]}, None)
    assert [mention.native_id for mention in found] == ["comment:7"]


@pytest.mark.parametrize(("answer", "reason"), [
    (sample("media.json"), "no post: attachment"),
    ([{"id": 5, "name": "Cafetières", "taxonomy": "category", "count": 3}], "no post: category"),
    ([{"id": 3, "name": "Camille", "slug": "camille"}], "no post: something else"),
    (sample("error.json"), "an error: Aucune route correspondante"),
])  # fmt: skip
def test_what_is_no_post_says_what_it_is(answer, reason):
    with pytest.raises(NotAMention, match=reason):
        [SOURCE.parse(item, None) for item in SOURCE.items(orjson.dumps(answer), None)]
