"""Reads an area from GeoJSON (RFC 7946) as one shape, in degrees, that may reach beyond longitude 180."""

import math
from itertools import pairwise

import numpy as np

from listening_etl import ConfigError

SHORT = 180
TURN = 360
NESTED = {"FeatureCollection": "features", "GeometryCollection": "geometries", "Feature": "geometry"}


def area_of(given, where):
    """All polygons of a GeoJSON object as one shape; raises `ConfigError` that names the place in it."""
    import shapely

    parts = list(_polygons(given, where))
    if not parts:
        raise ConfigError("there is no polygon", where=where, do="Give at least one Polygon or MultiPolygon.")
    return shapely.union_all(parts)


def _polygons(given, where):
    kind = given.get("type") if isinstance(given, dict) else type(given).__name__
    if kind in NESTED:
        inner = given.get(NESTED[kind])
        if kind == "Feature":
            yield from _polygons(inner, f"{where}.geometry")
            return
        for n, one in enumerate(_list(inner, f"{where}.{NESTED[kind]}")):
            yield from _polygons(one, f"{where}.{NESTED[kind]}[{n}]")
    elif kind == "Polygon":
        yield _polygon(_list(given.get("coordinates"), f"{where}.coordinates"), f"{where}.coordinates")
    elif kind == "MultiPolygon":
        for n, one in enumerate(_list(given.get("coordinates"), f"{where}.coordinates")):
            yield _polygon(_list(one, f"{where}.coordinates[{n}]"), f"{where}.coordinates[{n}]")
    else:
        raise ConfigError(
            f"{kind!r} is no area",
            where=where,
            do="Give a Polygon, MultiPolygon, Feature or collection of these.",
        )


def _polygon(rings, where):
    """A polygon that begins between -180 and 180, without its holes, whichever turn they are written on."""
    import shapely

    if not rings:
        raise ConfigError(
            "a polygon without a ring", where=where, do="Give its outer ring first, then holes."
        )
    shapes = [shapely.Polygon(_ring(ring, f"{where}[{n}]")) for n, ring in enumerate(rings)]
    for n, shape in enumerate(shapes):
        if not shape.is_valid:
            what = f"the ring crosses itself: {shapely.is_valid_reason(shape)}"
            raise ConfigError(what, where=f"{where}[{n}]", do="Draw it without crossings.")
    outer, *holes = (_turned(shape, -math.floor((shape.bounds[0] + 180) / TURN)) for shape in shapes)
    return outer.difference(shapely.union_all([_turned(hole, n) for hole in holes for n in (-1, 0, 1)]))


def _turned(shape, turns):
    """The shape moved so many times round the globe."""
    import shapely

    return shapely.transform(shape, lambda at: np.add(at, (turns * TURN, 0)))


def _ring(given, where):
    """The positions of a ring without jumps at the antimeridian; one round a pole is closed over it."""
    ring = [_position(one, f"{where}[{n}]") for n, one in enumerate(_list(given, where))]
    if len(ring) < 4 or ring[0] != ring[-1]:
        what = f"a ring of {len(ring)} positions, from {ring[:1]} to {ring[-1:]}"
        do = "A ring has four positions or more, the last equal to the first."
        raise ConfigError(what, where=where, do=do)
    path, turns = [ring[0]], 0
    for (before, _), (lon, lat) in pairwise(ring):
        if SHORT < abs(lon - before) < TURN:
            turns += TURN if lon < before else -TURN
        path.append((lon + turns, lat))
    if turns:
        pole = math.copysign(90, sum(lat for _, lat in ring))
        path += [(path[-1][0], pole), (path[0][0], pole), path[0]]
    return path


def _position(given, where):
    numbers = isinstance(given, list) and len(given) >= 2 and all(type(n) in (int, float) for n in given[:2])
    if not numbers:
        raise ConfigError(f"{given!r:.60} is no position", where=where, do="Write [longitude, latitude].")
    lon, lat = given[:2]
    if not abs(lat) <= 90:
        raise ConfigError(
            f"latitude {lat} is beyond a pole", where=where, do="Write [longitude, latitude], in this order."
        )
    if not abs(lon) <= TURN:
        raise ConfigError(
            f"longitude {lon} is more than one turn round the globe", where=where, do="Write degrees."
        )
    return float(lon), float(lat)


def _list(given, where):
    if not isinstance(given, list):
        raise ConfigError(f"{type(given).__name__} where a list is due", where=where, do="See RFC 7946.")
    return given
