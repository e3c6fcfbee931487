"""How often stars are held against a text that agrees with them: `python -m benchmarks.rating_gap FILE...`.

FILE: CSV of reviews with a column of stars (`rating` or `note_restaurant`) and one of text (`review_content` or
`contenu_avis`). Reviews of one or five stars are judged as they are, and with their stars turned round.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import polars as pl

from listening_etl.pipeline.context import open_registry
from listening_etl.pipeline.encodings import encode
from listening_etl.registry import product_folders
from plugins.scorers.rating_gap import RatingGap, RatingGapOptions

STARS, TEXT = ("rating", "note_restaurant"), ("review_content", "contenu_avis")
EACH = 110  # reviews of one and of five stars, of each file
DOUBTS = (1.0, 1.64)


def reviews(file: Path) -> pl.DataFrame:
    """French reviews of one or five stars, as mentions."""
    read = pl.read_csv(file, infer_schema=False, truncate_ragged_lines=True)
    stars = next(name for name in STARS if name in read.columns)
    text = next(name for name in TEXT if name in read.columns)
    rating = pl.col(stars).str.replace(",", ".").cast(pl.Float64, strict=False)
    found = read.select(rating=rating, text=text, title=pl.lit(None, pl.String), lang=pl.lit("fr"))
    found = found.filter(pl.col("rating").is_in([1.0, 5.0]), pl.col("text").is_not_null())
    parts = [
        found.filter(pl.col("rating") == one).sample(fraction=1, shuffle=True, seed=7) for one in (1.0, 5.0)
    ]
    return pl.concat(part.head(EACH) for part in parts).with_columns(rating_scale=pl.lit(5.0))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", type=Path, nargs="+")
    told = encode(pl.concat(reviews(file) for file in parser.parse_args().files))
    scorer = open_registry(product_folders()).scorer("sentiment", "sentiment")
    said = scorer.score(told, scorer.options_type()).select("label", "value", "confidence")
    told = told.hstack(said.select(pl.all().name.prefix("score_sentiment_")))
    for doubts in DOUBTS:
        options = RatingGapOptions(doubts=doubts)
        for name, stars in (("as they are", pl.col("rating")), ("turned round", 6 - pl.col("rating"))):
            labels = RatingGap().score(told.with_columns(rating=stars), options)["label"]
            flags = (labels == "flag").sum()
            print(
                f"{doubts} doubts, stars {name}: {flags} of {len(labels)} flagged, {flags / len(labels):.1%}"
            )


if __name__ == "__main__":
    main()
