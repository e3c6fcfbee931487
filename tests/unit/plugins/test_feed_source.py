"""The feed source on hand-made feeds, polled and pushed, and against a real local server."""

import contextlib
import gzip
import json
import os
import threading
import zlib
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from listening_etl import (
    Gap,
    Item,
    Malformed,
    Media,
    NotAMention,
    Slice,
    SourceUnavailable,
    SourceUnreadable,
    Window,
)
from listening_etl.http import Http
from plugins.sources.feed import Feed, FeedOptions, text_of

SOURCE = Feed()


def slice_from(since):
    """A slice of a day; a feed that goes back to before it leaves no gap."""
    start = datetime.fromisoformat(since)
    return Slice("kettles", "feed", Window(start, start.replace(day=start.day + 1)))


LATE = slice_from("2026-11-20T00:00+00:00")

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel>
<title>Kettles</title><link>https://k.example/</link><language>fr</language>
<item><guid isPermaLink="false">k-1</guid><title>Bouilloire &amp;amp; th&#233;</title>
<link>https://k.example/1</link><pubDate>Sun, 01 Nov 2026 13:00:00 +0100</pubDate>
<author>a@k.example (Ana)</author>
<description>&lt;p&gt;Un&lt;/p&gt;&lt;p&gt;deux &lt;b&gt;trois&lt;/b&gt;&lt;/p&gt;</description>
<category>kettle</category>
<enclosure url="https://k.example/1.mp3" type="audio/mpeg" length="1"/>
<media:content url="https://k.example/1.jpg"/></item>
<item><title>Sans lien</title><pubDate>2026-11-01T12:00:00</pubDate></item>
<item><link>https://k.example/3</link><pubDate>yesterday</pubDate></item>
<item><link>https://k.example/4</link><title>No date</title></item>
</channel></rss>"""


def items_of(body, tmp_path, name="feed.xml"):
    path = tmp_path / name
    path.write_bytes(body if isinstance(body, bytes) else body.encode())
    return list(SOURCE.fetch(FeedOptions(path=path), LATE, None))


def parse(item):
    return SOURCE.parse(item.data, None)


def test_an_article_of_rss(tmp_path):
    item = items_of(RSS, tmp_path)[0]
    mention = parse(item)
    assert item.at == "feed.xml#1"
    assert item.fetched_at == datetime.fromtimestamp((tmp_path / "feed.xml").stat().st_mtime, UTC)
    assert item.data["feed"]["title"] == "Kettles"
    assert item.data["published"] == "Sun, 01 Nov 2026 13:00:00 +0100"
    assert json.loads(json.dumps(item.data)) == item.data
    assert (mention.native_id, mention.kind, mention.channel) == ("k-1", "article", "web")
    assert (mention.title, mention.text) == ("Bouilloire & thé", "Un\ndeux trois")
    assert (mention.url, mention.lang_declared, mention.author.name) == ("https://k.example/1", "fr", "Ana")
    assert mention.published_at == datetime(2026, 11, 1, 12, tzinfo=UTC)  # 13:00 +01:00
    assert mention.updated_at is None
    assert mention.tagged == ()
    assert mention.media == (
        Media(url="https://k.example/1.mp3", kind="audio"),
        Media(url="https://k.example/1.jpg", kind="image"),
    )


def test_without_id_and_link_the_id_is_made_of_title_and_time(tmp_path):
    item = items_of(RSS, tmp_path)[1]
    again = items_of(RSS.replace("https://k.example/", "https://l.example/"), tmp_path)[1]
    other = items_of(RSS.replace("Sans lien", "Autre"), tmp_path)[1]
    assert parse(item).native_id == parse(again).native_id != parse(other).native_id
    assert parse(item).published_at == datetime(2026, 11, 1, 12, tzinfo=UTC)  # no zone: UTC
    assert parse(item).text is None


def test_an_article_without_a_readable_date_is_malformed(tmp_path):
    items = items_of(RSS, tmp_path)
    with pytest.raises(Malformed, match="'yesterday' is not a time"):
        parse(items[2])
    with pytest.raises(Malformed, match="no publication time"):
        parse(items[3])


def test_an_epoch_is_not_taken_for_a_year_and_a_day(tmp_path):
    date = "<pubDate>1518478934</pubDate>"
    (item,) = items_of(
        f'<rss version="2.0"><channel><item><link>x</link>{date}</item></channel></rss>', tmp_path
    )
    with pytest.raises(Malformed, match="'1518478934' is not a time"):
        parse(item)


def test_an_article_of_atom(tmp_path):
    (item,) = items_of(
        """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>T</title>
        <author><name>Feed</name></author>
        <entry><id>tag:1</id><link href="https://k.example/1"/><title type="text">a &lt;b&gt; c</title>
        <updated>2026-11-01T12:00:00Z</updated><summary>short</summary>
        <content type="html">long&lt;script&gt;x()&lt;/script&gt; one</content></entry></feed>""",
        tmp_path,
    )
    mention = parse(item)
    assert (mention.title, mention.text) == ("a <b> c", "long one")
    assert mention.published_at == mention.updated_at == datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert (mention.author.name, mention.lang_declared) == ("Feed", "de")


def test_an_article_of_json_feed(tmp_path):
    feed = {
        "version": "https://jsonfeed.org/version/1.1", "title": "T", "language": "en",
        "authors": [{"name": "F"}],
        "items": [
            {"id": 7, "content_html": "<p>a</p><p>b &amp; c</p>", "url": "https://k.example/7",
             "date_published": "2026-11-01T12:00:00+01:00", "date_modified": "2026-11-01T13:00:00Z",
             "authors": [{"name": "Ana"}],
             "attachments": [{"url": "https://k.example/7.mp4", "mime_type": "video/mp4"}], "language": "fr"},
            {"id": "8", "content_text": "a <b> & c", "date_published": "2026-11-01T12:00:00Z"},
            {"id": "9", "content_text": "x", "date_published": "2026-11-01T12:00:00"},
            "nonsense",
        ],
    }  # fmt: skip
    items = items_of("\ufeff" + json.dumps(feed), tmp_path, "feed.json")
    first, second = parse(items[0]), parse(items[1])
    assert (first.native_id, first.text, first.author.name) == ("7", "a\nb & c", "Ana")
    assert first.published_at == datetime(2026, 11, 1, 11, tzinfo=UTC)  # 12:00 +01:00
    assert first.updated_at == datetime(2026, 11, 1, 13, tzinfo=UTC)
    assert (first.media, first.lang_declared) == ((Media(url="https://k.example/7.mp4", kind="video"),), "fr")
    assert (second.text, second.author.name, second.lang_declared) == ("a <b> & c", "F", "en")
    with pytest.raises(Malformed, match="no time zone"):
        parse(items[2])
    with pytest.raises(Malformed):
        parse(items[3])


@pytest.mark.parametrize(("markup", "text"), [
    ("a<br>b", "a\nb"), ("<p>a\n  b</p>\n<p>c</p>", "a b\nc"), ("<ul><li>a<li>b</ul>", "a\nb"),
    ("&eacute;&#8364;&lt;b&gt;", "é€<b>"), ("<style>p{}</style>", None), ("  ", None), ("", None),
    (None, None), ("1 < 2", "1 < 2"), ("a<script>b</script>c", "ac"), ("<b>a</b> <i>b</i>", "a b"),
    ("a<![x", "a<![x"), ("a<![x[b]]> <b>c</b>", "a c"),
])  # fmt: skip
def test_html_becomes_what_a_reader_sees(markup, text):
    assert text_of(markup) == text


@pytest.mark.parametrize("body", [
    b"", b"hello", b"<html><body><p>Not here</p></body></html>", b'{"a": 1}', b"{", b"/etc/passwd",
    b"\x00\xff",
    b'<rss version="2.0"><channel><title>cut o',
])  # fmt: skip
def test_what_is_no_feed_is_unreadable(tmp_path, body):
    with pytest.raises(SourceUnreadable, match=r"feed\.xml"):
        items_of(body, tmp_path)


def test_a_feed_that_breaks_off_gives_what_it_has(tmp_path):
    assert parse(items_of(RSS[: RSS.index("<item><link>")], tmp_path)[0]).native_id == "k-1"


def test_a_missing_file(tmp_path):
    with pytest.raises(SourceUnreadable, match="No such file"):
        list(SOURCE.fetch(FeedOptions(path=tmp_path / "no.xml"), LATE, None))


@pytest.mark.parametrize("options", [{}, {"url": "https://k.example", "path": "x"}])
def test_exactly_one_of_url_and_path(options):
    with pytest.raises(ValidationError, match="exactly one"):
        FeedOptions(**options)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "value", "type", "href", "url", "rel", "language"]), inner)
    ),
    max_leaves=5,
)
NAMES = [
    "id", "link", "links", "title", "title_detail", "summary", "summary_detail", "content", "content_html",
    "content_text", "published", "published_parsed", "updated", "updated_parsed", "date_published", "author",
    "author_detail", "authors", "enclosures", "media_content", "image", "attachments", "language", "feed",
]  # fmt: skip


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), anything))
def test_an_odd_entry_is_malformed_and_nothing_worse(entry):
    entry.setdefault("date_published", "2026-11-01T12:00:00Z")
    with contextlib.suppress(Malformed):
        SOURCE.parse(entry, None)


def fetched(since, tmp_path, body=RSS, **options):
    """What a polled feed gives for the day from `since`: items, and gaps."""
    door = httpx.MockTransport(lambda _: httpx.Response(200, content=body.encode()))
    with Http(transport=door) as http:
        asked = FeedOptions(url="https://feed.test/rss", **options)
        found = list(SOURCE.fetch(asked, slice_from(since), http))
    return [one for one in found if isinstance(one, Item)], [one for one in found if isinstance(one, Gap)]


def test_what_may_have_rolled_out_of_the_feed_is_a_gap(tmp_path):
    # The oldest entry with a readable time is of 12:00 UTC on November 1.
    _, gaps = fetched("2026-11-01T06:00+00:00", tmp_path)
    assert [(gap.since.hour, gap.until.hour) for gap in gaps] == [(6, 12)]
    _, gaps = fetched("2026-10-30T00:00+00:00", tmp_path)
    assert [(gap.since.day, gap.until.day) for gap in gaps] == [(30, 1)]  # past the window too
    assert fetched("2026-11-01T12:00+00:00", tmp_path)[1] == []  # it reaches to the very start
    empty = '<rss version="2.0"><channel><title>T</title></channel></rss>'
    assert fetched("2026-11-01T00:00+00:00", tmp_path, empty) == ([], [])


def test_what_hubs_pushed_is_read_beside_the_poll_and_fills_the_gap(tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    push = RSS.replace("k-1", "k-0").replace("Sun, 01 Nov 2026 13:00", "Sun, 01 Nov 2026 05:00")
    for name, body, hour in (("a.feed", push, 5), ("b.feed", "no feed", 6), (".c", "half", 6)):
        (inbox / name).write_text(body, "utf-8")
        stamp = datetime(2026, 11, 1, hour, tzinfo=UTC).timestamp()
        os.utime(inbox / name, (stamp, stamp))
    items, gaps = fetched("2026-11-01T06:00+00:00", tmp_path, inbox=inbox)
    assert gaps == []  # 05:00 +01:00 is 04:00 UTC, before the window
    assert [item.at for item in items[4:]] == [*(f"a.feed#{n}" for n in (1, 2, 3, 4)), "b.feed#1"]
    assert parse(items[4]).native_id == "k-0"
    assert items[4].fetched_at == datetime(2026, 11, 1, 5, tzinfo=UTC)
    with pytest.raises(Malformed, match="no feed"):
        parse(items[8])
    items, _ = fetched("2026-11-05T00:00+00:00", tmp_path, inbox=inbox)
    assert len(items) == 4  # pushed days before the window


def test_an_inbox_that_is_not_there(tmp_path):
    with pytest.raises(SourceUnreadable, match="no such inbox"):
        fetched("2026-11-01T00:00+00:00", tmp_path, inbox=tmp_path / "none")


@pytest.mark.parametrize("pack", [
    gzip.compress, zlib.compress, lambda body: zlib.compress(body, wbits=-15), lambda body: body,
    lambda body: gzip.compress(body)[:-8] + b"checksum",
], ids=["gzip", "zlib", "deflate", "plain", "gzip with a wrong checksum"])  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_recorded_feed_is_unpacked(pack, encoding):
    body = RSS.replace('encoding="utf-8"', f'encoding="{encoding}"').encode(encoding)
    entries = list(SOURCE.items(pack(body), FeedOptions.model_construct()))
    assert len(entries) == 4
    assert SOURCE.parse(entries[0], None).title == "Bouilloire & thé"


@pytest.mark.parametrize(
    "answer", [b"", b"{}", b"<html>Not here</html>", b'<rss version="2.0"></rss>', b"\x1f\x8b\x08"]
)
def test_an_answer_without_entries_says_why(answer):
    with pytest.raises(NotAMention, match=r"it is|without entries"):
        list(SOURCE.items(answer, None))


class Server:
    """`/feed` knows its ETag, `/old` moved to it, `/gone` is gone, `/busy` asks for an hour."""

    def __enter__(self):
        self.seen = seen = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                seen.append(self.path)
                status = {"/old": 301, "/gone": 410, "/busy": 429, "/feed": 200}[self.path]
                if status == 200 and self.headers.get("If-None-Match") == '"v1"':
                    status = 304
                body = RSS.encode() if status == 200 else b""
                self.send_response(status)
                extra = {301: ("Location", "/feed"), 429: ("Retry-After", "3600")}
                self.send_header(*extra.get(status, ("ETag", '"v1"')))
                self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def options(self, path):
        return FeedOptions(url=f"http://127.0.0.1:{self.server.server_port}{path}")


def test_a_feed_from_a_server():
    now = datetime(2026, 11, 1, 14, tzinfo=UTC)
    with Server() as server, Http(allow_private=True, cache={}, now=lambda: now) as http:
        moved = server.options("/old")
        items = list(SOURCE.fetch(moved, LATE, http))
        assert len(items) == 4
        assert (items[0].at, items[0].fetched_at) == (f"{moved.url}#1", now)
        assert parse(items[0]).native_id == "k-1"
        assert list(SOURCE.fetch(moved, LATE, http)) == []  # 304
        assert server.seen == ["/old", "/feed"] * 2
        with pytest.raises(SourceUnreadable, match=r"gone for good.*Take it out"):
            list(SOURCE.fetch(server.options("/gone"), LATE, http))
        with pytest.raises(SourceUnavailable) as raised:
            list(SOURCE.fetch(server.options("/busy"), LATE, http))
        assert raised.value.retry_at == datetime(2026, 11, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize("declared", ["", '<?xml version="1.0" encoding="utf-8"?>'])
def test_a_byte_order_mark_says_more_than_the_document(declared):
    feed = f'{declared}<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>e1</id></entry></feed>'
    (entry,) = SOURCE.items(feed.encode("utf-16"), None)
    assert entry["id"] == "e1"


def test_an_address_that_leaves_out_the_site_is_that_of_the_feed():
    feed = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="https://torreo.test/blog/feed.atom"/>'
        '<link href="/blog/"/><entry><id>e1</id><updated>2026-11-01T10:00:00Z</updated><link href="2026/fuite"/>'
        "</entry></feed>"
    )
    (entry,) = SOURCE.items(feed.encode(), None)
    assert SOURCE.parse(entry, None).url == "https://torreo.test/blog/2026/fuite"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_json_feed_may_be_of_any_encoding(encoding):
    feed = json.dumps({"version": "1.1", "items": [{"id": "1", "content_text": "Café"}]}, ensure_ascii=False)
    (entry,) = SOURCE.items(feed.encode(encoding), None)
    assert entry["content_text"] == "Café"
    with pytest.raises(NotAMention, match="no JSON Feed"):
        SOURCE.items(b'{"a": 1}\n{"a": 2}', None)
