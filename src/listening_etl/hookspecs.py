"""The plugin roles, and the hooks through which plugins register instances of them.

A role is a `Protocol`: there is no class to inherit. Filters and scorers get a batch as a Polars frame with
the columns of `listening_etl.frame.SCHEMA` and answer one value a row, in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import pluggy

from listening_etl.errors import Malformed, NotAMention
from listening_etl.model import (
    Capabilities,
    Deletion,
    Gap,
    Item,
    Labels,
    Mention,
    Options,
    Range,
    Slice,
    Truncated,
)

if TYPE_CHECKING:
    import polars as pl

    from listening_etl.http import Http

GROUP = "listening_etl"
GIVEN = frozenset({"encoding"})
"""What a filter may need, and a scorer besides the answers of other measures: columns that the pipeline works out."""

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


@runtime_checkable
class Source(Protocol):
    """Brings mentions in. The class docstring is its page in the catalogue: what it collects, what it
    misses, limits, terms.

    It may also have the methods of `SeveralQueries`, `Recorded` and `Rechecks`, and `terms`, a `Terms`.
    """

    name: str
    options_type: type[Options]
    capabilities: Capabilities

    def fetch(
        self, options: Any, slice: Slice, http: Http
    ) -> Iterator[Item | Truncated | Gap | bytes | str | dict[str, Any]]:
        """Yield the items of the slice as received: input only, lazily, without state.

        An item may be a whole thread: what stands in it beside a mention of the topic is kept as context.
        """
        ...

    def parse(
        self, item: Any, options: Any
    ) -> Mention | Deletion | list[Mention | Deletion | NotAMention | Malformed]:
        """Turn one item into its mention or mentions. Pure: no network, clock or file.

        `item` is what `fetch` yielded, bytes, text or dict; of an `Item`, its `data`. Raises `NotAMention`
        with the reason for what is well-formed and no mention, `Malformed` for what should be one; among
        several, such an error stands in the list in the place of the one that it is about.
        """
        ...


@runtime_checkable
class Recorded(Protocol):
    """A source whose recorded answers can be parsed offline: `listening parse` and the contract kit."""

    def items(self, answer: bytes, options: Any) -> Iterator[Item | dict[str, Any] | bytes | str]:
        """The items of one answer of the platform, as `fetch` yields them. Pure; needs no required option.

        Raises `NotAMention` with the reason when the answer is of a kind that holds no mention, an error or
        a profile, and `SourceUnreadable` when it is not what the platform says.
        """
        ...


@runtime_checkable
class SeveralQueries(Protocol):
    """A source to which queries can be pushed down; what comes is matched again here."""

    def push_down(self, options: Any, entities: Sequence[Any]) -> Sequence[str]:
        """Queries in the platform's own words, one slice each, for entities with `names`, `handles` and
        `hashtags` (without signs). Whatever is about one by its words holds one of the names; `pushed_down`
        writes the whole query of an entity, which may be narrower, in the words of a `Dialect`."""
        ...


@runtime_checkable
class Rechecks(Protocol):
    """A source that can say what became of mentions that it brought before."""

    def recheck(
        self, options: Any, native_ids: Sequence[str], http: Http
    ) -> Iterator[Item | bytes | str | dict[str, Any]]:
        """Yield an item for each id: `parse` makes it the mention as it is now, or its `Deletion`."""
        ...


@runtime_checkable
class Filter(Protocol):
    """Keeps or drops mentions. `reason` says why a mention was dropped; `{option}` is filled in.

    What is dropped is kept as a reject with that reason. An answer depends on its row alone: not on what else
    came in the batch, not on the clock. With `needs = ("encoding",)` the frame has what the encoder read.
    """

    name: str
    version: str
    reason: str
    options_type: type[Options]

    def keep(self, mentions: pl.DataFrame, options: Any) -> pl.Series | pl.DataFrame:
        """One boolean a row; null keeps, since nobody is dropped on a guess.

        Or a frame with `keep` and `why`, text that continues the reason of this row ("reason: why"), such as
        the words that told; null where there is nothing to add.
        """
        ...


@runtime_checkable
class Scorer(Protocol):
    """Measures mentions: `measure` says what, `name` who, `languages` which it can judge (None: any).

    One that reads what others answered says so: with `needs = ("sentiment",)` it is asked after the topic's
    scorer of that measure, and the frame has `score_sentiment_label`, `_value` and `_confidence`, null where that
    one abstained. Settings in which a measure is missing, or in which scorers need each other, are refused.
    """

    name: str
    measure: str
    scale: Range | Labels
    version: str
    languages: frozenset[str] | None
    options_type: type[Options]

    def score(self, mentions: pl.DataFrame, options: Any) -> pl.Series | pl.DataFrame:
        """One value a row (null: not judged), or a frame with `label` and/or `value`, and optionally
        `confidence` (0 to 1) and `detail` (a struct: components, evidence)."""
        ...


class Hooks:
    """What a plugin may implement; each returns a list of instances."""

    @hookspec
    def listening_sources(self) -> list[Source]:
        """Return source plugins."""
        raise NotImplementedError

    @hookspec
    def listening_filters(self) -> list[Filter]:
        """Return filter plugins."""
        raise NotImplementedError

    @hookspec
    def listening_scorers(self) -> list[Scorer]:
        """Return scorer plugins."""
        raise NotImplementedError
