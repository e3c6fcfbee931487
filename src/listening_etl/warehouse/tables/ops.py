"""Runs, ledger, rejects, quarantine: what operators read."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Date, Index, Integer, Numeric, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from listening_etl.warehouse.tables.declaration import Instant, _, table

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
    _("query_version", Text, "version of the topic's queries, see listening.dim_query", null=True),
    _("message", Text, "what failed, and what to do", null=True),
)  # fmt: skip

coverage = table(
    "ops", "coverage", "The ledger: what each slice brought, and what it missed.",
    _("topic", Text, "topic", key=True),
    _("source", Text, "source", key=True),
    _("query", Text, "query pushed down, or empty", key=True),
    _("since", Instant, "start of the slice", key=True),
    _("until", Instant, "end of the slice, not included", key=True),
    _("state", Text, "complete; gap: a later call may bring it; lost: none will; recheck: what became of what we hold"),
    _("reason", Text, "why it is not complete", null=True),
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
    _("filtered_by", JSONB, "of these, how many by each filter", null=True),
    _("opted_out", BigInteger, "of authors who opted out"),
    _("quarantined", BigInteger, "failed a check on the row"),
    _("deletions", BigInteger, "said that a mention was deleted", server_default="0"),
    _("raw", Text, "where the items are kept, as received", null=True),
    _("run_id", Text, "run that wrote this row"),
    _("recorded_at", Instant, "when"),
)  # fmt: skip

asked = table(
    "ops", "asked", "What each source is asked for today: a gap of what is asked no more lowers no coverage.",
    _("topic", Text, "topic", key=True),
    _("source", Text, "source", key=True),
    _("query", Text, "query pushed down, or empty", key=True),
)  # fmt: skip

deletion = table(
    "ops", "deletion", "What platforms told us was deleted: its words are taken out of every table.",
    _("mention_id", Uuid, "mention, whether we hold it or not", key=True),
    _("deleted_at", Instant, "when it was deleted, or when we were told", key=True),
    _("source", Text, "source that told us"),
)  # fmt: skip

recheck = table(
    "ops", "recheck", "When a source was last asked what became of a mention.",
    _("mention_id", Uuid, "mention", key=True),
    _("checked_at", Instant, "when"),
)  # fmt: skip

spending = table(
    "ops", "spending", "What each source used of its budget, by day of the platform.",
    _("source", Text, "source", key=True),
    _("day", Date, "day in the time zone of the budget", key=True),
    _("what", Text, "requests, units of the platform's quota, or money", key=True),
    _("spent", Numeric, "how much"),
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
