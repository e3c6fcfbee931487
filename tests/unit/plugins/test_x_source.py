"""What is special about X: what a page may cost, queries that fit, edits, retweets, withheld and old posts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import orjson
import pytest

from listening_etl import BudgetSpent, Deletion, Mention, NotAMention, Slice, SourceUnavailable, Window
from listening_etl.http import DailyBudget, Response
from listening_etl.testing import Answer
from listening_etl.testing.platform import Platform
from plugins.sources.x import X, XArchive, XOptions

SAMPLES = Path(__file__).parents[2] / "contract" / "samples" / "x"
SOURCE = X()
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WEEK = Slice("cafe", "x", Window(NOW - timedelta(days=6), NOW), '("Torréo") -is:retweet')


def options(**given):
    return XOptions(token="t0ken", **given)


def brand(names=(), handles=(), hashtags=()):
    return SimpleNamespace(names=names, handles=handles, hashtags=hashtags)


def parsed(name, kind=Mention):
    """The mentions, or the deletions, of a sample."""
    found = []
    for item in SOURCE.items((SAMPLES / name).read_bytes(), None):
        one = SOURCE.parse(item, None)
        found += one if isinstance(one, list) else [one]
    return [one for one in found if isinstance(one, kind)]


def fetched(answer, given=None):
    """The items of a week on a platform that says `answer`, and what it was asked for."""
    platform = Platform(answer, NOW)
    with platform.http() as http:
        return list(SOURCE.fetch(given or options(), WEEK, http)), platform.requests


class Paid:
    """A client with so much money, on a platform that has one post."""

    def __init__(self, money):
        self.budget = DailyBudget(money=money)

    def spend(self, units=0, money=0):
        self.budget.charge(money=money)

    def get(self, url, **_):
        return Response(200, {}, orjson.dumps(page(1)), url, NOW)


def page(size, token=None):
    posts = [{"id": str(1990 * 10**15 + n), "text": "Torréo", "author_id": "1"} for n in range(size)]
    return {"data": posts, "meta": {"result_count": size, **({"next_token": token} if token else {})}}


def test_a_query_holds_names_handles_and_hashtags_and_no_retweets():
    brands = [
        brand(
            ("Torréo", 'Café "Torréo"'), ("torreo", "@torreo.officiel", "torreo_officiel_france"), ("torreo",)
        ),
        brand(("torréo",), (), ("2026",)),
    ]
    # A handle has no dot and 15 characters at most, a hashtag not only digits; the second brand's name is the first's.
    assert SOURCE.push_down(options(languages=["fr", "en"]), brands) == [
        '("torréo" OR "Café  Torréo" OR #torreo OR @torreo OR from:torreo) (lang:fr OR lang:en) -is:retweet'
    ]
    assert SOURCE.push_down(options(query="cafetière has:images"), brands) == ["cafetière has:images"]


def test_many_names_make_several_queries_that_fit():
    names = [f"Cafetière numéro {n:02}" for n in range(60)]  # 19 characters, 21 with quotes
    queries = SOURCE.push_down(options(), [brand(names)])
    # 512 - 2 brackets - 13 of " -is:retweet" = 497; n names with " OR " between are 25 n - 4 long: 20 fit.
    assert [query.count(" OR ") + 1 for query in queries] == [20, 20, 20]
    assert max(map(len, queries)) <= 512
    assert len(XArchive().push_down(options(), [brand(names)])) == 2  # 1,024 characters: 40 a query
    assert all(f'"{name}"' in " ".join(queries) for name in names)


def test_the_highest_price_of_a_page_is_spent_before_it_is_asked_for():
    # 10 posts, each with what it answers and quotes: 3 * (0.005 + 0.010) = 0.045 a post, 0.45 the page.
    with pytest.raises(BudgetSpent):
        list(SOURCE.fetch(options(), WEEK, Paid(0.44)))
    assert len(list(SOURCE.fetch(options(), WEEK, Paid(0.45)))) == 1
    # Without what stands around it: 10 * 0.015 = 0.15; with pictures, 4 at most: 10 * (0.045 + 0.02) = 0.65.
    assert len(list(SOURCE.fetch(options(context=False), WEEK, Paid(0.15)))) == 1
    with pytest.raises(BudgetSpent):
        list(SOURCE.fetch(options(media=True), WEEK, Paid(0.64)))


def test_pages_grow_as_long_as_they_are_full():
    def answer(request):
        size, token = int(request.params["max_results"]), int(request.params.get("next_token", 0))
        return page(size, None if token == 5 else str(token + 1))

    items, requests = fetched(answer)
    assert [int(request.params["max_results"]) for request in requests] == [10, 20, 40, 80, 100, 100]
    assert len(items) == 350


def test_an_end_that_is_not_over_yet_is_left_to_x():
    def answer(request):
        if "end_time" in request.params:
            error = {"parameters": {"end_time": ["?"]}, "message": "Invalid 'end_time'"}
            return Answer({"errors": [error]}, status=400)
        return page(1)

    items, requests = fetched(answer)
    assert len(items) == 1
    assert "start_time" in requests[-1].params
    assert requests[-1].params["query"] == WEEK.query


def test_no_credits_left_is_worth_another_try():
    with pytest.raises(SourceUnavailable, match="no credits"):
        fetched(lambda request: Answer({"title": "CreditsDepleted"}, status=402))


def test_an_edit_is_a_new_version_of_the_same_mention():
    edit = parsed("search.json")[0]
    assert edit.native_id == "1524016701213450240"  # recorded: X dates it 10 May 2022, 13:21:11
    assert edit.published_at == datetime(2022, 5, 10, 13, 21, 11, tzinfo=UTC)
    assert edit.updated_at == datetime(2022, 5, 10, 13, 40, 15, tzinfo=UTC)


def test_everything_that_a_post_says_of_itself():
    edit, parent = parsed("search.json")[:2]
    assert edit.text == "@torreo Moi non plus & ce n'est pas la première fois… https://t.co/a1"
    assert (edit.kind, edit.in_reply_to, edit.conversation_id) == (
        "reply",
        parent.native_id,
        parent.native_id,
    )
    assert (edit.reply_to_author, edit.tagged, edit.hashtags) == ("torreo", ("torreo",), ("cafetiere",))
    assert (edit.links, edit.media[0].kind) == (("https://blog.example/fuite",), "image")
    assert (edit.likes, edit.replies, edit.reshares, edit.views) == (9, 1, 2, 480)
    assert (edit.lat, edit.lon, edit.place) == (45.764, 4.8357, "Lyon, France")
    assert (edit.author.handle, edit.author.followers, edit.author.location) == ("lea_cuisine", 310, "Lyon")
    assert edit.url == "https://x.com/lea_cuisine/status/1524021500000000000"
    assert (parent.author.handle, parent.likes, parent.conversation_id) == ("torreo", None, parent.native_id)


def test_a_retweet_has_the_whole_text_and_not_the_counts_of_the_original():
    retweet = parsed("search.json")[2]
    assert retweet.text.startswith("RT @torreo: Nous rappelons") and retweet.text.endswith("sans délai.")
    assert (retweet.reshared_id, retweet.reshares, retweet.likes) == ("1990050000000000000", None, None)
    assert retweet.lang_declared is None  # qme: a post of media, in no language


def test_withheld_and_deleted_posts_go():
    assert parsed("search.json", Deletion) == [
        Deletion("1990200000000000000"),  # withheld in France
        Deletion("1980000000000000000"),  # quoted, and not found
    ]


def test_a_status_of_the_old_interface_says_the_same():
    reply, retweet, original = parsed("search_v1.json")
    assert (reply.native_id, reply.text) == (
        "518675309000000000",
        "@torreo votre cafetière est superbe <3 #torreo https://t.co/b2",
    )
    assert reply.published_at == datetime(2014, 10, 5, 8, 15, tzinfo=UTC)
    assert (reply.in_reply_to, reply.reply_to_author) == ("518600000000000000", "torreo")
    assert (reply.author.handle, reply.author.followers, reply.author.location) == ("jean_b", 12, None)
    assert (reply.tagged, reply.hashtags, reply.links) == (
        ("torreo",),
        ("torreo",),
        ("https://photos.example/1",),
    )
    assert [(part.url, part.kind) for part in reply.media] == [("https://pbs.example/99.jpg", "image")]
    assert (reply.lat, reply.place, reply.likes, reply.reshares) == (48.8566, "Paris, France", 4, 1)
    assert retweet.text == "RT @jean_b: " + original.text
    assert original.text.endswith("ne couvre rien du tout.")
    assert (retweet.reshared_id, original.reshares) == (original.native_id, 6)


def test_a_post_without_a_time_has_it_in_its_id():
    first, second = parsed("timeline.jsonl")
    assert first.native_id == "1276035977375477760"  # recorded: X dates it 25 June 2020, 06:14:19
    assert first.published_at == datetime(2020, 6, 25, 6, 14, 19, tzinfo=UTC)
    assert second.published_at == datetime(2025, 11, 17, 12, 36, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"errors": [{"message": "Rate limit exceeded", "code": 88}]}, "an error: Rate limit exceeded"),
        ({"title": "Forbidden", "detail": "Not allowed.", "status": 403}, "an error: Not allowed"),
        ({"data": [{"id": "1", "username": "torreo", "name": "Torréo", "text": "?"}]}, "it holds no posts"),
        ({"data": [{"id": "1", "text": "salut", "event_type": "MessageCreate"}]}, "it holds no posts"),
        ({"meta": {"result_count": 0}}, "it holds no posts"),
    ],
)
def test_an_answer_without_posts_says_why(document, reason):
    with pytest.raises(NotAMention, match=reason):
        list(SOURCE.items(orjson.dumps(document), None))


@pytest.mark.parametrize("event", [
    {"delete": {"status": {"id": 20, "id_str": "20", "user_id": 3}, "timestamp_ms": "1791200000000"}},
    {"for_user_id": "3", "tweet_delete_events": [{"status": {"id": "20", "user_id": "3"}}]},
    {"data": {"delete": {"tweet": {"id": "20", "author_id": "3"}, "event_at": "2026-10-05T08:00:00Z"}}},
    {"data": {"withheld": {"tweet": {"id": "20"}, "withheld_in_countries": ["FR"]}}},
])  # fmt: skip
def test_streams_and_webhooks_say_what_is_gone(event):
    (item,) = SOURCE.items(orjson.dumps(event), None)
    assert SOURCE.parse(item, None) == Deletion("20")


def test_posts_stand_alone_under_their_ids_one_a_line_and_not_in_profiles():
    post = {"id_str": "1400000000000000000", "text": "Torréo", "user": {"id_str": "3", "screen_name": "ana"}}
    profile = {"id_str": "3", "screen_name": "ana", "status": post}
    for answer in ({"id": {"1400000000000000000": post, "21": None}}, {"objects": {"tweets": {"1": post}}}):
        assert len(list(SOURCE.items(orjson.dumps(answer), None))) == 1
    lines = b"\r\n".join(
        orjson.dumps(one) for one in (post, {"limit": {"track": 3}}, {"data": page(1)["data"][0]})
    )
    assert len(list(SOURCE.items(lines, None))) == 2
    with pytest.raises(NotAMention, match="it holds no posts"):
        list(SOURCE.items(orjson.dumps({"users": [profile]}), None))


def test_pictures_keep_the_words_that_describe_them():
    media = [
        {"id_str": "7", "type": "photo", "media_url_https": "https://x.test/7.jpg", "ext_alt_text": "moulin"}
    ]
    status = {"id_str": "1400000000000000000", "full_text": "Torréo", "extended_entities": {"media": media}}
    (mention,) = SOURCE.parse(status, None)
    assert [(one.url, one.kind, one.alt_text) for one in mention.media] == [
        ("https://x.test/7.jpg", "image", "moulin")
    ]
