"""Runs a contract test by hand, and tells which promises do not hold."""

from unittest import SkipTest

TEST = "test_"


def promises(kind):
    """The names of the promises of a contract test."""
    return sorted(name.removeprefix(TEST) for name in dir(kind) if name.startswith(TEST))


def broken(case):
    """The promises that do not hold, each with the error that says so."""
    found = {}
    for name in promises(type(case)):
        try:
            getattr(case, TEST + name)()
        except SkipTest:
            continue
        except Exception as error:  # noqa: BLE001 - an unexpected one is a failed test too
            found[name] = error
    return found
