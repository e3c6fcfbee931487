"""What `listening explain` prints: the words behind a measure, whoever found them."""

from __future__ import annotations

from listening_etl.presentation import scores

SCORE = {"scorer": "rules", "version": "1", "label": "fraud", "value": None, "confidence": None}


def test_what_rules_saw_is_shown_once_each(capsys):
    words = [{"category": "fraud", "words": "arnaque", "field": "text", "start": 6, "end": 13}] * 2
    found = [
        {**SCORE, "measure": "crisis", "detail": {"words": words}},
        {**SCORE, "measure": "urgency", "detail": {"signs": ["asked: « urgent »"]}},
        {**SCORE, "measure": "irony", "detail": {"ironic": 0.2}},
        {**SCORE, "measure": "other", "detail": None},
    ]
    scores.explained({"title": None, "text": "Quelle arnaque", "scores": found}, as_json=False)
    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert lines == [
        "Quelle arnaque",
        "crisis: fraud  (rules 1)",
        "  fraud: « arnaque »",
        "urgency: fraud  (rules 1)",
        "  asked: « urgent »",
        "irony: fraud  (rules 1)",
        "other: fraud  (rules 1)",
    ]


def test_details_of_other_shapes_say_nothing():
    for detail in (None, [], ["loud"], {"words": ["loud"]}, {"words": 3}, {"signs": None}, {"loud": 0.5}):
        assert scores.quoted(detail) == []
