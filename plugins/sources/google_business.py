"""Reviews of one's own places on Google: shops, offices, restaurants."""

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

STARS = {"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5}
TRANSLATED, ORIGINAL = "(Translated by Google)", "(Original)"


class GoogleBusinessOptions(Options):
    """Which places to read, and on whose behalf."""

    locations: dict[str, str] = Field(
        min_length=1,
        description="accounts/…/locations/… of each place: the brand that its reviews are about, by a name that "
        "the topic knows. Its answers carry it as handle: list it among the brand's handles",
    )
    client_id: str = Field(
        description="of the OAuth client that Google approved for the Business Profile API"
    )
    client_secret: SecretStr = Field(description="of the same client")
    refresh_token: SecretStr = Field(description="of an owner or manager, for the scope business.manage")
    url: str = Field("https://mybusiness.googleapis.com/v4", description="of the API")
    token_url: str = Field("https://oauth2.googleapis.com/token", description="where tokens are refreshed")


def brand_of(options, location):
    """The brand of a place, None when the settings do not name it."""
    return (getattr(options, "locations", None) or {}).get(location)


def signed_in(options, http):
    """The headers of a request made for the owner, good for an hour."""
    form = {
        "grant_type": "refresh_token",
        "client_id": options.client_id,
        "client_secret": options.client_secret.get_secret_value(),
        "refresh_token": options.refresh_token.get_secret_value(),
    }
    found = http.post(options.token_url, data=form, accept=(400,)).json()
    if not isinstance(found, dict) or "access_token" not in found:
        said = found.get("error") if isinstance(found, dict) else None
        do = "Let an owner of the places sign in again, and give the new refresh token."
        raise CredentialsRejected(f"Google gave no token ({said})", where=options.token_url, do=do)
    return {"authorization": f"Bearer {found['access_token']}"}


def pages(options, http, headers, location):
    """The reviews of one place, page after page, the last changed first."""
    url, token, asked = f"{options.url}/{location}/reviews", None, set()
    while token not in asked:
        asked.add(token)
        params = {"pageSize": 50, "orderBy": "updateTime desc", "pageToken": token}
        found = http.get(url, headers=headers, params=params).json()
        if not isinstance(found, dict):
            raise SourceUnreadable("the answer is no object", where=url, do="Check 'url'.")
        yield dicts(found.get("reviews"))
        token = found.get("nextPageToken")
        if not token or not found.get("reviews"):
            return
    raise SourceUnavailable("it gave the same page twice", where=url)


def times(review):
    """When it was written, changed and answered, as far as it says so."""
    said = (review.get("createTime"), review.get("updateTime"), part(review, "reviewReply").get("updateTime"))
    try:
        return [datetime.fromisoformat(time).astimezone(UTC) for time in said if time]
    except (TypeError, ValueError):
        return []


def id_of(review):
    """`locations/…/reviews/…`: the account before it changes when a place is handed over."""
    _, place, rest = str(review.get("name")).partition("/locations/")
    return f"locations/{rest}" if place else review.get("reviewId")


def original(comment):
    """What the reviewer wrote, without Google's translation, which stands before or after it."""
    if not isinstance(comment, str):
        return None
    before, mark, after = comment.partition(TRANSLATED)
    _, marked, own = after.partition(ORIGINAL)
    return (own if marked else before if mark else comment).strip() or None


class GoogleBusiness:
    """Reviews of one's own places on Google Maps and Search, and the owner's answers.

    Collects every review of the `locations`, with its stars, also without a text, and edits of it; keeps what
    the reviewer wrote, not Google's translation. Misses other people's places, questions, photos, the name of
    who reviews anonymously, and answers given more than a week after the last change of a review. Limits: 300
    requests a minute, of 50 reviews each. Terms: access is by application, for owners and managers.
    """

    name = "google_business"
    options_type = GoogleBusinessOptions
    capabilities = Capabilities(
        history=None, order="any", deletions="recheck", edits=True, threads=True, settles=timedelta(days=7),
        auth="OAuth of an owner or manager, client approved by Google", tested="documented",
    )  # fmt: skip
    terms = Terms(
        date(2026, 11, 22),
        "https://developers.google.com/my-business/content/policies",
        reply="by the API, in the owner's name; one answer a review",
    )

    def push_down(self, options, entities):
        """One slice for each place."""
        return list(options.locations)

    def fetch(self, options, slice, http):
        """Reviews that were written, changed or answered in the window."""
        headers, window = signed_in(options, http), slice.window
        for location in [slice.query] if slice.query else options.locations:
            for page in pages(options, http, headers, location):
                changed = []
                for review in page:
                    known = times(review)
                    changed += known
                    # What has no time is let by, to be refused aloud.
                    if not known or any(window.since <= time < window.until for time in known):
                        yield review
                if changed and max(changed) < window.since:  # all of them, since an answer moves nothing up
                    break

    def items(self, answer, options):
        """Reviews, listed for one place or several, or a single one."""
        document = json_answer(answer)
        if isinstance(document, dict) and "error" in document:
            error = document["error"]
            raise NotAMention(f"an error: {error.get('message') if isinstance(error, dict) else error}")
        listed = document if isinstance(document, list) else document.get("reviews", [document])
        if isinstance(document, dict) and "locationReviews" in document:
            listed = [one.get("review") for one in dicts(document["locationReviews"])]
        found = [review for review in dicts(listed) if "starRating" in review or "reviewId" in review]
        if not found:
            raise NotAMention("it holds no reviews")
        yield from found

    def parse(self, item, options):
        """A review, followed by the owner's answer if there is one."""
        if "deleted" in item:
            return Deletion(item["deleted"])
        native_id, written, changed = id_of(item), item.get("createTime"), item.get("updateTime")
        brand = brand_of(options, str(item.get("name")).partition("/reviews/")[0])
        reviewer, answer = part(item, "reviewer"), part(item, "reviewReply")
        fixed = {"channel": "review", "conversation_id": native_id, "about": (brand,) if brand else ()}
        review = Mention(
            native_id=native_id,
            kind="review",
            text=original(item.get("comment")),
            rating=STARS.get(str(item.get("starRating"))),
            rating_scale=5.0,
            published_at=written or changed,
            updated_at=changed if changed != written else None,
            author=None if reviewer.get("isAnonymous") else Author(name=reviewer.get("displayName")),
            **fixed,
        )
        if not answer.get("updateTime"):
            return review
        reply = Mention(
            native_id=f"{native_id}:reply",
            kind="reply",
            text=original(answer.get("comment")),
            published_at=answer["updateTime"],
            author=Author(handle=brand) if brand else None,
            in_reply_to=native_id,
            **fixed,
        )
        return [review, reply]

    def recheck(self, options, native_ids, http):
        """Reviews as they are now, and what is gone as deleted; of the places in the settings."""
        headers, asked = signed_in(options, http), {}
        for one in native_ids:
            asked.setdefault(one.removesuffix(":reply"), []).append(one)
        for native_id, wanted in asked.items():
            place = "/" + native_id.partition("/reviews/")[0]
            location = next((one for one in options.locations if one.endswith(place)), None)
            if location is None:
                continue
            url = f"{options.url}/{location.removesuffix(place)}/{native_id}"
            answer = http.get(url, headers=headers, accept=(404,))
            review = {} if answer.status == 404 else answer.json()
            yield from [review] if review else []
            there = {native_id: review, f"{native_id}:reply": part(review, "reviewReply")}
            yield from ({"deleted": one} for one in wanted if not there[one])


@hookimpl
def listening_sources():
    """The source of this file."""
    return [GoogleBusiness()]
