"""The picture of a measure: true to scale, inside its frame, names apart, and every version by itself."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from listening_etl.presentation.drift_picture import (
    APART,
    BARS,
    FLOOR,
    FOOT,
    LEFT,
    MOST,
    RIGHT,
    TOP,
    WIDTH,
    panel,
    told,
)

FIRST = date(2026, 8, 3)
LAST = FIRST + timedelta(weeks=2)


def row(week=0, version="1", abstained=0.0, **votes):
    numbers = all(name[0] in "-0123456789" for name in votes)
    return {
        "measure": "sentiment", "source": "place", "scorer": "plain", "version": version,
        "week": FIRST + timedelta(weeks=week), "votes": votes, "counts": None if numbers else votes,
        "judged_votes": float(sum(votes.values())), "abstained_votes": abstained,
    }  # fmt: skip


def draw(*rows, moved=()):
    return panel("p", rows, moved, FIRST, LAST)


def test_weeks_and_shares_lie_where_they_belong():
    drawn = draw(row(0, good=75, bad=25), row(2, good=50, bad=50))
    good = next(line for line in drawn.lines if line.name == "good")
    # 75 of 100 reaches 82 % at most: the picture ends at 100 %
    height = FLOOR - TOP
    assert [(x, y) for x, y, _ in good.dots] == [
        (LEFT, pytest.approx(FLOOR - 0.75 * height)),
        (WIDTH - RIGHT, pytest.approx(FLOOR - 0.5 * height)),
    ]
    assert drawn.ticks[-1] == (TOP, "100%")
    assert "75% [66%, 82%], 100 votes" in good.dots[0][2]


def test_names_do_not_touch_and_the_rarest_labels_are_left_out():
    drawn = draw(row(0, a=20, b=19, c=18, d=17, e=3), row(2, a=20, b=20, c=20, d=20))
    places = sorted(line.name_y for line in drawn.lines)
    assert len(places) == MOST
    assert min(b - a for a, b in pairwise(places)) >= APART
    assert drawn.left_out == 1


def test_bars_are_votes_and_their_upper_part_abstained():
    full, half = draw(row(0, abstained=50.0, a=50, b=50), row(1, a=50, b=25)).bars
    assert full.above == pytest.approx(BARS)
    assert FOOT - full.top == pytest.approx((FOOT - BARS) * 100 / 150)
    assert (half.above, FOOT - half.top) == (half.top, pytest.approx((FOOT - BARS) / 2))


def test_numbers_have_their_mean_and_each_version_its_line():
    drawn = draw(row(0, **{"0": 10, "1": 30}), row(1, version="2", **{"0": 30, "1": 10}))
    # means 0.75 and 0.25; half an interval: 1.96 sqrt(0.75 0.25 / 40) = 0.134
    assert [line.name for line in drawn.lines] == ["mean", "mean"]
    assert "0.75 [0.616, 0.884]" in drawn.lines[0].dots[0][2]
    assert [judge for _, judge in drawn.changes] == ["plain 2"]
    assert [line.name_y is not None for line in drawn.lines] == [False, True]


def test_large_numbers_fit_beside_the_picture():
    ticks = draw(row(0, **{"3000": 10, "41000": 30}), row(1, **{"2000": 30, "1000": 10})).ticks
    # 31,500 with half an interval of 1.96 sqrt(38,000² 3/16 / 40) = 5,099; 1,750 with 134
    assert [words for _, words in ticks] == ["1.62k", "19.1k", "36.6k"]
    assert [told(value, True) for value in (-0.25, 999.4, 1e6, -2_340_000, 7e9)] == [
        "-0.25",
        "999",
        "1M",
        "-2.34M",
        "7G",
    ]


def test_a_ring_is_around_what_moved():
    rows = [row(0, good=75, bad=25), row(2, abstained=20.0, good=50, bad=50)]
    value = {"week": LAST, "what": "values", "share": 0.5}
    drawn = draw(*rows, moved=[(value, "moved"), (value | {"what": "abstention"}, "silent")])
    (x, y, words), (_, at_bar, _) = drawn.rings
    assert (x, words) == (WIDTH - RIGHT, "moved")
    assert y in [dot[1] for line in drawn.lines for dot in line.dots]
    assert BARS <= at_bar <= FOOT
