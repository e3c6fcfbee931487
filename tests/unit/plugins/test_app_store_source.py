"""The App Store source: tokens, the end of the public feed, and answers that are not public yet."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pydantic
import pytest

from listening_etl import CredentialsRejected, Gap, NotAMention, Slice, SourceUnreadable, Window
from listening_etl.testing.platform import Platform
from plugins.sources.app_store import AppStore, AppStoreOptions

SOURCE = AppStore()
SAMPLES = Path(__file__).parents[2] / "contract" / "samples" / "app_store"
NOW = datetime(2026, 10, 7, tzinfo=UTC)
WINDOW = Window(NOW - timedelta(days=30), NOW)
FEED = AppStoreOptions(apps={"9001": "Torréo"}, rss=True)


@pytest.fixture(scope="module")
def key():
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="module")
def connect(key):
    from cryptography.hazmat.primitives import serialization as s

    pem = key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode()
    in_one_line = pem.replace("\n", "\\n")  # as an environment variable may have it
    return AppStoreOptions(apps={"9001": "Torréo"}, issuer_id="i-1", key_id="k-1", private_key=in_one_line)


def fetch(answer, options):
    with Platform(answer, NOW).http() as http:
        return list(SOURCE.fetch(options, Slice("t", "app_store", WINDOW), http))


def test_apple_can_check_the_token_and_it_lasts_no_longer_than_apple_allows(key, connect):
    import jwt

    tokens = []
    fetch(lambda request: tokens.append(request.headers["authorization"]) or {"data": []}, connect)
    token = tokens[0].removeprefix("Bearer ")
    claims = jwt.decode(token, key.public_key(), ["ES256"], audience="appstoreconnect-v1")
    assert claims["iss"] == "i-1"
    assert claims["exp"] - claims["iat"] <= 1_200
    assert jwt.get_unverified_header(token)["kid"] == "k-1"


def test_a_key_that_cannot_be_read_is_not_quoted(connect):
    with pytest.raises(CredentialsRejected) as caught:
        fetch(lambda request: {}, connect.model_copy(update={"private_key": pydantic.SecretStr("s3cret")}))
    assert "s3cret" not in str(caught.value)


def test_nobody_else_gets_the_token(connect):
    with pytest.raises(SourceUnreadable, match="elsewhere"):
        fetch(lambda request: {"data": [], "links": {"next": "https://api.evil.example/v1"}}, connect)


def test_a_way_in_is_required():
    with pytest.raises(pydantic.ValidationError, match="rss: true"):
        AppStoreOptions(apps={"9001": "Torréo"}, issuer_id="i-1")


def test_what_the_public_feed_no_longer_has_is_a_gap():
    """Ten pages of two reviews, one an hour: the oldest is 20 hours old, and the window 30 days long."""

    def answer(request):
        page = int(request.path.partition("page=")[2].partition("/")[0])
        times = [NOW - timedelta(hours=1 + 2 * (page - 1) + n) for n in range(2)]
        return "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:im='http://itunes.apple.com/rss'>" + "".join(
            f"<entry><id>{page}{n}</id><updated>{time.isoformat()}</updated><im:rating>4</im:rating></entry>"
            for n, time in enumerate(times)
        ) + "</feed>"  # fmt: skip

    *entries, gap = fetch(answer, FEED)
    assert len(entries) == 20
    assert isinstance(gap, Gap)
    assert (gap.since, gap.until) == (WINDOW.since, NOW - timedelta(hours=20))


def test_an_answer_that_is_not_published_yet_is_none():
    items = SOURCE.items((SAMPLES / "connect.json").read_bytes(), None)
    first, second = [SOURCE.parse(item, None) for item in items]
    assert [m.kind for m in first] == ["review", "reply"]
    assert [m.kind for m in second] == ["review"]
    assert first[1].native_id == f"{first[0].native_id}:reply"
    assert first[1].published_at == datetime(2026, 10, 6, 8, tzinfo=UTC)  # 1:00 at UTC-7


def test_xml_and_json_of_the_feed_say_the_same():
    (item,) = SOURCE.items((SAMPLES / "feed.xml").read_bytes(), None)
    (review,) = SOURCE.parse(item, FEED)
    assert (review.text, review.rating, review.likes) == ("Ma Torréo a disparu & l'appli plante.", 2, 3)
    assert (review.place, review.about, review.author.native_id) == ("FR", ("Torréo",), "70001")
    app, item = SOURCE.items((SAMPLES / "feed.json").read_bytes(), None)
    (other,) = SOURCE.parse(item, FEED)
    assert (other.place, other.about, other.author.native_id) == ("FR", ("Torréo",), "70002")
    with pytest.raises(NotAMention, match="the app, not a review"):
        SOURCE.parse(app, FEED)


def test_a_single_review_stands_alone_in_the_json_feed():
    entry = json.loads((SAMPLES / "feed.json").read_bytes())["feed"]["entry"][1]
    (item,) = SOURCE.items(json.dumps({"feed": {"entry": entry}}).encode(), None)
    assert SOURCE.parse(item, None)[0].native_id == "11850000002"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_an_answer_may_be_of_any_encoding(encoding):
    review = {
        "id": "1",
        "attributes": {"rating": 4, "body": "Café", "createdDate": "2026-10-05T10:00:00-07:00"},
    }
    (item,) = SOURCE.items(json.dumps({"data": [review]}, ensure_ascii=False).encode(encoding), None)
    assert SOURCE.parse(item, None)[0].text == "Café"
