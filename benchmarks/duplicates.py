"""How many planted copies are found, how many found are none, how fast: `python -m benchmarks.duplicates`.

Among background texts (invented, or the files given, one text a line) copies of some are planted, edited in ways
that are known. Two texts count as found when they are in one cluster. Recall is over pairs of a planted text and its
copies, or of two copies of one; precision over pairs found that hold a planted copy. Pairs of two background texts
are counted apart, for nobody knows the truth about them: `--show N` prints some to read. `rensa` and `datasketch`
get the same texts, folded as ours: 128 permutations, shingles of 5 characters, at 0.8 and at what suits them best.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
import polars as pl

from benchmarks import generate
from listening_etl.duplicates import clusters, components, new_pairs, normal, sketches

LETTERS = "abcdefghijklmnopqrstuvwxyz"
NEIGHBOURS = dict(zip("azertyuiopqsdfghjklmwxcvbn", "zarezutyoipaqsdfhgjkmlwxvb", strict=True))
EDITS = ("substituted", "inserted", "deleted", "typed")
SHARES = (0.01, 0.02, 0.05, 0.10, 0.15)
PHRASE = 5
"""Who shares so many words in a row with another background text may be its copy, and is not copied from."""
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


def background(files: list[Path], count: int, seed: int) -> list[str]:
    """Texts among which copies are planted: those of the files, or invented ones."""
    if files:
        texts = [
            line for file in files for line in file.read_text("utf-8", errors="replace").split("\n") if line
        ]
        return texts[:count]
    lines = map(_loaded, generate.lines(count, seed))
    return [line["text"] for line in lines if line and line.get("text")]


def _loaded(line: bytes) -> dict[str, str] | None:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def corpus(background: list[str], seed: int) -> tuple[list[str], list[Planted]]:
    """Background and copies, shuffled: one text in twenty gets 1 to 7 copies."""
    planter, rng = Planter(seed), random.Random(seed)
    able = _unlike_others(normal(pl.Series(background)))
    kinds = [(kind, share) for kind in EDITS for share in SHARES] + [(kind, 0.03) for kind in WRAPS]
    texts, groups = list(background), []
    for number, place in enumerate(rng.sample(able, min(len(able), len(background) // 20))):
        kind, share = kinds[number % len(kinds)]
        copies = [planter.copy(background[place], kind, share) for _ in range(rng.randint(1, 7))]
        groups.append((kind, share, [place, *range(len(texts), len(texts) + len(copies))]))
        texts += copies
    order = list(range(len(texts)))
    rng.shuffle(order)
    moved = {old: new for new, old in enumerate(order)}
    planted = [Planted(kind, share, [moved[old] for old in places]) for kind, share, places in groups]
    return [texts[old] for old in order], planted


def _unlike_others(words: pl.Series) -> list[int]:
    """Places of texts that are long enough and have no phrase that another has."""
    split = pl.DataFrame({"place": range(len(words)), "word": words.str.split(" ")}).explode("word")
    phrase = pl.concat_str([pl.col("word").shift(-n).over("place") for n in range(PHRASE)], separator=" ")
    phrases = split.with_columns(phrase=phrase).drop_nulls().unique(["place", "phrase"])
    shared = phrases.filter(pl.len().over("phrase") > 1)["place"].unique()
    able = pl.DataFrame({"place": range(len(words)), "words": words}).filter(
        pl.col("words").is_unique(),
        pl.col("words").str.len_chars() >= LONG,
        ~pl.col("place").is_in(shared.implode()),
    )
    return able["place"].to_list()


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


def ours(texts: pl.Series) -> np.ndarray:
    """Clusters as this package makes them."""
    return clusters(texts).to_numpy()


def rensa(texts: pl.Series, threshold: float, bands: int) -> np.ndarray:
    """Clusters of texts that rensa takes for alike."""
    from rensa import RMinHash, RMinHashLSH

    index, made = RMinHashLSH(threshold=threshold, num_perm=128, num_bands=bands), []
    for number, shingles in enumerate(_shingles(texts)):
        made.append(RMinHash(num_perm=128, seed=42))
        made[-1].update(shingles)
        index.insert(number, made[-1])
    return _joined(made, index.query, threshold)


def datasketch(texts: pl.Series, threshold: float, bands: int) -> np.ndarray:
    """Clusters of texts that datasketch takes for alike."""
    from datasketch import MinHash, MinHashLSH

    index, made = MinHashLSH(num_perm=128, params=(bands, 128 // bands)), []
    for number, shingles in enumerate(_shingles(texts)):
        made.append(MinHash(num_perm=128))
        made[-1].update_batch([shingle.encode() for shingle in shingles])
        index.insert(number, made[-1])
    return _joined(made, index.query, threshold)


def _shingles(texts: pl.Series) -> Iterator[list[str]]:
    for text in normal(texts):
        yield [text[start : start + 5] for start in range(max(len(text) - 4, 1))]


def _joined(made: list, query: Callable, threshold: float) -> np.ndarray:
    """Clusters of those whose signatures are as alike as the threshold asks."""
    pairs = [
        (number, other)
        for number, one in enumerate(made)
        for other in query(one)
        if number < other and one.jaccard(made[other]) >= threshold
    ]
    frame = pl.DataFrame(pairs, {"left": pl.Int64, "right": pl.Int64}, orient="row")
    return components(pl.Series(range(len(made))), frame).to_numpy()


METHODS: dict[str, Callable[[pl.Series], np.ndarray]] = {
    "ours": ours,
    "rensa 0.8": lambda texts: rensa(texts, 0.8, 16),
    "rensa 0.3": lambda texts: rensa(texts, 0.3, 64),
    "datasketch 0.8": lambda texts: datasketch(texts, 0.8, 16),
    "datasketch 0.3": lambda texts: datasketch(texts, 0.3, 64),
}


def measured(name: str, texts: pl.Series, planted: list[Planted]) -> np.ndarray:
    """Run a method and print what it found."""
    start = time.perf_counter()
    found = METHODS[name](texts)
    seconds = time.perf_counter() - start
    result = score(found, planted)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n{name}: recall {result.overall:.4f}, precision {result.precision:.4f}; {len(texts) / seconds:,.0f} texts/s "
          f"({seconds:.1f} s), peak so far {peak:,.0f} MB; pairs of background texts: {result.background:,}")  # fmt: skip
    for kind in EDITS:
        print(f"  {kind:12}", *(f"{share:4.0%} {result.recall[kind, share]:.3f} " for share in SHARES))
    print("  ", *(f"{kind} {result.recall[kind, 0.03]:.3f} " for kind in WRAPS))
    return found


def show(texts: list[str], found: np.ndarray, planted: list[Planted], count: int) -> None:
    """Print pairs of background texts that were taken for copies without having the same words."""
    copies = {place for group in planted for place in group.places[1:]}
    frame = pl.DataFrame({"cluster": found, "text": texts, "words": normal(pl.Series(texts))})
    frame = frame[[place for place in range(len(texts)) if place not in copies]].unique(
        "words", maintain_order=True
    )
    pairs = (
        frame.filter(pl.len().over("cluster") > 1)
        .group_by("cluster", maintain_order=True)
        .agg(pl.col("text").head(2))
    )
    for one, other in pairs.sample(min(count, len(pairs)), seed=1)["text"]:
        print(f"\n  {one}\n  {other}")


def incremental(texts: list[str], fresh: int, known: int) -> None:
    """Time so many new texts against so many known ones, known by what is stored of them."""
    rng = np.random.default_rng(1)
    column = pl.Series("text", texts)
    real = sketches(column).with_columns(column, id=pl.int_range(pl.len(), dtype=pl.Int64))
    more = max(known + fresh - len(real), 0)
    noise = {"words_hash": 16, "signature": 160}
    drawn = {name: pl.Series([row.tobytes() for row in rng.integers(0, 256, (more, size), np.uint8)], dtype=pl.Binary)
             for name, size in noise.items()}  # fmt: skip
    made = pl.DataFrame(drawn).with_columns(
        text=pl.lit(None, pl.String), id=pl.int_range(pl.len()) + len(real)
    )
    rest = pl.concat([real[fresh:], made.select(real.columns)])
    start = time.perf_counter()
    found = new_pairs(real[:fresh], rest.drop("text"), lambda ids: rest.join(ids.to_frame("id"), on="id"))
    print(
        f"\n{fresh} new texts against {len(rest):,} known: {time.perf_counter() - start:.1f} s, {len(found)} pairs"
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.duplicates", description="Planted copies, and who finds them."
    )
    parser.add_argument("--texts", type=Path, nargs="*", default=[], help="background texts, one a line")
    parser.add_argument("--mentions", type=int, default=100_000, help="about so many texts, copies included")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--methods", nargs="*", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print N pairs of background texts")
    given = parser.parse_args()
    before = background(given.texts, given.mentions * 5 // 6, given.seed)
    texts, planted = corpus(before, given.seed)
    print(
        f"{len(texts):,} texts, of them {len(texts) - len(before):,} planted copies of {len(planted):,} texts"
    )
    for name in given.methods:
        found = measured(name, pl.Series(texts), planted)
        if name == "ours" and given.show:
            show(texts, found, planted, given.show)
    if "ours" in given.methods:
        incremental(texts, 100, 1_000_000)


if __name__ == "__main__":
    main()
