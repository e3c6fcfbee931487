"""What every source promises, for the WordPress source: a site east of Greenwich, one that lost its permalinks."""

import base64
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from listening_etl import Slice
from listening_etl.http import Http
from listening_etl.testing import Answer, SourceContract, Window
from plugins.sources.wordpress import WordPress, WordPressOptions

START = datetime(2026, 10, 5, tzinfo=UTC)
HERE = timedelta(hours=9)  # the site's clock shows Tokyo's time
NEEDED = "Basic " + base64.b64encode(b"veille:s3cret word").decode()


def post(number):
    """A post an hour, from 50 hours before the window."""
    written = START + timedelta(hours=number - 50)
    return {
        "id": number,
        "type": "post",
        "author": 3,
        "date": (written + HERE).isoformat()[:19],
        "date_gmt": written.isoformat()[:19],
        "modified_gmt": written.isoformat()[:19],
        "link": f"https://blog.test/?p={number}",
        "title": {"rendered": f"Essai {number}"},
        "content": {"rendered": f"<p>Torréo, essai {number}.</p>", "protected": False},
    }


def comment(number):
    """A comment half an hour after each post; each third one answers the one before it."""
    below = post(number)
    written = datetime.fromisoformat(below["date_gmt"]) + timedelta(minutes=30)
    return {
        **{name: below[name] for name in ("id", "content")},
        "date": (written + HERE).isoformat(),
        "date_gmt": written.isoformat(),
        "post": number - (number % 3 == 0),
        "parent": number - 1 if number % 3 == 0 else 0,
        "author_name": f"Lectrice {number}",
        "type": "comment",
    }


class TestWordPress(SourceContract):
    plugin = WordPress()
    options = {"url": "https://blog.test", "username": "veille", "password": "s3cret word"}
    secrets = (NEEDED,)
    window = Window(START, START + timedelta(hours=150))
    now = START + timedelta(hours=200)
    unknown_id = "comment:9999"
    expected = tuple(f"{kind}:{number}" for kind in ("post", "comment") for number in range(50, 200))

    def setup_method(self):
        self.held = {
            "posts": {number: post(number) for number in range(1, 260)},
            "comments": {number: comment(number) for number in range(1, 260)},
        }

    def answer(self, request):
        if request.headers.get("authorization") != NEEDED:
            return Answer({"code": "rest_forbidden", "message": "Non.", "data": {"status": 401}}, status=401)
        asked = request.params
        route = asked.get("rest_route", request.path.removeprefix("/wp-json"))
        if route == "/wp/v2/users/me":
            return {"id": 3, "name": "Veille"}
        found = list(self.held[route.removeprefix("/wp/v2/")].values())
        if "include" in asked:
            wanted = set(asked["include"].split(","))
            found = [one for one in found if str(one["id"]) in wanted]
        else:  # WordPress compares with the site's own clock, and takes neither edge
            found = [one for one in found if asked["after"] < one["date"] < asked["before"]]
        size, page = int(asked["per_page"]), int(asked.get("page", 1))
        if page > 1 and size * (page - 1) >= len(found):
            said = {"code": "rest_post_invalid_page_number", "message": "Non.", "data": {"status": 400}}
            return Answer(said, status=400)
        return Answer(found[size * (page - 1) : size * page], headers={"x-wp-total": str(len(found))})


class TestWordPressWithoutPermalinks(TestWordPress):
    options = {**TestWordPress.options, "permalinks": False}


@pytest.mark.parametrize(
    ("there", "taken", "before"),
    [(259, 5, 3), (259, 105, 4), (201, 5, 4)],
    ids=["of the first page", "of the second", "so that the last page is gone"],
)
def test_a_post_taken_away_between_two_pages_hides_no_other(there, taken, before):
    site, asked = TestWordPress(), []
    site.setup_method()
    site.held["posts"] = {number: post(number) for number in range(1, there + 1)}

    def reply(request):
        asked.append(request)
        if len(asked) == before:
            del site.held["posts"][taken]
        given = site.answer(Asked(request))
        given = given if isinstance(given, Answer) else Answer(given)
        return httpx.Response(given.status, headers=given.headers, json=given.content)

    options = WordPressOptions(**{**TestWordPress.options, "comments": False})
    window = Window(START - timedelta(hours=60), START + timedelta(hours=250))
    with Http(transport=httpx.MockTransport(reply)) as http:
        found = [item["id"] for item in WordPress().fetch(options, Slice("t", "wordpress", window), http)]
    assert sorted(found) == list(range(1, there + 1))  # what is taken away had been read before


def test_a_comment_brings_the_one_that_it_answers_from_outside_the_window():
    site = TestWordPress()
    site.setup_method()

    def reply(request):
        given = site.answer(Asked(request))
        given = given if isinstance(given, Answer) else Answer(given)
        return httpx.Response(given.status, headers=given.headers, json=given.content)

    options = WordPressOptions(**TestWordPress.options)
    written = datetime.fromisoformat(comment(51)["date_gmt"] + "+00:00")  # 51 answers 50, below post 50
    window = Window(written, written + timedelta(minutes=5))
    with Http(transport=httpx.MockTransport(reply)) as http:
        (thread,) = WordPress().fetch(options, Slice("t", "wordpress", window), http)
    assert [mention.native_id for mention in WordPress().parse(thread, options)] == [
        "comment:51",
        "comment:50",
        "post:50",
    ]


class Asked:
    """A request of httpx, as the kit shows it."""

    def __init__(self, request):
        self.headers, self.path, self.params = request.headers, request.url.path, dict(request.url.params)
