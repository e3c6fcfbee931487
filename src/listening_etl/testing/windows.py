"""Promises about time: nothing is lost where windows meet, and every fetch ends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from listening_etl.model import Window
from listening_etl.testing.case import SourceCase
from listening_etl.testing.driving import Fetched
from listening_etl.testing.platform import Answer, Endless, Request
from listening_etl.testing.verdict import broken, few

LONG_PAST = Window(datetime(2001, 1, 1, tzinfo=UTC), datetime(2001, 1, 2, tzinfo=UTC))


class WindowPromises(SourceCase):
    """What holds for every window, and for every cut of it."""

    def test_the_window_brings_what_the_platform_holds(self) -> None:
        """The window of the test brings at least one mention, and just the `expected` ones if these are listed."""
        __tracebackhide__ = True
        heard = self.listen()
        got = set(heard.within(self.window))
        if not got:
            outside = len(heard.mentions)
            why = few([f"{type(reason).__name__}: {reason}" for _, reason in heard.refused]) or "none refused"
            broken(
                self.plugin,
                "fetch",
                f"brings no mention published in the window of the test ({len(heard.items)} items; {outside} "
                f"mentions outside the window; {why})",
                "Let `answer` hold several mentions in `window`; without one the other promises prove nothing.",
            )
        wanted = set(self.expected) or got
        if got != wanted:
            broken(
                self.plugin,
                "fetch",
                f"lacks {few(sorted(wanted - got)) or 'nothing'} and brings {few(sorted(got - wanted)) or 'nothing'} "
                "beyond the ids that the test expects",
                "Correct the plugin, or `expected`.",
            )

    def test_two_halves_make_the_whole(self) -> None:
        """A window asked for in two halves brings the mentions that it brings at once."""
        __tracebackhide__ = True
        self._compare(self.listen(), list(self.window.halves()))

    def test_three_thirds_make_the_whole(self) -> None:
        """A window asked for in three parts brings the mentions that it brings at once."""
        __tracebackhide__ = True
        third = timedelta(seconds=self.window.width // timedelta(seconds=3))
        one, two = self.window.since + third, self.window.since + 2 * third
        self._compare(
            self.listen(),
            [Window(self.window.since, one), Window(one, two), Window(two, self.window.until)],
        )

    def test_a_mention_on_the_border_of_two_windows_is_not_lost(self) -> None:
        """A window begins with the mentions published at its very first instant: `since <= t < until`."""
        __tracebackhide__ = True
        whole = self.listen()
        times = {m.published_at.replace(microsecond=0) for m in whole.within(self.window).values()}
        borders = sorted(t for t in times if self.window.since < t < self.window.until)
        for border in {borders[0], borders[len(borders) // 2], borders[-1]} if borders else ():
            self._compare(whole, [Window(self.window.since, border), Window(border, self.window.until)])

    def _compare(self, whole: Fetched, parts: list[Window]) -> None:
        __tracebackhide__ = True
        heard = [(part, self.listen(part)) for part in parts]
        in_parts = {id: m for part, got in heard for id, m in got.within(part).items()}
        at_once = whole.within(self.window)
        met = " and ".join(f"{part.since:%Y-%m-%d %H:%M:%S}" for part in parts[1:])
        reachable = [whole, *(got for _, got in heard)]
        for have, lack, said in (
            (at_once, in_parts, "loses {} when the window is cut at {} UTC"),
            (in_parts, at_once, "brings {} only when the window is cut at {} UTC"),
        ):
            missing = [
                f"{id} of {m.published_at:%Y-%m-%d %H:%M:%S}"
                for id, m in have.items()
                if id not in lack and all(got.reachable(m.published_at) for got in reachable)
            ]
            if missing:
                broken(
                    self.plugin,
                    "fetch",
                    said.format(few(missing), met),
                    "Bring all with `since <= t < until`, rounding outwards where the platform counts in days or "
                    "seconds (what is outside is dropped for you); where it cuts an answer, yield Truncated or Gap.",
                )

    def test_the_same_window_brings_the_same_ids(self) -> None:
        """Asked twice, a window brings the same mentions, so that nothing is counted twice."""
        __tracebackhide__ = True
        first, second = (set(self.listen().within(self.window)) for _ in range(2))
        if first != second:
            broken(
                self.plugin,
                "fetch",
                f"brings {few(sorted(first - second))} the first time and {few(sorted(second - first))} the second",
                "Take the platform's own lasting id; where it has none, make one from what does not change.",
            )

    def test_every_time_has_a_zone(self) -> None:
        """Every time that the plugin states says in which zone."""
        __tracebackhide__ = True
        heard = self.listen()
        unzoned = [str(reason) for _, reason in heard.refused if "no time zone" in str(reason)]
        unzoned += [
            f"{what} {time}" for what, time in _times(heard) if time is not None and time.tzinfo is None
        ]
        if unzoned:
            broken(
                self.plugin,
                "parse",
                f"states times that could mean any hour: {few(unzoned)}",
                "Pass RFC 3339 text with its zone, `epoch(seconds)`, or a datetime with the zone that the "
                "platform documents.",
            )

    def test_a_window_long_past_comes_to_an_end(self) -> None:
        """A window in which the platform has nothing is asked for in few requests."""
        __tracebackhide__ = True
        self.fetch_once(self.platform(), LONG_PAST)

    def test_a_platform_that_repeats_itself_is_left(self) -> None:
        """A cursor that comes again, or pages without anything new, end the fetch."""
        __tracebackhide__ = True
        self.needs_http()
        first: dict[tuple[str, str], Answer] = {}

        def stuck(_: int, request: Request) -> Answer:
            place = (request.method, request.path)
            if place not in first:
                given = self.answer(request)
                first[place] = (
                    given if isinstance(given, Answer) else Answer(given, 404 if given is None else 200)
                )
            return first[place]

        platform = self.platform(stuck)
        with platform.http() as http:
            try:
                self.driver().once(self.window, http)
            except Endless as endless:
                raise self.endless(endless) from None
            except Exception:  # noqa: BLE001 - an error is an end too; other promises say which
                return

    def test_nothing_is_asked_before_the_first_item_is_wanted(self) -> None:
        """Calling `fetch` asks nothing of the platform: the first request is made for the first item."""
        __tracebackhide__ = True
        platform = self.platform()
        with platform.http() as http, self.driver().stream(self.window, http):
            asked = len(platform.requests)
        if asked:
            broken(
                self.plugin,
                "fetch",
                f"makes {asked} requests before anybody wants an item",
                "Make it a generator: `yield` each item instead of returning a list.",
            )

    def test_one_item_does_not_cost_all_requests(self) -> None:
        """Items are handed over as they come, so that memory stays small and a failure loses little."""
        __tracebackhide__ = True
        every, one = self.platform(), self.platform()
        got = self.fetch_once(every)
        with one.http() as http, self.driver().stream(self.window, http) as stream:
            next(stream, None)
        if len(every.requests) > 2 and len(got.items) > 1 and len(one.requests) >= len(every.requests):
            broken(
                self.plugin,
                "fetch",
                f"makes all of its {len(every.requests)} requests before it yields the first of "
                f"{len(got.items)} items",
                "Yield the items of a page before the next page is asked for. If these requests only prepare (a "
                "login, a lookup), give the platform of the test a second page.",
            )


def _times(heard: Fetched) -> Iterable[tuple[str, Any]]:
    for item in heard.items:
        yield f"Item.fetched_at of {item.at}", item.fetched_at
    for deletion in heard.deletions:
        yield f"Deletion.deleted_at of {deletion.native_id}", deletion.deleted_at
    for gap in heard.gaps:
        yield from (("Gap.since", gap.since), ("Gap.until", gap.until))
    for cut in heard.cuts:
        yield "Truncated.reached", cut.reached
