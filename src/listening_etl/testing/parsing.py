"""Promises about items and what `parse` makes of them."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta
from typing import Any

from listening_etl import recorded
from listening_etl.errors import ListeningError, Malformed, NotAMention
from listening_etl.model import Deletion, Gap, Item, Mention, Truncated
from listening_etl.testing.case import SourceCase
from listening_etl.testing.driving import as_stored, read, storable
from listening_etl.testing.isolation import moved_clock, offline
from listening_etl.testing.verdict import broken, few

NO_ID = re.compile(r"\s*|None|null|nan|True|False|[\[{(<].*", re.DOTALL)
"""What an id looks like when something else was taken for it."""


class ParsePromises(SourceCase):
    """What holds for every item, whenever and wherever it is parsed."""

    def every_item(self) -> list[Item]:
        """The items of the window and of the samples."""
        options = self.read_options()
        return [
            *self.listen().items,
            *(i for file in self.sample_files() for i in self.sample_items(file, options)),
        ]

    def outcome(self, data: Any) -> list[Mention | Deletion | str] | str:
        """What `parse` says of an item: mentions, or the words with which it refuses it or one of its members."""
        try:
            found: list[Any] = read(self.plugin, self.read_options(), data)
        except (NotAMention, Malformed) as reason:
            return in_words(reason)
        return [in_words(one) if isinstance(one, Exception) else one for one in found]

    def test_an_item_is_bytes_text_or_json(self) -> None:
        """Whatever `fetch` yields can be kept in a file as it was received."""
        __tracebackhide__ = True
        for item in self.listen().items:
            if not isinstance(item.data, bytes | str | dict):
                kind = type(item.data).__name__
                broken(
                    self.plugin,
                    "fetch",
                    f"yields a {kind}",
                    "Yield bytes, text or a dict of what JSON can hold.",
                )

    def test_a_stored_item_parses_as_a_fresh_one(self) -> None:
        """The raw files are the memory: years later they give the same mentions."""
        __tracebackhide__ = True
        for item in self.every_item():
            try:
                stored = as_stored(item.data)
            except TypeError as error:
                broken(
                    self.plugin,
                    "fetch",
                    f"yields an item that JSON cannot hold ({error})",
                    "Yield what the platform sent; make times, sets and objects in `parse`.",
                )
            fresh, kept = self.outcome(item.data), self.outcome(stored)
            if fresh != kept:
                broken(
                    self.plugin,
                    "parse",
                    f"makes of an item that was stored, compared with the same item fresh, {differences(kept, fresh)}",
                    "Rely on text, numbers, lists and dicts with text keys only: that is what JSON gives back.",
                )

    def test_parse_is_pure(self) -> None:
        """`parse` reaches for no network and no file: all it needs stands in the item."""
        __tracebackhide__ = True
        items = self.every_item()
        for item in items:
            with offline() as tried:
                self._outcome_of_anything(item)  # a first call may read what a library needs
            with offline(files=False) as opened:
                self._outcome_of_anything(item)
            if tried or opened:
                broken(
                    self.plugin,
                    "parse",
                    f"calls {few(sorted({*tried, *opened}))}",
                    "Get it in `fetch` and put it into the item: `parse` has to work offline, years later.",
                )

    def _outcome_of_anything(self, item: Item) -> object:
        try:
            return self.outcome(storable(item.data))
        except Exception as error:  # noqa: BLE001 - what comes of being offline is not the question here
            return error

    def test_parse_makes_no_request(self) -> None:
        """`parse` does not use the client that `fetch` was given."""
        __tracebackhide__ = True
        platform = self.platform()
        with platform.http() as http:
            with self.driver().stream(self.window, http) as stream:
                items = [found for found in stream if not isinstance(found, Truncated | Gap)]
            asked = len(platform.requests)
            for item in items:
                self._outcome_of_anything(item if isinstance(item, Item) else Item(item))
        if extra := platform.requests[asked:]:
            broken(
                self.plugin,
                "parse",
                f"asks the platform for {extra[0].method} {extra[0].path}",
                "Ask in `fetch` and put the answer into the item.",
            )

    def test_the_same_item_makes_the_same_mention(self) -> None:
        """Parsed again, and on another day, an item gives an equal mention."""
        __tracebackhide__ = True
        items = self.every_item()
        found = [(data := storable(item.data), self.outcome(data), self.outcome(data)) for item in items]
        with moved_clock(type(self.plugin).__module__, timedelta(days=400)):
            in_time = [self.outcome(storable(item.data)) for item in items]
        for item, (data, first, again), later in zip(items, found, in_time, strict=True):
            if data != storable(item.data):
                broken(
                    self.plugin, "parse", "changes the item that it is given", "Copy what is to be changed."
                )
            for other, when in ((again, "the second time"), (later, "400 days later")):
                if first != other:
                    broken(
                        self.plugin,
                        "parse",
                        f"makes of an item, compared with the same item {when}, {differences(first, other)}",
                        "Take everything from the item: no clock, no random number, no state from before.",
                    )

    def test_an_id_is_the_platforms_own_text(self) -> None:
        """A mention has an id, and no two mentions of the window share one."""
        __tracebackhide__ = True
        heard = self.listen()
        known: dict[str, Mention] = {}
        for mention in heard.mentions:
            if NO_ID.fullmatch(mention.native_id):
                broken(
                    self.plugin,
                    "parse",
                    f"takes {mention.native_id!r} for an id",
                    "Name the field that holds it.",
                )
            other = known.setdefault(mention.native_id, mention)
            if (other.published_at, other.text) != (mention.published_at, mention.text):
                broken(
                    self.plugin,
                    "parse",
                    f"gives the id {mention.native_id!r} to two mentions: {other.text!r:.80} and {mention.text!r:.80}",
                    "Make ids unique within the source: put the thread's or the kind before a number that repeats.",
                )
        for deletion in heard.deletions:
            if not isinstance(deletion.native_id, str) or NO_ID.fullmatch(deletion.native_id):
                broken(
                    self.plugin,
                    "parse",
                    f"says that {deletion.native_id!r} was deleted",
                    "Give the id as text, as its mention had it.",
                )

    def test_every_sample_parses(self) -> None:
        """Every recorded answer goes through `items` and `parse`, and at least one holds a mention."""
        __tracebackhide__ = True
        options, refusals, mentions = self.read_options(), [], 0
        if not self.sample_files():
            folder = self.sample_folder()
            broken(
                self.plugin,
                "items",
                f"is tried on recorded answers, and there is none in {folder.parent.name}/{folder.name}/",
                "Save answers of the platform there, one a file: what was tried on nothing proves nothing.",
            )
        for file in self.sample_files():
            for item in self.sample_items(file, options):
                outcome = self.outcome(as_stored(item.data))
                mentions += 0 if isinstance(outcome, str) else sum(isinstance(m, Mention) for m in outcome)
                if isinstance(outcome, str):
                    refusals.append(f"{file.name}: {outcome}")
        if not mentions:
            broken(
                self.plugin,
                "items",
                f"finds no mention in the samples ({few(refusals) or 'no item in any file'})",
                "Record an answer that holds one, or correct `items` and `parse`.",
            )

    def test_a_sample_needs_no_settings(self) -> None:
        """`listening parse` knows no option: a recorded answer can be read without, or it says what it lacks."""
        __tracebackhide__ = True
        bare = recorded.options_of(self.plugin.options_type, {})
        for file in self.sample_files():
            try:
                for item in self.sample_items(file, bare):
                    with suppress(NotAMention, Malformed):
                        self.plugin.parse(storable(item.data), bare)
            except ListeningError:
                continue
            except Exception as error:  # noqa: BLE001 - whatever it is, it comes of options that are None
                broken(
                    self.plugin,
                    "items",
                    f"cannot read {file.name} without options ({type(error).__name__}: {error})",
                    "Rely in `items` and `parse` on options that have a default only, or raise NotAMention that says "
                    "which option is needed.",
                )


def differences(one: Any, other: Any) -> str:
    """Where two outcomes of `parse` part: the fields, or the whole when they are of different kinds."""
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for left, right in zip(one, other, strict=True):
            if left != right and type(left) is type(right) is Mention:
                fields = [
                    name for name in Mention.__struct_fields__ if getattr(left, name) != getattr(right, name)
                ]
                return ", ".join(
                    f"{name} {getattr(left, name)!r:.80} / {getattr(right, name)!r:.80}" for name in fields
                )
    return f"{one!r:.300} / {other!r:.300}"


def in_words(reason: Exception) -> str:
    """A refusal as text: two of the same words are the same."""
    return f"{type(reason).__name__}: {reason}"
