"""YouTube and X as far as the tests need them: they hold things, page through them, and forget what is deleted."""

from datetime import UTC, datetime, timedelta

NOW = datetime.now(UTC).replace(microsecond=0)
CHANNEL, UPLOADS = "UCtorreo0000000000000000", "UUtorreo0000000000000000"
SNOWFLAKES = 1_288_834_974_657
"""X counts the milliseconds in its ids from here, in 2010."""


def stamp(moment):
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def page(found, given, size, name):
    """A page of a list, and the token of the next one under that name."""
    start = int(given.get("pageToken") or given.get("next_token") or 0)
    token = {name: str(start + size)} if start + size < len(found) else {}
    return found[start : start + size], token


class YouTubeOfOurs:
    """Seventy videos of one channel, one an hour; below the newest 130 comments, the last of them answered."""

    def __init__(self):
        self.videos = {one["id"]: one for one in map(self.video, range(70))}
        self.threads = {one["id"]: one for one in map(self.thread, range(130))}
        self.replies = {one["id"]: one for one in (self.comment(0, f".r{n}", n) for n in range(8))}
        self.asked = []

    def video(self, number):
        snippet = {
            "publishedAt": stamp(NOW - timedelta(hours=number + 3)),
            "channelId": CHANNEL,
            "channelTitle": "Torréo",
            "title": f"La Torréo, épisode {number}",
            "description": "Café d'été & confidences.",
            "defaultAudioLanguage": "fr",
        }
        counts = {"viewCount": "1000", "likeCount": "10", "commentCount": "138" if number == 0 else "0"}
        return {"kind": "youtube#video", "id": f"toRREo{number:05}", "snippet": snippet, "statistics": counts}

    def comment(self, number, reply="", minutes=0):
        id = f"Ugx-torreo-{number:05}"
        parent = {"parentId": id} if reply else {}
        at = stamp(NOW - timedelta(minutes=number + 20 - minutes))
        words = {"textOriginal": f"Elle fuit, la {number}e", "textDisplay": f"Elle fuit, la {number}e"}
        who = {"authorDisplayName": "@maelle", "authorChannelId": {"value": "UCmaelle"}}
        times = {"publishedAt": at, "updatedAt": at, "likeCount": 1, "canRate": True, "viewerRating": "none"}
        snippet = {"videoId": "toRREo00000", **parent, **words, **who, **times}
        return {"kind": "youtube#comment", "id": id + reply, "snippet": snippet}

    def thread(self, number):
        snippet = {
            "videoId": "toRREo00000",
            "topLevelComment": self.comment(number),
            "totalReplyCount": 8 if number == 0 else 0,
            "canReply": True,
            "isPublic": True,
        }
        return {"kind": "youtube#commentThread", "id": f"Ugx-torreo-{number:05}", "snippet": snippet}

    def answer(self, request):
        given, kind = request.params, request.path.rpartition("/")[2]
        self.asked.append(kind)
        found = getattr(self, f"of_{kind}")(given)
        few = {"commentThreads": 20, "comments": 20}.get(
            kind, 50 if "id" in given else 5
        )  # unless asked for more
        items, token = page(found, given, int(given.get("maxResults", few)), "nextPageToken")
        info = {"totalResults": len(found), "resultsPerPage": len(items)}
        return {"kind": f"youtube#{kind}ListResponse", "items": items, "pageInfo": info, **token}

    def of_search(self, given):
        since, until = given["publishedAfter"], given["publishedBefore"]
        found = [v for v in self.videos.values() if since <= v["snippet"]["publishedAt"] < until]
        if given["q"] == "broken":
            return [{"kind": "youtube#searchResult", "snippet": {"title": 7}}]
        id = {"kind": "youtube#video"}
        return [
            {"kind": "youtube#searchResult", "id": {**id, "videoId": v["id"]}, "snippet": v["snippet"]}
            for v in found
        ]

    def of_videos(self, given):
        return [self.videos[id] for id in given["id"].split(",") if id in self.videos]

    def of_channels(self, given):
        return [
            {
                "kind": "youtube#channel",
                "id": CHANNEL,
                "snippet": {"title": "Torréo", "customUrl": "@torreo"},
                "statistics": {"subscriberCount": "5000", "hiddenSubscriberCount": False},
                "contentDetails": {"relatedPlaylists": {"uploads": UPLOADS}},
            }
        ]

    def of_playlistItems(self, given):
        return [
            {
                "kind": "youtube#playlistItem",
                "contentDetails": {"videoId": id, "videoPublishedAt": video["snippet"]["publishedAt"]},
            }
            for id, video in self.videos.items()
        ]

    def of_commentThreads(self, given):
        if "id" in given:
            return [self.threads[id] for id in given["id"].split(",") if id in self.threads]
        shown = list(self.threads.values()) if given.get("videoId", "toRREo00000") == "toRREo00000" else []
        first = {"replies": {"comments": list(self.replies.values())[:5]}}
        return [{**one, **first} if one["snippet"]["totalReplyCount"] else one for one in shown]

    def of_comments(self, given):
        asked = given.get("id", "").split(",")
        return [
            r
            for r in self.replies.values()
            if given.get("parentId") == "Ugx-torreo-00000" or r["id"] in asked
        ]


class XOfOurs:
    """A post every twenty minutes for two days; each fifth answers an older one, each seventh quotes a lost one."""

    def __init__(self):
        self.posts = {one["id"]: one for one in map(self.post, range(144))}
        self.asked = []

    def id_at(self, number):
        moment = NOW - timedelta(minutes=20 * (number + 1))
        return str((int(moment.timestamp() * 1000) - SNOWFLAKES) << 22)

    def post(self, number):
        id, others = self.id_at(number), []
        others += [{"type": "replied_to", "id": self.id_at(number + 1)}] if number % 5 == 0 else []
        others += [{"type": "quoted", "id": "1700000000000000001"}] if number % 7 == 0 else []
        counts = {"like_count": number, "reply_count": 0, "retweet_count": 1, "quote_count": 0}
        tag = {"start": 0, "end": 6, "tag": "torréo"}
        return {
            "id": id,
            "text": f"#torréo n° {number} : déçue &amp; fâchée",
            "author_id": str(100 + number % 3),
            "created_at": stamp(NOW - timedelta(minutes=20 * (number + 1))).replace("Z", ".000Z"),
            "conversation_id": id,
            "edit_history_tweet_ids": [id],
            "lang": "fr",
            "entities": {"hashtags": [tag]},
            "public_metrics": {**counts, "impression_count": 100},
            **({"referenced_tweets": others} if others else {}),
        }

    def answer(self, request):
        given = request.params
        self.asked.append(request)
        if request.path == "/2/tweets":
            asked = given["ids"].split(",")
            return self.whole([self.posts[id] for id in asked if id in self.posts], given, asked)
        if given["query"] == "broken":
            return {"data": [{"id": "1"}], "meta": {"result_count": 1}}
        since, until = (given.get(name, "") for name in ("start_time", "end_time"))
        found = [p for p in self.posts.values() if since[:19] <= p["created_at"][:19] < until[:19]]
        some, token = page(found, given, int(given["max_results"]), "next_token")
        newest = {"newest_id": some[0]["id"], "oldest_id": some[-1]["id"]} if some else {}
        return {**self.whole(some, given), "meta": {"result_count": len(some), **newest, **token}}

    def whole(self, posts, given, asked=()):
        """Posts, what they refer to if that is asked for, and a problem for each that there is not."""
        with_others = "referenced_tweets.id" in given.get("expansions", "")
        others = [other["id"] for one in posts for other in one.get("referenced_tweets", ()) if with_others]
        lost = [id for id in (*asked, *others) if id not in self.posts]
        problem = {
            "title": "Not Found Error",
            "type": "https://api.twitter.com/2/problems/resource-not-found",
            "resource_type": "tweet",
        }
        users = [{"id": str(100 + n), "username": f"cliente{n}", "name": "Une cliente"} for n in range(3)]
        tweets = [self.posts[id] for id in others if id in self.posts]
        includes = {"users": users, **({"tweets": tweets} if tweets else {})}
        named = [
            {
                **problem,
                "detail": "Could not find it.",
                "value": id,
                "resource_id": id,
                "parameter": "ids" if id in asked else "referenced_tweets.id",
            }
            for id in dict.fromkeys(lost)
        ]
        return {
            **({"data": posts, "includes": includes} if posts else {}),
            **({"errors": named} if named else {}),
        }
