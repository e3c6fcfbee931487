"""What every source promises, for the Lemmy source: both versions of the API, searching and reading whole."""

from datetime import UTC, datetime, timedelta

from listening_etl.testing import Answer, SourceContract, Window
from plugins.sources.lemmy import Lemmy

START = datetime(2026, 10, 5, tzinfo=UTC)
V3 = {"url": "https://jlai.test/"}
V4 = V3 | {"api": "v4"}
POSTS = range(1, 121)  # one an hour; under every tenth a comment, written at once, numbered 1000 higher


def post(number):
    published = (START + timedelta(hours=number)).isoformat()
    thing = {
        "id": number,
        "name": f"Torréo, avis {number}",
        "published": published,
        "published_at": published,
    }
    return {
        "post": thing,
        "creator": {"name": "lea", "actor_id": "https://jlai.test/u/lea"},
        "community": {"id": 3},
    }


def comment(number):
    thing = post(number)["post"] | {"id": 1000 + number, "post_id": number, "path": f"0.{1000 + number}"}
    return {**post(number), "comment": thing | {"content": f"Torréo, oui {number}"}}


class TestLemmy(SourceContract):
    plugin = Lemmy()
    options = V3
    window = Window(START + timedelta(hours=20), START + timedelta(hours=80))
    query = "Torréo"
    expected = (*(f"post:{n}" for n in range(20, 80)), *(f"comment:{1000 + n}" for n in range(20, 80, 10)))

    def answer(self, request):
        asked = request.params
        match request.path.removeprefix("/api/").split("/"):
            case ["v3", "search"]:
                return self.page(asked["type_"].lower(), asked)
            case ["v3" | "v4", "post" | "comment" as kind, "list"]:
                return self.page(f"{kind}s", asked)
            case ["v3" | "v4", "post" | "comment" as kind]:
                number = int(asked["id"]) - (1000 if kind == "comment" else 0)
                found = {"post": post, "comment": comment}[kind](number) if number in POSTS else None
                return (
                    {f"{kind}_view": found} if found else Answer({"error": "couldnt_find_post"}, status=404)
                )

    def page(self, kind, asked):
        """Fifty, newest first; v3 counts pages, v4 gives a cursor."""
        numbers = POSTS if kind == "posts" else [n for n in POSTS if n % 10 == 0]
        made = {"posts": post, "comments": comment}[kind]
        numbers = [n for n in numbers if int(asked.get("post_id", n)) == n]
        start = 50 * (int(asked.get("page", asked.get("page_cursor", 1))) - 1)
        found = [made(n) for n in sorted(numbers, reverse=True)[start : start + 50]]
        if self.options is V4:
            return {"items": found, "next_page": f"{start // 50 + 2}" if len(numbers) > start + 50 else None}
        return {kind: found}


class TestLemmyV4(TestLemmy):
    options = V4


class TestLemmyWhole(TestLemmy):
    query = ""
