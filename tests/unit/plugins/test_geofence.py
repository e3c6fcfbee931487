"""Points and areas: edges, holes, the antimeridian, poles, and GeoJSON that is none."""

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from listening_etl import ConfigError, Mention
from listening_etl.frame import from_mentions
from plugins.filters.geofence import Geofence, GeofenceOptions

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def box(west, south, east, north):
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings)}


def judged(positions, area=None, **options):
    mentions = [
        Mention(native_id=str(n), published_at=NOON, lat=lat, lon=lon)
        for n, (lon, lat) in enumerate(positions)
    ]
    return Geofence().keep(from_mentions(mentions)[0], GeofenceOptions(area=area, **options))


def kept(area, *positions, **options):
    return judged(positions, area, **options)["keep"].to_list()


LYON = polygon(box(4.7, 45.7, 4.9, 45.8))
FIJI = {"type": "MultiPolygon", "coordinates": [[box(177, -20, 180, -15)], [box(-180, -20, -178, -15)]]}
FIJI_BEYOND = polygon(box(177, -20, 182, -15))
FIJI_WEST = polygon(box(-183, -20, -178, -15))
FIJI_JUMPING = polygon(box(177, -20, -178, -15))


def test_inside_edge_vertex_outside():
    assert kept(LYON, (4.8, 45.75), (4.7, 45.75), (4.8, 45.8), (4.9, 45.8), (4.95, 45.75), (4.8, 45.9)) == [
        True, True, True, True, False, False]  # fmt: skip


def test_a_slanting_edge_is_inside_whatever_floats_make_of_it():
    triangle = polygon([[0, 0], [0.3, 0.3], [0.3, 0], [0, 0]])
    assert kept(triangle, (0.1, 0.1), (0.2, 0.2), (0.1, 0.1000001)) == [True, True, False]


def test_a_hole_is_outside_and_its_edge_inside():
    ring = polygon(box(0, 0, 10, 10), box(4, 4, 6, 6))
    assert kept(ring, (5, 5), (4, 5), (6, 6), (3, 3), (5, 3.9)) == [False, True, True, True, True]


def test_kept_is_the_outside_if_asked_and_the_reason_says_where():
    answer = judged([(4.8, 45.75), (2.3, 48.8), (None, None)], LYON, inside=False)
    assert answer["keep"].to_list() == [False, True, None]
    assert answer["why"].to_list() == ["inside the area", "outside the area", "it has none"]


@pytest.mark.parametrize(
    "position", [(None, 45.75), (4.8, None), (4.8, 91.0), (float("nan"), 45.75), (float("inf"), 1.0)]
)
def test_what_has_no_position_is_never_placed(position):
    assert kept(LYON, position) == [None]
    assert kept(LYON, position, inside=False) == [None]
    assert kept(LYON, position, without_position="drop") == [False]
    assert kept(LYON, position, inside=False, without_position="drop") == [False]


@pytest.mark.parametrize(
    "area", [FIJI, FIJI_BEYOND, FIJI_WEST, FIJI_JUMPING], ids=["cut", "182", "-183", "jumping"]
)
def test_fiji_however_the_antimeridian_is_written(area):
    suva, taveuni, lau = (178.44, -18.14), (180.0, -16.85), (-178.8, -18.2)
    assert kept(area, suva, taveuni, (-180.0, -16.85), lau, (538.44 - 360, -18.14)) == [True] * 5
    assert kept(area, (0, -18), (-177.9, -18), (176.9, -18), (178.44, -21)) == [False] * 4


def test_a_hole_on_the_other_side_of_the_antimeridian():
    area = polygon(box(170, -10, -170, 10), box(-176, -2, -174, 2))
    assert kept(area, (-175, 0), (175, 0), (-173, 0), (-165, 0)) == [False, True, True, False]


def test_a_ring_round_a_pole_holds_it():
    arctic = polygon([[0, 66], [90, 66], [180, 66], [-90, 66], [0, 66]])
    assert kept(arctic, (25, 80), (-179, 70), (77, 90), (0, 66), (0, 65), (0, -90)) == [
        True, True, True, True, False, False]  # fmt: skip
    turned_round = polygon([[0, -66], [-90, -66], [180, -66], [90, -66], [0, -66]])
    assert kept(turned_round, (25, -80), (10, -90), (25, 80)) == [True, True, False]


def test_a_polar_ring_with_the_pole_cut_out():
    def around(lat, start):
        lons = [(start + step + 180) % 360 - 180 for step in (0, 90, 180, 270)]
        return [[lon, lat] for lon in (*lons, lons[0])]

    area = polygon(around(60, -180), around(80, 30))
    assert kept(area, (100, 70), (-170, 70), (100, 85), (5, 90), (100, 50)) == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_a_pole_has_every_longitude():
    antarctica = polygon([[-180, -90], [180, -90], [180, -60], [-180, -60], [-180, -90]])
    assert kept(antarctica, (0, -90), (123, -90), (0, -75), (0, -59)) == [True, True, True, False]


def test_the_whole_globe_and_half_of_it():
    assert kept(polygon(box(-180, -90, 180, 90)), (0, 0), (180, 45), (-180, -90)) == [True] * 3
    assert kept(polygon(box(-180, 0, 180, 90)), (170, 1), (170, -1)) == [True, False]


def test_any_nesting_and_altitudes():
    feature = {"type": "Feature", "properties": {"name": "Lyon"}, "geometry": LYON}
    far = {"type": "GeometryCollection", "geometries": [polygon([[*at, 12.5] for at in box(9, 9, 10, 10)])]}
    both = {"type": "FeatureCollection", "features": [feature, {"type": "Feature", "geometry": far}]}
    assert kept(both, (4.8, 45.75), (9.5, 9.5), (7, 7)) == [True, True, False]


@pytest.mark.parametrize(
    ("area", "said"),
    [
        ({"type": "Point", "coordinates": [4, 45]}, "area: 'Point' is no area"),
        ({"type": "FeatureCollection", "features": []}, "area: there is no polygon"),
        ({"type": "FeatureCollection", "features": [{"type": "Feature"}]}, "area.features[0].geometry: 'NoneType'"),
        (polygon([[0, 0], [1, 0], [1, 1]]), "area.coordinates[0]: a ring of 3 positions"),
        (polygon([[0, 0], [1, 0], [1, 1], [0, 1]]), "area.coordinates[0]: a ring of 4 positions, from"),
        (polygon(box(0, 0, 1, 1), box(45, 4, 46, 100)), "area.coordinates[1][2]: latitude 100 is beyond a pole"),
        (polygon([[0, 0], ["1", 0], [1, 1], [0, 0]]), "area.coordinates[0][1]: ['1', 0] is no position"),
        (polygon([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]), "area.coordinates[0]: the ring crosses itself"),
        (polygon(box(0, 0, 400, 1)), "area.coordinates[0][1]: longitude 400"),
        ({"type": "Polygon"}, "area.coordinates: NoneType where a list is due"),
        ({}, "area: None is no area"),
    ],
)  # fmt: skip
def test_bad_geojson_is_told_with_its_place(area, said):
    with pytest.raises(ValidationError) as told:
        GeofenceOptions(area=area)
    assert said in str(told.value)


def test_an_area_comes_from_a_file_and_its_mistakes_name_it(tmp_path):
    file = tmp_path / "lyon.geojson"
    file.write_bytes(orjson.dumps(LYON))
    assert judged([(4.8, 45.75), (5, 45)], path=file)["keep"].to_list() == [True, False]
    file.write_text("{", "utf-8")
    with pytest.raises(ConfigError, match=r"lyon\.geojson: no JSON"):
        judged([(4.8, 45.75)], path=file)
    with pytest.raises(ConfigError, match=r"paris\.geojson: the area cannot be read"):
        judged([(4.8, 45.75)], path=tmp_path / "paris.geojson")


@pytest.mark.parametrize("options", [{}, {"area": LYON, "path": "x.geojson"}])
def test_one_area_has_to_be_given(options):
    with pytest.raises(ValidationError, match="give one area"):
        GeofenceOptions(**options)


CORNERS = st.tuples(st.integers(-180, 180), st.integers(-80, 79), st.integers(1, 170), st.integers(1, 10))


@given(CORNERS, st.integers(-180, 180), st.integers(-90, 90))
def test_a_box_holds_what_arithmetic_says_wherever_it_lies(corner, lon, lat):
    west, south, width, height = corner
    east = (west + width + 180) % 360 - 180
    in_box = (lon - west) % 360 <= width and south <= lat <= south + height
    assert kept(polygon(box(west, south, west + width, south + height)), (lon, lat)) == [in_box]
    if abs(east - west) != 360 and abs(east - west) != 180:
        assert kept(polygon(box(west, south, east, south + height)), (lon, lat)) == [in_box]
