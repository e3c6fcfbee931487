"""The file source: every format, and every way in which a file can be wrong."""

import csv
import gzip
import io
import itertools
import json
import os
import time
import tracemalloc
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from listening_etl import Author, Malformed, Media, SourceUnreadable
from plugins.sources import file as module
from plugins.sources.file import FileOptions, FileSource

DATA = Path(os.environ.get("LISTENING_TEST_DATA", Path(__file__).parents[4] / "shared" / "data"))
SOURCE = FileSource()
BASE = {"native_id": "id", "text": "text", "published_at": "at"}
AT = "2026-11-01T12:00:00Z"
NAIVE = datetime(2026, 7, 1, 12)  # noqa: DTZ001 - as files have it


def options_for(path, more=None, **options):
    return FileOptions(path=path, columns=BASE | (more or {}), **options)


def written(tmp_path, content, name="calls.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def fetched(options):
    return list(SOURCE.fetch(options, None, None))


def mentions(options):
    return [SOURCE.parse(item.data, options) for item in fetched(options)]


def outcomes(options):
    """The id of each mention, the reason of each malformed item, in order."""
    found = []
    for item in fetched(options):
        try:
            found.append(SOURCE.parse(item.data, options).native_id)
        except Malformed as error:
            found.append(str(error))
    return found


def one(tmp_path, more=None, cells=None, **options):
    """The mention of a CSV file with one row; `cells` adds to or replaces its cells."""
    row = {"id": "1", "text": "x", "at": AT} | (cells or {})
    file = io.StringIO()
    csv.writer(file).writerows([row.keys(), row.values()])
    (mention,) = mentions(options_for(written(tmp_path, file.getvalue()), more, **options))
    return mention


# --- CSV ---


def test_a_csv_file_with_every_field(tmp_path):
    names = {
        "title": "t", "author.handle": "h", "author.followers": "f", "author.verified": "v",
        "rating": "stars", "likes": "l", "tagged": "tags", "hashtags": "hash",
        "links": "links", "about": "about",
        "media": "media",
        "lat": "lat", "url": "url",
    }  # fmt: skip
    cells = {
        "t": "T", "h": "ana", "f": "12.0", "v": "Yes", "stars": "4.5", "l": "7", "tags": "@a  @b",
        "hash": '["x", "y z"]', "links": "https://a|https://b", "about": "Orange Maroc | inwi", "lat": "-1e1",
        "media": "https://a/1.jpg", "url": " ",
    }  # fmt: skip
    mention = one(tmp_path, names, cells, values={"kind": "review", "rating_scale": 5, "author.name": "Ana"})
    assert mention.author == Author(handle="ana", followers=12, verified=True, name="Ana")
    assert (mention.rating, mention.rating_scale, mention.likes, mention.lat) == (4.5, 5.0, 7, -10.0)
    assert (mention.tagged, mention.hashtags) == (("@a", "@b"), ("x", "y z"))
    assert (mention.links, mention.about) == (("https://a", "https://b"), ("Orange Maroc", "inwi"))
    assert mention.media == (Media(url="https://a/1.jpg"),)
    assert (mention.kind, mention.title, mention.url, mention.views) == ("review", "T", None, None)


def test_an_item_says_where_and_when(tmp_path):
    path = written(tmp_path, f'id,text,at\r\n1,"a\r\nb",{AT}\r\n\r\n2,c,{AT}\r\n')
    os.utime(path, (1_000_000_000, 1_000_000_000))
    items = fetched(options_for(path))
    assert [item.at for item in items] == ["calls.csv:2", "calls.csv:5"]
    assert items[0].fetched_at == datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)  # 10^9 s after 1970
    assert json.loads(items[0].data) == {"id": "1", "text": "a\r\nb", "at": AT}
    assert items[0].data.isascii()


def test_an_item_may_come_back_as_bytes_or_object(tmp_path):
    options = options_for(written(tmp_path, f"id,text,at\n1,é,{AT}\n"))
    (item,) = fetched(options)
    same = [item, item.data, item.data.encode(), json.loads(item.data)]
    assert len({SOURCE.parse(form, options).text for form in same}) == 1


@pytest.mark.parametrize(("row", "reason"), [
    (f"1,{AT}", "it has 2 cells, the header 3"),
    (f"1,a,b,{AT}", "it has 4 cells, the header 3"),
    (f",a,{AT}", "it has no id"),
    ("1,a,", "it has no publication time"),
    ("1,a,yesterday", "at 'yesterday' is not a time (ISO 8601)"),
    ("1,a,2026-11-01 12:00", "at '2026-11-01 12:00' has no time zone; the option timezone states it"),
    ("1,a,1610012310000", "at '1610012310000' is a number; the option epoch says in which unit"),
    (f'1,"a"b,{AT}', "it is no CSV record: ',' expected after '\"'"),
    (f"1,a\x00b,{AT}", "text holds a NUL character at position 1"),
])  # fmt: skip
def test_a_wrong_row_is_refused_and_the_next_one_read(tmp_path, row, reason):
    options = options_for(written(tmp_path, f"id,text,at\n{row}\n2,b,{AT}\n"))
    assert outcomes(options) == [reason, "2"]


def test_the_cells_of_a_refused_row_are_kept(tmp_path):
    options = options_for(written(tmp_path, "id,text,at\n1,é\n"))
    assert json.loads(fetched(options)[0].data) == ["it has 2 cells, the header 3", ["1", "é"]]


@pytest.mark.parametrize(("column", "cell", "reason"), [
    ("rating", "n/a", "c 'n/a' is not a number"), ("rating", "1,5", "c '1,5' is not a number"),
    ("rating", "1 234", "c '1 234' is not a number"), ("rating", "nan", "c 'nan' is not a number"),
    ("rating", "1e999", "c '1e999' is not a number"), ("rating", "١", "c '١' is not a number"),
    ("likes", "1,234", "c '1,234' is not a number"), ("likes", "1.5", "c '1.5' is not a whole number"),
    ("likes", "1_0", "c '1_0' is not a number"), ("likes", "9" * 19, "c is out of range"),
    ("author.verified", "maybe", "c 'maybe' is neither true nor false"),
    ("tagged", "[1", "c '[1' is no JSON list"), ("kind", "rant", "kind 'rant' is none of post, "),
    ("updated_at", "2026-02-30T00:00Z", "c '2026-02-30T00:00Z' is not a time (ISO 8601)"),
])  # fmt: skip
def test_a_wrong_cell_is_refused_with_its_column(tmp_path, column, cell, reason):
    with pytest.raises(Malformed) as raised:
        one(tmp_path, {column: "c"}, {"c": cell})
    assert str(raised.value).startswith(reason)


@pytest.mark.parametrize("cell", ["", " ", "\t \n", "\u00a0"])
def test_a_blank_cell_is_unknown(tmp_path, cell):
    more = {"rating": "c", "title": "c", "author.handle": "c", "tagged": "c", "updated_at": "c"}
    mention = one(tmp_path, more, {"c": cell})
    assert (mention.rating, mention.title, mention.author, mention.tagged) == (None, None, None, ())


def test_decimal_commas(tmp_path):
    mention = one(tmp_path, {"rating": "r", "likes": "l"}, {"r": "4,5", "l": "12,0"}, decimal=",")
    assert (mention.rating, mention.likes) == (4.5, 12)
    with pytest.raises(Malformed, match=r"r '4.5' is not a number"):
        one(tmp_path, {"rating": "r"}, {"r": "4.5"}, decimal=",")


def test_html_is_unescaped_only_when_asked(tmp_path):
    cells = {"text": "a &amp; b", "t": "&nbsp;"}
    assert one(tmp_path, {"title": "t"}, cells).text == "a &amp; b"
    mention = one(tmp_path, {"title": "t"}, cells, unescape_html=True)
    assert (mention.text, mention.title) == ("a & b", None)


@pytest.mark.parametrize(("cell", "options", "expected"), [
    (AT, {}, "2026-11-01T12:00:00+00:00"),
    ("2015-02-22 22:39:18 -0800", {}, "2015-02-23T06:39:18+00:00"),  # + 8 h
    ("2015-02-22T22:39:18 +01:00", {}, "2015-02-22T21:39:18+00:00"),
    ("2015-02-22 22:39:18 UTC", {}, "2015-02-22T22:39:18+00:00"),
    ("2026-07-01 12:00", {"timezone": "Europe/Paris"}, "2026-07-01T10:00:00+00:00"),  # summer, UTC+2
    ("2026-07-01", {"timezone": "Europe/Paris"}, "2026-06-30T22:00:00+00:00"),
    ("2026-10-25 02:30", {"timezone": "Europe/Paris"}, "2026-10-25T00:30:00+00:00"),  # the first, UTC+2
    ("01/07/2026 12h", {"timezone": "UTC", "date_format": "%d/%m/%Y %Hh"}, "2026-07-01T12:00:00+00:00"),
    ("20260701", {"timezone": "UTC"}, "2026-07-01T00:00:00+00:00"),
    ("01/07/2026 +0100", {"date_format": "%d/%m/%Y %z"}, "2026-06-30T23:00:00+00:00"),
    ("1000000000", {"epoch": "s"}, "2001-09-09T01:46:40+00:00"),
    ("1000000000.5", {"epoch": "s"}, "2001-09-09T01:46:40.500000+00:00"),
    ("1000000000000", {"epoch": "ms"}, "2001-09-09T01:46:40+00:00"),
    (AT, {"epoch": "s"}, "2026-11-01T12:00:00+00:00"),
])  # fmt: skip
def test_times(tmp_path, cell, options, expected):
    assert one(tmp_path, cells={"at": cell}, **options).published_at == datetime.fromisoformat(expected)


@pytest.mark.parametrize(("cell", "options", "reason"), [
    ("2026-03-29 02:30", {"timezone": "Europe/Paris"}, "does not exist in Europe/Paris"),
    ("2026-07-01", {"date_format": "%d/%m/%Y", "timezone": "UTC"}, r"is not a time \(%d/%m/%Y\)"),
    ("1e30", {"epoch": "s"}, "is out of range"),
    ("0001-01-01", {"timezone": "Asia/Tokyo"}, "is out of range"),
])  # fmt: skip
def test_times_that_are_none(tmp_path, cell, options, reason):
    with pytest.raises(Malformed, match=reason):
        one(tmp_path, cells={"at": cell}, **options)


def test_an_id_made_of_columns_is_stable(tmp_path):
    def ids(content, id_from=("shop", "at")):
        columns = {"text": "text", "published_at": "at"}
        options = FileOptions(path=written(tmp_path, content), columns=columns, id_from=list(id_from))
        return outcomes(options)

    first, second, empty = ids(f"shop,text,at\nA,x,{AT}\nB,x,{AT}\n,x,\n")
    assert first != second
    assert len(first) == 32
    assert empty == "it has no id: shop, at are empty"
    assert ids(f"at,shop,text\n{AT},A,edited\n") == [first]


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "utf-16-le", "utf-16"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_a_byte_order_mark_is_swallowed(tmp_path, bom, encoding):
    path = written(tmp_path, f'{bom}"id",text,at\n1,é,{AT}\n'.encode(encoding))
    assert outcomes(options_for(path, encoding=encoding)) == ["1"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1252", "latin-1", "shift_jis"])
def test_other_encodings(tmp_path, encoding):
    text = "あ" if encoding == "shift_jis" else "é"
    path = written(tmp_path, f"id,text,at\n1,{text},{AT}\n".encode(encoding))
    assert [mention.text for mention in mentions(options_for(path, encoding=encoding))] == [text]


@pytest.mark.parametrize(("encoding", "invalid"), [
    ("utf-8", b"\xe9"), ("cp1252", b"\x81"), ("shift_jis", b"\xff"), ("ascii", b"\xe9"), ("gb18030", b"\xff"),
])  # fmt: skip
def test_bytes_of_another_encoding_are_refused_and_kept(tmp_path, encoding, invalid):
    path = written(tmp_path, b"id,text,at\n1,a" + invalid + f" b,{AT}\n2,c,{AT}\n".encode())
    options = options_for(path, encoding=encoding)
    assert outcomes(options) == ["text holds bytes that are not in the declared encoding", "2"]
    text = json.loads(fetched(options)[0].data)["text"]
    assert [ord(letter) - 0xDC00 for letter in text if "\udc00" <= letter <= "\udfff"] == list(invalid)


def test_half_a_utf16_letter_at_the_end(tmp_path):
    path = written(tmp_path, f"id,text,at\n1,a,{AT}\n".encode("utf-16-le") + b"9")
    assert outcomes(options_for(path, encoding="utf-16-le")) == ["1", "it has 1 cells, the header 3"]


def test_a_stray_quote_costs_its_own_line_and_not_the_file(tmp_path):
    rows = "".join(f"{n},row {n},{AT}\n" for n in range(2, 1000))
    options = options_for(written(tmp_path, f'id,text,at\n1,"open,{AT}\n{rows}'))
    items = fetched(options)
    reason, kept = json.loads(items[0].data)
    assert reason == "it is no CSV record: a quote is never closed"
    assert kept == [f'1,"open,{AT}\n']
    assert outcomes(options)[1:] == [str(n) for n in range(2, 1000)]
    assert items[500].at == "calls.csv:502"


def test_a_stray_quote_that_a_later_one_seems_to_close(tmp_path):
    text = f'id,text,at\n1,"open,{AT}\n2,"fine, really",{AT}\n3,c,{AT}\n'
    reason = "it is no CSV record: ',' expected after '\"'"
    assert outcomes(options_for(written(tmp_path, text))) == [reason, "2", "3"]


def test_a_quote_that_swallows_too_much_is_refused_without_reading_on(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LONGEST_RECORD", 1_000)
    path = written(tmp_path, f'id,text,at\n1,"open,{AT}\n' + f"2,b,{AT}\n" * 100)
    found = outcomes(options_for(path))
    assert found[0] == "it is no CSV record: it runs over more than 1,000 characters"
    assert found[1:] == ["2"] * 100


def test_a_hostile_file_costs_no_quadratic_time(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_READ_AGAIN", 1_000)
    path = written(tmp_path, "id,text,at\n" + 'a","b\n' * 20_000)  # each line closes a quote and opens one
    start = time.perf_counter()
    items = fetched(options_for(path))
    assert time.perf_counter() - start < 10
    assert sum(len(json.loads(item.data)[1][0]) for item in items) == 20_000 * 6  # nothing is lost


def test_a_cell_of_ten_megabytes_gets_to_parse(tmp_path):
    options = options_for(written(tmp_path, f"id,text,at\n1,{'x' * 10_000_000},{AT}\n2,b,{AT}\n"))
    assert outcomes(options) == ["text has 10,000,000 characters, more than 1,000,000", "2"]


def test_unnamed_columns_are_named_by_their_place(tmp_path):
    path = written(tmp_path, f",text, at ,\n1,x,{AT},\n")
    assert outcomes(options_for(path, {"native_id": "column 1"})) == ["1"]


def test_another_separator(tmp_path):
    assert outcomes(options_for(written(tmp_path, f"id;text;at\n1;a,b;{AT}\n"), separator=";")) == ["1"]


rows = st.lists(
    st.tuples(
        st.text(st.sampled_from("abé\",;\n\r\t '|€œ\\"), min_size=0, max_size=20),
        st.text(st.sampled_from('xÀ",\r\nÿ '), max_size=10),
    ),
    min_size=1,
    max_size=20,
)
wide = st.lists(
    st.tuples(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), st.text('😀👍🏽é\u2028,"'))
)
FIXTURE = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)


def round_trip(tmp_path, texts, encoding, separator):
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=separator)
    writer.writerow(["id", "text", "title", "at"])
    writer.writerows([number, text, title, AT] for number, (text, title) in enumerate(texts))
    path = written(tmp_path, file.getvalue().encode(encoding))
    found = mentions(options_for(path, {"title": "title"}, encoding=encoding, separator=separator))
    blank = [(text if text.strip() else None, title if title.strip() else None) for text, title in texts]
    assert [(mention.text, mention.title) for mention in found] == blank


@FIXTURE
@given(
    texts=rows, encoding=st.sampled_from(["utf-8", "cp1252", "utf-16"]), separator=st.sampled_from(",;\t|")
)
def test_round_trip(tmp_path, texts, encoding, separator):
    round_trip(tmp_path, texts, encoding, separator)


@FIXTURE
@given(texts=wide)
def test_round_trip_of_any_letters(tmp_path, texts):
    round_trip(tmp_path, texts, "utf-8", ",")


# --- JSON Lines ---


def test_json_lines_come_as_their_bytes_and_dots_descend(tmp_path):
    lines = [
        {"id": 12, "text": "x", "at": AT, "user": {"handle": "ana", "n": {"f": 3}}, "tags": ["a", None, 5]},
        {"id": "13", "at": AT, "user": None, "user.handle": "literal"},
        {"id": 14.0, "at": AT, "user": "no object", "tags": []},
    ]
    text = "\n\n".join(json.dumps(line) for line in lines)
    more = {"author.handle": "user.handle", "author.followers": "user.n.f", "tagged": "tags"}
    options = options_for(written(tmp_path, "\ufeff" + text, "a.jsonl"), more)
    items = fetched(options)
    assert [item.at for item in items] == ["a.jsonl:1", "a.jsonl:3", "a.jsonl:5"]
    assert items[0].data == json.dumps(lines[0]).encode()
    found = mentions(options)
    assert [mention.native_id for mention in found] == ["12", "13", "14"]
    assert found[0].author == Author(handle="ana", followers=3)
    assert (found[0].tagged, found[1].author.handle, found[2].author) == (("a", "5"), "literal", None)


@pytest.mark.parametrize(("line", "reason"), [
    (b"{", "it is no JSON: Expecting property name enclosed in double quotes at position 1"),
    (b"[1]", "it is a list, not an object"), (b"3", "it is a int, not an object"),
    (b"[" * 100_000, "it is no JSON: maximum recursion"),
    (b'{"id": 1}', "it has no publication time"), (b'{"at": "%s"}' % AT.encode(), "it has no id"),
    (b'{"id": 1, "at": {"$date": 1}}', "at is a dict, not a time"),
    (b'{"id": 1, "at": 5}', "at 5 is a number"),
    (b'{"id": [1], "at": 5}', "id is a list, not text"),
    (b'{"id": 1e17, "at": 5}', "id 1e+17 is a number that has lost its last digits"),
    (b'{"id": 1, "text": "\\ud800", "at": "%s"}' % AT.encode(), "text holds bytes"),
    (b'{"id": 1, "text": "\xe9", "at": "%s"}' % AT.encode(), "text holds bytes"),
    (b'{"id": 1, "rating": true, "at": "%s"}' % AT.encode(), "rating True is not a number"),
    (b'{"id": 1, "rating": Infinity, "at": "%s"}' % AT.encode(), "rating inf is not a number"),
])  # fmt: skip
def test_a_wrong_line_is_refused_and_the_next_one_read(tmp_path, line, reason):
    path = written(tmp_path, line + b'\n{"id": 2, "rating": NaN, "at": "%s"}\n' % AT.encode(), "a.ndjson")
    first, second = outcomes(options_for(path, {"rating": "rating"}))
    assert first.startswith(reason)
    assert second == "2"


def test_json_lines_in_another_encoding(tmp_path):
    good = json.dumps({"id": 1, "text": "é", "at": AT}, ensure_ascii=False).encode("cp1252")
    options = options_for(
        written(tmp_path, good + b"\n" + good.replace(b"\xe9", b"\x81"), "a.jsonl"), encoding="cp1252"
    )
    assert outcomes(options) == ["1", "text holds bytes that are not in the declared encoding"]
    assert all(item.data.encode() for item in fetched(options))  # can be stored


def test_a_line_without_end_is_refused_and_the_next_one_read(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LONGEST_LINE", 100)
    path = written(tmp_path, "[" + "1," * 200 + "1]\n" + json.dumps({"id": 2, "at": AT}), "a.jsonl")
    assert outcomes(options_for(path)) == ["it is no JSON: Expecting ',' delimiter at position 100", "2"]


# --- Parquet and Excel ---


def test_parquet(tmp_path):
    table = pa.table({
        "id": pa.array([1, 2], pa.int64()), "text": ["é😀", None],
        "at": pa.array([NAIVE, None], pa.timestamp("ns")),
        "user": [{"handle": "ana"}, {"handle": None}], "r": [float("nan"), 4.5], "tags": [["a"], None],
        "price": pa.array([Decimal("3.00"), None]), "day": pa.array([date(2026, 7, 2), date(2026, 7, 3)]),
    })  # fmt: skip
    pq.write_table(table, tmp_path / "a.parquet")
    more = {
        "author.handle": "user.handle",
        "rating": "r",
        "tagged": "tags",
        "likes": "price",
        "updated_at": "day",
    }
    options = options_for(tmp_path / "a.parquet", more, timezone="Europe/Paris")
    items = fetched(options)
    assert [item.at for item in items] == ["a.parquet:1", "a.parquet:2"]
    assert "NaN" not in items[0].data
    mention = SOURCE.parse(items[0].data, options)
    assert (mention.native_id, mention.text, mention.author.handle) == ("1", "é😀", "ana")
    assert mention.published_at == datetime(2026, 7, 1, 10, tzinfo=UTC)  # summer, UTC+2
    assert mention.updated_at == datetime(2026, 7, 1, 22, tzinfo=UTC)
    assert (mention.rating, mention.likes, mention.tagged) == (None, 3, ("a",))
    assert outcomes(options)[1] == "it has no publication time"


def test_parquet_rows_are_numbered_through_its_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BATCH", 3)
    pq.write_table(pa.table({"id": range(10), "text": ["x"] * 10, "at": [AT] * 10}), tmp_path / "a.parquet")
    items = fetched(options_for(tmp_path / "a.parquet"))
    assert [(item.at, json.loads(item.data)["id"]) for item in items] == [
        (f"a.parquet:{n + 1}", n) for n in range(10)
    ]


def test_parquet_text_that_is_no_utf8(tmp_path):
    text = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xe9")]
    )
    pq.write_table(pa.table({"id": ["1"], "text": text, "at": [AT]}), tmp_path / "a.parquet")
    assert outcomes(options_for(tmp_path / "a.parquet")) == [
        "text holds bytes that are not in the declared encoding"
    ]


def workbook(path, rows, sheet="Calls"):
    book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm"})
    page = book.add_worksheet(sheet)
    for number, row in rows.items():
        page.write_row(number - 1, 0, row)
    book.add_worksheet("Other")
    book.close()
    return path


def test_excel(tmp_path):
    rows = {
        3: ["id", "text", "at", "stars"],
        4: [12, "é😀", NAIVE, 4.5],
        6: [13, "b", NAIVE, None],
        7: [2.0**60, "b", NAIVE, None],
    }
    path = workbook(tmp_path / "a.xlsx", rows)
    options = options_for(path, {"rating": "stars"}, timezone="Europe/Paris", sheet="Calls", decimal=",")
    assert [item.at for item in fetched(options)] == ["a.xlsx:4", "a.xlsx:5", "a.xlsx:6", "a.xlsx:7"]
    lost = "id 1.152921504606847e+18 is a number that has lost its last digits"
    assert outcomes(options) == ["12", "it has no id", "13", lost]
    mention = SOURCE.parse(fetched(options)[0].data, options)
    assert (mention.text, mention.rating) == ("é😀", 4.5)
    assert mention.published_at == datetime(2026, 7, 1, 10, tzinfo=UTC)  # summer, UTC+2


# --- whole files ---


@pytest.mark.parametrize(("name", "content", "options", "what"), [
    ("calls.csv", b"", {}, "it is empty"),
    ("calls.csv", b"\xef\xbb\xbf", {}, "it is empty"),
    ("calls.csv", b"\n\n", {}, "it is empty"),
    ("calls.csv.gz", gzip.compress(b""), {}, "it is empty"),
    ("calls.jsonl", b"", {}, "it is empty"),
    ("calls.jsonl", b"\xef\xbb\xbf", {}, "it is empty"),
    ("calls.parquet", b"", {}, "it is empty"),
    ("calls.csv", b"id,text,at,id,text\n", {}, "the header names 'id', 'text' more than once"),
    ("calls.csv", b"id,txt,at\n", {}, "there is no column 'text'. Did you mean 'txt'?"),
    ("calls.csv", b'id,text,"at\n', {}, "the header is no CSV record"),
    ("calls.csv.gz", b"id,text,at\n", {}, "it cannot be read"),
    ("calls.csv.gz", gzip.compress(b"id,text,at\n1,2,3\n" * 99)[:-20], {}, "it cannot be read"),
    ("calls.csv", b"i\0d\0", {"encoding": "utf-16"}, "it cannot be read (UTF-16 stream does not start"),
    ("calls.xlsx", b"no", {}, "it is no readable spreadsheet"),
    ("calls.parquet", b"PAR1 no", {}, "it is no readable Parquet file"),
    ("calls.doc", b"no", {}, "its ending names no known format"),
])  # fmt: skip
def test_a_file_that_cannot_be_read_as_a_whole(tmp_path, name, content, options, what):
    path = written(tmp_path, content, name)
    with pytest.raises(SourceUnreadable) as raised:
        fetched(options_for(path, **options))
    assert raised.value.what.startswith(what)
    assert raised.value.where == str(path)


def test_a_missing_file_a_folder_and_an_empty_glob(tmp_path):
    for path, what in [("no.csv", "no such file"), ("", "it is a folder"), ("*.csv", "no such file")]:
        with pytest.raises(SourceUnreadable, match=what):
            fetched(options_for(tmp_path / path))


def test_wrong_headers_of_parquet_and_excel(tmp_path):
    path = workbook(tmp_path / "a.xlsx", {1: ["id", "text", "at", "at"]})
    with pytest.raises(SourceUnreadable, match="'at' more than once"):
        fetched(options_for(path))
    with pytest.raises(SourceUnreadable, match=r"no sheet 'Call'. Did you mean 'Calls'\?"):
        fetched(options_for(path, sheet="Call"))
    with pytest.raises(SourceUnreadable, match="the sheet is empty"):
        fetched(options_for(path, sheet="Other"))
    pq.write_table(pa.table({"id": [1], "texts": ["x"], "at": [AT]}), tmp_path / "a.parquet")
    with pytest.raises(SourceUnreadable, match=r"no column 'text'. Did you mean 'texts'\?"):
        fetched(options_for(tmp_path / "a.parquet"))


def test_a_glob_in_order_and_packed_files(tmp_path):
    for name, number in [("b.csv", 2), ("a.csv", 1), ("c.csv.gz", 3)]:
        content = f"id,text,at\n{number},x,{AT}\n".encode()
        written(tmp_path, gzip.compress(content) if name.endswith(".gz") else content, name)
    assert outcomes(options_for(tmp_path / "*.csv*")) == ["1", "2", "3"]
    line = json.dumps({"id": 4, "at": AT}).encode()
    path = written(tmp_path, gzip.compress(line), "d.jsonl.gz")
    assert outcomes(options_for(path)) == ["4"]
    assert outcomes(options_for(written(tmp_path, line, "e.txt"), format="jsonl")) == ["4"]


@pytest.mark.parametrize("name", ["big.csv", "big.jsonl", "big.csv.gz"])
def test_a_big_file_is_read_as_it_is_asked_for(tmp_path, name):
    row = (
        f"1,{'x' * 1000},{AT}\n"
        if "csv" in name
        else json.dumps({"id": 1, "text": "x" * 1000, "at": AT}) + "\n"
    )
    content = ("id,text,at\n" if "csv" in name else "") + row * 30_000  # 30 MB
    data = content.encode()
    path = written(tmp_path, gzip.compress(data, 1) if name.endswith("gz") else data, name)
    del content, data
    options = options_for(path)
    tracemalloc.start()
    items = SOURCE.fetch(options, None, None)
    assert SOURCE.parse(next(items).data, options).native_id == "1"
    first = tracemalloc.get_traced_memory()[1]
    assert sum(1 for _ in itertools.islice(items, 5_000)) == 5_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    items.close()
    assert first < 2_000_000
    assert peak < 2_000_000


# --- options ---


@pytest.mark.parametrize(("changed", "message"), [
    ({"columns": BASE | {"autor.handle": "x"}}, r"no field 'autor.handle'. Did you mean 'author.handle'\?"),
    ({"values": {"knd": "post"}}, r"no field 'knd'. Did you mean 'kind'\?"),
    ({"columns": {"native_id": "id"}}, "'published_at' is missing"),
    ({"columns": {"published_at": "at"}}, "'native_id' is missing in columns; without one, id_from"),
    ({"id_from": ["a"]}, "exclude each other"),
    ({"date_format": "%Y", "epoch": "s"}, "exclude each other"),
    ({"values": {"text": "x"}}, "'text' is in columns and in values"),
    ({"values": {"likes": "many"}}, "likes 'many' is not a number"),
    ({"values": {"kind": "rant"}}, "kind 'rant' is none of"),
    ({"encoding": "utf8x"}, "'utf8x' is no text encoding"),
    ({"encoding": "hex"}, "'hex' is no text encoding"),
    ({"timezone": "Europe/Pariss"}, r"no IANA time zone. Did you mean 'Europe/Paris'\?"),
    ({"timezone": "../etc"}, "no IANA time zone"), ({"timezone": "Europe"}, "no IANA time zone"),
    ({"date_format": "%Q"}, "bad directive"), ({"separator": "::"}, "pattern"),
    ({"separator": '"'}, "pattern"),
    ({"decimal": ";"}, "decimal"), ({"epoch": "ns"}, "epoch"), ({"format": "xml"}, "format"),
    ({"colums": {}}, "colums"),
])  # fmt: skip
def test_wrong_options_say_what_is_wrong(changed, message):
    with pytest.raises(ValidationError, match=message):
        FileOptions(**({"path": "a.csv", "columns": BASE} | changed))


def test_options_of_the_same_form_are_not_confused(tmp_path):
    path = written(tmp_path, f"id,text,at,b\n1,x,{AT},y\n")
    for _ in range(300):
        assert mentions(options_for(path))[0].text == "x"
        assert mentions(options_for(path, {"text": "b"}))[0].text == "y"


# --- recorded files ---


def test_recorded_tweets():
    path = DATA / "airline_tweets" / "Tweets_train.csv"
    if not path.exists():
        pytest.skip("the recorded tweets are absent: LISTENING_TEST_DATA names no folder that has them")
    columns = {
        "native_id": "tweet_id", "text": "text", "published_at": "tweet_created", "author.handle": "name",
        "author.location": "tweet_location", "reshares": "retweet_count", "about": "airline",
    }  # fmt: skip
    options = FileOptions(path=path, columns=columns, values={"kind": "post"}, unescape_html=True)
    items = fetched(options)
    found = [SOURCE.parse(item.data, options) for item in items]
    assert len(found) == 10_248  # the folder's README
    assert items[0].at == "Tweets_train.csv:2"
    assert found[0].published_at == datetime(2015, 2, 23, 6, 39, 18, tzinfo=UTC)  # 2015-02-22 22:39:18 -0800
    assert found[0].about == ("Virgin America",)
    assert found[0].text.startswith("@VirginAmerica Use another browser! 2015 & a brand")
    assert any("\n" in mention.text for mention in found)
