"""What kind of author somebody is, by rules that can be read: consumer, specialist, media, brand, employee, bot."""

from typing import Literal

import polars as pl
from pydantic import Field, PositiveInt

from listening_etl import Labels, Options, hookimpl

PRESS = (
    r"\b(news|breaking|actus?|actualites?|journal|gazette|presse|press|times|tribune|herald|magazine|hebdo"
    r"|quotidien|daily|radio|tv|tele|medias?|redaction|newsroom|la une|le direct|info)\b"
)
TRADES = (
    "accountant", "analyst", "analyste", "architect", "architecte", "artisan", "avocat", "avocate", "barista", "blog",
    "blogger", "blogueur", "blogueuse", "chef", "chroniqueur", "chroniqueuse", "coach", "consultant", "consultante",
    "critic", "critique", "developer", "developpeur", "doctor", "docteur", "economist", "economiste", "engineer",
    "expert", "experte", "formateur", "formatrice", "ingenieur", "ingenieure", "journalist", "journaliste", "lawyer",
    "nutritionist", "nutritionniste", "pharmacien", "pharmacienne", "photographer", "photographe", "professor",
    "reporter", "reviewer", "sommelier", "sommeliere", "testeur", "testeuse", "youtubeur", "youtubeuse", "youtuber",
)  # fmt: skip
WORKS = (
    "at", "chez", "works for", "working for", "employee of", "travaille pour", "salarie de", "salariee de",
    "employe de", "employee de", "conseiller", "conseillere", "service client", "support",
)  # fmt: skip
BOT = r"(?:^|[^\p{L}])(?i:bots?)(?:$|[^\p{L}])|\p{Ll}Bot(?:$|[^\p{Ll}])|(?i:automated account|compte automatique)"
LETTERS = 4  # of a handle or a site at least, for one to be found in the other
LINKS = 3  # mentions with links at least, for their site to be an author's own
DAY = 86_400


class AuthorKindOptions(Options):
    """When rules speak, and accounts that are known."""

    accounts: dict[Literal["consumer", "specialist", "media", "brand", "employee", "bot"], frozenset[str]] = (
        Field(
            {},
            description="handles whose kind you know, by kind; they come before every rule but the topic's own accounts",
        )
    )
    trades: frozenset[str] = Field(
        frozenset(), description="words that make who bears them in the name a specialist, besides the usual"
    )
    media_followers: PositiveInt = Field(
        10_000, description="followers from which press words in a name are believed"
    )
    least: PositiveInt = Field(
        50, description="different times of publication below which a rhythm proves nothing"
    )
    fast_s: float = Field(
        15, gt=0, description="median seconds between mentions at or below which it is a machine's"
    )
    regular: float = Field(
        0.05,
        gt=0,
        lt=1,
        description="spread of the gaps, (p90 - p10) / median, at or below which it is a clock's",
    )


class AuthorKind:
    """Says what an author is where a rule can tell, and nothing (null: unknown) where none can.

    Gets one row an author of one platform. Of several kinds the first counts: brand (an account of one of the
    topics' entities), bot (the name says so), media (press words in the name, and many followers, a verified
    account or links to a site of that name), bot again (a rhythm that no person keeps), employee (the name says for
    which entity), specialist (the name says a trade), consumer (a rating, or a purchase told in the first person).
    `detail.rules` names every rule that spoke, with its kind, the one that decided first.

    It reads names, handles, followers, times, links and the first person, not biographies: an author who says
    nothing there stays unknown, as most do. It cannot know whether a name is true, a bot that keeps a person's
    rhythm looks like a person, a journalist under a plain name is no specialist here, and who speaks of a purchase
    may have been paid to. Words are English and French. A label is a reading of public signs, never a verdict on
    a person: use it to split figures.
    """

    name = "author_kind"
    measure = "author_kind"
    scale = Labels("consumer", "specialist", "media", "brand", "employee", "bot")
    scope = "author"
    signs = True  # names, rhythm and links too, see `warehouse.authors`
    version = "1"
    languages = None
    options_type = AuthorKindOptions

    def score(self, authors, options):
        """`label`, and `detail.rules`; both null where no rule spoke."""
        titles = authors.select(pl.col("brands").cast(pl.List(pl.String)).list.explode().unique())
        brands = sorted(titles.select(plain("brands").str.strip_chars())["brands"].drop_nulls())
        rules = [*known(options, brands), *by_name(options), *by_rhythm(options), *by_words(options, brands)]
        spoke = (
            pl.when(rule.fill_null(value=False)).then(pl.lit(f"{kind}: {words}"))
            for kind, words, rule in rules
        )
        fired = authors.with_columns(words=plain("name"), account=plain("handle"), site=host("site")).select(
            rules=pl.concat_list(spoke).list.drop_nulls()
        )
        label = pl.col("rules").list.first().str.extract(r"^(\w+)", 1)
        return fired.select(label=label, detail=pl.when(label.is_not_null()).then(pl.struct("rules")))


def plain(column):
    """Lower case, without accents and signs, with spaces around: names and handles as words."""
    text = pl.col(column).cast(pl.String).str.normalize("NFKD").str.replace_all(r"\p{M}", "")
    return pl.format(
        " {} ", text.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()
    )


def host(column):
    """A site without its last part and without dots: lemonde.fr is lemonde."""
    site = pl.col(column).cast(pl.String).str.to_lowercase()
    return site.str.replace(r"\.[a-z]+$", "").str.replace_all(r"[^\p{L}\p{N}]+", "")


def says(words):
    """Whether the name holds one of these words, whole; words are as `plain` writes them."""
    whole = pl.Series([f" {word} " for word in sorted(words)], dtype=pl.String)
    return pl.col("words").str.contains_any(whole.implode())


def known(options, brands):
    """Accounts of entities, and accounts that the settings name."""
    handle = pl.col("handle").cast(pl.String).str.strip_chars_start("@").str.to_lowercase()
    named = pl.col("words").str.strip_chars().is_in(brands)
    yield "brand", "an account of an entity", pl.col("own_mentions") > 0
    yield "brand", "verified, and named as an entity", named & pl.col("verified")
    for kind, handles in sorted(options.accounts.items()):
        yield kind, "named in the settings", handle.is_in(sorted(h.lstrip("@").lower() for h in handles))


def by_name(options):
    """What a name or a handle says of a machine, or of the press."""
    named = pl.concat_str(pl.col("name", "handle").cast(pl.String), separator="\n", ignore_nulls=True)
    yield "bot", "the name says so", named.str.contains(BOT)
    press = pl.col("words").str.contains(PRESS) | pl.col("account").str.contains(PRESS)
    account = pl.col("account").str.replace_all(" ", "")
    lengths = pl.min_horizontal(account.str.len_chars(), pl.col("site").str.len_chars())
    alike = account.str.contains(pl.col("site"), literal=True) | pl.col("site").str.contains(
        account, literal=True
    )
    own = (pl.col("site_mentions") >= LINKS) & (pl.col("site_mentions") * 2 > pl.col("mentions"))
    yield "media", "press words and links to a site of its name", press & own & alike & (lengths >= LETTERS)
    yield "media", "press words and many followers", press & (pl.col("followers") >= options.media_followers)
    yield "media", "press words and verified", press & pl.col("verified")


def by_rhythm(options):
    """What no person keeps up. Gaps are between different times; dates without a time of day prove nothing."""
    enough, median = pl.col("moments") >= options.least, pl.col("gap_median_s")
    yield "bot", "publishes faster than a person", enough & (median <= options.fast_s)
    spread = pl.col("gap_p90_s") - pl.col("gap_p10_s")
    yield (
        "bot",
        "publishes like clockwork",
        enough & (spread <= options.regular * median) & (median < DAY / 2),
    )


def by_words(options, brands):
    """What somebody states of themselves: in the name, by a rating, in the first person."""
    yield "employee", "the name says for whom", says([f"{way} {brand}" for way in WORKS for brand in brands])
    yield "specialist", "the name says a trade", says({*TRADES, *options.trades})
    yield "consumer", "gives a rating", pl.col("rated_mentions") > 0
    yield "consumer", "tells of a purchase", pl.col("bought_mentions") > 0


@hookimpl
def listening_scorers():
    """Offer the scorer."""
    return [AuthorKind()]
