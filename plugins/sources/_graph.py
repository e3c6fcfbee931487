"""How Meta's Graph interfaces are asked, page by page, and what their answers have in common; no source itself."""

import hmac
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from pydantic import Field, SecretStr

from listening_etl import (
    CredentialsRejected,
    NotAMention,
    Options,
    SourceUnavailable,
    SourceUnreadable,
    dicts,
    epoch,
    json_answer,
    part,
)

REFUSED = {10, 102, 190, *range(200, 300)}
BUSY = {1, 2, 4, 17, 18, 32, 341, 368, 613, *range(80_000, 80_100)}
"""Limits of a rolling hour; of 24 hours for the searches of Threads, of a week for Instagram's hashtags."""
SECRETS = ("access_token", "appsecret_proof")


class GraphOptions(Options):
    """What every question to Meta needs."""

    token: SecretStr = Field(description="that Meta gave the app")
    follow_days: int = Field(
        14, ge=0, description="days after a post for which what is said below it is heard"
    )
    version: str = Field("v23.0", description="of the API")
    url: str = Field("https://graph.facebook.com", description="of the API")


class SignedOptions(GraphOptions):
    """With the app's secret, by which its requests can be signed."""

    app_secret: SecretStr | None = Field(None, description="signs requests, where the app asks for that")


def ask(http, options, path, params, known=()):
    """One answer, with the time of receipt; Meta says in the body what is wrong, whatever the status.

    An error whose code or subcode is `known` is an answer like any other.
    """
    token, secret = options.token.get_secret_value(), getattr(options, "app_secret", None)
    if secret:
        proof = hmac.new(secret.get_secret_value().encode(), token.encode(), "sha256").hexdigest()
        params = {**params, "appsecret_proof": proof}
    where = f"{options.url}/{options.version}/{path}"
    headers = {"authorization": f"Bearer {token}"}
    answer = http.get(where, headers=headers, params=params, accept=(400, 403, 404))
    body = answer.json()
    error, code = part(body, "error"), part(body, "error").get("code")
    is_fine = not error and answer.status < 400 and isinstance(body, dict)
    if is_fine or code in known or error.get("error_subcode") in known:
        return body, answer.fetched_at
    if code in BUSY:
        later = answer.fetched_at + timedelta(hours=1)
        raise SourceUnavailable(f"Meta answers no more for now (code {code})", where=where, retry_at=later)
    if code in REFUSED or answer.status == 403:  # Meta's message may quote the token
        raise CredentialsRejected(
            f"Meta refused the token (code {code})", where=where, do="Check its rights."
        )
    said = str(error.get("message") or f"status {answer.status}").replace(token, "…")
    raise SourceUnreadable(f"Meta refused the request ({said})", where=where, do="Check the options.")


def pages(http, options, path, params, bare_cursor=False):
    """Page after page of new things, with the time of receipt; one without is the last.

    The cursor of hashtags stays the same from page to page. With `bare_cursor`, pages may come without the
    address of the next.
    """
    seen = set()
    while params:
        body, fetched_at = ask(http, options, path, params)
        new = [thing for thing in dicts(body.get("data")) if thing.get("id") not in seen]
        seen.update(thing.get("id") for thing in new)
        yield new, fetched_at
        after = part(body, "paging", "cursors").get("after") if bare_cursor else None
        further = following(body) or ({**params, "after": after} if after else {})
        params = further if new else {}


def following(body):
    """The parameters of the next page, empty when there is none. Meta writes the token into the address."""
    address = urlsplit(part(body, "paging").get("next") or "")
    return {name: value for name, value in parse_qsl(address.query) if name not in SECRETS}


def without_pages(value):
    """The same without `paging`, whose addresses hold the token."""
    if isinstance(value, dict):
        return {key: without_pages(inner) for key, inner in value.items() if key != "paging"}
    return [without_pages(inner) for inner in value] if isinstance(value, list) else value


def things_of(answer, things_in, what):
    """What `things_in` finds in a recorded answer, which should hold `what`."""
    document = json_answer(answer)
    found = things_in(document) if isinstance(document, dict | list) else []
    if not found:
        raise NotAMention(f"it holds no {what}")
    yield from map(without_pages, found)


def refuse_error(document):
    """Raise when an answer is an error, or none at all but what Meta sends by itself."""
    if "entry" in document and "object" in document:
        raise NotAMention("a webhook's notice, not an answer")
    if "error" in document:
        error = part(document, "error")
        raise NotAMention(f"an error: {error.get('message')} (code {error.get('code')})")


def time_of(thing):
    """When it was published; Meta writes `+0000`, or seconds when it was asked for these."""
    written = thing.get("created_time") or thing.get("creation_time") or thing.get("timestamp")
    return epoch(written) if isinstance(written, int) else written


def is_before(thing, moment):
    """Whether it says that it was published before."""
    written = time_of(thing)
    written = datetime.fromisoformat(written) if isinstance(written, str) else written
    return bool(written) and written < moment
