"""Seen from the middle of its language, the same thing said in two languages points the same way."""

import numpy as np
import pytest

from listening_etl.themes import ALL, centres, directions


def test_two_languages_that_say_the_same_point_the_same_way():
    draw = np.random.default_rng(0)
    meant = draw.normal(size=(400, 16)).astype(np.float32)
    accent = {"fr": 5 * np.eye(16)[0], "en": 5 * np.eye(16)[1]}
    vectors = np.concatenate([meant + accent["fr"], meant + accent["en"]]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    languages = ["fr"] * 400 + ["en"] * 400
    ways = directions(vectors, languages, centres(vectors, languages))
    same = (ways[:400] * ways[400:]).sum(axis=1)
    raw = (vectors[:400] * vectors[400:]).sum(axis=1)
    assert raw.mean() < 0.4
    assert same.mean() > 0.8
    assert np.linalg.norm(ways, axis=1) == pytest.approx(1, abs=1e-5)


def test_a_language_of_a_few_texts_is_seen_from_the_middle_of_all():
    vectors = np.eye(4, dtype=np.float32)
    found = centres(vectors, ["fr", "fr", "fr", None])
    assert found[ALL].tolist() == [0.25] * 4
    # three texts of their own against thirty of the middle: (1 + 30 / 4) / 33 and (30 / 4) / 33
    assert found["fr"].tolist() == pytest.approx([8.5 / 33] * 3 + [7.5 / 33])
    assert (directions(vectors, [None, "xx"] * 2, found) == directions(vectors, [None] * 4, found)).all()
