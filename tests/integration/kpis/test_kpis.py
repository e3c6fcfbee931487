"""Every KPI on the small world of `conftest.py`, worked out by hand, the arithmetic beside it."""

from datetime import date
from math import sqrt

import pytest
import sqlalchemy as sa

from listening_etl.statistics.intervals import Z

DAY, NEXT, AFTER = date(2026, 3, 10), date(2026, 3, 11), date(2026, 3, 12)
F200K = 200_000 * (0.15 - 0.09 * 100_000 / 9_900_000)  # 29,818.18 people: f is 0.14909 at 200,000 followers


def test_volume_counts_mentions_authors_and_stories(world):
    found = world.figure("volume")
    # aqua: m1-m5 of ann, m6 m9 m14 of bob, m7 and m8 of two unknown authors, m16 of dan; not the deleted one,
    # not the brand's own, not m13, which is the next day in Paris; m1, m2 and m7 are one story, m7 alone on bird;
    # so are m9 and m10, of which m9 alone is about aqua
    counts = {place: row.n for place, row in found.items()}
    assert counts == {
        ("aqua", DAY, "all", "each"): 11,
        ("aqua", DAY, "all", "author"): 5,
        ("aqua", DAY, "all", "story"): 9,  # 11 - 2
        ("aqua", DAY, "forum", "each"): 6,
        ("aqua", DAY, "forum", "author"): 2,
        ("aqua", DAY, "forum", "story"): 5,
        ("aqua", DAY, "bird", "each"): 5,
        ("aqua", DAY, "bird", "author"): 3,
        ("aqua", DAY, "bird", "story"): 5,
        ("brio", DAY, "all", "each"): 2,
        ("brio", DAY, "all", "author"): 2,
        ("brio", DAY, "all", "story"): 1,
        ("brio", DAY, "forum", "each"): 1,
        ("brio", DAY, "forum", "author"): 1,
        ("brio", DAY, "forum", "story"): 1,
        ("brio", DAY, "bird", "each"): 1,
        ("brio", DAY, "bird", "author"): 1,
        ("brio", DAY, "bird", "story"): 1,
        ("tea", DAY, "all", "each"): 0,
        ("tea", DAY, "all", "author"): 0,
        ("tea", DAY, "all", "story"): 0,
    }
    aqua = found["aqua", DAY, "all", "each"]
    assert aqua.value == 11
    # Byar: 11 · (1 - 1/99 - 1.96/(3·√11))³ = 11 · 0.792912³
    # and 12 · (1 - 1/108 + 1.96/(3·√12))³ = 12 · 1.179337³
    assert (aqua.low, aqua.high) == pytest.approx((5.4836, 19.6832), abs=2e-3)
    assert aqua.definition == "volume/1"


def test_a_silent_day_is_zero_and_an_uncovered_one_unknown(world):
    found = world.figure("volume", DAY, NEXT, AFTER)
    tea = found["tea", NEXT, "all", "each"]
    assert (tea.value, tea.n, tea.low, tea.coverage) == (0, 0, 0, 1)
    for entity in ("aqua", "brio", "tea"):
        later = found[entity, AFTER, "all", "author"]  # after the horizon: nobody asked yet
        assert (later.value, later.n, later.low, later.high, later.coverage) == (None, 0, None, None, None)


def test_what_a_gap_let_through_is_counted_but_is_no_figure(empty):
    since, until = empty.paris("00:00"), empty.paris("24:00")
    empty.load([empty.slice_row(source, since, until, "gap") for source in ("forum", "bird")])
    aqua = empty.figure("volume")["aqua", DAY, "all", "each"]
    assert (aqua.value, aqua.n, aqua.coverage) == (None, 11, 0)


def test_half_past_eleven_at_night_in_london_is_the_next_day_in_paris(world):
    found = world.figure("volume", NEXT)
    assert {place for place, row in found.items() if row.n} == {
        ("aqua", NEXT, source, weighting)
        for source in ("all", "forum")
        for weighting in ("each", "author", "story")  # the story of m13 is told again
    }


def test_reach_estimates_impressions(world):
    found = world.figure("reach")
    # each: m1 1000·0.15 = 150, m2-m5 1200·0.15 = 180 each, m6 m9 m14 29,818.18 each, m16 0 followers = 0
    aqua = found["aqua", DAY, "all", "each"]
    assert aqua.value == pytest.approx(150 + 4 * 180 + 3 * F200K, rel=1e-12)
    assert (aqua.n, aqua.known) == (11, 9)  # m7 and m8: followers unknown
    half = Z * sqrt(150**2 + 4 * 180**2 + 3 * F200K**2)
    assert (aqua.low, aqua.high) == pytest.approx((max(0, aqua.value - half), aqua.value + half), rel=1e-12)
    # author: ann with the most followers seen that day 180, bob once, dan 0
    aqua = found["aqua", DAY, "all", "author"]
    assert aqua.value == pytest.approx(180 + F200K, rel=1e-12)
    assert (aqua.n, aqua.known, aqua.low) == (5, 3, 0)
    # nobody's followers are known: null, never zero
    brio = found["brio", DAY, "forum", "each"]
    assert (brio.value, brio.n, brio.known, brio.low, brio.high) == (None, 1, 0, None, None)


def test_the_seen_share_falls_from_fifteen_to_six_percent(world):
    shares = {
        None: None,
        0: 0,
        100_000: 15_000,
        5_050_000: 5_050_000 * 0.105,
        10_000_000: 600_000,
        10**8: 6 * 10**6,
    }
    for followers, seen in shares.items():
        found = world.connection.scalar(
            sa.text("SELECT kpi.impressions(CAST(:f AS bigint))"), {"f": followers}
        )
        assert found == (seen if seen is None else pytest.approx(seen))


def test_engagement_takes_the_latest_known_counters(world):
    found = world.figure("engagement")
    # m1 3+1, m2 10, m5 0, m6 5+5, m9 2, m16 1; m4 is all hidden, the others were never counted
    aqua = found["aqua", DAY, "all", "each"]
    assert (aqua.value, aqua.n) == (27, 6)
    # squares: 16 + 100 + 0 + 100 + 4 + 1 = 221; 27 - 1.96·14.866 < 0
    assert aqua.low == 0
    assert aqua.high == pytest.approx(27 + Z * sqrt(221))
    # m16's author has no followers: left out of both sums
    assert aqua.rate == pytest.approx(26 / (1000 + 1200 + 1200 + 200_000 + 200_000))
    # author: ann (4+10+0)/3, bob (10+2)/2, dan 1; followers ann 1200, bob 200,000
    aqua = found["aqua", DAY, "all", "author"]
    assert aqua.value == pytest.approx(14 / 3 + 6 + 1)
    assert aqua.n == 3
    assert aqua.high == pytest.approx(aqua.value + Z * sqrt((14 / 3) ** 2 + 36 + 1))
    assert aqua.rate == pytest.approx((14 / 3 + 6) / (1200 + 200_000))
    # brio on the forum was never counted
    brio = found["brio", DAY, "forum", "each"]
    assert (brio.value, brio.n, brio.low, brio.high, brio.rate) == (None, 0, None, None, None)


def test_share_of_voice_compares_the_brand_with_its_rivals(world):
    found = world.figure("share_of_voice", DAY, NEXT)
    shares = {place: (row.mentions, row.n) for place, row in found.items()}
    # m9 is about both and counts for both; tea is a category and no rival; stories as in the volume
    assert shares == {
        ("aqua", DAY, "all", "each"): (11, 13),
        ("brio", DAY, "all", "each"): (2, 13),
        ("aqua", DAY, "all", "author"): (5, 7),
        ("brio", DAY, "all", "author"): (2, 7),
        ("aqua", DAY, "all", "story"): (9, 10),
        ("brio", DAY, "all", "story"): (1, 10),
        ("aqua", DAY, "forum", "each"): (6, 7),
        ("brio", DAY, "forum", "each"): (1, 7),
        ("aqua", DAY, "forum", "author"): (2, 3),
        ("brio", DAY, "forum", "author"): (1, 3),
        ("aqua", DAY, "forum", "story"): (5, 6),
        ("brio", DAY, "forum", "story"): (1, 6),
        ("aqua", DAY, "bird", "each"): (5, 6),
        ("brio", DAY, "bird", "each"): (1, 6),
        ("aqua", DAY, "bird", "author"): (3, 4),
        ("brio", DAY, "bird", "author"): (1, 4),
        ("aqua", DAY, "bird", "story"): (5, 6),
        ("brio", DAY, "bird", "story"): (1, 6),
        ("aqua", NEXT, "all", "each"): (1, 1),
        ("brio", NEXT, "all", "each"): (0, 1),
        ("aqua", NEXT, "all", "author"): (1, 1),
        ("brio", NEXT, "all", "author"): (0, 1),
        ("aqua", NEXT, "all", "story"): (1, 1),
        ("brio", NEXT, "all", "story"): (0, 1),
        ("aqua", NEXT, "forum", "each"): (1, 1),
        ("brio", NEXT, "forum", "each"): (0, 1),
        ("aqua", NEXT, "forum", "author"): (1, 1),
        ("brio", NEXT, "forum", "author"): (0, 1),
        ("aqua", NEXT, "forum", "story"): (1, 1),
        ("brio", NEXT, "forum", "story"): (0, 1),
    }
    sums = {}
    for (_, *cell), row in found.items():
        sums[tuple(cell)] = sums.get(tuple(cell), 0) + row.value
    assert list(sums.values()) == pytest.approx([1] * len(sums), abs=1e-12)
    brio = found["brio", DAY, "all", "each"]
    # Wilson of 2/13: (2 + 1.9207 -+ 1.96·√(2·11/13 + 0.9604)) / (13 + 3.8415) = (3.9207 -+ 3.1920) / 16.8415
    assert (brio.value, brio.low, brio.high) == pytest.approx((2 / 13, 0.04327, 0.42234), abs=2e-5)


def test_net_sentiment_counts_every_mention_once(world):
    found = world.figure("net_sentiment")
    # P: m1-m4, and m16 by its value; U: m5; N: m6 m7; m8 m9 m14 not judged; the lexicon was not chosen
    for formula, n in (("nss", 7), ("nss_all", 8)):
        row = found["aqua", DAY, "all", "each", formula]
        assert (row.positive, row.neutral, row.negative, row.judged, row.n) == (5, 1, 2, 8, n)
        assert row.value == pytest.approx(3 / n)  # (5 - 2) / n
        # two more votes of sum 0 and sum of squares 1: mean' = 3/(n+2), var' = (7+1)/(n+2) - mean'²
        mean, spread = 3 / (n + 2), 8 / (n + 2) - (3 / (n + 2)) ** 2
        half = Z * sqrt(spread / (n + 2))
        assert (row.low, row.high) == pytest.approx((mean - half, mean + half))


def test_net_sentiment_lets_every_author_vote_once_a_day(world):
    found = world.figure("net_sentiment")
    # nss: ann (1+1+1+1)/4 = 1, bob -1, the unknown author of m7 -1, dan 1: sum 0, squares 4
    row = found["aqua", DAY, "all", "author", "nss"]
    assert (row.value, row.n, row.judged, row.positive) == (0, 4, 8, 5)
    half = Z * sqrt((5 / 6) / 6)
    assert (row.low, row.high) == pytest.approx((-half, half))
    # nss_all: ann (4·1 + 0)/5 = 0.8: sum 0.8 - 1 - 1 + 1 = -0.2, squares 0.64 + 3
    row = found["aqua", DAY, "all", "author", "nss_all"]
    assert (row.value, row.n) == (pytest.approx(-0.05), 4)
    half = Z * sqrt((4.64 / 6 - (0.2 / 6) ** 2) / 6)
    assert (row.low, row.high) == pytest.approx((-0.2 / 6 - half, -0.2 / 6 + half))


def test_net_sentiment_lets_every_story_vote_once_a_day(world):
    found = world.figure("net_sentiment")
    # nss: m1, m2 and m7 together (1+1-1)/3; m3, m4 and m16 1 each; m6 -1: sum 1/3 + 3 - 1, squares 1/9 + 4
    row = found["aqua", DAY, "all", "story", "nss"]
    assert (row.value, row.n, row.judged, row.positive) == (pytest.approx(7 / 15), 5, 8, 5)
    half = Z * sqrt((46 / 9 / 7) - (7 / 3 / 7) ** 2) / sqrt(7)  # two more votes: squares 37/9 + 1, n 5 + 2
    assert (row.low, row.high) == pytest.approx((1 / 3 - half, min(1, 1 / 3 + half)))
    # nss_all: m5 is one more, neutral
    row = found["aqua", DAY, "all", "story", "nss_all"]
    assert (row.value, row.n) == (pytest.approx(7 / 18), 6)
    # on bird m7 stands without its other copies
    row = found["aqua", DAY, "bird", "story", "nss"]
    assert (row.value, row.n) == (-1, 2)


def test_net_sentiment_of_neutral_mentions_alone_is_unknown_by_one_formula_and_zero_by_the_other(world):
    found = world.figure("net_sentiment")
    nss, nss_all = (found["brio", DAY, "all", "each", formula] for formula in ("nss", "nss_all"))
    assert (nss.value, nss.n, nss.low, nss.high, nss.judged) == (None, 0, None, None, 1)
    assert (nss_all.value, nss_all.n, nss_all.neutral) == (0, 1, 1)
    assert ("brio", DAY, "bird", "each", "nss") not in found  # m9 is not judged: no row


def test_response_rate_counts_public_replies_of_the_brand(world):
    found = world.figure("response_rate", DAY, NEXT)
    # due: m2 (its reply was deleted), m6, m9 (none), m14, m16; a reply of cat and a quote are no answer
    assert {place: (row.answered, row.n) for place, row in found.items()} == {
        ("aqua", DAY, "all", "each"): (3, 5),
        ("aqua", DAY, "all", "author"): (2, 3),  # bob and dan got one, ann none
        ("aqua", DAY, "forum", "each"): (1, 2),
        ("aqua", DAY, "forum", "author"): (1, 2),
        ("aqua", DAY, "bird", "each"): (2, 3),
        ("aqua", DAY, "bird", "author"): (1, 1),
        ("aqua", NEXT, "all", "each"): (0, 1),
        ("aqua", NEXT, "all", "author"): (0, 1),
        ("aqua", NEXT, "forum", "each"): (0, 1),
        ("aqua", NEXT, "forum", "author"): (0, 1),
    }
    row = found["aqua", DAY, "all", "each"]
    # Wilson of 3/5: (3 + 1.9207 -+ 1.96·√(3·2/5 + 0.9604)) / 8.8415 = (4.9207 -+ 2.8808) / 8.8415
    assert (row.value, row.low, row.high) == pytest.approx((0.6, 0.23072, 0.88238), abs=2e-5)


def test_response_time_is_a_median_of_first_replies(world):
    found = world.figure("response_time", DAY, NEXT)
    # m6 600 s (the second reply does not count), m16 1800 s, m14 3600 s
    row = found["aqua", DAY, "all", "each"]
    assert (row.value, row.n, row.low, row.high) == (1800, 3, 600, 3600)
    assert row.p90 == pytest.approx(1800 + 0.8 * 1800)  # place 0.9 · 2 = 1.8 from 0
    # bob's first answered mention is m6, so m14 does not count again
    row = found["aqua", DAY, "all", "author"]
    assert (row.value, row.n) == (1200, 2)
    assert row.p90 == pytest.approx(600 + 0.9 * 1200)
    assert {place[1] for place in found} == {DAY}  # nothing of the next day was answered
