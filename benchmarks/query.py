"""How fast queries are: `python -m benchmarks.query`, by default 1,000 queries over 100,000 mentions.

The mentions are those of `benchmarks.generate`, the queries are drawn from their words: OR of 5 to 20 terms,
phrases, NEAR, wildcards, fields, NOT. Beside it a loop of `re` over the texts, one expression a query, on a sample
and extrapolated: it knows no accents, no fields and no NEAR, so what it does is less.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import sys
import time
from itertools import pairwise
from typing import Any

import polars as pl

from benchmarks import generate

SAMPLE_QUERIES, SAMPLE_MENTIONS = 40, 2_000


def mentions(count: int) -> pl.DataFrame:
    """So many invented mentions, with the columns that the fields of the queries ask for."""
    rows: list[dict[str, Any]] = []
    for line in generate.lines(count * 103 // 100 + 100):
        try:
            post = json.loads(line)
        except (ValueError, UnicodeDecodeError):
            continue  # the malformed ones
        if isinstance(post["counts"], dict) and isinstance(post["counts"]["likes"], int):
            rows.append({
                "text": post["text"], "title": None, "lang": post["lang"], "url": post["url"],
                "author_handle": post["user"]["handle"], "author_followers": post["user"]["followers"],
                "tagged": post["tags"]["handles"], "hashtags": post["tags"]["hashtags"], "likes": post["counts"]["likes"],
            })  # fmt: skip
        if len(rows) == count:
            break
    return pl.DataFrame(rows, schema_overrides={"title": pl.String})


class Drawing:
    """Draws queries as people write them."""

    def __init__(self, seed: int, texts: pl.Series) -> None:
        self.rng = random.Random(seed)
        self.brands = generate.brands(50)
        words = texts.str.to_lowercase().str.extract_all(r"\p{L}{3,}").explode()
        counts = words.value_counts(sort=True, name="n")
        self.words: list[str] = counts[words.name].to_list()[:2_000]

    def word(self) -> str:
        """A word, the frequent ones oftener; one in ten occurs nowhere."""
        if self.rng.random() < 0.1:
            return f"absent{self.rng.randrange(10_000)}"
        return self.words[int(len(self.words) * self.rng.random() ** 2)]

    def term(self) -> str:
        """A word, phrase, wildcard, hashtag or account."""
        drawn = self.rng.random()
        if drawn < 0.15:
            return f'"{self.word()} {self.word()}"'
        if drawn < 0.25:
            return f"{self.word()[:4]}*"
        if drawn < 0.27:
            return f"*{self.word()[-4:]}"
        if drawn < 0.32:
            return self.rng.choice(("#bonplan", "@ami_1*", "=été", "!Lyon"))
        return self.word()

    def several(self) -> str:
        """An OR of 5 to 20 terms, or a brand."""
        if self.rng.random() < 0.4:
            return self.rng.choice(self.brands)
        return f"({' OR '.join(self.term() for _ in range(self.rng.randrange(5, 21)))})"

    def query(self) -> str:
        """A whole query."""
        rng, parts = self.rng, [self.several()]
        if rng.random() < 0.5:
            parts.append(self.several())
        if rng.random() < 0.3:
            parts.append(f"{rng.choice(self.brands)} NEAR/{rng.randrange(2, 12)} {self.several()}")
        if rng.random() < 0.4:
            parts.append(f"NOT ({' OR '.join(self.term() for _ in range(4))})")
        if rng.random() < 0.3:
            field = (
                "lang:(fr OR en)",
                "followers:>=1000",
                "author:camille_1*",
                "likes:>3",
                "has:link",
                "tagged:ami_7",
            )
            parts.append(rng.choice(field))
        return " AND ".join(parts)


def naive_seconds(queries: list[str], texts: list[str]) -> float:
    """Seconds for one regular expression a query, text by text: any of the words of the query."""
    seconds = 0.0
    for query in queries:
        words = [
            re.escape(word) for word in re.findall(r"\w{3,}", query) if word not in {"AND", "NOT", "NEAR"}
        ]
        expression = re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE)
        start = time.perf_counter()
        for text in texts:
            expression.search(text)
        seconds += time.perf_counter() - start
    return seconds


def measure(queries: int, rows: int, seed: int) -> dict[str, float]:
    """Index, match and time; seconds by step, and how many pairs matched."""
    from listening_etl.query import Corpus, parse

    frame = mentions(rows)
    drawing = Drawing(seed, frame["text"])
    written = [drawing.query() for _ in range(queries)]
    parse("warm")  # loads the grammar
    clock = [time.perf_counter()]
    parsed = [parse(text) for text in written]
    clock.append(time.perf_counter())
    corpus = Corpus(frame)
    clock.append(time.perf_counter())
    found = sum(int(corpus.matches(query).sum()) for query in parsed)
    clock.append(time.perf_counter())
    spans = sum(corpus.first_evidence(query).height for query in parsed[:100])
    clock.append(time.perf_counter())
    sample = frame["text"].head(SAMPLE_MENTIONS).to_list()
    few = written[:SAMPLE_QUERIES]
    scale = queries / len(few) * frame.height / len(sample)
    steps = ("parse", "index", "match", "evidence")
    return {name: end - start for name, (start, end) in zip(steps, pairwise(clock), strict=True)} | {
        "naive": naive_seconds(few, sample) * scale,
        "rows": frame.height,
        "found": found,
        "spans": spans,
    }


def report(found: dict[str, float], queries: int) -> None:
    """Print a table."""
    pairs = queries * found["rows"]
    print(
        f"{queries:,} queries, {found['rows']:,} mentions, {found['found'] / pairs:.1%} of the pairs match\n"
    )
    print(f"{'step':<34}{'seconds':>9}{'pairs/s':>16}")
    print(f"{'parse the queries':<34}{found['parse']:>9.2f}")
    print(f"{'index the mentions':<34}{found['index']:>9.2f}")
    print(f"{'match':<34}{found['match']:>9.2f}{pairs / found['match']:>16,.0f}")
    whole = found["index"] + found["match"]
    print(f"{'index and match':<34}{whole:>9.2f}{pairs / whole:>16,.0f}")
    print(f"{'first evidence, 100 queries':<34}{found['evidence']:>9.2f}")
    print(f"{'a loop of re, extrapolated':<34}{found['naive']:>9.0f}{pairs / found['naive']:>16,.0f}")
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def main() -> int:
    """The command line; 1 when index and match take longer than `--at-most`."""
    parser = argparse.ArgumentParser(prog="benchmarks.query", description="How fast queries are.")
    parser.add_argument("--queries", type=int, default=1_000)
    parser.add_argument("--mentions", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--at-most", type=float, default=float("inf"), help="seconds above which it fails")
    given = parser.parse_args()
    found = measure(given.queries, given.mentions, given.seed)
    report(found, given.queries)
    return int(found["index"] + found["match"] > given.at_most)


if __name__ == "__main__":
    sys.exit(main())
