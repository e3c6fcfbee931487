"""What mentions are about, found by likeness: themes, the mentions of each, and how themes came and went."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Float,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    Uuid,
)

from listening_etl.warehouse.tables.declaration import Instant, _, table

dim_theme = table(
    "listening", "dim_theme", "Themes of a topic, found by likeness of what people say. An id stays, and is never given again.",
    _("topic", Text, "topic", key=True),
    _("theme_id", Integer, "number within the topic", key=True, autoincrement=False),
    _("label", ARRAY(Text), "words that its mentions use and others do not, the strongest first; may be empty"),
    _("mentions", BigInteger, "mentions by people that are of it"),
    _("first_seen", Instant, "publication of the earliest; null: it has none left", null=True),
    _("last_seen", Instant, "publication of the latest; null: it has none left", null=True),
    _("example_id", Uuid, "the mention nearest to its middle; null: it has none left", null=True),
    _("came_from", Integer, "theme out of which it came; null: of none", null=True),
    _("went_to", Integer, "theme into which it went; null: it is a theme of its own", null=True),
    _("retired", Boolean, "whether it has no mention left, or went into another"),
)  # fmt: skip

bridge_mention_theme = table(
    "listening", "bridge_mention_theme", "The theme of each mention by people that was read.",
    _("topic", Text, "topic"),
    _("mention_id", Uuid, "mention"),
    _("theme_id", Integer, "theme, see dim_theme; null: far from all", null=True),
    _("similarity", Float, "to the middle of its theme, or of the nearest; about 0 for any two mentions, at most 1"),
    _("text_hash", LargeBinary, "hash of what was read; an edit is placed again"),
    PrimaryKeyConstraint("mention_id", "topic"),
    Index("ix_bridge_mention_theme_theme_id", "topic", "theme_id"),
)  # fmt: skip

private_theme = table(
    "private", "theme", "Where each theme points; with it mentions are placed.",
    _("topic", Text, "topic", key=True),
    _("theme_id", Integer, "theme", key=True, autoincrement=False),
    _("centroid", LargeBinary, "unit vector, single precision, little-endian; zeros: it has no mention left"),
    _("nearest", Float, "similarity to it that a mention needs"),
)  # fmt: skip

theme_centre = table(
    "private", "theme_centre", "The middle of all that is said in each language; themes are told by the way from there.",
    _("topic", Text, "topic", key=True),
    _("lang", Text, "language, ISO 639-1; empty: of all together, and of the others", key=True),
    _("centre", LargeBinary, "mean of unit vectors, single precision, little-endian"),
)  # fmt: skip

theme_fit = table(
    "ops", "theme_fit", "Each time that themes were looked for.",
    _("topic", Text, "topic", key=True),
    _("fitted_at", Instant, "when", key=True),
    _("version", Text, "version of the encoder"),
    _("newest", Instant, "publication of the newest mention then"),
    _("texts", BigInteger, "different texts of the topic then"),
    _("sampled", BigInteger, "of these, how many were compared"),
    _("themes", Integer, "themes then"),
    _("mentions", BigInteger, "mentions by people then"),
    _("placed", BigInteger, "of these, how many are of a theme"),
    _("moved", BigInteger, "of those placed before, how many are of another theme since, or of none"),
)  # fmt: skip

theme_change = table(
    "ops", "theme_change", "What became of themes: where each came from, and where it went.",
    _("topic", Text, "topic", key=True),
    _("fitted_at", Instant, "when, see theme_fit", key=True),
    _("theme_id", Integer, "theme", key=True, autoincrement=False),
    _("change", Text, "new: out of none; split: out of another; merged: into another; retired: no mention is left", key=True),
    _("other_id", Integer, "the other theme of a split or merge", null=True),
)  # fmt: skip
