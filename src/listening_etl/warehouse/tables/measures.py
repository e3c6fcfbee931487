"""What each measure said week by week, and whether that is beyond chance."""

from __future__ import annotations

from sqlalchemy import ARRAY, BigInteger, Date, Float, PrimaryKeyConstraint, Text
from sqlalchemy.dialects.postgresql import JSONB

from listening_etl.warehouse.tables.declaration import _, table

SERIES = ("topic", "measure", "scorer", "version", "source", "week")

measure_week = table(
    "listening", "measure_week", "What a scorer said of a source's mentions by people in a week, over all entities.",
    _("topic", Text, "topic"),
    _("measure", Text, "what is measured"),
    _("scorer", Text, "who measured"),
    _("version", Text, "version of the scorer and its model"),
    _("source", Text, "source, see dim_source"),
    _("week", Date, "Monday of the week, in the topic's time zone"),
    _("judged", BigInteger, "mentions with a label or a value"),
    _("abstained", BigInteger, "mentions of which the scorer said nothing"),
    _("counts", JSONB, "mentions by label; null: none has a label", null=True),
    _("mean", Float, "mean of the values, rounded as in votes; null: there are labels, or none has a value", null=True),
    _("sd", Float, "their standard deviation; null: fewer than two values", null=True),
    _("deciles", ARRAY(Float), "their nine deciles; null: no values", null=True),
    _("votes", JSONB, "votes by label, or by rounded value: an author counts at most one a week, and so does a story"),
    _("judged_votes", Float, "sum of votes"),
    _("abstained_votes", Float, "votes of the mentions of which the scorer said nothing"),
    PrimaryKeyConstraint(*SERIES),
)  # fmt: skip

drift = table(
    "ops", "drift", "Each week of listening.measure_week held against the weeks before; listening.drift is for reading.",
    _("topic", Text, "topic"),
    _("measure", Text, "what is measured"),
    _("scorer", Text, "who measured"),
    _("version", Text, "version of the scorer and its model"),
    _("source", Text, "source"),
    _("week", Date, "Monday of the week, in the topic's time zone"),
    _("what", Text, "values: what was judged; abstention: how much was not"),
    _("state", Text, "warning; steady; version_changed: the weeks before were judged by another version; too_few: no verdict"),
    _("n", Float, "votes in the week"),
    _("reference_n", Float, "votes in the weeks before"),
    _("reference_weeks", BigInteger, "weeks among them with any vote"),
    _("reference_version", Text, "scorer and version that judged the weeks before; null: there are none", null=True),
    _("label", Text, "the label that moved most; null: values are numbers", null=True),
    _("share", Float, "its share of the votes, 0 to 1; of numbers the mean", null=True),
    _("reference_share", Float, "the same in the weeks before", null=True),
    _("distance", Float, "Jensen-Shannon distance of week and reference, 0 to 1; null: nothing to compare", null=True),
    _("dispersion", Float, "how many times more than by chance the weeks before differ among themselves, at least 1", null=True),
    _("p", Float, "how often chance and that unrest alone bring so great a difference; null: no verdict", null=True),
    _("q", Float, "p after Benjamini and Hochberg, over all that was looked at in the week; null: no verdict", null=True),
    PrimaryKeyConstraint(*SERIES, "what"),
)  # fmt: skip
