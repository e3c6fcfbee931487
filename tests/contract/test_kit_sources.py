"""The kit catches what it says it catches, each bug by the promises meant for it, and lets a sound source pass."""

from __future__ import annotations

import functools
import inspect
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest

from tests.contract.seeded import careless, impure, lossy
from tests.contract.seeded.broken import broken, promises
from tests.contract.seeded.sound import Forum

SEEDED = [
    kind
    for module in (lossy, impure, careless)
    for kind in vars(module).values()
    if inspect.isclass(kind) and kind.__module__ == module.__name__ and hasattr(kind, "caught_by")
]


@pytest.fixture(autouse=True, scope="module")
def certificates():
    """Certificates are read once: no connection is made here, and reading them is most of the time."""
    with patch("httpx.create_ssl_context", functools.cache(httpx.create_ssl_context)):
        yield


class TestSound(Forum):
    samples = Path(__file__).parent / "seeded" / "samples" / "forum"


@pytest.mark.parametrize("bug", SEEDED, ids=lambda bug: bug.__name__)
def test_a_seeded_bug_breaks_the_promises_meant_for_it_and_no_other(bug):
    case = Forum()
    case.plugin, case.options = bug(), {**Forum.options, **getattr(bug, "given", {})}
    found = broken(case)
    assert set(found) == bug.caught_by, "\n".join(f"{name}: {error!r}" for name, error in found.items())


def test_every_promise_catches_a_bug():
    needs_no_plugin = {"every_sample_parses"}  # below: what is wrong is the test's own folder
    caught = set().union(*(bug.caught_by for bug in SEEDED)) | needs_no_plugin
    assert set(promises(Forum)) == caught


@pytest.mark.parametrize("samples", ["there_is_none", "advertisements"])
def test_a_source_that_was_tried_on_nothing_fails(samples):
    case = Forum()
    case.samples = samples
    assert set(broken(case)) == {"every_sample_parses"}
