"""What every source promises, for the Hacker News source: with discussions, and with hits alone."""

from datetime import UTC, datetime, timedelta

from listening_etl.testing import SourceContract, Window
from plugins.sources.hackernews import HackerNews

START = datetime(2026, 10, 5, tzinfo=UTC)
HITS_ONLY = {"threads": False}
SHOWN = 5  # hits that this search shows; the real one shows a thousand


def written(number):
    """Story `number` of every ten minutes, or its one comment, written at once."""
    return int((START + timedelta(minutes=10 * (number % 1000))).timestamp())


def hit(number):
    """A hit of the search: a story without comments, or a comment."""
    common = {"objectID": str(number), "author": f"membre{number % 7}", "created_at_i": written(number)}
    if number < 1000:
        return {**common, "_tags": ["story"], "title": f"Torréo, avis {number}", "num_comments": 0}
    parent = {"parent_id": number - 1000, "story_id": number - 1000}
    return {**common, **parent, "_tags": ["comment"], "comment_text": f"Torréo, oui {number}"}


class TestHackerNews(SourceContract):
    plugin = HackerNews()
    window = Window(START + timedelta(hours=2), START + timedelta(hours=6))
    query = '"Torréo"'
    # Six stories an hour, from the 12th to the 35th; under every fourth a comment.
    expected = (*(str(n) for n in range(12, 36)), *(str(1000 + n) for n in range(12, 36, 4)))

    def answer(self, request):
        match request.path.strip("/").split("/"):
            case ["api", "v1", "search_by_date"]:
                since, until = (int(part.strip("<>=")[12:].strip("<>=")) for part in
                                request.params["numericFilters"].split(","))  # fmt: skip
                numbers = [*range(48), *range(1000, 1048, 4)]
                found = [hit(n) for n in numbers if since <= written(n) < until]
                found.sort(key=lambda one: one["created_at_i"], reverse=True)
                return {"hits": found[:SHOWN], "nbHits": len(found), "nbPages": 1, "page": 0}
            case ["api", "v1", "items", number]:
                return self.tree(int(number))
            case ["v0", "item", name]:
                number = int(name.removesuffix(".json"))
                item = {"id": number, "by": "lea", "time": written(number), "type": "story"}
                known = number < 48 or 1000 <= number < 1048
                return item if known else "null"

    def tree(self, number):
        common = {"created_at_i": written(number), "author": f"membre{number % 7}", "children": []}
        comment = {**common, "id": 1000 + number, "type": "comment", "text": f"Torréo, oui {1000 + number}"}
        story = {**common, "id": number, "type": "story", "title": f"Torréo, avis {number}"}
        return {**story, "children": [{**comment, "author": "membre0", "parent_id": number}]}


class TestHackerNewsHitsOnly(TestHackerNews):
    options = HITS_ONLY
