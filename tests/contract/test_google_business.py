"""Google Business Profile keeps what every source promises."""

from datetime import UTC, datetime, timedelta

from listening_etl.testing import Answer, SourceContract, Window
from plugins.sources.google_business import GoogleBusiness

START = datetime(2026, 10, 5, tzinfo=UTC)
PLACE = "accounts/1/locations/22"


def time(number):
    return f"{START + timedelta(hours=6 * number - 24):%Y-%m-%dT%H:%M:%SZ}"


def review(number):
    """One review every six hours from the day before the window on; each third one answered a day later."""
    answer = {} if number % 3 else {"reviewReply": {"comment": "Merci", "updateTime": time(number + 4)}}
    said = {"reviewId": f"g{number:03}", "name": f"{PLACE}/reviews/g{number:03}", "starRating": "THREE"}
    return {
        **said,
        "comment": f"Avis {number}",
        "createTime": time(number),
        "updateTime": time(number),
        **answer,
    }


class TestGoogleBusiness(SourceContract):
    plugin = GoogleBusiness()
    options = {
        "locations": {PLACE: "Torréo"},
        "client_id": "client",
        "client_secret": "hush-hush",
        "refresh_token": "1//s3cret",
    }
    secrets = ("t0ken",)
    window = Window(START, START + timedelta(days=1))
    now = datetime(2026, 10, 7, tzinfo=UTC)
    # Reviews 4 to 7 are of the day; of the answers to 0, 3, 6 and 9, a day later, those to 0 and 3.
    expected = (
        "locations/22/reviews/g000:reply",
        "locations/22/reviews/g003:reply",
        *(f"locations/22/reviews/g{number:03}" for number in range(4, 8)),
    )

    def answer(self, request):
        if request.path == "/token":
            right = (
                request.form["refresh_token"] == "1//s3cret" and request.form["client_secret"] == "hush-hush"
            )
            return {"access_token": "t0ken"} if right else Answer({"error": "invalid_grant"}, status=400)
        if request.headers.get("authorization") != "Bearer t0ken" or f"/{PLACE}/" not in request.path:
            return Answer({"error": {"message": "non"}}, status=403)
        number = request.path.partition("/reviews/g")[2]
        if number:
            return review(int(number)) if number.isdecimal() and int(number) < 12 else None
        newest = int(request.params.get("pageToken", 11))
        numbers = [number for number in range(newest, newest - 4, -1) if number >= 0]
        token = {"nextPageToken": str(newest - 4)} if numbers[-1] else {}
        return {"reviews": [review(number) for number in numbers], "totalReviewCount": 12, **token}
