"""Trustpilot keeps what every source promises: by the public list and by one's own."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

from listening_etl.testing import Answer, SourceContract, Window
from plugins.sources.trustpilot import Trustpilot

START = datetime(2026, 10, 5, tzinfo=UTC)
UNIT = "bu-torreo"


def time(number):
    return f"{START + timedelta(hours=6 * number - 24):%Y-%m-%dT%H:%M:%S}"


def review(number):
    """One review every six hours from the day before the window on; each third one answered a day later."""
    answer = {"text": "Merci", "createdAt": f"{time(number + 4)}Z"} if number % 3 == 0 else None
    said = {"stars": 3, "title": "Avis", "text": f"Avis {number}", "createdAt": f"{time(number)}Z"}
    return {
        "id": f"tp-{number:03}",
        **said,
        "companyReply": answer,
        "status": "active",
        "consumer": {"id": "c"},
    }


class TestTrustpilot(SourceContract):
    plugin = Trustpilot()
    options = {"business_units": {UNIT: "Torréo"}, "api_key": "s3cret-key"}
    window = Window(START, START + timedelta(days=1))
    now = datetime(2026, 10, 7, tzinfo=UTC)
    path, credentials, size = f"/v1/business-units/{UNIT}/reviews", ("apikey", "s3cret-key"), 3
    # Reviews 4 to 7 are of the day, and the answers to 0 and 3.
    expected = ("tp-000:reply", "tp-003:reply", "tp-004", "tp-005", "tp-006", "tp-007")

    def answer(self, request):
        name, value = self.credentials
        if "/v1/reviews/" in request.path and request.headers.get("apikey") == "s3cret-key":
            number = request.path.rpartition("tp-")[2]
            return review(int(number)) if number.isdecimal() and int(number) < 12 else None
        if request.headers.get(name) != value or request.path != self.path:
            return Answer({"message": "non"}, status=403)
        start = (int(request.params["page"]) - 1) * self.size
        return {"reviews": self.held(request.params)[start : start + self.size], "links": []}

    def held(self, given):
        return [review(number) for number in range(11, -1, -1)]


class TestTrustpilotPrivate(TestTrustpilot):
    options = {**TestTrustpilot.options, "api_secret": "hush-hush"}
    path, credentials = f"/v1/private/business-units/{UNIT}/reviews", ("authorization", "Bearer t0ken")
    secrets = ("t0ken", b64encode(b"s3cret-key:hush-hush").decode())
    expected = ("tp-004", "tp-005", "tp-006", "tp-007")

    def answer(self, request):
        if request.path.endswith("/accesstoken"):
            basic = f"Basic {self.secrets[1]}"
            right = (
                request.headers["authorization"] == basic
                and request.form["grant_type"] == "client_credentials"
            )
            return {"access_token": "t0ken"} if right else Answer({"error": "non"}, status=401)
        return super().answer(request)

    def held(self, given):
        between = given["startDateTime"], given["endDateTime"]
        return [review(number) for number in range(11, -1, -1) if between[0] <= time(number) <= between[1]]
