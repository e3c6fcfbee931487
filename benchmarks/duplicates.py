"""How many planted copies are found, how many found are none, how fast: `python -m benchmarks.duplicates`.

Among background texts (invented, or the files given, one text a line) copies of some are planted, edited in ways
that are known. Two texts count as found when they are in one cluster. Recall is over pairs of a planted text and its
copies, or of two copies of one; precision over pairs found that hold a planted copy. Pairs of two background texts
are counted apart, for nobody knows the truth about them: `--show N` prints some to read.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks import generate
from listening_etl.duplicates import clusters, normal

LETTERS = "abcdefghijklmnopqrstuvwxyz"
NEIGHBOURS = dict(zip("azertyuiopqsdfghjklmwxcvbn", "zarezutyoipaqsdfhgjkmlwxvb", strict=True))
EDITS = ("substituted", "inserted", "deleted", "typed")
SHARES = (0.01, 0.02, 0.05, 0.10, 0.15)
WRAPS = ("tags", "link", "reshared", "emoji", "cut", "several")
LONG = 60


@dataclass(frozen=True)
class Planted:
    """A kind of edit, and the places of a text and its copies."""

    kind: str
    share: float
    places: list[int]


class Planter:
    """Draws copies of texts, edited in one way each."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def copy(self, text: str, kind: str, share: float) -> str:
        """A copy of a text."""
        if kind in EDITS:
            return self.edited(text, kind, max(1, round(share * len(text))))
        if kind == "several":
            text = self.edited(text, "typed", max(1, round(share * len(text))))
            return self.wrapped(self.wrapped(text, self.rng.choice(("tags", "link"))), "reshared")
        return self.wrapped(text, kind)

    def edited(self, text: str, kind: str, count: int) -> str:
        """So many characters edited, at places drawn at random."""
        characters = list(text)
        for place in sorted(self.rng.sample(range(len(text)), min(count, len(text))), reverse=True):
            how = (
                self.rng.choice(("doubled", "neighbour", "left out", "swapped")) if kind == "typed" else kind
            )
            here = characters[place]
            if how == "substituted":
                characters[place] = self.rng.choice(LETTERS)
            elif how == "inserted":
                characters.insert(place, self.rng.choice(LETTERS))
            elif how in ("deleted", "left out"):
                del characters[place]
            elif how == "doubled":
                characters.insert(place, here)
            elif how == "neighbour":
                characters[place] = NEIGHBOURS.get(here.lower(), self.rng.choice(LETTERS))
            else:
                characters[place : place + 2] = reversed(characters[place : place + 2])
        return "".join(characters)

    def wrapped(self, text: str, kind: str) -> str:
        """Words kept, something around them."""
        rng = self.rng
        if kind == "tags":
            tags = [
                f"#{rng.choice(('bonplan', 'infos', 'fail', 'love', 'buzz'))}{rng.randrange(9)}"
                for _ in range(rng.randint(1, 4))
            ]
            return f"{text} {' '.join(tags)}" if rng.random() < 0.7 else f"{' '.join(tags)} {text}"
        if kind == "link":
            return f"{text} https://exemple.fr/{rng.randrange(10**6)}?utm_source=x"
        if kind == "reshared":
            return f"RT @ami_{rng.randrange(5_000)}: {text}"
        if kind == "emoji":
            words = text.split(" ")
            for _ in range(rng.randint(1, 4)):
                words.insert(rng.randrange(len(words) + 1), rng.choice("😀😡🙏🔥❤👏🤷🎉"))
            return " ".join(words)
        return text[: max(LONG, int(len(text) * rng.uniform(0.55, 0.95)))].rstrip() + "…"


def corpus(background: list[str], seed: int) -> tuple[list[str], list[Planted]]:
    """Background and copies, shuffled: about one text in six has 1 to 7 copies, one in twenty is copied."""
    planter, rng = Planter(seed), random.Random(seed)
    words = normal(pl.Series(background))
    sizes, unique = words.str.len_chars().to_numpy(), words.is_unique().to_numpy()
    able = [place for place in range(len(background)) if unique[place] and sizes[place] >= LONG]
    kinds = [(kind, share) for kind in EDITS for share in SHARES] + [(kind, 0.03) for kind in WRAPS]
    texts, groups = list(background), []
    for number, place in enumerate(rng.sample(able, len(background) // 20)):
        kind, share = kinds[number % len(kinds)]
        copies = [planter.copy(background[place], kind, share) for _ in range(rng.randint(1, 7))]
        groups.append((kind, share, [place, *range(len(texts), len(texts) + len(copies))]))
        texts += copies
    order = list(range(len(texts)))
    rng.shuffle(order)
    moved = {old: new for new, old in enumerate(order)}
    planted = [Planted(kind, share, [moved[old] for old in places]) for kind, share, places in groups]
    return [texts[old] for old in order], planted


@dataclass(frozen=True)
class Score:
    """What a method found."""

    recall: dict[tuple[str, float], float]
    overall: float
    precision: float
    background: int


def score(found: np.ndarray, planted: list[Planted]) -> Score:
    """Pairs of planted texts that share a cluster, and pairs in clusters that hold a planted copy."""
    hits: Counter[tuple[str, float]] = Counter()
    all_pairs: Counter[tuple[str, float]] = Counter()
    origin = np.full(len(found), -1)
    is_copy = np.zeros(len(found), bool)
    for number, group in enumerate(planted):
        origin[group.places], is_copy[group.places[1:]] = number, True
        labels = found[group.places]
        size = len(labels)
        all_pairs[group.kind, group.share] += size * (size - 1) // 2
        hits[group.kind, group.share] += sum(n * (n - 1) // 2 for n in Counter(labels.tolist()).values())
    frame = pl.DataFrame({"cluster": found, "origin": origin, "copy": is_copy})
    sizes = frame.group_by("cluster").agg(n=pl.len(), background=(~pl.col("copy")).sum())
    pairs = (sizes["n"] * (sizes["n"] - 1) // 2).sum()
    background = (sizes["background"] * (sizes["background"] - 1) // 2).sum()
    right = sum(hits.values())
    return Score(
        {key: hits[key] / all_pairs[key] for key in all_pairs},
        right / sum(all_pairs.values()), right / (pairs - background), int(background),
    )  # fmt: skip
