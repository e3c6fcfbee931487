"""What every source promises, for the Reddit source: searching, and reading a subreddit whole."""

from datetime import UTC, datetime, timedelta

import pytest

from listening_etl.testing import Answer, SourceContract, Window
from plugins.sources.reddit import Reddit

START = datetime(2026, 10, 1, tzinfo=UTC)
POSTS = 250  # one an hour
OPTIONS = {
    "client_id": "appl1cation",
    "client_secret": "s3cret-key",
    "user_agent": "web:torreo.veille:1.0 (by /u/torreo)",
    "subreddits": ["cafe"],
}


def listing(things, after=None):
    return {"kind": "Listing", "data": {"children": things, "after": after}}


def thing(kind, number, **more):
    """Post or comment `number`, published `number` hours after the start."""
    data = {"name": f"{kind}_{number}", "author": f"membre{number % 7}", "score": number % 5, "edited": False}
    text = {"title": f"Torréo, avis {number}"} if kind == "t3" else {"body": f"Torréo, oui {number}"}
    created = (START + timedelta(hours=number)).timestamp()
    return {"kind": kind, "data": {**data, **text, "created_utc": created, **more}}


def post(number):
    """Every sixth has a comment, written at once: the window that brings the one brings the other."""
    return thing("t3", number, num_comments=int(number % 6 == 0))


def comment(number):
    return thing("t1", number, parent_id=f"t3_{number}", link_id=f"t3_{number}", replies="")


class TestReddit(SourceContract):
    plugin = Reddit()
    options = OPTIONS
    window = Window(START + timedelta(hours=48), START + timedelta(hours=96))
    now = datetime(2026, 10, 12, tzinfo=UTC)
    samples = "reddit"
    query = '"Torréo"'
    expected = (*(f"t3_{n}" for n in range(48, 96)), *(f"t1_{n}" for n in range(48, 96, 6)))
    unknown_id = "t3_nowhere"

    def answer(self, request):
        if request.path == "/api/v1/access_token":
            return {"access_token": "t0ken-of-today", "token_type": "bearer", "expires_in": 86400}
        if request.headers.get("authorization") != "bearer t0ken-of-today":
            return Answer({"message": "Unauthorized", "error": 401}, status=401)
        match request.path.strip("/").split("/"):
            case ["search"] | ["r", "cafe", "new"]:
                return self.page(request, "t3", post)
            case ["r", "cafe", "comments"]:
                return self.page(request, "t1", comment)
            case ["comments", number]:
                return [listing([post(int(number))]), listing([comment(int(number))])]
            case ["api", "info"]:
                asked = [name.split("_") for name in request.params["id"].split(",")]
                made = {"t3": post, "t1": comment}
                return listing([made[kind](int(id)) for kind, id in asked if id.isdecimal()])

    def page(self, request, kind, made):
        newest = int((request.params.get("after") or f"{kind}_{POSTS}").partition("_")[2]) - 1
        numbers = range(newest, max(newest - 100, -1), -1)
        more = f"{kind}_{numbers[-1]}" if numbers and numbers[-1] > 0 else None
        return listing([made(number) for number in numbers], more)


class TestRedditSubreddit(TestReddit):
    query = "r/cafe/comments"
    expected = tuple(f"t1_{n}" for n in range(48, 96))


@pytest.mark.parametrize("ask", ["client_credentials", "password"])
def test_it_logs_in_as_an_application_or_as_its_owner(ask):
    seen = []

    class Watching(TestReddit):
        options = (
            OPTIONS if ask == "client_credentials" else OPTIONS | {"username": "torreo", "password": "m0t"}
        )

        def answer(self, request):
            seen.append(request)
            return super().answer(request)

    case = Watching()
    case.fetch_once(case.platform())
    assert seen[0].form == {"grant_type": ask} | (
        {"username": "torreo", "password": "m0t"} if ask == "password" else {}
    )
    assert (
        seen[0].headers["authorization"] == "Basic YXBwbDFjYXRpb246czNjcmV0LWtleQ=="
    )  # appl1cation:s3cret-key
    assert {request.headers["user-agent"] for request in seen} == {OPTIONS["user_agent"]}
