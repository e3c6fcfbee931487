"""A project with two places to listen to."""

from datetime import timedelta

import pytest

from tests.integration.stories.telling import HEARD, PLUGIN, SETTINGS, Telling


@pytest.fixture
def told(new_project, light_gate):
    """An empty project that listens to the two places."""
    return Telling(new_project(SETTINGS, PLUGIN, now=lambda: HEARD + timedelta(days=2)))
