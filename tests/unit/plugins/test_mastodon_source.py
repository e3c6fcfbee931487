"""What is special about Mastodon: who wants to be found, ids that tell the time, servers that know less."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from listening_etl import (
    ConfigError,
    CredentialsRejected,
    Deletion,
    Gap,
    NotAMention,
    Slice,
    SourceUnreadable,
    Truncated,
    Window,
)
from listening_etl.http import Http
from plugins.sources.mastodon import Mastodon, MastodonOptions, snowflake
from tests.contract.test_mastodon import DAY, status

SAMPLES = Path(__file__).parents[2] / "contract" / "samples" / "mastodon"
SOURCE, OPTIONS = Mastodon(), MastodonOptions()
TOKEN = {"token": "s3cret"}


def parsed(name, number=0, **options):
    items = list(SOURCE.items((SAMPLES / name).read_bytes(), None))
    return SOURCE.parse(items[number], MastodonOptions(**options))


def client(answer):
    """A client of a server that answers path and parameters with what `answer` says."""

    def reply(request):
        given = answer(request.url.path, request.url.params)
        return given if isinstance(given, httpx.Response) else httpx.Response(200, json=given)

    return Http(transport=httpx.MockTransport(reply))


def fetched(answer, query="#torréo", **options):
    given = MastodonOptions(**{"instance": "https://social.test", "threads": False, **options})
    with client(answer) as http:
        yield from SOURCE.fetch(given, Slice("t", "m", Window(DAY, DAY + timedelta(days=1)), query), http)


def ids(found):
    return [item.data["id"] for item in found]


def test_a_status_with_everything():
    mention = parsed("timeline.json")
    assert mention.native_id == "501"
    assert mention.published_at == datetime(2026, 10, 6, 9, 30, tzinfo=UTC)
    assert mention.updated_at == datetime(2026, 10, 6, 10, tzinfo=UTC)
    assert mention.title == "fuite"
    assert mention.text == (
        "Ma @torreo fuit ! #café\nLe mode d’emploi : https://torreo.example/aide?a=1&b=2\n- Échanger\n- Rembourser"
    )
    assert mention.links == (
        "https://torreo.example/aide?a=1&b=2",
    )  # neither people nor hashtags; the card once
    assert (mention.tagged, mention.hashtags) == (("torreo@torreo.example",), ("café",))
    assert (mention.quoted_id, mention.conversation_id) == ("400", "501")
    assert [(m.kind, m.alt_text) for m in mention.media] == [("video", "Une flaque")]
    assert (mention.likes, mention.replies, mention.reshares) == (2, 0, 1)
    assert (mention.author.handle, mention.author.followers) == ("camille@social.example", 7)
    assert mention.lang_declared == "fr"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"account": {"acct": "camille", "noindex": True}}, "not to be indexed"),
        ({"visibility": "private"}, "visibility is private"),
        ({"visibility": "unlisted"}, "visibility is unlisted"),
    ],
)
def test_who_does_not_want_to_be_found_is_left_out(change, reason):
    with pytest.raises(NotAMention, match=reason):
        SOURCE.parse(status(DAY, "Torréo", **change), OPTIONS)


def test_who_did_not_agree_to_full_text_search_writes_in_public_all_the_same():
    assert parsed("timeline.json", 1).native_id == "502"
    with pytest.raises(NotAMention, match="found by search"):
        parsed("timeline.json", 1, searchable_only=True)


def test_a_boost_is_a_mention_of_its_own_without_text():
    original, boost = parsed("timeline.json", 2)
    assert (boost.native_id, boost.reshared_id, boost.text) == ("503", "501", None)
    assert (boost.links, original.native_id) == ((), "501")
    assert boost.author.handle == "torreo@torreo.example"


def test_a_thread_is_one_item_without_those_who_hide():
    first, answer, hidden, thanks = parsed("thread.json")
    assert str(hidden) == "its author asks not to be indexed"
    assert (first.native_id, answer.native_id, thanks.native_id) == ("501", "505", "507")
    assert {m.conversation_id for m in (first, answer, thanks)} == {"501"}
    assert (answer.kind, answer.in_reply_to, answer.reply_to_author) == (
        "reply",
        "501",
        "camille@social.example",
    )
    assert thanks.reply_to_author == "torreo@torreo.example"


def test_a_search_holds_accounts_too_and_only_its_statuses_count():
    items = list(SOURCE.items((SAMPLES / "search.json").read_bytes(), None))
    assert [SOURCE.parse(item, OPTIONS).native_id for item in items] == ["505"]


@pytest.mark.parametrize(
    ("name", "reason"), [("error.json", "token is invalid"), ("accounts.json", "account")]
)
def test_an_answer_without_statuses_says_what_it_is(name, reason):
    with pytest.raises(NotAMention, match=reason):
        parsed(name)


def test_a_stream_of_server_sent_events():
    items = list(SOURCE.items((SAMPLES / "user.sse.txt").read_bytes(), None))
    written, liked, edited, deleted, other = items
    assert SOURCE.parse(written, OPTIONS).text == "Torréo, le retour"
    assert SOURCE.parse(edited, OPTIONS).updated_at == datetime(2026, 10, 6, 12, 5, tzinfo=UTC)
    assert SOURCE.parse(deleted, OPTIONS) == Deletion("508")
    for item, reason in ((liked, "favourite"), (other, "filters_changed")):
        with pytest.raises(NotAMention, match=reason):
            SOURCE.parse(item, OPTIONS)


def test_the_id_of_a_time():
    # 6 October 2026, 0 h UTC is 1,791,244,800,000 ms after 1970; times 65,536
    assert snowflake(DAY) == 117_391_019_212_800_000 == 1_791_244_800_000 * 65_536


def test_a_window_is_read_from_its_end_and_not_from_today():
    asked = []

    def answer(path, params):
        asked.append(params.get("max_id"))
        return [status(DAY + timedelta(hours=h), "Torréo") for h in (5, -30)] if len(asked) == 1 else []

    assert len(list(fetched(answer))) == 1
    assert asked[0] == str(snowflake(DAY + timedelta(days=1)))


def test_an_old_status_among_newer_ones_does_not_end_the_reading():
    pages = [[20, -50, 19], [18, 17], [-1, -2], [-3]]
    asked = []

    def answer(path, params):
        asked.append(params.get("max_id"))
        hours = pages[len(asked) - 1]
        return [status(DAY + timedelta(hours=h), "Torréo") for h in hours]

    assert len(list(fetched(answer))) == 4
    assert len(asked) == 3  # the third page is older than the window as a whole


def test_a_server_whose_ids_tell_no_time_is_read_from_its_newest_status():
    def answer(path, params):
        if "max_id" in params:
            return (
                [] if params["max_id"].isdecimal() else [status(DAY - timedelta(days=2), "x") | {"id": "01A"}]
            )
        return [status(DAY + timedelta(hours=h), "Torréo") | {"id": f"01{h:02}Z"} for h in (30, 20)]

    assert ids(fetched(answer)) == ["0120Z"]


def test_an_empty_window_costs_two_requests():
    asked = []

    def answer(path, params):
        asked.append(path)
        return [] if "max_id" in params else [status(DAY + timedelta(days=9), "Torréo")]

    assert list(fetched(answer)) == []
    assert len(asked) == 2


def test_a_hashtag_with_too_many_pages_is_cut_and_says_where(monkeypatch):
    monkeypatch.setattr("plugins.sources.mastodon.MOST_PAGES", 3)
    asked = []

    def answer(path, params):
        asked.append(path)
        return [status(DAY + timedelta(hours=20 - len(asked)), "Torréo")]

    *found, cut = fetched(answer)
    assert len(found) == 3
    assert isinstance(cut, Truncated)
    assert cut.reached == DAY + timedelta(hours=17, milliseconds=1)


def test_a_search_whose_server_ignores_the_offset_ends():
    few = [status(DAY + timedelta(hours=h), "Torréo") for h in range(3)]
    many = [status(DAY + timedelta(minutes=m), "Torréo") for m in range(40)]
    strangers = [*many[1:], status(DAY - timedelta(days=30), "Torréo")]
    assert len(list(fetched(lambda path, params: {"statuses": few}, "Torréo", **TOKEN))) == 3
    *found, cut = fetched(lambda path, params: {"statuses": many}, "Torréo", **TOKEN)
    assert len(found) == 40
    assert isinstance(cut, Truncated)  # a narrower window may bring the rest
    *found, cut = fetched(lambda path, params: {"statuses": strangers}, "Torréo", **TOKEN)
    assert len(found) == 39
    assert isinstance(cut, Gap)  # it knows no windows either


def test_a_search_without_a_token_is_a_setting_to_correct():
    with pytest.raises(ConfigError, match="logged in"):
        list(fetched(lambda path, params: [], "Torréo"))


def test_a_server_that_shows_hashtags_to_its_own_people_asks_for_a_token():
    refused = httpx.Response(422, json={"error": "This method requires an authenticated user"})
    with pytest.raises(CredentialsRejected, match="token"):
        list(fetched(lambda path, params: refused))


def test_no_thread_is_asked_for_what_is_left_out_anyway():
    def answer(path, params):
        assert "context" not in path
        hidden = status(DAY, "Torréo", replies_count=3)
        hidden["account"]["noindex"] = True
        return [hidden] if "max_id" in params and int(params["max_id"]) > snowflake(DAY) else []

    assert len(list(fetched(answer, threads=True))) == 1


def rechecked(answer, *ids):
    with client(answer) as http:
        items = SOURCE.recheck(MastodonOptions(instance="https://social.test"), ids, http)
        return [SOURCE.parse(item.data, OPTIONS) for item in items]


def test_a_recheck_on_a_server_that_knows_no_list_of_ids():
    def answer(path, params):
        if path.endswith("/statuses"):
            return httpx.Response(404, text="<html>no such route</html>")
        return status(DAY, "Torréo") | {"id": "7"} if path.endswith("/7") else gone

    gone = httpx.Response(404, json={"error": "Record not found"})
    alive, deleted = rechecked(answer, "7", "8")
    assert (alive.native_id, deleted) == ("7", Deletion("8"))


def test_a_server_that_is_none_any_more_deletes_nothing():
    with pytest.raises(SourceUnreadable):
        rechecked(lambda path, params: httpx.Response(404, text="<html>parked domain</html>"), "7")


def test_queries_are_hashtags_and_with_a_token_names():
    entity = SimpleNamespace(names=("Torréo", "Café Torréo"), handles=(), hashtags=("torreo",))
    assert SOURCE.push_down(OPTIONS, [entity]) == ["#torreo", "#CaféTorréo"]  # #Torréo is the same hashtag
    assert SOURCE.push_down(MastodonOptions(**TOKEN), [entity]) == [
        "#torreo",
        "#CaféTorréo",
        "Torréo",
        '"Café Torréo"',
    ]


def test_ids_are_text_also_where_an_old_server_writes_numbers():
    old = {"id": 12, "uri": "tag:x", "content": "<p>Torréo</p>", "created_at": "2017-04-14T06:11:41Z"}
    row = {
        "ancestors": [
            {**old, "id": 11, "account": {"id": 3, "acct": "ana", "url": "https://social.test/@ana"}}
        ]
    }
    row |= {"status": {**old, "in_reply_to_id": 11}, "descendants": []}
    first, answer = SOURCE.parse(row, OPTIONS)
    assert (first.native_id, first.conversation_id, first.author.native_id) == ("11", "11", "3")
    assert (answer.in_reply_to, answer.conversation_id, answer.reply_to_author) == (
        "11",
        "11",
        "ana@social.test",
    )


@pytest.mark.parametrize("row", [
    {"content": "<p>Torréo</p>", "created_at": "2026-10-06T09:30:00Z", "account": {"id": "3"}, "poll": None},
    {"id": "8", "content": "<p>Maintenance ce soir</p>", "published_at": "2026-10-06T09:30:00Z", "mentions": []},
    {"content": "<p>Torréo</p>", "detected_source_language": "fr", "provider": "x"},
])  # fmt: skip
def test_versions_notices_and_translations_are_no_statuses(row):
    with pytest.raises(NotAMention, match="it holds no status, only"):
        SOURCE.parse(row, OPTIONS)


def test_a_file_may_hold_one_timeline_a_line():
    lines = b'\xef\xbb\xbf[{"id": "1"}, {"id": "2"}]\r\n[]\r\n{"statuses": [{"id": "3"}], "hashtags": []}'
    assert [row["id"] for row in SOURCE.items(lines, None)] == ["1", "2", "3"]
