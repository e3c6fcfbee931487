"""`listening new` writes plugins whose contract tests pass, and never writes over anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from listening_etl.errors import ConfigError
from listening_etl.registry import load
from listening_etl.scaffold import new_plugin

ROOT = Path(__file__).parents[2]


def test_new_plugins_are_found_keep_their_promises_and_are_tidy(tmp_path):
    written = [
        path
        for role, name in (("source", "kettle_club"), ("filter", "no_giveaways"), ("scorer", "excitement"))
        for path in new_plugin(role, name, tmp_path)
    ]
    assert [str(path.relative_to(tmp_path)) for path in written] == [
        "plugins/sources/kettle_club.py",
        "tests/contract/test_kettle_club.py",
        "tests/contract/samples/kettle_club/page.json",
        "plugins/filters/no_giveaways.py",
        "tests/contract/test_no_giveaways.py",
        "plugins/scorers/excitement.py",
        "tests/contract/test_excitement.py",
    ]
    plugins = load([tmp_path / "plugins"]).plugins()
    assert {p.name: p.broken for p in plugins} == {
        "kettle_club": None,
        "no_giveaways": None,
        "excitement": None,
    }
    for command in (
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        [
            sys.executable,
            "-m",
            "ruff",
            "check",
            "--isolated",
            "--select",
            "E,F,W,B,UP",
            "--line-length",
            "110",
            ".",
        ],
        [sys.executable, "-m", "ruff", "format", "--check", "--isolated", "--line-length", "110", "."],
    ):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "tests" / "contract").mkdir(parents=True)
    mine = tmp_path / "tests" / "contract" / "test_forum.py"
    mine.write_text("mine")
    with pytest.raises(ConfigError, match=r"test_forum\.py already"):
        new_plugin("source", "forum", tmp_path)
    assert mine.read_text() == "mine"
    assert not (tmp_path / "plugins").exists()


@pytest.mark.parametrize(
    "name", ["Forum", "my-forum", "2forums", "forum_", "import", "", "../forum", "forum\n"]
)
def test_a_name_that_python_or_the_settings_would_refuse_is_refused(name, tmp_path):
    with pytest.raises(ConfigError, match="is no name for a plugin"):
        new_plugin("source", name, tmp_path)


def test_a_role_that_there_is_not_is_guessed(tmp_path):
    with pytest.raises(ConfigError, match=r"no role 'sources'\. Did you mean 'source'\?"):
        new_plugin("sources", "forum", tmp_path)
