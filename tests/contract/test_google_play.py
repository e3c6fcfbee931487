"""Google Play keeps what every source promises."""

import functools
import json
from datetime import UTC, datetime, timedelta

from listening_etl.testing import Answer, SourceContract, Window
from plugins.sources.google_play import GooglePlay

START = datetime(2026, 10, 5, tzinfo=UTC)


@functools.cache
def private_key():
    """An invented key; a real one would be Google Cloud's."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def service_account():
    return json.dumps(
        {"client_email": "veille@torreo.example", "private_key": private_key(), "private_key_id": "k1"}
    )


def review(number):
    """One review every six hours from the day before the window on; each third one answered a day later."""
    written = int((START + timedelta(hours=6 * number - 24)).timestamp())
    said = {"text": f"Avis {number}", "starRating": 3, "lastModified": {"seconds": str(written)}}
    answer = {"text": "Merci", "lastModified": {"seconds": str(written + 86_400)}}
    answered = [] if number % 3 else [{"developerComment": answer}]
    return {
        "reviewId": f"gp:{number:03}",
        "authorName": "Zoé",
        "comments": [{"userComment": said}, *answered],
    }


class TestGooglePlay(SourceContract):
    plugin = GooglePlay()
    window = Window(START, START + timedelta(days=1))
    now = datetime(2026, 10, 7, tzinfo=UTC)
    # Reviews 4 to 7 are of the day; of the answered 0, 3, 6, 9, a day later, those to 0 and 3.
    expected = ("gp:000:reply", "gp:003:reply", *(f"gp:{number:03}" for number in range(4, 8)))

    @property
    def options(self):
        return {"apps": {"example.torreo": "Torréo"}, "service_account": service_account()}

    @property
    def secrets(self):
        return (service_account(), private_key(), "t0ken")

    def answer(self, request):
        if request.path == "/token":
            return {"access_token": "t0ken", "expires_in": 3599} if request.form["assertion"] else None
        if request.headers.get("authorization") != "Bearer t0ken" or "/example.torreo/" not in request.path:
            return Answer({"error": {"message": "non"}}, status=403)
        start = int(request.params.get("token", 0))
        token = {"tokenPagination": {"nextPageToken": str(start + 4)}} if start < 8 else {}
        return {"reviews": [review(number) for number in range(start, start + 4)], **token}
