"""The App Store keeps what every source promises: by App Store Connect and by the public feed."""

import functools
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from listening_etl.testing import Answer, SourceContract, Window
from plugins.sources.app_store import AppStore

START = datetime(2026, 10, 5, tzinfo=UTC)


@functools.cache
def private_key():
    """An invented key; a real one would be Apple's."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    form = serialization.PrivateFormat.PKCS8
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def written(number):
    """One review every six hours from the day before the window on."""
    return (START + timedelta(hours=6 * number - 24)).isoformat()


class TestAppStoreConnect(SourceContract):
    plugin = AppStore()
    window = Window(START, START + timedelta(days=1))
    now = datetime(2026, 10, 7, tzinfo=UTC)
    # Reviews 4 to 7 are of the day; of the answered 0, 3, 6, 9, a day later, those to 0 and 3.
    expected = ("c-0:reply", "c-3:reply", "c-4", "c-5", "c-6", "c-7")

    @property
    def options(self):
        return {"apps": {"9001": "Torréo"}, "issuer_id": "i", "key_id": "k", "private_key": private_key()}

    @property
    def secrets(self):
        return (private_key(),)

    def answer(self, request):
        if (
            not request.headers.get("authorization", "").startswith("Bearer ey")
            or "/9001/" not in request.path
        ):
            return Answer({"errors": [{"title": "non"}]}, status=403)
        newest = int(request.params.get("cursor", 11))
        numbers = [number for number in range(newest, newest - 4, -1) if number >= 0]
        links = {"next": f"{request.url.partition('&cursor')[0]}&cursor={newest - 4}"} if numbers[-1] else {}
        answers = [self.response(number) for number in numbers if number % 3 == 0]
        return {"data": [self.review(number) for number in numbers], "included": answers, "links": links}

    def review(self, number):
        said = {"rating": 3, "title": "Avis", "body": f"Avis {number}", "createdDate": written(number)}
        response = {"relationships": {"response": {"data": {"id": f"r-{number}"}}}} if number % 3 == 0 else {}
        return {"type": "customerReviews", "id": f"c-{number}", "attributes": said, **response}

    def response(self, number):
        said = {"responseBody": "Merci", "lastModifiedDate": written(number + 4), "state": "PUBLISHED"}
        return {"type": "customerReviewResponses", "id": f"r-{number}", "attributes": said}


class TestAppStoreFeed(SourceContract):
    plugin = AppStore()
    options = {"apps": {"9001": "Torréo"}, "rss": True, "countries": ["FR"], "private_key": "unused-s3cret"}
    window = Window(START, START + timedelta(days=1))
    now = datetime(2026, 10, 7, tzinfo=UTC)
    expected = ("118500004", "118500005", "118500006", "118500007")

    def answer(self, request):
        page = int(request.path.partition("page=")[2].partition("/")[0])
        newest = 11 - 3 * (page - 1)
        entries = "".join(self.entry(number) for number in range(newest, newest - 3, -1) if number >= 0)
        assert urlsplit(request.url).path.startswith("/fr/rss/customerreviews/")
        return (
            '<feed xmlns:im="http://itunes.apple.com/rss" xmlns="http://www.w3.org/2005/Atom"><title>Avis</title>'
            f"{entries}</feed>"
        )

    def entry(self, number):
        return (
            f"<entry><updated>{written(number)}</updated><id>1185{number:05}</id><title>Avis</title>"
            f'<content type="text">Avis {number}</content><im:rating>3</im:rating><im:voteSum>0</im:voteSum>'
            "<author><name>Zoé</name><uri>https://itunes.apple.com/fr/reviews/id7</uri></author>"
            '<link rel="related" href="https://itunes.apple.com/fr/review?id=9001&amp;type=x"/></entry>'
        )
