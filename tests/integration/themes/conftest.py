"""A project that asks for themes, and a reader whose vectors are planted in the words."""

import hashlib
import itertools
from datetime import timedelta

import numpy as np
import pytest

from listening_etl.pipeline import encodings
from tests.integration.stories.telling import HEARD, PLUGIN, SETTINGS, Telling

WIDTH = 64
SUBJECTS = ("facture", "panne", "livraison", "appli", "boutique", "résilier")


class Planted:
    """Reads a text as the direction of its first subject, and something of its own; it has no models to load."""

    version, width = "planted", WIDTH

    def encode(self, texts):
        """A vector a text, by its words alone."""
        return np.array([self.read(text) for text in texts], np.float16).astype(np.float32).reshape(-1, WIDTH)

    @staticmethod
    def read(text):
        seed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big")
        vector = np.random.default_rng(seed).normal(size=WIDTH) / np.sqrt(WIDTH)
        for axis, subject in enumerate(SUBJECTS):
            if subject in text.lower():
                vector[axis] += 1
        return vector / np.linalg.norm(vector)


@pytest.fixture
def reader(monkeypatch):
    monkeypatch.setattr(encodings.Encoder, "load", lambda folder: Planted())


@pytest.fixture
def themed(new_project, light_gate, reader):
    """An empty project that asks for themes."""
    settings = SETTINGS.replace("    entities:", "    themes: {}\n    entities:")
    ticks = itertools.count()
    return Telling(
        new_project(settings, PLUGIN, now=lambda: HEARD + timedelta(days=2, milliseconds=next(ticks)))
    )
