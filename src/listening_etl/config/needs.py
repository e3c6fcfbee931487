"""What scorers need of one another: the order in which measures are judged, and what stands in its way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from listening_etl.config.settings import Settings, Topic
from listening_etl.config.yaml_file import Problem, SettingsError
from listening_etl.errors import PluginError, did_you_mean
from listening_etl.hookspecs import GIVEN
from listening_etl.registry import Registry

LANGUAGE = "language"
"""Judged before all other measures, and before filters."""


def measures_needed(scorer: Any) -> tuple[str, ...]:
    """The measures whose answers a scorer reads; what the pipeline itself hands out is left out."""
    return tuple(need for need in getattr(scorer, "needs", ()) if need not in GIVEN)


def in_order(scorers: Mapping[str, Any]) -> list[str]:
    """The measures, each after those that its scorer needs; raises `graphlib.CycleError` where there is no order."""
    sorter = TopologicalSorter(dict.fromkeys(scorers, ()))  # as they are given, where nothing is needed
    for measure, scorer in scorers.items():
        sorter.add(measure, *(need for need in measures_needed(scorer) if need in scorers))
    return list(sorter.static_order())


def check_needs(settings: Settings, registry: Registry, topics: Iterable[Topic]) -> None:
    """Check that every measure that a scorer needs is judged before it; raises `SettingsError`."""
    problems = [problem for topic in topics for problem in unmet(settings, registry, topic)]
    if problems:
        raise SettingsError(problems)


def unmet(settings: Settings, registry: Registry, topic: Topic) -> Iterator[Problem]:
    """What the scorers of a topic need and do not get."""
    path, scorers = ("topics", topic.name), _found(registry, topic)
    for measure, scorer in scorers.items():
        loc = (*path, "scorers", measure)
        for need in measures_needed(scorer):
            what = f"scorer {measure!r} needs the measure {need!r}, which "
            if LANGUAGE in (need, measure):
                what += (
                    "is at hand in `lang`." if need == LANGUAGE else "is not at hand: language comes first."
                )
                yield settings.marks.problem(loc, path, what, "Take it out of the scorer's `needs`.")
            elif need not in topic.scorers:
                what += f"nobody judges in this topic.{did_you_mean(need, topic.scorers)}"
                yield settings.marks.problem(loc, path, what, f"Add `{need}:` to its scorers.")
            elif "author" in (_scope(scorer), _scope(scorers.get(need))):
                what += "is not at hand: mentions are judged first, and authors when all are known."
                yield settings.marks.problem(loc, path, what, "Choose another scorer.")
    try:
        in_order(scorers)
    except CycleError as error:
        circle = [str(measure) for measure in error.args[1]][::-1]  # from who needs to what is needed
        what = f"scorers need each other's answers: {' needs '.join(circle)}"
        loc = (*path, "scorers", circle[0])
        yield settings.marks.problem(loc, path, what, "Choose another scorer for one of these measures.")


def _scope(scorer: Any) -> str:
    return str(getattr(scorer, "scope", "mention"))


def _found(registry: Registry, topic: Topic) -> dict[str, Any]:
    """The scorers by measure; one that is not there is told by whoever looks it up."""
    found = {}
    for measure, chosen in topic.scorers.items():
        try:
            found[measure] = registry.scorer(measure, chosen.plugin)
        except PluginError:
            continue
    return found
