"""The GDELT source: its plain words, its broken JSON, and what an article is about."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from listening_etl import Malformed, Slice, SourceUnavailable, SourceUnreadable, Window
from listening_etl.testing.platform import Platform
from plugins.sources.gdelt import Gdelt, GdeltOptions, searches

SOURCE = Gdelt()
START = datetime(2026, 10, 5, tzinfo=UTC)
ARTICLE = {"url": "https://journal.example/1", "title": "Une usine ouvre", "seendate": "20261005T101500Z"}


def fetch(answer, window=None, **options):
    window = window or Window(START, START + timedelta(days=1))
    with Platform(answer, START + timedelta(days=2)).http() as http:
        slice = Slice("t", "gdelt", window, '("Torréo" OR "Café Torréo")')
        return list(SOURCE.fetch(GdeltOptions(**options), slice, http))


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ("The specified phrase is too short.", SourceUnreadable, "phrase is too short"),
        ("<html><body>Your query  was\ntoo long.</body></html>", SourceUnreadable, "Your query was too long"),
        ("Please limit requests to one every 5 seconds", SourceUnavailable, "asks to wait"),
        ("", SourceUnreadable, "nothing"),
    ],
)
def test_what_gdelt_says_in_plain_words_is_an_error_although_the_status_is_200(said, error, words):
    with pytest.raises(error, match=words):
        fetch(lambda request: said)


def test_a_title_with_backslashes_and_control_characters_is_read():
    body = b'{"articles": [{"url": "https://a.example/\\u00e9", "title": "C:\\Temp \\\\x\tfin", "seendate": "x"}]}'
    (item,) = SOURCE.items(body, None)
    assert (item["url"], item["title"]) == ("https://a.example/é", "C:\\Temp \\x\tfin")


def test_an_article_is_about_what_gdelt_found_in_its_text():
    (item,) = fetch(lambda request: {"articles": [ARTICLE]})
    assert SOURCE.parse(item, GdeltOptions()).about == ("Torréo", "Café Torréo")
    assert SOURCE.parse(item, GdeltOptions(trust=False)).about == ()


def test_an_article_has_the_time_at_which_gdelt_saw_it_and_no_text():
    article = {**ARTICLE, "language": "French", "sourcecountry": "France", "domain": "journal.example"}
    found = SOURCE.parse(article, None)
    assert found.published_at == datetime(2026, 10, 5, 10, 15, tzinfo=UTC)
    assert (found.text, found.lang_declared, found.place, found.author.name) == (
        None,
        "fr",
        "France",
        "journal.example",
    )
    assert SOURCE.parse({**ARTICLE, "language": "Klingon"}, None).lang_declared is None
    with pytest.raises(Malformed, match="seendate 'hier'"):
        SOURCE.parse({**ARTICLE, "seendate": "hier"}, None)


def test_a_window_of_minutes_is_asked_for_as_an_hour():
    asked = []
    window = Window(START + timedelta(minutes=50), START + timedelta(hours=1))
    fetch(lambda request: asked.append(request.params) or {}, window, filters="sourcelang:french")
    assert [(one["startdatetime"], one["enddatetime"]) for one in asked] == [
        ("20261005000000", "20261005010001")
    ]
    assert asked[0]["query"] == '("Torréo" OR "Café Torréo") sourcelang:french'


def test_every_brand_is_searched_by_its_names_and_never_by_two_letters():
    entities = [SimpleNamespace(names=("Torréo", "Café Torréo")), SimpleNamespace(names=("TO", "Kafé"))]
    assert searches(entities) == ['("Torréo" OR "Café Torréo")', '"Kafé"']
