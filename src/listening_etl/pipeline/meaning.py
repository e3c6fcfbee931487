"""What texts are about: unit vectors whose product is likeness, from what the encoder read."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from listening_etl.encoding import Encoder, encoder_folder
from listening_etl.encoding.encoder import FILES, MEANING, digest


class Meaning:
    """Turns vectors of a version of the encoder, as kept, into what they mean.

    Where that encoder is no longer here, or knows of no meanings, its vectors stand for themselves.
    """

    def __init__(self, version: str):
        self.version = version

    @property
    def space(self) -> str:
        """Names what its answers can be compared with: they differ by encoder, and by whether it is here."""
        return self._encoder.space if self._encoder is not None else f"{self.version}, as kept"

    def __call__(self, kept: pl.Series) -> NDArray[np.float32]:
        """Unit vectors, [texts, width], of half-precision vectors in bytes."""
        raw = b"".join(kept.to_list())
        vectors = np.frombuffer(raw, "<f2").reshape(len(kept), -1).astype(np.float32)
        if self._encoder is not None:
            return self._encoder.meaning(vectors)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: NDArray[np.float32] = vectors / np.maximum(lengths, np.float32(1e-12))
        return unit

    @cached_property
    def _encoder(self) -> Encoder | None:
        folder = encoder_folder().resolve()
        here = all((folder / name).is_file() for name in (*FILES, MEANING))
        return Encoder.load(folder) if here and digest(folder) == self.version else None
