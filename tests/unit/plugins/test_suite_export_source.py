"""Exports of suites: what the header tells, what stands in which column."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from listening_etl import Malformed, Media, NotAMention, SourceUnreadable
from plugins.sources.suite_export import SuiteExport, SuiteOptions, suite_of

SAMPLES = Path(__file__).parents[2] / "contract" / "samples" / "suite_export"
SOURCE = SuiteExport()


def mentions_of(path, **given):
    options = SuiteOptions(path=path, timezone="Europe/Paris", **given)
    items = list(SOURCE.fetch(options, None, None))
    return items, [SOURCE.parse(item.data, options) for item in items]


@pytest.fixture
def brandwatch():
    return mentions_of(SAMPLES / "brandwatch.csv")


def test_lines_above_the_header_are_passed_over_and_counted(brandwatch):
    items, found = brandwatch
    assert len(found) == 5
    assert items[0].at == "brandwatch.csv:8"  # five lines and a blank one above, the header is line 7
    assert items[-1].at == "brandwatch.csv:12"


def test_a_post_of_brandwatch(brandwatch):
    post = brandwatch[1][0]
    assert post.published_at == datetime(2026, 10, 5, 12, 3, 21, tzinfo=UTC)  # 14:03:21 in Paris, summer time
    assert (post.kind, post.channel, post.lang_declared, post.place) == ("post", "social", "fr", "Lyon")
    assert post.text.startswith("La Torréo One fuit encore, @torreo_aide")  # the full text, not the snippet
    assert post.title is None  # the suite's title is how the text begins
    assert (post.author.handle, post.author.name, post.author.followers) == ("ana_cafe", "Ana B.", 312)
    assert post.author.verified is False
    assert (post.likes, post.replies, post.reshares) == (4, 2, 1)
    assert (post.tagged, post.hashtags) == (("torreo_aide",), ("torreo",))
    assert post.media == (Media(url="https://pics.example/fuite.jpg"),)
    assert (post.lat, post.lon) == (45.76, 4.83)


def test_a_reply_names_its_original_by_the_id_of_that(brandwatch):
    post, reply = brandwatch[1][:2]
    assert (reply.kind, reply.in_reply_to) == ("reply", post.native_id)
    assert (reply.author.followers, reply.likes) == (9200, 0)  # the page type is X, the columns are Twitter's
    assert reply.text == "@ana_cafe Bonjour Ana, écrivez-nous"  # no full text: the snippet


def test_an_article_has_no_counts_of_other_platforms(brandwatch):
    article = brandwatch[1][2]
    assert (article.kind, article.channel) == ("article", "web")
    assert (article.likes, article.replies, article.reshares) == (None, None, None)
    assert (article.author.handle, article.author.name) == (None, "Léa Martin")
    assert article.title == "Machines à café : le banc d'essai"


def test_counts_are_those_of_the_platform(brandwatch):
    photo = brandwatch[1][3]
    assert (photo.likes, photo.replies, photo.reshares) == (35, 3, None)
    assert photo.hashtags == ("cafe", "dimanche")
    assert photo.published_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30, the first of two


def test_a_row_without_address_has_an_id_of_its_words(brandwatch, tmp_path):
    comment = brandwatch[1][4]
    assert (comment.kind, comment.url) == ("comment", None)
    assert len(comment.native_id) == 32
    assert comment.text == 'Il faut "changer" le filtre,\ntous les mois'
    body = (SAMPLES / "brandwatch.csv").read_text("utf-8").replace("tous les mois", "tous les ans")
    (tmp_path / "other.csv").write_text(body, "utf-8")
    assert mentions_of(tmp_path / "other.csv")[1][4].native_id != comment.native_id


def test_talkwalker():
    path = SAMPLES / "talkwalker.csv"
    options = SuiteOptions(path=path, timezone="Europe/Paris", licence="contrat 2026-17")
    items = list(SOURCE.fetch(options, None, None))
    post, article = (SOURCE.parse(item.data, options) for item in items[:2])
    assert '"licence": "contrat 2026-17"' in items[0].data
    assert (post.author.native_id, post.author.handle, post.author.name) == ("tw:77", "bru", "Bruno")
    assert (post.likes, post.reshares, post.replies) == (6, 1, None)  # 0 comments is said of every tweet
    assert (article.replies, article.likes) == (12, None)
    assert article.published_at == datetime(2026, 10, 5, 14, 0, tzinfo=UTC)  # 1791208800000 ms
    assert article.text == "La marque <rappelle> 3 000 machines"  # the content is empty: its snippet
    with pytest.raises(Malformed, match="no publication time"):
        SOURCE.parse(items[2].data, options)


@pytest.mark.parametrize(("names", "suite"), [
    (["Query Name", "Date", "Url"], "Brandwatch"), (["query_id", "DATE"], "Brandwatch"),
    (["published", "url", "title_snippet"], "Talkwalker"), (["date", "url", "text"], None), ([], None),
])  # fmt: skip
def test_the_header_tells_the_suite(names, suite):
    assert suite_of(names) == suite


def test_an_american_export(tmp_path):
    row = "T;10/05/2026 2:03 PM;https://a.example/1;Un essai;news;45,5"
    body = f"Query Name;Date;Url;Snippet;Page Type;Latitude\n{row}\n"
    (tmp_path / "us.csv").write_text(body, "utf-8")
    found = mentions_of(tmp_path / "us.csv", date_format="%m/%d/%Y %I:%M %p", decimal=",")[1][0]
    assert (found.published_at, found.lat) == (datetime(2026, 10, 5, 12, 3, tzinfo=UTC), 45.5)


def test_several_packed_files(tmp_path):
    for number in (1, 2):
        (tmp_path / f"e{number}.csv.gz").write_bytes(gzip.compress((SAMPLES / "brandwatch.csv").read_bytes()))
    items, found = mentions_of(tmp_path / "e*.csv.gz")
    assert (len(found), items[5].at) == (10, "e2.csv.gz:8")


def test_what_is_no_export_is_unreadable(tmp_path):
    (tmp_path / "other.csv").write_text("id,text\n1,a\n", "utf-8")
    with pytest.raises(SourceUnreadable, match="is a header of Brandwatch or Talkwalker"):
        mentions_of(tmp_path / "other.csv")
    with pytest.raises(SourceUnreadable, match="no such file"):
        mentions_of(tmp_path / "absent.csv")
    (tmp_path / "broken.csv.gz").write_bytes(b"\x1f\x8bnot gzip")
    with pytest.raises(SourceUnreadable, match="cannot be read"):
        mentions_of(tmp_path / "broken.csv.gz")


def test_a_row_of_something_else_is_no_mention():
    with pytest.raises(NotAMention):
        SOURCE.parse('{"id": 1}', SuiteOptions(path="x", timezone="UTC"))


def test_the_time_zone_has_to_be_one():
    with pytest.raises(ValidationError, match="no IANA time zone"):
        SuiteOptions(path="x", timezone="Paris")
    with pytest.raises(ValidationError, match="timezone"):
        SuiteOptions(path="x")
