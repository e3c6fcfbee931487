"""The sheets of texts read by hand: their form, that their texts are found again, and the figures drawn from them."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from models.french import agreement, evaluate, sample

SHEET = Path(sample.__file__).parent / "sheet.tsv"
AIRLINE = SHEET.parents[1] / "intent" / "sheet_airline.tsv"
NO_DATA = pytest.mark.skipif(
    not (sample.DATA / "french").is_dir(), reason="the sets in ../shared/data are not on this machine"
)


@pytest.fixture(scope="module")
def sheet():
    return sample.read_sheet(SHEET)


def test_two_hundred_texts_each_once(sheet):
    assert len(sheet) == 200
    assert len({(row["set"], row["key"]) for row in sheet}) == 200
    assert len({row["sha"] for row in sheet}) == 200
    assert Counter(row["set"] for row in sheet) == {
        "tripadvisor": 60, "trustpilot": 50, "tweets": 50, "social": 40,
    }  # fmt: skip


@pytest.mark.parametrize("column", [*evaluate.LABELS, "sure"])
def test_only_allowed_labels(sheet, column):
    assert {row[column] for row in sheet} <= set(evaluate.LABELS.get(column, ("no", "yes")))


def test_a_note_is_no_copy_of_the_text(sheet):
    assert max(len(row["note"]) for row in sheet) <= 50


def test_the_second_reading_is_of_sixty_texts_of_the_first(sheet):
    second = sample.read_sheet(SHEET.parent / "second_reader.tsv")
    keys = [(row["set"], row["key"], row["sha"]) for row in second]
    assert len(set(keys)) == len(keys) == 60
    assert set(keys) <= {(row["set"], row["key"], row["sha"]) for row in sheet}


def test_the_tweets_to_airlines_are_a_hundred():
    rows = sample.read_sheet(AIRLINE)
    assert len({row["key"] for row in rows}) == len({row["sha"] for row in rows}) == 100
    assert {row["intent"] for row in rows} <= set(evaluate.LABELS["intent"])
    assert {row["urgency"] for row in rows} == {"none", "soon", "now"}
    assert {row["sure"] for row in rows} == {"no", "yes"}


@NO_DATA
@pytest.mark.parametrize("file", [SHEET, AIRLINE], ids=lambda file: file.stem)
def test_every_text_is_found_again(file):
    texts = sample.found(sample.DATA, sample.read_sheet(file))
    assert texts.count(None) == 0
    assert max(len(text) for text in texts) <= 1500


@NO_DATA
def test_drawing_again_draws_the_same(sheet):
    drawn = sample.draw(sample.DATA)
    assert [(one.set, one.key, one.sha) for one in drawn] == [(r["set"], r["key"], r["sha"]) for r in sheet]


def test_macro_f1_by_hand():
    truth = np.array(["negative", "negative", "neutral", "positive", "positive"])
    said = np.array(["negative", "neutral", "neutral", "positive", evaluate.ABSTAINED])
    labels = ("negative", "neutral", "positive")
    # negative 2·1/(2+1), neutral 2·1/(1+2), positive 2·1/(2+1)
    assert evaluate.macro_f1(truth, said, labels) == pytest.approx(2 / 3)
    # of the four answered: negative 2/3, neutral 2/3, positive 1
    assert evaluate.FIGURES["macro-F1, answered"](truth, said, labels) == pytest.approx(7 / 9)
    assert evaluate.FIGURES["coverage"](truth, said, labels) == pytest.approx(4 / 5)
    assert evaluate.FIGURES["accuracy, answered"](truth, said, labels) == pytest.approx(3 / 4)
    assert evaluate.FIGURES["accuracy, abstention wrong"](truth, said, labels) == pytest.approx(3 / 5)


def test_alpha_by_hand():
    # seen 1/4; five a and three b: expected 1 − (5·4 + 3·2)/(8·7) = 15/28; alpha = 1 − (1/4)/(15/28) = 8/15
    assert agreement.alpha([("a", "a"), ("a", "a"), ("b", "b"), ("a", "b")]) == pytest.approx(8 / 15)
    assert agreement.alpha([("a", "a")]) is None


def test_texts_read_as_mixed_stand_apart():
    rows = [("negative", "negative"), ("mixed", "positive"), ("positive", "positive"), ("neutral", "neutral")]
    sheet = [{"set": "tweets", "sure": "yes", "sentiment": truth} for truth, _ in rows]
    page = "\n".join(evaluate.report(sheet, [said for _, said in rows], "sentiment"))
    assert "| mixed | 0 | 0 | 1 | 0 | 0 | 1 |" in page
    assert "Without the 1 read as mixed" in page
    assert "| macro-F1, answered | 1.000 | 1.000 to 1.000 |" in page


@pytest.mark.parametrize(
    ("value", "abstained", "column", "expected"),
    [
        ("negative", False, "sentiment", "negative"),
        ("negative", True, "sentiment", "abstained"),
        (None, False, "sentiment", "abstained"),
        (True, False, "offensive", "yes"),
        ("not-offensive", False, "offensive", "no"),
        ("irony", False, "ironic", "yes"),
    ],
)
def test_an_answer_in_the_words_of_the_sheet(value, abstained, column, expected):
    line = json.dumps({"value": value, "confidence": 0.9, "abstained": abstained, "language": "fr"})
    assert evaluate.answer(line, column) == expected


def test_an_answer_that_is_no_label_says_which_are():
    with pytest.raises(SystemExit, match="'great' is no label of sentiment: negative, neutral"):
        evaluate.answer(
            '{"value": "great", "confidence": 1, "abstained": false, "language": "fr"}', "sentiment"
        )
