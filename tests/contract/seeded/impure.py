"""Sources with one bug each in their items or in what `parse` makes of these."""

from __future__ import annotations

import contextlib
import os
import random
import socket
from datetime import UTC, datetime

from tests.contract.seeded.sound import ForumOptions, Sound, changed


class ParsesByNetwork(Sound):
    """Looks something up while it parses, and hides that it failed."""

    caught_by = {"parse_is_pure"}

    def parse(self, item, options):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", 9), timeout=0.1).close()
        return super().parse(item, options)


class ParsesByFile(Sound):
    """Reads a file while it parses."""

    caught_by = {"parse_is_pure"}

    def parse(self, item, options):
        with open(os.devnull) as file:  # noqa: PTH123
            file.read()
        return super().parse(item, options)


class ParsesByRequest(Sound):
    """Keeps the client of `fetch`, and asks for more while it parses."""

    caught_by = {"parse_makes_no_request"}
    http = None

    def fetch(self, options, slice, http):
        self.http = http
        yield from super().fetch(options, slice, http)

    def parse(self, item, options):
        with contextlib.suppress(Exception):
            self.ask(options, self.http, "/posts/p1")
        return super().parse(item, options)


class ParsesByClock(Sound):
    """Takes today's year where the item has none."""

    caught_by = {"the_same_item_makes_the_same_mention"}

    def parse(self, item, options):
        return changed(super().parse(item, options), title=f"en {datetime.now(UTC).year}")


class ParsesByLot(Sound):
    """Guesses what it does not know."""

    caught_by = {"the_same_item_makes_the_same_mention", "a_stored_item_parses_as_a_fresh_one"}

    def parse(self, item, options):
        return changed(super().parse(item, options), likes=random.getrandbits(60))


class TakesTheItemApart(Sound):
    """Writes into the item that it is given."""

    caught_by = {"the_same_item_makes_the_same_mention"}

    def parse(self, item, options):
        item["parsed"] = True
        return super().parse(item, options)


class YieldsASet(Sound):
    """Yields what JSON has no word for."""

    caught_by = {"a_stored_item_parses_as_a_fresh_one"}

    def fetch(self, options, slice, http):
        for post in super().fetch(options, slice, http):
            yield {**post, "tags": {"torreo"}}


class YieldsATuple(Sound):
    """Counts on a type that does not survive being stored."""

    caught_by = {"a_stored_item_parses_as_a_fresh_one"}

    def fetch(self, options, slice, http):
        for post in super().fetch(options, slice, http):
            yield {**post, "tags": ("torreo",)}

    def parse(self, item, options):
        tags = item.get("tags")
        return changed(super().parse(item, options), hashtags=tags if isinstance(tags, tuple) else ())


class YieldsAList(Sound):
    """Yields an item that is a list."""

    caught_by = {"an_item_is_bytes_text_or_json"}

    def fetch(self, options, slice, http):
        yield from (list(post.items()) for post in super().fetch(options, slice, http))

    def parse(self, item, options):
        return super().parse(dict(item), options)


class TakesNoneForAnId(Sound):
    """Names a field that is not there, and makes text of nothing."""

    caught_by = {"an_id_is_the_platforms_own_text", "a_recheck_tells_what_became_of_a_mention"}

    def parse(self, item, options):
        return changed(super().parse(item, options), native_id=str(item.get("nr")))


class TakesTheAuthorsId(Sound):
    """Takes the author's id for the post's."""

    caught_by = {"an_id_is_the_platforms_own_text", "a_recheck_tells_what_became_of_a_mention"}

    def parse(self, item, options):
        return changed(super().parse(item, options), native_id=item.get("by"))


class BoardOptions(ForumOptions):
    """`board`: the one to listen to."""

    board: str


class ReadsWithOptions(Sound):
    """Needs an option that only fetching should need."""

    caught_by = {"a_sample_needs_no_settings"}
    options_type, given = BoardOptions, {"board": "machines"}

    def parse(self, item, options):
        return changed(super().parse(item, options), place=options.board.title())
