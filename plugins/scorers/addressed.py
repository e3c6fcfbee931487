"""How far an author spoke to us, from the entities that a mention matched."""

import polars as pl

from listening_etl import Labels, Options, hookimpl

STRENGTH = {"author": 0, "reply": 1, "tagged": 2, "hashtag": 3, "named": 4}  # "declared" addresses nobody


class Addressed:
    """Says whether a mention replies to us, tags us, uses our hashtag, names us, or none of these.

    The strongest match with an own entity counts; `detail.entity` names it. Null: one of our accounts wrote
    the mention, or nothing was matched yet. A review that its page declares to be about us is "none".
    """

    name = "addressed"
    measure = "addressed"
    scale = Labels("reply", "tagged", "hashtag", "named", "none")
    version = "1"
    languages = None
    options_type = Options

    def score(self, mentions, options):
        """`label`, and `detail` with the entity that decided."""
        rows = mentions.select("matches").with_row_index("row")
        strongest = (
            rows.explode("matches")
            .unnest("matches")
            .filter(pl.col("role") == "own", pl.col("match").is_in(list(STRENGTH)))
            .sort("row", pl.col("match").replace_strict(STRENGTH, default=None), "entity")
            .unique("row", keep="first", maintain_order=True)
        )
        way = pl.col("match")
        unmatched = way.is_null() & pl.col("matches").is_not_null()
        decided = pl.when(way != "author").then(pl.struct("entity"))
        return rows.join(strongest, on="row", how="left", maintain_order="left").select(
            label=pl.when(unmatched).then(pl.lit("none")).when(way != "author").then(way),
            detail=decided,
        )


@hookimpl
def listening_scorers():
    """Offer the scorer."""
    return [Addressed()]
