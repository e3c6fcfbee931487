"""The bridge to Singer taps keeps what every source promises, with a tap of ours."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from listening_etl.testing import SourceContract, Window
from plugins.sources.singer import Singer

TAP = Path(__file__).parent / "taps" / "tap_forum.py"


class TestSinger(SourceContract):
    plugin = Singer()
    options = {
        "command": [sys.executable, str(TAP)],
        "config": {"start_date": "{since}", "api_key": SecretStr("s3cret-key")},
        "streams": {
            "posts": {
                "columns": {
                    "native_id": "id",
                    "text": "body",
                    "published_at": "created_at",
                    "author.handle": "user.login",
                },
                "values": {"kind": "post", "channel": "web"},
            }
        },
    }
    window = Window(datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 10, 7, tzinfo=UTC))
    expected = ("12", "13", "14")
