"""YouTube and X as platforms of ours, held against the vendors' own specifications on both sides by a proxy.

A request that breaks the specification is answered with 422, an answer of our platform that breaks it with 500.
"""

from contextlib import ExitStack
from datetime import timedelta

import httpx
import orjson
import pytest

from listening_etl import Deletion, Gap, Slice, Window
from listening_etl.http import Hosts, Http
from plugins.sources.x import X, XArchive, XOptions
from plugins.sources.youtube import YouTube, YouTubeOptions
from tests.integration.servers.made_up_platforms import NOW, XOfOurs, YouTubeOfOurs, stamp
from tests.integration.servers.replaying import INSTALL, answering, installed, read
from tests.integration.servers.starting import free_port, listens, program, running

pytestmark = pytest.mark.heavy

WINDOW = Window(NOW - timedelta(days=2), NOW)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    """Call it with a specification and a platform for the address of the proxy between us and the platform."""
    folder, stack = tmp_path_factory.mktemp("prism"), ExitStack()

    def start(name, specification, platform):
        path, port = folder / f"{name}.json", free_port()
        path.write_bytes(orjson.dumps(specification))
        behind = stack.enter_context(answering(platform.answer))
        command = [
            program("prism", install=INSTALL),
            "proxy",
            "--errors",
            "-h",
            "127.0.0.1",
            "-p",
            port,
            path,
            behind,
        ]
        stack.enter_context(running(command, lambda: listens(port), folder))
        return f"http://127.0.0.1:{port}"

    with stack:
        yield start


@pytest.fixture(scope="module")
def youtube(proxy):
    (path,) = installed("specs/youtube.json")
    specification = orjson.loads(path.read_bytes())
    del specification["components"]["securitySchemes"]  # it knows no API keys
    for methods in specification["paths"].values():
        for method in methods.values():
            if isinstance(method, dict):
                method.pop("security", None)
    platform = YouTubeOfOurs()
    platform.url = proxy("youtube", specification, platform) + "/youtube/v3"
    return platform


@pytest.fixture(scope="module")
def x(proxy):
    (path,) = installed("specs/x.json")
    specification = orjson.loads(path.read_bytes())
    fields = specification["components"]["parameters"]["TweetFieldsParameter"]["schema"]["items"]["enum"]
    fields.append("note_tweet")  # the specification is older
    platform = XOfOurs()
    platform.url = proxy("x", specification, platform)
    return platform


def fetched(source, options, query, window=WINDOW):
    """Mentions by id, and the gaps."""
    with Http(allow_private=True, hosts=Hosts()) as http:
        items = list(source.fetch(options, Slice("coffee", source.name, window, query), http))
    gaps = [item for item in items if isinstance(item, Gap)]
    return read(source, options, [item for item in items if not isinstance(item, Gap)]), gaps


def test_the_proxy_sees_what_breaks_a_specification(youtube, x):
    def says(url, **given):
        answer = httpx.get(url, params=given, headers={"authorization": "Bearer jeton"}, timeout=60)
        return answer.status_code, "VIOLATIONS" in answer.text

    since, until = stamp(WINDOW.since), stamp(WINDOW.until)
    url, given = (
        f"{youtube.url}/search",
        {"part": "snippet", "publishedAfter": since, "publishedBefore": until},
    )
    assert says(url, q="Torréo", **given) == (200, False)
    assert says(url, q="Torréo", maxResults=500, **given) == (422, False)
    assert says(url, q="broken", **given) == (500, True)
    url, given = f"{x.url}/2/tweets/search/recent", {"start_time": since, "end_time": until}
    assert says(url, query="Torréo", max_results=10, **given) == (200, False)
    assert says(url, query="Torréo", max_results=5, **given) == (422, False)
    assert says(url, query="broken", max_results=10, **given) == (500, True)


def test_youtube_is_asked_and_read_as_it_specifies(youtube):
    options, queries = YouTubeOptions(api_key="cle", url=youtube.url), ('"Torréo"', "channel:@torreo")
    for query in queries:
        youtube.asked.clear()
        found, gaps = fetched(YouTube(), options, query)
        videos = {one for one in found if one.startswith("toRREo")}
        assert videos == {f"toRREo{number:05}" for number in range(46)}  # of 3 to 48 hours ago
        assert found.keys() - videos == youtube.threads.keys() | youtube.replies.keys()
        assert gaps == []
        pages = {"search": 2} if query == queries[0] else {"playlistItems": 2}  # 70 videos, 50 a page
        assert {kind: youtube.asked.count(kind) for kind in pages} == pages
    reply, video = found["Ugx-torreo-00000.r3"], found["toRREo00000"]
    assert (reply.in_reply_to, reply.conversation_id, reply.reply_to_author) == (
        "Ugx-torreo-00000",
        "toRREo00000",
        "@maelle",
    )
    assert (video.text, video.replies, video.author.handle) == ("Café d'été & confidences.", 138, "@torreo")
    assert video.author.followers == 5000


def test_what_is_gone_from_youtube_is_told(youtube):
    options, gone = (
        YouTubeOptions(api_key="cle", url=youtube.url),
        {"toRREo00001", "Ugx-torreo-00001", "Ugx-torreo-00000.r3"},
    )
    held = [*youtube.videos, *youtube.threads, *youtube.replies]
    found = rechecked(YouTube(), options, held)
    assert {id for id, one in found.items() if isinstance(one, Deletion)} == set()
    for things in (youtube.videos, youtube.threads, youtube.replies):
        for id in gone & things.keys():
            del things[id]
    found = rechecked(YouTube(), options, held)
    assert found.keys() == set(held)
    assert {id for id, one in found.items() if isinstance(one, Deletion)} == gone


@pytest.mark.parametrize("source", [X(), XArchive()], ids=lambda source: source.name)
def test_x_is_asked_and_read_as_it_specifies(x, source):
    x.asked.clear()
    found, gaps = fetched(source, XOptions(token="jeton", url=x.url), '("Torréo" OR #torreo) -is:retweet')
    lost = "1700000000000000001"  # quoted, and not there
    assert (found.keys() - {lost}, gaps) == (x.posts.keys(), [])
    assert found[lost] == Deletion(lost)
    sizes = [request.params["max_results"] for request in x.asked]
    assert sizes == ["10", "20", "40", "80"]  # 144 posts
    first = found[x.id_at(0)]
    assert (first.text, first.author.handle) == ("#torréo n° 0 : déçue & fâchée", "cliente0")
    assert (first.in_reply_to, first.quoted_id, first.hashtags) == (x.id_at(1), lost, ("torréo",))


def test_what_is_gone_from_x_is_told(x):
    held, gone = list(x.posts), {x.id_at(3), x.id_at(140)}
    for id in gone:
        del x.posts[id]
    x.asked.clear()
    found = rechecked(X(), XOptions(token="jeton", url=x.url, context=False), held)
    assert {id for id, one in found.items() if isinstance(one, Deletion)} == gone
    assert (found.keys(), len(x.asked)) == (set(held), 2)  # 100 at once


def rechecked(source, options, ids):
    with Http(allow_private=True, hosts=Hosts()) as http:
        return read(source, options, list(source.recheck(options, ids, http)))
