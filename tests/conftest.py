"""For every test: one PostgreSQL a process, and no time limit on an example of Hypothesis'."""

import hypothesis
import pytest

# how long an example takes depends on what the machine does besides
hypothesis.settings.register_profile("listening", deadline=None)
hypothesis.settings.load_profile("listening")


@pytest.fixture(scope="session")
def server():
    """The folder of a server with a migrated database to copy from."""
    from tests.integration.postgres_for_tests import serving

    with serving() as data:
        yield data
