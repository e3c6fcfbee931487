"""What every source promises, for the Telegram source; reading on past 100 updates too."""

from datetime import UTC, datetime, timedelta

import pytest

from listening_etl import CredentialsRejected
from listening_etl.testing import Answer, SourceContract, Window
from plugins.sources.telegram import Telegram

START = datetime(2026, 10, 5, 6, tzinfo=UTC)
TOKEN = "123456:s3cret-TOKEN"


def update(number):
    """A message every six minutes from an hour before the window."""
    sent = START - timedelta(hours=1) + timedelta(minutes=6 * number)
    chat = {"id": -1001500, "type": "supergroup", "username": "mordus"}
    message = {
        "message_id": number,
        "date": int(sent.timestamp()),
        "chat": chat,
        "text": f"Torréo, avis {number}",
    }
    return {
        "update_id": 9000 + number,
        "message": {**message, "from": {"id": number % 7 + 1, "first_name": "Zoé"}},
    }


class TestTelegram(SourceContract):
    plugin = Telegram()
    options = {"token": TOKEN}
    secrets = ("s3cret-TOKEN",)
    window = Window(START, START + timedelta(hours=6))
    now = START + timedelta(hours=12)
    waiting = 90  # fewer than Telegram gives at once
    expected = tuple(
        f"-1001500:{number}" for number in range(10, 70)
    )  # 60 minutes / 6; then 10 an hour, 6 hours

    def answer(self, request):
        if request.path != f"/bot{TOKEN}/getUpdates":
            return Answer({"ok": False, "error_code": 404, "description": "Not Found"}, status=404)
        first = int(request.params.get("offset", 0))
        found = [update(number) for number in range(self.waiting) if 9000 + number >= first]
        return {"ok": True, "result": found[: int(request.params["limit"])]}


class TestTelegramThatReadsOn(TestTelegram):
    options = {"token": TOKEN, "confirm": True}
    waiting = 250
    window = Window(START, START + timedelta(hours=23))
    now = START + timedelta(hours=24)
    expected = tuple(f"-1001500:{number}" for number in range(10, 240))  # 10 an hour, 23 hours


class TestTelegramWithMoreThanItMayForget(TestTelegram):
    waiting = 250
    window = TestTelegramThatReadsOn.window
    now = TestTelegramThatReadsOn.now
    expected = tuple(f"-1001500:{number}" for number in range(10, 100))  # the first hundred

    def test_the_rest_is_a_gap(self):
        (gap,) = self.listen().gaps
        # message 99, the last of the first hundred, was sent 99 × 6 minutes after 5 o'clock: at 14:54
        assert (gap.since, gap.until) == (datetime(2026, 10, 5, 14, 54, tzinfo=UTC), self.window.until)


def test_a_token_that_is_none_is_refused_before_it_stands_in_an_address():
    options = Telegram.options_type(token="s3cret")
    with pytest.raises(CredentialsRejected, match="123456:ABC") as refused:
        next(Telegram().fetch(options, None, None))
    assert "s3cret" not in str(refused.value)
