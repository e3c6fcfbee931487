"""What is special about the Telegram source: whose chats, whose words, and ids that an export shares."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import orjson
import pytest

from listening_etl import Malformed, NotAMention, Slice, SourceUnreadable, Window
from listening_etl.http import Http
from plugins.sources.telegram import Telegram, TelegramOptions

SAMPLES = Path(__file__).parents[2] / "contract" / "samples" / "telegram"
SOURCE = Telegram()
GROUP = {"id": -1001500, "type": "supergroup", "title": "Les mordus"}
ZOE = {"id": 31, "is_bot": False, "first_name": "Zoé"}


def told(name, options=None):
    """What each item of a sample becomes: mentions, or the reason."""
    found = []
    for item in SOURCE.items((SAMPLES / name).read_bytes(), options):
        try:
            parsed = SOURCE.parse(item, options)
        except NotAMention as reason:
            parsed = str(reason)
        found.append(parsed)
    return found


def message(**more):
    return {"message_id": 5, "date": 1791187200, "chat": GROUP, "from": ZOE, **more}


def parse(**more):
    return SOURCE.parse({"update_id": 1, "message": message(**more)}, None)


def test_updates_of_every_kind():
    marked, edited, post, passed_on, joined, private, member = told("updates.json")
    assert (marked[0].tagged, marked[0].hashtags) == (("torreo_fr",), ("moulin",))  # behind two emoji: UTF-16
    assert marked[0].links == ("https://mordus.test/panne",)
    assert (marked[0].url, marked[0].author.name) == ("https://t.me/mordus/12", "Zoé Roux")
    reply, above = edited
    assert (reply.text, reply.in_reply_to, reply.reply_to_author) == (
        "La mienne fuit aussi.",
        "-1001500:12",
        "zoe",
    )
    assert reply.updated_at == datetime(2026, 10, 5, 8, 2, tzinfo=UTC)  # 1791187320
    assert (above.native_id, above.text) == ("-1001500:12", "voici ma panne")
    assert (post[0].native_id, post[0].author.handle) == ("-1001600:3", "torreo")
    assert passed_on[0].reshared_id == "-1001600:3"
    assert joined == "a service message: new_chat_members"
    assert private == "a private chat: only groups and channels are listened to"
    assert member == "an update of my_chat_member"


def test_private_chats_are_read_where_the_settings_say_so():
    options = TelegramOptions(token="1:a", private=True)
    assert told("updates.json", options)[5][0].text == "Un mot en privé"


def test_an_export_has_the_ids_that_a_bot_sees():
    service, first, answer = told("export.json")
    assert service == "a service message: create_group"
    assert (first.native_id, first.text) == ("-1001500:12", "Ma Torréo fuit, #panne ici")
    assert (first.hashtags, first.links) == (("panne",), ("https://mordus.test/panne",))
    assert (first.published_at, first.author.native_id) == (datetime(2026, 10, 5, 8, tzinfo=UTC), "31")
    assert (answer.in_reply_to, answer.author.native_id) == ("-1001500:12", "-1001600")


@pytest.mark.parametrize(("kind", "expected"), [
    ("private_group", "-15:1"), ("private_channel", "-10015:1"), ("personal_chat", None), ("saved_messages", None),
])  # fmt: skip
def test_chats_of_a_whole_export(kind, expected):
    said = {
        "id": 1,
        "type": "message",
        "date_unixtime": "1791187200",
        "from": "Zoé",
        "from_id": "user31",
        "text": "x",
    }
    chats = {"chats": {"list": [{"type": kind, "id": 15, "messages": [said]}]}}
    (item,) = SOURCE.items(httpx.Response(200, json=chats).content, None)
    if expected is None:
        with pytest.raises(NotAMention, match="only groups and channels"):
            SOURCE.parse(item, None)
    else:
        assert SOURCE.parse(item, None).native_id == expected


def test_content_without_words_is_a_message_and_a_service_message_is_none():
    assert parse(photo=[{"file_id": "a"}])[0].text is None
    assert parse(poll={"question": "Quelle cafetière ?"})[0].text == "Quelle cafetière ?"
    place = parse(venue={"title": "Boutique Torréo", "location": {"latitude": 48.8, "longitude": 2.3}})[0]
    assert (place.place, place.lat, place.lon) == ("Boutique Torréo", 48.8, 2.3)
    with pytest.raises(NotAMention, match="service message: pinned_message"):
        parse(pinned_message=message(text="x"))
    with pytest.raises(NotAMention, match="a message of a bot"):
        parse(text="Bienvenue", **{"from": {"id": 9, "is_bot": True}})


def test_a_message_of_a_topic_answers_nobody_but_stands_in_a_conversation():
    opened = {**message(message_id=2), "forum_topic_created": {"name": "Pannes"}}
    (found,) = parse(
        text="La mienne fuit", message_thread_id=2, is_topic_message=True, reply_to_message=opened
    )
    assert (found.in_reply_to, found.conversation_id) == (None, "-1001500:2")


def test_what_was_passed_on_from_a_person_is_of_no_known_origin():
    person = {"type": "user", "sender_user": {"id": 4}, "date": 1791187000}
    assert parse(text="x", forward_origin=person)[0].reshared_id is None
    old = {"forward_from_chat": {"id": -1007, "type": "channel"}, "forward_from_message_id": 8}
    assert parse(text="x", **old)[0].reshared_id == "-1007:8"


def test_a_bot_that_somebody_else_reads_says_so():
    conflict = {
        "ok": False,
        "error_code": 409,
        "description": "Conflict: terminated by other getUpdates request",
    }
    window = Window(datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 10, 5, tzinfo=UTC) + timedelta(hours=1))
    with Http(transport=httpx.MockTransport(lambda _: httpx.Response(409, json=conflict))) as http:
        stream = SOURCE.fetch(TelegramOptions(token="123:abc"), Slice("café", "telegram", window), http)
        with pytest.raises(SourceUnreadable, match="somebody else reads") as refused:
            next(stream)
    assert "123:abc" not in str(refused.value)


def exported(**more):
    """A message of a group in an export; the first such exports had numbers, and times without a zone."""
    said = {"id": 12, "type": "message", "date": "2019-10-05T10:00:00", "from_id": 31, "text": "x", **more}
    (item,) = SOURCE.items(orjson.dumps({"type": "private_group", "id": 15, "messages": [said]}), None)
    return SOURCE.parse(item, None)


def test_an_old_export_lacks_the_zone_of_its_times():
    assert exported(date_unixtime="1570262400").author.native_id == "31"
    with pytest.raises(Malformed, match="2019-10-05T10:00:00 has no time zone"):
        exported()


def test_a_file_may_hold_several_answers_and_answers_no_message():
    pages = [{"ok": True, "result": [{"update_id": 1}]}, {"ok": True, "result": []}, {"update_id": 2}]
    found = list(SOURCE.items(b"\n".join(map(orjson.dumps, pages)), None))
    assert [update["update_id"] for update in found] == [1, 2]
    (bot,) = SOURCE.items(b'{"ok": true, "result": {"id": 31, "is_bot": true}}', None)
    with pytest.raises(NotAMention, match="it holds no message, only id, is_bot"):
        SOURCE.parse(bot, None)
    with pytest.raises(NotAMention, match="it holds no messages"):
        SOURCE.items(b'{"ok": true, "result": []}', None)
