"""Weeks are counted and judged by hand: what warns, what does not, and that no order matters."""

import random
import statistics
from datetime import UTC, datetime

import pytest

from listening_etl.pipeline import drift
from listening_etl.warehouse import drift as warehouse
from tests.integration.drift.conftest import day_of

NINE = tuple(range(9))


def test_a_week_is_counted_by_mentions_and_by_votes(weeks):
    weeks.say(0, negative=3, by="loud")  # a third of a vote each: one altogether
    weeks.say(
        0, positive=1, by="loud", source="forum"
    )  # elsewhere the same words are another week of a voice
    weeks.say(0, positive=2, abstained=1)
    weeks.say(0, neutral=4, story="copied")  # four people, one story: a quarter each
    weeks.say(0, negative=5, owned=True)
    weeks.watch(0)
    social, forum = sorted(
        weeks.rows("SELECT * FROM listening.measure_week"), key=lambda row: row["source"] == "forum"
    )
    assert social["week"] == day_of(0)
    assert (social["judged"], social["abstained"]) == (9, 1)
    assert social["counts"] == {"negative": 3, "neutral": 4, "positive": 2}
    assert social["votes"] == pytest.approx({"negative": 1, "neutral": 1, "positive": 2})
    assert (social["judged_votes"], social["abstained_votes"]) == (pytest.approx(4), 1)
    assert (social["mean"], social["sd"], social["deciles"]) == (None, None, None)
    assert forum["votes"] == {"positive": 1}


def test_a_week_begins_on_monday_where_the_topic_is(weeks):
    weeks.say(0, positive=1, at=datetime(2026, 8, 9, 21, 59, tzinfo=UTC))  # Sunday 23:59 in Paris
    weeks.say(0, positive=1, at=datetime(2026, 8, 9, 22, 0, tzinfo=UTC))  # Monday
    weeks.watch(0, 1)
    counted = weeks.rows("SELECT week, judged FROM listening.measure_week ORDER BY week")
    assert counted == [{"week": day_of(0), "judged": 1}, {"week": day_of(1), "judged": 1}]


def test_numbers_are_counted_by_rounded_value_with_mean_and_deciles(weeks):
    weeks.count(0, [0.501, 0.499, -1, 2, 123.44, 98765])
    weeks.watch(0)
    (row,) = weeks.rows("SELECT * FROM listening.measure_week")
    assert row["counts"] is None
    assert row["votes"] == {"0.5": 2, "-1": 1, "2": 1, "123": 1, "98800": 1}
    values = [-1, 0.5, 0.5, 2, 123, 98800]
    assert row["mean"] == pytest.approx(sum(values) / 6)
    assert row["sd"] == pytest.approx(statistics.stdev(values))
    # the least value of which so many tenths of the six are no greater: 0.6 1.2 1.8 2.4 3 3.6 4.2 4.8 5.4
    assert row["deciles"] == [-1, 0.5, 0.5, 0.5, 0.5, 2, 123, 123, 98800]


def test_a_shift_of_many_voices_is_a_warning(weeks):
    for week in range(8):
        weeks.say(week, positive=41 + week % 2, neutral=40, negative=18)
    weeks.say(8, positive=25, neutral=30, negative=45)
    assert [row["state"] for row in weeks.watch(*NINE)].count("warning") == 1
    found = weeks.verdict(8)
    assert found["state"] == "warning"
    assert (found["label"], found["n"], found["reference_weeks"]) == ("negative", 100, 8)
    assert found["share"] == pytest.approx(0.45)
    assert found["reference_share"] == pytest.approx(144 / 796)
    assert found["q"] <= 0.05
    assert weeks.verdict(7)["state"] == "steady"
    assert weeks.verdict(2)["state"] == "too_few"  # two weeks before it say nothing of their unrest
    assert weeks.verdict(3)["state"] == "steady"


def test_one_loud_voice_or_one_copied_text_is_none(weeks):
    for week in range(8):
        weeks.say(week, positive=40, neutral=40, negative=18)
    weeks.say(8, positive=40, neutral=40, negative=18)
    weeks.say(8, negative=80, by="loud")
    weeks.say(8, "forum", positive=1)
    weeks.say(8, negative=80, story="copied")
    assert {row["state"] for row in weeks.watch(*NINE)} == {"steady", "too_few"}
    assert weeks.verdict(8, source="social")["n"] == 100


def test_a_few_voices_are_none_and_neither_is_a_small_step(weeks):
    for week in range(8):
        weeks.say(week, positive=900, negative=100)
        weeks.say(week, "forum", positive=40, negative=40)
    weeks.say(8, positive=885, negative=125)  # 10 % to 12.4 %: sure, and too near to matter
    weeks.say(8, "forum", negative=29)
    weeks.watch(*NINE)
    near = weeks.verdict(8, source="social")
    assert (near["state"], near["distance"] < 0.05) == ("steady", True)
    assert weeks.verdict(8, source="forum")["state"] == "too_few"


def test_abstention_is_watched_apart(weeks):
    for week in range(8):
        weeks.say(week, positive=90, abstained=10)
    weeks.say(8, positive=60, abstained=40)
    weeks.watch(*NINE)
    assert weeks.verdict(8)["state"] == "steady"
    found = weeks.verdict(8, "abstention")
    assert (found["state"], found["label"], found["share"]) == ("warning", "abstained", 0.4)


def test_silence_of_who_was_never_silent_and_a_label_that_nobody_had_are_warnings(weeks):
    for week in range(8):
        weeks.say(week, positive=100)
        weeks.count(week, [1.0] * 50)
    weeks.say(8, positive=52, negative=8, abstained=40)
    weeks.count(8, [1.0] * 25 + [0.4] * 25)
    weeks.watch(*NINE)
    told = {(row["measure"], row["what"]): row for row in weeks.rows("SELECT * FROM ops.drift") if row["q"]}
    assert {key: (row["state"], row["label"]) for key, row in told.items()} == {
        ("sentiment", "abstention"): ("warning", "abstained"),
        ("sentiment", "values"): ("warning", "negative"),
        ("urgency", "values"): ("warning", None),
    }


def test_numbers_are_watched_by_fifths(weeks):
    for week in range(8):
        weeks.count(week, [step / 100 for step in range(100)])
    weeks.count(8, [step / 100 for step in range(40, 100)])
    weeks.watch(*NINE)
    found = weeks.verdict(8)
    assert (found["state"], found["label"]) == ("warning", None)
    assert found["share"] == pytest.approx(0.695)
    assert found["reference_share"] == pytest.approx(0.495)


def test_another_version_is_told_apart_from_drift(weeks):
    for week in range(8):
        weeks.say(week, positive=80, negative=20)
    for week in range(8, 12):
        weeks.say(week, positive=50, negative=50, version="2")
    weeks.watch(*range(12))
    told = [weeks.verdict(week)["state"] for week in range(8, 12)]
    assert told == ["version_changed"] * 3 + ["steady"]  # the fourth has three weeks of its own before it
    changed = weeks.verdict(8)
    assert (changed["reference_version"], changed["version"], changed["p"]) == ("linear 1", "2", None)
    assert "when linear 1 judged" in drift.sentence(changed)


def test_order_repetition_and_stretches_of_time_do_not_matter(weeks):
    rng = random.Random(5)
    for week in range(12):
        weeks.say(week, positive=rng.randint(30, 60), negative=rng.randint(30, 60), abstained=week)
        weeks.count(week, [rng.random() for _ in range(50)])
    for week in range(12):
        weeks.watch(week)
    one_by_one = (weeks.rows("SELECT * FROM listening.measure_week"), weeks.rows("SELECT * FROM ops.drift"))
    weeks.watch(*range(12))
    weeks.watch(5)
    weeks.watch(11, 4)
    for table, before in zip(("listening.measure_week", "ops.drift"), one_by_one, strict=True):
        again = weeks.rows(f"SELECT * FROM {table}")
        assert sorted(map(repr, again)) == sorted(map(repr, before))
    assert len(one_by_one[1]) == 12 * 4


def test_what_left_is_counted_no_more(weeks):
    for week in range(3):
        weeks.say(week, positive=3)
    weeks.watch(0, 1, 2)
    weeks.connection.exec_driver_sql("UPDATE listening.fct_mention SET deleted_at = published_at")
    weeks.watch(1, 2)
    assert [row["week"] for row in weeks.rows("SELECT week FROM listening.measure_week")] == [day_of(0)]
    assert {row["week"] for row in weeks.rows("SELECT week FROM ops.drift")} == {day_of(0)}


def test_a_topic_that_scores_no_mention_is_not_counted_from_the_start_again_and_again(weeks):
    weeks.connection.exec_driver_sql("""
        INSERT INTO kpi.volume (topic, entity, day, source, channel, weighting, n, definition)
        VALUES ('kettles', 'acme', '2026-08-03', 'all', 'all', 'each', 1, 'volume 1')""")
    counted = warehouse.count_weeks(weeks.connection, "kettles", [day_of(8)])
    assert counted == [day_of(8)]
    weeks.say(0, positive=1)
    assert warehouse.count_weeks(weeks.connection, "kettles", [day_of(8)]) == [day_of(0), day_of(8)]


def test_sentences_have_the_figures():
    row = {
        "measure": "sentiment", "source": "social", "week": day_of(10), "state": "warning", "label": "negative",
        "share": 0.312, "reference_share": 0.181, "n": 240.4, "reference_n": 1900.0, "reference_weeks": 8, "p": 0.00031,
    }  # fmt: skip
    assert drift.sentence(row) == (
        "sentiment on social: 31% negative in the week of 12 October 2026, 18% in the 8 weeks before "
        "(n = 240 and 1,900, p = 0.00031)"
    )
    mean = row | {"label": None, "share": 0.5, "reference_share": 0.25, "p": 1e-9}
    assert "mean 0.50 in the week of 12 October 2026, 0.25 in the 8 weeks before" in drift.sentence(mean)
    assert "p < 0.0001" in drift.sentence(mean)
    large = drift.sentence(mean | {"share": 14641.17, "reference_share": 0.5})
    assert "mean 14,641 in the week of 12 October 2026, 0.50 in the 8 weeks before" in large
