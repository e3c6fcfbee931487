"""News articles of the whole world that GDELT's search finds."""

import json
import re
from datetime import UTC, date, datetime, timedelta

from pydantic import Field

from listening_etl import (
    Author,
    Capabilities,
    Gap,
    Malformed,
    Media,
    Mention,
    NotAMention,
    Options,
    SourceUnavailable,
    SourceUnreadable,
    Terms,
    dicts,
    hookimpl,
)

MOST = 250  # articles of one answer
SHORTEST = timedelta(hours=1)  # GDELT refuses narrower windows
STEP = timedelta(minutes=15)  # in which GDELT counts
NAMES_A_QUERY = 6  # GDELT refuses long queries
SHORTEST_NAME = 3  # characters; GDELT refuses shorter ones
PHRASE = re.compile(r'"([^"]+)"')
CODES = (
    "Afrikaans:af Albanian:sq Arabic:ar Armenian:hy Azerbaijani:az Bengali:bn Bosnian:bs Bulgarian:bg "
    "Catalan:ca Chinese:zh Croatian:hr Czech:cs Danish:da Dutch:nl English:en Estonian:et Finnish:fi "
    "French:fr Galician:gl Georgian:ka German:de Greek:el Gujarati:gu Hebrew:he Hindi:hi Hungarian:hu "
    "Icelandic:is Indonesian:id Italian:it Japanese:ja Kannada:kn Kazakh:kk Korean:ko Latvian:lv "
    "Lithuanian:lt Macedonian:mk Malay:ms Malayalam:ml Marathi:mr Mongolian:mn Nepali:ne Norwegian:no "
    "NorwegianNynorsk:nn Persian:fa Polish:pl Portuguese:pt Punjabi:pa Romanian:ro Russian:ru Serbian:sr "
    "Sinhalese:si Slovak:sk Slovenian:sl Somali:so Spanish:es Swahili:sw Swedish:sv Tamil:ta Telugu:te "
    "Thai:th Tibetan:bo Turkish:tr Ukrainian:uk Urdu:ur Vietnamese:vi"
)
LANGUAGES = dict(pair.split(":") for pair in CODES.split())


class GdeltOptions(Options):
    """What to search for beside the names of the entities, and whom to believe."""

    query: str = Field("", description="searched for in GDELT's words, beside the names of the entities")
    filters: str = Field("", description="what every search is narrowed by, as in sourcelang:french")
    trust: bool = Field(True, description="count an article as about the name that GDELT found in its text, "
                        "also when its title does not say it")  # fmt: skip
    url: str = Field("https://api.gdeltproject.org/api/v2/doc/doc", description="of the API")


def searches(entities):
    """One search or more for the names of each entity."""
    found = []
    for entity in entities:
        names = list(dict.fromkeys(f'"{name}"' for name in entity.names if len(name) >= SHORTEST_NAME))
        for start in range(0, len(names), NAMES_A_QUERY):
            some = names[start : start + NAMES_A_QUERY]
            found.append(f"({' OR '.join(some)})" if len(some) > 1 else some[0])
    return found


def articles(body, where):
    """The articles of an answer. GDELT says in plain text, with the status of success, what it does not like."""
    text = body.decode("utf-8", "replace").strip()
    if not text.startswith(("{", "[")):
        said = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text)).strip()[:200] or "nothing"
        if "limit requests" in said.lower():
            raise SourceUnavailable(f"GDELT asks to wait ({said})", where=where)
        raise SourceUnreadable(
            f"GDELT refuses the search ({said})", where=where, do="Change names or filters."
        )
    # A title's backslashes and control characters come as they are, which JSON does not allow.
    allowed = re.sub(r'\\(["\\/bfnrtu])?', lambda found: found[0] if found[1] else r"\\", text)
    try:
        found = json.loads(allowed, strict=False)
    except ValueError as error:
        raise SourceUnreadable(f"the answer is no JSON ({error})", where=where, do="Try again.") from error
    return dicts(found.get("articles") if isinstance(found, dict) else found)


def seen(article):
    """When GDELT saw the article, None when it does not say."""
    try:
        return datetime.strptime(article["seendate"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except (KeyError, TypeError, ValueError):
        return None


class Gdelt:
    """News articles of the whole world that GDELT's search finds.

    Collects the title, address, outlet, language and country of articles whose text holds a name of an entity,
    published when GDELT first saw them, to a quarter of an hour: the outlet's own time is not told. Misses the
    text, what GDELT does not watch, and names of fewer than 3 characters. Limits: the last 3 months, 250
    articles an answer, one request in 5 seconds. Terms: free for any use if GDELT is named; the articles are
    their publishers'.
    """

    name = "gdelt"
    options_type = GdeltOptions
    capabilities = Capabilities(
        history=timedelta(days=90), order="newest_first", deletions="none", settles=timedelta(hours=2), pace=5.0,
        tested="documented",
    )  # fmt: skip
    terms = Terms(date(2026, 11, 22), "https://www.gdeltproject.org/about.html#termsofuse", export=True)

    def push_down(self, options, entities):
        """One slice for each search."""
        return [*([options.query] if options.query else []), *searches(entities)]

    def fetch(self, options, slice, http):
        """Articles with the search that found them under `search`, the last seen first."""
        for search in [slice.query] if slice.query else self.push_down(options, ()):
            yield from self._found(options, slice.window, http, search)

    def _found(self, options, window, http, search):
        """What one search finds; where an answer was cut, on from its oldest article."""
        fixed = {"query": f"{search} {options.filters}".strip(), "mode": "artlist", "format": "json"}
        fixed |= {"maxrecords": MOST, "sort": "datedesc"}
        until = window.until
        while until >= window.since:
            since = min(window.since, until - SHORTEST)  # wider at the old end, which comes last
            times = {"startdatetime": stamp(since), "enddatetime": stamp(until + timedelta(seconds=1))}
            found = articles(http.get(options.url, params={**fixed, **times}).body, options.url)
            yield from ({**article, "search": search} for article in found)
            known = [time for time in map(seen, found) if time]
            if len(found) < MOST or not known:
                return
            before, until = until, min(known)
            if until > before:
                raise SourceUnavailable("GDELT does not keep to the times it is asked for", where=options.url)
            if until in (before, max(known)):  # no narrower window has fewer
                yield Gap(until, until + STEP, f"GDELT shows {MOST} articles of a quarter of an hour at most")
                until -= timedelta(seconds=2)

    def items(self, answer, options):
        """The articles of an answer; answers of other modes, such as timelines, hold none."""
        found = articles(answer, "GDELT's answer")
        if not found:
            raise NotAMention("it lists no articles")
        yield from found

    def parse(self, article, options):
        """An article without its text."""
        url, title, image = (article.get(name) or None for name in ("url", "title", "socialimage"))
        outlet, published = article.get("domain") or None, seen(article)
        if published is None:
            raise Malformed(f"seendate {article.get('seendate')!r} is not a time as 20261005T101500Z")
        trusted = options is None or options.trust
        return Mention(
            native_id=url,
            kind="article",
            channel="web",
            url=url,
            title=title and " ".join(title.split()),
            published_at=published,
            lang_declared=LANGUAGES.get((article.get("language") or "").replace(" ", "")),
            author=Author(native_id=outlet, name=outlet) if outlet else None,
            media=(Media(url=image, kind="image"),) if image else (),
            about=tuple(PHRASE.findall(article.get("search") or "")) if trusted else (),
            place=article.get("sourcecountry") or None,
        )


def stamp(time):
    """A time as GDELT reads it."""
    return f"{time.astimezone(UTC):%Y%m%d%H%M%S}"


@hookimpl
def listening_sources():
    """The source of this file."""
    return [Gdelt()]
