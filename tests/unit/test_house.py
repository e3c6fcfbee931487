"""Rules of the house that a machine can check: sizes, cheap imports, plugins that stand on their own."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from listening_etl import Terms
from listening_etl.registry import load

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    [*(ROOT / "src").rglob("*.py"), *(ROOT / "plugins").rglob("*.py"), *(ROOT / "dags").rglob("*.py")]
)
WRITTEN_BY_ALEMBIC = "versions"
WHATEVER_IT_IS_POINTED_AT = {"rest", "singer"}  # their terms are those of what the settings name
HEAVY = ("torch", "flair", "great_expectations", "pandas", "polars", "sqlalchemy", "airflow", "httpx")


def ours():
    return [path for path in SOURCES if path.parent.name != WRITTEN_BY_ALEMBIC]


def test_a_file_can_be_read_in_a_sitting():
    tests = [
        *(ROOT / "tests").rglob("*.py"),
        *(ROOT / "benchmarks").rglob("*.py"),
        *(ROOT / "models").rglob("*.py"),
    ]
    lengths = {str(p.relative_to(ROOT)): len(p.read_text("utf-8").splitlines()) for p in [*ours(), *tests]}
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


def test_a_function_fits_a_screen():
    long = {}
    for path in ours():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > 40:
                    long[f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"] = lines
    assert long == {}


def test_importing_the_package_brings_nothing_heavy():
    script = f"import sys, listening_etl; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", sorted((ROOT / "plugins").rglob("*.py")), ids=lambda p: p.stem)
def test_a_shipped_plugin_imports_public_names_only(path):
    reached = {
        node.module
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("listening_etl")
    }
    assert reached <= {"listening_etl"}


def test_every_shipped_plugin_works_and_says_what_it_does():
    plugins = load([ROOT / "plugins"]).plugins()
    assert len(plugins) >= 9
    assert {p.origin: p.broken for p in plugins if p.broken} == {}
    assert [
        p.name for p in plugins if not (p.summary or "").endswith(".") and len(p.summary or "") < 20
    ] == []


def test_every_option_of_a_shipped_plugin_says_what_it_means():
    options = {
        f"{plugin.role} {plugin.name}: {name}": field.description
        for plugin in load([ROOT / "plugins"]).plugins()
        for name, field in plugin.instance.options_type.model_fields.items()
    }
    assert len(options) > 150
    assert [name for name, meaning in options.items() if not meaning] == []


def test_every_source_that_talks_to_a_platform_tells_its_terms():
    sources = [p.instance for p in load([ROOT / "plugins"]).plugins() if p.role == "source"]
    talking = [one for one in sources if one.name not in WHATEVER_IT_IS_POINTED_AT and is_of_a_platform(one)]
    assert len(talking) > 20
    assert [one.name for one in talking if not isinstance(getattr(one, "terms", None), Terms)] == []


def is_of_a_platform(source):
    """Whether it needs an account, or knows by itself whom to ask."""
    defaults = [field.default for field in source.options_type.model_fields.values()]
    known = [*defaults, *vars(sys.modules[type(source).__module__]).values()]
    hosts = [one for one in known if isinstance(one, str) and one.startswith(("https://", "wss://"))]
    return source.capabilities.auth != "none" or bool(hosts)
