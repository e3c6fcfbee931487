"""Data Docs: what every check of every run found, as pages that need no network and no server.

Great Expectations has pages of its own, but they load their style and script from elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

from listening_etl.quality.results import shown

Rows = Sequence[Mapping[str, Any]]

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{% block title %}Data Docs{% endblock %}</title>
<style>
:root { color-scheme: light dark; --line: #8884; --bad: #c62828; --warn: #b26a00; --good: #2e7d32; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 2rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid var(--line); }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
td.text { overflow-wrap: anywhere; }
.failed.stop, .failed.quarantine { color: var(--bad); } .failed.record { color: var(--warn); }
.held { color: var(--good); } .quiet { opacity: .7; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a80; --warn: #ffcc80; --good: #a5d6a7; } }
</style></head><body>{% block body %}{% endblock %}</body></html>
"""

INDEX = """{% extends "page" %}{% block body %}
<h1>Data Docs</h1>
<p>What the checks on staged tables found, newest run first. A failed check stops the batch, puts rows into
quarantine, or is written down.</p>
{% if runs %}<table><thead><tr><th>Run<th>Checked<th>Suites<th>Checks<th>Stopped by<th>Quarantined by
<th>Written down</tr></thead><tbody>
{% for run in runs %}<tr><td class="text"><a href="runs/{{ run.file }}">{{ run.name }}</a>
<td>{{ run.checked_at }}<td class="text">{{ run.suites | map(attribute="name") | join(", ") }}
<td class="number">{{ run.checks }}
{% for kind, number in run.failed.items() %}<td class="number{{ ' failed ' ~ kind if number }}">{{ number }}
{% endfor %}</tr>
{% endfor %}</tbody></table>{% else %}<p>No run was checked yet.</p>{% endif %}{% endblock %}
"""

RUN = """{% extends "page" %}{% block title %}Run {{ run.name }}{% endblock %}{% block body %}
<p><a href="../index.html">All runs</a></p><h1>Run {{ run.name }}</h1><p>Checked {{ run.checked_at }}.</p>
{% for suite in run.suites %}<h2>{{ suite.name }}</h2>
<table><thead><tr><th>Rule<th>Check<th>Columns<th>Severity<th>Outcome<th>Rows<th>Failed<th>Examples</tr></thead><tbody>
{% for row in suite.rows %}<tr><td>{{ row.rule }}<td>{{ row.check }}
<details class="quiet"><summary>{{ row.type }}</summary><pre>{{ row.detail }}</pre></details>
<td class="text">{{ row.columns }}<td>{{ row.severity }}
<td class="{{ 'held' if row.success else 'failed ' ~ row.on_failure }}">{{ row.outcome }}
<td class="number">{{ row.rows }}<td class="number">{{ row.unexpected }}<td class="text">
{% if row.examples %}<details{{ ' open' if not row.success }}><summary>{{ row.examples | length }}</summary>
{% for example in row.examples %}<div>{{ example }}</div>{% endfor %}</details>{% endif %}</tr>
{% endfor %}</tbody></table>{% endfor %}{% endblock %}
"""

OUTCOMES = {
    "stop": "failed: batch stopped",
    "quarantine": "failed: rows in quarantine",
    "record": "failed: written down",
}


def build_docs(results_rows: Iterable[Mapping[str, Any]], output: Path) -> Path:
    """Write the pages for rows of ops.quality_result into the folder `output`; the path of its `index.html`.

    Pages of runs that the rows do not hold are left as they are, but no longer listed.
    """
    from jinja2 import DictLoader, Environment, StrictUndefined

    pages = Environment(
        loader=DictLoader({"page": PAGE, "index": INDEX, "run": RUN}),
        autoescape=True,
        undefined=StrictUndefined,
    )
    by_run: dict[str, list[Mapping[str, Any]]] = {}
    for row in results_rows:
        by_run.setdefault(row["run_id"], []).append(row)
    runs = [_run(name, rows) for name, rows in by_run.items()]
    runs.sort(key=lambda run: (run["checked_at"], run["name"]), reverse=True)
    for run in runs:
        _write(output / "runs" / run["file"], pages.get_template("run").render(run=run))
    index = output / "index.html"
    _write(index, pages.get_template("index").render(runs=runs))
    return index


def _run(name: str, rows: Rows) -> dict[str, Any]:
    suites: dict[str, list[Mapping[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: (row["suite"], row["ordinal"])):
        suites.setdefault(row["suite"], []).append(row)
    failed = [row["on_failure"] for row in rows if not row["success"]]
    return {
        "name": name,
        "file": _file_name(name),
        "checked_at": f"{max(row['checked_at'] for row in rows).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        "checks": len(rows),
        "failed": {kind: failed.count(kind) for kind in OUTCOMES},
        "suites": [{"name": suite, "rows": [_check(row) for row in own]} for suite, own in suites.items()],
    }


def _check(row: Mapping[str, Any]) -> dict[str, Any]:
    result = row["result"] or {}
    examples = [_example(one) for one in row["examples"] or ()]
    if not examples and not row["success"]:
        examples = [result.get("message", "")]
    detail = {key: result.get(key) for key in ("expected", "observed")}
    return {
        **{name: row[name] for name in ("check", "type", "severity", "on_failure", "success")},
        "rule": result.get("rule", row["ordinal"]),
        "columns": ", ".join(row["columns"]),
        "outcome": "held" if row["success"] else OUTCOMES[row["on_failure"]],
        "rows": "" if row["rows"] is None else f"{row['rows']:,}",
        "unexpected": "" if row["unexpected"] is None else f"{row['unexpected']:,}",
        "examples": examples,
        "detail": json.dumps(detail, indent=1, ensure_ascii=False, default=str),
    }


def _example(one: Mapping[str, Any]) -> str:
    value = shown(one.get("value"))
    return value if one.get("id") is None else f"{one['id']}: {value}"


def _file_name(run: str) -> str:
    """A name that any file system takes, and that two runs never share."""
    digest = hashlib.blake2b(run.encode(), digest_size=4).hexdigest()
    return f"{re.sub(r'[^A-Za-z0-9_-]+', '-', run)[:60]}-{digest}.html"


def _write(path: Path, text: str) -> None:
    """Whole or not at all: a page may be open in a browser."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(f".{os.getpid()}.part")
    half.write_text(text, encoding="utf-8")
    half.replace(path)
