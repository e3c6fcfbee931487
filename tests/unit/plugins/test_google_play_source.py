"""The Google Play source: the token it buys, refusals, edits, and answers of the store page."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from listening_etl import CredentialsRejected, NotAMention, Slice, SourceUnavailable, SourceUnreadable, Window
from listening_etl.testing import Answer
from listening_etl.testing.platform import Platform
from plugins.sources.google_play import SCOPE, GooglePlay, GooglePlayOptions

SOURCE = GooglePlay()
NOW = datetime(2026, 10, 7, tzinfo=UTC)
WINDOW = Window(NOW - timedelta(days=2), NOW)


@pytest.fixture(scope="module")
def key():
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def options(key):
    from cryptography.hazmat.primitives import serialization as s

    pem = key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode()
    account = {"client_email": "veille@torreo.example", "private_key": pem, "private_key_id": "k1"}
    return GooglePlayOptions(apps={"example.torreo": "Torréo"}, service_account=json.dumps(account))


def fetch(answer, options):
    with Platform(answer, NOW).http() as http:
        return list(SOURCE.fetch(options, Slice("t", "google_play", WINDOW), http))


def test_the_token_is_bought_with_a_statement_that_google_can_check(key, options):
    import jwt

    stated = []

    def answer(request):
        if request.path == "/token":
            stated.append(request.form["assertion"])
            return {"access_token": "t0ken"}
        return {}

    fetch(answer, options)
    claims = jwt.decode(stated[0], key.public_key(), ["RS256"], audience=options.token_url)
    assert (claims["iss"], claims["scope"]) == ("veille@torreo.example", SCOPE)
    assert claims["exp"] - claims["iat"] == 3_600
    assert jwt.get_unverified_header(stated[0])["kid"] == "k1"


@pytest.mark.parametrize("account", ["s3cret", '{"client_email": "a", "private_key": "s3cret"}', "[]"])
def test_a_key_that_cannot_be_read_is_not_quoted(account):
    options = GooglePlayOptions(apps={"example.torreo": "Torréo"}, service_account=account)
    with pytest.raises(CredentialsRejected) as caught:
        fetch(lambda request: {}, options)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"error": {"errors": [{"reason": "rateLimitExceeded"}]}}, SourceUnavailable),
        ({"error": {"status": "PERMISSION_DENIED"}}, CredentialsRejected),
    ],
)
def test_a_403_is_a_spent_quota_or_a_missing_right(body, error, options):
    def answer(request):
        return {"access_token": "t0ken"} if request.path == "/token" else Answer(body, status=403)

    with pytest.raises(error):
        fetch(answer, options)


def test_an_answered_review_becomes_two_mentions_about_the_brand(options):
    said = {"text": "Fuit\tDepuis hier.", "lastModified": {"seconds": "1791190800", "nanos": 5000000}}
    answer = {"text": "Merci", "lastModified": {"seconds": "1791277200"}}
    comments = [{"userComment": {**said, "starRating": 2}}, {"developerComment": answer}]
    review, reply = SOURCE.parse(
        {"packageName": "example.torreo", "reviewId": "r1", "comments": comments}, options
    )
    # 1,791,190,800 seconds are 5 October 2026, 9:00 UTC; a day has 86,400.
    assert review.published_at == datetime(2026, 10, 5, 9, 0, 0, 5000, tzinfo=UTC)
    assert (review.title, review.text, review.rating, review.rating_scale) == ("Fuit", "Depuis hier.", 2, 5)
    assert reply.published_at == datetime(2026, 10, 6, 9, tzinfo=UTC)
    assert (reply.kind, reply.in_reply_to, reply.author.handle) == ("reply", "r1", "Torréo")
    assert review.about == reply.about == ("Torréo",)


def test_the_store_page_is_read_also_in_pieces_with_their_lengths():
    row = ["gp:1", ["Zoé"], 4, None, "Bien", [1791190800, 0], 3, None, None, ["77"]]
    piece = json.dumps([["wrb.fr", "UsvDTd", json.dumps([[row]]), None, "generic"]])
    body = f")]}}'\n\n{len(piece)}\n{piece}\n25\n{json.dumps([['di', 68]])}"
    (item,) = SOURCE.items(body.encode(), None)
    (review,) = SOURCE.parse(item, None)
    assert (review.native_id, review.rating, review.likes, review.author.native_id) == ("gp:1", 4, 3, "77")


def test_a_torn_answer_of_the_store_page_says_so():
    with pytest.raises(SourceUnreadable, match="no list of reviews"):
        list(SOURCE.items(b')]}\'\n[["wrb.fr","UsvDTd","[[[', None))


@pytest.mark.parametrize("payload", [
    [[[["com.torreo.app"], 1, 2, "Torréo", "une appli", [1, 2], 3]]],  # apps that a search found
    [[["a", ["b"], None, None, "t", ["q"], 3]]],
    [None, "x"],
])  # fmt: skip
def test_lists_of_something_else_are_no_reviews(payload):
    answer = f")]}}'\n\n{json.dumps([['wrb.fr', 'other', json.dumps(payload), None]])}"
    with pytest.raises(NotAMention, match="it holds no reviews"):
        list(SOURCE.items(answer.encode(), None))
