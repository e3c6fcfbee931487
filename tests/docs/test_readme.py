"""What the README tells a stranger to do is done here, in a copy of the project, block by block."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(section):
    """(language, file name, text) of each fenced block of a section of the README."""
    text = (ROOT / "README.md").read_text("utf-8")
    body = text.split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0]
    return [(found[1], found[2], found[3]) for found in BLOCK.finditer(body)]


def run(script, folder, **extra):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("LISTENING_", "AIRFLOW"))}
    path = f"{ROOT / '.venv' / 'bin'}:{clean['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**clean, "PATH": path, **extra},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The project as a stranger has it, with the environment that is installed already."""
    folder = tmp_path_factory.mktemp("readme") / "listening-etl"
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    for name in (
        "pyproject.toml",
        "constraints.txt",
    ):  # old, so that make does not install the copy into our .venv
        os.utime(folder / name, (0, 0))
    yield folder
    run(".venv/bin/listening db stop", folder)


@pytest.fixture(scope="module")
def demo(copy):
    """What `make demo` prints, and the checksums after it."""
    ((language, _, script), *_) = blocks("Sixty seconds")
    assert (language, script) == ("bash", "make demo\n")
    return run(script, copy), run(".venv/bin/listening db checksums --json", copy)


def test_the_demo_shows_what_was_heard_and_what_was_thrown_away(demo):
    printed, _ = demo
    for shown in (
        "Funnel",
        "What was heard",
        "Torréo",
        "share of voice",
        "Busiest day",
        "13 October",
        "malformed",
    ):
        assert shown in printed


def test_a_second_demo_changes_no_figure(demo, copy):
    run("make demo", copy)
    assert run(".venv/bin/listening db checksums --json", copy) == demo[1]


def test_the_sixty_seconds_work(demo, copy):
    for language, _, text in blocks("Sixty seconds")[1:]:
        if language == "bash":
            assert "postgresql://" in run(text, copy)
        else:
            url = run(".venv/bin/listening db url", copy).strip()
            with psycopg.connect(url.replace("postgres@", "listening_bi@")) as connection:
                rows = connection.execute(text).fetchall()
            assert len(rows) == 14
            assert all(
                low <= value <= high and n > 0 and coverage == 1 for _, value, low, high, n, coverage in rows
            )


def test_from_noise_to_signal_works(demo, copy):
    ((_, _, script),) = blocks("From noise to signal")
    printed = run(script, copy)
    assert " match (" in printed
    assert "torreo: It matches, because" in printed.replace("\x1b[1m", "")
    assert "items of 6 slices, 14 days of figures" in printed
    assert run(".venv/bin/listening db checksums --json", copy) == demo[1]  # the settings did not change


def test_measures_say_how_sure_they_are(demo, copy):
    ((_, _, script),) = blocks("Measures that say how sure they are")
    printed = run(script, copy)
    assert re.search(r"sentiment: \w+ \d+% sure", printed)
    assert "looked at in 26 weeks" in printed
    assert "after_sales" in printed
    scores = [json.loads(line) for line in (copy / "scores.jsonl").read_text("utf-8").splitlines()]
    assert len(scores) == len((copy / "README.md").read_text("utf-8").splitlines())
    assert {"value", "confidence", "abstained", "language"} == set(scores[0])


def test_the_first_source_works(tmp_path):
    for language, name, text in blocks("Your first source"):
        if name:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, "utf-8")
        else:
            assert language == "bash"
            printed = run(text, tmp_path)
            assert "published_at 2026-11-02T00:00:00 has no time zone" in " ".join(printed.split())
            assert "kettlia" in printed


def test_airflow_comes_up_and_goes_down(copy):
    ((_, _, script),) = blocks("On Airflow")
    printed = run(script, copy, PORT="18093")
    assert "http://127.0.0.1:18093" in printed


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 200
