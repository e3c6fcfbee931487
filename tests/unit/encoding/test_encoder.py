import shutil

import numpy as np
import pytest

from listening_etl import PluginError
from listening_etl.encoding import Encoder, encoder_folder
from listening_etl.encoding.encoder import LONGEST, unpacked

TEXTS = [
    "Ma machine fuit depuis hier.",
    "Super, encore 2 h de retard",
    "I love it",
    "☕🔥",
    "mot " * 400,
    "خدمة ممتازة",
]


@pytest.fixture(scope="module")
def encoder():
    return Encoder.load(encoder_folder())


def test_four_bits_become_weights():
    # nibbles 0 to 15 stand for -8 to 7; low halves are the first sixteen weights of a block, high ones the rest
    nibbles = np.full((1, 1, 16), 0x8F, dtype=np.uint8)
    assert unpacked(nibbles, np.array([[0.5]], dtype=np.float16)).tolist() == [[3.5] * 16 + [0.0] * 16]


def test_a_vector_depends_on_its_text_alone(encoder):
    together = encoder.encode(TEXTS)
    assert together.shape == (len(TEXTS), encoder.width)
    turned = encoder.encode(TEXTS[::-1])[::-1]
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    assert (together == turned).all()
    assert (together == alone).all()


def test_vectors_are_what_half_precision_holds(encoder):
    vectors = encoder.encode(TEXTS)
    assert np.isfinite(vectors).all()
    assert (vectors == vectors.astype(np.float16)).all()


def test_of_a_long_text_the_beginning_and_the_end_are_read(encoder):
    filling = "mot " * 400
    one, other = encoder.encode([f"{filling} nul", f"{filling} parfait"])
    assert not (one == other).all()
    middle = [f"bien {'mot ' * LONGEST} {word} {'mot ' * LONGEST} fin" for word in ("nul", "beau")]
    one, other = encoder.encode(middle)
    assert (one == other).all()


def test_no_text_gives_no_vector(encoder):
    assert encoder.encode([]).shape == (0, encoder.width)


def test_meaning_is_what_two_languages_share(encoder):
    texts = [
        "Ma machine à café fuit",
        "My coffee machine is leaking",
        "Le train pour Lyon est en retard",
        "The train to Lyon is late",
    ]
    likeness = (vectors := encoder.meaning(encoder.encode(texts))) @ vectors.T
    assert np.allclose(np.diag(likeness), 1, atol=1e-5)
    for row, twin in enumerate([1, 0, 3, 2]):
        others = [column for column in range(4) if column not in (row, twin)]
        assert likeness[row, twin] > max(likeness[row, others])


def test_another_projection_makes_meanings_that_are_not_compared_with_those_of_before(encoder, tmp_path):
    twin = shutil.copytree(encoder_folder(), tmp_path / "twin")
    same = Encoder.load(twin)
    assert (same.version, same.space) == (encoder.version, encoder.space)
    other = shutil.copytree(twin, tmp_path / "other")
    np.savez(other / "meaning.npz", projection=np.eye(encoder.width), centre=np.zeros(encoder.width))
    turned = Encoder.load(other)
    assert turned.version == encoder.version
    assert turned.space != encoder.space


@pytest.mark.parametrize("missing", ["layers.onnx", "pieces.npz", "tokenizer.json.gz", "meaning.npz"])
def test_a_missing_file_is_named(tmp_path, missing):
    folder = tmp_path / missing
    folder.mkdir()
    for name in ("layers.onnx", "pieces.npz", "tokenizer.json.gz", "meaning.npz"):
        if name != missing:
            shutil.copy(encoder_folder() / name, folder)
    with pytest.raises(PluginError, match=f"there is no {missing}"):
        Encoder.load(folder).meaning(np.zeros((1, 384), dtype=np.float32))
