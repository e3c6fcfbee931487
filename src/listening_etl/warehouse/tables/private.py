"""Identities and masked texts: what the loader alone reads."""

from __future__ import annotations

from sqlalchemy import Float, Index, LargeBinary, Text, Uuid

from listening_etl.warehouse.tables.declaration import Instant, _, table

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
    _("native_id", Text, "id within the source, as received", null=True),
    _("url", Text, "link as received", null=True),
    _("title", Text, "title as received", null=True),
    _("text", Text, "text as received", null=True),
    _("content_hash", Uuid, "version of the mention"),
)  # fmt: skip

sketch = table(
    "private", "sketch", "What copies of a mention are found by; it is made from its public text and goes with it.",
    _("topic", Text, "topic in which it was compared with others", key=True),
    _("mention_id", Uuid, "mention", key=True),
    _("content_hash", Uuid, "version of the mention"),
    _("published_at", Instant, "when that was published"),
    _("words_hash", Uuid, "hash of the normalised text; null: too short to be told apart from others", null=True),
    _("signature", LargeBinary, "MinHash of its character shingles; null where words_hash is", null=True),
    Index("ix_sketch_words_hash", "topic", "words_hash"),
)  # fmt: skip

near_duplicate = table(
    "private", "near_duplicate", "The likenesses that hold stories together: of all pairs the strongest that connect them.",
    _("topic", Text, "topic", key=True),
    _("words_hash", Uuid, "the smaller of two, see private.sketch", key=True),
    _("other_hash", Uuid, "the greater", key=True),
    _("similarity", Float, "likeness of the two texts, 0 to 1"),
)  # fmt: skip

encoding = table(
    "private", "encoding", "What the shared encoder read of a mention; it is made from its text and goes with it.",
    _("mention_id", Uuid, "mention", key=True),
    _("content_hash", Uuid, "version of the mention"),
    _("text_hash", LargeBinary, "hash of what was read; texts that read alike share it"),
    _("version", Text, "version of the encoder"),
    _("vector", LargeBinary, "its numbers in half precision, little-endian"),
    Index("ix_encoding_text_hash", "text_hash"),
)  # fmt: skip

opt_out = table(
    "private", "opt_out", "Authors who do not want to be listened to; their mentions are not kept.",
    _("author_key", Uuid, "pseudonym", key=True),
    _("since", Instant, "when they opted out"),
    _("note", Text, "how we know", null=True),
)  # fmt: skip
