"""Deletions, budgets and threads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "deletion",
        sa.Column("mention_id", sa.Uuid(), nullable=False, comment="mention, whether we hold it or not"),
        sa.Column(
            "deleted_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when it was deleted, or when we were told",
        ),
        sa.Column("source", sa.Text(), nullable=False, comment="source that told us"),
        sa.PrimaryKeyConstraint("mention_id", "deleted_at", name=op.f("pk_deletion")),
        schema="ops",
        comment="What platforms told us was deleted: its words are taken out of every table.",
    )
    op.create_table(
        "recheck",
        sa.Column("mention_id", sa.Uuid(), nullable=False, comment="mention"),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.PrimaryKeyConstraint("mention_id", name=op.f("pk_recheck")),
        schema="ops",
        comment="When a source was last asked what became of a mention.",
    )
    op.create_table(
        "spending",
        sa.Column("source", sa.Text(), nullable=False, comment="source"),
        sa.Column("day", sa.Date(), nullable=False, comment="day in the time zone of the budget"),
        sa.Column(
            "what", sa.Text(), nullable=False, comment="requests, units of the platform's quota, or money"
        ),
        sa.Column("spent", sa.Numeric(), nullable=False, comment="how much"),
        sa.PrimaryKeyConstraint("source", "day", "what", name=op.f("pk_spending")),
        schema="ops",
        comment="What each source used of its budget, by day of the platform.",
    )
    op.alter_column(
        "bridge_mention_entity",
        "match",
        existing_type=sa.TEXT(),
        comment="strongest of author (its own), reply, tagged, hashtag, declared, named; or context: in its thread",
        existing_comment="strongest of: author (its own account wrote it), reply, tagged, hashtag, declared, named",
        existing_nullable=False,
        schema="listening",
    )
    op.alter_column(
        "fct_mention",
        "native_id",
        existing_type=sa.TEXT(),
        comment="id within the source; a keyed hash where that names an account",
        existing_comment="id within the source",
        existing_nullable=False,
        schema="listening",
    )
    op.add_column(
        "coverage",
        sa.Column(
            "deletions",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="said that a mention was deleted",
        ),
        schema="ops",
    )
    op.alter_column(
        "coverage",
        "state",
        existing_type=sa.TEXT(),
        comment="complete; gap: a later call may bring it; lost: none will; recheck: what became of what we hold",
        existing_comment="complete, or gap",
        existing_nullable=False,
        schema="ops",
    )
    op.alter_column(
        "coverage",
        "reason",
        existing_type=sa.TEXT(),
        comment="why it is not complete",
        existing_comment="why it is a gap",
        existing_nullable=True,
        schema="ops",
    )
    op.add_column(
        "mention",
        sa.Column("native_id", sa.Text(), nullable=True, comment="id within the source, as received"),
        schema="private",
    )


def downgrade() -> None:
    """Back."""
    op.drop_column("mention", "native_id", schema="private")
    op.alter_column(
        "coverage",
        "reason",
        existing_type=sa.TEXT(),
        comment="why it is a gap",
        existing_comment="why it is not complete",
        existing_nullable=True,
        schema="ops",
    )
    op.alter_column(
        "coverage",
        "state",
        existing_type=sa.TEXT(),
        comment="complete, or gap",
        existing_comment="complete; gap: a later call may bring it; lost: none will; recheck: what became of what we hold",
        existing_nullable=False,
        schema="ops",
    )
    op.drop_column("coverage", "deletions", schema="ops")
    op.alter_column(
        "fct_mention",
        "native_id",
        existing_type=sa.TEXT(),
        comment="id within the source",
        existing_comment="id within the source; a keyed hash where that names an account",
        existing_nullable=False,
        schema="listening",
    )
    op.alter_column(
        "bridge_mention_entity",
        "match",
        existing_type=sa.TEXT(),
        comment="strongest of: author (its own account wrote it), reply, tagged, hashtag, declared, named",
        existing_comment="strongest of author (its own), reply, tagged, hashtag, declared, named; or context: in its thread",
        existing_nullable=False,
        schema="listening",
    )
    op.drop_table("spending", schema="ops")
    op.drop_table("recheck", schema="ops")
    op.drop_table("deletion", schema="ops")
