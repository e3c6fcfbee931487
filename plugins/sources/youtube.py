"""Videos of YouTube and the comments below them."""

import html
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr

from listening_etl import (
    Author,
    Capabilities,
    CredentialsRejected,
    Deletion,
    Gap,
    Media,
    Mention,
    NotAMention,
    Options,
    SourceUnavailable,
    SourceUnreadable,
    Terms,
    Window,
    dicts,
    hookimpl,
    json_answer,
    part,
    text_of_html,
)

from ._members import listed, member

ZONE = "America/Los_Angeles"  # where a day's quota ends, at midnight
SPENT = {"quotaExceeded", "dailyLimitExceeded"}
BUSY = {"rateLimitExceeded", "userRateLimitExceeded", "backendError", "internalError"}
BAD_KEY = {"keyInvalid", "keyExpired", "API_KEY_INVALID"}
GONE = {"commentsDisabled", "commentNotFound", "commentThreadNotFound", "videoNotFound", "playlistNotFound"}
A_CALL, COMMENTS = 50, 20  # ids in one call, and videos on a page; of comments it answers no more unasked
A_SEARCH = 450  # YouTube ends a search at about 500 videos, whatever its totalResults says
NAMES_A_QUERY = 8
UNAVAILABLE = ("Deleted video", "Private video")  # what stands in its place in a list
VIDEO_ID = 11  # characters; a comment's id is longer


class YouTubeOptions(Options):
    """Where to listen, beside the search for the topic's entities, and what may be spent on it."""

    api_key: SecretStr = Field(description="of a Google Cloud project with the YouTube Data API v3")
    search: bool = Field(True, description="search for the entities' names; 100 units a page of 50 videos")
    channels: tuple[str, ...] = Field((), description="ids (UC…) or handles (@…) of channels to read")
    videos: tuple[str, ...] = Field((), description="ids of videos whose comments to read")
    comments: bool = Field(True, description="read comments; 1 unit a page of 100")
    replies: bool = Field(True, description="read all replies, not the first few; 1 unit a long thread")
    follow_days: int = Field(3, ge=0, description="how long a video found gets comments, a comment replies")
    url: str = Field("https://www.googleapis.com/youtube/v3", description="of the API")


def time_of(item):
    """When it was published, None when it does not say."""
    said = part(item, "contentDetails").get("videoPublishedAt") or part(item, "snippet").get("publishedAt")
    try:
        return datetime.fromisoformat(said).astimezone(UTC)
    except (TypeError, ValueError):
        return None


def newest(items):
    """The last of their times, None when none has one."""
    return max(filter(None, map(time_of, items)), default=None)


def inside(item, window):
    """Whether it is of the window. What does not say when it was published is let by, to be refused aloud."""
    time = time_of(item)
    return time is None or window.since <= time < window.until


def members(thread):
    """The comment that began the thread, and the replies that are there."""
    return [part(thread, "snippet", "topLevelComment"), *dicts(part(thread, "replies").get("comments"))]


def searches(entities):
    """The names of the entities in few queries, since every query costs."""
    names = list(dict.fromkeys(f'"{name}"' for entity in entities for name in entity.names))
    return ["|".join(names[at : at + NAMES_A_QUERY]) for at in range(0, len(names), NAMES_A_QUERY)]


def refusal(answer, reasons, where):
    """The error for what YouTube refuses. Its message may quote the key, so it gives the reasons only."""
    said = ", ".join(sorted(reasons)) or f"status {answer.status}"
    if reasons & (SPENT | BUSY):
        day = answer.fetched_at.astimezone(ZoneInfo(ZONE)).date() + timedelta(days=1)
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
        retry_at = midnight if reasons & SPENT else None
        return SourceUnavailable(f"it answers no more for now ({said})", where=where, retry_at=retry_at)
    if answer.status == 403 or reasons & BAD_KEY:
        return CredentialsRejected(
            f"the key was refused ({said})", where=where, do="Check it and its rights."
        )
    return SourceUnreadable(f"the request was refused ({said})", where=where, do="Check the options.")


class Api:
    """The YouTube Data API, asked with one key."""

    def __init__(self, options, http):
        self.options, self.http, self.seen = options, http, {}

    def ask(self, path, units=1, **params):
        """One answer, which costs `units`; empty when there is no such thing, or nothing below it."""
        self.http.spend(units=units)
        url, key = f"{self.options.url}/{path}", self.options.api_key.get_secret_value()
        answer = self.http.get(url, headers={"x-goog-api-key": key}, params=params, accept=(400, 403, 404))
        found = answer.json()
        if not isinstance(found, dict):
            raise SourceUnreadable("the answer is no object", where=url, do="Check 'url'.")
        if answer.status < 400:
            return found
        whys = [why for name in ("errors", "details") for why in dicts(part(found, "error").get(name))]
        reasons = {str(why["reason"]) for why in whys if "reason" in why}
        if reasons & GONE:
            return {}
        raise refusal(answer, reasons, url)

    def pages(self, path, units=1, **params):
        """The items of page after page."""
        asked, token = set(), None
        while token not in asked:
            asked.add(token)
            page = self.ask(path, units, pageToken=token, **params)
            yield dicts(page.get("items"))
            token = page.get("nextPageToken")
            if not token or not page.get("items"):
                return
        raise SourceUnavailable("it gave the same page twice", where=f"{self.options.url}/{path}")

    def by_id(self, path, ids, parts="snippet", most=A_CALL, **more):
        """Things by their ids, each once; those that are gone are left out."""
        ids = list(dict.fromkeys(filter(None, ids)))
        for start in range(0, len(ids), most):
            some = ids[start : start + most]
            answer = self.ask(path, part=parts, id=",".join(some), **more)
            if not answer and len(some) > 1:  # one that is gone may hide the others
                yield from self.by_id(path, some, parts, len(some) // 2, **more)
            yield from dicts(answer.get("items"))

    def videos(self, ids):
        """Videos as they were when first asked for, each with its channel: the handle and the followers."""
        ids, parts = list(dict.fromkeys(filter(None, ids))), "snippet,statistics"
        new = list(self.by_id("videos", (one for one in ids if one not in self.seen), parts))
        of = [part(video, "snippet").get("channelId") for video in new]
        channels = {one.get("id"): one for one in self.by_id("channels", of, parts, maxResults=A_CALL)}
        for video, its in zip(new, of, strict=True):
            self.seen[video["id"]] = {**video, "channel": channels.get(its)}
        return [self.seen[one] for one in ids if one in self.seen]

    def with_videos(self, threads):
        """The threads, each with the video that it stands below."""
        of = [part(thread, "snippet").get("videoId") for thread in threads]
        self.videos(of)
        return [{**thread, "video": self.seen.get(its)} for thread, its in zip(threads, of, strict=True)]

    def whole(self, thread):
        """The thread with all its replies, of which a listing has five at most."""
        counted = part(thread, "snippet").get("totalReplyCount") or 0
        if not self.options.replies or counted < len(members(thread)):
            return thread
        pages = self.pages("comments", part="snippet", parentId=thread["id"], maxResults=100)
        replies = [reply for page in pages for reply in page]
        return {**thread, "replies": {"comments": replies}} if replies else thread

    def threads(self, window, **below):
        """The threads with a comment of the window, newest first, each with its video."""
        near = Window(window.since - timedelta(days=self.options.follow_days), window.until)
        asked = {"part": "snippet,replies", "order": "time", "maxResults": 100, **below}
        for page in self.pages("commentThreads", **asked) if self.options.comments else ():
            whole = [self.whole(thread) for thread in page if inside(members(thread)[0], near)]
            heard = [one for one in whole if any(inside(comment, window) for comment in members(one))]
            yield from self.with_videos(heard)
            last = newest(members(thread)[0] for thread in page)
            if last and last < near.since:  # all of them are older: a single one may be pinned to the top
                return

    def found(self, window, query, until):
        """Videos that a search shows and what is said below them, also below those of the days before."""
        since = window.since - timedelta(days=self.options.follow_days * self.options.comments)
        after, before = (f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for time in (since, until))
        asked = {"q": query, "part": "snippet", "type": "video", "order": "date", "maxResults": A_CALL}
        shown, last = 0, None
        for page in self.pages("search", 100, publishedAfter=after, publishedBefore=before, **asked):
            shown, last = shown + len(page), newest(page) or last
            yield from self.of_videos(window, map(video_id_of, page))
        if shown >= A_SEARCH and last and last < until:
            # On from the newest of the last page, not its oldest: the order is by time, but not quite.
            yield from self.found(window, query, last)
        elif shown >= A_SEARCH:
            yield Gap(window.since, until, f"YouTube shows the first {shown} videos of a search only")

    def of_videos(self, window, ids):
        """Those of the videos that are of the window, and the threads below each."""
        for video in self.videos(ids):
            if inside(video, window):
                yield video
            if part(video, "statistics").get("commentCount") != "0":
                yield from self.threads(window, videoId=video["id"])

    def of_channel(self, window, name):
        """Videos that the channel published in the window, and threads below any of its videos."""
        by = {"forHandle": name} if name.startswith("@") else {"id": name}
        channel = next(iter(dicts(self.ask("channels", part="contentDetails", **by).get("items"))), None)
        if channel is None:
            raise SourceUnreadable(f"there is no channel {name!r}", where="YouTube", do="Check 'channels'.")
        uploads = part(channel, "contentDetails", "relatedPlaylists").get("uploads")
        listing = {"part": "contentDetails", "playlistId": uploads, "maxResults": A_CALL}
        for page in self.pages("playlistItems", **listing) if uploads else ():
            yield from self.videos(video_id_of(item) for item in page if inside(item, window))
            if (last := newest(page)) and last < window.since:
                break
        yield from self.threads(window, allThreadsRelatedToChannelId=channel["id"])


def kind_of(item):
    """What YouTube calls it; guessed for what came without its kind."""
    snippet, said = part(item, "snippet"), str(item.get("kind") or "").removeprefix("youtube#")
    written = snippet.keys() & {"textDisplay", "textOriginal"}
    return said or ("commentThread" if "topLevelComment" in snippet else "comment" if written else "video")


def video_id_of(item):
    """The id of a video, wherever this kind of answer has it; None when it is about something else."""
    places = (("id",), ("contentDetails", "upload"), ("contentDetails",), ("snippet", "resourceId"))
    found = next(filter(None, (part(item, *place).get("videoId") for place in places)), None)
    return found or (item.get("id") if kind_of(item) == "video" else None)


def count(value):
    """A count, which YouTube writes as text or as a number; None when it is hidden."""
    return int(value) if str(value).isdecimal() else None


def video_mention(item):
    """A video as a post."""
    snippet, counts, channel = part(item, "snippet"), part(item, "statistics"), part(item, "channel")
    native_id, owner, published = video_id_of(item), "channel", snippet.get("publishedAt")
    if native_id is None:
        raise NotAMention("it is about a channel, a list or something else, not about a video")
    url = f"https://www.youtube.com/watch?v={native_id}"
    if kind_of(item) == "playlistItem":  # its own time and channel are those of the list
        owner, published = "videoOwnerChannel", part(item, "contentDetails").get("videoPublishedAt")
        if published is None and snippet.get("title") in UNAVAILABLE:
            return Deletion(native_id)
        if published is None:
            raise NotAMention("it says when a video was put on a list, not when the video was published")
    written = html.unescape if kind_of(item) == "searchResult" else str  # the others are no HTML
    return Mention(
        native_id=native_id,
        kind="post",
        channel="social",
        url=url,
        title=written(snippet.get("title") or "") or None,
        text=written(snippet.get("description") or "") or None,
        published_at=published,
        lang_declared=snippet.get("defaultLanguage") or snippet.get("defaultAudioLanguage"),
        author=Author(
            native_id=snippet.get(f"{owner}Id"),
            handle=part(channel, "snippet").get("customUrl"),
            name=snippet.get(f"{owner}Title"),
            followers=count(part(channel, "statistics").get("subscriberCount")),
        ),
        conversation_id=native_id,
        media=(Media(url=url, kind="video"),),
        likes=count(counts.get("likeCount")),
        replies=count(counts.get("commentCount")),
        views=count(counts.get("viewCount")),
    )


def comment_mention(item, video_id=None, reply_to=None, replies=None):
    """A comment or a reply; its video and the handle that it answers come from the thread, if there is one."""
    snippet, native_id = part(item, "snippet"), item.get("id")
    video_id = snippet.get("videoId") or video_id
    parent, published, updated = (snippet.get(key) for key in ("parentId", "publishedAt", "updatedAt"))
    parent = parent or str(native_id).rpartition(".")[0] or None  # a reply's id begins with its parent's
    author_id, name = part(snippet, "authorChannelId").get("value"), snippet.get("authorDisplayName") or None
    handle = name if name and name.startswith("@") else None  # since 2023 the name shown is the handle
    return Mention(
        native_id=native_id,
        kind="reply" if parent else "comment",
        channel="social",
        url=f"https://www.youtube.com/watch?v={video_id}&lc={native_id}" if video_id else None,
        text=snippet.get("textOriginal") or text_of_html(snippet.get("textDisplay")),
        published_at=published,
        updated_at=updated if updated != published else None,
        author=Author(native_id=author_id, handle=handle, name=name),
        in_reply_to=parent or video_id,
        conversation_id=video_id,
        reply_to_author=reply_to,
        likes=count(snippet.get("likeCount")),
        replies=replies,
    )


def thread_mentions(thread):
    """A comment with its replies and, if it is there, the video before them."""
    snippet, (first, *replies) = part(thread, "snippet"), members(thread)
    video = [member(video_mention, thread["video"])] if part(thread, "video") else []
    owner = next((one.author.handle for one in video if isinstance(one, Mention)), None) or None
    video_id, counted = snippet.get("videoId"), count(snippet.get("totalReplyCount"))
    comment = member(comment_mention, first, video_id, owner, counted)
    of = (comment.conversation_id, comment.author.handle) if isinstance(comment, Mention) else (video_id,)
    return listed([*video, comment, *(member(comment_mention, reply, *of) for reply in replies)])


READERS = dict.fromkeys(("video", "searchResult", "activity", "playlistItem"), video_mention)
READERS |= {"comment": comment_mention, "commentThread": thread_mentions}


class YouTube:
    """Videos of YouTube and the comments and replies below them.

    Collects videos that YouTube's search shows for the entities' names, videos of the `channels`, and comments
    below these and below the `videos`: each comment with its replies and its video. Misses what the search
    does not show (YouTube promises no completeness), comments `follow_days` or more after a video that only
    the search found, replies as late after their comment, and live chats. Limits: 10,000 units a day; a page
    of a search costs 100, any other request 1. Terms: refresh or delete what is kept within 30 days.
    """

    name = "youtube"
    options_type = YouTubeOptions
    capabilities = Capabilities(
        history=None, order="any", deletions="recheck", edits=True, threads=True, settles=timedelta(hours=6),
        quota_zone=ZONE, auth="API key", cost="free; 10,000 units a day, of which a page of a search takes 100",
    )  # fmt: skip
    terms = Terms(date(2026, 11, 22), "https://developers.google.com/youtube/terms/developer-policies", 30)

    def push_down(self, options, entities):
        """One slice for each channel, each video and each search."""
        named = [*(f"channel:{one}" for one in options.channels), *(f"video:{one}" for one in options.videos)]
        return [*named, *(searches(entities) if options.search else ())]

    def fetch(self, options, slice, http):
        """Videos, and comment threads with their video under `video`."""
        api = Api(options, http)
        for query in [slice.query] if slice.query else self.push_down(options, ()):
            kind, _, name = query.partition(":")
            if kind == "channel":
                yield from api.of_channel(slice.window, name)
            elif kind == "video":
                yield from api.of_videos(slice.window, [name])
            else:
                yield from api.found(slice.window, query, slice.window.until)

    def items(self, answer, options):
        """Videos, search results, comments, threads, entries of playlists and uploads, listed or single."""
        document = json_answer(answer)
        if isinstance(document, dict) and "error" in document:
            raise NotAMention(f"an error: {part(document, 'error').get('message') or document['error']}")
        pages = dicts(document if isinstance(document, list) else [document])
        found = [item for page in pages for item in dicts(page.get("items", [page]))]
        found = [
            item for item in found if not kind_of(item).endswith("ListResponse")
        ]  # an empty page has no items
        if not found:
            raise NotAMention("it lists nothing")
        yield from found

    def parse(self, item, options):
        """A video, a comment, or a thread as its video, comment and replies."""
        if "deleted" in item:
            return Deletion(item["deleted"])
        if kind_of(item) not in READERS:
            raise NotAMention(f"a {kind_of(item)} is neither video nor comment")
        return READERS[kind_of(item)](item)

    def recheck(self, options, native_ids, http):
        """Videos and threads as they are now; what is not there any more as deleted."""
        api = Api(options, http)
        for start in range(0, len(native_ids), A_CALL):
            some = list(native_ids[start : start + A_CALL])
            comments = [one for one in some if len(one) != VIDEO_ID]
            videos = api.videos(one for one in some if len(one) == VIDEO_ID)
            parents = [one.partition(".")[0] for one in comments]
            replies = list(api.by_id("comments", [one for one in comments if "." in one], most=COMMENTS))
            threads = list(api.by_id("commentThreads", parents, most=COMMENTS))
            yield from videos
            for thread in api.with_videos(threads):
                its = [reply for reply in replies if reply["id"].partition(".")[0] == thread["id"]]
                yield {**thread, "replies": {"comments": its}}
            there = {one["id"] for one in (*videos, *threads, *replies)}
            yield from ({"deleted": one} for one in some if one not in there)


@hookimpl
def listening_sources():
    """The source of this file."""
    return [YouTube()]
