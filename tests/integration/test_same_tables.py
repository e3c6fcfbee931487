"""Any order, split, repetition and crash give the same tables.

Hypothesis draws versions of a few mentions and a plan: windows cut anywhere, run in any order, some twice,
some overlapping, some with a platform that is down, some that crash at a step, inside a transaction or
between two. The curated tables and the KPIs have to equal those of one straight run over everything.

Great Expectations takes a second a run and would be nine tenths of the time. So the search stands a light gate
in its place, which knows the row checks that the data can fail (they decide what is quarantined); another
test runs some plans through both. LISTENING_EXAMPLES=1000 searches longer, and at random.
"""

import os
import uuid
from datetime import timedelta
from unittest import mock

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from listening_etl.pipeline import audit, refresh
from listening_etl.warehouse import engine as engines
from tests.integration.postgres_for_tests import create_database
from tests.integration.retelling import (
    AUTHORS,
    DAY,
    FETCHED,
    MIDNIGHT,
    MOST,
    TIMES,
    Run,
    by_plan,
    check_ledger,
    compare,
    opened,
    perform,
    plans,
    shelves,
    versions,
)
from tests.integration.small_world import (
    END,
    KEY,
    SHELF,
    START,
    LightGate,
)

EXAMPLES = int(os.environ.get("LISTENING_EXAMPLES", "0"))


@pytest.fixture(scope="module")
def one_warehouse(server, template):
    """A database for all examples; what it holds need not survive a power cut."""
    name = f"same_{uuid.uuid4().hex[:8]}"
    create_database(server, name, template)
    url = engines.socket_url(server, name)
    with engines.transaction(url) as connection:
        connection.execute(sa.text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    engines.engine(url).dispose()
    with mock.patch.dict(os.environ, {"LISTENING_PSEUDONYM_KEY": KEY}):
        yield url
    engines.engine(url).dispose()


@settings(
    max_examples=EXAMPLES or 15,
    deadline=None,
    derandomize=not EXAMPLES,
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
    phases=[Phase.explicit, Phase.reuse, Phase.generate] if EXAMPLES else [Phase.explicit, Phase.generate],
)
@given(
    drawn=st.lists(versions(), min_size=1, max_size=9),
    plan=plans(),
    most=st.sampled_from((10**9, MOST)),
    items_a_file=st.sampled_from((25_000, 2)),
    opted_out=st.sampled_from((None, None, AUTHORS[2])),
    seed=st.integers(0, 9),
)
def test_any_order_split_repetition_and_crash_give_the_same_tables(
    one_warehouse, light_gate, drawn, plan, most, items_a_file, opted_out, seed
):
    compare(one_warehouse, drawn, plan, most, items_a_file, opted_out, seed)


# ------------------------------------------------------------------------------- what the search found, by hand


def one(number=0, text="Acme is good", at=MIDNIGHT, fetched=0, edited=None, author=AUTHORS[1], **more):
    """A version of a mention; `edited` and `fetched` count hours."""
    plain = dict.fromkeys(
        ("deleted_at", "in_reply_to", "reply_to_author", "rating", "rating_scale", "place", "likes")
    )
    updated = None if edited is None else END - timedelta(hours=4 - edited)
    return {
        **plain, "source": "forum", "native_id": str(number), "text": text, "published_at": at, "about": (),
        "updated_at": updated, "fetched_at": FETCHED[fetched], "author": author, "replies": None, "media": (), **more,
    }  # fmt: skip


def seen(*hours, topic="kettles", **more):
    """A run over everything that sees what was fetched at these hours."""
    return Run(topic, START, END, frozenset(FETCHED[n] for n in hours), **more)


def review(**more):
    return one(3, **{"source": "reviews", "about": ("acme",), "rating_scale": 5, **more})


EARLIER = TIMES[1]
GOSSIP = "nothing about anybody"
BRAND = AUTHORS[3]
DELETED = END - timedelta(hours=2)
FOUND = {
    "a version that failed a check forgets when it first came, once the mention is deleted": (
        [review(rating=7, deleted_at=DELETED), review(rating=4, fetched=1, deleted_at=DELETED)],
        [seen(0), seen(1)],
    ),
    "a thread that left the topic leaves its mate behind, if the mate is older than the window": (
        [one(mate="10"), one(text=GOSSIP, fetched=1, edited=1, mate="10")],
        [seen(0), Run("kettles", MIDNIGHT, END, frozenset({FETCHED[1]}))],
    ),
    "a snapshot is lost when a newer one comes in the same batch": (
        [one(likes=1, fetched=0), one(likes=2, fetched=1)],
        [seen(0), seen(1)],
    ),
    "snapshots and first receipt are lost when a mention leaves the topic and comes back": (
        [one(likes=1), one(text=GOSSIP, fetched=1, edited=1), one(likes=3, fetched=2, edited=2)],
        [seen(0), seen(1), seen(2)],
    ),
    "a late version forgets when the mention first came": (
        [one(), one(text=GOSSIP, fetched=1, edited=1), one(fetched=2, edited=2)],
        [seen(1), seen(0), seen(2)],
    ),
    "versions of a review are lost when they come together": (
        [review(rating=1), review(rating=4, fetched=1, edited=1)],
        [seen(0), seen(1)],
    ),
    "a version of a review that fails a check counts when a newer one comes with it": (
        [review(rating=7), review(rating=4, fetched=1, edited=1)],
        [seen(0), seen(1)],
    ),
    "the same version comes twice, and the second fails a check": (
        [one(), one(fetched=1, author={**AUTHORS[1], "followers": -1})],
        [seen(1), seen(0)],
    ),
    "the same version fails a check again, later": (
        [
            one(author={**AUTHORS[1], "followers": -1}),
            one(fetched=2, author={**AUTHORS[1], "followers": -1}),
            one(fetched=1),
        ],
        [seen(0), seen(2), seen(1)],
    ),
    "a rejected version that came again is forgotten when its older copy comes": (
        [one(text=GOSSIP), one(fetched=1), one(text=GOSSIP, fetched=3)],
        [seen(3), seen(0), seen(1)],
    ),
    "followers of a quarantined mention are shown of its author": (
        [
            one(author={**AUTHORS[1], "followers": 9}),
            one(1, fetched=1, author={**AUTHORS[1], "followers": -1}),
        ],
        [seen(1), seen(0)],
    ),
    "an author who left comes back with the followers of another day": (
        [
            one(0, fetched=1, author={**AUTHORS[1], "followers": 9}),
            one(0, fetched=2, edited=1, author=AUTHORS[2]),
            one(1, fetched=0, author={**AUTHORS[1], "followers": 5}),
        ],
        [seen(1), seen(2), seen(0)],
    ),
    "a reply that turns to another mention still answers the first": (
        [
            one(0, at=EARLIER, reply_to_author="acme_help"),
            one(1, at=MIDNIGHT, author=BRAND, in_reply_to="0"),
            one(1, at=MIDNIGHT, author=BRAND, in_reply_to="2", edited=1, fetched=1),
        ],
        [
            Run("kettles", START, MIDNIGHT, frozenset(FETCHED)),
            Run("kettles", MIDNIGHT, END, frozenset(FETCHED[:1])),
            Run("kettles", MIDNIGHT, END, frozenset(FETCHED)),
        ],
    ),
    "a mention that another topic moved to a new day counts on both": (
        [one(text="Acme or Rival", at=EARLIER), one(text="Acme or Rival", at=MIDNIGHT, fetched=1)],
        [
            Run("kettles", START, MIDNIGHT - DAY, frozenset(FETCHED)),
            seen(0, 1, topic="pots"),
            Run("kettles", MIDNIGHT - DAY, END, frozenset(FETCHED)),
        ],
    ),
    "the text names a brand or masks it, as the last topic pleased": (
        [one(text="@acme_help, @rival_hq, @ann: Acme or Rival")],
        [seen(0, topic="pots"), seen(0)],
    ),
    "a publish that is tried again after it went through fails": (
        [one()],
        [seen(0, crash="none, but publish is called twice")],
    ),
    "a picture that changed without an edit is the one that was copied first": (
        [one(media=("https://a.example/1",)), one(media=("https://a.example/2",), fetched=1)],
        [seen(1), seen(0)],
    ),
}


@pytest.mark.parametrize("what", FOUND)
def test_no_more(one_warehouse, light_gate, what):
    drawn, plan = FOUND[what]
    SHELF.fill(shelves(drawn))
    together = by_plan(
        one_warehouse, [seen(0, 1, 2, 3, topic=topic) for topic in {run.topic: 0 for run in plan}]
    )
    assert by_plan(one_warehouse, plan) == together
    assert by_plan(one_warehouse, plan[::-1]) == together


def test_the_coverage_of_the_day_on_which_an_early_run_ended_is_computed_again(one_warehouse, light_gate):
    SHELF.fill(shelves([one(at=MIDNIGHT)]))
    plan = [
        Run("kettles", START, MIDNIGHT + timedelta(hours=2), frozenset(FETCHED)),
        Run("kettles", MIDNIGHT + DAY, END, frozenset(FETCHED)),
    ]
    assert by_plan(one_warehouse, plan) == by_plan(one_warehouse, plan[::-1])


@pytest.mark.parametrize("what", [what for what in FOUND if "check" in what or "quarantined" in what])
def test_great_expectations_gives_the_same_tables_as_the_light_gate(one_warehouse, what):
    drawn, plan = FOUND[what]
    SHELF.fill(shelves(drawn))
    real = by_plan(one_warehouse, plan)
    with mock.patch.object(audit, "Gate", LightGate), mock.patch.object(refresh, "Gate", LightGate):
        assert by_plan(one_warehouse, plan) == real


def test_nothing_stays_of_what_an_opted_out_author_wrote_between_two_others(one_warehouse, light_gate):
    by_bob = one(text="Acme is bad, says Bob", author=AUTHORS[2], fetched=1, edited=1, likes=77)
    SHELF.fill(shelves([one(likes=1), by_bob, one(text="Acme is fine", fetched=2, edited=2, likes=3)]))
    with opened(one_warehouse, AUTHORS[2]) as found:
        for run in (seen(0, 1), seen(1), seen(0, 1, 2)):
            perform(found["kettles"], run)
            check_ledger(one_warehouse)
            with engines.transaction(one_warehouse) as connection:  # what stays has what hangs on it
                about = connection.scalar(sa.text("SELECT count(*) FROM listening.bridge_mention_entity"))
            assert about == 1
        with engines.transaction(one_warehouse) as connection:
            for table in (
                "listening.fct_mention",
                "ops.reject",
                "private.mention",
                "listening.fct_engagement",
            ):
                rows = connection.scalar(sa.text(f"SELECT string_agg(t::text, ' ') FROM {table} t")) or ""
                assert "says" not in rows and ",77," not in rows
            assert connection.scalar(sa.text("SELECT text FROM listening.fct_mention")) == "Acme is fine"
