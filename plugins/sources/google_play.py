"""Reviews of apps in Google Play."""

import json
import time
from datetime import date, timedelta

from pydantic import Field, SecretStr

from listening_etl import (
    Author,
    Capabilities,
    CredentialsRejected,
    Malformed,
    Mention,
    NotAMention,
    Options,
    SourceUnavailable,
    SourceUnreadable,
    Terms,
    dicts,
    epoch,
    hookimpl,
    json_answer,
    part,
)

SCOPE = "https://www.googleapis.com/auth/androidpublisher"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AN_HOUR = 3_600
BEST = 5.0  # stars
# Where the store page's answer, which has no names, holds what of a review.
ID, PERSON, STARS, TEXT, TIME, LIKES, ANSWER, PROFILE = 0, 1, 2, 4, 5, 6, 7, 9


class GooglePlayOptions(Options):
    """Which apps to read, and the service account that may."""

    apps: dict[str, str] = Field(
        min_length=1,
        description="package name of each app: the brand that its reviews are about, by a name that the topic "
        "knows. Its answers carry it as handle: list it among the brand's handles",
    )
    service_account: SecretStr = Field(description="its key, the whole JSON file; it needs the Play Console's "
                                       "permission to reply to reviews")  # fmt: skip
    url: str = Field("https://androidpublisher.googleapis.com/androidpublisher/v3", description="of the API")
    token_url: str = Field("https://oauth2.googleapis.com/token", description="where the key buys a token")


def at(row, *places):
    """What lies at that place of lists in lists, None when they are shorter."""
    for place in places:
        row = row[place] if isinstance(row, list) and len(row) > place else None
    return row


def brand_of(options, app):
    """The brand of an app, None when the settings do not name it."""
    return (getattr(options, "apps", None) or {}).get(app)


def access_token(options, http):
    """A token for an hour, bought with a signed statement of who we are."""
    import jwt

    now = int(time.time())
    try:
        account = json.loads(options.service_account.get_secret_value())
        claims = {"iss": account["client_email"], "scope": SCOPE, "aud": options.token_url}
        claims |= {"iat": now, "exp": now + AN_HOUR}
        signed = jwt.encode(claims, account["private_key"], "RS256", {"kid": account["private_key_id"]})
    except (ValueError, TypeError, KeyError, AttributeError, jwt.PyJWTError):  # whose messages may quote it
        do = "Give the JSON file as Google Cloud made it."
        raise CredentialsRejected("the key of the service account cannot be read", do=do) from None
    form = {"grant_type": GRANT, "assertion": signed}
    found = http.post(options.token_url, data=form, accept=(400,)).json()
    if not isinstance(found, dict) or "access_token" not in found:
        said = found.get("error") if isinstance(found, dict) else None
        do = "Check that the key was not deleted, and this machine's clock."
        raise CredentialsRejected(f"Google gave no token ({said})", where=options.token_url, do=do)
    return found["access_token"]


def page_of(http, url, headers, params):
    """One answer of the API. A spent quota and a missing right are both a 403; the body tells them apart."""
    answer = http.get(url, headers=headers, params=params, accept=(403,))
    if answer.status == 403 and (b"LimitExceeded" in answer.body or b"quotaExceeded" in answer.body):
        later = answer.fetched_at + timedelta(seconds=AN_HOUR)
        raise SourceUnavailable("the hour's quota is spent", where=url, retry_at=later)
    if answer.status == 403:
        do = "Give the service account the permission to reply to reviews, in the Play Console."
        raise CredentialsRejected("the service account may not read the reviews", where=url, do=do)
    found = answer.json()
    if not isinstance(found, dict):
        raise SourceUnreadable("the answer is no object", where=url, do="Check 'url'.")
    return found


def moment(seconds, nanos):
    """A time as Google splits it, None when there is none."""
    return epoch(f"{seconds}.{nanos or 0:0>9}") if seconds else None


def modified(comment):
    """When a comment or an answer was last changed."""
    said = part(comment, "lastModified")
    return moment(said.get("seconds"), said.get("nanos"))


def comments(review):
    """The newest comment of the reviewer and the newest answer of the developer, empty when there is none."""
    found = [
        [one[of] for one in dicts(review.get("comments")) if isinstance(one.get(of), dict)]
        for of in ("userComment", "developerComment")
    ]
    return [said[-1] if said else {} for said in found]


def inside(review, window):
    """Whether the review or its answer is of the window; what has no time is let by, to be refused aloud."""
    try:
        times = [modified(comment) for comment in comments(review) if comment]
    except Malformed:
        return True
    return not all(times) or any(window.since <= time < window.until for time in times)


def is_review(row):
    """Whether a list has in its places what a review has; answers of other kinds are lists as well."""
    return all(isinstance(at(row, place), kind) for place, kind in ((ID, str), (STARS, int), (TIME, list)))


def store_reviews(text):
    """The reviews in an answer that the store page gets from its server: lists in text in a list."""
    decoder, found, start = json.JSONDecoder(), [], text.find("[")
    try:
        while start >= 0:
            envelopes, end = decoder.raw_decode(text, start)
            answers = [at(one, 2) for one in envelopes if at(one, 0) == "wrb.fr"]
            for payload in map(json.loads, filter(None, answers)):
                rows = at(payload, 0)
                found += [row for row in rows or () if is_review(row)]
            start = text.find("[", end)
    except (ValueError, TypeError) as error:
        raise SourceUnreadable(f"it is no list of reviews ({error})", where="Google Play's answer") from error
    return [{"storePage": row} for row in found]


def mentions(native_id, said, answer, app, brand):
    """A review and, if it was answered, the answer as the brand's reply; both given as fields of a mention."""
    about = (brand,) if brand else ()
    url = f"https://play.google.com/store/apps/details?id={app}&reviewId={native_id}" if app else None
    fixed = {"channel": "review", "url": url, "about": about, "conversation_id": native_id}
    found = [Mention(native_id=native_id, kind="review", rating_scale=BEST, **fixed, **said)]
    if answer["published_at"]:
        # A review has one answer at most, so the id of the review makes one for it.
        own = {"native_id": f"{native_id}:reply", "kind": "reply", "in_reply_to": native_id}
        found.append(Mention(**own, **fixed, **answer))
    return found


def of_store_page(row, brand):
    """What the store page's answer says of one review."""
    said = {
        "text": at(row, TEXT),
        "rating": at(row, STARS),
        "published_at": moment(at(row, TIME, 0), at(row, TIME, 1)),
        "author": Author(native_id=at(row, PROFILE, 0), name=at(row, PERSON, 0)),
        "likes": at(row, LIKES),
    }
    answer = {
        "text": at(row, ANSWER, 1),
        "published_at": moment(at(row, ANSWER, 2, 0), at(row, ANSWER, 2, 1)),
        "author": Author(handle=brand, name=at(row, ANSWER, 0)),
    }
    return mentions(at(row, ID), said, answer, None, brand)


def of_api(review, brand):
    """What the API says of one review. Title and text come in one, with a tab between them."""
    comment, answered = comments(review)
    first, tab, rest = (comment.get("originalText") or comment.get("text") or "").partition("\t")
    title, text = (first.strip(), rest.strip()) if tab else ("", first.strip())
    language = comment.get("reviewerLanguage")
    said = {
        "title": title or None,
        "text": text or None,
        "lang_declared": language.replace("_", "-") if language else None,
        "rating": comment.get("starRating"),
        "published_at": modified(comment),
        "author": Author(name=review.get("authorName") or None),
        "likes": comment.get("thumbsUpCount"),
    }
    answer = {
        "text": answered.get("text"),
        "published_at": modified(answered),
        "author": Author(handle=brand) if brand else None,
    }
    return mentions(review.get("reviewId"), said, answer, review.get("packageName"), brand)


class GooglePlay:
    """Reviews of one's own apps in Google Play, and the answers to them.

    Collects reviews with a text that were written or changed in the last 7 days; an edited review comes again,
    with the time of the edit, since Google does not tell when it was first written. Misses ratings without a
    text, older reviews, other people's apps, and deletions. Limits: 200 requests an hour, of 100 reviews each.
    Terms: Google's for the Play Developer API. Answers recorded from the store page can be parsed, but are not
    fetched: no term of Google's allows it.
    """

    name = "google_play"
    options_type = GooglePlayOptions
    capabilities = Capabilities(
        history=timedelta(days=7), order="any", deletions="none", edits=True, threads=True,
        settles=timedelta(days=1), auth="service account", tested="documented",
    )  # fmt: skip
    terms = Terms(
        date(2026, 11, 22),
        "https://developers.google.com/android-publisher/reply-to-reviews",
        reply="by the API, 350 characters at most, 2,000 a day",
    )

    def push_down(self, options, entities):
        """One slice for each app."""
        return list(options.apps)

    def fetch(self, options, slice, http):
        """Reviews as the API gives them, with the app's `packageName`."""
        headers = {"authorization": f"Bearer {access_token(options, http)}"}
        for app in [slice.query] if slice.query else options.apps:
            url, token, asked = f"{options.url}/applications/{app}/reviews", None, set()
            while token not in asked:
                asked.add(token)
                found = page_of(http, url, headers, {"maxResults": 100, "token": token})
                for review in dicts(found.get("reviews")):
                    if inside(review, slice.window):
                        yield {**review, "packageName": app}
                token = part(found, "tokenPagination").get("nextPageToken")
                if not token or not found.get("reviews"):
                    break
            else:
                raise SourceUnavailable("it gave the same page twice", where=url)

    def items(self, answer, options):
        """Reviews of the API, listed or single, or of what the store page gets (`batchexecute`)."""
        text = answer.decode("utf-8-sig", "replace").lstrip()
        if text.startswith(")]}'"):
            found = store_reviews(text)
        else:
            document = json_answer(answer)
            if isinstance(document, dict) and "error" in document:
                error = document["error"]
                raise NotAMention(f"an error: {error.get('message') if isinstance(error, dict) else error}")
            listed = document.get("reviews", [document]) if isinstance(document, dict) else document
            found = [review for review in dicts(listed) if "reviewId" in review or "comments" in review]
        if not found:
            raise NotAMention("it holds no reviews")
        yield from found

    def parse(self, item, options):
        """A review, followed by the developer's answer if there is one."""
        brand = brand_of(options, item.get("packageName"))
        if "storePage" in item:
            return of_store_page(item["storePage"], brand)
        if not comments(item)[0]:
            raise NotAMention("it is an answer to a review without the review")
        return of_api(item, brand)


@hookimpl
def listening_sources():
    """The source of this file."""
    return [GooglePlay()]
