"""KPIs: the columns that all share, and their own.

Volume, share of voice and net sentiment are also weighted by story: what was copied is no new opinion. Reach and
engagement are not, since every copy has readers of its own; nor is response, since everyone who asks is due a reply.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Date, Float, PrimaryKeyConstraint, Table, Text

from listening_etl.warehouse.tables.declaration import _, table

definition = table(
    "kpi", "definition", "What each figure means; read from the headers of the KPI files.",
    _("definition", Text, "id and version, as each row cites it", key=True),
    _("kpi", Text, "table"),
    _("title", Text, "name for people"),
    _("unit", Text, "unit of value"),
    _("grain", Text, "what one row is"),
    _("formula", Text, "numerator, denominator, weighting"),
    _("interval", Text, "method of the 95 % interval"),
    _("nulls", Text, "when value is null"),
    _("source", Text, "where the formula comes from"),
)  # fmt: skip


def kpi(name: str, comment: str, *own: Column[Any], keys: tuple[str, ...] = ()) -> Table:
    """A KPI table: the columns that all share, then its own; `keys` are own columns in the primary key."""
    shared = (
        _("topic", Text, "topic"),
        _("entity", Text, "entity, see dim_entity"),
        _("day", Date, "day in the topic's time zone"),
        _("source", Text, "source, or 'all'; sources and channels are never 'all' one without the other"),
        _("channel", Text, "channel, or 'all'"),
        _("weighting", Text, "each: every mention counts one; author: every author one a day; story, in some: every story one"),
        _("value", Float, "the figure, in the definition's unit; null: not enough data", null=True),
        _("n", BigInteger, "number of mentions, authors or stories that value rests on"),
        _("low", Float, "lower end of the 95 % interval", null=True),
        _("high", Float, "upper end of the 95 % interval", null=True),
        _("coverage", Float, "share of the day, 0 to 1, that the sources answered in full; null: unknown", null=True),
        _("definition", Text, "see kpi.definition"),
    )  # fmt: skip
    key = PrimaryKeyConstraint("topic", "entity", "day", "source", "channel", "weighting", *keys)
    return table("kpi", name, comment, *shared, *own, key)


volume = kpi("volume", "Mentions by people per entity and day, and by how many authors, in how many stories.")

reach = kpi(
    "reach", "Estimate of the people who could have seen the mentions: an upper bound, never a count.",
    _("known", BigInteger, "mentions whose author's followers are known"),
)  # fmt: skip

engagement = kpi(
    "engagement", "Likes, replies and reshares of the mentions, by their latest snapshots.",
    _("rate", Float, "engagement divided by followers, where both are known; null when no followers", null=True),
)  # fmt: skip

share_of_voice = kpi(
    "share_of_voice", "Mentions of the entity among those of the brand and its listed rivals; sums to 1.",
    _("mentions", BigInteger, "numerator: mentions (authors, stories) of the entity"),
)  # fmt: skip

net_sentiment = kpi(
    "net_sentiment", "Net sentiment, by two formulas.",
    _("formula", Text, "nss: (P - N) / (P + N); nss_all: (P - N) / (P + N + U)"),
    _("positive", BigInteger, "mentions judged positive, P"),
    _("neutral", BigInteger, "mentions judged neutral, U"),
    _("negative", BigInteger, "mentions judged negative, N"),
    _("judged", BigInteger, "P + N + U; mentions not judged are left out"),
    keys=("formula",),
)  # fmt: skip

response_rate = kpi(
    "response_rate", "Share of mentions addressed to the brand that got a public reply of it.",
    _("answered", BigInteger, "numerator: mentions (or authors) answered"),
)  # fmt: skip

response_time = kpi(
    "response_time", "Time to the brand's first public reply, in seconds: median, and p90 beside it.",
    _("p90", Float, "90th percentile, seconds", null=True),
)  # fmt: skip
