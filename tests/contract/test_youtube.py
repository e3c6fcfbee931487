"""YouTube keeps what every source promises: by search, by channel and by video."""

from datetime import UTC, datetime, timedelta

from listening_etl.testing import Answer, SourceContract, Window
from plugins.sources.youtube import YouTube

START = datetime(2026, 10, 5, tzinfo=UTC)
CHANNEL, UPLOADS = "UCtorreo", "UUtorreo"


def stamp(hours):
    return f"{START + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"


def video(number):
    """Twelve videos, one every six hours from the day before the window on."""
    snippet = {"publishedAt": stamp(6 * number - 24), "channelId": CHANNEL, "channelTitle": "Torréo"}
    snippet |= {"title": f"Torréo {number}", "description": "Le café."}
    statistics = {"viewCount": "1000", "commentCount": "0" if number % 2 else "4"}
    return {"kind": "youtube#video", "id": f"toRREo{number:05}", "snippet": snippet, "statistics": statistics}


def comment(video_id, thread, hours, reply=""):
    native_id = f"Ug-{video_id}-{thread}{reply}"
    snippet = {"videoId": video_id, "textOriginal": "Elle fuit.", "publishedAt": stamp(hours)}
    snippet |= {
        "authorDisplayName": "@maelle",
        "authorChannelId": {"value": "UCmaelle"},
        "updatedAt": stamp(hours),
    }
    return {"kind": "youtube#comment", "id": native_id, "snippet": snippet}


def thread(number, n):
    """Two threads below each second video, 2 and 8 hours after it; one has a reply 5 hours later."""
    id, hours = f"toRREo{number:05}", 6 * number - 24 + 2 + 6 * n
    replies = [comment(id, n, hours + 5, ".r1")] if n else []
    snippet = {"videoId": id, "topLevelComment": comment(id, n, hours), "totalReplyCount": len(replies)}
    return {"kind": "youtube#commentThread", "id": f"Ug-{id}-{n}", "snippet": snippet}, replies


class TestYouTubeSearch(SourceContract):
    plugin = YouTube()
    options = {"api_key": "s3cret-key", "channels": [CHANNEL], "videos": ["toRREo00004"]}
    window = Window(START, START + timedelta(days=2))
    now = datetime(2026, 10, 8, tzinfo=UTC)
    query = '"Torréo"'
    samples = "youtube"
    # Videos 4 to 11 are of the two days. Comments of the even ones: video 2 (12:00 the day before) has one thread
    # too early, one at 22:00 with its reply at 3:00; 4, 6 and 8 have both; 10 (12:00 the second day) too, with
    # the reply (1:00 the third day) too late.
    expected = (
        *(f"toRREo{number:05}" for number in range(4, 12)),
        "Ug-toRREo00002-1.r1",
        *(
            f"Ug-toRREo{number:05}-{n}"
            for number in (4, 6, 8, 10)
            for n in ("0", "1", "1.r1")[: 2 if number > 9 else 3]
        ),
    )

    def setup_method(self):
        self.all_videos = [video(number) for number in range(12)]
        self.threads = [thread(number, n) for number in range(11, -1, -1) if not number % 2 for n in (1, 0)]

    def answer(self, request):
        given, path = request.params, request.path.rpartition("/")[2]
        if request.headers.get("x-goog-api-key") != "s3cret-key":
            return Answer({"error": {"errors": [{"reason": "keyInvalid"}]}}, status=400)
        return {
            "search": lambda: page(self.published(given), given, as_result, 5),
            "videos": lambda: {"items": [v for v in self.all_videos if v["id"] in given["id"].split(",")]},
            "channels": lambda: {"items": [self.channel]},
            "playlistItems": lambda: page(self.all_videos[::-1], given, as_entry, 5),
            "comments": lambda: {"items": self.replies(given)},
            "commentThreads": lambda: page(self.listed(given), given, dict, 3),
        }[path]()

    channel = {
        "id": CHANNEL,
        "snippet": {"customUrl": "@torreo"},
        "statistics": {"subscriberCount": "5000"},
        "contentDetails": {"relatedPlaylists": {"uploads": UPLOADS}},
    }

    def published(self, given):
        between = given["publishedAfter"], given["publishedBefore"]
        return [
            v for v in reversed(self.all_videos) if between[0] <= v["snippet"]["publishedAt"] <= between[1]
        ]

    def replies(self, given):
        every = [reply for _, replies in self.threads for reply in replies]
        if "parentId" in given:
            return [reply for reply in every if reply["id"].startswith(given["parentId"])]
        return [reply for reply in every if reply["id"] in given["id"].split(",")]

    def listed(self, given):
        every = [one for one, _ in self.threads]
        if "id" in given:
            return [one for one in every if one["id"] in given["id"].split(",")]
        return [one for one in every if given.get("videoId") in (None, one["snippet"]["videoId"])]


def as_result(video):
    return {**video, "id": {"kind": "youtube#video", "videoId": video["id"]}, "kind": "youtube#searchResult"}


def as_entry(video):
    details = {"videoId": video["id"], "videoPublishedAt": video["snippet"]["publishedAt"]}
    return {"kind": "youtube#playlistItem", "id": "x", "contentDetails": details}


def page(found, given, shape, size):
    start = int(given.get("pageToken") or 0)
    token = {"nextPageToken": str(start + size)} if start + size < len(found) else {}
    return {"items": [shape(one) for one in found[start : start + size]], **token}


class TestYouTubeChannel(TestYouTubeSearch):
    query = f"channel:{CHANNEL}"


class TestYouTubeVideo(TestYouTubeSearch):
    query = "video:toRREo00004"
    expected = ("toRREo00004", "Ug-toRREo00004-0", "Ug-toRREo00004-1", "Ug-toRREo00004-1.r1")
