"""What every source promises, for a Facebook Page with comments, answers and recommendations."""

import hmac
from datetime import UTC, datetime, timedelta

from listening_etl.testing import Answer, SourceContract, Window
from plugins.sources.facebook import Facebook

PAGE, TOKEN, SECRET = "7700", "EAAs3cret", "app-s3cret"
START = datetime(2026, 11, 10, tzinfo=UTC)
PROOF = hmac.new(SECRET.encode(), TOKEN.encode(), "sha256").hexdigest()
GRAPH = "https://graph.facebook.com/v23.0"


def at(hours):
    return f"{START + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}+0000"


def comment(post, number, hours):
    """Every third answers the one before it."""
    made = {
        "id": f"{post}_{number}",
        "message": "Et la garantie ?",
        "created_time": at(hours),
        "like_count": 0,
    }
    return {**made, "comment_count": 0} | (
        {"parent": {"id": f"{post}_{number - 1}"}} if number % 3 == 0 else {}
    )


def post(number):
    """One every 12 hours; comments come after 1, 2, 3, 26 and 27 hours."""
    hours = number * 12
    said = [comment(number, order, hours + after) for order, after in enumerate((1, 2, 3, 26, 27), 1)]
    made = {"id": f"{PAGE}_{number}", "message": f"Torréo, nouvelle {number}", "created_time": at(hours)}
    return made | {"from": {"id": PAGE, "name": "Torréo"}, "said": said, "updated_time": at(hours + 27)}


def review(number):
    kind = "negative" if number % 2 else "positive"
    story = {"open_graph_story": {"id": f"88{number}"}}
    return {
        "created_time": at(number * 10),
        "recommendation_type": kind,
        "review_text": "Café tiède",
        **story,
    }


class TestFacebook(SourceContract):
    plugin = Facebook()
    options = {"page": PAGE, "token": TOKEN, "app_secret": SECRET, "follow_days": 3}
    secrets = (PROOF,)
    window = Window(START, START + timedelta(days=2))
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    # Posts 0 to 3 at 0, 12, 24 and 36 hours. Comments: those of post n at 12 n + 1, 2, 3, 26, 27, from 0 to 47:
    # of post -2 (-24) at 2 and 3; of -1 at 14 and 15; 0 and 1: all five; 2 and 3: three. Reviews: 0 to 40 hours.
    expected = (
        *(f"{PAGE}_{number}" for number in range(4)),
        *("-2_4", "-2_5", "-1_4", "-1_5"),
        *(f"{number}_{order}" for number in (0, 1) for order in range(1, 6)),
        *(f"{number}_{order}" for number in (2, 3) for order in range(1, 4)),
        *(f"88{number}" for number in range(5)),
    )
    unknown_id = f"{PAGE}_999"

    def setup_method(self):
        self.posts = {one["id"]: one for one in map(post, range(-30, 10))}
        self.comments = {one["id"]: one for some in self.posts.values() for one in some["said"]}
        self.reviews = [review(number) for number in range(-150, 9)]

    def answer(self, request):
        if (
            request.headers.get("authorization") != f"Bearer {TOKEN}"
            or request.params["appsecret_proof"] != PROOF
        ):
            return Answer({"error": {"code": 190, "message": f"Malformed access token {TOKEN}"}}, status=400)
        match request.path.removeprefix("/v23.0/").split("/"):
            case ["me"]:
                return {"id": PAGE, "username": "torreo"}
            case [page, "feed"] if page == PAGE:
                return self.page(request, [self.whole(one) for one in self.feed(request)], 3)
            case [page, "ratings"] if page == PAGE:
                newest = sorted(self.reviews, key=lambda one: one["created_time"], reverse=True)
                return self.page(request, newest, 100)
            case [post, "comments"]:
                return self.page(request, self.said(post, int(request.params["since"])), 2)
            case [number]:
                gone = {"code": 100, "error_subcode": 33, "message": f"Object '{number}' does not exist"}
                known = {**self.posts, **self.comments}
                return known.get(number) or Answer({"error": gone}, status=400)

    def feed(self, request):
        since, until = (datetime.fromtimestamp(int(request.params[name]), UTC) for name in ("since", "until"))
        found = [p for p in self.posts.values() if since <= datetime.fromisoformat(p["created_time"]) < until]
        self.since = int(request.params["fields"].partition(".since(")[2].partition(")")[0])
        return sorted(found, key=lambda p: p["created_time"], reverse=True)

    def said(self, post, since):
        said = self.posts[post]["said"]
        return [one for one in said if datetime.fromisoformat(one["created_time"]).timestamp() >= since]

    def whole(self, post):
        """A post with the first two comments, and the address of more."""
        said = self.said(post["id"], self.since)
        more = f"{GRAPH}/{post['id']}/comments?access_token={TOKEN}&since={self.since}&after=2"
        below = {"data": said[:2], "summary": {"total_count": 5}}
        below |= {"paging": {"cursors": {"after": "2"}, "next": more}} if len(said) > 2 else {}
        return {name: value for name, value in post.items() if name != "said"} | {"comments": below}

    def page(self, request, things, size):
        start = int(request.params.get("after", "0"))
        rest = "&".join(
            f"{n}={v}" for n, v in request.params.items() if n not in ("after", "appsecret_proof")
        )
        following = f"{GRAPH}/{request.path}?access_token={TOKEN}&{rest}&after={start + size}"
        more = {"paging": {"next": following}} if start + size < len(things) else {}
        return {"data": things[start : start + size], **more}
