"""Reviews of apps in Apple's App Store."""

import io
import re
import time
from datetime import UTC, date, datetime, timedelta

from pydantic import Field, SecretStr, model_validator

from listening_etl import (
    Author,
    Capabilities,
    CredentialsRejected,
    Gap,
    Malformed,
    Mention,
    NotAMention,
    Options,
    SourceUnavailable,
    SourceUnreadable,
    Terms,
    dicts,
    hookimpl,
    json_answer,
    part,
)

LONGEST_TOKEN = 900  # seconds; Apple takes tokens of 1,200 at most
FEED_PAGES = 10  # of 50 reviews: the public feed has no more of a country
APP_ID = re.compile(r"[?&/]id=?(\d+)")
COUNTRY = re.compile(r"//itunes\.apple\.com/([a-z]{2})/")


class AppStoreOptions(Options):
    """Which apps to read, and either a key of App Store Connect or the public feed."""

    apps: dict[str, str] = Field(
        min_length=1,
        description="Apple's number of each app: the brand that its reviews are about, by a name that the topic "
        "knows. Its answers carry it as handle: list it among the brand's handles",
    )
    issuer_id: str | None = Field(None, description="of the team's key in App Store Connect")
    key_id: str | None = Field(None, description="of the same key, whose role may be Customer Support")
    private_key: SecretStr | None = Field(None, description="the same key, the text of its .p8 file")
    rss: bool = Field(
        False, description="read the public feed instead: any app, the last 500 of each country"
    )
    countries: tuple[str, ...] = Field(
        ("fr",), min_length=1, description="whose feeds to read, as in fr, be, ca"
    )
    url: str = Field("https://api.appstoreconnect.apple.com", description="of App Store Connect")
    rss_url: str = Field("https://itunes.apple.com", description="of the public feed")

    @model_validator(mode="after")
    def _has_a_way_in(self):
        if not self.rss and not (self.issuer_id and self.key_id and self.private_key):
            raise ValueError("give issuer_id, key_id and private_key, or rss: true for the public feed")
        return self


def label(entry, *names):
    """The text that the feed keeps under `label`, None when there is none."""
    text = part(entry, *names).get("label")
    return str(text) if text not in (None, "") else None


def brand_of(options, app):
    """The brand of an app, None when the settings do not name it."""
    return (getattr(options, "apps", None) or {}).get(app)


def signed(options):
    """The headers of a request: a token that we sign ourselves, good for a quarter of an hour."""
    import jwt

    now = int(time.time())
    claims = {"iss": options.issuer_id, "iat": now, "exp": now + LONGEST_TOKEN, "aud": "appstoreconnect-v1"}
    key = options.private_key.get_secret_value().replace(
        "\\n", "\n"
    )  # a file's lines in one line of environment
    try:
        token = jwt.encode(claims, key, "ES256", {"kid": options.key_id})
    except (ValueError, TypeError, jwt.PyJWTError):  # whose messages may quote it
        do = "Give the text of the .p8 file as Apple made it."
        raise CredentialsRejected("private_key cannot be read", do=do) from None
    return {"authorization": f"Bearer {token}"}


def connect_reviews(page):
    """The reviews on a page of App Store Connect, each with the answer that stands beside them."""
    answers = {one.get("id"): one for one in dicts(page.get("included"))}
    for review in dicts(page.get("data")):
        answer = answers.get(part(review, "relationships", "response", "data").get("id"))
        yield {**review, "response": answer} if answer else review


def is_xml(body):
    """Whether it begins as XML does, in whatever encoding."""
    return body.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \r\n\t")[:1] == b"<"


def feed_reviews(body):
    """The entries of a page of the public feed, JSON or XML, all as Apple's JSON has them."""
    if not is_xml(body):
        entries = part(json_answer(body), "feed").get("entry") or []
        return dicts(entries if isinstance(entries, list) else [entries])  # a single one stands alone
    import feedparser

    parsed = feedparser.parse(io.BytesIO(body))
    if not parsed.get("version"):
        raise SourceUnreadable("it is no feed", where="the App Store's feed", do="Check 'rss_url'.")
    return [as_json(entry) for entry in parsed.entries]


def as_json(entry):
    """An entry of the XML feed as the JSON feed has it."""
    plain = next((one.value for one in entry.get("content", ()) if one.get("type") == "text/plain"), None)
    person, links = entry.get("author_detail", {}), entry.get("links") or [{}]
    names = {
        "id": "id",
        "title": "title",
        "updated": "updated",
        "im:rating": "im_rating",
        "im:voteSum": "im_votesum",
    }
    return {
        **{name: {"label": entry.get(key)} for name, key in names.items()},
        "content": {"label": plain},
        "author": {"name": {"label": person.get("name")}, "uri": {"label": person.get("href")}},
        "link": {"attributes": {"href": links[0].get("href")}},
    }


def time_of(written):
    """A time as Apple writes it, None when it cannot be read."""
    try:
        return datetime.fromisoformat(written).astimezone(UTC)
    except (TypeError, ValueError):
        return None


def times(item):
    """When a review was written and answered, as far as it says so."""
    attributes, answer = part(item, "attributes"), part(item, "response", "attributes")
    said = (attributes.get("createdDate"), label(item, "updated"), answer.get("lastModifiedDate"))
    return [time for time in map(time_of, said) if time]


def inside(item, window):
    """Whether the review or its answer is of the window; what has no time is let by, to be refused aloud."""
    known = times(item)
    return not known or any(window.since <= time < window.until for time in known)


def mentions(native_id, said, answer, app, place, options):
    """A review and, if it was answered, the answer as the brand's reply; both given as fields of a mention."""
    brand = brand_of(options, app)
    url = f"https://apps.apple.com/app/id{app}" if app else None
    fixed = {"channel": "review", "url": url, "about": (brand,) if brand else (), "place": place}
    fixed["conversation_id"] = native_id
    found = [Mention(native_id=native_id, kind="review", rating_scale=5.0, **said, **fixed)]
    if answer and answer["published_at"]:
        # A review has one answer at most, so the id of the review makes one for it; in some of Apple's answers
        # several reviews share the id of a response.
        own = {"native_id": f"{native_id}:reply", "kind": "reply", "in_reply_to": native_id}
        own["author"] = Author(handle=brand) if brand else None
        found.append(Mention(**own, **answer, **fixed))
    return found


def of_connect(item, options):
    """A review as App Store Connect has it."""
    review, answer = part(item, "attributes"), part(item, "response", "attributes")
    said = {
        "title": review.get("title") or None,
        "text": review.get("body") or None,
        "rating": review.get("rating"),
        "published_at": review.get("createdDate"),
        "author": Author(name=review.get("reviewerNickname")),
    }
    public = answer.get("state") != "PENDING_PUBLISH"
    reply = public and {"text": answer.get("responseBody"), "published_at": answer.get("lastModifiedDate")}
    return mentions(item.get("id"), said, reply, item.get("app"), review.get("territory"), options)


def of_feed(entry, options):
    """A review as the public feed has it; an entry without stars is the app itself."""
    if not label(entry, "im:rating"):
        raise NotAMention("it is the app, not a review")
    person, link = label(entry, "author", "uri") or "", str(part(entry, "link", "attributes").get("href"))
    country, app, number = COUNTRY.search(person or link), APP_ID.search(link), APP_ID.search(person)
    rating, likes = label(entry, "im:rating"), label(entry, "im:voteSum")
    if not rating.isdecimal():
        raise Malformed(f"its rating is {rating[:20]!r}")
    said = {
        "title": label(entry, "title"),
        "text": label(entry, "content"),
        "rating": int(rating),
        "published_at": label(entry, "updated"),
        "author": Author(native_id=number and number[1], name=label(entry, "author", "name")),
        "likes": int(likes) if likes and likes.isdecimal() else None,
    }
    native_id, place = label(entry, "id"), country and country[1].upper()
    return mentions(native_id, said, None, app and app[1], place, options)


def of_store_page(item, options):
    """A review as Apple's store page gets it."""
    review = part(item, "attributes")
    answer = part(review, "developerResponse")
    said = {
        "title": review.get("title") or None,
        "text": review.get("review") or None,
        "rating": review.get("rating"),
        "published_at": review.get("date"),
        "author": Author(name=review.get("userName")),
    }
    reply = {"text": answer.get("body"), "published_at": answer.get("modified")}
    return mentions(item.get("id"), said, reply, item.get("app"), item.get("country"), options)


class AppStore:
    """Reviews of apps in Apple's App Store, and the developers' answers.

    Collects by App Store Connect every review of one's own apps, of all countries, with its answer; or with
    `rss: true` from the public feed the last 500 of each country, of any app and without answers, by the time
    of their last change. Misses ratings without a text, deletions, and answers that come more than a week
    after a review; the public feed comes empty at times, which cannot be told from no reviews. The two give
    the same review different ids: use one of them for an app. Limits: 3,500 requests an hour, of 200 reviews
    each. Terms: Apple's. Answers recorded from the store page can be parsed, but are not fetched.
    """

    name = "app_store"
    options_type = AppStoreOptions
    capabilities = Capabilities(
        history=None, order="any", deletions="none", threads=True, settles=timedelta(days=7),
        auth="key of App Store Connect; none for the public feed", tested="recorded",
    )  # fmt: skip
    terms = Terms(
        date(2026, 11, 22),
        "https://developer.apple.com/documentation/appstoreconnectapi/customer-reviews",
        reply="by App Store Connect, one answer a review",
    )

    def push_down(self, options, entities):
        """One slice for each app, and of the public feed for each country of it."""
        if not options.rss:
            return list(options.apps)
        return [f"{app}/{country.lower()}" for app in options.apps for country in options.countries]

    def fetch(self, options, slice, http):
        """Reviews of the window, and those that were answered in it."""
        for query in [slice.query] if slice.query else self.push_down(options, ()):
            app, _, country = query.partition("/")
            if country:
                yield from self._from_feed(options, slice.window, http, app, country)
            else:
                yield from self._from_connect(options, slice.window, http, app)

    def _from_connect(self, options, window, http, app):
        """Newest first, until all of a page is older."""
        asked = set()
        url = f"{options.url}/v1/apps/{app}/customerReviews?sort=-createdDate&limit=200&include=response"
        while url:
            if url in asked:
                raise SourceUnavailable("it gave the same page twice", where=f"{options.url}/v1/apps/{app}")
            if not url.startswith(f"{options.url}/"):  # nobody else gets our token
                raise SourceUnreadable(
                    "the next page is said to be elsewhere", where=options.url, do="Check it."
                )
            asked.add(url)
            page = http.get(url, headers=signed(options)).json()
            if not isinstance(page, dict):
                raise SourceUnreadable("the answer is no object", where=options.url, do="Check 'url'.")
            found = list(connect_reviews(page))
            yield from ({**review, "app": app} for review in found if inside(review, window))
            if found and all(time < window.since for review in found for time in times(review)[:1]):
                return
            url = part(page, "links").get("next")

    def _from_feed(self, options, window, http, app, country):
        """Newest first, until all of a page is older, or the feed ends."""
        oldest = window.until
        for page in range(1, FEED_PAGES + 1):
            url = (
                f"{options.rss_url}/{country}/rss/customerreviews/page={page}/id={app}/sortby=mostrecent/xml"
            )
            entries = [e for e in feed_reviews(http.get(url).body) if label(e, "im:rating")]
            yield from (entry for entry in entries if inside(entry, window))
            known = [time for entry in entries for time in times(entry)]
            if not entries or (known and max(known) < window.since):
                return
            oldest = min([oldest, *known])
        if oldest > window.since:
            yield Gap(
                window.since, oldest, "Apple's public feed holds the last 500 reviews of a country only"
            )

    def items(self, answer, options):
        """Reviews of App Store Connect, of the public feed (XML or JSON), or of the store page."""
        document = {"feed": {}} if is_xml(answer) else json_answer(answer)
        if isinstance(document, dict) and "feed" in document:
            found = feed_reviews(answer)
        elif isinstance(document, dict) and "errors" in document:
            titles = ", ".join(str(error.get("title")) for error in dicts(document["errors"]))
            raise NotAMention(f"an error: {titles}")
        else:
            page = document if isinstance(document, dict) else {"data": document}
            single = isinstance(page.get("data"), dict)
            found = list(connect_reviews({**page, "data": [page["data"]]} if single else page))
            where = re.search(
                r"/catalog/([a-z]{2})/apps/(\d+)/reviews", str(page.get("next") or page.get("href"))
            )
            if where:
                found = [{**review, "country": where[1].upper(), "app": where[2]} for review in found]
        if not found:
            raise NotAMention("it holds no reviews")
        yield from found

    def parse(self, item, options):
        """A review, followed by the developer's answer if there is one."""
        if "attributes" not in item:
            return of_feed(item, options)
        if part(item, "attributes").keys() & {"review", "userName"}:
            return of_store_page(item, options)
        if item.get("type") not in (None, "customerReviews"):
            raise NotAMention(f"it is of the type {item['type']}, not a review")
        return of_connect(item, options)


@hookimpl
def listening_sources():
    """The source of this file."""
    return [AppStore()]
