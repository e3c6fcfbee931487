"""Which way a text points from the middle of all that is said in its language.

Encodings of all texts lie in one corner, and those of a language together in it; what two texts have in common
shows from the middle of that corner. Then the same thing said in French and in English is one theme.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from listening_etl.themes.fitting import Floats, unit

ALL = ""
"""Stands for all languages together, and for one of which little or nothing is known."""
WEIGHT = 30
"""So many texts in the middle of all count in the middle of a language: a few texts have none of their own."""


def centres(vectors: Floats, languages: Sequence[str | None]) -> dict[str, Floats]:
    """The middle of unit vectors in each language, and of all under ''."""
    middle = vectors.mean(axis=0, dtype=np.float64)
    spoken = np.array([language or ALL for language in languages])
    found = {ALL: middle.astype(np.float32)}
    for language in sorted(set(spoken.tolist()) - {ALL}):
        own = vectors[spoken == language]
        found[language] = (
            (own.sum(axis=0, dtype=np.float64) + WEIGHT * middle) / (len(own) + WEIGHT)
        ).astype(np.float32)
    return found


def directions(vectors: Floats, languages: Sequence[str | None], middles: Mapping[str, Floats]) -> Floats:
    """The unit vector from the middle of its language to each vector; from the middle of all where it has none."""
    names = list(middles)
    place = {name: number for number, name in enumerate(names)}
    rows = np.fromiter(
        (place.get(language or ALL, place[ALL]) for language in languages), np.int64, len(languages)
    )
    return unit(vectors - np.stack([middles[name] for name in names])[rows])
