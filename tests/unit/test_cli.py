"""The command line: one message for a known error, JSON for programs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def listening(*words, folder=ROOT, **extra):
    import os

    clean = {k: v for k, v in os.environ.items() if not k.startswith("LISTENING_")}
    return subprocess.run(
        [sys.executable, "-c", "from listening_etl.cli import main; main()", *words],
        cwd=folder,
        env={**clean, **extra},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_known_error_is_one_message_and_status_1():
    done = listening("kpi", "coffee", "volum")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("listening: no KPI 'volum'. Did you mean 'volume'? KPIs: ")
    assert done.stderr.count("\n") == 1


def test_an_unknown_topic_is_named_with_the_known_ones():
    done = listening("funnel", "cofee")
    assert done.returncode == 1
    assert "cofee" in done.stderr
    assert "Did you mean 'coffee'?" in done.stderr


def test_without_settings_it_says_what_to_do(tmp_path):
    done = listening("plugins", folder=tmp_path)
    assert done.returncode == 1
    assert "listening.yaml" in done.stderr
    assert "Traceback" not in done.stderr


def test_json_is_one_value():
    plugins = json.loads(listening("plugins", "--json").stdout)
    assert {"file", "feed"} <= {p["name"] for p in plugins if p["role"] == "source"}
    definitions = json.loads(listening("kpi", "coffee", "--json").stdout)
    assert {"volume", "reach", "net_sentiment"} <= {d["kpi"] for d in definitions}


def test_the_options_of_a_plugin_have_a_meaning():
    options = json.loads(listening("plugins", "file", "--json").stdout)
    assert [o["option"] for o in options if not o["meaning"]] == []


def test_a_key_is_different_each_time():
    first, second = listening("key").stdout, listening("key").stdout
    assert len(first.strip()) == 64
    assert first != second


def test_lines_of_a_file_of_texts_are_what_an_editor_shows(tmp_path):
    texts = tmp_path / "texts.txt"
    texts.write_bytes(
        "\ufeffOrange en panne\r\n\r\nune\u2028orange\x0b pressée\r\n".encode() + b"\xff orange\r\n"
    )
    tried = json.loads(listening("query", "test", "orange", "--texts", str(texts), "--json").stdout)
    assert (tried["texts"], tried["matches"]) == (4, 3)
    assert [shown["text"] for shown in tried["shown"]] == [
        "Orange en panne",
        "une\u2028orange\x0b pressée",
        "� orange",
    ]
    assert tried["shown"][0]["spans"] == [{"field": "text", "start": 0, "end": 6}]


def test_a_topic_that_was_never_run_is_linted_from_the_words_alone(tmp_path):
    settings = """
version: 1
warehouse: {env: LISTENING_WAREHOUSE_URL}
topics:
  phones:
    purpose: test
    languages: [fr]
    start: 2026-01-01
    entities: {orange: {role: own, names: [Orange]}}
    sources: {file: {options: {}}}
"""
    (tmp_path / "listening.yaml").write_text(settings, "utf-8")
    done = listening("query", "lint", "--topic", "phones", folder=tmp_path)
    assert done.stdout.startswith("orange: Orange: it means the fruit and the colour too.")
    assert done.stderr.startswith("From the words alone: ")


def test_what_cannot_be_judged_leaves_the_output_of_before_alone(tmp_path):
    texts, output = tmp_path / "texts.txt", tmp_path / "answers.jsonl"
    texts.write_text("bien\n", "utf-8")
    output.write_text("kept", "utf-8")
    done = listening(
        "score", "--measure", "rating_gap", "--texts", texts, "--output", output, folder=tmp_path
    )
    assert done.returncode == 1
    assert "reads what others answered" in done.stderr
    assert output.read_text("utf-8") == "kept"


def test_score_is_told_a_language_by_its_code_in_either_case(tmp_path):
    (tmp_path / "texts.txt").write_text("URGENT, aidez-moi\n", "utf-8")
    words = [
        "score",
        "--measure",
        "urgency",
        "--texts",
        "texts.txt",
        "--output",
        "answers.jsonl",
        "--language",
    ]
    assert listening(*words, "FR", folder=tmp_path).returncode == 0
    answer = json.loads((tmp_path / "answers.jsonl").read_text("utf-8"))
    assert (answer["language"], answer["abstained"]) == ("fr", False)
    refused = listening(*words, "french", folder=tmp_path)
    assert refused.returncode == 2
    assert "'french' is no two-letter language code" in refused.stderr


SETTINGS = """
version: 1
plugins: own
topics:
  kettles:
    purpose: Hear of faults early.
    languages: [fr]
    start: 2026-10-01
    entities: {acme: {role: own, names: [Acme]}}
    sources: {wall: {channel: social}}
"""
SHOUTING = '''
from listening_etl import Options, Range, hookimpl

class Shouting:
    """How many exclamation marks there are."""
    name = measure = "shouting"
    scale = Range(0, 99)
    version = "1"
    languages = None
    options_type = Options
    def score(self, mentions, options):
        return mentions["text"].str.count_matches("!")

@hookimpl
def listening_scorers():
    return [Shouting()]
'''


def test_score_knows_the_plugins_of_the_settings_from_below_their_folder_and_from_elsewhere(tmp_path):
    home, below = tmp_path / "home", tmp_path / "home" / "below"
    (home / "own").mkdir(parents=True)
    below.mkdir()
    (home / "own" / "shouting.py").write_text(SHOUTING, "utf-8")
    (home / "listening.yaml").write_text(SETTINGS, "utf-8")
    (tmp_path / "texts.txt").write_text("ah !!\n", "utf-8")
    words = ["score", "--measure", "shouting", "--language", "fr", "--texts", tmp_path / "texts.txt"]
    for folder, extra in ((below, {}), (tmp_path, {"LISTENING_CONFIG": str(home / "listening.yaml")})):
        done = listening(*words, "--output", "answers.jsonl", folder=folder, **extra)
        assert done.stderr == ""
        assert json.loads((folder / "answers.jsonl").read_text("utf-8"))["value"] == 2.0
