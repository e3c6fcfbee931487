"""Curated mentions and what was measured on them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from listening_etl.warehouse.tables.declaration import Instant, _, table

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

dim_query = table(
    "listening", "dim_query", "What each version of a topic's queries says; bridge_mention_query and ops.run name it.",
    _("topic", Text, "topic", key=True),
    _("query_version", Text, "hash of the queries of all its entities", key=True),
    _("entity", Text, "entity", key=True),
    _("query", Text, "what makes a mention one of the entity by its words, in canonical form"),
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
    _("kind", Text, "consumer, specialist, media, brand, employee or bot; null: unknown, or not judged", null=True),
    _("kind_detail", JSONB, "the rules that said so, and the scorer's version", null=True),
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
    _("native_id", Text, "id within the source; a keyed hash where that names an account"),
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
    _("topic", Text, "topic"),
    _("mention_id", Uuid, "mention"),
    _("measure", Text, "what is measured: sentiment, addressed, language, …"),
    _("scorer", Text, "who measured"),
    _("version", Text, "version of the scorer and its model"),
    _("label", Text, "label, on a scale of names; null: not judged", null=True),
    _("value", Float, "number, on a scale of numbers (sentiment: -1 to 1); null: not judged", null=True),
    _("confidence", Float, "0 to 1; null where the scorer has none", null=True),
    _("detail", JSONB, "components or evidence", null=True),
    PrimaryKeyConstraint("mention_id", "topic", "measure", "scorer"),
)  # fmt: skip

fct_aspect = table(
    "listening", "fct_aspect", "What mentions say about aspects of an entity, one row per clause that names one.",
    _("topic", Text, "topic"),
    _("mention_id", Uuid, "mention"),
    _("entity", Text, "entity that the clause speaks of"),
    _("aspect", Text, "what about it: delivery, price, …, by its name in the settings"),
    _("field", Text, "where the clause stands: text or title"),
    _("clause_start", Integer, "first character of the clause, from 0, in text or title"),
    _("clause_end", Integer, "character after its last"),
    _("term_start", Integer, "first character of the words that name the aspect"),
    _("term_end", Integer, "character after their last"),
    _("label", Text, "sentiment of the clause: positive, neutral or negative; null: not judged", null=True),
    _("value", Float, "the same as a number, -1 to 1; null: not judged", null=True),
    _("confidence", Float, "0 to 1; null where the scorer has none", null=True),
    _("version", Text, "of the cutting, the aspect's words and the scorer of sentiment with its model"),
    PrimaryKeyConstraint("mention_id", "topic", "entity", "aspect", "field", "clause_start"),
)  # fmt: skip

fct_link = table(
    "listening", "fct_link", "Links from a mention to another, which we may not hold.",
    _("mention_id", Uuid, "mention", key=True),
    _("other_id", Uuid, "mention_id of the other", key=True),
    _("kind", Text, "reply, quote or reshare", key=True),
    Index("ix_fct_link_other_id", "other_id"),
)  # fmt: skip

fct_cascade = table(
    "listening", "fct_cascade", "What spread from a mention: those we hold that answer, quote or reshare it, or one of these.",
    _("mention_id", Uuid, "mention from which it spread", key=True),
    _("source", Text, "where it comes from, see dim_source"),
    _("mentions", BigInteger, "mentions of the cascade, this one included; 2 or more"),
    _("passed_on", BigInteger, "of these, reshares and quotes; the others are replies"),
    _("depth", BigInteger, "steps from this mention to the farthest"),
    _("structural_virality", Float, "mean distance of all pairs, in steps: below 2 if all have it from one; chains are longer"),
    _("largest_broadcast", Float, "of the mentions below this one, the share, 0 to 1, that have it straight from one"),
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
    _("topic", Text, "topic"),
    _("mention_id", Uuid, "mention"),
    _("entity", Text, "entity"),
    _("match", Text, "strongest of author (its own), reply, tagged, hashtag, declared, named; or context: in its thread"),
    _("evidence", Text, "the words that matched", null=True),
    _("position", Integer, "where in the text the evidence starts, in characters from 0", null=True),
    _("owned", Boolean, "written by an account of one of the topic's entities: no UGC, outside most KPIs"),
    _("products", ARRAY(Text), "products of the entity that it names; null: none", null=True),
    PrimaryKeyConstraint("mention_id", "topic", "entity"),
)  # fmt: skip

bridge_mention_query = table(
    "listening", "bridge_mention_query", "Which topics a mention belongs to, and by which version of its queries.",
    _("topic", Text, "topic"),
    _("mention_id", Uuid, "mention"),
    _("query_version", Text, "hash of the entities and queries that matched it"),
    PrimaryKeyConstraint("mention_id", "topic"),
)  # fmt: skip

bridge_mention_story = table(
    "listening", "bridge_mention_story", "Copies: mentions that tell the same in nearly the same words. Alone, one has no row.",
    _("topic", Text, "topic"),
    _("mention_id", Uuid, "mention"),
    _("story_id", Uuid, "mention_id of the canonical mention: the first published of the story"),
    # cross-posts of one person are not marked: that would tie two pseudonyms together, which are two on purpose
    _("how", Text, "canonical; exact: in the same words as the canonical; near: in others"),
    _("similarity", Float, "likeness to the nearest other of the story, 0 to 1", null=True),
    PrimaryKeyConstraint("mention_id", "topic"),
    Index("ix_bridge_mention_story_story_id", "topic", "story_id"),
)  # fmt: skip
