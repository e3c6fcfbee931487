"""The tables of the first version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""

    op.create_table(
        "definition",
        sa.Column("definition", sa.Text(), nullable=False, comment="id and version, as each row cites it"),
        sa.Column("kpi", sa.Text(), nullable=False, comment="table"),
        sa.Column("title", sa.Text(), nullable=False, comment="name for people"),
        sa.Column("unit", sa.Text(), nullable=False, comment="unit of value"),
        sa.Column("grain", sa.Text(), nullable=False, comment="what one row is"),
        sa.Column("formula", sa.Text(), nullable=False, comment="numerator, denominator, weighting"),
        sa.Column("interval", sa.Text(), nullable=False, comment="method of the 95 % interval"),
        sa.Column("nulls", sa.Text(), nullable=False, comment="when value is null"),
        sa.Column("source", sa.Text(), nullable=False, comment="where the formula comes from"),
        sa.PrimaryKeyConstraint("definition", name=op.f("pk_definition")),
        schema="kpi",
        comment="What each figure means; read from the headers of the KPI files.",
    )
    op.create_table(
        "engagement",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("entity", sa.Text(), nullable=False, comment="entity, see dim_entity"),
        sa.Column("day", sa.Date(), nullable=False, comment="day in the topic's time zone"),
        sa.Column(
            "source",
            sa.Text(),
            nullable=False,
            comment="source, or 'all'; sources and channels are never 'all' one without the other",
        ),
        sa.Column("channel", sa.Text(), nullable=False, comment="channel, or 'all'"),
        sa.Column(
            "weighting",
            sa.Text(),
            nullable=False,
            comment="each: every mention counts one; author: every author counts one a day",
        ),
        sa.Column(
            "value",
            sa.Float(),
            nullable=True,
            comment="the figure, in the definition's unit; null: not enough data",
        ),
        sa.Column(
            "n", sa.BigInteger(), nullable=False, comment="number of mentions or authors that value rests on"
        ),
        sa.Column("low", sa.Float(), nullable=True, comment="lower end of the 95 % interval"),
        sa.Column("high", sa.Float(), nullable=True, comment="upper end of the 95 % interval"),
        sa.Column(
            "coverage",
            sa.Float(),
            nullable=True,
            comment="share of the day, 0 to 1, that the sources answered in full; null: unknown",
        ),
        sa.Column("definition", sa.Text(), nullable=False, comment="see kpi.definition"),
        sa.Column(
            "rate",
            sa.Float(),
            nullable=True,
            comment="engagement divided by followers, where both are known; null when no followers",
        ),
        sa.PrimaryKeyConstraint(
            "topic", "entity", "day", "source", "channel", "weighting", name=op.f("pk_engagement")
        ),
        schema="kpi",
        comment="Likes, replies and reshares of the mentions, by their latest snapshots.",
    )
    op.create_table(
        "net_sentiment",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("entity", sa.Text(), nullable=False, comment="entity, see dim_entity"),
        sa.Column("day", sa.Date(), nullable=False, comment="day in the topic's time zone"),
        sa.Column(
            "source",
            sa.Text(),
            nullable=False,
            comment="source, or 'all'; sources and channels are never 'all' one without the other",
        ),
        sa.Column("channel", sa.Text(), nullable=False, comment="channel, or 'all'"),
        sa.Column(
            "weighting",
            sa.Text(),
            nullable=False,
            comment="each: every mention counts one; author: every author counts one a day",
        ),
        sa.Column(
            "value",
            sa.Float(),
            nullable=True,
            comment="the figure, in the definition's unit; null: not enough data",
        ),
        sa.Column(
            "n", sa.BigInteger(), nullable=False, comment="number of mentions or authors that value rests on"
        ),
        sa.Column("low", sa.Float(), nullable=True, comment="lower end of the 95 % interval"),
        sa.Column("high", sa.Float(), nullable=True, comment="upper end of the 95 % interval"),
        sa.Column(
            "coverage",
            sa.Float(),
            nullable=True,
            comment="share of the day, 0 to 1, that the sources answered in full; null: unknown",
        ),
        sa.Column("definition", sa.Text(), nullable=False, comment="see kpi.definition"),
        sa.Column(
            "formula",
            sa.Text(),
            nullable=False,
            comment="nss: (P - N) / (P + N); nss_all: (P - N) / (P + N + U)",
        ),
        sa.Column("positive", sa.BigInteger(), nullable=False, comment="mentions judged positive, P"),
        sa.Column("neutral", sa.BigInteger(), nullable=False, comment="mentions judged neutral, U"),
        sa.Column("negative", sa.BigInteger(), nullable=False, comment="mentions judged negative, N"),
        sa.Column(
            "judged", sa.BigInteger(), nullable=False, comment="P + N + U; mentions not judged are left out"
        ),
        sa.PrimaryKeyConstraint(
            "topic",
            "entity",
            "day",
            "source",
            "channel",
            "weighting",
            "formula",
            name=op.f("pk_net_sentiment"),
        ),
        schema="kpi",
        comment="Net sentiment, by two formulas.",
    )
    op.create_table(
        "reach",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("entity", sa.Text(), nullable=False, comment="entity, see dim_entity"),
        sa.Column("day", sa.Date(), nullable=False, comment="day in the topic's time zone"),
        sa.Column(
            "source",
            sa.Text(),
            nullable=False,
            comment="source, or 'all'; sources and channels are never 'all' one without the other",
        ),
        sa.Column("channel", sa.Text(), nullable=False, comment="channel, or 'all'"),
        sa.Column(
            "weighting",
            sa.Text(),
            nullable=False,
            comment="each: every mention counts one; author: every author counts one a day",
        ),
        sa.Column(
            "value",
            sa.Float(),
            nullable=True,
            comment="the figure, in the definition's unit; null: not enough data",
        ),
        sa.Column(
            "n", sa.BigInteger(), nullable=False, comment="number of mentions or authors that value rests on"
        ),
        sa.Column("low", sa.Float(), nullable=True, comment="lower end of the 95 % interval"),
        sa.Column("high", sa.Float(), nullable=True, comment="upper end of the 95 % interval"),
        sa.Column(
            "coverage",
            sa.Float(),
            nullable=True,
            comment="share of the day, 0 to 1, that the sources answered in full; null: unknown",
        ),
        sa.Column("definition", sa.Text(), nullable=False, comment="see kpi.definition"),
        sa.Column(
            "known", sa.BigInteger(), nullable=False, comment="mentions whose author's followers are known"
        ),
        sa.PrimaryKeyConstraint(
            "topic", "entity", "day", "source", "channel", "weighting", name=op.f("pk_reach")
        ),
        schema="kpi",
        comment="Estimate of the people who could have seen the mentions: an upper bound, never a count.",
    )
    op.create_table(
        "response_rate",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("entity", sa.Text(), nullable=False, comment="entity, see dim_entity"),
        sa.Column("day", sa.Date(), nullable=False, comment="day in the topic's time zone"),
        sa.Column(
            "source",
            sa.Text(),
            nullable=False,
            comment="source, or 'all'; sources and channels are never 'all' one without the other",
        ),
        sa.Column("channel", sa.Text(), nullable=False, comment="channel, or 'all'"),
        sa.Column(
            "weighting",
            sa.Text(),
            nullable=False,
            comment="each: every mention counts one; author: every author counts one a day",
        ),
        sa.Column(
            "value",
            sa.Float(),
            nullable=True,
            comment="the figure, in the definition's unit; null: not enough data",
        ),
        sa.Column(
            "n", sa.BigInteger(), nullable=False, comment="number of mentions or authors that value rests on"
        ),
        sa.Column("low", sa.Float(), nullable=True, comment="lower end of the 95 % interval"),
        sa.Column("high", sa.Float(), nullable=True, comment="upper end of the 95 % interval"),
        sa.Column(
            "coverage",
            sa.Float(),
            nullable=True,
            comment="share of the day, 0 to 1, that the sources answered in full; null: unknown",
        ),
        sa.Column("definition", sa.Text(), nullable=False, comment="see kpi.definition"),
        sa.Column(
            "answered", sa.BigInteger(), nullable=False, comment="numerator: mentions (or authors) answered"
        ),
        sa.PrimaryKeyConstraint(
            "topic", "entity", "day", "source", "channel", "weighting", name=op.f("pk_response_rate")
        ),
        schema="kpi",
        comment="Share of mentions addressed to the brand that got a public reply of it.",
    )
    op.create_table(
        "response_time",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("entity", sa.Text(), nullable=False, comment="entity, see dim_entity"),
        sa.Column("day", sa.Date(), nullable=False, comment="day in the topic's time zone"),
        sa.Column(
            "source",
            sa.Text(),
            nullable=False,
            comment="source, or 'all'; sources and channels are never 'all' one without the other",
        ),
        sa.Column("channel", sa.Text(), nullable=False, comment="channel, or 'all'"),
        sa.Column(
            "weighting",
            sa.Text(),
            nullable=False,
            comment="each: every mention counts one; author: every author counts one a day",
        ),
        sa.Column(
            "value",
            sa.Float(),
            nullable=True,
            comment="the figure, in the definition's unit; null: not enough data",
        ),
        sa.Column(
            "n", sa.BigInteger(), nullable=False, comment="number of mentions or authors that value rests on"
        ),
        sa.Column("low", sa.Float(), nullable=True, comment="lower end of the 95 % interval"),
        sa.Column("high", sa.Float(), nullable=True, comment="upper end of the 95 % interval"),
        sa.Column(
            "coverage",
            sa.Float(),
            nullable=True,
            comment="share of the day, 0 to 1, that the sources answered in full; null: unknown",
        ),
        sa.Column("definition", sa.Text(), nullable=False, comment="see kpi.definition"),
        sa.Column("p90", sa.Float(), nullable=True, comment="90th percentile, seconds"),
        sa.PrimaryKeyConstraint(
            "topic", "entity", "day", "source", "channel", "weighting", name=op.f("pk_response_time")
        ),
        schema="kpi",
        comment="Time to the brand's first public reply, in seconds: median, and p90 beside it.",
    )
    op.create_table(
        "share_of_voice",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("entity", sa.Text(), nullable=False, comment="entity, see dim_entity"),
        sa.Column("day", sa.Date(), nullable=False, comment="day in the topic's time zone"),
        sa.Column(
            "source",
            sa.Text(),
            nullable=False,
            comment="source, or 'all'; sources and channels are never 'all' one without the other",
        ),
        sa.Column("channel", sa.Text(), nullable=False, comment="channel, or 'all'"),
        sa.Column(
            "weighting",
            sa.Text(),
            nullable=False,
            comment="each: every mention counts one; author: every author counts one a day",
        ),
        sa.Column(
            "value",
            sa.Float(),
            nullable=True,
            comment="the figure, in the definition's unit; null: not enough data",
        ),
        sa.Column(
            "n", sa.BigInteger(), nullable=False, comment="number of mentions or authors that value rests on"
        ),
        sa.Column("low", sa.Float(), nullable=True, comment="lower end of the 95 % interval"),
        sa.Column("high", sa.Float(), nullable=True, comment="upper end of the 95 % interval"),
        sa.Column(
            "coverage",
            sa.Float(),
            nullable=True,
            comment="share of the day, 0 to 1, that the sources answered in full; null: unknown",
        ),
        sa.Column("definition", sa.Text(), nullable=False, comment="see kpi.definition"),
        sa.Column(
            "mentions",
            sa.BigInteger(),
            nullable=False,
            comment="numerator: mentions (or author-days) of the entity",
        ),
        sa.PrimaryKeyConstraint(
            "topic", "entity", "day", "source", "channel", "weighting", name=op.f("pk_share_of_voice")
        ),
        schema="kpi",
        comment="Mentions of the entity among those of the brand and its listed rivals; sums to 1.",
    )
    op.create_table(
        "volume",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("entity", sa.Text(), nullable=False, comment="entity, see dim_entity"),
        sa.Column("day", sa.Date(), nullable=False, comment="day in the topic's time zone"),
        sa.Column(
            "source",
            sa.Text(),
            nullable=False,
            comment="source, or 'all'; sources and channels are never 'all' one without the other",
        ),
        sa.Column("channel", sa.Text(), nullable=False, comment="channel, or 'all'"),
        sa.Column(
            "weighting",
            sa.Text(),
            nullable=False,
            comment="each: every mention counts one; author: every author counts one a day",
        ),
        sa.Column(
            "value",
            sa.Float(),
            nullable=True,
            comment="the figure, in the definition's unit; null: not enough data",
        ),
        sa.Column(
            "n", sa.BigInteger(), nullable=False, comment="number of mentions or authors that value rests on"
        ),
        sa.Column("low", sa.Float(), nullable=True, comment="lower end of the 95 % interval"),
        sa.Column("high", sa.Float(), nullable=True, comment="upper end of the 95 % interval"),
        sa.Column(
            "coverage",
            sa.Float(),
            nullable=True,
            comment="share of the day, 0 to 1, that the sources answered in full; null: unknown",
        ),
        sa.Column("definition", sa.Text(), nullable=False, comment="see kpi.definition"),
        sa.PrimaryKeyConstraint(
            "topic", "entity", "day", "source", "channel", "weighting", name=op.f("pk_volume")
        ),
        schema="kpi",
        comment="Mentions by people per entity and day.",
    )
    op.create_table(
        "bridge_mention_entity",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("mention_id", sa.Uuid(), nullable=False, comment="mention"),
        sa.Column("entity", sa.Text(), nullable=False, comment="entity"),
        sa.Column(
            "match",
            sa.Text(),
            nullable=False,
            comment="strongest of: author (its own account wrote it), reply, tagged, hashtag, declared, named",
        ),
        sa.Column("evidence", sa.Text(), nullable=True, comment="the words that matched"),
        sa.Column(
            "position",
            sa.Integer(),
            nullable=True,
            comment="where in the text the evidence starts, in characters from 0",
        ),
        sa.Column(
            "owned",
            sa.Boolean(),
            nullable=False,
            comment="written by an account of one of the topic's entities: no UGC, outside most KPIs",
        ),
        sa.PrimaryKeyConstraint("mention_id", "topic", "entity", name=op.f("pk_bridge_mention_entity")),
        schema="listening",
        comment="Which entities a mention is about, and how we know.",
    )
    op.create_table(
        "bridge_mention_query",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("mention_id", sa.Uuid(), nullable=False, comment="mention"),
        sa.Column(
            "query_version",
            sa.Text(),
            nullable=False,
            comment="hash of the entities and queries that matched it",
        ),
        sa.PrimaryKeyConstraint("mention_id", "topic", name=op.f("pk_bridge_mention_query")),
        schema="listening",
        comment="Which topics a mention belongs to, and by which version of its queries.",
    )
    op.create_table(
        "dim_author",
        sa.Column(
            "author_key",
            sa.Uuid(),
            nullable=False,
            comment="keyed pseudonym of (source, author id); without the key it leads to nobody",
        ),
        sa.Column("source", sa.Text(), nullable=False, comment="platform; two platforms give two pseudonyms"),
        sa.Column(
            "followers",
            sa.BigInteger(),
            nullable=True,
            comment="followers at followers_at; null when not shown",
        ),
        sa.Column(
            "verified", sa.Boolean(), nullable=True, comment="verified by the platform; null when not shown"
        ),
        sa.Column(
            "followers_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when followers and verified were seen",
        ),
        sa.Column(
            "first_seen",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="publication of the earliest mention",
        ),
        sa.Column(
            "last_seen",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="publication of the latest mention",
        ),
        sa.Column(
            "influence", sa.Float(), nullable=True, comment="0 to 1 within the platform; null when not judged"
        ),
        sa.Column(
            "influence_detail",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="components of influence, each 0 to 1, and the scorer's version",
        ),
        sa.PrimaryKeyConstraint("author_key", name=op.f("pk_dim_author")),
        schema="listening",
        comment="Who publishes, by pseudonym; identities live in private.author.",
    )
    op.create_table(
        "dim_entity",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic that declares it"),
        sa.Column("entity", sa.Text(), nullable=False, comment="name in the settings"),
        sa.Column("title", sa.Text(), nullable=False, comment="name for people"),
        sa.Column("role", sa.Text(), nullable=False, comment="own, competitor, category or best_in_class"),
        sa.PrimaryKeyConstraint("topic", "entity", name=op.f("pk_dim_entity")),
        schema="listening",
        comment="Brands, products, persons and themes that a mention can be about.",
    )
    op.create_table(
        "dim_measure",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("measure", sa.Text(), nullable=False, comment="what is measured"),
        sa.Column("scorer", sa.Text(), nullable=False, comment="plugin that measures it"),
        sa.PrimaryKeyConstraint("topic", "measure", name=op.f("pk_dim_measure")),
        schema="listening",
        comment="The scorer that the settings chose for each measure; KPIs use this one.",
    )
    op.create_table(
        "dim_place",
        sa.Column("place_id", sa.Uuid(), nullable=False, comment="hash of the name"),
        sa.Column("name", sa.Text(), nullable=False, comment="as the source writes it"),
        sa.PrimaryKeyConstraint("place_id", name=op.f("pk_dim_place")),
        schema="listening",
        comment="Places that mentions name themselves.",
    )
    op.create_table(
        "dim_source",
        sa.Column(
            "source",
            sa.Text(),
            nullable=False,
            comment="name in the settings; with native_id the identity of a mention",
        ),
        sa.Column("plugin", sa.Text(), nullable=False, comment="source plugin that reads it"),
        sa.Column(
            "channel",
            sa.Text(),
            nullable=True,
            comment="social, web, review, email, store, call, survey or crm",
        ),
        sa.Column(
            "history_days",
            sa.Integer(),
            nullable=True,
            comment="how far back the platform lets us look; null: without limit",
        ),
        sa.Column(
            "deletions",
            sa.Text(),
            nullable=False,
            comment="how the source tells of deletions: none, flagged, streamed, recheck",
        ),
        sa.Column("collects", sa.Text(), nullable=False, comment="what is collected and what is missed"),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_dim_source")),
        schema="listening",
        comment="Where mentions come from.",
    )
    op.create_table(
        "dim_topic",
        sa.Column("topic", sa.Text(), nullable=False, comment="name of the topic in the settings"),
        sa.Column("title", sa.Text(), nullable=False, comment="name for people"),
        sa.Column("description", sa.Text(), nullable=False, comment="what the topic is about"),
        sa.Column(
            "purpose", sa.Text(), nullable=False, comment="why we listen, in words for the people listened to"
        ),
        sa.Column(
            "timezone", sa.Text(), nullable=False, comment="IANA name; days of KPIs are days in this zone"
        ),
        sa.Column(
            "since",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="from when on the topic is listened to",
        ),
        sa.PrimaryKeyConstraint("topic", name=op.f("pk_dim_topic")),
        schema="listening",
        comment="What we listen for, and why.",
    )
    op.create_table(
        "fct_engagement",
        sa.Column("mention_id", sa.Uuid(), nullable=False, comment="mention"),
        sa.Column(
            "fetched_at", sa.DateTime(timezone=True), nullable=False, comment="when the counts were true"
        ),
        sa.Column("likes", sa.BigInteger(), nullable=True, comment="likes; null when hidden"),
        sa.Column("replies", sa.BigInteger(), nullable=True, comment="replies; null when hidden"),
        sa.Column("reshares", sa.BigInteger(), nullable=True, comment="reshares; null when hidden"),
        sa.Column("views", sa.BigInteger(), nullable=True, comment="views; null when hidden"),
        sa.PrimaryKeyConstraint("mention_id", "fetched_at", name=op.f("pk_fct_engagement")),
        schema="listening",
        comment="Snapshots of the counters of a mention; append-only.",
    )
    op.create_table(
        "fct_label",
        sa.Column("label_id", sa.BigInteger(), sa.Identity(always=True), nullable=False, comment="number"),
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("mention_id", sa.Uuid(), nullable=False, comment="mention"),
        sa.Column("measure", sa.Text(), nullable=False, comment="what is judged"),
        sa.Column("label", sa.Text(), nullable=False, comment="judgement"),
        sa.Column("labelled_by", sa.Text(), nullable=False, comment="who judged, by a name of their choice"),
        sa.Column("labelled_at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.PrimaryKeyConstraint("label_id", name=op.f("pk_fct_label")),
        schema="listening",
        comment="What people say of mentions, for correction and training.",
    )
    op.create_table(
        "fct_link",
        sa.Column("mention_id", sa.Uuid(), nullable=False, comment="mention"),
        sa.Column("other_id", sa.Uuid(), nullable=False, comment="mention_id of the other"),
        sa.Column("kind", sa.Text(), nullable=False, comment="reply, quote or reshare"),
        sa.PrimaryKeyConstraint("mention_id", "other_id", "kind", name=op.f("pk_fct_link")),
        schema="listening",
        comment="Links from a mention to another, which we may not hold.",
    )
    op.create_index("ix_fct_link_other_id", "fct_link", ["other_id"], unique=False, schema="listening")
    op.create_table(
        "fct_media",
        sa.Column("mention_id", sa.Uuid(), nullable=False, comment="mention"),
        sa.Column("ordinal", sa.Integer(), nullable=False, comment="place in the mention, from 1"),
        sa.Column("url", sa.Text(), nullable=False, comment="where it is"),
        sa.Column("kind", sa.Text(), nullable=False, comment="image, video, audio or other"),
        sa.Column("alt_text", sa.Text(), nullable=True, comment="description for who cannot see it"),
        sa.PrimaryKeyConstraint("mention_id", "ordinal", name=op.f("pk_fct_media")),
        schema="listening",
        comment="Pictures, videos and sounds of a mention.",
    )
    op.create_table(
        "fct_mention",
        sa.Column("mention_id", sa.Uuid(), nullable=False, comment="hash of (source, native_id)"),
        sa.Column(
            "published_at", sa.DateTime(timezone=True), nullable=False, comment="when it was published"
        ),
        sa.Column("source", sa.Text(), nullable=False, comment="where it comes from, see dim_source"),
        sa.Column("native_id", sa.Text(), nullable=False, comment="id within the source"),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="post, comment, reply, review, article, message, note, survey or call",
        ),
        sa.Column(
            "channel",
            sa.Text(),
            nullable=False,
            comment="social, web, review, email, store, call, survey or crm",
        ),
        sa.Column("site", sa.Text(), nullable=True, comment="host of the url, without www"),
        sa.Column(
            "url",
            sa.Text(),
            nullable=True,
            comment="link to it; null where the link names its author (then it is in private.mention)",
        ),
        sa.Column(
            "title",
            sa.Text(),
            nullable=True,
            comment="title, with handles, mail addresses and phone numbers masked",
        ),
        sa.Column(
            "text",
            sa.Text(),
            nullable=True,
            comment="text, with handles of people, mail addresses and phone numbers masked",
        ),
        sa.Column(
            "lang_declared", sa.Text(), nullable=True, comment="language that the platform states, BCP 47"
        ),
        sa.Column(
            "lang", sa.Text(), nullable=True, comment="language detected, ISO 639-1; null: undetermined"
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="last edit, if the platform tells",
        ),
        sa.Column(
            "deleted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="deleted by its author or platform (tombstone): outside every KPI",
        ),
        sa.Column(
            "version_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="latest of published_at, updated_at and deleted_at; the newest version wins",
        ),
        sa.Column(
            "first_fetched_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when we first received it",
        ),
        sa.Column(
            "fetched_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when we last received this version",
        ),
        sa.Column(
            "content_hash", sa.Uuid(), nullable=False, comment="hash of the content; changes with an edit"
        ),
        sa.Column(
            "author_key", sa.Uuid(), nullable=True, comment="who wrote it, see dim_author; null: unknown"
        ),
        sa.Column(
            "author_followers", sa.BigInteger(), nullable=True, comment="followers of the author when fetched"
        ),
        sa.Column("in_reply_to", sa.Text(), nullable=True, comment="native id of the mention it answers"),
        sa.Column("conversation_id", sa.Text(), nullable=True, comment="thread within the source"),
        sa.Column("quoted_id", sa.Text(), nullable=True, comment="native id of what it quotes"),
        sa.Column("reshared_id", sa.Text(), nullable=True, comment="native id of what it reshares"),
        sa.Column(
            "hashtags", postgresql.ARRAY(sa.Text()), nullable=False, comment="hashtags without #, lower case"
        ),
        sa.Column("links", postgresql.ARRAY(sa.Text()), nullable=False, comment="links in it"),
        sa.Column("rating", sa.Float(), nullable=True, comment="rating given"),
        sa.Column("rating_scale", sa.Float(), nullable=True, comment="best possible rating"),
        sa.Column("lat", sa.Float(), nullable=True, comment="latitude, degrees, WGS 84"),
        sa.Column("lon", sa.Float(), nullable=True, comment="longitude, degrees, WGS 84"),
        sa.Column("place_id", sa.Uuid(), nullable=True, comment="place that it names, see dim_place"),
        sa.PrimaryKeyConstraint("mention_id", "published_at", name=op.f("pk_fct_mention")),
        schema="listening",
        comment="One row per mention, in the version last published; partitioned by month.",
        postgresql_partition_by="RANGE (published_at)",
    )
    op.create_index(
        "ix_fct_mention_author_key", "fct_mention", ["author_key"], unique=False, schema="listening"
    )
    op.create_index(
        "ix_fct_mention_published_at",
        "fct_mention",
        ["published_at"],
        unique=False,
        schema="listening",
        postgresql_using="brin",
    )
    op.create_table(
        "fct_review_version",
        sa.Column("mention_id", sa.Uuid(), nullable=False, comment="mention"),
        sa.Column("content_hash", sa.Uuid(), nullable=False, comment="hash of this version"),
        sa.Column(
            "version_at", sa.DateTime(timezone=True), nullable=False, comment="when this version was written"
        ),
        sa.Column(
            "first_fetched_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when we first received it",
        ),
        sa.Column("rating", sa.Float(), nullable=True, comment="rating in this version"),
        sa.Column("rating_scale", sa.Float(), nullable=True, comment="best possible rating"),
        sa.Column("title", sa.Text(), nullable=True, comment="title, masked"),
        sa.Column("text", sa.Text(), nullable=True, comment="text, masked"),
        sa.PrimaryKeyConstraint("mention_id", "content_hash", name=op.f("pk_fct_review_version")),
        schema="listening",
        comment="Every version of a review that was received.",
    )
    op.create_table(
        "fct_score",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("mention_id", sa.Uuid(), nullable=False, comment="mention"),
        sa.Column(
            "measure",
            sa.Text(),
            nullable=False,
            comment="what is measured: sentiment, addressed, language, …",
        ),
        sa.Column("scorer", sa.Text(), nullable=False, comment="who measured"),
        sa.Column("version", sa.Text(), nullable=False, comment="version of the scorer and its model"),
        sa.Column("label", sa.Text(), nullable=True, comment="label, on a scale of names; null: not judged"),
        sa.Column(
            "value",
            sa.Float(),
            nullable=True,
            comment="number, on a scale of numbers (sentiment: -1 to 1); null: not judged",
        ),
        sa.Column("confidence", sa.Float(), nullable=True, comment="0 to 1; null where the scorer has none"),
        sa.Column(
            "detail", postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment="components or evidence"
        ),
        sa.PrimaryKeyConstraint("mention_id", "topic", "measure", "scorer", name=op.f("pk_fct_score")),
        schema="listening",
        comment="What scorers say of mentions, one row per measure and scorer.",
    )
    op.create_table(
        "coverage",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("source", sa.Text(), nullable=False, comment="source"),
        sa.Column("query", sa.Text(), nullable=False, comment="query pushed down, or empty"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, comment="start of the slice"),
        sa.Column(
            "until", sa.DateTime(timezone=True), nullable=False, comment="end of the slice, not included"
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="complete, or gap"),
        sa.Column("reason", sa.Text(), nullable=True, comment="why it is a gap"),
        sa.Column(
            "expected", sa.BigInteger(), nullable=True, comment="items there were, if the platform says so"
        ),
        sa.Column("received", sa.BigInteger(), nullable=False, comment="items received"),
        sa.Column(
            "rows",
            sa.BigInteger(),
            nullable=False,
            comment="mentions and rejected items that the items gave; the sum of the columns below",
        ),
        sa.Column("mentions", sa.BigInteger(), nullable=False, comment="passed every filter and check"),
        sa.Column(
            "duplicates",
            sa.BigInteger(),
            nullable=False,
            comment="another version of an id in the same slice or batch",
        ),
        sa.Column("malformed", sa.BigInteger(), nullable=False, comment="could not be read as a mention"),
        sa.Column("skipped", sa.BigInteger(), nullable=False, comment="well-formed, but no mention"),
        sa.Column("outside", sa.BigInteger(), nullable=False, comment="published outside the window"),
        sa.Column("unmatched", sa.BigInteger(), nullable=False, comment="about none of the topic's entities"),
        sa.Column("filtered", sa.BigInteger(), nullable=False, comment="dropped by a filter"),
        sa.Column("opted_out", sa.BigInteger(), nullable=False, comment="of authors who opted out"),
        sa.Column("quarantined", sa.BigInteger(), nullable=False, comment="failed a check on the row"),
        sa.Column("raw", sa.Text(), nullable=True, comment="where the items are kept, as received"),
        sa.Column("run_id", sa.Text(), nullable=False, comment="run that wrote this row"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.PrimaryKeyConstraint("topic", "source", "query", "since", "until", name=op.f("pk_coverage")),
        schema="ops",
        comment="The ledger: what each slice brought, and what it missed.",
    )
    op.create_table(
        "quality_result",
        sa.Column("run_id", sa.Text(), nullable=False, comment="run"),
        sa.Column("suite", sa.Text(), nullable=False, comment="suite of checks"),
        sa.Column("ordinal", sa.Integer(), nullable=False, comment="place of the check in its suite, from 1"),
        sa.Column("check", sa.Text(), nullable=False, comment="what is checked, in words"),
        sa.Column("type", sa.Text(), nullable=False, comment="expectation"),
        sa.Column("columns", postgresql.ARRAY(sa.Text()), nullable=False, comment="columns concerned"),
        sa.Column("severity", sa.Text(), nullable=False, comment="critical, warning or info"),
        sa.Column("on_failure", sa.Text(), nullable=False, comment="stop, quarantine or record"),
        sa.Column("success", sa.Boolean(), nullable=False, comment="whether it held"),
        sa.Column("rows", sa.BigInteger(), nullable=True, comment="rows checked"),
        sa.Column("unexpected", sa.BigInteger(), nullable=True, comment="rows that failed"),
        sa.Column(
            "examples",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="some of the rows that failed",
        ),
        sa.Column(
            "result",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="the whole answer, for Data Docs",
        ),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.PrimaryKeyConstraint("run_id", "suite", "ordinal", name=op.f("pk_quality_result")),
        schema="ops",
        comment="What each check of each suite found.",
    )
    op.create_table(
        "quarantine",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("mention_id", sa.Uuid(), nullable=False, comment="mention"),
        sa.Column("content_hash", sa.Uuid(), nullable=False, comment="version of the mention"),
        sa.Column("suite", sa.Text(), nullable=False, comment="suite of checks"),
        sa.Column("reason", sa.Text(), nullable=False, comment="checks that failed, with the values"),
        sa.Column("source", sa.Text(), nullable=False, comment="source"),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True, comment="when it was published"),
        sa.Column("version_at", sa.DateTime(timezone=True), nullable=True, comment="version of the mention"),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True, comment="when it was received"),
        sa.Column(
            "record",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="the staged row, masked",
        ),
        sa.Column("raw", sa.Text(), nullable=False, comment="raw file that holds the item as received"),
        sa.Column("raw_row", sa.Integer(), nullable=False, comment="row in the raw file, from 0"),
        sa.Column("run_id", sa.Text(), nullable=False, comment="run that quarantined it"),
        sa.PrimaryKeyConstraint("topic", "mention_id", "content_hash", name=op.f("pk_quarantine")),
        schema="ops",
        comment="Mentions that failed a check on the row; kept, outside every KPI.",
    )
    op.create_table(
        "reject",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("reject_id", sa.Uuid(), nullable=False, comment="hash of source, record and reason's rule"),
        sa.Column(
            "stage",
            sa.Text(),
            nullable=False,
            comment="malformed, skipped, duplicate, unmatched, filter or opted_out",
        ),
        sa.Column("rule", sa.Text(), nullable=True, comment="filter, or the check that refused it"),
        sa.Column("rule_version", sa.Text(), nullable=True, comment="version of the filter"),
        sa.Column("reason", sa.Text(), nullable=False, comment="in words"),
        sa.Column("source", sa.Text(), nullable=False, comment="source"),
        sa.Column("at", sa.Text(), nullable=True, comment="place in the source: file and line, or url"),
        sa.Column("mention_id", sa.Uuid(), nullable=True, comment="mention, where it got that far"),
        sa.Column("content_hash", sa.Uuid(), nullable=True, comment="version of the mention"),
        sa.Column("version_at", sa.DateTime(timezone=True), nullable=True, comment="version of the mention"),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True, comment="when it was received"),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True, comment="when it was published"),
        sa.Column("lang", sa.Text(), nullable=True, comment="language detected"),
        sa.Column(
            "text",
            sa.Text(),
            nullable=True,
            comment="text, masked; null for malformed items, which are kept in the raw file",
        ),
        sa.Column("raw", sa.Text(), nullable=False, comment="raw file that holds the item as received"),
        sa.Column("raw_row", sa.Integer(), nullable=False, comment="row in the raw file, from 0"),
        sa.PrimaryKeyConstraint("topic", "reject_id", name=op.f("pk_reject")),
        schema="ops",
        comment="What did not become a mention of the topic, with the reason; nothing is deleted.",
    )
    op.create_index("ix_reject_mention_id", "reject", ["mention_id"], unique=False, schema="ops")
    op.create_table(
        "run",
        sa.Column(
            "run_id",
            sa.Text(),
            nullable=False,
            comment="token of the run; the same input gives the same token",
        ),
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, comment="start of the window"),
        sa.Column(
            "until", sa.DateTime(timezone=True), nullable=False, comment="end of the window, not included"
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="audited, published or failed"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False, comment="when the audit began"),
        sa.Column(
            "finished_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it was published or failed",
        ),
        sa.Column(
            "counts", postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment="rows at each step"
        ),
        sa.Column("message", sa.Text(), nullable=True, comment="what failed, and what to do"),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run")),
        schema="ops",
        comment="What each run of the pipeline did.",
    )
    op.create_table(
        "stale_day",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("day", sa.Date(), nullable=False, comment="day in the topic's time zone"),
        sa.Column(
            "marked_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when; a refresh clears only the mark that it saw",
        ),
        sa.PrimaryKeyConstraint("topic", "day", name=op.f("pk_stale_day")),
        schema="ops",
        comment="Days whose KPIs have to be computed again, because a publish touched them.",
    )
    op.create_table(
        "watermark",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("source", sa.Text(), nullable=False, comment="source"),
        sa.Column(
            "complete_until",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="every mention published before this was asked for and received",
        ),
        sa.PrimaryKeyConstraint("topic", "source", name=op.f("pk_watermark")),
        schema="ops",
        comment="Up to when each source is complete, without a gap since the topic's start.",
    )
    op.create_table(
        "author",
        sa.Column("author_key", sa.Uuid(), nullable=False, comment="pseudonym"),
        sa.Column("source", sa.Text(), nullable=False, comment="platform"),
        sa.Column("native_id", sa.Text(), nullable=True, comment="id on the platform"),
        sa.Column("handle", sa.Text(), nullable=True, comment="handle"),
        sa.Column("name", sa.Text(), nullable=True, comment="name"),
        sa.Column("location", sa.Text(), nullable=True, comment="location as they state it"),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False, comment="when this was seen"),
        sa.PrimaryKeyConstraint("author_key", name=op.f("pk_author")),
        schema="private",
        comment="Who is behind a pseudonym.",
    )
    op.create_table(
        "mention",
        sa.Column("mention_id", sa.Uuid(), nullable=False, comment="mention"),
        sa.Column("url", sa.Text(), nullable=True, comment="link as received"),
        sa.Column("title", sa.Text(), nullable=True, comment="title as received"),
        sa.Column("text", sa.Text(), nullable=True, comment="text as received"),
        sa.Column("content_hash", sa.Uuid(), nullable=False, comment="version of the mention"),
        sa.PrimaryKeyConstraint("mention_id", name=op.f("pk_mention")),
        schema="private",
        comment="What was masked in listening.fct_mention, where anything was.",
    )
    op.create_table(
        "opt_out",
        sa.Column("author_key", sa.Uuid(), nullable=False, comment="pseudonym"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, comment="when they opted out"),
        sa.Column("note", sa.Text(), nullable=True, comment="how we know"),
        sa.PrimaryKeyConstraint("author_key", name=op.f("pk_opt_out")),
        schema="private",
        comment="Authors who do not want to be listened to; their mentions are not kept.",
    )


def downgrade() -> None:
    """Back."""

    op.drop_table("opt_out", schema="private")
    op.drop_table("mention", schema="private")
    op.drop_table("author", schema="private")
    op.drop_table("watermark", schema="ops")
    op.drop_table("stale_day", schema="ops")
    op.drop_table("run", schema="ops")
    op.drop_index("ix_reject_mention_id", table_name="reject", schema="ops")
    op.drop_table("reject", schema="ops")
    op.drop_table("quarantine", schema="ops")
    op.drop_table("quality_result", schema="ops")
    op.drop_table("coverage", schema="ops")
    op.drop_table("fct_score", schema="listening")
    op.drop_table("fct_review_version", schema="listening")
    op.drop_index(
        "ix_fct_mention_published_at", table_name="fct_mention", schema="listening", postgresql_using="brin"
    )
    op.drop_index("ix_fct_mention_author_key", table_name="fct_mention", schema="listening")
    op.drop_table("fct_mention", schema="listening")
    op.drop_table("fct_media", schema="listening")
    op.drop_index("ix_fct_link_other_id", table_name="fct_link", schema="listening")
    op.drop_table("fct_link", schema="listening")
    op.drop_table("fct_label", schema="listening")
    op.drop_table("fct_engagement", schema="listening")
    op.drop_table("dim_topic", schema="listening")
    op.drop_table("dim_source", schema="listening")
    op.drop_table("dim_place", schema="listening")
    op.drop_table("dim_measure", schema="listening")
    op.drop_table("dim_entity", schema="listening")
    op.drop_table("dim_author", schema="listening")
    op.drop_table("bridge_mention_query", schema="listening")
    op.drop_table("bridge_mention_entity", schema="listening")
    op.drop_table("volume", schema="kpi")
    op.drop_table("share_of_voice", schema="kpi")
    op.drop_table("response_time", schema="kpi")
    op.drop_table("response_rate", schema="kpi")
    op.drop_table("reach", schema="kpi")
    op.drop_table("net_sentiment", schema="kpi")
    op.drop_table("engagement", schema="kpi")
    op.drop_table("definition", schema="kpi")
