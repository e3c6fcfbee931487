"""Queries, stories and voices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "bridge_mention_story",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("mention_id", sa.Uuid(), nullable=False, comment="mention"),
        sa.Column(
            "story_id",
            sa.Uuid(),
            nullable=False,
            comment="mention_id of the canonical mention: the first published of the story",
        ),
        sa.Column(
            "how",
            sa.Text(),
            nullable=False,
            comment="canonical; exact: in the same words as the canonical; near: in others",
        ),
        sa.Column(
            "similarity",
            sa.Float(),
            nullable=True,
            comment="likeness to the nearest other of the story, 0 to 1",
        ),
        sa.PrimaryKeyConstraint("mention_id", "topic", name=op.f("pk_bridge_mention_story")),
        schema="listening",
        comment="Copies: mentions that tell the same in nearly the same words. Alone, one has no row.",
    )
    op.create_index(
        "ix_bridge_mention_story_story_id",
        "bridge_mention_story",
        ["topic", "story_id"],
        unique=False,
        schema="listening",
    )
    op.create_table(
        "dim_query",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column(
            "query_version", sa.Text(), nullable=False, comment="hash of the queries of all its entities"
        ),
        sa.Column("entity", sa.Text(), nullable=False, comment="entity"),
        sa.Column(
            "query",
            sa.Text(),
            nullable=False,
            comment="what makes a mention one of the entity by its words, in canonical form",
        ),
        sa.PrimaryKeyConstraint("topic", "query_version", "entity", name=op.f("pk_dim_query")),
        schema="listening",
        comment="What each version of a topic's queries says; bridge_mention_query and ops.run name it.",
    )
    op.create_table(
        "asked",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("source", sa.Text(), nullable=False, comment="source"),
        sa.Column("query", sa.Text(), nullable=False, comment="query pushed down, or empty"),
        sa.PrimaryKeyConstraint("topic", "source", "query", name=op.f("pk_asked")),
        schema="ops",
        comment="What each source is asked for today: a gap of what is asked no more lowers no coverage.",
    )
    op.create_table(
        "near_duplicate",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("words_hash", sa.Uuid(), nullable=False, comment="the smaller of two, see private.sketch"),
        sa.Column("other_hash", sa.Uuid(), nullable=False, comment="the greater"),
        sa.Column("similarity", sa.Float(), nullable=False, comment="likeness of the two texts, 0 to 1"),
        sa.PrimaryKeyConstraint("topic", "words_hash", "other_hash", name=op.f("pk_near_duplicate")),
        schema="private",
        comment="The likenesses that hold stories together: of all pairs the strongest that connect them.",
    )
    op.create_table(
        "sketch",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic in which it was compared with others"),
        sa.Column("mention_id", sa.Uuid(), nullable=False, comment="mention"),
        sa.Column("content_hash", sa.Uuid(), nullable=False, comment="version of the mention"),
        sa.Column(
            "published_at", sa.DateTime(timezone=True), nullable=False, comment="when that was published"
        ),
        sa.Column(
            "words_hash",
            sa.Uuid(),
            nullable=True,
            comment="hash of the normalised text; null: too short to be told apart from others",
        ),
        sa.Column(
            "signature",
            sa.LargeBinary(),
            nullable=True,
            comment="MinHash of its character shingles; null where words_hash is",
        ),
        sa.PrimaryKeyConstraint("topic", "mention_id", name=op.f("pk_sketch")),
        schema="private",
        comment="What copies of a mention are found by; it is made from its public text and goes with it.",
    )
    op.create_index("ix_sketch_words_hash", "sketch", ["topic", "words_hash"], unique=False, schema="private")
    op.alter_column(
        "engagement",
        "weighting",
        existing_type=sa.TEXT(),
        comment="each: every mention counts one; author: every author one a day; story, in some: every story one",
        existing_comment="each: every mention counts one; author: every author counts one a day",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "engagement",
        "n",
        existing_type=sa.BIGINT(),
        comment="number of mentions, authors or stories that value rests on",
        existing_comment="number of mentions or authors that value rests on",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "net_sentiment",
        "weighting",
        existing_type=sa.TEXT(),
        comment="each: every mention counts one; author: every author one a day; story, in some: every story one",
        existing_comment="each: every mention counts one; author: every author counts one a day",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "net_sentiment",
        "n",
        existing_type=sa.BIGINT(),
        comment="number of mentions, authors or stories that value rests on",
        existing_comment="number of mentions or authors that value rests on",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "reach",
        "weighting",
        existing_type=sa.TEXT(),
        comment="each: every mention counts one; author: every author one a day; story, in some: every story one",
        existing_comment="each: every mention counts one; author: every author counts one a day",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "reach",
        "n",
        existing_type=sa.BIGINT(),
        comment="number of mentions, authors or stories that value rests on",
        existing_comment="number of mentions or authors that value rests on",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "response_rate",
        "weighting",
        existing_type=sa.TEXT(),
        comment="each: every mention counts one; author: every author one a day; story, in some: every story one",
        existing_comment="each: every mention counts one; author: every author counts one a day",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "response_rate",
        "n",
        existing_type=sa.BIGINT(),
        comment="number of mentions, authors or stories that value rests on",
        existing_comment="number of mentions or authors that value rests on",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "response_time",
        "weighting",
        existing_type=sa.TEXT(),
        comment="each: every mention counts one; author: every author one a day; story, in some: every story one",
        existing_comment="each: every mention counts one; author: every author counts one a day",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "response_time",
        "n",
        existing_type=sa.BIGINT(),
        comment="number of mentions, authors or stories that value rests on",
        existing_comment="number of mentions or authors that value rests on",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "share_of_voice",
        "weighting",
        existing_type=sa.TEXT(),
        comment="each: every mention counts one; author: every author one a day; story, in some: every story one",
        existing_comment="each: every mention counts one; author: every author counts one a day",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "share_of_voice",
        "n",
        existing_type=sa.BIGINT(),
        comment="number of mentions, authors or stories that value rests on",
        existing_comment="number of mentions or authors that value rests on",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "share_of_voice",
        "mentions",
        existing_type=sa.BIGINT(),
        comment="numerator: mentions (authors, stories) of the entity",
        existing_comment="numerator: mentions (or author-days) of the entity",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "volume",
        "weighting",
        existing_type=sa.TEXT(),
        comment="each: every mention counts one; author: every author one a day; story, in some: every story one",
        existing_comment="each: every mention counts one; author: every author counts one a day",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "volume",
        "n",
        existing_type=sa.BIGINT(),
        comment="number of mentions, authors or stories that value rests on",
        existing_comment="number of mentions or authors that value rests on",
        existing_nullable=False,
        schema="kpi",
    )
    op.create_table_comment(
        "volume",
        "Mentions by people per entity and day, and by how many authors, in how many stories.",
        existing_comment="Mentions by people per entity and day.",
        schema="kpi",
    )
    op.add_column(
        "bridge_mention_entity",
        sa.Column(
            "products",
            postgresql.ARRAY(sa.Text()),
            nullable=True,
            comment="products of the entity that it names; null: none",
        ),
        schema="listening",
    )
    op.add_column(
        "dim_author",
        sa.Column(
            "kind",
            sa.Text(),
            nullable=True,
            comment="consumer, specialist, media, brand, employee or bot; null: unknown, or not judged",
        ),
        schema="listening",
    )
    op.add_column(
        "dim_author",
        sa.Column(
            "kind_detail",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="the rules that said so, and the scorer's version",
        ),
        schema="listening",
    )
    op.add_column(
        "coverage",
        sa.Column(
            "filtered_by",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="of these, how many by each filter",
        ),
        schema="ops",
    )
    op.add_column(
        "run",
        sa.Column(
            "query_version",
            sa.Text(),
            nullable=True,
            comment="version of the topic's queries, see listening.dim_query",
        ),
        schema="ops",
    )


def downgrade() -> None:
    """Back."""
    op.drop_column("run", "query_version", schema="ops")
    op.drop_column("coverage", "filtered_by", schema="ops")
    op.drop_column("dim_author", "kind_detail", schema="listening")
    op.drop_column("dim_author", "kind", schema="listening")
    op.drop_column("bridge_mention_entity", "products", schema="listening")
    op.create_table_comment(
        "volume",
        "Mentions by people per entity and day.",
        existing_comment="Mentions by people per entity and day, and by how many authors, in how many stories.",
        schema="kpi",
    )
    op.alter_column(
        "volume",
        "n",
        existing_type=sa.BIGINT(),
        comment="number of mentions or authors that value rests on",
        existing_comment="number of mentions, authors or stories that value rests on",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "volume",
        "weighting",
        existing_type=sa.TEXT(),
        comment="each: every mention counts one; author: every author counts one a day",
        existing_comment="each: every mention counts one; author: every author one a day; story, in some: every story one",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "share_of_voice",
        "mentions",
        existing_type=sa.BIGINT(),
        comment="numerator: mentions (or author-days) of the entity",
        existing_comment="numerator: mentions (authors, stories) of the entity",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "share_of_voice",
        "n",
        existing_type=sa.BIGINT(),
        comment="number of mentions or authors that value rests on",
        existing_comment="number of mentions, authors or stories that value rests on",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "share_of_voice",
        "weighting",
        existing_type=sa.TEXT(),
        comment="each: every mention counts one; author: every author counts one a day",
        existing_comment="each: every mention counts one; author: every author one a day; story, in some: every story one",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "response_time",
        "n",
        existing_type=sa.BIGINT(),
        comment="number of mentions or authors that value rests on",
        existing_comment="number of mentions, authors or stories that value rests on",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "response_time",
        "weighting",
        existing_type=sa.TEXT(),
        comment="each: every mention counts one; author: every author counts one a day",
        existing_comment="each: every mention counts one; author: every author one a day; story, in some: every story one",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "response_rate",
        "n",
        existing_type=sa.BIGINT(),
        comment="number of mentions or authors that value rests on",
        existing_comment="number of mentions, authors or stories that value rests on",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "response_rate",
        "weighting",
        existing_type=sa.TEXT(),
        comment="each: every mention counts one; author: every author counts one a day",
        existing_comment="each: every mention counts one; author: every author one a day; story, in some: every story one",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "reach",
        "n",
        existing_type=sa.BIGINT(),
        comment="number of mentions or authors that value rests on",
        existing_comment="number of mentions, authors or stories that value rests on",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "reach",
        "weighting",
        existing_type=sa.TEXT(),
        comment="each: every mention counts one; author: every author counts one a day",
        existing_comment="each: every mention counts one; author: every author one a day; story, in some: every story one",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "net_sentiment",
        "n",
        existing_type=sa.BIGINT(),
        comment="number of mentions or authors that value rests on",
        existing_comment="number of mentions, authors or stories that value rests on",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "net_sentiment",
        "weighting",
        existing_type=sa.TEXT(),
        comment="each: every mention counts one; author: every author counts one a day",
        existing_comment="each: every mention counts one; author: every author one a day; story, in some: every story one",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "engagement",
        "n",
        existing_type=sa.BIGINT(),
        comment="number of mentions or authors that value rests on",
        existing_comment="number of mentions, authors or stories that value rests on",
        existing_nullable=False,
        schema="kpi",
    )
    op.alter_column(
        "engagement",
        "weighting",
        existing_type=sa.TEXT(),
        comment="each: every mention counts one; author: every author counts one a day",
        existing_comment="each: every mention counts one; author: every author one a day; story, in some: every story one",
        existing_nullable=False,
        schema="kpi",
    )
    op.drop_index("ix_sketch_words_hash", table_name="sketch", schema="private")
    op.drop_table("sketch", schema="private")
    op.drop_table("near_duplicate", schema="private")
    op.drop_table("asked", schema="ops")
    op.drop_table("dim_query", schema="listening")
    op.drop_index("ix_bridge_mention_story_story_id", table_name="bridge_mention_story", schema="listening")
    op.drop_table("bridge_mention_story", schema="listening")
