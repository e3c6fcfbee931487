"""What every source promises, for the Matrix source."""

from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from listening_etl.testing import Answer, SourceContract, Window
from plugins.sources.matrix import Matrix

START = datetime(2026, 10, 5, tzinfo=UTC)
ROOM = "!cafe:localtest"


def event(number):
    """A message every six minutes; each tenth edits the one 150 before it, each fourth answers the last."""
    sent = START + timedelta(minutes=6 * (number - 100))
    content = {"msgtype": "m.text", "body": f"Torréo, avis {number}"}
    if number % 10 == 0 and number > 150:
        now = {"msgtype": "m.text", "body": f"Torréo, avis {number - 150} corrigé"}
        about = {"rel_type": "m.replace", "event_id": f"$m{number - 150}"}
        content |= {"m.new_content": now, "m.relates_to": about}
    elif number % 4 == 0:
        content |= {"m.relates_to": {"m.in_reply_to": {"event_id": f"$m{number - 1}"}}}
    sender = f"@membre{number % 5}:localtest"
    time = int(sent.timestamp() * 1000)
    named = {"type": "m.room.message", "event_id": f"$m{number}", "sender": sender, "origin_server_ts": time}
    return {**named, "content": content}


class TestMatrix(SourceContract):
    plugin = Matrix()
    options = {"url": "https://hs.test/", "access_token": "s3cret-token", "rooms": ["#cafe:localtest"]}
    window = Window(START, START + timedelta(hours=20))
    now = START + timedelta(days=2)
    unknown_id = "$nobody-wrote-this"
    # 10 an hour, 20 hours, from message 100 on; of 160, 170 … 290 each is an edit of another
    expected = tuple(f"$m{number}" for number in range(100, 300) if number % 10 or number <= 150)

    def setup_method(self):
        self.events = [event(number) for number in range(1, 400)]

    def answer(self, request):
        if request.headers.get("authorization") != "Bearer s3cret-token":
            return Answer({"errcode": "M_UNKNOWN_TOKEN", "error": "Non"}, status=401)
        match unquote(request.path).removeprefix("/_matrix/client/v3/").split("/"):
            case ["directory", "room", "#cafe:localtest"]:
                return {"room_id": ROOM, "servers": ["localtest"]}
            case ["rooms", room, "messages"] if room == ROOM:
                left = int(request.params.get("from", "t399")[1:])
                page = self.events[max(left - 100, 0) : left]
                more = {"end": f"t{left - 100}"} if left > 100 else {}
                return {"chunk": page[::-1], "start": f"t{left}", **more}
            case ["rooms", room, "event", wanted] if room == ROOM:
                return next((one for one in self.events if one["event_id"] == wanted), None)
