"""How far an author's mentions travel, compared with the other authors of the same platform."""

import polars as pl
from pydantic import Field

from listening_etl import Options, Range, hookimpl

COLUMNS = {
    "followers": "followers",
    "engagement": "median_engagement",
    "pagerank": "pagerank",
    "specialisation": "specialisation",
}
DECIMALS = 12  # below this, floats depend on the order of addition


def weight(default, description):
    """An option that says how much a component counts."""
    return Field(default, ge=0, allow_inf_nan=False, description=f"weight of {description}")


class InfluenceOptions(Options):
    """What each component counts; only the ratios matter."""

    followers: float = weight(0.3, "the followers")
    engagement: float = weight(0.4, "the median engagement of their mentions")
    pagerank: float = weight(0.2, "the PageRank by who replies to, quotes and reshares whom")
    specialisation: float = weight(0.1, "the share of what they say that is about our topics")


class Influence:
    """Ranks authors within their platform by followers, engagement, PageRank and specialisation, 0 to 1.

    Gets one row an author of one platform, all of them at once. A component is its percentile,
    (average rank - 0.5) / n, among the authors of whom it is known; one known of a single author is 0.5, the
    middle. Unknown components are left out and the others' weights scaled to sum to 1; null if none is known.
    Bots and brands are ranked like everybody else; `author_kind` tells them apart.
    """

    name = "influence"
    measure = "influence"
    scale = Range(0, 1)
    scope = "author"
    version = "2"
    languages = None
    options_type = InfluenceOptions

    def score(self, authors, options):
        """`value`, and `detail`: percentiles and the weights they had. Their products sum to the value."""
        parts = authors.select(percentile(source).alias(name) for name, source in COLUMNS.items())
        given = {name: pl.when(pl.col(name).is_not_null()).then(getattr(options, name)) for name in COLUMNS}
        total = pl.sum_horizontal(given.values())
        weights = {name: weight / pl.when(total > 0).then(total) for name, weight in given.items()}
        value = pl.sum_horizontal(pl.col(name) * weight for name, weight in weights.items())
        return parts.select(
            value=pl.when(total > 0).then(value.round(DECIMALS)),
            detail=pl.when(total > 0).then(pl.struct(*COLUMNS, pl.struct(**weights).alias("weights"))),
        )


def percentile(column):
    """Place among the known values, strictly between 0 and 1; equal values share it. Of a logarithm it is the same."""
    known = pl.col(column).cast(pl.Float64).fill_nan(None)
    return (known.rank("average") - 0.5) / known.count()


@hookimpl
def listening_scorers():
    """Offer the scorer."""
    return [Influence()]
