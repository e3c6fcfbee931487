"""Processes that are killed in the middle of a step, and steps that two processes do at once.

Every attempt starts from a copy of a prepared database: 2,000 mentions are published, and a second run over
all of them is staged and checked, with edits, moves to another month, deletions, and versions that a filter or
a check refuses.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from datetime import timedelta
from pathlib import Path
from unittest import mock

import psycopg
import pytest
import sqlalchemy as sa

from listening_etl.model import Window
from listening_etl.pipeline import audit, curate, extract, plan, publish, refresh
from listening_etl.warehouse import engine as engines
from listening_etl.warehouse import publishing
from listening_etl.warehouse.checksums import checksums
from tests.integration.postgres_for_tests import create_database
from tests.integration.small_world import END, KEY, SHELF, START, TOPICS, LightGate, contexts

KILLS = {"publish": 30, "audit": 5, "refresh": 5}
SECOND = timedelta(seconds=1)


class Mortal:
    """The process of mortal.py, whose children do one step each."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", Path(__file__).with_name("mortal.py")],
            env={**os.environ, "LISTENING_PSEUDONYM_KEY": KEY},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self, url, folder, topic, step, *given):
        """Start a step; answers the number of the child that does it."""
        asked = {"url": url, "folder": str(folder), "topic": topic, "step": step, "given": given}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self):
        """Wait for the step; whether it went well."""
        return self.process.stdout.readline().strip() == "done"

    def close(self):
        """End the process, which ends when there is nothing more to read."""
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


def mentions():
    """1,600 posts and 400 reviews as they were at first, and half of them as they became."""
    chance = random.Random(7)
    held = {"forum": [], "reviews": []}
    for number in range(2_000):
        source = "reviews" if number % 5 == 0 else "forum"
        at = START + number * (END - START) / 2_000
        first = {
            "native_id": str(number), "published_at": at, "fetched_at": END, "updated_at": None, "deleted_at": None,
            "text": chance.choice(["Acme is good", "Acme or Rival", "Brio broke, @acme_help", "Rival"]),
            "author": {"handle": f"author{number % 300}", "followers": number, "verified": number % 2 == 0},
            "in_reply_to": str(number - 3) if number % 7 == 0 else None, "reply_to_author": None,
            "about": (), "rating": number % 6 if source == "reviews" else None, "rating_scale": 5, "likes": number % 9,
            "replies": None, "place": chance.choice([None, "Lyon"]), "media": (),
        }  # fmt: skip
        held[source].append(first)
        if number % 2 == 0:
            later = {
                "fetched_at": END + timedelta(hours=1),
                "updated_at": END + chance.choice([-1, 1]) * SECOND,
                "text": chance.choice(["nothing about anybody", "Acme", "Acme is bad, @ann", first["text"]]),
                "published_at": chance.choice([at, max(START, at - timedelta(days=1))]),
                "rating": chance.choice([first["rating"], 9 if source == "reviews" else None]),
                "deleted_at": chance.choice([None, None, END]),
            }
            held[source].append({**first, **later})
    return held


def bring_in(context):
    """Receipts of everything that the platforms show."""
    slices = plan.plan(context, Window(START, END))
    return [r for one in slices for r in curate.curate(context, extract.extract(context, one))]


@pytest.fixture(scope="module")
def prepared(server, template, tmp_path_factory):
    """The name of the prepared database, the staging folder and, by topic, the receipts before and after audit."""
    name, folder = f"prepared_{uuid.uuid4().hex[:8]}", tmp_path_factory.mktemp("staging")
    create_database(server, name, template)
    url = engines.socket_url(server, name)
    receipts = {}
    with (
        mock.patch.dict(os.environ, {"LISTENING_PSEUDONYM_KEY": KEY}),
        mock.patch.object(audit, "Gate", LightGate),
        mock.patch.object(refresh, "Gate", LightGate),
    ):
        SHELF.fill(mentions())
        found = contexts(url, folder)
        for shown in ({END}, None):
            SHELF.shown = shown
            for topic, context in found.items():
                staged = bring_in(context)
                receipts[topic] = staged, audit.audit(context, staged)
                if shown:
                    publish.publish(context, receipts[topic][1])
                    refresh.refresh(context)
        engines.engine(url).dispose()
        yield name, folder, receipts


@pytest.fixture(scope="module")
def mortal():
    process = Mortal()
    yield process
    process.close()


@contextlib.contextmanager
def copied(server, name):
    """The address of a copy of a database."""
    copy = f"copy_{uuid.uuid4().hex[:8]}"
    create_database(server, copy, name)
    url = engines.socket_url(server, copy)
    try:
        yield url
    finally:
        engines.engine(url).dispose()
        with psycopg.connect(engines.socket_url(server, "postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {copy} WITH (FORCE)")


def tables(url):
    """Checksums, once whoever was killed has let go."""
    with engines.transaction(url) as connection:
        publishing.lock(connection)
        return checksums(connection)


def left_in_staging(url):
    """Staging tables of no run that waits for its publish."""
    query = """
        SELECT relname FROM pg_class WHERE relnamespace = 'staging'::regnamespace AND relkind = 'r'
        AND NOT EXISTS (SELECT FROM ops.run WHERE state = 'audited' AND relname LIKE '%' || run_id)"""
    with engines.transaction(url) as connection:
        return sorted(connection.scalars(sa.text(query)))


def finish(found, receipts, topics, again=False):
    """The steps that are left; `again`: from the audit on."""
    for topic in topics:
        staged, audited = receipts[topic]
        publish.publish(found[topic], audit.audit(found[topic], staged) if again else audited)
    for topic in topics:
        refresh.refresh(found[topic])


@pytest.fixture(scope="module")
def undisturbed(server, prepared):
    """Tables before and after the publish of the first topic, after its refresh, after the steps of the second,
    and how long the steps of the first take."""
    name, folder, receipts = prepared
    seconds = {}
    with copied(server, name) as url:
        found = contexts(url, folder)
        before, states = tables(url), []
        topic = TOPICS[0]
        for step, do in (
            ("audit", lambda: audit.audit(found[topic], receipts[topic][0])),
            ("publish", lambda: publish.publish(found[topic], receipts[topic][1])),
            ("refresh", lambda: refresh.refresh(found[topic])),
        ):
            started = time.monotonic()
            do()
            seconds[step] = time.monotonic() - started
            states.append(tables(url))
        finish(found, receipts, TOPICS)
        states.append(tables(url))
        assert left_in_staging(url) == []
    audited, published, refreshed, both = states
    assert audited == before
    assert len({str(state) for state in states}) == 4
    return before, published, refreshed, both, seconds


class Span:
    """The seconds within which a step is killed. They follow how long the step takes, which changes with all that
    the machine does besides: about one attempt in six ends before its kill."""

    def __init__(self, seconds, seed):
        self.shortest, self.longest, self.chance = 0.02, seconds, random.Random(seed)

    def kill(self, mortal, url, folder, topic, step, *given):
        """Begin a step and kill it at some moment; the moment, and whether the step had ended before."""
        child = mortal.begin(url, folder, topic, step, *given)
        moment = self.chance.uniform(self.shortest, self.longest)
        time.sleep(moment)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        ended = mortal.end()
        self.longest *= 0.6 if ended else 1.1
        return moment, ended


def test_a_publish_that_is_killed_at_any_moment_shows_all_or_nothing_and_can_be_repeated(
    server, prepared, undisturbed, mortal, record_property
):
    name, folder, receipts = prepared
    before, published, refreshed, _, seconds = undisturbed
    span, all_ended, topic = Span(1.2 * seconds["publish"] + 0.1, seed=1), 0, TOPICS[0]
    for number in range(KILLS["publish"]):
        with copied(server, name) as url:
            found = contexts(url, folder)
            moment, ended = span.kill(mortal, url, folder, topic, "publish", receipts[topic][1])
            all_ended += ended
            assert tables(url) in (before, published), f"half of it is there after {moment} s"
            finish(found, receipts, [topic], again=number % 3 == 0)
            assert tables(url) == refreshed
            assert left_in_staging(url) == []
    record_property("ended before the kill", all_ended)
    assert all_ended < KILLS["publish"] / 2


@pytest.mark.parametrize("step", ["audit", "refresh"])
def test_an_audit_or_a_refresh_that_is_killed_can_be_repeated(server, prepared, undisturbed, mortal, step):
    name, folder, receipts = prepared
    *_, refreshed, _, seconds = undisturbed
    span, all_ended, topic = Span(0.1 + 0.9 * seconds[step], seed=2), 0, TOPICS[0]
    for _ in range(KILLS[step]):
        with copied(server, name) as url:
            found = contexts(url, folder)
            given = [receipts[topic][0]]
            if step == "refresh":
                publish.publish(found[topic], receipts[topic][1])
                given = []
            all_ended += span.kill(mortal, url, folder, topic, step, *given)[1]
            finish(found, receipts, [topic], again=True)
            assert tables(url) == refreshed
            assert left_in_staging(url) == []
    assert all_ended < KILLS[step]


def test_two_processes_publish_and_refresh_at_the_same_time(server, prepared, undisturbed, mortal):
    name, folder, receipts = prepared
    *_, both, _ = undisturbed
    other = Mortal()
    try:
        with copied(server, name) as url:
            found = contexts(url, folder)
            first, second = TOPICS
            for one, two in ((first, second), (first, first)):  # two topics; then the same run twice
                mortal.begin(url, folder, one, "publish", receipts[one][1])
                other.begin(url, folder, two, "publish", receipts[two][1])
                assert mortal.end() and other.end()
            for one, two in ((first, first), (second, second)):
                mortal.begin(url, folder, one, "refresh")
                other.begin(url, folder, two, "refresh")
                assert mortal.end() and other.end()
            finish(found, receipts, TOPICS)
            assert tables(url) == both
            assert left_in_staging(url) == []
    finally:
        other.close()
