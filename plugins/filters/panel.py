"""Keeps or drops what a panel of authors writes."""

import operator
from functools import cache, reduce
from pathlib import Path
from typing import Literal

import polars as pl
from pydantic import Field, NonNegativeInt, model_validator

from listening_etl import CHANNELS, ConfigError, Options, hookimpl

Unknown = Literal["keep", "drop"]


class PanelOptions(Options):
    """Who is on the panel: who is listed, and who meets every rule."""

    handles: frozenset[str] = Field(frozenset(), description="members, with or without @, in any case")
    native_ids: frozenset[str] = Field(frozenset(), description="members, as the platform writes their ids")
    path: Path | None = Field(
        None, description="a text file of members, a handle or an id a line; # begins a remark"
    )
    followers_min: NonNegativeInt | None = Field(None, description="a rule: at least so many followers")
    followers_max: NonNegativeInt | None = Field(None, description="a rule: at most so many followers")
    verified: bool | None = Field(None, description="a rule: the platform has verified them, or has not")
    channels: frozenset[Literal[CHANNELS]] = Field(
        frozenset(), description="a rule: they write in one of these channels"
    )
    sources: frozenset[str] = Field(
        frozenset(), description="a rule: they write in one of these sources of the topic"
    )
    locations: frozenset[str] = Field(
        frozenset(), description="a rule: their profile names one of these places, whole words"
    )
    keep: Literal["members", "others"] = Field("members", description="whose mentions stay")
    unknown: Unknown = Field("keep", description="what becomes of authors of whom it cannot be told")

    @model_validator(mode="after")
    def _names_somebody(self):
        if not (self.path or self.handles or self.native_ids or rules(self)):
            raise ValueError("nobody is on it: give handles, native_ids, a path, or a rule")
        return self


class Panel:
    """Keeps what the members of a panel write, or what others do.

    Members are those listed, and those who meet every rule that is given. Of an author without handle and id, or
    of whom the platform does not tell what a rule asks, it cannot be told: `unknown` decides.
    """

    name = "panel"
    version = "1"
    reason = "kept are {keep} of a panel"
    options_type = PanelOptions

    def keep(self, mentions, options):
        """Whether each row stays, and else what its author is; null where it cannot be told."""
        given = rules(options)
        tests = (reduce(operator.and_, given) if given else None, listed(options))
        member = reduce(operator.or_, (test for test in tests if test is not None))
        keep = member if options.keep == "members" else ~member
        if options.unknown == "drop":
            keep = keep.fill_null(value=False)
        what = (
            pl.when(member)
            .then(pl.lit("the author is on it"))
            .when(~member)
            .then(pl.lit("the author is not on it"))
        )
        return mentions.select(keep=keep, why=what.otherwise(pl.lit("of the author nobody knows")))


def rules(options):
    """One condition a rule; null where the platform does not tell."""
    followers, place = pl.col("author_followers"), plain(pl.col("author_location"))
    given = {
        "followers_min": lambda least: followers >= least,
        "followers_max": lambda most: followers <= most,
        "verified": lambda verified: pl.col("author_verified") == verified,
        "channels": lambda channels: pl.col("channel").is_in(sorted(channels)),
        "sources": lambda sources: pl.col("source").is_in(sorted(sources)),
        "locations": lambda names: place.str.contains(words(names)),
    }
    return [
        build(value)
        for name, build in given.items()
        if (value := getattr(options, name)) not in (None, frozenset())
    ]


def listed(options):
    """Whether the author is on a list, by handle or id; None without lists."""
    lines = members_of(options.path) if options.path else frozenset()
    handles, ids = options.handles | lines, options.native_ids | lines
    if not handles | ids:
        return None
    handle = pl.col("author_handle").str.strip_chars("@ ").str.to_lowercase()
    on = (
        handle.is_in(sorted({one.strip("@ ").lower() for one in handles})),
        pl.col("author_id").is_in(sorted(ids)),
    )
    known = pl.any_horizontal(pl.col("author_handle", "author_id").is_not_null())
    return pl.when(known).then(pl.any_horizontal(one.fill_null(value=False) for one in on))


@cache
def members_of(path):
    """The lines of a list of members, without remarks; read once."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        do = "Check `path` of the filter panel."
        raise ConfigError(f"the list of members cannot be read: {error}", where=str(path), do=do) from error
    members = frozenset(line for one in lines if (line := one.partition("#")[0].strip()))
    if not members:
        raise ConfigError(
            "the list of members is empty", where=str(path), do="Write a handle or an id a line."
        )
    return members


def plain(text):
    """Lower case without accents."""
    return text.str.normalize("NFKD").str.replace_all(r"\p{M}+", "").str.to_lowercase()


def words(names):
    """A pattern for one of these names as whole words."""
    folded = plain(pl.Series(sorted(names), dtype=pl.String))
    return rf"(?:^|\P{{L}})(?:{'|'.join(folded.str.escape_regex())})(?:$|\P{{L}})"


@hookimpl
def listening_filters():
    """Offer the filter."""
    return [Panel()]
