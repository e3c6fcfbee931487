"""The YouTube source: what quota, refusals, cut searches and pinned comments make of a fetch."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from listening_etl import CredentialsRejected, Deletion, Gap, NotAMention, Slice, SourceUnavailable, Window
from listening_etl.testing import Answer
from listening_etl.testing.platform import Platform
from plugins.sources import youtube
from plugins.sources.youtube import YouTube, YouTubeOptions

SOURCE = YouTube()
START = datetime(2026, 10, 5, tzinfo=UTC)
WINDOW = Window(START, START + timedelta(days=1))
OPTIONS = YouTubeOptions(api_key="s3cret-key")


def fetch(answer, query='"Torréo"', options=OPTIONS, now=START + timedelta(days=3), spent=None):
    """What one fetch yields; `spent` collects the units that are charged, each before its request."""
    platform = Platform(answer, now)
    with platform.http() as http:
        http.spend = lambda units=0, money=0: (
            [] if spent is None else spent.append((units, len(platform.requests)))
        )
        return list(SOURCE.fetch(options, Slice("t", "youtube", WINDOW, query), http))


def refusal(reason, status=403):
    message = "consumer 'api_key:s3cret-key' may not"
    return lambda request: Answer(
        {"error": {"errors": [{"reason": reason}], "message": message}}, status=status
    )


def video(number, hours, comments="0"):
    snippet = {"publishedAt": f"{START + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}", "title": "Torréo"}
    return {"id": f"toRREo{number:05}", "snippet": snippet, "statistics": {"commentCount": comments}}


def thread(number, hours):
    written = f"{START + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"
    top = {"id": f"Ug{number}", "snippet": {"publishedAt": written, "textOriginal": "Elle fuit."}}
    return {"id": f"Ug{number}", "snippet": {"videoId": "toRREo00001", "topLevelComment": top}}


@pytest.mark.parametrize(
    ("now", "midnight"),
    [
        # 5:00 in Los Angeles, UTC-7.
        (datetime(2026, 10, 8, 12, tzinfo=UTC), datetime(2026, 10, 9, 7, tzinfo=UTC)),
        # Half an hour before the midnight in whose night clocks are set from UTC-7 to UTC-8.
        (datetime(2026, 11, 1, 6, 30, tzinfo=UTC), datetime(2026, 11, 1, 7, tzinfo=UTC)),
        (datetime(2026, 11, 1, 12, tzinfo=UTC), datetime(2026, 11, 2, 8, tzinfo=UTC)),
    ],
)
def test_a_spent_quota_comes_back_at_midnight_in_california(now, midnight):
    with pytest.raises(SourceUnavailable) as caught:
        fetch(refusal("quotaExceeded"), now=now)
    assert caught.value.retry_at == midnight


@pytest.mark.parametrize(("reason", "status"), [("accessNotConfigured", 403), ("keyInvalid", 400)])
def test_a_refused_key_is_an_error_that_does_not_quote_it(reason, status):
    with pytest.raises(CredentialsRejected) as caught:
        fetch(refusal(reason, status))
    assert reason in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_every_request_is_charged_before_it_is_made():
    def answer(request):
        path = request.path.rpartition("/")[2]
        return {"items": {"search": [{**video(1, 1), "id": {"videoId": "toRREo00001"}}],
                          "videos": [video(1, 1)]}.get(path, [])}  # fmt: skip

    spent = []
    fetch(answer, spent=spent)
    assert spent == [(100, 0), (1, 1)]  # the search, the video; its channel is not known, it has no comments


def test_a_video_without_comments_turned_on_is_still_a_mention():
    def answer(request):
        if request.path.endswith("commentThreads"):
            return refusal("commentsDisabled")(request)
        return {"items": [video(1, 1, comments="7")]}

    assert [item["id"] for item in fetch(answer, "video:toRREo00001")] == ["toRREo00001"]


def test_a_search_that_youtube_ends_is_taken_up_where_it_ended(monkeypatch):
    monkeypatch.setattr(youtube, "A_SEARCH", 4)
    videos = [video(number, 20 - number) for number in range(10)]  # the newest first, one an hour

    def answer(request):
        if request.path.endswith("videos"):
            return {"items": [one for one in videos if one["id"] in request.params["id"]]}
        if not request.path.endswith("search"):
            return {"items": []}
        shown = [one for one in videos if one["snippet"]["publishedAt"] <= request.params["publishedBefore"]][
            :4
        ]
        start = int(request.params.get("pageToken", 0))
        found = [{**one, "id": {"videoId": one["id"]}} for one in shown[start : start + 2]]
        return {"items": found, **({"nextPageToken": "2"} if start == 0 and len(shown) > 2 else {})}

    found = fetch(answer)
    assert {item["id"] for item in found} == {one["id"] for one in videos}


def test_a_search_that_cannot_be_taken_up_is_a_gap(monkeypatch):
    monkeypatch.setattr(youtube, "A_SEARCH", 2)
    both = [{"id": {"videoId": f"toRREo{n:05}"}, "snippet": video(n, 24)["snippet"]} for n in range(2)]
    gaps = fetch(lambda request: {"items": both if "search" in request.path else []})
    assert [(type(gap), gap.since, gap.until) for gap in gaps] == [(Gap, WINDOW.since, WINDOW.until)]


def test_a_pinned_old_comment_does_not_end_the_listing():
    def answer(request):
        if request.path.endswith("videos"):
            return {"items": [video(1, -900, comments="3")]}
        if not request.path.endswith("commentThreads"):
            return {"items": []}
        if "pageToken" in request.params:
            return {"items": [thread(3, 1)]}
        return {"items": [thread(1, -900), thread(2, 2)], "nextPageToken": "p2"}

    assert [item["id"] for item in fetch(answer, "video:toRREo00001")] == ["Ug2", "Ug3"]


def test_one_comment_that_is_gone_does_not_hide_the_others():
    def answer(request):
        asked = request.params["id"].split(",")
        if request.path.endswith("commentThreads"):
            if "Ug9" in asked:
                return refusal("commentThreadNotFound", 404)(request)
            return {"items": [thread(int(one[2:]), 1) for one in asked]}
        return {"items": []}

    with Platform(answer, START).http() as http:
        items = list(SOURCE.recheck(OPTIONS, ["Ug1", "Ug9", "Ug2"], http))
    told = [one for item in items for one in [SOURCE.parse(item, OPTIONS)]]
    assert [m[0].native_id if isinstance(m, list) else m for m in told] == ["Ug1", "Ug2", Deletion("Ug9")]


def test_a_thread_knows_its_video_and_whom_it_answers():
    channel = {"snippet": {"customUrl": "@torreo"}, "statistics": {"subscriberCount": "5000"}}
    reply = {
        "id": "Ug1.r",
        "snippet": {"publishedAt": "2026-10-05T02:00:00Z", "textDisplay": "Moi<br>aussi &lt;3"},
    }
    item = {**thread(1, 1), "video": {**video(1, 0), "channel": channel}, "replies": {"comments": [reply]}}
    item["snippet"]["topLevelComment"]["snippet"]["authorDisplayName"] = "@maelle"
    film, comment, answer = SOURCE.parse(item, OPTIONS)
    assert (film.author.handle, film.author.followers, film.replies) == ("@torreo", 5000, 0)
    assert (comment.in_reply_to, comment.reply_to_author) == ("toRREo00001", "@torreo")
    assert (answer.in_reply_to, answer.reply_to_author, answer.text) == ("Ug1", "@maelle", "Moi\naussi <3")
    assert {m.conversation_id for m in (film, comment, answer)} == {"toRREo00001"}


def listed(video_id, title, **details):
    snippet = {"publishedAt": "2026-10-05T08:00:00Z", "title": title, "resourceId": {"videoId": video_id}}
    return {"kind": "youtube#playlistItem", "id": "UExf", "snippet": snippet, "contentDetails": details}


def test_a_list_tells_which_of_its_videos_are_gone():
    there = listed("toRREo00001", "Torréo", videoPublishedAt="2026-10-01T08:00:00Z")
    assert SOURCE.parse(there, OPTIONS).published_at == datetime(2026, 10, 1, 8, tzinfo=UTC)
    assert SOURCE.parse(listed("toRREo00002", "Deleted video"), OPTIONS) == Deletion("toRREo00002")
    with pytest.raises(NotAMention, match="put on a list"):
        SOURCE.parse(listed("toRREo00003", "Torréo"), OPTIONS)


def test_a_file_may_hold_several_pages_and_a_page_nothing():
    pages = [
        {"items": [video(1, 1)]},
        {"kind": "youtube#videoListResponse"},
        {"items": [video(2, 2), thread(3, 3)]},
    ]
    found = list(SOURCE.items(b"\n".join(map(orjson.dumps, pages)), OPTIONS))
    assert [item["id"] for item in found] == ["toRREo00001", "toRREo00002", "Ug3"]
    with pytest.raises(NotAMention, match="it lists nothing"):
        list(
            SOURCE.items(b'{"kind": "youtube#searchListResponse", "pageInfo": {"totalResults": 0}}', OPTIONS)
        )
