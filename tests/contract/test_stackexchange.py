"""What every source promises, for the Stack Exchange source: whole questions, hits alone, and a tag."""

from datetime import UTC, datetime, timedelta

from listening_etl.testing import Answer, SourceContract, Window
from plugins.sources.stackexchange import StackExchange

START = datetime(2026, 10, 5, tzinfo=UTC)
OPTIONS = {"site": "french", "key": "s3cret-key", "tags": ["bouilloire"]}
QUESTIONS = range(1, 151)  # one an hour; the answer to question 7 is 1007, its comment 2007
LONE = OPTIONS | {"threads": False}


def made(number):
    """A question, answer or comment; all that hangs on a question was written at once."""
    question = number % 1000
    created = int((START + timedelta(hours=question)).timestamp())
    item = {
        "creation_date": created,
        "owner": {"user_id": question % 7 + 1, "display_name": "membre"},
        "score": 1,
    }
    if number > 2000:
        return item | {"comment_id": number, "post_id": question, "body": f"Torréo, oui {number}"}
    if number > 1000:
        return item | {"answer_id": number, "question_id": question, "body": f"<p>Torréo, ainsi {number}</p>"}
    return item | {"question_id": number, "title": f"Avis {number}", "body": f"<p>Torréo, avis {number}</p>"}


class TestStackExchange(SourceContract):
    plugin = StackExchange()
    options = OPTIONS
    window = Window(START, START + timedelta(hours=144))
    query = '"Torréo"'
    expected = tuple(
        name
        for n in range(1, 144)
        for name in (str(n), *([f"{n + 1000}", f"comment-{n + 2000}"] * (n % 20 == 0)))
    )

    def answer(self, request):
        if request.params.get("key") != "s3cret-key" or request.params["site"] != "french":
            text = "`key` doesn't match a known application"
            return Answer({"error_id": 400, "error_name": "bad_parameter", "error_message": text}, status=400)
        since, until = (int(request.params.get(name, 0)) for name in ("fromdate", "todate"))
        threaded = [n for n in QUESTIONS if n % 20 == 0]
        match request.path.removeprefix("/2.3/").split("/"):
            case ["search", "excerpts"] | ["questions"]:
                numbers = [n for n in QUESTIONS if since <= made(n)["creation_date"] <= until]
                return self.page(request, reversed(numbers), item_type="question")
            case ["questions", ids, "answers"]:
                return self.page(request, [1000 + int(n) for n in ids.split(";") if int(n) in threaded])
            case ["posts", ids, "comments"]:
                return self.page(request, [2000 + int(n) for n in ids.split(";") if int(n) in threaded])
            case ["questions" | "answers" | "comments" as kind, ids]:
                lowest = {"questions": 0, "answers": 1000, "comments": 2000}[kind]
                numbers = [int(n) for n in ids.split(";") if int(n) - lowest in QUESTIONS]
                return self.page(request, numbers)

    def page(self, request, numbers, **more):
        items = [made(n) | more for n in numbers]
        start = 100 * (int(request.params["page"]) - 1)
        return {
            "items": items[start : start + 100],
            "has_more": len(items) > start + 100,
            "quota_remaining": 9000,
        }


class TestStackExchangeHitsAlone(TestStackExchange):
    options = LONE
    expected = tuple(str(n) for n in range(1, 144))


class TestStackExchangeTag(TestStackExchange):
    query = "[bouilloire]"
