"""Keeps or drops what was written within an area on the map."""

from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import orjson
import polars as pl
from pydantic import Field, model_validator

from listening_etl import ConfigError, Options, hookimpl

from ._geojson import area_of


class GeofenceOptions(Options):
    """The area, and what becomes of mentions by their position."""

    path: Path | None = Field(None, description="a GeoJSON file: polygons, in any nesting")
    area: dict[str, Any] | None = Field(None, description="the same, written out here")
    inside: bool = Field(True, description="keep what is inside; false: keep what is outside")
    without_position: Literal["keep", "drop"] = Field(
        "keep", description="what becomes of mentions without a position"
    )

    @model_validator(mode="after")
    def _one_area(self):
        if (self.path is None) == (self.area is None):
            raise ValueError("give one area: `path` or `area`")
        if self.area is not None:
            try:
                area_of(self.area, "area")
            except ConfigError as error:
                raise ValueError(str(error)) from error
        return self


class Geofence:
    """Keeps what was written inside an area, or outside of it; a mention without a position is never placed.

    The area is GeoJSON (RFC 7946): polygons with holes, straight edges in degrees, points on an edge inside. It
    may cross the antimeridian cut in two, as the standard has it, with longitudes beyond 180, or with an edge
    that jumps from 179 to -179: an edge of more than 180 degrees is taken to go the short way round, one of 360
    to go all the way. A ring that goes round a pole holds it: the one that it is nearer to.
    """

    name = "geofence"
    version = "1"
    reason = "by its position"
    options_type = GeofenceOptions

    def keep(self, mentions, options):
        """Whether each row stays, and else where it is; null without a position."""
        known = pl.col("lat").is_between(-90, 90) & pl.col("lon").is_finite()
        placed = mentions.select(known=known.fill_null(value=False))["known"].arg_true()
        at = mentions.select("lon", "lat")[placed]
        held = within(shape(options), at["lon"].to_numpy(), at["lat"].to_numpy())
        inside = pl.Series([None], dtype=pl.Boolean).new_from_index(0, mentions.height).scatter(placed, held)
        keep = inside if options.inside else ~inside
        if options.without_position == "drop":
            keep = keep.fill_null(value=False)
        where = pl.when(inside).then(pl.lit("inside the area")).when(~inside).then(pl.lit("outside the area"))
        return pl.select(keep=keep, why=where.otherwise(pl.lit("it has none")))


def shape(options):
    """The area of the options, read and checked once."""
    if options.path is None:
        return _shape(orjson.dumps(options.area), "area")
    try:
        return _shape(options.path.read_bytes(), str(options.path))
    except OSError as error:
        do = "Check `path` of the filter geofence."
        raise ConfigError(f"the area cannot be read: {error}", where=str(options.path), do=do) from error


@cache
def _shape(text, where):
    import shapely

    try:
        given = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ConfigError(f"no JSON: {error}", where=where, do="Write GeoJSON.") from error
    area = area_of(given, where)
    shapely.prepare(area)
    return area


EDGE = 1e-9
"""Degrees, a tenth of a millimetre: so near to an edge is on it."""


def within(area, lon, lat):
    """Whether points are in an area that may reach beyond 180 degrees; a pole has every longitude."""
    import shapely

    east = (lon + 180) % 360 - 180
    held = np.zeros(len(lon), dtype=bool)
    for turn in (0, 360):
        held |= shapely.dwithin(area, shapely.points(east + turn, lat), EDGE)
    for pole in (-90, 90):
        if (at := lat == pole).any():
            held[at] = shapely.intersects(area, shapely.LineString([(-180, pole), (540, pole)]))
    return held


@hookimpl
def listening_filters():
    """Offer the filter."""
    return [Geofence()]
