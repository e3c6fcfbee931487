"""CSV read strictly: what a stray quote may cost, and what it may not."""

import io
import json
import time

import pytest

from listening_etl import CsvRecords, Malformed, SourceUnreadable, from_json
from listening_etl.records import csv_records


def read(text, **options):
    return list(CsvRecords(io.StringIO(text, newline=""), **options))


def outcomes(text):
    """The text of each record, the reason of each refused line, in order."""
    found = []
    for _, item in read(text):
        try:
            found.append(from_json(item)["text"])
        except Malformed as error:
            found.append(str(error))
    return found


def test_records_come_with_the_number_of_their_first_line():
    items = read('id,text\r\n1,"a\r\nb"\r\n\r\n2,é\r\n')
    assert [number for number, _ in items] == [2, 5]
    assert [from_json(item) for _, item in items] == [{"id": "1", "text": "a\r\nb"}, {"id": "2", "text": "é"}]
    assert items[1][1].isascii()


def test_unnamed_columns_are_named_by_their_place():
    assert CsvRecords(io.StringIO(",text, at ,\n")).names == ["column 1", "text", "at", "column 4"]


@pytest.mark.parametrize(("text", "what"), [
    ("", "it is empty"), ("\ufeff", "it is empty"), ("\n\n", "it is empty"),
    ('id,"text\n', "the header is no CSV record"),
])  # fmt: skip
def test_without_a_header_nothing_is_read(text, what):
    with pytest.raises(SourceUnreadable, match=what) as raised:
        read(text, where="calls.csv")
    assert raised.value.where == "calls.csv"


def test_the_cells_of_a_refused_row_are_kept():
    ((number, item),) = read("id,text,at\n1,é\n")
    assert (number, json.loads(item)) == (2, ["it has 2 cells, the header 3", ["1", "é"]])


def test_a_stray_quote_costs_its_own_line_and_not_the_file():
    rows = "".join(f"{n},row {n}\n" for n in range(2, 1000))
    text = f'id,text\n1,"open\n{rows}'
    items = read(text)
    assert json.loads(items[0][1]) == ["it is no CSV record: a quote is never closed", ['1,"open\n']]
    assert outcomes(text)[1:] == [f"row {n}" for n in range(2, 1000)]
    assert items[500][0] == 502


def test_a_stray_quote_that_a_later_one_seems_to_close():
    reason = "it is no CSV record: ',' expected after '\"'"
    assert outcomes('id,text\n1,"open\n2,"fine, really"\n3,c\n') == [reason, "fine, really", "c"]


def test_a_quote_that_swallows_too_much_is_refused_without_reading_on(monkeypatch):
    monkeypatch.setattr(csv_records, "LONGEST_RECORD", 1_000)
    found = outcomes('id,text\n1,"open\n' + "2,b or rather c\n" * 100)
    assert found[0] == "it is no CSV record: it runs over more than 1,000 characters"
    assert found[1:] == ["b or rather c"] * 100


def test_a_hostile_file_costs_no_quadratic_time(monkeypatch):
    monkeypatch.setattr(csv_records, "MOST_READ_AGAIN", 1_000)
    start = time.perf_counter()
    items = read("id,text,at\n" + 'a","b\n' * 20_000)  # each line closes a quote and opens one
    assert time.perf_counter() - start < 10
    assert sum(len(json.loads(item)[1][0]) for _, item in items) == 20_000 * 6  # nothing is lost
