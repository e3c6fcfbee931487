"""What is special about the Discourse source: whose words, who answered whom, and how far it reads."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import orjson
import pytest

from listening_etl import Deletion, Gap, NotAMention, Slice, SourceUnavailable, Truncated, Window
from listening_etl.http import Http
from plugins.sources.discourse import Discourse, DiscourseOptions

SAMPLES = Path(__file__).parents[2] / "contract" / "samples" / "discourse"
SOURCE = Discourse()
OPTIONS = DiscourseOptions(url="https://forum.test", threads=False)
START = datetime(2026, 10, 5, tzinfo=UTC)
DAY = Window(START, START + timedelta(days=1))


def parsed(name):
    (item,) = SOURCE.items((SAMPLES / name).read_bytes(), OPTIONS)
    return SOURCE.parse(item, OPTIONS)


def test_a_topic_with_an_answer_a_service_message_a_deletion_and_a_whisper():
    first, answer, service, gone, last, whisper = parsed("topic.json")
    assert (str(service), str(whisper)) == ("a service message: pinned.enabled", "it is not public")
    assert (first.title, first.text) == (
        "Torréo : la moulinette bloque",
        "Ma Torréo s’arrête net & sans bruit.\nUne idée ?",
    )
    assert (first.likes, first.replies, first.views, first.hashtags) == (3, 1, 40, ("panne",))
    assert first.updated_at == datetime(2026, 10, 5, 9, 30, tzinfo=UTC)
    assert [(media.url, media.alt_text) for media in first.media] == [
        ("https://forum.test/uploads/moulin_640.jpeg", "moulin")
    ]
    assert (answer.text, answer.title, answer.likes) == ("Bonjour @ines, voici l’aide.", None, 0)
    assert (answer.in_reply_to, answer.quoted_id, answer.reply_to_author) == ("901", "901", "ines")
    assert (answer.tagged, answer.links) == (("ines",), ("https://torreo.test/aide",))
    assert answer.url == "https://forum.test/t/torreo-moulinette/71/2"
    assert answer.updated_at is None
    assert gone == Deletion("908")
    assert (last.in_reply_to, last.conversation_id) == ("902", "topic:71")


def test_a_post_that_came_without_html_loses_its_quote_too():
    post = parsed("latest_posts.json")
    assert (post.text, post.in_reply_to) == ("Moi, rien à redire.", None)


@pytest.mark.parametrize(("post", "reason"), [
    ({"action_code": "closed.enabled"}, "service message: closed.enabled"),
    ({"post_type": 4}, "not public"),
    ({"topic_archetype": "private_message"}, "not public"),
])  # fmt: skip
def test_what_is_no_post_of_the_public(post, reason):
    with pytest.raises(NotAMention, match=reason):
        SOURCE.parse({"id": 1, "created_at": "2026-10-05T08:00:00Z", "cooked": "<p>x</p>", **post}, OPTIONS)


def test_lists_of_topics_and_errors_say_what_they_are():
    with pytest.raises(NotAMention, match="a list of topics"):
        SOURCE.items((SAMPLES / "topics.json").read_bytes(), OPTIONS)
    with pytest.raises(NotAMention, match="an error: Vous n’avez pas la permission"):
        SOURCE.items((SAMPLES / "error.json").read_bytes(), OPTIONS)


@pytest.mark.parametrize("answer", [
    [{"id": 3, "username": "ines", "created_at": "2026-10-05T08:00:00Z"}],
    [{"type": "topic", "results": [{"id": 1, "title": "Torréo"}]}],
    {"users": [{"id": 3, "username": "ines"}]},
    {"id": 71, "title": "Torréo", "created_at": "2026-10-05T08:00:00Z"},
    {"post": None},
    [],
])  # fmt: skip
def test_people_mails_and_topics_are_no_posts_though_they_have_ids_and_times(answer):
    with pytest.raises(NotAMention, match="it holds no posts"):
        SOURCE.items(orjson.dumps(answer), OPTIONS)


def test_addresses_are_whole_also_where_nobody_says_which_forum_it_is():
    cooked = '<p><img src="//cdn.test/moulin.png"> <a href="//torreo.test/aide">aide</a></p>'
    mention = SOURCE.parse({"id": 1, "created_at": "2026-10-05T08:00:00Z", "cooked": cooked}, None)
    assert (mention.media[0].url, mention.links) == (
        "https://cdn.test/moulin.png",
        ("https://torreo.test/aide",),
    )


def test_a_post_that_cannot_be_read_loses_itself_and_not_its_topic():
    posts = [
        {"id": 1, "cooked": "<p>x</p>"},
        {"id": 2, "cooked": "<p>y</p>", "created_at": "2026-10-05T08:00:00Z"},
    ]
    undated, dated = SOURCE.parse({"id": 71, "post_stream": {"posts": posts}}, OPTIONS)
    assert (str(undated), dated.native_id) == ("it has no publication time", "2")


def post(number, written, topic=1):
    return {
        "id": number,
        "topic_id": topic,
        "created_at": written.isoformat(),
        "cooked": f"<p>Avis {number}</p>",
    }


def fetched(answer, window=DAY, options=OPTIONS, query=""):
    """What a forum that answers so brings, and how often it was asked."""
    asked = []

    def reply(request):
        asked.append(request)
        given = answer(request.url.path, dict(request.url.params))
        return httpx.Response(404 if given is None else 200, content=orjson.dumps(given))

    with Http(transport=httpx.MockTransport(reply)) as http:
        return list(SOURCE.fetch(options, Slice("café", "forum", window, query), http)), asked


def of_stretches(posts):
    """An older forum: a page is what may be read of fifty ids, `before` among them."""

    def answer(path, params):
        top = int(params.get("before", max(posts)))
        return {"latest_posts": [posts[n] for n in range(top, top - 50, -1) if n in posts]}

    return answer


def test_a_stretch_of_posts_that_are_private_does_not_end_it():
    posts = {1000: post(1000, START + timedelta(hours=9)), 700: post(700, START + timedelta(hours=1))}
    posts |= {n: post(n, START - timedelta(days=1)) for n in range(600, 650)}
    items, _ = fetched(of_stretches(posts))
    assert [item["id"] for item in items] == [1000, 700]


def test_a_thousand_ids_without_a_post_leave_a_gap():
    posts = {5000: post(5000, START + timedelta(hours=9)), 900: post(900, START + timedelta(hours=1))}
    items, asked = fetched(of_stretches(posts))
    assert items[1:] == [Gap(START, START + timedelta(hours=9), "no post that may be read in 1,000 ids")]
    assert len(asked) < 30


def newest(posts):
    """A forum of today: the fifty newest with an id below `before`."""

    def answer(path, params):
        top = int(params.get("before", max(posts) + 1))
        return {"latest_posts": [posts[n] for n in sorted((n for n in posts if n < top), reverse=True)[:50]]}

    return answer


def test_imported_posts_with_new_ids_and_old_times_do_not_end_it():
    posts = {n: post(n, START + timedelta(minutes=n)) for n in range(1, 61)}
    posts |= {n: post(n, START - timedelta(days=900)) for n in range(61, 109)}  # 48 of them on top
    items, _ = fetched(newest(posts))
    assert sorted(item["id"] for item in items) == list(range(1, 61))


def test_a_day_long_past_is_found_by_halving():
    posts = {n: post(n, START + timedelta(minutes=n - 50_000)) for n in range(1, 100_001)}
    window = Window(START - timedelta(minutes=200), START)
    items, asked = fetched(newest(posts), window)
    assert sorted(item["id"] for item in items) == list(range(49_800, 50_000))
    # the page on top; 100,000 ids halved until 200 are left, 9 times; 200 to 400 posts and the page behind these
    assert len(asked) <= 1 + 9 + 10


def search_of(hits, error=None):
    def answer(path, params):
        if path.startswith("/t/"):
            number = int(path.split("/")[2].removesuffix(".json"))
            return {"id": number, "post_stream": {"posts": [p for p in hits if p["topic_id"] == number]}}
        page = int(params["page"])
        about = {"more_full_page_results": len(hits) > 50 * page, "error": error}
        return {"posts": hits[50 * page - 50 : 50 * page], "grouped_search_result": about}

    return answer


def test_a_search_that_ends_too_early_says_how_far_it_came():
    hits = [post(n, DAY.until - timedelta(minutes=n), topic=n) for n in range(1, 701)]
    week = Window(DAY.until - timedelta(days=7), DAY.until + timedelta(days=1))
    items, asked = fetched(search_of(hits), week, query='"Torréo"')
    # ten pages of fifty: the last of them was written 500 minutes before the end of the 5th
    assert items[500:] == [
        Truncated("the search ends after 10 pages", reached=DAY.until - timedelta(minutes=500))
    ]
    assert asked[0].url.params["q"] == '"Torréo" after:2026-09-28 before:2026-10-07 order:latest'


def test_more_hits_in_a_day_than_a_search_shows_are_a_gap_since_it_knows_no_hours():
    hits = [post(n, DAY.until - timedelta(minutes=n), topic=n) for n in range(1, 701)]
    items, _ = fetched(search_of(hits), DAY, query='"Torréo"')
    reached = DAY.until - timedelta(minutes=500)
    assert items[500:] == [
        Gap(START, reached + timedelta(seconds=1), "the search ends after 10 pages, one day's")
    ]


def test_a_forum_too_busy_to_search_is_not_a_forum_without_hits():
    with pytest.raises(SourceUnavailable, match="does not search now"):
        fetched(search_of([], error="trop de monde"), query='"Torréo"')


def test_a_long_topic_is_read_from_its_end_back_to_the_window():
    posts = {n: post(n, START + timedelta(hours=n - 500)) for n in range(1, 512)}

    def reply(request):
        wanted = [int(number) for number in request.url.params.get_list("post_ids[]")]
        if request.url.path == "/posts.json":
            given = newest(posts)(request.url.path, dict(request.url.params))
        else:
            stream = {"posts": [posts[n] for n in wanted or range(1, 21)], "stream": list(posts)}
            given = {"id": 1, "post_stream": stream}
        return httpx.Response(200, content=orjson.dumps(given))

    with Http(transport=httpx.MockTransport(reply)) as http:
        options = DiscourseOptions(url="https://forum.test")
        (topic,) = SOURCE.fetch(options, Slice("café", "forum", DAY), http)
    ids = {one["id"] for one in topic["post_stream"]["posts"]}
    assert ids == {
        *range(1, 21),
        *range(472, 512),
    }  # 492–511 hold the window's first post, 472–491 are all older
