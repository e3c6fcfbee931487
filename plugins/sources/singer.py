"""Records of any Singer tap, run as a program of its own."""

import json
import os
import re
import selectors
import signal
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
from pydantic import Field, SecretStr

from listening_etl import (
    Capabilities,
    CredentialsRejected,
    Deletion,
    Item,
    Malformed,
    NotAMention,
    Options,
    RecordMapping,
    SourceUnavailable,
    SourceUnreadable,
    from_json,
    hookimpl,
)

INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""What a tap sees of our environment: nothing that holds a secret of ours."""

LONGEST_LINE = 16_000_000
LAST_LINES, LAST_BYTES = 8, 65_536
SECONDS_TO_END = 10
PASSED_OVER = ("SCHEMA", "ACTIVATE_VERSION")
REFUSED = re.compile(r"\b40[13]\b|unauthori[sz]ed|forbidden|invalid[ _]+(credential|token|api[ _]?key)", re.I)
MISCONFIGURED = re.compile(
    r"config\w*[^\n]*(required|missing|invalid|validation)|unrecognized arguments", re.I
)


class SingerOptions(Options):
    """How the tap is called, and how the records of each stream become mentions."""

    command: list[str] = Field(
        min_length=1, description="the tap: a name on the PATH or a full path, and more"
    )
    config: dict[str, Any] = Field(
        {}, description="its config: {since} and {until:%Y-%m-%d} are filled in, a secret is {env: NAME}"
    )
    environment: dict[str, SecretStr] = Field({}, description="variables that the tap needs")
    catalog: Path | None = Field(
        None, description="file that selects streams, as the tap's --discover writes it"
    )
    state: dict[str, Any] | None = Field(
        None, description="a state made of the window, filled in like config"
    )
    streams: dict[str, RecordMapping] = Field(description="how the records of each stream become mentions")
    silence: float = Field(600.0, gt=0, description="seconds without a line after which the tap is given up")


def filled(value, window):
    """The same with the window's times in the place of `{since}` and `{until:%Y-%m-%d}`, and secrets told."""
    if isinstance(value, dict):
        return {key: filled(inner, window) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, window) for inner in value]
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if not isinstance(value, str):
        return value
    times = {"since": window.since.astimezone(UTC), "until": window.until.astimezone(UTC)}
    return re.sub(
        r"\{(since|until)(?::([^{}]*))?\}",
        lambda found: times[found[1]].strftime(found[2] or "%Y-%m-%dT%H:%M:%SZ"),
        value,
    )


def secrets_in(value):
    """Every secret in an option, however deep."""
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from secrets_in(inner)


def written(folder, name, value):
    """A file that nobody else may read."""
    path = Path(folder) / name
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 - with a mode
        file.write(orjson.dumps(value))
    return str(path)


@contextmanager
def running(options, window):
    """The tap at work, and the file in which it complains; its group is killed when nobody listens any more."""
    with tempfile.TemporaryDirectory(prefix="tap-") as folder, tempfile.TemporaryFile() as complaints:
        command = [
            *options.command,
            "--config",
            written(folder, "config.json", filled(options.config, window)),
        ]
        if options.catalog:
            command += ["--catalog", str(options.catalog)]
        if options.state is not None:
            command += ["--state", written(folder, "state.json", filled(options.state, window))]
        given = {name: secret.get_secret_value() for name, secret in options.environment.items()}
        try:
            tap = subprocess.Popen(
                command,
                cwd=folder,
                env={name: os.environ[name] for name in INHERITED if name in os.environ} | given,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
                start_new_session=True,
            )
        except OSError as error:
            why = error.strerror or error
            raise SourceUnreadable(
                f"the tap cannot be started ({why})",
                where=options.command[0],
                do="Install it, and give its full path.",
            ) from error
        try:
            yield tap, complaints
        finally:
            stop(tap)


def stop(tap):
    """End the tap with everything that it started."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(tap.pid, sent)
        with suppress(subprocess.TimeoutExpired):
            tap.wait(SECONDS_TO_END)
    tap.stdout.close()


def lines_of(tap, silence, where):
    """What the tap says, line by line as it comes."""
    rest = b""
    with selectors.DefaultSelector() as waiting:
        waiting.register(tap.stdout, selectors.EVENT_READ)
        while True:
            if not waiting.select(silence):
                raise SourceUnavailable(f"the tap said nothing for {silence:g} seconds", where=where)
            piece = os.read(tap.stdout.fileno(), 65_536)
            if not piece:
                break
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole
            if len(rest) > LONGEST_LINE:
                raise SourceUnreadable(
                    f"the tap wrote a line of more than {LONGEST_LINE:,} bytes", where=where
                )
    yield rest


def items_of(lines, where=None):
    """The records among a tap's messages, as they came; at the end its last state, to be seen."""
    count, state = 0, None
    for line in lines:
        if not line.strip():
            continue
        kind, stream, extracted = told(line)
        if kind == "STATE":
            state = line
        elif kind == "BATCH":
            do = "Take 'batch_config' out of its config."
            raise SourceUnreadable("the tap writes its records into files of its own", where=where, do=do)
        elif kind not in PASSED_OVER:
            count += 1
            yield Item(line.strip(), f"{stream or 'line'}#{count}", extracted)
    if state is not None:
        yield Item(state.strip(), "state")


def told(line):
    """A message's type, stream and time of extraction; nothing of a line that is no message."""
    try:
        message = orjson.loads(line)
        extracted = message.get("time_extracted")
    except (orjson.JSONDecodeError, AttributeError):
        return None, None, None
    try:
        time = datetime.fromisoformat(extracted)
    except (TypeError, ValueError):
        time = None
    return message.get("type"), message.get("stream"), time if time and time.tzinfo else None


def failure(code, complaints, options):
    """The error for a tap that ended with another code than 0, told by its last words without secrets."""
    complaints.seek(max(complaints.seek(0, os.SEEK_END) - LAST_BYTES, 0))
    words = hidden(complaints.read().decode("utf-8", "replace"), options)
    last = " | ".join(line.strip() for line in words.splitlines()[-LAST_LINES:] if line.strip())[-1000:]
    what = f"the tap ended with code {code}: {last or 'it said nothing'}"
    where = options.command[0]
    if REFUSED.search(last):
        return CredentialsRejected(what, where=where, do="Check the secrets in its config and their rights.")
    if code in (126, 127) or MISCONFIGURED.search(last):
        return SourceUnreadable(what, where=where, do="Check 'command' and 'config' in the settings.")
    return SourceUnavailable(what, where=where)


def hidden(words, options):
    """A tap's words without our secrets, however it spelt them."""
    secrets = {*secrets_in(options.config), *secrets_in(options.environment)}
    spellings = {
        spelt for secret in secrets for spelt in (secret, quote(secret, ""), json.dumps(secret)[1:-1])
    }
    for spelt in sorted(spellings - {""}, key=len, reverse=True):
        words = words.replace(spelt, "***")
    return words


class Singer:
    """Records of a Singer tap: a program that reads a platform and writes JSON lines, of which there are hundreds.

    Collects the records of the streams that `streams` maps, each run for its window alone: `{since}` in the
    tap's config (`start_date`) or state says from when. The state that a tap writes is kept beside the records
    to be seen, and never given back to it: what a window holds must not depend on the run before, or a second
    run of it would bring less. Misses what the tap misses, and files that it writes instead of records
    (BATCH). A record with `_sdc_deleted_at` is a deletion. Limits: the tap's; it is not counted in budgets, it
    runs on to the present whatever the window, and is stopped when it says nothing for `silence` seconds. It
    sees no variables of ours but PATH, HOME and locale. Terms: those of the platform that it reads.
    """

    name = "singer"
    options_type = SingerOptions
    capabilities = Capabilities(
        history=None,
        order="any",
        deletions="flagged",
        edits=True,
        auth="what the tap wants",
        cost="what the platform wants",
        tested="server",
    )

    def fetch(self, options, slice, http):
        """Every record as the line that the tap wrote, as it comes."""
        where = options.command[0]
        with running(options, slice.window) as (tap, complaints):
            yield from items_of(lines_of(tap, options.silence, where), where)
            try:
                code = tap.wait(SECONDS_TO_END)
            except subprocess.TimeoutExpired as error:
                raise SourceUnavailable(
                    "the tap has ended its output and does not end", where=where
                ) from error
            if code:
                raise failure(code, complaints, options)

    def items(self, answer, options):
        """The records among the lines of a tap."""
        return items_of(answer.split(b"\n"))

    def parse(self, item, options):
        """One record as a mention, by the mapping of its stream."""
        message = from_json(item)
        kind, stream = message.get("type"), message.get("stream")
        if kind == "STATE":
            raise NotAMention("the tap's state at its end, kept to be seen")
        if kind != "RECORD":
            raise NotAMention(f"a message of the type {kind!r}")
        mapping = (options.streams or {}).get(stream)
        if mapping is None:
            raise NotAMention(f"a record of the stream {stream!r}, which 'streams' does not map")
        record = message.get("record")
        if not isinstance(record, dict):
            raise Malformed(f"the record is a {type(record).__name__}, not an object")
        if record.get("_sdc_deleted_at"):
            return Deletion(id_of(record, mapping), time_of(record["_sdc_deleted_at"]))
        return mapping.mention(record)


def id_of(record, mapping):
    """The id of a record of which nothing else may be left."""
    columns = {name: column for name, column in mapping.columns.items() if name == "native_id"}
    only = mapping.model_copy(update={"columns": columns, "values": {"published_at": "2000-01-01T00:00:00Z"}})
    return only.mention(record).native_id


def time_of(written):
    """A time of the tap's, which is UTC where it does not say."""
    try:
        time = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


@hookimpl
def listening_sources():
    """The source of this file."""
    return [Singer()]
