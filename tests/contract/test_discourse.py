"""What every source promises, for the Discourse source: once reading every post, once searching."""

from datetime import UTC, datetime, timedelta

from listening_etl.testing import Answer, SourceContract, Window
from plugins.sources.discourse import Discourse

START = datetime(2026, 10, 5, tzinfo=UTC)
TOPICS = 3


def post(number):
    """Post 1 is of the 4th of October; each next one an hour later, in one of three topics in turn."""
    written = (START - timedelta(days=1) + timedelta(hours=number - 1)).isoformat().replace("+00:00", "Z")
    return {
        "id": number,
        "topic_id": number % TOPICS,
        "post_number": (number - 1) // TOPICS + 1,
        "username": f"membre{number % 7}",
        "created_at": written,
        "updated_at": written,
        "cooked": f"<p>Torréo, avis {number}.</p>",
    }


class TestDiscourse(SourceContract):
    plugin = Discourse()
    options = {"url": "https://forum.test/", "api_key": "s3cret-key", "api_username": "veille"}
    window = Window(START, START + timedelta(days=2))
    now = datetime(2026, 10, 8, tzinfo=UTC)
    expected = tuple(str(number) for number in range(25, 73))  # 24 posts a day, from the second day on

    def setup_method(self):
        self.posts = {number: post(number) for number in range(1, 97)}

    def answer(self, request):
        if request.headers.get("api-key") != "s3cret-key":
            return Answer({"errors": ["non"], "error_type": "not_logged_in"}, status=403)
        parts = request.path.removesuffix(".json").strip("/").split("/")
        match parts:
            case ["posts"]:
                before = int(request.params.get("before") or len(self.posts) + 1)
                below = sorted((n for n in self.posts if n < before), reverse=True)
                return {"latest_posts": [self.posts[n] for n in below[:50]]}
            case ["posts", number]:
                return self.posts.get(int(number))
            case ["t", topic]:
                mine = [p for p in self.posts.values() if p["topic_id"] == int(topic)]
                stream = {"posts": mine[:20], "stream": [p["id"] for p in mine]}
                return {"id": int(topic), "title": f"Sujet {topic}", "post_stream": stream}
            case ["t", _, "posts"]:
                asked = [int(pair.partition("=")[2]) for pair in request.url.partition("?")[2].split("&")]
                return {"post_stream": {"posts": [self.posts[n] for n in asked]}}
            case ["search"]:
                return self.search(request)

    def search(self, request):
        """One post a topic, the newest that was written before the day asked for."""
        day = request.params["q"].partition("before:")[2][:10]
        newest = {p["topic_id"]: p for p in self.posts.values() if p["created_at"] < day}
        hits = sorted(newest.values(), key=lambda p: p["created_at"], reverse=True)
        page = int(request.params["page"])
        about = {"more_full_page_results": page < len(hits), "error": None}
        return {"posts": hits[page - 1 : page], "topics": [], "grouped_search_result": about}


class TestDiscourseWithoutThreads(TestDiscourse):
    options = {**TestDiscourse.options, "threads": False}


class TestDiscourseSearch(TestDiscourse):
    options = {**TestDiscourse.options, "search": True}
    query = '"Torréo"'
