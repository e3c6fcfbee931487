"""Docs that are written by a command are current, and every dependency has its line."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from listening_etl import catalogue
from listening_etl.config import json_schema, load_settings
from listening_etl.registry import load
from listening_etl.warehouse.reference import markdown

ROOT = Path(__file__).parents[2]


def test_the_reference_of_tables_is_current():
    assert (ROOT / "docs" / "tables.md").read_text("utf-8") == markdown(), (
        "run: listening db reference > docs/tables.md"
    )


def test_the_schema_of_the_settings_is_current():
    registry = load(load_settings(ROOT / "listening.yaml").plugin_folders)
    written = json.loads((ROOT / "listening.schema.json").read_text("utf-8"))
    assert written == json.loads(json.dumps(json_schema(registry), default=str)), (
        "run: listening schema > listening.schema.json"
    )


def test_every_dependency_says_what_it_is_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[\[<>=!~ ]", line, maxsplit=1)[0] for line in wanted}
    told = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    assert {name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", told)} == set()


def test_every_dependency_is_pinned():
    pinned = {
        re.sub(r"[-_.]+", "-", line.split("==")[0]).lower()
        for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~ ]", line, maxsplit=1)[0]).lower() for line in wanted}
    assert names - pinned == set()


def test_the_catalogue_of_sources_is_current():
    folder = ROOT / "docs" / "sources"
    written = (ROOT / "docs" / "sources.md").read_text("utf-8")
    assert written == catalogue.markdown(load([ROOT / "plugins"]), folder), (
        "run: listening plugins --catalogue > docs/sources.md"
    )
