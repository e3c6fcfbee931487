"""docs/filters.md names every filter and option there is, and its examples do what it says."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from listening_etl.config import check_plugins, parse_settings
from listening_etl.registry import load

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "filters.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TABLE = re.compile(r"^\| `(\w+)` \| `(\w+)` \| (.+?) \|", re.MULTILINE)


@pytest.fixture(scope="module")
def filters():
    return {
        p.name: p.instance.options_type
        for p in load([ROOT / "plugins"]).plugins()
        if p.role == "filter" and p.instance
    }


def test_every_filter_is_told_of(filters):
    told = PAGE.partition("## What there is")[2].partition("## Options")[0]
    rows = [row.split("|")[1] for row in told.splitlines() if row.startswith("| `")]
    assert set(re.findall(r"`(\w+)`", " ".join(rows))) == set(filters)


def written(default):
    """A default as the page has it."""
    if default is None or default in (frozenset(), {}):
        return "none"
    return str(default).lower() if isinstance(default, bool) else str(default)


def test_the_options_are_those_there_are_with_their_defaults(filters):
    told = {
        (plugin, option): default.strip("`").replace(",", "")
        for plugin, option, default in TABLE.findall(PAGE)
    }
    there = {
        (plugin, name): "required" if field.is_required() else written(field.default)
        for plugin, options in filters.items()
        for name, field in options.model_fields.items()
    }
    assert told == there


def test_the_set_to_begin_with_are_settings():
    (written,) = (text for language, _, text in BLOCK.findall(PAGE) if language == "yaml")
    topic = {
        "purpose": "To hear what people say of our kettles.",
        "languages": ["fr"],
        "start": "2026-10-01",
        "entities": {"torreo": {"role": "own", "names": ["Torréo"]}},
        "sources": {
            "mail": {"plugin": "feed", "channel": "web", "options": {"url": "https://x.example/feed"}}
        },
        **yaml.safe_load(written),
    }
    settings = parse_settings(
        yaml.safe_dump({"version": 1, "topics": {"kettles": topic}}, sort_keys=False), ROOT / "listening.yaml"
    )
    check_plugins(settings, load([ROOT / "plugins"]))
    assert list(settings.topic("kettles").filters)[-1] == "not_the_hamlet"


def test_the_filter_of_the_page_keeps_every_promise(tmp_path):
    for language, name, text in BLOCK.findall(PAGE):
        if language == "python":
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, "utf-8")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("LISTENING_", "PYTEST_"))}
    done = subprocess.run(
        ["python", "-m", "pytest", "-q", "tests/contract/test_shouting.py"],
        cwd=tmp_path,
        env={**clean, "PATH": f"{ROOT / '.venv' / 'bin'}:{clean['PATH']}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert re.search(r"\d+ passed", done.stdout) and done.returncode == 0, done.stdout
