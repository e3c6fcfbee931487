"""Records as JSON: nothing is lost on the way, and what is no record says why."""

import io
import json
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listening_etl import (
    Malformed,
    SourceUnreadable,
    from_json,
    json_lines,
    refused,
    to_json,
)
from listening_etl.records import json_records

CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.text(st.characters(codec=None))
)


@given(st.dictionaries(st.text(), CELLS))
def test_round_trip_of_any_cells(record):
    item = to_json(record)
    assert item.isascii()
    assert from_json(item) == from_json(item.encode()) == record


def test_what_json_has_no_word_for():
    record = {"n": Decimal("3.00"), "x": Decimal("3.5"), "d": date(2026, 7, 1), "b": b"a\xe9"}
    record["t"] = datetime(2026, 7, 1, 12)  # noqa: DTZ001 - as databases have it
    read = {"n": 3, "x": 3.5, "d": "2026-07-01", "b": "a\udce9", "t": "2026-07-01T12:00:00"}
    assert from_json(to_json(record)) == read  # 0xE9 as U+DC00 + 0xE9


def test_what_is_no_record_is_kept_and_refused_with_its_reason():
    item = refused("it has 2 cells, the header 3", ["1", "\udce9"])
    assert json.loads(item)[1] == ["1", "\udce9"]
    with pytest.raises(Malformed, match=r"^it has 2 cells, the header 3$"):
        from_json(item)


@pytest.mark.parametrize(("item", "reason"), [
    (b"{", "it is no JSON: Expecting property name enclosed in double quotes at position 1"),
    ("[1]", "it is a list, not an object"), (b"3", "it is a int, not an object"),
    (b"[" * 100_000, "it is no JSON: maximum recursion"),
])  # fmt: skip
def test_what_is_no_object(item, reason):
    with pytest.raises(Malformed) as raised:
        from_json(item)
    assert str(raised.value).startswith(reason)


def test_json_as_python_writes_it():
    assert from_json(b'{"a": Infinity, "b": "\\ud800", "c": "\xe9"}') == {
        "a": float("inf"), "b": "\ud800", "c": "\udce9",
    }  # fmt: skip


def test_lines_come_as_they_are_with_their_numbers():
    assert list(json_lines(io.BytesIO(b'\xef\xbb\xbf{"a": 1} \r\n\n[2]'))) == [(1, b'{"a": 1}'), (3, b"[2]")]
    assert list(json_lines(io.StringIO('\ufeff"\udc81"\n'))) == [(1, '"\\udc81"')]


@pytest.mark.parametrize("file", [io.BytesIO(), io.BytesIO(b"\xef\xbb\xbf"), io.StringIO("\ufeff")])
def test_an_empty_file(file):
    with pytest.raises(SourceUnreadable, match=r"a\.jsonl: it is empty"):
        next(json_lines(file, where="a.jsonl"))


def test_a_line_without_end_is_cut_and_the_next_one_read(monkeypatch):
    monkeypatch.setattr(json_records, "LONGEST_LINE", 100)
    lines = list(json_lines(io.BytesIO(b"[" + b"1," * 200 + b"1]\n{}\n")))
    assert lines == [(1, (b"[" + b"1," * 50)[:100]), (2, b"{}")]
