"""What ActivityPub documents say: whom they are for, who passes what on, what is gone."""

import pytest

from listening_etl import Deletion, Malformed, NotAMention, activity_mentions

EVERYBODY = "https://www.w3.org/ns/activitystreams#Public"
ANA = "https://social.test/users/ana"


def note(**more):
    return {
        "type": "Note",
        "id": f"{ANA}/1",
        "attributedTo": ANA,
        "to": EVERYBODY,
        "content": "<p>Torréo</p>",
        "published": "2026-10-05T12:00:00Z",
        **more,
    }


def one(document):
    (found,) = activity_mentions(document)
    return found


@pytest.mark.parametrize(
    "address",
    [{"to": "as:Public"}, {"to": [ANA], "cc": ["Public"]}, {"to": [], "cc": EVERYBODY}],
    ids=["alone", "among others", "unlisted"],
)
def test_everybody_has_three_names_and_two_places(address):
    assert one(note(**address)).text == "Torréo"


def test_what_states_no_address_was_shown_to_us():
    document = note()
    del document["to"]
    assert one(document).text == "Torréo"


@pytest.mark.parametrize("address", [{"to": [f"{ANA}/followers"]}, {"to": []}, {"to": [], "cc": [ANA]}])
def test_what_is_for_some_only_is_no_mention(address):
    with pytest.raises(NotAMention, match="not addressed to everybody"):
        activity_mentions(note(**address))


def test_an_activity_lends_its_address_and_its_actor():
    inner = note()
    del inner["to"], inner["attributedTo"]
    actor = {"id": ANA, "preferredUsername": "ana.b", "name": "Ana"}
    mention = one({"type": "Create", "actor": actor, "to": [EVERYBODY], "object": inner})
    assert (mention.author.handle, mention.author.name) == ("ana.b@social.test", "Ana")
    with pytest.raises(NotAMention, match="not addressed"):
        activity_mentions({"type": "Create", "actor": actor, "to": [f"{ANA}/followers"], "object": inner})


def test_a_share_and_what_it_shares():
    share = {"type": "Announce", "id": f"{ANA}/2", "actor": ANA, "published": "2026-10-06T12:00:00Z"}
    named = one(share | {"object": "https://autre.test/8"})
    assert (named.native_id, named.reshared_id, named.text) == (f"{ANA}/2", "https://autre.test/8", None)
    shown = activity_mentions(share | {"object": note()})
    assert [(m.native_id, m.reshared_id) for m in shown] == [(f"{ANA}/2", f"{ANA}/1"), (f"{ANA}/1", None)]
    hidden = activity_mentions(share | {"object": note(to=[])})
    assert [m.native_id for m in hidden] == [f"{ANA}/2"]


def test_a_group_that_passes_on_what_its_members_did_shares_nothing():
    created = {"type": "Create", "actor": ANA, "to": [EVERYBODY], "object": note()}
    mention = one({"type": "Announce", "id": "https://social.test/c/cafe/1", "object": created})
    assert (mention.native_id, mention.reshared_id) == (f"{ANA}/1", None)


@pytest.mark.parametrize(
    ("document", "gone"),
    [
        ({"type": "Tombstone", "id": "x:1", "deleted": "2026-10-05T12:00:00Z"}, ("x:1", 12)),
        ({"type": "Delete", "object": "x:1", "published": "2026-10-05T13:00:00Z"}, ("x:1", 13)),
        ({"type": "Delete", "object": {"type": "Tombstone", "id": "x:1"}}, ("x:1", None)),
        ({"type": "Undo", "object": {"type": "Announce", "id": "x:2"}}, ("x:2", None)),
    ],
)
def test_what_is_gone(document, gone):
    found = one(document)
    assert isinstance(found, Deletion)
    assert (found.native_id, found.deleted_at and found.deleted_at.hour) == gone


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"type": "Delete", "actor": ANA, "object": ANA}, "an account that was deleted"),
        ({"type": "Undo", "object": {"type": "Like", "id": "x:1"}}, "no share"),
        ({"type": "Like", "object": "x:1"}, "a Like, not a post"),
        ({"type": ["schema:Person", "Person"], "id": ANA}, "not a post"),
        ({"type": "Create", "object": f"{ANA}/1"}, "without showing it"),
        (note(content=None, name="Court", inReplyTo="x:1"), "a vote in a poll"),
        ({"type": "Announce", "id": "x:1", "object": "x:2"}, "does not say when"),
        ({"type": "OrderedCollection", "first": "x:1"}, "without posts in it"),
        ({}, "an Object, not a post"),
    ],
)
def test_what_is_no_mention_says_why(document, reason):
    with pytest.raises(NotAMention, match=reason):
        activity_mentions(document)


def test_a_collection_keeps_what_can_be_read():
    found = activity_mentions({"type": "Collection", "items": [note(), {"type": "Like"}, note(id="x:9")]})
    assert [mention.native_id for mention in found] == [f"{ANA}/1", "x:9"]


def test_a_post_without_time_or_id_is_malformed():
    for lacking in ({"published": None}, {"id": None}):
        with pytest.raises(Malformed):
            activity_mentions(note(**lacking))


def test_texts_titles_and_languages():
    poll = one(note(type="Question", summary="Sondage", oneOf=[{"name": "Court"}, {"name": "Long"}]))
    assert (poll.title, poll.text) == ("Sondage", "Torréo\nCourt\nLong")
    assert one(note(content=None, contentMap={"fr": "<p>Oui</p>"})).text == "Oui"
    assert one(note(content="# Oui <3", mediaType="text/markdown")).text == "# Oui <3"
    assert one(note(content=None, source={"content": "oui"})).text == "oui"
    both = {"en": "<p>Yes</p>", "fr": "<p>Torréo</p>"}
    assert one(note(contentMap=both)).lang_declared == "fr"
    assert one(note(**{"@context": ["x", {"@language": "und"}]})).lang_declared is None


def test_files_of_a_post_are_not_its_page():
    video = {
        "type": "Link",
        "mimeType": "video/mp4",
        "href": "https://a.test/9.mp4",
    }  # as PeerTube wrote it once
    mention = one(note(url=[video, {"type": "Link", "mediaType": "text/html", "href": "https://a.test/v/9"}]))
    assert (mention.url, mention.media[0].kind) == ("https://a.test/v/9", "video")


def test_who_is_named_quoted_and_answered():
    tags = [
        {"type": "Mention", "name": "@lea@autre.test", "href": "x"},
        {"type": "Mention", "href": "https://autre.test/u/max"},
        {"type": "Hashtag", "name": "#Café"},
        {"type": "Emoji", "name": ":cafe:"},
    ]
    mention = one(note(tag=tags, inReplyTo="https://autre.test/users/lea/9", quoteUrl="x:5"))
    assert (mention.tagged, mention.hashtags) == (("lea@autre.test", "max@autre.test"), ("Café",))
    assert (mention.reply_to_author, mention.quoted_id, mention.kind) == ("lea@autre.test", "x:5", "reply")


@pytest.mark.parametrize(
    ("address", "handle"),
    [
        ("https://a.test/@ana", "ana@a.test"),
        ("https://a.test/blog/author/ana/", "ana@a.test"),
        ("https://a.test/users/1155", None),
        ("https://a.test/actor/42", None),
    ],
)
def test_a_handle_is_read_off_an_address_that_shows_one(address, handle):
    assert one(note(attributedTo=address)).author.handle == handle
