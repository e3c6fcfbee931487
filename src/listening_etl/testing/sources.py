"""What a source promises, one test each."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args
from unittest import SkipTest

from listening_etl.model import Capabilities, Deletion, Deletions, Item, Mention, Order, Terms
from listening_etl.query.tree import Query, Term, any_of
from listening_etl.testing.driving import read, storable
from listening_etl.testing.parsing import ParsePromises
from listening_etl.testing.trouble import TroublePromises
from listening_etl.testing.verdict import broken, few
from listening_etl.testing.windows import WindowPromises

CHOICES = {
    "order": get_args(Order),
    "deletions": get_args(Deletions),
    "tested": ("server", "recorded", "documented"),
}
CATALOGUE = ("Collects", "misses", "Limits", "Terms")


@dataclass(frozen=True)
class Brand:
    """An entity, as `push_down` gets it: handles and hashtags without their signs, `words` as a query."""

    name: str = "torreo"
    title: str = "Torréo"
    role: str = "own"
    names: tuple[str, ...] = ("Torréo", "Café Torréo")
    handles: tuple[str, ...] = ("torreo",)
    hashtags: tuple[str, ...] = ("torreo",)

    @property
    def words(self) -> Query:
        """All that makes a mention one of it by its words."""
        return any_of(Term(name) for name in self.names)


class SourceContract(WindowPromises, ParsePromises, TroublePromises):
    """What every source promises. Inherit, name the attributes, write `answer`: the platform in 20 lines.

    `plugin`: the instance. `options`: as in listening.yaml, secrets as plain text. `secrets`: texts that must
    show up nowhere (those of `SecretStr` options count by themselves). `window`: a time in which the platform
    of `answer` has several mentions. `now`: the time at which the test is set. `samples`: folder of recorded
    answers under `samples/` beside the test, by default named like the plugin. `query`: what the slice asks
    for. `expected`: ids that the window must bring, if you list them. `unknown_id`: for `recheck`, an id of the
    platform's form that it does not have.
    """

    def test_the_docstring_is_a_page_of_the_catalogue(self) -> None:
        """A reader learns what the source collects, what it misses, its limits and its terms."""
        __tracebackhide__ = True
        page = inspect.getdoc(type(self.plugin)) or ""
        if lacking := [word for word in CATALOGUE if word.casefold() not in page.casefold()]:
            broken(
                self.plugin,
                "",
                f"says nothing in its docstring of: {', '.join(lacking)}",
                'Write """One sentence. Collects …; misses …. Limits: …. Terms: …."""',
            )

    def test_capabilities_and_terms_are_stated(self) -> None:
        """What the source can do, and what the platform's terms say, are values that programs can read."""
        __tracebackhide__ = True
        plugin = self.plugin
        can, terms = getattr(plugin, "capabilities", None), getattr(plugin, "terms", None)
        if not isinstance(can, Capabilities):
            what = f"has {type(can).__name__} as `capabilities`"
            broken(plugin, "", what, "Write `capabilities = Capabilities(…)` in the class.")
        if not isinstance(terms, Terms | None):
            broken(
                plugin, "", f"has {type(terms).__name__} as `terms`", "Write `terms = Terms(read=…, url=…)`."
            )
        for field, known in CHOICES.items():
            if getattr(can, field) not in known:
                what = f"has {getattr(can, field)!r} as `{field}` of its capabilities"
                broken(plugin, "", what, f"Write one of {few(known)}.")
        if can.deletions == "recheck" and not hasattr(plugin, "recheck"):
            broken(
                plugin,
                "",
                "says that deletions are found by `recheck`, and has none",
                "Write it, or say 'none'.",
            )

    def test_queries_that_are_pushed_down_are_text(self) -> None:
        """Entities become queries in the platform's own words, the same each time."""
        __tracebackhide__ = True
        if not hasattr(self.plugin, "push_down"):
            raise SkipTest(f"{type(self.plugin).__name__} pushes nothing down")
        first, second = (list(self.plugin.push_down(self.read_options(), [Brand()])) for _ in range(2))
        if not all(isinstance(query, str) and query.strip() for query in first) or first != second:
            broken(
                self.plugin,
                "push_down",
                f"answers {few(first)}, then {few(second)}, for a brand with names, a handle and a hashtag",
                "Return a list of texts, none of them empty, in an order that does not change.",
            )

    def test_a_recheck_tells_what_became_of_a_mention(self) -> None:
        """For an id that is there `recheck` brings the mention, for one that is not its deletion."""
        __tracebackhide__ = True
        if not hasattr(self.plugin, "recheck"):
            raise SkipTest(f"{type(self.plugin).__name__} rechecks nothing")
        known = list(self.listen().within(self.window))[:3]
        unknown = self.unknown_id or unlike(known)
        with self.platform().http() as http:
            items = list(self.plugin.recheck(self.read_options(), [*known, unknown], http))
        told = [m for i in items for m in self._read(i)]
        there = {m.native_id for m in told if isinstance(m, Mention)}
        gone = {m.native_id for m in told if isinstance(m, Deletion)}
        if lost := [id for id in known if id not in there]:
            what = f"does not bring {few(lost)}, which the platform has"
            broken(self.plugin, "recheck", what, "Yield an item for each id, which parses to its mention.")
        if unknown not in gone:
            broken(
                self.plugin,
                "recheck",
                f"does not say that {unknown!r} is gone, which the platform does not have",
                "Yield an item of your own for an id that the answer lacks, and let `parse` make it a Deletion.",
            )

    def _read(self, item: object) -> list[Mention | Deletion]:
        data = item.data if isinstance(item, Item) else item
        return read(self.plugin, self.read_options(), storable(data))


def unlike(known: Sequence[str]) -> str:
    """An id of the same form as the known ones, and most likely of nothing."""
    if not known:
        return "987654321"
    if number := re.search(r"(?<![0-9A-Za-z]{2})\d{1,9}$", known[0]):
        return f"{known[0][: number.start()]}987654321"
    start, end = known[0][:-6], known[0][-6:]
    return start + "".join(
        "9" if c.isdigit() else "z" if c.islower() else "Z" if c.isupper() else c for c in end
    )
