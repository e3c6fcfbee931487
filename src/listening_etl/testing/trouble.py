"""Promises about bad days: refused, down, garbled; and about secrets, on bad days too."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import SkipTest
from urllib.parse import quote

from listening_etl.errors import (
    CredentialsRejected,
    ListeningError,
    Malformed,
    NotAMention,
    SourceUnavailable,
)
from listening_etl.testing.case import SourceCase
from listening_etl.testing.driving import Fetched
from listening_etl.testing.platform import Answer
from listening_etl.testing.secrecy import secret_values, shown, unguarded
from listening_etl.testing.verdict import broken, few

REFUSED = Answer({"error": "unauthorized"}, status=401)
DOWN = Answer("the service is unavailable", status=503)
GONE = Answer({"error": "not found"}, status=404)
SIGN_IN = Answer("<!doctype html><html><title>Sign in</title><body><p>Please sign in.</p></body></html>")
TORN = Answer(b'{"data": [{"id": "1", "te', headers={"content-type": "application/json"})
ODD = tuple(
    Answer(text, headers={"content-type": "application/json"}) for text in ("{}", "[]", "null", '"busy"')
)
UNDERSTOOD = (ListeningError, Malformed, NotAMention)


class TroublePromises(SourceCase):
    """What holds when the platform does not do what it should."""

    def attempt(self, answer: Answer, since: int = 1) -> Fetched | Exception:
        """One fetch of a platform that gives this answer from a request on; what came, or the error."""
        try:
            return self.fetch_once(self.platform(lambda number, _: answer if number >= since else None))
        except Exception as error:  # noqa: BLE001 - which error it is, is the question
            return error

    def test_refused_credentials_are_an_error_of_their_own(self) -> None:
        """Where the platform answers 401, the plugin raises CredentialsRejected, which nobody retries."""
        __tracebackhide__ = True
        if self.plugin.capabilities.auth == "none":
            raise SkipTest(f"{type(self.plugin).__name__} needs no credentials")
        self.needs_http()
        outcome = self.attempt(REFUSED)
        if not isinstance(outcome, CredentialsRejected):
            broken(
                self.plugin,
                "fetch",
                f"{told(outcome)} when the platform refuses the credentials (401)",
                "Let CredentialsRejected pass, which `http` raises, or raise it: someone has to give a new token.",
            )

    def test_a_platform_that_is_down_is_worth_another_try(self) -> None:
        """Where the platform answers 503, the plugin raises SourceUnavailable, which is retried."""
        __tracebackhide__ = True
        self.needs_http()
        outcome = self.attempt(DOWN)
        if not isinstance(outcome, SourceUnavailable):
            broken(
                self.plugin,
                "fetch",
                f"{told(outcome)} when the platform is down (503)",
                "Let SourceUnavailable pass, which `http` raises: the pipeline comes back later.",
            )

    def test_an_outage_in_the_middle_is_not_the_end(self) -> None:
        """What was not had because the platform went down is never taken for not being there."""
        __tracebackhide__ = True
        requests = self.needs_http()
        healthy = self.fetch_once(self.platform())
        wanted = set(healthy.within(self.window))
        for number in sorted({2, requests} - {1}) if requests > 1 else ():
            outcome = self.attempt(DOWN, since=number)
            if isinstance(outcome, SourceUnavailable):
                continue
            if isinstance(outcome, Fetched):
                said = len(outcome.cuts + outcome.gaps) > len(healthy.cuts + healthy.gaps)
                if said or set(outcome.within(self.window)) >= wanted:
                    continue
            broken(
                self.plugin,
                "fetch",
                f"{told(outcome)} when the platform goes down at request {number} of {requests}: it had {len(wanted)}"
                " mentions in the window",
                "Let the error pass: what came before it is kept, and the rest is asked for later.",
            )

    def test_garbage_is_named_as_such(self) -> None:
        """A page of HTML or half a document where data are due is an error that says so."""
        __tracebackhide__ = True
        self.needs_http()
        for garbage in (SIGN_IN, TORN, *ODD):
            outcome = self.attempt(garbage)
            silent = isinstance(outcome, Fetched) and not (outcome.items or outcome.cuts or outcome.gaps)
            wrong = isinstance(outcome, Exception) and not isinstance(outcome, UNDERSTOOD)
            if wrong or (silent and garbage not in ODD):
                broken(
                    self.plugin,
                    "fetch",
                    f"{told(outcome)} when the platform answers 200 with {garbage.body()[0]!r:.60}",
                    "Read answers with `answer.json()` and check their shape; raise SourceUnreadable that says what "
                    "came instead.",
                )

    def test_secrets_are_nowhere(self) -> None:
        """No secret stands in an item, a mention, an error, a log line, or the options as printed."""
        __tracebackhide__ = True
        options = self.read_options()
        if bare := unguarded(options):
            broken(
                self.plugin,
                "fetch",
                f"has options that hold a secret as text: {few(bare)}",
                "Type them SecretStr.",
            )
        secrets = {*self.secrets, *secret_values(options)} - {""}
        if not secrets:
            if self.plugin.capabilities.auth == "none":
                raise SkipTest(f"{type(self.plugin).__name__} knows no secret")
            broken(
                self.plugin,
                "fetch",
                f"can have credentials ({self.plugin.capabilities.auth}), and the options of the test hold none",
                "Give the test's `options` an invented secret, of a field with the type SecretStr.",
            )
        spellings = {word for secret in secrets for word in (secret, quote(secret, safe=""))}
        for what, text in self._utterances(options):
            for spelling in spellings:
                if spelling in text:
                    broken(
                        self.plugin,
                        "fetch",
                        f"lets a secret be seen in {what}: …{around(text, spelling)}…",
                        "Send secrets in a header, leave them out of what is kept, and out of every message.",
                    )

    def _utterances(self, options: Any) -> Iterator[tuple[str, str]]:
        yield "the options as printed", f"{options!r} {options}"
        with logged() as lines:
            answers = {"": None, " (401)": REFUSED, " (503)": DOWN, " (404)": GONE, " (HTML)": SIGN_IN}
            for case, answer in answers.items():
                got = self.attempt(answer) if answer else self.fetch_once(self.platform())
                if isinstance(got, Exception):
                    yield f"an error{case}", shown(got)
                    continue
                for name in ("items", "mentions", "deletions", "refused", "gaps", "cuts"):
                    yield f"{name}{case}", repr(getattr(got, name))
        yield "the log", "\n".join(lines)


def told(outcome: Fetched | Exception) -> str:
    """What a fetch came to, as a clause."""
    if isinstance(outcome, Exception):
        return f"raises {type(outcome).__name__} ({str(outcome)[:200]})"
    return f"ends quietly with {len(outcome.items)} items"


def around(text: str, secret: str) -> str:
    """Where a secret stands, without it."""
    before, _, after = text.partition(secret)
    return f"{before[-60:]}[the secret]{after[:20]}"


@contextmanager
def logged() -> Iterator[list[str]]:
    """What is logged meanwhile, from INFO up, as on a server."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{record.name}: {record.getMessage()}")

    root, handler = logging.getLogger(), Keep(logging.INFO)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
