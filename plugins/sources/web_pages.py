"""Pages of a website, found by its sitemaps."""

import json
import re
import zlib
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import urldefrag, urljoin, urlsplit
from zoneinfo import ZoneInfo

import orjson
from pydantic import Field

from listening_etl import (
    Author,
    Capabilities,
    CredentialsRejected,
    Deletion,
    Gap,
    Item,
    Media,
    Mention,
    NotAMention,
    Options,
    SourceUnreadable,
    hookimpl,
)

AGENT = "listening-etl"
ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
REFUSALS = tuple(status for status in range(400, 500) if status != 429)
LARGEST, MOST_SITEMAPS = 50_000_000, 500
PATIENCE = 900.0  # seconds that a window may wait in all for a site's crawl delay; then comes a gap
NO_KEEPING = {"noindex", "none", "noarchive", "noai"}
PUBLISHED = ["article:published_time", "datepublished", "dcterms.created", "dc.date", "parsely-pub-date"]
CHANGED = ["article:modified_time", "og:updated_time", "datemodified", "dcterms.modified"]


class WebOptions(Options):
    """Which website, and which of its pages."""

    url: str = Field(description="the site (its sitemaps are those of robots.txt), or one sitemap of it")
    include: re.Pattern = Field("", validate_default=True, description="expression in addresses to read")
    exclude: re.Pattern | None = Field(None, description="expression in addresses not to read")
    limit: int = Field(500, gt=0, description="most pages fetched for one window; the rest is a gap")
    undated: Literal["fetch", "ignore", "gap"] = Field("gap", description="pages without date in a sitemap")
    timezone: ZoneInfo = Field("UTC", validate_default=True, description="of a page's times without zone")

    def wants(self, url):
        """Whether the address is one of those to read."""
        return bool(self.include.search(url)) and not (self.exclude and self.exclude.search(url))


@dataclass(frozen=True)
class Listed:
    """A page or sitemap as a sitemap lists it; both times as written."""

    url: str
    modified: str | None = None
    published: str | None = None

    @property
    def latest(self):
        """The latest time that its date can mean; None without one. A date alone is a day somewhere on Earth."""
        for written in (self.published, self.modified):
            if time := time_in(written, UTC):
                return time + timedelta(hours=36) if len(written.strip()) <= 10 else time
        return None

    def may_be_in(self, window):
        """Whether it may have been published in the window: what changed later may be older than its date."""
        published = time_in(self.published, UTC)
        early_enough = published is None or published - timedelta(hours=14) < window.until
        return early_enough and self.latest is not None and self.latest >= window.since


def time_in(written, zone):
    """A time from ISO 8601 text, in `zone` where it states none; None when it is no such time."""
    try:
        time = datetime.fromisoformat(written.strip())
        return time if time.tzinfo else time.replace(tzinfo=zone)
    except (AttributeError, ValueError):
        return None


def host(url):
    """The host of an address without `www.`."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


class Site:
    """A website for the time of one fetch: what its robots.txt and TDM reservations say is asked for once a host."""

    def __init__(self, address, http):
        self.address, self.http, self._rules = address, http, {}

    def rules(self, url):
        """What robots.txt says of the page's host, and what its tdmrep.json reserves, read in the same way."""
        if (place := urljoin(url, "/")) not in self._rules:
            from protego import Protego

            robots = self.http.get(f"{place}robots.txt", accept=REFUSALS)  # none: all is allowed
            said = robots.text[:500_000] if robots.status == 200 else ""
            reserved = "".join(f"Disallow: {path}\n" for path in self._reservations(place))
            self._rules[place] = Protego.parse(said), Protego.parse(f"User-agent: *\n{reserved}")
        return self._rules[place]

    def _reservations(self, place):
        answer = self.http.get(f"{place}.well-known/tdmrep.json", accept=REFUSALS)
        rules = []
        with suppress(orjson.JSONDecodeError):  # many sites answer every address with a page
            rules = orjson.loads(answer.body) if answer.status == 200 else []
        rules = [rule for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []
        return [str(rule.get("location", "/")) for rule in rules if rule.get("tdm-reservation") in (1, "1")]

    def sitemaps(self):
        """The sitemap that was named, else those in robots.txt, else the usual one."""
        if re.search(r"sitemap|\.(xml|txt|gz)$", urlsplit(self.address).path):
            return [self.address]
        return list(self.rules(self.address)[0].sitemaps) or [urljoin(self.address, "/sitemap.xml")]

    def pages(self, since):
        """What its sitemaps list, without those below an index that did not change since then."""
        starts = self.sitemaps()
        waiting, seen = [*starts], set()
        while waiting:
            address = waiting.pop(0)
            if address in seen:
                continue
            seen.add(address)
            if len(seen) > MOST_SITEMAPS:
                do = "Name the one that counts in 'sitemap'."
                raise SourceUnreadable(
                    f"it has more than {MOST_SITEMAPS} sitemaps", where=self.address, do=do
                )
            answer = self.http.get(address, accept=() if address in starts else (404, 410))
            if answer.status != 200:
                continue  # an index may still name what is gone
            is_index, listed = sitemap_of(answer.body, answer.url)
            if is_index:
                waiting += [part.url for part in listed if part.latest is None or part.latest >= since]
            else:
                yield from listed

    def refusal(self, url):
        """Why a page must not be fetched; None when it may."""
        if host(url) != host(self.address) and not host(url).endswith(f".{host(self.address)}"):
            return "it is on another site"
        robots, reserved = self.rules(url)
        if not robots.can_fetch(url, AGENT):
            return "robots.txt forbids it"
        return None if reserved.can_fetch(url, AGENT) else "its rights are reserved (tdmrep.json)"

    def item(self, page):
        """A page as it came, or why it was not kept."""
        if reason := self.refusal(page.url):
            return {"url": page.url, "refused": reason}
        answer = self.http.get(page.url, headers={"accept": ACCEPT}, accept=REFUSALS)
        self.http.pause(page.url, self.delay(page.url))
        if answer.status != 200:
            return {"url": page.url, "status": answer.status}
        if answer.url != page.url and (reason := self.refusal(answer.url)):
            return {"url": page.url, "refused": f"it leads to {answer.url}, and {reason}"}
        if not re.search("html|^$", kind := answer.headers.get("content-type", "")):
            return {"url": page.url, "refused": f"it is no HTML but {kind}"}
        kept = ("content-language", "x-robots-tag", "tdm-reservation")
        headers, html = (
            {name: answer.headers[name] for name in kept if name in answer.headers},
            decoded(answer),
        )
        if reason := opt_out(headers, tree_of(html)):
            return {"url": answer.url, "refused": reason}
        return {"url": answer.url, "html": html, "headers": headers, "listed": asdict(page)}

    def delay(self, url):
        """Seconds that robots.txt asks to leave between two pages."""
        return self.rules(url)[0].crawl_delay(AGENT) or 0.0


def sitemap_of(body, address):
    """Whether a sitemap is an index, and what it lists. XML, plain lines, both also packed."""
    from lxml import etree

    careful, root = etree.XMLParser(resolve_entities=False, no_network=True, recover=True), None
    with suppress(zlib.error, etree.XMLSyntaxError):
        body = zlib.decompressobj(31).decompress(body, LARGEST) if body[:2] == b"\x1f\x8b" else body
        if body.lstrip()[:4] == b"http":
            return False, [Listed(line) for line in body.decode("utf-8", "replace").split()]
        root = etree.fromstring(body, careful)
    kind = "what cannot be read" if root is None else etree.QName(root).localname
    if kind not in ("urlset", "sitemapindex"):
        do = "Give a sitemap; for a feed take the source 'feed'."
        raise SourceUnreadable(f"it is no sitemap but {kind}", where=address, do=do)

    def written(node, *names):
        return [(node.findtext(name) or "").strip() or None for name in names]

    nodes = root.iterchildren("{*}url", "{*}sitemap")
    cells = [written(node, "{*}loc", "{*}lastmod", "{*}news/{*}publication_date") for node in nodes]
    found = [Listed(urljoin(address, url), *dates) for url, *dates in cells if url]
    return kind == "sitemapindex", found


def decoded(answer):
    """The page's text, in the charset that its header names, else the page itself."""
    named = re.search(rb"<meta[^>]{0,200}charset=[\"']?([\w-]+)", answer.body[:4096], re.I)
    if named and "charset" not in answer.headers.get("content-type", ""):
        with suppress(LookupError):
            return answer.body.decode(named[1].decode("ascii"), "replace")
    return answer.text


def tree_of(html):
    """The page's elements; an empty page has none."""
    from lxml.html import HTMLParser, document_fromstring

    text = html if html.strip() else "<html></html>"
    return document_fromstring(text.encode("utf-8", "replace"), parser=HTMLParser(encoding="utf-8"))


def metas(tree):
    """What the page's <meta> say, by name in lower case."""
    found = {}
    for node in tree.iter("meta"):
        name = node.get("property") or node.get("name") or node.get("itemprop")
        if name and node.get("content"):
            found.setdefault(name.strip().lower(), []).append(node.get("content").strip())
    return found


def directives(said):
    """The directives of a robots header or <meta> that are for everybody or for us."""
    for part in said.lower().split(","):
        robot, colon, rest = part.partition(":")
        if not colon or robot.strip() == AGENT:
            yield (rest if colon else part).strip()


def opt_out(headers, tree):
    """Why a page must not be kept, by its headers and <meta>; None when it may."""
    meta = metas(tree)
    said = [headers.get("x-robots-tag", ""), *meta.get("robots", ()), *meta.get(AGENT, ())]
    asked = [word for one in said for word in directives(one) if word in NO_KEEPING]
    if asked:
        return f"it asks not to be kept ({asked[0]})"
    if "1" in (headers.get("tdm-reservation", "").strip(), *meta.get("tdm-reservation", ())):
        return "its rights are reserved (tdm-reservation)"
    return None


def objects_in(value):
    """Every object in a JSON value, however deep."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects_in(inner)


def linked_data(tree):
    """The objects in the page's JSON-LD, articles first: lists of other articles may stand beside."""
    found = []
    for script in tree.xpath('//script[@type="application/ld+json"]/text()'):
        with suppress(ValueError, RecursionError):
            found += objects_in(json.loads(script, strict=False))
    return sorted(found, key=lambda one: not re.search("Article|Posting|Report", str(one.get("@type"))))


def stated(tree, name, meta_names, zone):
    """The first time that the page states for `datePublished` or `dateModified`; None when it states none."""
    meta = metas(tree)
    written = [one.get(name) for one in linked_data(tree)]
    written += [content for name in meta_names for content in meta.get(name, ())]
    written += tree.xpath(f'//*[@itemprop="{name}"]/@datetime')
    written += tree.xpath("//time[@pubdate]/@datetime") if name == "datePublished" else []
    return next((time for one in written if (time := time_in(one, zone))), None)


def id_of(tree, url):
    """The page's own address: canonical if that is on the same host, without what only counts clicks."""
    from courlan import normalize_url

    links = [*tree.xpath('//link[@rel="canonical"]/@href'), *metas(tree).get("og:url", ())]
    own = next((urljoin(url, link.strip()) for link in links if link.strip()), url)
    own = own if not url or host(own) == host(url) else url
    return normalize_url(urldefrag(own)[0]) if own else None


class WebPages:
    """Pages of a website that its sitemaps list: the text of each article, without menus and footers.

    Collects the pages whose entry in the sitemap changed since the window began and that were published in it.
    The time of publication is what the page states (JSON-LD, <meta>, <time>), else what the sitemap states;
    where there is only the date of a change (`lastmod`), it counts as publication, and as `updated_at` too. A
    date without a time is midnight in `timezone`. Misses pages that no sitemap lists, comments, what is built
    in the browser, and, to be told in the ledger as a gap, pages above `limit` or without a date. Limits: what
    robots.txt forbids is not fetched, its delay is kept; what asks not to be kept (noindex, noarchive, noai) or
    reserves its rights (TDM reservation by header, <meta> or tdmrep.json) is skipped with that reason; a window
    long ago costs a request for every page that changed since. Terms: the site's; its opt-outs are honoured.
    """

    name = "web"
    options_type = WebOptions
    capabilities = Capabilities(history=None, order="any", deletions="recheck", edits=True, pace=1.0)

    def fetch(self, options, slice, http):
        """Each page as it came, the one that changed last first; or why it was not kept."""
        window, site = slice.window, Site(options.url, http)
        listed = {page.url: page for page in site.pages(window.since) if options.wants(page.url)}
        undated = [page for page in listed.values() if page.latest is None]
        pages = [page for page in listed.values() if page.may_be_in(window)]
        pages.sort(key=lambda page: page.latest, reverse=True)
        pages += undated if options.undated == "fetch" else []
        delay, statuses = site.delay(site.address), []
        most = min(options.limit, int(PATIENCE / delay) if delay <= 60 else 1) if delay else options.limit
        for page in pages[:most]:
            item = site.item(page)
            statuses.append(item.get("status"))
            yield Item(item, page.url)
        if statuses and {*statuses} <= {401, 403}:
            do = "Ask the site for access, or take it out of the settings."
            raise CredentialsRejected(f"every page is refused ({statuses[0]})", where=site.address, do=do)
        if rest := pages[most:]:
            edge = rest[0].latest or window.until
            why = f"{len(rest)} pages more than the {most} that are fetched for one window"
            yield Gap(window.since, min(edge + timedelta(seconds=1), window.until), why, len(pages))
        if undated and options.undated == "gap":
            why = f"{len(undated)} pages have no date in the sitemap: set 'undated' to fetch or ignore"
            yield Gap(window.since, window.until, why)

    def items(self, answer, options):
        """A recorded page: its HTML, or the item that `fetch` made of it."""
        with suppress(orjson.JSONDecodeError):
            item = orjson.loads(answer)
            if isinstance(item, dict) and "url" in item:
                return iter([item])
            raise NotAMention("JSON, and no page")
        if re.search(rb"<(urlset|sitemapindex)[\s>]", answer[:2000]):
            raise NotAMention("a sitemap, which lists pages")
        return iter([{"url": "", "html": answer.decode("utf-8", "replace")}])

    def parse(self, item, options):
        """A page as an article."""
        if item.get("refused"):
            raise NotAMention(item["refused"])
        if item.get("status") in (404, 410):
            return Deletion(item.get("id") or id_of(tree_of(""), item["url"]))
        if item.get("status"):
            raise NotAMention(f"the server answered {item['status']}")
        tree, listed = tree_of(item.get("html") or ""), item.get("listed") or {}
        if reason := opt_out(item.get("headers") or {}, tree):
            raise NotAMention(reason)
        zone = ZoneInfo(str(options.timezone))
        changed = stated(tree, "dateModified", CHANGED, zone) or time_in(listed.get("modified"), zone)
        published = stated(tree, "datePublished", PUBLISHED, zone) or time_in(listed.get("published"), zone)
        url = id_of(tree, item.get("url") or "")
        times = {"published_at": published or changed, "updated_at": changed}
        return article(tree, item.get("headers") or {}, native_id=item.get("id") or url, url=url, **times)

    def recheck(self, options, native_ids, http):
        """Each page as it is now, or that it is gone."""
        site = Site(options.url, http)
        listed = {id_of(tree_of(""), page.url): page for page in site.pages(datetime.min.replace(tzinfo=UTC))}
        for native_id in native_ids:  # the sitemap has dates that pages lack
            yield Item({**site.item(listed.get(native_id) or Listed(native_id)), "id": native_id}, native_id)


def article(tree, headers, **known):
    """The mention of a page of which address and times are known."""
    from trafilatura import bare_extraction

    language = tree.get("lang") or headers.get("content-language")
    pictures = dict.fromkeys(metas(tree).get("og:image", ()))
    page = bare_extraction(tree, url=known["url"], include_comments=False, with_metadata=True)
    title, text = (page.title, (page.text or "").strip()) if page else (None, "")
    text = text.removeprefix(title or "").strip()  # the heading is not said twice
    if not text:
        raise NotAMention("there is no article in it")
    return Mention(
        kind="article",
        channel="web",
        title=title,
        text=text,
        author=Author(name=page.author) if page.author else None,
        lang_declared=language,
        media=tuple(Media(url=url, kind="image") for url in pictures),
        **known,
    )


@hookimpl
def listening_sources():
    """The source of this file."""
    return [WebPages()]
