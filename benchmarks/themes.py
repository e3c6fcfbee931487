"""Themes: seconds and memory to find and to place, what moves, and what the index misses.

`python -m benchmarks.themes --mentions 100000`; `--labelled FILE` (airline tweets of Kaggle: `text`, `negativereason`)
compares with other ways to cluster. Vectors are planted: 60 themes of unlike sizes, a third of them with companions nearby, and
noise; 384 numbers each.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.relevance import complaints
from listening_etl.encoding import Encoder, encoder_folder
from listening_etl.themes import NEW, NONE, centres, directions, fit, place, unit

WIDTH, THEMES = 384, 60
SAMPLED = 8_000
ASKED, FOUND = 200, 10

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def planted(mentions: int, seed: int = 0) -> tuple[Floats, Ints]:
    """Vectors in one corner, as those of texts are, and the theme of each; -1 for one in four, which is noise."""
    draw = np.random.default_rng(seed)
    middles = unit(draw.normal(size=(THEMES, WIDTH)))
    middles[: THEMES // 3] = unit(middles[: THEMES // 3] + 0.7 * middles[THEMES // 3 : 2 * (THEMES // 3)])
    share = 1 / np.arange(1, THEMES + 1) ** 0.6
    theme = draw.choice(THEMES, size=mentions, p=share / share.sum())
    noise = draw.random(mentions) < 0.25
    vectors = np.empty((mentions, WIDTH), np.float32)
    corner = unit(draw.normal(size=(1, WIDTH)))
    for start in range(0, mentions, 50_000):
        rows = slice(start, start + 50_000)
        own = draw.normal(size=(len(theme[rows]), WIDTH)).astype(np.float32) / WIDTH**0.5
        about = np.where(noise[rows, None], 0, middles[theme[rows]])
        vectors[rows] = unit(2 * corner + 0.5 * about + own)
    return vectors, np.where(noise, NONE, theme)


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Prints seconds of clock and of the processor, and the most memory so far."""
    clock, work = time.perf_counter(), time.process_time()
    yield
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{what:44} {time.perf_counter() - clock:7.1f} s  {time.process_time() - work:7.1f} s CPU  {most:6.0f} MB"
    )


def agreement(truth: Ints, placed: Ints) -> str:
    """How well places tell the truth, where they tell anything."""
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    told = placed >= 0
    both = (truth[told], placed[told])
    hits = sum(
        np.unique(truth[placed == theme], return_counts=True)[1].max() for theme in np.unique(placed[told])
    )
    return (
        f"{len(np.unique(placed[told])):3d} groups, placed {told.mean():.2f}, NMI {normalized_mutual_info_score(*both):.3f}, "
        f"ARI {adjusted_rand_score(*both):.3f}, purity {hits / told.sum():.3f}"
    )


def find_and_place(vectors: Floats, truth: Ints) -> None:
    """A fit on a sample, all mentions placed, and the same a day later."""
    n = len(vectors)
    sample = np.sort(np.random.default_rng(1).permutation(n)[:SAMPLED])
    early = sample[sample < n * 0.9]
    with timed(f"fit on {len(early):,} texts"):
        middles = centres(vectors[early], [None] * len(early))
        first = fit(directions(vectors[early], [None] * len(early), middles))
    with timed(f"place {n:,} mentions"):
        before, _ = place(directions(vectors, [None] * n, middles), first.themes)
    print("  ", agreement(truth, before))
    known = np.where(sample < n * 0.9, NEW, NEW)
    known[: len(early)] = first.placed
    with timed("the next day, a tenth more: fit"):
        middles = centres(vectors[sample], [None] * len(sample))
        second = fit(directions(vectors[sample], [None] * len(sample), middles), known, len(first.themes))
    with timed(f"the next day: place {n:,} again"):
        after, _ = place(directions(vectors, [None] * n, middles), second.themes, before)
    stayed = (before == after)[before >= 0].mean()
    print(
        f"   of the mentions of themes {stayed:.2%} stay, {len(second.split)} new themes, {len(second.merged)} merged"
    )


def index(vectors: Floats) -> None:
    """Build the index on the embedded server, and hold it against exact search."""
    import sqlalchemy as sa

    from listening_etl.warehouse import engine, nearest

    with tempfile.TemporaryDirectory(prefix="themes-pg-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        engine.start_embedded(data)
        try:
            with engine.transaction(engine.socket_url(data)) as connection:
                connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS vector"))
                connection.execute(sa.text(f"CREATE TABLE v (id int, direction halfvec({WIDTH}))"))
                driver: Any = connection.connection.driver_connection
                with driver.cursor() as cursor, cursor.copy("COPY v FROM STDIN") as stream:
                    for number, row in enumerate(vectors):
                        stream.write_row((number, "[" + ",".join(f"{x:.5f}" for x in row) + "]"))
                with timed(f"index of {len(vectors):,} built"):
                    connection.execute(sa.text("CREATE INDEX ON v USING hnsw (direction halfvec_ip_ops)"))
                connection.execute(sa.text(f"SET hnsw.ef_search = {nearest.LOOKED_AT}"))
                recall(driver, vectors)
        finally:
            engine.stop_embedded(data)


def recall(driver: Any, vectors: Floats) -> None:
    """The share of the true nearest that the index finds, and how long each way takes."""
    asked = np.random.default_rng(2).permutation(len(vectors))[:ASKED]
    hits, by_index, exact = 0, 0.0, 0.0
    query = "SELECT id FROM v ORDER BY direction <#> %s::real[]::halfvec LIMIT %s"
    for number in asked:
        clock = time.perf_counter()
        near = vectors @ vectors[number]
        true = set(np.argpartition(-near, FOUND)[:FOUND].tolist())
        exact += time.perf_counter() - clock
        clock = time.perf_counter()
        found = {row[0] for row in driver.execute(query, (vectors[number].tolist(), FOUND))}
        by_index += time.perf_counter() - clock
        hits += len(true & found)
    per = 1000 / ASKED
    print(
        f"   recall of the nearest {FOUND}: {hits / (FOUND * ASKED):.3f}; {by_index * per:.1f} ms, exact {exact * per:.1f} ms"
    )


def compare(file: Path) -> None:
    """Other ways to cluster the same vectors, beside ours."""
    from sklearn.cluster import HDBSCAN, AgglomerativeClustering, KMeans
    from sklearn.decomposition import PCA

    tweets, encoder = complaints(file), Encoder.load(encoder_folder())
    vectors = encoder.meaning(encoder.encode(tweets["text"].to_list()))
    truth = tweets["negativereason"].cast(pl.Categorical).to_physical().to_numpy()
    ways = directions(vectors, [None] * len(vectors), centres(vectors, [None] * len(vectors)))
    few = unit(PCA(20, random_state=0).fit_transform(ways).astype(np.float32))
    methods: dict[str, Callable[[], Any]] = {
        "k-means, 10": lambda: KMeans(10, n_init=3, random_state=0).fit_predict(ways),
        "k-means, 20": lambda: KMeans(20, n_init=3, random_state=0).fit_predict(ways),
        "Ward, 12": lambda: AgglomerativeClustering(12).fit_predict(ways),
        "average linkage, 100": lambda: AgglomerativeClustering(
            100, metric="cosine", linkage="average"
        ).fit_predict(ways),
        "HDBSCAN on 20 components": lambda: HDBSCAN(12, min_samples=5, copy=True).fit_predict(few),
        "HDBSCAN, leaves": lambda: HDBSCAN(
            12, min_samples=5, copy=True, cluster_selection_method="leaf"
        ).fit_predict(few),
        "ours": lambda: fit(ways).placed,
    }
    for name, method in methods.items():
        work = time.process_time()
        placed = np.asarray(method())
        print(f"{name:26} {agreement(truth, placed)}, {time.process_time() - work:.1f} s CPU")
    find_and_place(vectors, truth)


def main() -> None:
    """Print it all."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--mentions", type=int, default=100_000)
    asked.add_argument("--labelled", type=Path)
    given = asked.parse_args()
    if given.labelled:
        compare(given.labelled)
        return
    vectors, truth = planted(given.mentions)
    find_and_place(vectors, truth)
    index(vectors)


if __name__ == "__main__":
    main()
