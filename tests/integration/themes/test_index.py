"""The index of `listening similar` holds nobody up, may break off, and never hides what it lacks."""

import hashlib

import numpy as np
import pytest
import sqlalchemy as sa

from listening_etl.pipeline import encodings
from listening_etl.warehouse import nearest
from listening_etl.warehouse.engine import engine, transaction
from listening_etl.warehouse.publishing import PUBLISH_LOCK
from tests.integration.stories.telling import post
from tests.integration.themes.conftest import SUBJECTS, Planted
from tests.integration.themes.test_themes import about, dims, first_days, nearest_to, said

INDEXED = "SELECT count(*) FROM private.meaning"
WHOLE = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('private.ix_meaning_direction')"


def do(themed, statement, **given):
    with transaction(themed.context.url) as connection:
        connection.execute(sa.text(statement), given)


def test_while_the_index_is_built_others_publish_and_refresh(themed, monkeypatch):
    build, free = nearest.build, []

    def watched(connection):
        with transaction(themed.context.url) as other:
            for lock in ("(:key)", "(:key, hashtext('kettles'))"):
                query = sa.text(f"SELECT pg_try_advisory_xact_lock{lock}")
                free.append(other.scalar(query, {"key": PUBLISH_LOCK}))
        build(connection)

    monkeypatch.setattr(nearest, "build", watched)
    themed.hear(*first_days())
    assert free == [True, True]
    assert themed.rows(WHOLE) == [(True,)]
    locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
    assert themed.rows(locks) == [(0,)]


def test_an_index_that_was_broken_off_is_built_by_the_next_run_and_missed_by_nobody(themed, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(nearest, "build", lambda connection: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            themed.hear(*first_days())
    assert themed.rows("SELECT count(*) > 0 FROM kpi.volume") == [(True,)]  # figures were there before
    expected = nearest_to(themed, "fac3", exact=True)
    assert nearest_to(themed, "fac3") == expected
    themed.hear(*said("panne", 1, start=80))
    assert themed.rows(WHOLE) == [(True,)]
    do(
        themed,
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'private.ix_meaning_direction'::regclass",
    )
    assert nearest_to(themed, "fac3") == expected  # what CREATE INDEX CONCURRENTLY leaves when it is killed
    themed.hear(*said("panne", 1, start=81))
    assert themed.rows(WHOLE) == [(True,)]


def test_nobody_waits_for_a_run_that_keeps_the_index_and_what_it_lacks_is_found(themed):
    with engine(themed.context.url).connect() as other:
        other.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": nearest.INDEX_LOCK})
        themed.hear(*first_days())
        assert themed.rows("SELECT to_regclass('private.meaning')") == [(None,)]
    themed.hear(*said("panne", 1, start=80))
    assert themed.rows(INDEXED) == [(91,)]
    expected = nearest_to(themed, "fac3", exact=True)
    do(
        themed,
        """
        DELETE FROM private.meaning USING listening.fct_mention m
        WHERE m.mention_id = meaning.mention_id AND native_id = ANY(:ids)""",
        ids=[id for id, _ in expected[:3]],
    )
    assert nearest_to(themed, "fac3") == expected


def test_a_thousand_copies_of_one_text_do_not_hide_the_others(themed):
    copies = [post(f"cop{n}", "Acme enfin la facture, la facture !", n / 100) for n in range(200)]
    themed.hear(*first_days(), *copies)
    ids = [id for id, _ in nearest_to(themed, "fac3")]
    assert len(ids) == 10
    assert sum(id.startswith("cop") for id in ids) <= 1
    assert ids == [id for id, _ in nearest_to(themed, "fac3", exact=True)]


class Other(Planted):
    """Another encoder, of other and fewer numbers, each text the other way round."""

    version, width = "other", 32

    def encode(self, texts):
        return np.array([self.turned(text) for text in texts], np.float16).astype(np.float32).reshape(-1, 32)

    @staticmethod
    def turned(text):
        seed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big")
        vector = np.random.default_rng(seed).normal(size=32) / np.sqrt(32)
        for axis, subject in enumerate(SUBJECTS):
            vector[31 - axis] -= subject in text.lower()
        return vector / np.linalg.norm(vector)


def test_what_two_encoders_read_is_never_compared(themed, monkeypatch):
    themed.hear(*first_days())
    places = about(themed)
    monkeypatch.setattr(encodings.Encoder, "load", lambda folder: Other())
    themed.hear(*said("facture", 12, start=50))  # most is of the first one still
    assert themed.rows("SELECT count(*) FROM listening.bridge_mention_theme") == [(90,)]
    found = dict(nearest_to(themed, "fac55", 40))
    assert set(found) == {f"fac{n}" for n in range(50, 62)} - {"fac55"}
    assert "fac55" not in dict(nearest_to(themed, "fac3", 100))
    themed.hear(*first_days())  # read again
    themed.hear(*said("boutique", 25, day=1))  # a new day, and all of the second one
    assert themed.rows("SELECT vector_dims(direction), count(*) FROM private.meaning GROUP BY 1") == [
        (32, 127)
    ]
    assert {id[:3] for id, _ in nearest_to(themed, "fac3")} == {"fac"}
    after = about(themed)
    assert {subject: after[subject] for subject in places} == places
    assert after["bou"] == 4
    assert len(dims(themed)) == 4
