"""What is special about the Matrix source: edits, answers, threads and what was deleted."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from listening_etl import Deletion, NotAMention
from plugins.sources.matrix import Matrix, MatrixOptions

SAMPLES = Path(__file__).parents[2] / "contract" / "samples" / "matrix"
SOURCE = Matrix()
OPTIONS = MatrixOptions(url="https://hs.test", access_token="a", rooms=["!r:hs"], notices=True)


def told(name, options=None):
    """Mentions, deletions and reasons of a sample, one after the other."""
    found = []
    for item in SOURCE.items((SAMPLES / name).read_bytes(), options):
        try:
            parsed = SOURCE.parse(item, options)
            found += parsed if isinstance(parsed, list) else [parsed]
        except NotAMention as reason:
            found.append(str(reason))
    return found


def event(event_id="$a", **more):
    sent = {
        "type": "m.room.message",
        "event_id": event_id,
        "sender": "@zoe:hs",
        "origin_server_ts": 1791187200000,
    }
    return {**sent, "content": {"msgtype": "m.text", "body": "Elle fuit"}, **more}


def test_a_page_of_messages():
    redaction, answer, edited, deleted, encrypted, notice = told("messages.json")
    assert redaction == Deletion("$vieux", datetime(2026, 10, 5, 8, 46, 40, tzinfo=UTC))  # 1791190000
    assert (answer.text, answer.in_reply_to) == ("Bonjour, envoyez-nous une photo.", "$m1")
    assert (answer.reply_to_author, answer.tagged) == ("zoe:localtest", ("zoe:localtest",))
    # what another account passes off as an edit, later, is none
    assert (edited.native_id, edited.text) == ("$m1", "Ma Torréo fuit.")
    assert edited.published_at == datetime(2026, 10, 5, 8, tzinfo=UTC)  # 1791187200
    assert edited.updated_at == datetime(2026, 10, 5, 8, 30, tzinfo=UTC)  # 1791189000
    assert deleted == Deletion("$m0", datetime(2026, 10, 5, 7, 58, 20, tzinfo=UTC))  # 1791187100
    assert encrypted == "encrypted"
    assert notice == "no message of a person: m.notice"
    assert told("messages.json", OPTIONS)[-1].text == "Rappel automatique"


def test_a_sync_names_the_room_and_a_thread_its_root():
    state, picture = told("sync.json")
    assert state == "no message: m.room.member"
    assert (picture.conversation_id, picture.in_reply_to) == ("$m1", "$m1")  # $m2 was but a stopgap
    assert (picture.text, picture.media[0].url) == ("La mienne aussi", "mxc://localtest/abc")
    assert picture.url == "https://matrix.to/#/!cafe:localtest/$t2"


def test_the_name_of_a_file_is_no_caption():
    content = {"msgtype": "m.image", "body": "IMG_1.jpg", "url": "mxc://hs/x"}
    assert SOURCE.parse(event(content=content), None).text is None


def test_a_quote_that_one_types_oneself_stays():
    content = {"msgtype": "m.text", "body": "> Satisfait ou remboursé\nÇa, non."}
    assert SOURCE.parse(event(content=content), None).text == content["body"]


def test_an_edit_that_the_server_put_into_the_message():
    edit = event(
        "$b",
        origin_server_ts=1791187260000,
        content={"m.new_content": {"msgtype": "m.text", "body": "Réparée"}},
    )
    found = SOURCE.parse(event(unsigned={"m.relations": {"m.replace": edit}}), None)
    assert (found.text, found.updated_at) == ("Réparée", datetime(2026, 10, 5, 8, 1, tzinfo=UTC))
    foreign = {**edit, "sender": "@max:hs"}
    found = SOURCE.parse(event(unsigned={"m.relations": {"m.replace": foreign}}), None)
    assert (found.text, found.updated_at) == ("Elle fuit", None)


def test_a_deletion_in_rooms_of_today_names_the_message_in_its_content():
    gone = event("$r", type="m.room.redaction", content={"redacts": "$a"})
    assert SOURCE.parse(gone, None).native_id == "$a"


def test_a_place():
    found = SOURCE.parse(
        event(content={"msgtype": "m.location", "body": "ici", "geo_uri": "geo:48.85,2.35;u=9"}), None
    )
    assert (found.lat, found.lon) == (48.85, 2.35)


@pytest.mark.parametrize("answer", [
    b'{"search_categories": {"room_events": {"results": [{"result": %s}]}}}',
    b'{"event": %s, "events_before": [], "events_after": []}',
    b'{"events": [%s]}', b"[%s]", b"%s",
])  # fmt: skip
def test_whatever_the_answer_its_messages_are_found(answer):
    import orjson

    (item,) = SOURCE.items(answer % orjson.dumps(event()), None)
    assert SOURCE.parse(item, None).text == "Elle fuit"


def test_an_error_says_what_it_is():
    with pytest.raises(NotAMention, match="an error: You are not in the room"):
        told("error.json")
