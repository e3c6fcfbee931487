"""Reviews of companies on Trustpilot."""

from base64 import b64encode
from datetime import UTC, date, datetime, timedelta

from pydantic import Field, SecretStr

from listening_etl import (
    Author,
    Capabilities,
    CredentialsRejected,
    Deletion,
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

A_PAGE = 100
LISTS = ("reviews", "serviceReviews", "productReviews")
SEEN = {"active", "reported", None}  # the status of a review that everybody can read


class TrustpilotOptions(Options):
    """Which companies to read, and the application that may."""

    business_units: dict[str, str] = Field(
        min_length=1,
        description="id of each company at Trustpilot: the brand that its reviews are about, by a name that the "
        "topic knows. Its answers carry it as handle: list it among the brand's handles",
    )
    api_key: SecretStr = Field(description="of an application registered at Trustpilot")
    api_secret: SecretStr | None = Field(None, description="of the same; with it one's own company is read by "
                                         "time, without it the public list from the newest on")  # fmt: skip
    url: str = Field("https://api.trustpilot.com/v1", description="of the API")


def utc(written):
    """A time as Trustpilot writes it; where it names no zone, its documentation says UTC."""
    try:
        time = datetime.fromisoformat(written)
    except (TypeError, ValueError):
        return written
    return time.replace(tzinfo=time.tzinfo or UTC)


def brand_of(options, unit):
    """The brand of a company, None when the settings do not name it."""
    return (getattr(options, "business_units", None) or {}).get(unit)


def signed_in(options, http):
    """The headers of a request: the key, or a token bought with key and secret."""
    key = options.api_key.get_secret_value()
    if options.api_secret is None:
        return {"apikey": key}
    pair = b64encode(f"{key}:{options.api_secret.get_secret_value()}".encode()).decode()
    url = f"{options.url}/oauth/oauth-business-users-for-applications/accesstoken"
    form, headers = {"grant_type": "client_credentials"}, {"authorization": f"Basic {pair}"}
    found = http.post(url, headers=headers, data=form, accept=(400,)).json()
    if not isinstance(found, dict) or "access_token" not in found:
        do = "Check api_key and api_secret."
        raise CredentialsRejected("Trustpilot gave no token", where=url, do=do)
    return {"authorization": f"Bearer {found['access_token']}"}


def pages(options, http, unit, window):
    """The reviews of a company, page after page, the newest first."""
    private = "private/" if options.api_secret else ""
    headers, url = signed_in(options, http), f"{options.url}/{private}business-units/{unit}/reviews"
    params = {"orderBy": "createdat.desc", "perPage": A_PAGE}
    if private:  # Trustpilot counts in seconds; what is outside the window is dropped later
        params |= {"startDateTime": f"{window.since.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"}
        params |= {"endDateTime": f"{window.until.astimezone(UTC) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%S}"}
    seen, page = set(), 1
    while True:
        found = http.get(url, headers=headers, params={**params, "page": page}).json()
        if not isinstance(found, dict):
            raise SourceUnreadable("the answer is no object", where=url, do="Check 'url'.")
        reviews = dicts(found.get("reviews"))
        ids = {review.get("id") for review in reviews}
        if reviews and ids <= seen:
            raise SourceUnavailable("it gave the same page twice", where=url)
        yield reviews
        if not reviews:
            return
        seen, page = seen | ids, page + 1


def times(review):
    """When it was written, changed and answered, as far as it says so."""
    answer = part(review, "companyReply")
    said = [review.get("createdAt"), review.get("updatedAt"), answer.get("createdAt")]
    return [time for time in map(utc, said) if isinstance(time, datetime)]


def reply_of(item, review, brand):
    """The company's answer as a mention of its own."""
    answer, native_id = part(item, "companyReply"), review.native_id
    if not answer.get("createdAt"):
        return []
    reply = Mention(
        native_id=f"{native_id}:reply",
        kind="reply",
        channel="review",
        url=review.url,
        text=answer.get("text") or None,
        published_at=utc(answer["createdAt"]),
        updated_at=utc(answer.get("updatedAt")),
        author=Author(handle=brand, name=part(item, "businessUnit").get("displayName")),
        in_reply_to=native_id,
        conversation_id=native_id,
        about=review.about,
    )
    return [reply]


class Trustpilot:
    """Reviews of companies on Trustpilot, and the companies' answers.

    Collects the reviews of the `business_units`, one's own or a competitor's, with stars and versions; with
    `api_secret` by time, else from the newest on. Misses changes and answers that come more than a week after
    a review. Limits: the yearly allowance of the subscription; 833 requests in 5 minutes are advised, of 100
    reviews each. Terms: what a consumer deletes has to be deleted here: it is asked for by `recheck`.
    """

    name = "trustpilot"
    options_type = TrustpilotOptions
    capabilities = Capabilities(
        history=None, order="any", deletions="recheck", edits=True, threads=True, settles=timedelta(days=7),
        pace=0.36, auth="API key; with its secret for one's own company", cost="by subscription, with a yearly "
        "allowance of requests", tested="documented",
    )  # fmt: skip
    terms = Terms(
        date(2026, 11, 22),
        "https://developers.trustpilot.com/deletions-api",
        reply="by the API or Trustpilot's own pages, in the company's name",
    )

    def push_down(self, options, entities):
        """One slice for each company."""
        return list(options.business_units)

    def fetch(self, options, slice, http):
        """Reviews that were written, changed or answered in the window."""
        window = slice.window
        for unit in [slice.query] if slice.query else options.business_units:
            for page in pages(options, http, unit, window):
                written = []
                for review in page:
                    known = times(review)
                    written += known[:1]
                    # What has no time is let by, to be refused aloud.
                    if not known or any(window.since <= time < window.until for time in known):
                        yield {**review, "businessUnitId": unit}
                if written and max(written) < window.since:
                    break

    def items(self, answer, options):
        """Reviews of companies or products, from the public or the private API, listed or single."""
        document = json_answer(answer)
        listed = document
        if isinstance(document, dict):
            listed = next((document[name] for name in LISTS if name in document), [document])
        found = [review for review in dicts(listed) if "stars" in review or "companyReply" in review]
        if not found:
            said = document.get("message") or document.get("error") if isinstance(document, dict) else None
            raise NotAMention(f"it holds no reviews{f': {said}' if said else ''}")
        yield from found

    def parse(self, item, options):
        """A review, followed by the company's answer if there is one; or its deletion."""
        if "deleted" in item:
            return Deletion(item["deleted"])
        native_id, status = item.get("id"), item.get("status")
        if native_id and status not in SEEN:
            return Deletion(native_id)
        consumer, unit = part(item, "consumer"), part(item, "businessUnit")
        brand = brand_of(options, item.get("businessUnitId") or unit.get("id"))
        product = part(item, "product").get("name")
        review = Mention(
            native_id=native_id,
            kind="review",
            channel="review",
            url=f"https://www.trustpilot.com/reviews/{native_id}",
            title=item.get("title") or product,
            text=item.get("text") or item.get("content") or None,
            lang_declared=item.get("language"),
            rating=item.get("stars"),
            rating_scale=5.0,
            published_at=utc(item.get("createdAt")),
            updated_at=utc(item.get("updatedAt")),
            author=Author(
                native_id=consumer.get("id"),
                name=consumer.get("displayName") or consumer.get("name"),
                location=consumer.get("displayLocation"),
            ),
            conversation_id=native_id,
            about=(brand,) if brand else (),
            likes=item.get("numberOfLikes"),
            place=consumer.get("countryCode") or part(item, "location").get("name"),
        )
        return [review, *reply_of(item, review, brand)]

    def recheck(self, options, native_ids, http):
        """Reviews as they are now, and what is gone as deleted; one request a review."""
        asked = {}
        for one in native_ids:
            asked.setdefault(one.removesuffix(":reply"), []).append(one)
        headers = {"apikey": options.api_key.get_secret_value()}
        for native_id, wanted in asked.items():
            answer = http.get(f"{options.url}/reviews/{native_id}", headers=headers, accept=(404, 410))
            review = answer.json() if answer.status < 400 else {}
            yield from [review] if review else []
            there = {native_id: review, f"{native_id}:reply": review.get("companyReply")}
            yield from ({"deleted": one} for one in wanted if not there[one])


@hookimpl
def listening_sources():
    """The source of this file."""
    return [Trustpilot()]
