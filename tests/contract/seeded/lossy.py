"""Sources with one bug each in how they ask: something is lost, comes twice, or never ends."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

from listening_etl import Gap, Item, Truncated, Window
from tests.contract.seeded.sound import Sound

PARTS = {"two_halves_make_the_whole", "three_thirds_make_the_whole"}
BORDER = {"a_mention_on_the_border_of_two_windows_is_not_lost"}


class DropsTheBorder(Sound):
    """Takes `since` for exclusive."""

    caught_by = BORDER

    def bounds(self, window):
        return {**super().bounds(window), "since": (window.since + timedelta(seconds=1)).isoformat()}


class RoundsInwards(Sound):
    """Asks for whole days only, and for too few of them."""

    caught_by = {"three_thirds_make_the_whole", *BORDER}

    def bounds(self, window):
        day = timedelta(days=1)
        until = window.until.replace(hour=0, minute=0, second=0)
        since = window.since.replace(hour=0, minute=0, second=0)
        since += day if since < window.since else timedelta()
        return {"since": since.isoformat(), "until": max(until, since).isoformat()}


class ReadsOnePage(Sound):
    """Stops after a page, and does not say that the answer was cut."""

    caught_by = PARTS | BORDER

    def fetch(self, options, slice, http):
        yield from self.items(self.ask(options, http, "/posts", self.bounds(slice.window)).body, options)


class ClaimsTooMuch(ReadsOnePage):
    """Says that the answer was cut, and that it reached further than it did."""

    caught_by = PARTS | BORDER

    def fetch(self, options, slice, http):
        yield from super().fetch(options, slice, http)
        yield Truncated("a page at most", reached=slice.window.since + timedelta(hours=1))


class CallsItAGap(Sound):
    """Gives the whole window up, every time."""

    caught_by = {"the_window_brings_what_the_platform_holds"}

    def fetch(self, options, slice, http):
        yield Gap(slice.window.since, slice.window.until, "the forum is slow today")


class NumbersThePosts(Sound):
    """Takes the place in the answer for the id."""

    caught_by = PARTS | BORDER | {"a_recheck_tells_what_became_of_a_mention"}

    def fetch(self, options, slice, http):
        for number, post in enumerate(super().fetch(options, slice, http)):
            yield {**post, "id": str(number)}


class DrawsAnId(Sound):
    """Gives a post without likes an id of its own making, another one each time."""

    caught_by = PARTS | BORDER | {"the_same_window_brings_the_same_ids"}

    def fetch(self, options, slice, http):
        for post in super().fetch(options, slice, http):
            yield {**post, "id": uuid.uuid4().hex} if post["id"] == "p0" else post


class KnowsNoZone(Sound):
    """Leaves the zone of one time out."""

    caught_by = {"every_time_has_a_zone"}

    def fetch(self, options, slice, http):
        for post in super().fetch(options, slice, http):
            yield {**post, "at": post["at"].partition("+")[0]} if post["id"] == "p5" else post


class FetchedAtNoonSomewhere(Sound):
    """Says when it fetched, not in which zone."""

    caught_by = {"every_time_has_a_zone"}

    def fetch(self, options, slice, http):
        for post in super().fetch(options, slice, http):
            yield Item(post, fetched_at=slice.window.since.replace(tzinfo=None))


class ReturnsAList(Sound):
    """Is no generator: everything is asked for by calling it."""

    caught_by = {
        "nothing_is_asked_before_the_first_item_is_wanted",
        "one_item_does_not_cost_all_requests",
    }

    def fetch(self, options, slice, http):
        return list(super().fetch(options, slice, http))


class GathersFirst(Sound):
    """Is a generator that asks for every page before it yields."""

    caught_by = {"one_item_does_not_cost_all_requests"}

    def fetch(self, options, slice, http):
        yield from list(super().fetch(options, slice, http))


class TrustsTheCursor(Sound):
    """Follows a cursor that comes again and again."""

    caught_by = {"a_platform_that_repeats_itself_is_left"}

    def fetch(self, options, slice, http):
        cursor, more = None, True
        while more:
            answer = self.ask(options, http, "/posts", {**self.bounds(slice.window), "cursor": cursor})
            yield from self.items(answer.body, options)
            more = cursor = answer.json().get("next")


class LooksForTheFirstPost(Sound):
    """Goes back hour by hour until it finds a post, if it takes for ever."""

    caught_by = {"a_window_long_past_comes_to_an_end"}

    def fetch(self, options, slice, http):
        found, since = False, slice.window.since
        while not found:
            for post in super().fetch(
                options, replace(slice, window=Window(since, slice.window.until)), http
            ):
                found = True
                yield post
            since -= timedelta(hours=1)
