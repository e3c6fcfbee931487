"""The bridge to Singer taps: what the tap sees, what its messages become, how it ends."""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from listening_etl import (
    CredentialsRejected,
    Deletion,
    Malformed,
    NotAMention,
    Slice,
    SourceUnavailable,
    SourceUnreadable,
    Window,
)
from plugins.sources.singer import Singer, SingerOptions

TAP = Path(__file__).parents[2] / "contract" / "taps" / "tap_forum.py"
SLICE = Slice("t", "forum", Window(datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 10, 6, tzinfo=UTC)))
SOURCE = Singer()
POSTS = {
    "columns": {
        "native_id": "id",
        "text": "body",
        "published_at": "created_at",
        "author.handle": "user.login",
    }
}
SECRET = 's3"cret/key'


def options_of(mood=None, **more):
    config = {
        "start_date": "{since:%Y-%m-%d}",
        "api_key": SecretStr(SECRET),
        "mood": mood,
        **more.pop("config", {}),
    }
    given = {"command": [sys.executable, str(TAP)], "config": config, "streams": {"posts": POSTS}}
    return SingerOptions(**given | more)


def fetched(options):
    return list(SOURCE.fetch(options, SLICE, None))


def outcome(item, options):
    try:
        return SOURCE.parse(item.data, options)
    except (NotAMention, Malformed) as reason:
        return f"{type(reason).__name__}: {reason}"


def test_records_become_mentions_and_the_rest_says_why_not():
    options = options_of()
    items = fetched(options)
    # Posts 12 to 15 with their users, and the last state.
    assert [item.at for item in items] == [
        *(f"{s}#{n}" for n, s in enumerate(["posts", "users"] * 4, 1)),
        "state",
    ]
    assert items[0].fetched_at == datetime(2026, 10, 8, tzinfo=UTC)  # time_extracted
    post, user, *_, deleted, nobody, state = (outcome(item, options) for item in items)
    assert (post.native_id, post.text, post.author.handle) == ("12", "Le joint, changez le joint", "noe")
    assert post.published_at == datetime(2026, 10, 5, 7, 30, tzinfo=UTC)
    assert user == nobody == "NotAMention: a record of the stream 'users', which 'streams' does not map"
    assert deleted == Deletion("15", datetime(2026, 10, 6, 10, tzinfo=UTC))
    assert state == "NotAMention: the tap's state at its end, kept to be seen"
    assert json.loads(items[-1].data)["value"] == {"bookmarks": {"posts": {"created_at": None}}}


def test_the_tap_sees_its_config_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setenv("LISTENING_PSEUDONYM_KEY", "ours")
    report = tmp_path / "seen.json"
    options = options_of(
        config={"report": str(report), "page": {"until": "{until}", "token": SecretStr("t")}},
        state={"bookmarks": {"posts": {"created_at": "{since}"}}},
        environment={"FORUM_REGION": "eu"},
    )
    fetched(options)
    seen = json.loads(report.read_text())
    assert seen["mode"] == "0o600"
    assert seen["config"]["start_date"] == "2026-10-05"
    assert seen["config"]["api_key"] == SECRET
    assert seen["config"]["page"] == {"until": "2026-10-06T00:00:00Z", "token": "t"}
    assert seen["state"] == {"bookmarks": {"posts": {"created_at": "2026-10-05T00:00:00Z"}}}
    assert "FORUM_REGION" in seen["environment"]
    assert "LISTENING_PSEUDONYM_KEY" not in seen["environment"]
    assert not Path(seen["cwd"]).exists()  # the config lay there


@pytest.mark.parametrize(("mood", "kind", "said"), [
    ("refused", CredentialsRejected, "code 1: .*HTTPError: 401"),
    ("broken", SourceUnavailable, "closed the connection"),
    ("config", SourceUnreadable, "required property.*Check 'command' and 'config'"),
])  # fmt: skip
def test_a_tap_that_fails_is_told_by_its_last_words_without_secrets(mood, kind, said):
    found, came = SOURCE.fetch(options_of(mood), SLICE, None), []
    with pytest.raises(kind, match=said) as raised:
        came.extend(found)
    assert len(came) == 9  # what came before was handed over
    for spelt in (SECRET, json.dumps(SECRET)[1:-1]):
        assert spelt not in str(raised.value)


def test_noise_is_kept_as_a_reject_and_batches_are_refused():
    found, came = SOURCE.fetch(options_of("chatty"), SLICE, None), []
    with pytest.raises(SourceUnreadable, match=r"files of its own.*batch_config"):
        came.extend(found)
    assert outcome(came[-1], options_of()).startswith("Malformed: it is no JSON")


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def test_who_stops_listening_ends_the_tap_and_its_children(tmp_path):
    options = options_of("endless", config={"report": str(tmp_path / "seen.json")})
    items = SOURCE.fetch(options, SLICE, None)
    next(items)
    while not (tmp_path / "pids").exists():
        time.sleep(0.01)
    pids = (tmp_path / "pids").read_text().split()
    assert all(map(alive, pids))
    items.close()
    deadline = time.monotonic() + 5
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(map(alive, pids))


def test_a_tap_that_falls_silent_is_given_up(tmp_path):
    options = options_of("endless", config={"report": str(tmp_path / "seen.json")}, silence=0.5)
    with pytest.raises(SourceUnavailable, match=r"said nothing for 0\.5 seconds"):
        fetched(options)


@pytest.mark.parametrize("command", [["tap-that-is-not-there"], [str(TAP.parent)]])
def test_a_tap_that_is_not_there(command):
    with pytest.raises(SourceUnreadable, match=r"cannot be started.*full path"):
        fetched(options_of(command=command))


def test_a_line_in_pieces_and_without_an_end(tmp_path):
    tap = tmp_path / "tap.py"
    tap.write_text(
        "import sys, time\n"
        'for piece in (\'{"type": "RECORD", "stream": "po\', \'sts", "record": {}}\\n\\n\', \'{"type": "STATE"}\'):\n'
        "    sys.stdout.write(piece); sys.stdout.flush(); time.sleep(0.05)\n"
    )
    items = fetched(options_of(command=[sys.executable, str(tap)]))
    assert [item.at for item in items] == ["posts#1", "state"]


def test_lines_that_are_no_record():
    options = options_of()
    for line, said in (
        (b"[1]", "Malformed: it is a list"),
        (b'{"type": "METRIC"}', "NotAMention: a message of the type 'METRIC'"),
        (b'{"type": "RECORD", "stream": "posts", "record": 7}', "Malformed: the record is a int"),
    ):
        (item,) = SOURCE.items(line, options)
        assert outcome(item, options).startswith(said)
