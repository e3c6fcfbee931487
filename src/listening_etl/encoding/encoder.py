"""One encoding for every head: a text becomes a vector of numbers that depends on that text alone."""

from __future__ import annotations

import functools
import gzip
import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from listening_etl.errors import PluginError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

FILES = ("layers.onnx", "pieces.npz", "tokenizer.json.gz")
MEANING = "meaning.npz"
MAKE = "Name a folder that `python -m models.recipe` wrote."
LONGEST = 128
"""Pieces of a text that are read; of a longer one its first and its last half of that, where people conclude."""
AT_ONCE = 16  # texts that a thread takes
SLOWER = ["SkipLayerNormFusion"]
"""Sum and normalisation in one, as the runtime would have them: a text of 31 pieces takes 8.4 ms so, and 7.0 without."""


class Encoder:
    """Reads texts one by one, on as many threads as the process may have.

    No text shares a batch with another: the layers are quantised by what they see, and a neighbour would change
    the last digits. A vector is the same alone, among others, on the first day and in a replay.
    """

    def __init__(
        self, session: InferenceSession, pieces: NDArray[np.float16], tokenizer: Tokenizer, folder: Path
    ):
        self.session = session
        self.pieces = pieces
        self.tokenizer = tokenizer
        self.folder = folder
        self.version = digest(folder)

    @staticmethod
    def load(folder: Path) -> Encoder:
        """The encoder of a folder with `layers.onnx`, `pieces.npz` and `tokenizer.json.gz`; stays in memory.

        Raises `PluginError` when one is missing.
        """
        return _load(folder.resolve())

    @functools.cached_property
    def width(self) -> int:
        """Numbers in a vector."""
        return int(self.session.get_outputs()[0].shape[-1])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """A vector a text, [texts, width], rounded to what half precision holds, as it is kept."""
        vectors = np.zeros((len(texts), self.width), dtype=np.float16)
        ids = [found.ids for found in self.tokenizer.encode_batch_fast(list(texts))]

        def read(start: int) -> None:
            for row, pieces in enumerate(ids[start : start + AT_ONCE], start):  # one by one: see the class
                (vectors[row],) = self.session.run(None, {"words": self._words(pieces)})[0]

        with ThreadPoolExecutor(threads()) as pool:
            for _ in pool.map(read, range(0, len(ids), AT_ONCE)):
                pass
        return vectors.astype(np.float32)

    def words(self, text: str) -> NDArray[np.float32]:
        """What the layers are given of a text: a vector a piece, [1, pieces, width]."""
        return self._words(self.tokenizer.encode(text).ids)

    def _words(self, pieces: list[int]) -> NDArray[np.float32]:
        return self.pieces[_shortened(pieces)].astype(np.float32)[None]

    def meaning(self, encodings: NDArray[np.float32]) -> NDArray[np.float32]:
        """What texts are about, whatever they feel: unit vectors, [texts, width], whose product is likeness.

        What all texts have in common is taken off, so that unrelated ones are near nought. Raises `PluginError`
        where the folder has no `meaning.npz`.
        """
        projection, centre = _projection(self.folder)
        return _unit(encodings @ projection - centre)

    @functools.cached_property
    def space(self) -> str:
        """Names what meanings can be compared with: the version, and eight hexadecimal digits of the projection.

        Raises `PluginError` where there is none.
        """
        return f"{self.version}/{hashlib.sha256(_meaning(self.folder).read_bytes()).hexdigest()[:8]}"


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float32] = vectors / np.maximum(lengths, np.float32(1e-12))
    return unit


def threads() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _shortened(pieces: list[int]) -> list[int]:
    half = LONGEST // 2
    return pieces if len(pieces) <= LONGEST else pieces[:half] + pieces[-half:]


@functools.cache
def _load(folder: Path) -> Encoder:
    for name in FILES:
        if not (folder / name).is_file():
            what = f"there is no {name} in {str(folder)!r}"
            raise PluginError(what, where="the encoder", do=MAKE)
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = (
        1  # texts run side by side, not parts of one
    )
    session = onnxruntime.InferenceSession(
        str(folder / FILES[0]), options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOWER
    )
    tokenizer = Tokenizer.from_str(gzip.decompress((folder / FILES[2]).read_bytes()).decode())
    with np.load(folder / FILES[1]) as packed:
        pieces = unpacked(packed["nibbles"], packed["scales"])
    return Encoder(session, pieces, tokenizer, folder)


def _meaning(folder: Path) -> Path:
    if not (folder / MEANING).is_file():
        raise PluginError(f"there is no {MEANING} in {str(folder)!r}", where="the encoder", do=MAKE)
    return folder / MEANING


@functools.cache
def _projection(folder: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """From encoding to meaning, [width, width], and the centre of meanings, [width]."""
    with np.load(_meaning(folder)) as packed:
        return packed["projection"].astype(np.float32), packed["centre"].astype(np.float32)


@functools.cache
def digest(folder: Path) -> str:
    """Twelve hexadecimal digits that name the weights."""
    known: Any = hashlib.sha256()
    for name in FILES:
        known.update((folder / name).read_bytes())
    return str(known.hexdigest()[:12])


def unpacked(nibbles: NDArray[np.uint8], scales: NDArray[np.float16]) -> NDArray[np.float16]:
    """Weights, [rows, 32 · blocks], of four bits each, [rows, blocks, 16], with a scale a block of 32."""
    halves = (nibbles & 15, nibbles >> 4)
    blocks = np.concatenate([half.astype(np.int8) - 8 for half in halves], axis=-1)
    return (blocks * scales[..., None]).astype(np.float16).reshape(len(nibbles), -1)
