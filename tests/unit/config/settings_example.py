"""Settings that are right, and what is said when they are not."""

from pathlib import Path

import pytest

from listening_etl.config import Settings, SettingsError, parse_settings

GOOD = """\
version: 1
topics:
  kettles:
    purpose: Hear of faults early.
    languages: [en, no]
    timezone: Europe/Paris
    start: 2026-01-01
    entities:
      acme:
        role: own
        names: [Acme]
        handles: ["@Acme_Help"]
        hashtags: ["#acme"]
      rival:
        title: The Rival
        role: competitor
        names: [Rival]
    sources:
      forum:
        about: [acme]
        slice: 6h
        channel: web
        options:
          board: kettles
    filters:
      short:
        options: {characters: 8}
      bots:
    scorers:
      sentiment: {plugin: lexicon}
"""


def read(text: str) -> Settings:
    return parse_settings(text, Path("listening.yaml"))


def problems(old: str = "", new: str = "", text: str = GOOD) -> list[str]:
    """What is said of `text` when `new` stands in the place of `old`, line by line."""
    assert old in text
    with pytest.raises(SettingsError) as raised:
        read(text.replace(old, new, 1))
    assert str(raised.value) == "\n".join(map(str, raised.value.problems))
    return [str(problem) for problem in raised.value.problems]
