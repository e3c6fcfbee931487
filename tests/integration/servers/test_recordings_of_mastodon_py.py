"""Answers of a Mastodon server that the authors of Mastodon.py recorded: all are read, timelines over HTTP too."""

from contextlib import suppress
from functools import cache
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
import yaml

from listening_etl import NotAMention, Slice, SourceUnreadable, Window, epoch
from listening_etl.http import Hosts, Http
from listening_etl.testing import Answer
from plugins.sources.mastodon import Mastodon, MastodonOptions
from tests.integration.servers.replaying import answering, installed, read

pytestmark = pytest.mark.heavy

OPTIONS = MastodonOptions()
STATUS = {"id", "created_at", "account", "content", "visibility"}
WINDOW = Window(epoch(0), epoch(4e9))


@cache
def cassettes():
    """The recordings by name."""
    found = installed("recordings/mastodon_py-*/tests/cassettes/*.yaml")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return {path.stem: yaml.load(path.read_bytes(), Loader=loader) for path in found}


def interactions():
    """What was asked and answered over HTTP: (cassette, method, address, headers of the answer, body)."""
    for name, cassette in cassettes().items():
        for one in cassette.get("interactions", ()):
            asked, answered = one["request"], one["response"]
            body = answered["body"]["string"]
            body = body if isinstance(body, bytes) else body.encode()
            headers = {key.lower(): values[0] for key, values in answered["headers"].items()}
            yield name, asked["method"], urlsplit(asked["uri"]), headers, body


def json_of(body):
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def statuses_in(value):
    """The public statuses anywhere in an answer but in quotes, by id: a count that knows nothing of the plugin."""
    found = {}
    if isinstance(value, dict):
        if value.keys() >= STATUS and value["visibility"] == "public":
            found[value["id"]] = value
        value = [inner for name, inner in value.items() if name != "quote"]
    for inner in value if isinstance(value, list) else ():
        found |= statuses_in(inner)
    return found


def found_in(body):
    """What the plugin finds in an answer, by id."""
    with suppress(NotAMention):
        return read(Mastodon(), OPTIONS, Mastodon().items(body, OPTIONS))
    return {}


def is_for_staff(method, path):
    """Answers that a listener never sees: of moderation, and what is left of a status that was just deleted."""
    return "/admin/" in path or "/reports" in path or (method == "DELETE" and "/statuses/" in path)


def test_every_recorded_answer_is_read():
    every = list(interactions())
    assert (len(cassettes()), len(every)) == (213, 1108)
    count, files = 0, set()
    for name, method, uri, headers, body in every:
        found = {}
        if json_of(body) is not None or "event-stream" in headers.get("content-type", ""):
            found = found_in(body)
        else:
            with pytest.raises(SourceUnreadable):
                list(Mastodon().items(body, OPTIONS))
        if is_for_staff(method, uri.path) or json_of(body) is None:
            continue
        wanted = statuses_in(json_of(body))
        assert found.keys() == wanted.keys(), f"{name}: {method} {uri.path}"
        for id, status in wanted.items():
            agrees(found[id], status)
        count, files = count + len(wanted), files | ({name} if wanted else set())
    assert (count, len(files)) == (448, 81)


def agrees(mention, status):
    """The mention says what the status says."""
    assert mention.published_at.isoformat(timespec="milliseconds") == status["created_at"].replace(
        "Z", "+00:00"
    )
    assert (mention.text is None) == (not status["content"] or bool(status["reblog"]))
    assert mention.author.handle.split("@")[0] == status["account"]["username"]
    assert (mention.in_reply_to, mention.likes) == (status["in_reply_to_id"], status["favourites_count"])
    assert (mention.updated_at is None) == (status["edited_at"] is None)
    assert list(mention.hashtags) == [tag["name"] for tag in status["tags"]]


def test_of_what_only_staff_sees_nothing_is_a_mention_but_the_posts_in_it():
    staff = [
        (name, body)
        for name, _, uri, _, body in interactions()
        if {"admin", "reports"} & set(uri.path.split("/"))
    ]
    taken = {name: [one.text for one in found_in(body).values()] for name, body in staff}
    assert {name for name, texts in taken.items() if texts} == {"test_admin_reports"}
    assert all(taken["test_admin_reports"])


def events_of(text):
    """The events of a stream as the standard has them: fields of lines, an empty line after each event."""
    for block in text.replace("\r\n", "\n").split("\n\n"):
        fields = [line.partition(":")[::2] for line in block.splitlines() if line.partition(":")[0]]
        if fields:
            yield {name: value.strip() for name, value in fields}


def told_by(event, payload):
    """Ids of what an event is about."""
    if event == "delete":
        return {payload}
    return set(statuses_in(json_of(payload.encode())))


def test_every_recorded_stream_is_read():
    streams = [
        body for _, _, _, headers, body in interactions() if "event-stream" in headers.get("content-type", "")
    ]
    wanted = [told_by(one["event"], one["data"]) for body in streams for one in events_of(body.decode())]
    assert (len(streams), len(wanted)) == (6, 13)
    assert set().union(*wanted) == {id for body in streams for id in found_in(body)}
    messages = [
        message["receive"]
        for cassette in cassettes().values()
        for connection in cassette.get("connections", ())
        for message in connection["interactions"]
        if "receive" in message
    ]
    assert len(messages) == 14
    for message in messages:
        wanted = told_by(message.get("event"), message["payload"]) if "event" in message else set()
        assert found_in(orjson.dumps(message)).keys() == wanted, message


def test_a_hashtag_is_walked_by_the_links_that_a_server_gave():
    pages = {
        parse_qs(uri.query).get("max_id", [None])[0]: Answer(body, headers={"link": headers.get("link", "")})
        for name, _, uri, headers, body in interactions()
        if name == "test_fetch_remaining" and "/timelines/tag/" in uri.path
    }
    asked = []

    def answer(request):
        asked.append(request.params.get("max_id"))
        return pages.get(asked[-1], pages[None])

    with answering(answer) as url, Http(allow_private=True, hosts=Hosts()) as http:
        options = OPTIONS.model_copy(update={"instance": url})
        items = list(Mastodon().fetch(options, Slice("coffee", "mastodon", WINDOW, "#fgizt"), http))
    wanted = {}
    for page in pages.values():
        wanted |= statuses_in(json_of(page.content))
    assert read(Mastodon(), options, items).keys() == wanted.keys()
    assert (len(wanted), asked[1:]) == (30, list(pages)[1:])
