"""The shared encoding as Flair knows embeddings: import this module, and Flair can load our heads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from flair.data import Sentence
from flair.embeddings.base import DocumentEmbeddings, register_embeddings

from listening_etl.encoding.encoder import Encoder
from listening_etl.encoding.folders import encoder_folder


@register_embeddings("SharedEncoding")
class SharedEncoding(DocumentEmbeddings):
    """A text's vector by the shared encoder, which is no part of a saved model: heads stay small.

    A sentence that has its encoding keeps it, so many heads cost one reading. Encodings do not change, whatever
    is trained on them.
    """

    def __init__(self, folder: str | None = None) -> None:
        self.name = "shared encoding"
        self.static_embeddings = True
        super().__init__()
        self.folder = folder
        self.encoder = Encoder.load(Path(folder) if folder else encoder_folder())
        self.eval()

    @property
    def embedding_length(self) -> int:
        """Numbers in an encoding."""
        return self.encoder.width

    def _add_embeddings_internal(self, sentences: list[Sentence]) -> None:
        fresh = [sentence for sentence in sentences if self.name not in sentence._embeddings]
        vectors = self.encoder.encode([sentence.to_original_text() for sentence in fresh])
        for sentence, vector in zip(fresh, torch.from_numpy(vectors), strict=True):
            sentence.set_embedding(self.name, vector)

    @classmethod
    def from_params(cls, params: dict[str, Any]) -> SharedEncoding:
        """As Flair loads it."""
        return cls(params.get("folder"))

    def to_params(self) -> dict[str, Any]:
        """As Flair saves it: without the encoder."""
        return {"folder": self.folder}
