"""What is special about outboxes: pages of every style, conversations across servers, what is not shown."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listening_etl import CredentialsRejected, Deletion, Gap, NotAMention, Slice, SourceUnavailable, Window
from listening_etl.testing import Answer
from listening_etl.testing.platform import Platform
from plugins.sources.activitypub import ActivityPub, ActivityPubOptions

SAMPLES = Path(__file__).parents[2] / "contract" / "samples" / "activitypub"
SOURCE = ActivityPub()
NOW = datetime(2026, 10, 6, tzinfo=UTC)
WINDOW = Window(NOW - timedelta(days=1), NOW)
ACTOR = "https://social.test/users/torreo"


def parsed(name):
    found = []
    for item in SOURCE.items((SAMPLES / f"{name}.json").read_bytes(), None):
        try:
            mentions = SOURCE.parse(item, None)
            found += mentions if isinstance(mentions, list) else [mentions]
        except NotAMention as reason:
            found.append(str(reason))
    return found


def fetched(answers, conversation=20):
    """What fetch yields of a server that has these documents; functions are called, None is a 404."""

    def answer(request):
        found = answers.get(request.url)
        return found() if callable(found) else found

    platform = Platform(answer, NOW)
    with platform.http() as http:
        options = ActivityPubOptions(actors=(ACTOR,), conversation=conversation)
        return list(SOURCE.fetch(options, Slice("topic", "activitypub", WINDOW), http)), platform.requests


def site(activities, **more):
    actor = {"id": ACTOR, "type": "Person", "preferredUsername": "torreo", "outbox": f"{ACTOR}/outbox"}
    return {
        ACTOR: actor,
        f"{ACTOR}/outbox": {"type": "OrderedCollection", "orderedItems": activities, **more},
    }


def create(number, hours, **more):
    published = (NOW - timedelta(hours=hours)).isoformat()
    about = {"to": "as:Public", "published": published, "attributedTo": ACTOR, "content": "<p>Torréo</p>"}
    note = {"id": f"{ACTOR}/{number}", "type": "Note", **about, **more}
    return {
        "id": f"{ACTOR}/{number}#a",
        "type": "Create",
        "actor": ACTOR,
        "published": published,
        "object": note,
    }


def read(item):
    found = SOURCE.parse(item, None)
    return found if isinstance(found, list) else [found]


def test_an_outbox_with_a_reply_a_share_an_edit_and_a_deletion():
    reply, share, edit, deletion, private, like = parsed("outbox")
    assert (reply.text, reply.tagged, reply.hashtags) == (
        "Merci @lea ! #Café",
        ("lea@autre.test",),
        ("Café",),
    )
    assert (reply.in_reply_to, reply.lang_declared) == ("https://autre.test/users/lea/statuses/9", "fr")
    assert (reply.likes, reply.reshares, reply.replies) == (3, 1, 2)
    assert [(part.kind, part.alt_text) for part in reply.media] == [("image", "Une tasse")]
    assert (share.reshared_id, share.text) == ("https://autre.test/users/lea/statuses/8", None)
    assert (edit.title, edit.text, edit.updated_at.day) == ("Attention", "Corrigé", 5)
    assert deletion == Deletion(f"{ACTOR}/statuses/2", datetime(2026, 10, 5, 9, tzinfo=UTC))
    assert private == "a Note that is not addressed to everybody"
    assert like == "a Like, not a post"


def test_other_documents():
    (poll,) = parsed("poll")
    assert (poll.text, poll.quoted_id) == (
        "Votre café ?\nCourt\nLong",
        "https://autre.test/users/lea/statuses/6",
    )
    assert parsed("tombstone") == [Deletion(f"{ACTOR}/statuses/2")]
    assert parsed("actor") == ["a Person, not a post"]
    assert parsed("followers") == ["an OrderedCollection without posts in it"]
    with pytest.raises(NotAMention, match="an error: Record not found"):
        parsed("error")


def test_an_outbox_in_one_piece_that_shows_a_part_leaves_a_gap():
    found, _ = fetched(site([create(2, 1), create(1, 2)], totalItems=900))
    reason = "the outbox shows 2 of 900 activities"
    assert found[-1] == Gap(WINDOW.since, NOW - timedelta(hours=2), reason)
    everything, _ = fetched(site([create(2, 1), create(1, 2)], totalItems=2))
    assert len(everything) == 2


def test_what_is_named_only_is_fetched():
    named = {**create(1, 1), "object": f"{ACTOR}/1"}
    found, _ = fetched({**site([named, "https://social.test/a/2"]), f"{ACTOR}/1": create(1, 1)["object"],
                        "https://social.test/a/2": create(2, 2)})  # fmt: skip
    assert [read(item)[0].native_id for item in found] == [f"{ACTOR}/1", f"{ACTOR}/2"]
    assert read(found[0])[0].author.handle == "torreo@social.test"


def test_a_conversation_brings_what_is_above_and_below():
    above = "https://autre.test/users/lea/9"
    below = {
        "type": "Collection",
        "first": {"type": "CollectionPage", "items": [], "next": f"{ACTOR}/1/replies?2"},
    }
    more = {"type": "CollectionPage", "items": ["https://autre.test/users/max/3", "https://bas.test/4"]}
    answers = {
        **site([create(1, 1, inReplyTo=above, replies=below)]),
        above: create(9, 5)["object"] | {"id": above},
        f"{ACTOR}/1/replies?2": more,
        "https://autre.test/users/max/3": create(3, 0.5)["object"] | {"id": "https://autre.test/users/max/3"},
        "https://bas.test/4": lambda: Answer("en panne", status=503),  # another server's trouble is not ours
    }
    (item,), _ = fetched(answers)
    post, parent, reply = read(item)
    assert (post.native_id, parent.native_id) == (f"{ACTOR}/1", above)
    assert reply.native_id == "https://autre.test/users/max/3"
    assert item["items"][-1]["type"] == "Unreachable"
    (alone,), asked = fetched(answers, conversation=0)
    assert len(read(alone)) == 1 and len(asked) == 2


def test_trouble_of_the_actors_own_server_is_not_passed_over():
    answers = site([create(1, 1, inReplyTo=f"{ACTOR}/0")]) | {f"{ACTOR}/0": lambda: Answer("", status=503)}
    with pytest.raises(SourceUnavailable):
        fetched(answers)


def test_a_server_in_secure_mode_says_what_it_wants():
    with pytest.raises(CredentialsRejected, match="signed requests only"):
        fetched({ACTOR: lambda: Answer({"error": "Request not signed"}, status=401)})


def test_a_name_is_looked_up_by_webfinger():
    links = [{"rel": "profile", "type": "text/html", "href": "https://social.test/@torreo"},
             {"rel": "self", "type": "application/activity+json", "href": ACTOR}]  # fmt: skip
    seen = []

    def answer(request):
        seen.append(request.url)
        return {"links": links} if "webfinger" in request.url else site([]).get(request.url)

    with Platform(answer, NOW).http() as http:
        options = ActivityPubOptions(actors=("@torreo@social.test",))
        assert (
            list(SOURCE.fetch(options, Slice("topic", "activitypub", WINDOW, "@torreo@social.test"), http))
            == []
        )
    assert seen[0] == "https://social.test/.well-known/webfinger?resource=acct%3Atorreo%40social.test"
    assert seen[1:] == [ACTOR, f"{ACTOR}/outbox"]
