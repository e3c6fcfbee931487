"""Web pages: which are fetched, which must not be kept, and when they were published."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from listening_etl import (
    CredentialsRejected,
    Deletion,
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
from plugins.sources.web_pages import Listed, WebOptions, WebPages

SAMPLES = Path(__file__).parents[2] / "contract" / "samples" / "web"
SOURCE = WebPages()
SITE = "https://journal.example"
SLICE = Slice("coffee", "press", Window(datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 10, 7, tzinfo=UTC)))
ARTICLE = "<html><head>{}</head><body><article><h1>Essai</h1><p>La rédaction raconte six semaines.</p></article></body></html>"


def sitemap(*entries, kind="urlset", part="url"):
    inside = "".join(
        f"<{part}><loc>{url}</loc>{f'<lastmod>{changed}</lastmod>' if changed else ''}</{part}>"
        for url, changed in entries
    )
    return (
        f'<?xml version="1.0"?><{kind} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inside}</{kind}>'
    )


class Website:
    """Answers by path (host and all for others): text, bytes, a status, or an httpx.Response."""

    def __init__(self, answers):
        self.answers, self.asked, self.slept = answers, [], []

    def http(self):
        def answer(request):
            url = str(request.url)
            self.asked.append(url.removeprefix(SITE))
            given = self.answers.get(url.removeprefix(SITE), 404)
            if isinstance(given, int):
                return httpx.Response(given)
            if isinstance(given, httpx.Response):
                return given
            kind = "text/html; charset=utf-8" if isinstance(given, str) else "application/octet-stream"
            return httpx.Response(200, content=given, headers={"content-type": kind})

        return Http(transport=httpx.MockTransport(answer), sleep=self.slept.append)

    def fetched(self, url=SITE, **options):
        return list(SOURCE.fetch(WebOptions(url=url, **options), SLICE, self.http()))


def said(found):
    """What became of each page: its id, or why it is no mention."""
    told = []
    for one in found:
        if isinstance(one, Item):
            try:
                told.append(SOURCE.parse(one.data, WebOptions(url=SITE)).native_id.removeprefix(SITE))
            except (NotAMention, Malformed) as reason:
                told.append(str(reason))
    return told


def gaps(found):
    return [one for one in found if isinstance(one, Gap)]


def test_pages_come_from_the_sitemaps_of_robots_txt_packed_and_nested():
    site = Website({
        "/robots.txt": f"User-agent: *\nDisallow: /interne\nSitemap: {SITE}/s/index.xml",
        "/s/index.xml": sitemap(
            (f"{SITE}/s/new.xml.gz", "2026-10-06"), (f"{SITE}/s/old.xml", "2026-09-01T00:00:00Z"),
            (f"{SITE}/s/gone.xml", None), (f"{SITE}/s/index.xml", None), kind="sitemapindex", part="sitemap",
        ),
        "/s/new.xml.gz": gzip.compress(sitemap(
            ("/a", "2026-10-05T10:00:00Z"), (f"{SITE}/b", "2026-10-06T10:00:00Z"), ("/c", "2026-10-04T10:00:00Z"),
            (f"{SITE}/interne/d", "2026-10-06T11:00:00Z"), ("https://other.example/e", "2026-10-06T12:00:00Z"),
        ).encode()),
        "/a": ARTICLE.format(""), "/b": ARTICLE.format(""),
    })  # fmt: skip
    found = site.fetched()
    # Newest change first; /c changed before the window.
    assert said(found) == ["it is on another site", "robots.txt forbids it", "/b", "/a"]
    assert gaps(found) == []
    assert site.asked == [
        "/robots.txt", "/.well-known/tdmrep.json", "/s/index.xml", "/s/new.xml.gz", "/s/gone.xml", "/b", "/a",
    ]  # fmt: skip


@pytest.mark.parametrize(("headers", "head", "reason"), [
    ({"X-Robots-Tag": "noarchive"}, "", "it asks not to be kept (noarchive)"),
    ({"X-Robots-Tag": "otherbot: noindex"}, "", None),
    ({"X-Robots-Tag": "listening-etl: none"}, "", "it asks not to be kept (none)"),
    ({}, '<meta name="ROBOTS" content="nofollow, NoIndex">', "it asks not to be kept (noindex)"),
    ({}, '<meta name="robots" content="index, follow">', None),
    ({"TDM-Reservation": "1"}, "", "its rights are reserved (tdm-reservation)"),
    ({"TDM-Reservation": "0"}, "", None),
    ({}, '<meta name="tdm-reservation" content="1">', "its rights are reserved (tdm-reservation)"),
    ({"Content-Type": "application/pdf"}, "", "it is no HTML but application/pdf"),
])  # fmt: skip
def test_a_page_that_must_not_be_kept_is_skipped_with_the_reason(headers, head, reason):
    headers = {"content-type": "text/html; charset=utf-8", **{n.lower(): v for n, v in headers.items()}}
    page = httpx.Response(200, content=ARTICLE.format(head), headers=headers)
    site = Website({"/sitemap.xml": sitemap((f"{SITE}/a", "2026-10-05T10:00:00Z")), "/a": page})
    found = site.fetched()
    assert said(found) == [reason or "/a"]
    assert ("html" in found[0].data) is (reason is None)  # what must not be kept is not in the raw files


def test_rights_reserved_for_a_path_by_tdmrep():
    site = Website({
        "/.well-known/tdmrep.json":
            b'[{"location": "/premium/*", "tdm-reservation": 1}, {"location": "/", "tdm-reservation": 0}]',
        "/sitemap.xml": sitemap((f"{SITE}/premium/a", "2026-10-05"), (f"{SITE}/b", "2026-10-05")),
        "/b": ARTICLE.format(""),
    })  # fmt: skip
    assert said(site.fetched()) == ["its rights are reserved (tdmrep.json)", "/b"]
    assert "/premium/a" not in site.asked


def test_a_crawl_delay_is_kept_between_pages_and_bounds_their_number():
    entries = [(f"{SITE}/{n}", f"2026-10-06T{n:02}:00:00Z") for n in range(20)]
    answers = {f"/{n}": ARTICLE.format("") for n in range(20)}
    site = Website(
        {"/robots.txt": "User-agent: *\nCrawl-delay: 50", "/sitemap.xml": sitemap(*entries), **answers}
    )
    found = site.fetched()
    assert len(said(found)) == 18  # 900 s / 50 s
    assert [round(seconds) for seconds in site.slept if seconds > 1] == [50] * 17
    (gap,) = gaps(found)
    assert (gap.since, gap.until) == (
        SLICE.window.since,
        datetime(2026, 10, 6, 1, 0, 1, tzinfo=UTC),
    )  # page 1


def test_pages_above_the_limit_are_a_gap_down_from_the_newest_of_them():
    site = Website({
        "/sitemap.xml": sitemap(*((f"{SITE}/{n}", f"2026-10-05T{n:02}:00:00Z") for n in range(10, 14))),
        **{f"/{n}": ARTICLE.format("") for n in range(10, 14)},
    })  # fmt: skip
    found = site.fetched(limit=2)
    assert said(found) == ["/13", "/12"]
    (gap,) = gaps(found)
    assert (gap.since, gap.until) == (SLICE.window.since, datetime(2026, 10, 5, 11, 0, 1, tzinfo=UTC))
    assert (gap.reason, gap.expected) == ("2 pages more than the 2 that are fetched for one window", 4)


@pytest.mark.parametrize(("undated", "pages", "lost"), [("gap", 1, 1), ("fetch", 2, 0), ("ignore", 1, 0)])
def test_pages_without_a_date_in_the_sitemap(undated, pages, lost):
    dated = ARTICLE.format('<meta property="article:published_time" content="2026-10-05T08:00:00Z">')
    site = Website({
        "/sitemap.xml": sitemap((f"{SITE}/a", "2026-10-05"), (f"{SITE}/b", None)), "/a": dated, "/b": dated,
    })  # fmt: skip
    found = site.fetched(undated=undated)
    assert (len(said(found)), len(gaps(found))) == (pages, lost)


def test_addresses_can_be_chosen():
    site = Website({
        "/sitemap.xml": sitemap(*((f"{SITE}{path}", "2026-10-05") for path in ("/cafe/1", "/cafe/video/2", "/sport/3"))),
        "/cafe/1": ARTICLE.format(""),
    })  # fmt: skip
    assert said(site.fetched(include="/cafe/", exclude="/video/")) == ["/cafe/1"]


def test_a_site_that_refuses_every_page_is_an_error():
    listed = sitemap((f"{SITE}/a", "2026-10-05"), (f"{SITE}/b", "2026-10-05"))
    with pytest.raises(CredentialsRejected, match="every page is refused"):
        Website({"/sitemap.xml": listed, "/a": 403, "/b": 401}).fetched()
    found = Website({"/sitemap.xml": listed, "/a": 403, "/b": ARTICLE.format("")}).fetched()
    assert said(found) == ["the server answered 403", "/b"]


@pytest.mark.parametrize(("answer", "error"), [
    ("<html><body>Bonjour</body></html>", SourceUnreadable), (b"\x1f\x8bbroken", SourceUnreadable),
    ("", SourceUnreadable), (404, SourceUnreadable), (503, SourceUnavailable), (401, CredentialsRejected),
    ('<rss version="2.0"></rss>', SourceUnreadable),
])  # fmt: skip
def test_a_sitemap_that_is_none(answer, error):
    with pytest.raises(error):
        Website({"/sitemap.xml": answer}).fetched()


def page(**item):
    return SOURCE.parse({"url": f"{SITE}/a", **item}, WebOptions(url=SITE, timezone="Europe/Paris"))


def sample(name):
    (item,) = SOURCE.items((SAMPLES / name).read_bytes(), None)
    return SOURCE.parse(item, WebOptions(url=SITE))


def test_an_article():
    found = sample("torreo.html")
    assert (found.native_id, found.kind, found.channel) == (f"{SITE}/torreo-un-an", "article", "web")
    assert found.title == "La Torréo One, un an après"
    assert found.text.startswith("Elle fuit moins, elle chauffe plus")
    for noise in ("Accueil", "Mentions légales"):
        assert noise not in found.text
    assert found.published_at == datetime(
        2026, 10, 6, 16, 30, tzinfo=UTC
    )  # of the article, not of the WebPage
    assert found.updated_at == datetime(2026, 10, 7, 7, 0, tzinfo=UTC)
    assert (found.author.name, found.lang_declared) == ("Léa Martin", "fr")
    assert found.media == (Media(url=f"{SITE}/torreo.jpg", kind="image"),)
    with pytest.raises(NotAMention, match="reserved"):
        sample("reserved.html")


@pytest.mark.parametrize(("head", "listed", "published", "updated"), [
    ('<meta itemprop="datePublished" content="2026-10-05T08:00:00">', {}, "2026-10-05T06:00", None),  # Paris
    ('<meta name="date" content="hier"><meta name="dc.date" content="2026-10-05">', {}, "2026-10-04T22:00", None),
    ("", {"published": "2026-10-05T08:00:00Z", "modified": "2026-10-06T08:00:00Z"}, "2026-10-05T08:00", "2026-10-06T08:00"),
    ("", {"modified": "2026-10-06T08:00:00Z"}, "2026-10-06T08:00", "2026-10-06T08:00"),  # a change is all we know
    ('<script type="application/ld+json">{"datePublished": broken</script>', {"modified": "2026-10-06T08:00:00Z"},
     "2026-10-06T08:00", "2026-10-06T08:00"),
])  # fmt: skip
def test_when_a_page_was_published(head, listed, published, updated):
    found = page(html=ARTICLE.format(head), listed=listed)
    times = [time and time.strftime("%Y-%m-%dT%H:%M") for time in (found.published_at, found.updated_at)]
    assert times == [published, updated]


@pytest.mark.parametrize(("link", "native_id"), [
    ("/b?utm_source=x&p=2#haut", f"{SITE}/b?p=2"), ("https://www.journal.example/b", "https://www.journal.example/b"),
    ("https://elsewhere.example/b", f"{SITE}/a"), ("", f"{SITE}/a"),
])  # fmt: skip
def test_the_canonical_address_is_the_id(link, native_id):
    html = ARTICLE.format(f'<link rel="canonical" href="{link}">')
    assert page(html=html, listed={"modified": "2026-10-06"}).native_id == native_id


def test_a_page_in_another_charset_and_one_that_is_gone():
    latin = ARTICLE.format('<meta charset="iso-8859-1">').encode("latin-1")
    site = Website({
        "/sitemap.xml": sitemap((f"{SITE}/a", "2026-10-06"), (f"{SITE}/b", "2026-10-05")),
        "/a": httpx.Response(200, content=latin, headers={"content-type": "text/html"}), "/b": 410,
    })  # fmt: skip
    first, second = site.fetched()
    assert "La rédaction raconte" in SOURCE.parse(first.data, WebOptions(url=SITE)).text
    assert SOURCE.parse(second.data, WebOptions(url=SITE)) == Deletion(f"{SITE}/b")


@pytest.mark.parametrize(("html", "error"), [
    ("", NotAMention), (ARTICLE.format(""), Malformed), ('<meta name="date" content="2026-10-05"><p></p>', NotAMention),
])  # fmt: skip
def test_a_page_without_a_time_or_an_article(html, error):
    with pytest.raises(error):
        page(html=html)


@pytest.mark.parametrize("answer", [b'{"error": "no"}', b"[]", sitemap().encode()])
def test_an_answer_that_is_no_page(answer):
    with pytest.raises(NotAMention):
        SOURCE.items(answer, None)


def test_a_date_alone_is_a_day_somewhere_on_earth():
    # 2026-10-04 ends at 12:00 UTC on the 5th in the westernmost zone.
    assert Listed("u", "2026-10-04").latest == datetime(2026, 10, 5, 12, tzinfo=UTC)
    assert Listed("u", "2026-10-04").may_be_in(SLICE.window)
    early = Window(SLICE.window.since - timedelta(days=9), SLICE.window.since - timedelta(days=8))
    assert Listed("u", "2026-10-04").may_be_in(early)  # changed later, may have been published then
    assert not Listed("u", "2026-10-04", "2026-10-04").may_be_in(early)  # a news sitemap says when
    assert Listed("u", "soon").latest is None
