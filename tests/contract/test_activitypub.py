"""What every source promises, for the ActivityPub source: an outbox in pages, with and without conversations."""

from datetime import UTC, datetime, timedelta

from listening_etl.testing import SourceContract, Window
from plugins.sources.activitypub import ActivityPub

START = datetime(2026, 10, 5, tzinfo=UTC)
ACTOR = "https://social.test/users/torreo"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
NAMED = {"actors": ["torreo@social.test"]}
ALONE = {"actors": [ACTOR], "conversation": 0}
POSTS = range(1, 61)  # one an hour; every tenth is answered at once


def note(number, author="torreo", **more):
    place = f"https://social.test/users/{author}"
    published = (START + timedelta(hours=number)).isoformat().replace("+00:00", "Z")
    return {
        "id": f"{place}/statuses/{number}",
        "type": "Note",
        "attributedTo": place,
        "published": published,
        "to": [PUBLIC],
        "content": f"<p>Torréo, avis {number}</p>",
        **more,
    }


def post(number):
    if number % 10:
        return note(number)
    answers = [f"https://social.test/users/lea/statuses/{number}"]
    return note(number, replies={"type": "Collection", "first": {"type": "CollectionPage", "items": answers}})


def activity(number):
    """Every seventh shares a post of someone else's."""
    about = {"actor": ACTOR, "to": [PUBLIC], "published": post(number)["published"]}
    if number % 7 == 0:
        return {
            **about,
            "id": f"{ACTOR}/shares/{number}",
            "type": "Announce",
            "object": "https://autre.test/8",
        }
    return {**about, "id": f"{ACTOR}/statuses/{number}/activity", "type": "Create", "object": post(number)}


def expected(numbers, answered):
    own = [f"{ACTOR}/shares/{n}" if n % 7 == 0 else f"{ACTOR}/statuses/{n}" for n in numbers]
    return (
        *own,
        *(f"https://social.test/users/lea/statuses/{n}" for n in numbers if answered and n % 10 == 0),
    )


class TestActivityPub(SourceContract):
    plugin = ActivityPub()
    options = NAMED
    window = Window(START + timedelta(hours=11), START + timedelta(hours=31))
    expected = expected(range(11, 31), answered=True)
    unknown_id = f"{ACTOR}/statuses/999"

    def answer(self, request):
        match request.path.strip("/").split("/"):
            case [".well-known", "webfinger"]:
                links = [{"rel": "self", "type": "application/activity+json", "href": ACTOR}]
                return {"subject": request.params["resource"], "links": links}
            case ["users", "torreo"]:
                return {
                    "id": ACTOR,
                    "type": "Person",
                    "preferredUsername": "torreo",
                    "outbox": f"{ACTOR}/outbox",
                }
            case ["users", "torreo", "outbox"] if "page" not in request.params:
                first = f"{ACTOR}/outbox?page=0"
                return {
                    "id": f"{ACTOR}/outbox",
                    "type": "OrderedCollection",
                    "totalItems": 60,
                    "first": first,
                }
            case ["users", "torreo", "outbox"]:
                page = int(request.params["page"])
                found = [activity(number) for number in reversed(POSTS)][20 * page : 20 * page + 20]
                more = {"next": f"{ACTOR}/outbox?page={page + 1}"} if found else {}
                return {"type": "OrderedCollectionPage", "orderedItems": found, **more}
            case ["users", "torreo", "shares", number]:
                return activity(int(number))
            case ["users", author, "statuses", number] if int(number) in POSTS:
                return post(int(number)) if author == "torreo" else note(int(number), author)


class TestActivityPubWithoutConversations(TestActivityPub):
    options = ALONE
    expected = expected(range(11, 31), answered=False)
