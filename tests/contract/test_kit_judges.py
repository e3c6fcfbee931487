"""The kit catches what filters and scorers do wrong, each bug by the promises meant for it."""

from __future__ import annotations

import inspect

import pytest

from tests.contract.seeded import judges
from tests.contract.seeded.broken import broken, promises

SEEDED = [kind for kind in vars(judges).values() if inspect.isclass(kind) and hasattr(kind, "caught_by")]


def case_of(kind):
    return judges.OfAFilter if issubclass(kind, judges.SoundFilter) else judges.OfAScorer


class TestSoundFilter(judges.OfAFilter):
    pass


class TestSoundScorer(judges.OfAScorer):
    pass


@pytest.mark.parametrize("bug", SEEDED, ids=lambda bug: bug.__name__)
def test_a_seeded_bug_breaks_the_promises_meant_for_it_and_no_other(bug):
    case = case_of(bug)()
    case.plugin = bug()
    found = broken(case)
    assert set(found) == bug.caught_by, "\n".join(f"{name}: {error!r}" for name, error in found.items())


def test_a_label_that_is_not_the_tests_is_told():
    case = judges.OfAScorer()
    case.plugin = judges.InventsALabel()
    case.ordered, case.labelled = (), {"Je l'adore": "good", "Quelle horreur": "good", "Il pleut": None}
    told = str(broken(case)["labels_are_what_the_test_says"])
    assert "takes 'Quelle horreur' for 'bad', not 'good'" in told


def test_a_scorer_finds_the_answers_that_it_needs_and_no_others():
    class Repeats(judges.SoundScorer):
        needs = ("mood",)

        def score(self, mentions, options):
            return mentions["score_mood_value"]

    case = judges.OfAScorer()
    case.plugin, case.ordered, case.labelled = Repeats(), ("low", "high"), {}
    case.answers = {"mood": {"low": (None, 0.1, None), "high": (None, 0.2, None)}}
    assert not broken(case)
    case.plugin.needs = ()
    assert "score_mood_value" in str(broken(case)["it_judges_something"])


def test_every_promise_catches_a_bug():
    caught = set().union(*(bug.caught_by for bug in SEEDED)) | {"labels_are_what_the_test_says"}  # above
    assert {*promises(judges.OfAFilter), *promises(judges.OfAScorer)} == caught
