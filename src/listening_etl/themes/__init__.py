"""Themes: unit vectors in, groups that last out, with words that people can read."""

from listening_etl.themes.directions import ALL, centres, directions
from listening_etl.themes.fitting import NEW, NONE, Fitted, Themes, fit, place, unit
from listening_etl.themes.labels import labels, said_by_several

__all__ = [
    "ALL",
    "NEW",
    "NONE",
    "Fitted",
    "Themes",
    "centres",
    "directions",
    "fit",
    "labels",
    "place",
    "said_by_several",
    "unit",
]
