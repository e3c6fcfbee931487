"""The shipped encoder: what is said in French lies beside the same said in English, once each is seen from its own middle.

The lines of `two_languages.tsv` are invented: eight subjects, six lines of each in either language.
"""

from pathlib import Path

import numpy as np
import pytest

from listening_etl.encoding import Encoder, encoder_folder
from listening_etl.themes import centres, directions

LINES = [
    line.split("\t") for line in Path(__file__).with_name("two_languages.tsv").read_text("utf-8").splitlines()
]
SUBJECT, LANGUAGE = (np.array([line[column] for line in LINES]) for column in (0, 1))


@pytest.fixture(scope="module")
def meant():
    if not (encoder_folder() / "meaning.npz").is_file():
        pytest.skip("no encoder in models/encoder")
    encoder = Encoder.load(encoder_folder())
    return encoder.meaning(encoder.encode([line[2] for line in LINES]))


def nearest(ways, of_other_language=False):
    near = ways @ ways.T
    np.fill_diagonal(near, -2)
    if of_other_language:
        near[LANGUAGE[:, None] == LANGUAGE] = -2
    return near.argmax(axis=1)


def test_the_nearest_line_of_the_other_language_is_about_the_same(meant):
    found = nearest(meant, of_other_language=True)
    assert (SUBJECT[found] == SUBJECT).mean() >= 0.7  # 0.78; 0.89 seen from the middles, below


def test_seen_from_its_own_middle_a_language_does_not_draw(meant):
    ways = directions(meant, LANGUAGE.tolist(), centres(meant, LANGUAGE.tolist()))
    assert (SUBJECT[nearest(ways)] == SUBJECT).mean() >= 0.8
    assert (LANGUAGE[nearest(ways)] == LANGUAGE).mean() <= 0.5
