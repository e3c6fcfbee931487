"""What a source's contract test says of its plugin, and how the promises call the plugin."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import SkipTest

from listening_etl.errors import NotAMention
from listening_etl.http import Http
from listening_etl.model import Item, Window
from listening_etl.testing.driving import Driver, Fetched
from listening_etl.testing.platform import Answer, Endless, Given, Platform, Request
from listening_etl.testing.verdict import failure

Instead = Callable[[int, Request], Answer | None]
"""Another answer for a request, by its number from 1; None leaves the word to `answer`."""


class SourceCase:
    """The attributes of a contract test, and calls of its plugin on the platform of the test."""

    plugin: Any
    options: Mapping[str, Any] = {}
    secrets: Sequence[str] = ()
    window: Window
    now: datetime = datetime(2026, 11, 22, 12, tzinfo=UTC)
    samples: str | Path = ""
    query: str = ""
    expected: Sequence[str] = ()
    unknown_id: str = ""

    def answer(self, request: Request) -> Given:
        """What the platform answers; override it."""
        raise AssertionError(
            f"{type(self).__name__}: the plugin asks for {request.method} {request.path}, and the test has no "
            "platform. Write `def answer(self, request)`, which returns an Answer, a dict, text or bytes."
        )

    def read_options(self) -> Any:
        """The options as the plugin gets them."""
        kind = self.plugin.options_type
        return self.options if isinstance(self.options, kind) else kind(**self.options)

    def platform(self, instead: Instead | None = None) -> Platform:
        """A platform of which nothing was asked yet."""
        return Platform(self.answer, self.now, instead)

    def driver(self) -> Driver:
        """The plugin with its options, as the pipeline calls it."""
        return Driver(self.plugin, self.read_options(), self.query)

    def fetch_once(self, platform: Platform, window: Window | None = None) -> Fetched:
        """One call of `fetch`, to its end; what the plugin raises comes through."""
        with platform.http() as http:
            try:
                return self.driver().once(window or self.window, http)
            except Endless as endless:
                raise self.endless(endless) from None

    def listen(self, window: Window | None = None) -> Fetched:
        """A window as the pipeline asks for it: what was cut is asked for again."""

        def client() -> Http:
            return self.platform().http()

        try:
            return self.driver().listen(window or self.window, client)
        except Endless as endless:
            raise self.endless(endless) from None

    def endless(self, stopped: Endless) -> AssertionError:
        """The failure of a plugin that had to be stopped."""
        return failure(
            self.plugin,
            "fetch",
            f"does not come to an end ({stopped})",
            "Stop when a page is empty, brings nothing new or repeats its cursor, or is older than the window.",
        )

    def needs_http(self) -> int:
        """The number of requests of one fetch; skips the test of a source that asks nothing by HTTP."""
        platform = self.platform()
        self.fetch_once(platform)
        if not platform.requests:
            raise SkipTest(f"{type(self.plugin).__name__} asks nothing of its platform by HTTP")
        return len(platform.requests)

    def sample_folder(self) -> Path:
        """Where the recorded answers of the test lie."""
        folder = Path(self.samples or self.plugin.name)
        return (
            folder if folder.is_absolute() else Path(inspect.getfile(type(self))).parent / "samples" / folder
        )

    def sample_files(self) -> list[Path]:
        """The recorded answers of the test, in the order of their names."""
        found = (path for path in self.sample_folder().rglob("*") if path.is_file())
        return sorted(path for path in found if not path.name.startswith((".", "README")))

    def sample_items(self, file: Path, options: Any) -> Iterator[Item]:
        """The items of one recorded answer; a source without `items` takes the file as one item."""
        if not hasattr(self.plugin, "items"):
            yield Item(file.read_bytes())
            return
        try:
            for found in self.plugin.items(file.read_bytes(), options):
                yield found if isinstance(found, Item) else Item(found)
        except NotAMention:
            return
