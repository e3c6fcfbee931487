"""Scores that can be trusted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "bridge_mention_theme",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("mention_id", sa.Uuid(), nullable=False, comment="mention"),
        sa.Column(
            "theme_id", sa.Integer(), nullable=True, comment="theme, see dim_theme; null: far from all"
        ),
        sa.Column(
            "similarity",
            sa.Float(),
            nullable=False,
            comment="to the middle of its theme, or of the nearest; about 0 for any two mentions, at most 1",
        ),
        sa.Column(
            "text_hash",
            sa.LargeBinary(),
            nullable=False,
            comment="hash of what was read; an edit is placed again",
        ),
        sa.PrimaryKeyConstraint("mention_id", "topic", name=op.f("pk_bridge_mention_theme")),
        schema="listening",
        comment="The theme of each mention by people that was read.",
    )
    op.create_index(
        "ix_bridge_mention_theme_theme_id",
        "bridge_mention_theme",
        ["topic", "theme_id"],
        unique=False,
        schema="listening",
    )
    op.create_table(
        "dim_theme",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column(
            "theme_id", sa.Integer(), autoincrement=False, nullable=False, comment="number within the topic"
        ),
        sa.Column(
            "label",
            sa.ARRAY(sa.Text()),
            nullable=False,
            comment="words that its mentions use and others do not, the strongest first; may be empty",
        ),
        sa.Column("mentions", sa.BigInteger(), nullable=False, comment="mentions by people that are of it"),
        sa.Column(
            "first_seen",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="publication of the earliest; null: it has none left",
        ),
        sa.Column(
            "last_seen",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="publication of the latest; null: it has none left",
        ),
        sa.Column(
            "example_id",
            sa.Uuid(),
            nullable=True,
            comment="the mention nearest to its middle; null: it has none left",
        ),
        sa.Column(
            "came_from", sa.Integer(), nullable=True, comment="theme out of which it came; null: of none"
        ),
        sa.Column(
            "went_to",
            sa.Integer(),
            nullable=True,
            comment="theme into which it went; null: it is a theme of its own",
        ),
        sa.Column(
            "retired",
            sa.Boolean(),
            nullable=False,
            comment="whether it has no mention left, or went into another",
        ),
        sa.PrimaryKeyConstraint("topic", "theme_id", name=op.f("pk_dim_theme")),
        schema="listening",
        comment="Themes of a topic, found by likeness of what people say. An id stays, and is never given again.",
    )
    op.create_table(
        "fct_aspect",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("mention_id", sa.Uuid(), nullable=False, comment="mention"),
        sa.Column("entity", sa.Text(), nullable=False, comment="entity that the clause speaks of"),
        sa.Column(
            "aspect",
            sa.Text(),
            nullable=False,
            comment="what about it: delivery, price, …, by its name in the settings",
        ),
        sa.Column("field", sa.Text(), nullable=False, comment="where the clause stands: text or title"),
        sa.Column(
            "clause_start",
            sa.Integer(),
            nullable=False,
            comment="first character of the clause, from 0, in text or title",
        ),
        sa.Column("clause_end", sa.Integer(), nullable=False, comment="character after its last"),
        sa.Column(
            "term_start",
            sa.Integer(),
            nullable=False,
            comment="first character of the words that name the aspect",
        ),
        sa.Column("term_end", sa.Integer(), nullable=False, comment="character after their last"),
        sa.Column(
            "label",
            sa.Text(),
            nullable=True,
            comment="sentiment of the clause: positive, neutral or negative; null: not judged",
        ),
        sa.Column(
            "value", sa.Float(), nullable=True, comment="the same as a number, -1 to 1; null: not judged"
        ),
        sa.Column("confidence", sa.Float(), nullable=True, comment="0 to 1; null where the scorer has none"),
        sa.Column(
            "version",
            sa.Text(),
            nullable=False,
            comment="of the cutting, the aspect's words and the scorer of sentiment with its model",
        ),
        sa.PrimaryKeyConstraint(
            "mention_id", "topic", "entity", "aspect", "field", "clause_start", name=op.f("pk_fct_aspect")
        ),
        schema="listening",
        comment="What mentions say about aspects of an entity, one row per clause that names one.",
    )
    op.create_table(
        "fct_cascade",
        sa.Column("mention_id", sa.Uuid(), nullable=False, comment="mention from which it spread"),
        sa.Column("source", sa.Text(), nullable=False, comment="where it comes from, see dim_source"),
        sa.Column(
            "mentions",
            sa.BigInteger(),
            nullable=False,
            comment="mentions of the cascade, this one included; 2 or more",
        ),
        sa.Column(
            "passed_on",
            sa.BigInteger(),
            nullable=False,
            comment="of these, reshares and quotes; the others are replies",
        ),
        sa.Column(
            "depth", sa.BigInteger(), nullable=False, comment="steps from this mention to the farthest"
        ),
        sa.Column(
            "structural_virality",
            sa.Float(),
            nullable=False,
            comment="mean distance of all pairs, in steps: below 2 if all have it from one; chains are longer",
        ),
        sa.Column(
            "largest_broadcast",
            sa.Float(),
            nullable=False,
            comment="of the mentions below this one, the share, 0 to 1, that have it straight from one",
        ),
        sa.PrimaryKeyConstraint("mention_id", name=op.f("pk_fct_cascade")),
        schema="listening",
        comment="What spread from a mention: those we hold that answer, quote or reshare it, or one of these.",
    )
    op.create_table(
        "measure_week",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("measure", sa.Text(), nullable=False, comment="what is measured"),
        sa.Column("scorer", sa.Text(), nullable=False, comment="who measured"),
        sa.Column("version", sa.Text(), nullable=False, comment="version of the scorer and its model"),
        sa.Column("source", sa.Text(), nullable=False, comment="source, see dim_source"),
        sa.Column("week", sa.Date(), nullable=False, comment="Monday of the week, in the topic's time zone"),
        sa.Column("judged", sa.BigInteger(), nullable=False, comment="mentions with a label or a value"),
        sa.Column(
            "abstained", sa.BigInteger(), nullable=False, comment="mentions of which the scorer said nothing"
        ),
        sa.Column(
            "counts",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="mentions by label; null: none has a label",
        ),
        sa.Column(
            "mean",
            sa.Float(),
            nullable=True,
            comment="mean of the values, rounded as in votes; null: there are labels, or none has a value",
        ),
        sa.Column(
            "sd", sa.Float(), nullable=True, comment="their standard deviation; null: fewer than two values"
        ),
        sa.Column(
            "deciles", sa.ARRAY(sa.Float()), nullable=True, comment="their nine deciles; null: no values"
        ),
        sa.Column(
            "votes",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="votes by label, or by rounded value: an author counts at most one a week, and so does a story",
        ),
        sa.Column("judged_votes", sa.Float(), nullable=False, comment="sum of votes"),
        sa.Column(
            "abstained_votes",
            sa.Float(),
            nullable=False,
            comment="votes of the mentions of which the scorer said nothing",
        ),
        sa.PrimaryKeyConstraint(
            "topic", "measure", "scorer", "version", "source", "week", name=op.f("pk_measure_week")
        ),
        schema="listening",
        comment="What a scorer said of a source's mentions by people in a week, over all entities.",
    )
    op.create_table(
        "drift",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("measure", sa.Text(), nullable=False, comment="what is measured"),
        sa.Column("scorer", sa.Text(), nullable=False, comment="who measured"),
        sa.Column("version", sa.Text(), nullable=False, comment="version of the scorer and its model"),
        sa.Column("source", sa.Text(), nullable=False, comment="source"),
        sa.Column("week", sa.Date(), nullable=False, comment="Monday of the week, in the topic's time zone"),
        sa.Column(
            "what", sa.Text(), nullable=False, comment="values: what was judged; abstention: how much was not"
        ),
        sa.Column(
            "state",
            sa.Text(),
            nullable=False,
            comment="warning; steady; version_changed: the weeks before were judged by another version; too_few: no verdict",
        ),
        sa.Column("n", sa.Float(), nullable=False, comment="votes in the week"),
        sa.Column("reference_n", sa.Float(), nullable=False, comment="votes in the weeks before"),
        sa.Column(
            "reference_weeks", sa.BigInteger(), nullable=False, comment="weeks among them with any vote"
        ),
        sa.Column(
            "reference_version",
            sa.Text(),
            nullable=True,
            comment="scorer and version that judged the weeks before; null: there are none",
        ),
        sa.Column(
            "label", sa.Text(), nullable=True, comment="the label that moved most; null: values are numbers"
        ),
        sa.Column(
            "share", sa.Float(), nullable=True, comment="its share of the votes, 0 to 1; of numbers the mean"
        ),
        sa.Column("reference_share", sa.Float(), nullable=True, comment="the same in the weeks before"),
        sa.Column(
            "distance",
            sa.Float(),
            nullable=True,
            comment="Jensen-Shannon distance of week and reference, 0 to 1; null: nothing to compare",
        ),
        sa.Column(
            "dispersion",
            sa.Float(),
            nullable=True,
            comment="how many times more than by chance the weeks before differ among themselves, at least 1",
        ),
        sa.Column(
            "p",
            sa.Float(),
            nullable=True,
            comment="how often chance and that unrest alone bring so great a difference; null: no verdict",
        ),
        sa.Column(
            "q",
            sa.Float(),
            nullable=True,
            comment="p after Benjamini and Hochberg, over all that was looked at in the week; null: no verdict",
        ),
        sa.PrimaryKeyConstraint(
            "topic", "measure", "scorer", "version", "source", "week", "what", name=op.f("pk_drift")
        ),
        schema="ops",
        comment="Each week of listening.measure_week held against the weeks before; listening.drift is for reading.",
    )
    op.create_table(
        "theme_change",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("fitted_at", sa.DateTime(timezone=True), nullable=False, comment="when, see theme_fit"),
        sa.Column("theme_id", sa.Integer(), autoincrement=False, nullable=False, comment="theme"),
        sa.Column(
            "change",
            sa.Text(),
            nullable=False,
            comment="new: out of none; split: out of another; merged: into another; retired: no mention is left",
        ),
        sa.Column("other_id", sa.Integer(), nullable=True, comment="the other theme of a split or merge"),
        sa.PrimaryKeyConstraint("topic", "fitted_at", "theme_id", "change", name=op.f("pk_theme_change")),
        schema="ops",
        comment="What became of themes: where each came from, and where it went.",
    )
    op.create_table(
        "theme_fit",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("fitted_at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column("version", sa.Text(), nullable=False, comment="version of the encoder"),
        sa.Column(
            "newest",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="publication of the newest mention then",
        ),
        sa.Column("texts", sa.BigInteger(), nullable=False, comment="different texts of the topic then"),
        sa.Column("sampled", sa.BigInteger(), nullable=False, comment="of these, how many were compared"),
        sa.Column("themes", sa.Integer(), nullable=False, comment="themes then"),
        sa.Column("mentions", sa.BigInteger(), nullable=False, comment="mentions by people then"),
        sa.Column("placed", sa.BigInteger(), nullable=False, comment="of these, how many are of a theme"),
        sa.Column(
            "moved",
            sa.BigInteger(),
            nullable=False,
            comment="of those placed before, how many are of another theme since, or of none",
        ),
        sa.PrimaryKeyConstraint("topic", "fitted_at", name=op.f("pk_theme_fit")),
        schema="ops",
        comment="Each time that themes were looked for.",
    )
    op.create_table(
        "encoding",
        sa.Column("mention_id", sa.Uuid(), nullable=False, comment="mention"),
        sa.Column("content_hash", sa.Uuid(), nullable=False, comment="version of the mention"),
        sa.Column(
            "text_hash",
            sa.LargeBinary(),
            nullable=False,
            comment="hash of what was read; texts that read alike share it",
        ),
        sa.Column("version", sa.Text(), nullable=False, comment="version of the encoder"),
        sa.Column(
            "vector", sa.LargeBinary(), nullable=False, comment="its numbers in half precision, little-endian"
        ),
        sa.PrimaryKeyConstraint("mention_id", name=op.f("pk_encoding")),
        schema="private",
        comment="What the shared encoder read of a mention; it is made from its text and goes with it.",
    )
    op.create_index("ix_encoding_text_hash", "encoding", ["text_hash"], unique=False, schema="private")
    op.create_table(
        "theme",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column("theme_id", sa.Integer(), autoincrement=False, nullable=False, comment="theme"),
        sa.Column(
            "centroid",
            sa.LargeBinary(),
            nullable=False,
            comment="unit vector, single precision, little-endian; zeros: it has no mention left",
        ),
        sa.Column("nearest", sa.Float(), nullable=False, comment="similarity to it that a mention needs"),
        sa.PrimaryKeyConstraint("topic", "theme_id", name=op.f("pk_theme")),
        schema="private",
        comment="Where each theme points; with it mentions are placed.",
    )
    op.create_table(
        "theme_centre",
        sa.Column("topic", sa.Text(), nullable=False, comment="topic"),
        sa.Column(
            "lang",
            sa.Text(),
            nullable=False,
            comment="language, ISO 639-1; empty: of all together, and of the others",
        ),
        sa.Column(
            "centre",
            sa.LargeBinary(),
            nullable=False,
            comment="mean of unit vectors, single precision, little-endian",
        ),
        sa.PrimaryKeyConstraint("topic", "lang", name=op.f("pk_theme_centre")),
        schema="private",
        comment="The middle of all that is said in each language; themes are told by the way from there.",
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("theme_centre", schema="private")
    op.drop_table("theme", schema="private")
    op.drop_index("ix_encoding_text_hash", table_name="encoding", schema="private")
    op.drop_table("encoding", schema="private")
    op.drop_table("theme_fit", schema="ops")
    op.drop_table("theme_change", schema="ops")
    op.drop_table("drift", schema="ops")
    op.drop_table("measure_week", schema="listening")
    op.drop_table("fct_cascade", schema="listening")
    op.drop_table("fct_aspect", schema="listening")
    op.drop_table("dim_theme", schema="listening")
    op.drop_index("ix_bridge_mention_theme_theme_id", table_name="bridge_mention_theme", schema="listening")
    op.drop_table("bridge_mention_theme", schema="listening")
