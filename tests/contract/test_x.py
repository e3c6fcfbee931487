"""What every source promises, for X: its search of 7 days and that of the archive."""

from datetime import UTC, datetime, timedelta

from listening_etl.testing import Answer, SourceContract, Window
from plugins.sources.x import X, XArchive

START = datetime(2026, 11, 18, tzinfo=UTC)
EPOCH = 1_288_834_974_657


def id_at(time, number=0):
    """The id that X gives a post of that time."""
    return str((int(time.timestamp() * 1000) - EPOCH) << 22 | number)


def post(hour):
    """One an hour; every fifth answers the one before it, every seventh quotes one that is gone."""
    time, native_id = START + timedelta(hours=hour), id_at(START + timedelta(hours=hour))
    others = [{"type": "replied_to", "id": id_at(time - timedelta(hours=1))}] if hour % 5 == 0 else []
    others += [{"type": "quoted", "id": "1700000000000000001"}] if hour % 7 == 0 else []
    return {
        "id": native_id,
        "text": f"La cafetière Torréo fuit, jour {hour}",
        "author_id": str(100 + hour % 3),
        "created_at": f"{time:%Y-%m-%dT%H:%M:%S.000Z}",
        "conversation_id": native_id,
        "edit_history_tweet_ids": [native_id],
        "lang": "fr",
        "referenced_tweets": others,
        "public_metrics": {"like_count": hour, "reply_count": 0, "retweet_count": 1, "quote_count": 0},
    }


class TestX(SourceContract):
    plugin = X()
    options = {"token": "s3cret-bearer"}
    samples = "x"
    query = '("Torréo" OR #torreo) -is:retweet'
    window = Window(START, START + timedelta(days=2))
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    expected = tuple(id_at(START + timedelta(hours=hour)) for hour in range(48))
    unknown_id = id_at(START - timedelta(days=30))

    def setup_method(self):
        self.posts = {one["id"]: one for one in (post(hour) for hour in range(-24, 72))}

    def answer(self, request):
        if request.headers.get("authorization") != "Bearer s3cret-bearer":
            return Answer({"title": "Unauthorized", "type": "about:blank", "status": 401}, status=401)
        if request.path == "/2/tweets":
            asked = request.params["ids"].split(",")
            return self.page([self.posts[one] for one in asked if one in self.posts], asked)
        if not request.path.startswith("/2/tweets/search/"):
            return None
        reach = self.now - timedelta(days=7 if self.plugin.name == "x" else 7000)
        since = datetime.fromisoformat(request.params.get("start_time", reach.isoformat()))
        until = datetime.fromisoformat(request.params["end_time"])
        if since < reach or until < since:
            name = "start_time" if since < reach else "end_time"
            error = {"parameters": {name: ["?"]}, "message": f"Invalid '{name}'"}
            return Answer({"errors": [error], "title": "Invalid Request"}, status=400)
        found = [p for p in self.posts.values() if since <= datetime.fromisoformat(p["created_at"]) < until]
        found.sort(key=lambda p: p["created_at"], reverse=True)
        start, size = int(request.params.get("next_token", "0")), int(request.params["max_results"])
        page = self.page(found[start : start + size])
        meta = {"result_count": len(page.get("data", []))}
        if start + size < len(found):
            meta |= {"next_token": str(start + size), "oldest_id": found[start + size - 1]["id"]}
        return {**page, "meta": meta}

    def page(self, posts, asked=()):
        """Posts with what they refer to, and an error for each that is not there."""
        wanted = [*asked, *(other["id"] for one in posts for other in one["referenced_tweets"])]
        parts = {False: "ids", True: "referenced_tweets.id"}
        errors = [
            {
                "value": one,
                "resource_id": one,
                "resource_type": "tweet",
                "parameter": parts[one not in asked],
                "title": "Not Found Error",
                "type": "https://api.twitter.com/2/problems/resource-not-found",
            }
            for one in wanted
            if one not in self.posts
        ]
        users = [{"id": str(100 + n), "username": f"client{n}", "name": "Une cliente"} for n in range(3)]
        tweets = [self.posts[one] for one in wanted if one in self.posts and one not in asked]
        includes = {"users": users, "tweets": tweets}
        return {
            **({"data": posts, "includes": includes} if posts else {}),
            **({"errors": errors} if errors else {}),
        }


class TestXArchive(TestX):
    plugin = XArchive()
