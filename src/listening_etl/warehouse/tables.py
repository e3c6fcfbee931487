"""Every table of the warehouse, with the comments that the database and the reference carry.

Migrations are written from this file, and a test proves that both agree.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

SCHEMAS = {
    "listening": "Curated mentions and what was measured on them; read by BI.",
    "kpi": "One table per KPI; each row with n, interval, weighting, coverage and definition; read by BI.",
    "ops": "Runs, coverage, watermarks, rejects, quarantine and quality results; read by operators.",
    "private": "Identities, text before redaction and the opt-out list; read by the loader alone.",
    "staging": "Unlogged tables of batches in flight; dropped after publish.",
}

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

Instant = DateTime(timezone=True)


def _(name: str, kind: Any, comment: str, **more: Any) -> Column[Any]:
    """A column that must not be null unless `null=True` is given; `key=True` puts it in the primary key."""
    nullable, primary = more.pop("null", False), more.pop("key", False)
    return Column(name, kind, primary_key=primary, nullable=nullable, comment=comment, **more)


def table(schema: str, name: str, comment: str, *parts: Any, **more: Any) -> Table:
    """Declare a table of `schema` with its comment."""
    return Table(name, metadata, *parts, schema=schema, comment=comment, **more)


# ---------------------------------------------------------------------------------------------- listening

dim_topic = table(
    "listening", "dim_topic", "What we listen for, and why.",
    _("topic", Text, "name of the topic in the settings", key=True),
    _("title", Text, "name for people"),
    _("description", Text, "what the topic is about"),
    _("purpose", Text, "why we listen, in words for the people listened to"),
    _("timezone", Text, "IANA name; days of KPIs are days in this zone"),
    _("since", Instant, "from when on the topic is listened to"),
)  # fmt: skip

dim_entity = table(
    "listening", "dim_entity", "Brands, products, persons and themes that a mention can be about.",
    _("topic", Text, "topic that declares it", key=True),
    _("entity", Text, "name in the settings", key=True),
    _("title", Text, "name for people"),
    _("role", Text, "own, competitor, category or best_in_class"),
)  # fmt: skip

dim_measure = table(
    "listening", "dim_measure", "The scorer that the settings chose for each measure; KPIs use this one.",
    _("topic", Text, "topic", key=True),
    _("measure", Text, "what is measured", key=True),
    _("scorer", Text, "plugin that measures it"),
)  # fmt: skip

dim_source = table(
    "listening", "dim_source", "Where mentions come from.",
    _("source", Text, "name in the settings; with native_id the identity of a mention", key=True),
    _("plugin", Text, "source plugin that reads it"),
    _("channel", Text, "social, web, review, email, store, call, survey or crm", null=True),
    _("history_days", Integer, "how far back the platform lets us look; null: without limit", null=True),
    _("deletions", Text, "how the source tells of deletions: none, flagged, streamed, recheck"),
    _("collects", Text, "what is collected and what is missed"),
)  # fmt: skip

dim_author = table(
    "listening", "dim_author", "Who publishes, by pseudonym; identities live in private.author.",
    _("author_key", Uuid, "keyed pseudonym of (source, author id); without the key it leads to nobody", key=True),
    _("source", Text, "platform; two platforms give two pseudonyms"),
    _("followers", BigInteger, "followers at followers_at; null when not shown", null=True),
    _("verified", Boolean, "verified by the platform; null when not shown", null=True),
    _("followers_at", Instant, "when followers and verified were seen", null=True),
    _("first_seen", Instant, "publication of the earliest mention"),
    _("last_seen", Instant, "publication of the latest mention"),
    _("influence", Float, "0 to 1 within the platform; null when not judged", null=True),
    _("influence_detail", JSONB, "components of influence, each 0 to 1, and the scorer's version", null=True),
)  # fmt: skip

dim_place = table(
    "listening", "dim_place", "Places that mentions name themselves.",
    _("place_id", Uuid, "hash of the name", key=True),
    _("name", Text, "as the source writes it"),
)  # fmt: skip

fct_mention = table(
    "listening", "fct_mention", "One row per mention, in the version last published; partitioned by month.",
    _("mention_id", Uuid, "hash of (source, native_id)"),
    _("published_at", Instant, "when it was published"),
    _("source", Text, "where it comes from, see dim_source"),
    _("native_id", Text, "id within the source"),
    _("kind", Text, "post, comment, reply, review, article, message, note, survey or call"),
    _("channel", Text, "social, web, review, email, store, call, survey or crm"),
    _("site", Text, "host of the url, without www", null=True),
    _("url", Text, "link to it; null where the link names its author (then it is in private.mention)", null=True),
    _("title", Text, "title, with handles, mail addresses and phone numbers masked", null=True),
    _("text", Text, "text, with handles of people, mail addresses and phone numbers masked", null=True),
    _("lang_declared", Text, "language that the platform states, BCP 47", null=True),
    _("lang", Text, "language detected, ISO 639-1; null: undetermined", null=True),
    _("updated_at", Instant, "last edit, if the platform tells", null=True),
    _("deleted_at", Instant, "deleted by its author or platform (tombstone): outside every KPI", null=True),
    _("version_at", Instant, "latest of published_at, updated_at and deleted_at; the newest version wins"),
    _("first_fetched_at", Instant, "when we first received it"),
    _("fetched_at", Instant, "when we last received this version"),
    _("content_hash", Uuid, "hash of the content; changes with an edit"),
    _("author_key", Uuid, "who wrote it, see dim_author; null: unknown", null=True),
    _("author_followers", BigInteger, "followers of the author when fetched", null=True),
    _("in_reply_to", Text, "native id of the mention it answers", null=True),
    _("conversation_id", Text, "thread within the source", null=True),
    _("quoted_id", Text, "native id of what it quotes", null=True),
    _("reshared_id", Text, "native id of what it reshares", null=True),
    _("hashtags", ARRAY(Text), "hashtags without #, lower case"),
    _("links", ARRAY(Text), "links in it"),
    _("rating", Float, "rating given", null=True),
    _("rating_scale", Float, "best possible rating", null=True),
    _("lat", Float, "latitude, degrees, WGS 84", null=True),
    _("lon", Float, "longitude, degrees, WGS 84", null=True),
    _("place_id", Uuid, "place that it names, see dim_place", null=True),
    PrimaryKeyConstraint("mention_id", "published_at"),
    Index("ix_fct_mention_published_at", "published_at", postgresql_using="brin"),
    Index("ix_fct_mention_author_key", "author_key"),
    postgresql_partition_by="RANGE (published_at)",
)  # fmt: skip

fct_engagement = table(
    "listening", "fct_engagement", "Snapshots of the counters of a mention; append-only.",
    _("mention_id", Uuid, "mention", key=True),
    _("fetched_at", Instant, "when the counts were true", key=True),
    _("likes", BigInteger, "likes; null when hidden", null=True),
    _("replies", BigInteger, "replies; null when hidden", null=True),
    _("reshares", BigInteger, "reshares; null when hidden", null=True),
    _("views", BigInteger, "views; null when hidden", null=True),
)  # fmt: skip

fct_score = table(
    "listening", "fct_score", "What scorers say of mentions, one row per measure and scorer.",
    _("topic", Text, "topic", key=True),
    _("mention_id", Uuid, "mention", key=True),
    _("measure", Text, "what is measured: sentiment, addressed, language, …", key=True),
    _("scorer", Text, "who measured", key=True),
    _("version", Text, "version of the scorer and its model"),
    _("label", Text, "label, on a scale of names; null: not judged", null=True),
    _("value", Float, "number, on a scale of numbers (sentiment: -1 to 1); null: not judged", null=True),
    _("confidence", Float, "0 to 1; null where the scorer has none", null=True),
    _("detail", JSONB, "components or evidence", null=True),
)  # fmt: skip

fct_link = table(
    "listening", "fct_link", "Links from a mention to another, which we may not hold.",
    _("mention_id", Uuid, "mention", key=True),
    _("other_id", Uuid, "mention_id of the other", key=True),
    _("kind", Text, "reply, quote or reshare", key=True),
    Index("ix_fct_link_other_id", "other_id"),
)  # fmt: skip

fct_media = table(
    "listening", "fct_media", "Pictures, videos and sounds of a mention.",
    _("mention_id", Uuid, "mention", key=True),
    _("ordinal", Integer, "place in the mention, from 1", key=True),
    _("url", Text, "where it is"),
    _("kind", Text, "image, video, audio or other"),
    _("alt_text", Text, "description for who cannot see it", null=True),
)  # fmt: skip

fct_review_version = table(
    "listening", "fct_review_version", "Every version of a review that was received.",
    _("mention_id", Uuid, "mention", key=True),
    _("content_hash", Uuid, "hash of this version", key=True),
    _("version_at", Instant, "when this version was written"),
    _("first_fetched_at", Instant, "when we first received it"),
    _("rating", Float, "rating in this version", null=True),
    _("rating_scale", Float, "best possible rating", null=True),
    _("title", Text, "title, masked", null=True),
    _("text", Text, "text, masked", null=True),
)  # fmt: skip

fct_label = table(
    "listening", "fct_label", "What people say of mentions, for correction and training.",
    Column("label_id", BigInteger, Identity(always=True), primary_key=True, comment="number"),
    _("topic", Text, "topic"),
    _("mention_id", Uuid, "mention"),
    _("measure", Text, "what is judged"),
    _("label", Text, "judgement"),
    _("labelled_by", Text, "who judged, by a name of their choice"),
    _("labelled_at", Instant, "when"),
)  # fmt: skip

bridge_mention_entity = table(
    "listening", "bridge_mention_entity", "Which entities a mention is about, and how we know.",
    _("topic", Text, "topic", key=True),
    _("mention_id", Uuid, "mention", key=True),
    _("entity", Text, "entity", key=True),
    _("match", Text, "strongest of: author (its own account wrote it), reply, tagged, hashtag, declared, named"),
    _("evidence", Text, "the words that matched", null=True),
    _("position", Integer, "where in the text the evidence starts, in characters from 0", null=True),
    _("owned", Boolean, "written by an account of one of the topic's entities: no UGC, outside most KPIs"),
    Index("ix_bridge_mention_entity_mention_id", "mention_id"),
)  # fmt: skip

bridge_mention_query = table(
    "listening", "bridge_mention_query", "Which topics a mention belongs to, and by which version of its queries.",
    _("topic", Text, "topic", key=True),
    _("mention_id", Uuid, "mention", key=True),
    _("query_version", Text, "hash of the entities and queries that matched it"),
    Index("ix_bridge_mention_query_mention_id", "mention_id"),
)  # fmt: skip

# ---------------------------------------------------------------------------------------------------- kpi

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
        _("weighting", Text, "each: every mention counts one; author: every author counts one a day"),
        _("value", Float, "the figure, in the definition's unit; null: not enough data", null=True),
        _("n", BigInteger, "number of mentions or authors that value rests on"),
        _("low", Float, "lower end of the 95 % interval", null=True),
        _("high", Float, "upper end of the 95 % interval", null=True),
        _("coverage", Float, "share of the day, 0 to 1, that the sources answered in full; null: unknown", null=True),
        _("definition", Text, "see kpi.definition"),
    )  # fmt: skip
    key = PrimaryKeyConstraint("topic", "entity", "day", "source", "channel", "weighting", *keys)
    return table("kpi", name, comment, *shared, *own, key)


volume = kpi("volume", "Mentions by people per entity and day.")

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
    _("mentions", BigInteger, "numerator: mentions (or author-days) of the entity"),
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

# ---------------------------------------------------------------------------------------------------- ops

run = table(
    "ops", "run", "What each run of the pipeline did.",
    _("run_id", Text, "token of the run; the same input gives the same token", key=True),
    _("topic", Text, "topic"),
    _("since", Instant, "start of the window"),
    _("until", Instant, "end of the window, not included"),
    _("state", Text, "audited, published or failed"),
    _("started_at", Instant, "when the audit began"),
    _("finished_at", Instant, "when it was published or failed", null=True),
    _("counts", JSONB, "rows at each step", null=True),
    _("message", Text, "what failed, and what to do", null=True),
)  # fmt: skip

coverage = table(
    "ops", "coverage", "The ledger: what each slice brought, and what it missed.",
    _("topic", Text, "topic", key=True),
    _("source", Text, "source", key=True),
    _("query", Text, "query pushed down, or empty", key=True),
    _("since", Instant, "start of the slice", key=True),
    _("until", Instant, "end of the slice, not included", key=True),
    _("state", Text, "complete, or gap"),
    _("reason", Text, "why it is a gap", null=True),
    _("expected", BigInteger, "items there were, if the platform says so", null=True),
    _("received", BigInteger, "items received"),
    _("rows", BigInteger, "mentions and rejected items that the items gave; the sum of the columns below"),
    _("mentions", BigInteger, "passed every filter and check"),
    _("duplicates", BigInteger, "another version of an id in the same slice or batch"),
    _("malformed", BigInteger, "could not be read as a mention"),
    _("skipped", BigInteger, "well-formed, but no mention"),
    _("outside", BigInteger, "published outside the window"),
    _("unmatched", BigInteger, "about none of the topic's entities"),
    _("filtered", BigInteger, "dropped by a filter"),
    _("opted_out", BigInteger, "of authors who opted out"),
    _("quarantined", BigInteger, "failed a check on the row"),
    _("raw", Text, "where the items are kept, as received", null=True),
    _("run_id", Text, "run that wrote this row"),
    _("recorded_at", Instant, "when"),
)  # fmt: skip

watermark = table(
    "ops", "watermark", "Up to when each source is complete, without a gap since the topic's start.",
    _("topic", Text, "topic", key=True),
    _("source", Text, "source", key=True),
    _("complete_until", Instant, "every mention published before this was asked for and received"),
)  # fmt: skip

stale_day = table(
    "ops", "stale_day", "Days whose KPIs have to be computed again, because a publish touched them.",
    _("topic", Text, "topic", key=True),
    _("day", Date, "day in the topic's time zone", key=True),
    _("marked_at", Instant, "when; a refresh clears only the mark that it saw"),
)  # fmt: skip

reject = table(
    "ops", "reject", "What did not become a mention of the topic, with the reason; nothing is deleted.",
    _("topic", Text, "topic", key=True),
    _("reject_id", Uuid, "hash of source, record and reason's rule", key=True),
    _("stage", Text, "malformed, skipped, duplicate, unmatched, filter or opted_out"),
    _("rule", Text, "filter, or the check that refused it", null=True),
    _("rule_version", Text, "version of the filter", null=True),
    _("reason", Text, "in words"),
    _("source", Text, "source"),
    _("at", Text, "place in the source: file and line, or url", null=True),
    _("mention_id", Uuid, "mention, where it got that far", null=True),
    _("content_hash", Uuid, "version of the mention", null=True),
    _("version_at", Instant, "version of the mention", null=True),
    _("fetched_at", Instant, "when it was received", null=True),
    _("published_at", Instant, "when it was published", null=True),
    _("lang", Text, "language detected", null=True),
    _("text", Text, "text, masked; null for malformed items, which are kept in the raw file", null=True),
    _("raw", Text, "raw file that holds the item as received"),
    _("raw_row", Integer, "row in the raw file, from 0"),
    Index("ix_reject_mention_id", "mention_id"),
)  # fmt: skip

quarantine = table(
    "ops", "quarantine", "Mentions that failed a check on the row; kept, outside every KPI.",
    _("topic", Text, "topic", key=True),
    _("mention_id", Uuid, "mention", key=True),
    _("content_hash", Uuid, "version of the mention", key=True),
    _("suite", Text, "suite of checks"),
    _("reason", Text, "checks that failed, with the values"),
    _("source", Text, "source"),
    _("published_at", Instant, "when it was published", null=True),
    _("version_at", Instant, "version of the mention", null=True),
    _("fetched_at", Instant, "when it was received", null=True),
    _("record", JSONB, "the staged row, masked"),
    _("raw", Text, "raw file that holds the item as received"),
    _("raw_row", Integer, "row in the raw file, from 0"),
    _("run_id", Text, "run that quarantined it"),
)  # fmt: skip

quality_result = table(
    "ops", "quality_result", "What each check of each suite found.",
    _("run_id", Text, "run", key=True),
    _("suite", Text, "suite of checks", key=True),
    _("ordinal", Integer, "place of the check in its suite, from 1", key=True),
    _("check", Text, "what is checked, in words"),
    _("type", Text, "expectation"),
    _("columns", ARRAY(Text), "columns concerned"),
    _("severity", Text, "critical, warning or info"),
    _("on_failure", Text, "stop, quarantine or record"),
    _("success", Boolean, "whether it held"),
    _("rows", BigInteger, "rows checked", null=True),
    _("unexpected", BigInteger, "rows that failed", null=True),
    _("examples", JSONB, "some of the rows that failed", null=True),
    _("result", JSONB, "the whole answer, for Data Docs"),
    _("checked_at", Instant, "when"),
)  # fmt: skip

# ------------------------------------------------------------------------------------------------ private

private_author = table(
    "private", "author", "Who is behind a pseudonym.",
    _("author_key", Uuid, "pseudonym", key=True),
    _("source", Text, "platform"),
    _("native_id", Text, "id on the platform", null=True),
    _("handle", Text, "handle", null=True),
    _("name", Text, "name", null=True),
    _("location", Text, "location as they state it", null=True),
    _("fetched_at", Instant, "when this was seen"),
)  # fmt: skip

private_mention = table(
    "private", "mention", "What was masked in listening.fct_mention, where anything was.",
    _("mention_id", Uuid, "mention", key=True),
    _("url", Text, "link as received", null=True),
    _("title", Text, "title as received", null=True),
    _("text", Text, "text as received", null=True),
    _("content_hash", Uuid, "version of the mention"),
)  # fmt: skip

opt_out = table(
    "private", "opt_out", "Authors who do not want to be listened to; their mentions are not kept.",
    _("author_key", Uuid, "pseudonym", key=True),
    _("since", Instant, "when they opted out"),
    _("note", Text, "how we know", null=True),
)  # fmt: skip

BI_SCHEMAS = ("listening", "kpi")
