"""In what form somebody spoke: words of their own travel further than a bare link."""

import polars as pl
from pydantic import Field, NonNegativeInt

from listening_etl import Labels, Options, hookimpl

NAMED = r"(?i)https?://\S+|www\.\S+|[@#][\w.\-]+"
"""Links, handles and hashtags: what is left of a text are its words."""

WORD = r"[[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]&&\p{L}]|[\p{L}\d][\p{L}\p{M}\d’'\-]*"
"""Where no spaces stand between words a letter counts as one."""

LINK = r"(?i)https?://\S|www\.\w"
OPENS_WITH_RT = r"^[^\p{L}\d@#]*(?:RT|MT) @\w"
UNHEARD_KINDS, UNHEARD_CHANNELS = ("survey", "call", "note"), ("email", "survey", "call", "crm")


def weight(default, description):
    """An option that says how much a kind counts."""
    return Field(default, ge=0, le=1, description=f"weight of {description}")


class MentionKindOptions(Options):
    """What each kind counts, 0 to 1, and what a bare link is. The weights are a choice, not a measurement."""

    original: float = weight(1, "what somebody says by themselves, in their own words")
    article: float = weight(1, "an article, of the press or of a blog")
    review: float = weight(0.8, "a review, read by those who mean to buy")
    quote: float = weight(0.6, "a comment on another mention that is shown with it")
    reply: float = weight(0.4, "a reply or a comment, read where the conversation is")
    reshare: float = weight(0.3, "the words of another, passed on")
    bare_link: float = weight(0.1, "a link with hardly a word")
    words: NonNegativeInt = Field(
        5, description="a text with a link and fewer words of its own is a bare link"
    )


class MentionKind:
    """Says whether a mention is a reshare, review, article, quote, bare link, reply or original, and its weight, 0 to 1.

    The first that fits counts. A title is not among the words: above a link alone it is the headline of what is
    linked. `detail` holds the number of words and whether there is a link. Null: said to the company alone (a
    survey, a call, a mail), where nobody else could hear it.
    """

    name = "mention_kind"
    measure = "mention_kind"
    scale = Labels("reshare", "review", "article", "quote", "bare_link", "reply", "original")
    version = "1"
    languages = None
    options_type = MentionKindOptions

    def score(self, mentions, options):
        """`label`, its weight as `value`, and `detail` with what a bare link is told by."""
        text, kind = pl.col("text").fill_null(""), pl.col("kind").fill_null("")
        words = text.str.replace_all(NAMED, " ").str.count_matches(WORD)
        link = text.str.contains(LINK) | (pl.col("links").list.len().fill_null(0) > 0)
        unheard = kind.is_in(UNHEARD_KINDS) | pl.col("channel").fill_null("").is_in(UNHEARD_CHANNELS)
        label = (
            pl.when(pl.col("reshared_id").is_not_null() | text.str.contains(OPENS_WITH_RT))
            .then(pl.lit("reshare"))
            .when((kind == "review") | pl.col("rating").is_not_null())
            .then(pl.lit("review"))
            .when(kind == "article")
            .then(pl.lit("article"))
            .when(pl.col("quoted_id").is_not_null())
            .then(pl.lit("quote"))
            .when(link & (words < options.words))
            .then(pl.lit("bare_link"))
            .when(pl.col("in_reply_to").is_not_null() | kind.is_in(("reply", "comment")))
            .then(pl.lit("reply"))
            .otherwise(pl.lit("original"))
        )
        weights = {name: float(getattr(options, name)) for name in self.scale.names}
        return mentions.select(
            label=pl.when(~unheard).then(label),
            detail=pl.when(~unheard).then(pl.struct(words=words, link=link)),
        ).with_columns(value=pl.col("label").replace_strict(weights, default=None, return_dtype=pl.Float64))


@hookimpl
def listening_scorers():
    """Offer the scorer."""
    return [MentionKind()]
