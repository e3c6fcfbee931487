"""What the tutorial tells a plugin's author to do is done here, block by block, in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TRUNCATED = re.compile(r"^        else:\n            yield Truncated\(.*\n", re.MULTILINE)


def run(script, folder):
    """What a script prints, and whether it ended well; nothing of our own environment."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("LISTENING_", "PYTEST_"))}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**clean, "PATH": f"{ROOT / '.venv' / 'bin'}:{clean['PATH']}", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder after every block, and what the scripts printed. Blocks of one file follow one another."""
    folder, printed, seen = tmp_path_factory.mktemp("tutorial"), [], set()
    for language, name, text in BLOCK.findall(PAGE):
        if name:
            path = folder / name
            before = [path.read_text("utf-8")] if name in seen else []
            seen.add(name)
            path.write_text("\n".join([*before, text]), "utf-8")
        elif language == "bash":
            status, said = run(text, folder)
            assert status == 0, said
            printed.append(said)
    return folder, printed


def test_the_source_keeps_every_promise_and_parses_the_sample(built):
    _, (new, tested) = built
    assert re.search(r"\d+ passed, 2 skipped", new)  # it neither pushes queries down nor rechecks
    assert re.search(r"\d+ passed, 2 skipped", tested)
    assert "Chez moi aussi." in tested and "Ma Torréo fuit." in tested
    assert "41 was deleted" in tested


def test_the_bug_that_the_tutorial_plants_is_told_as_it_says(built):
    folder, _ = built
    ((_, _, told),) = (block for block in BLOCK.findall(PAGE) if block[0] == "text")
    plugin = folder / "plugins" / "sources" / "forum.py"
    sound = plugin.read_text("utf-8")
    plugin.write_text(TRUNCATED.sub("", sound), "utf-8")
    try:
        status, said = run("python -m pytest -q tests/contract/test_forum.py", folder)
    finally:
        plugin.write_text(sound, "utf-8")
    assert status == 1
    assert told.strip() in said


def test_the_settings_of_the_tutorial_are_settings(built, monkeypatch):
    from listening_etl.config import check_plugins, parse_settings
    from listening_etl.registry import load

    folder, _ = built
    ((_, _, sources),) = (block for block in BLOCK.findall(PAGE) if block[0] == "yaml")
    topic = {
        "purpose": "To hear what people say of our kettles.",
        "languages": ["fr"],
        "start": "2026-10-01",
        "entities": {"torreo": {"role": "own", "names": ["Torréo"]}},
        **yaml.safe_load(sources),
    }
    monkeypatch.setenv("FORUM_TOKEN", "s3cret")
    settings = parse_settings(
        yaml.safe_dump({"version": 1, "topics": {"kettles": topic}}), folder / "listening.yaml"
    )
    check_plugins(settings, load([folder / "plugins"]))


def test_the_tutorial_is_short():
    assert len(PAGE.splitlines()) <= 200
