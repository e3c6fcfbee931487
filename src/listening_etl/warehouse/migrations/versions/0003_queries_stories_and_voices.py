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
            comment="canonical; exact: the same words; near: nearly the same; crossposted: the same by one author elsewhere",
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
        sa.Column(
            "first_used_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when a run with this version was first published",
        ),
        sa.PrimaryKeyConstraint("topic", "query_version", "entity", name=op.f("pk_dim_query")),
        schema="listening",
        comment="What each version of a topic's queries says; bridge_mention_query names the version.",
    )
    op.create_table(
        "fct_near_duplicate",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("mention_id", sa.Uuid(), nullable=False, comment="the one with the smaller id"),
        sa.Column("other_id", sa.Uuid(), nullable=False, comment="the other"),
        sa.Column(
            "similarity",
            sa.Float(),
            nullable=False,
            comment="share of characters that stay when one text is turned into the other, 0 to 1",
        ),
        sa.PrimaryKeyConstraint("topic", "mention_id", "other_id", name=op.f("pk_fct_near_duplicate")),
        schema="listening",
        comment="The likenesses that hold stories together: of all pairs the strongest that connect them.",
    )
    op.create_index(
        "ix_fct_near_duplicate_other_id", "fct_near_duplicate", ["other_id"], unique=False, schema="listening"
    )
    op.create_table(
        "sketch",
        sa.Column("mention_id", sa.Uuid(), nullable=False, comment="mention"),
        sa.Column("content_hash", sa.Uuid(), nullable=False, comment="version of the mention"),
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
        sa.PrimaryKeyConstraint("mention_id", name=op.f("pk_sketch")),
        schema="private",
        comment="What copies of a mention are found by; it is made from its public text and goes with it.",
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


def downgrade() -> None:
    """Back."""
    op.drop_column("coverage", "filtered_by", schema="ops")
    op.drop_column("dim_author", "kind_detail", schema="listening")
    op.drop_column("dim_author", "kind", schema="listening")
    op.drop_column("bridge_mention_entity", "products", schema="listening")
    op.drop_table("sketch", schema="private")
    op.drop_index("ix_fct_near_duplicate_other_id", table_name="fct_near_duplicate", schema="listening")
    op.drop_table("fct_near_duplicate", schema="listening")
    op.drop_table("dim_query", schema="listening")
    op.drop_index("ix_bridge_mention_story_story_id", table_name="bridge_mention_story", schema="listening")
    op.drop_table("bridge_mention_story", schema="listening")
