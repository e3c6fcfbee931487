"""listening …: parse the command line, call one function, print its answer."""

from __future__ import annotations

import sys

from listening_etl.cli import database, meaning, plugins, queries, scores, setup, topics
from listening_etl.cli.app import app
from listening_etl.errors import ListeningError

__all__ = ["app", "database", "main", "meaning", "plugins", "queries", "scores", "setup", "topics"]


def main() -> None:
    """Run the command; a known error prints one message and ends with status 1."""
    try:
        app()
    except ListeningError as error:
        print(f"listening: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(0) from None
