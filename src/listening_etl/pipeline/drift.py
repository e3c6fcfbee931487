"""Drift: hold what each measure says of a source in a week against the weeks before, and warn where it moved.

A warning needs three things: a difference beyond chance and beyond the usual unrest of the weeks before, after a
correction for all that was looked at in the week; a distance that matters; and enough votes. An author counts at
most one a week in each source, and so does a story, so that one loud voice or one copied text is no warning: that is
simpler than a design effect, which a single week is too short to estimate, and errs on the side of silence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from listening_etl.quality import CheckResult
from listening_etl.warehouse import drift

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from listening_etl.warehouse.engine import Connection

    Floats = NDArray[np.float64]

WEEKS = 8
"""Weeks before, against which a week is held."""

RATE = 0.10
"""Share of false alarms among a week's warnings, at most, on average over weeks; a week without any counts 0."""

FLOOR = 0.05
"""Least distance that matters: that of 50 % and 56 %, or of 2 % and 4 %."""

LEAST, LEAST_BEFORE, LEAST_WEEKS = 30, 100, 3
"""Votes that a week needs, those that the weeks before need together, and how many of these have to have any."""

TOLD = 20
"""Warnings kept with the run's checks."""

VERDICTS: dict[str, Any] = {
    **{name: drift.VOTES[name] for name in ("measure", "scorer", "version", "source", "week", "what")},
    "state": pl.String,
    "n": pl.Float64,
    "reference_n": pl.Float64,
    "reference_weeks": pl.Int64,
    "reference_version": pl.String,
    "label": pl.String,
    **dict.fromkeys(("share", "reference_share", "distance", "dispersion", "p", "q"), pl.Float64),
}


def watch(connection: Connection, topic: str, days: Sequence[date]) -> pl.DataFrame:
    """Count the weeks of these days anew and judge them, and the weeks held against them; returns the verdicts.

    Columns are `VERDICTS`, as in ops.drift.
    """
    weeks = drift.count_weeks(connection, topic, days)
    first, until = weeks[0], max(weeks[-1], drift.last_week(connection, topic) or weeks[-1]) + drift.WEEK
    verdicts = judge(drift.votes(connection, topic, first - WEEKS * drift.WEEK, until), first)
    drift.store(connection, topic, first, until, verdicts)
    return verdicts


def judge(votes: pl.DataFrame, since: date) -> pl.DataFrame:
    """The verdict on each series and week from `since` on, as `VERDICTS`; `votes` come from `warehouse.drift`."""
    from listening_etl.statistics.drift import benjamini_hochberg

    series = votes.partition_by("measure", "source", "what", "numbers")  # some hundred, not one a mention
    verdicts = pl.concat(
        [pl.DataFrame(schema=VERDICTS), *(_judged(one, since) for one in series)], how="diagonal"
    )
    tested = (pl.col("state") == "steady") & pl.col("p").is_not_null()
    weeks = [
        one.with_columns(q=pl.Series(benjamini_hochberg(one["p"].to_numpy()), dtype=pl.Float64))
        for one in verdicts.filter(tested).partition_by("week")
    ]
    verdicts = pl.concat([verdicts.filter(~tested), *weeks])
    warned = (pl.col("q") <= RATE) & (pl.col("distance") >= FLOOR)
    state = pl.when(warned).then(pl.lit("warning")).otherwise("state").alias("state")
    exact = pl.col(pl.Float64).round_sig_figs(9)  # the last digits may depend on what else was read
    return verdicts.with_columns(state, exact).sort("week", "measure", "source", "what", "scorer", "version")


def _judged(part: pl.DataFrame, since: date) -> pl.DataFrame:
    """One measure of one source, by whichever scorer and version: each week beside the weeks before."""
    import numpy as np

    from listening_etl.statistics.drift import in_fifths, shift

    judges = part.select("scorer", "version").unique().sort("scorer", "version")
    numbers = bool(part["numbers"][0])
    keys, table, mondays = _table(part, judges, numbers)
    before = np.moveaxis(np.lib.stride_tricks.sliding_window_view(table[:, :-1], WEEKS, axis=1), -1, -2)
    by, enough = _judges_before(before)
    who, when = np.nonzero((table[:, WEEKS:].sum(-1) > 0) & (mondays >= np.datetime64(since)))
    own, week, reference = by[who, when] == who, table[who, when + WEEKS], before[by[who, when], when]
    n, reference_n = week.sum(-1), reference.sum((-2, -1))
    known = enough[who, when] & (n >= LEAST)
    moved = shift(*(in_fifths(week, reference) if numbers else (week, reference)))
    names = judges.select(pl.concat_str("scorer", "version", separator=" ")).to_series()
    told = _means(keys, week, reference) if numbers else _most_moved(keys, week, reference)
    verdicts = {
        "week": mondays[when],
        "state": np.where(known, np.where(own, "steady", "version_changed"), "too_few"),
        "n": n,
        "reference_n": reference_n,
        "reference_weeks": (reference.sum(-1) > 0).sum(-1),
        "reference_version": [
            names[int(i)] if held else None for i, held in zip(by[who, when], reference_n > 0, strict=True)
        ],
        "distance": moved.distance,
        "dispersion": np.where(known, moved.dispersion, np.nan),
        "p": np.where(known & own, moved.p, np.nan),
        **told,
    }
    same = part.select(pl.col("measure", "source", "what").first())
    frame = judges[who].hstack(pl.DataFrame(verdicts, schema_overrides=VERDICTS, nan_to_null=True))
    return frame.join(same, how="cross")


def _table(part: pl.DataFrame, judges: pl.DataFrame, numbers: bool) -> tuple[list[str], Floats, Any]:
    """Votes by judge, week and label or value, in their order; `WEEKS` empty weeks come first. And the Mondays."""
    import numpy as np

    keys = sorted(part["key"].unique(), key=float if numbers else str)
    first, last = part.select(pl.min("week").alias("first"), pl.max("week").alias("last")).row(0)
    mondays = np.arange(np.datetime64(first), np.datetime64(last) + 1, 7)
    table = np.zeros((judges.height, WEEKS + len(mondays), len(keys)))
    placed = part.join(judges.with_row_index("judge"), on=["scorer", "version"])
    week = placed.select((pl.col("week") - first).dt.total_days() // 7).to_series().to_numpy() + WEEKS
    key = placed["key"].replace_strict(keys, range(len(keys)), return_dtype=pl.Int64).to_numpy()
    table[placed["judge"].to_numpy(), week, key] = placed["votes"].to_numpy()
    return keys, table, mondays


def _judges_before(before: Floats) -> tuple[Any, Any]:
    """For each judge and week, whose weeks before to compare with, and whether they are enough.

    Its own; where these are too few, those of the judge who judged most, if they are enough.
    """
    import numpy as np

    n = before.sum(-1)
    enough = (n.sum(-1) >= LEAST_BEFORE) & ((n > 0).sum(-1) >= LEAST_WEEKS)
    most = np.where(enough, n.sum(-1), -1).argmax(0)
    own = np.arange(len(before))[:, None]
    by = np.where(~enough & enough.any(0), most, own)
    return by, np.take_along_axis(enough, by, 0)


def _most_moved(keys: list[str], week: Floats, reference: Floats) -> dict[str, Any]:
    """The label that moved most for its size, and its shares; of abstention, the share abstained."""
    import numpy as np

    with np.errstate(invalid="ignore", divide="ignore"):
        now = week / week.sum(-1, keepdims=True)
        then = reference.sum(-2) / reference.sum((-2, -1))[..., None]
        moved = np.nan_to_num((now - then) ** 2 / (now + then)).round(9)
    best = np.zeros(len(week), int) if keys[0] == "abstained" else moved.argmax(-1)
    rows = np.arange(len(week))
    return {"label": [keys[i] for i in best], "share": now[rows, best], "reference_share": then[rows, best]}


def _means(keys: list[str], week: Floats, reference: Floats) -> dict[str, Any]:
    import numpy as np

    values = np.array([float(key) for key in keys])
    with np.errstate(invalid="ignore"):
        now = week @ values / week.sum(-1)
        then = reference.sum(-2) @ values / reference.sum((-2, -1))
    return {"label": None, "share": now, "reference_share": then}


def sentence(row: Mapping[str, Any]) -> str:
    """A verdict in words, with its figures."""
    week, measure = row["week"], f"{row['measure']} on {row['source']}"
    if row["label"] is None:
        now, then, of = f"mean {_short(row['share'])}", _short(row["reference_share"]), ""
    else:
        now, then, of = f"{row['share']:.0%}", f"{row['reference_share']:.0%}", f" {row['label']}"
    told = f"{measure}: {now}{of} in the week of {week.day} {week:%B %Y}, {then}"
    counts = f"n = {row['n']:,.0f} and {row['reference_n']:,.0f}"
    if row["state"] == "version_changed":
        other = f"{row['scorer']} {row['version']}"
        return f"{told} before, when {row['reference_version']} judged and not {other} ({counts})"
    p = "p < 0.0001" if row["p"] < 0.0001 else f"p = {row['p']:.2g}"
    return f"{told} in the {row['reference_weeks']} weeks before ({counts}, {p})"


def _short(mean: float) -> str:
    return f"{mean:,.0f}" if abs(mean) >= 100 else f"{mean:.2f}"


def warnings(verdicts: pl.DataFrame) -> list[str]:
    """The warnings among these verdicts in words, the latest and the farthest moved first."""
    found = verdicts.filter(pl.col("state") == "warning").sort("week", "distance", descending=True)
    return [sentence(row) for row in found.iter_rows(named=True)]


def as_check(verdicts: pl.DataFrame) -> CheckResult:
    """The warnings as a check of the run, which fails without stopping anything."""
    found = warnings(verdicts)
    what = f"what each measure says of each source is what it said in the {WEEKS} weeks before"
    held = verdicts.filter(pl.col("q").is_not_null()).height
    return CheckResult(
        suite="drift", ordinal=1, rule="D-01", check=what, type="drift", columns=[], severity="warning",
        on_failure="record", success=not found, rows=held, unexpected=len(found), unexpected_ids=(),
        unexpected_values=(), examples=[{"id": None, "value": one} for one in found[:TOLD]],
        result={"rule": "D-01"}, message=f"drift D-01 (warning): {what}: {len(found)} of {held} moved",
    )  # fmt: skip
