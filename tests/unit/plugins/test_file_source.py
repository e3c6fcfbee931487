"""The file source: every format, and every way in which a file can be wrong."""

import csv
import gzip
import io
import itertools
import json
import os
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

from listening_etl import Author, Malformed, SourceUnreadable
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


# --- CSV ---


def test_an_item_says_where_and_when(tmp_path):
    path = written(tmp_path, f'id,text,at\r\n1,"a\r\nb",{AT}\r\n\r\n2,c,{AT}\r\n')
    os.utime(path, (1_000_000_000, 1_000_000_000))
    items = fetched(options_for(path))
    assert [item.at for item in items] == ["calls.csv:2", "calls.csv:5"]
    assert items[0].fetched_at == datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)  # 10^9 s after 1970
    assert json.loads(items[0].data) == {"id": "1", "text": "a\r\nb", "at": AT}
    assert items[0].data.isascii()


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


def test_a_cell_of_ten_megabytes_gets_to_parse(tmp_path):
    options = options_for(written(tmp_path, f"id,text,at\n1,{'x' * 10_000_000},{AT}\n2,b,{AT}\n"))
    assert outcomes(options) == ["text has 10,000,000 characters, more than 1,000,000", "2"]


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


def test_json_lines_come_as_their_bytes(tmp_path):
    lines = [{"id": 12, "text": "x", "at": AT, "user": {"handle": "ana"}}, {"id": "13", "at": AT}]
    text = "\n\n".join(json.dumps(line) for line in lines)
    options = options_for(written(tmp_path, "\ufeff" + text, "a.jsonl"), {"author.handle": "user.handle"})
    items = fetched(options)
    assert [item.at for item in items] == ["a.jsonl:1", "a.jsonl:3"]
    assert [item.data for item in items] == [json.dumps(line).encode() for line in lines]
    assert [(found.native_id, found.author) for found in mentions(options)] == [
        ("12", Author(handle="ana")), ("13", None),
    ]  # fmt: skip


@pytest.mark.parametrize(("line", "reason"), [
    (b"{", "it is no JSON: "), (b"[1]", "it is a list, not an object"),
    (b'{"id": 1}', "it has no publication time"), (b'{"at": "%s"}' % AT.encode(), "it has no id"),
    (b'{"id": 1, "text": "\\ud800", "at": "%s"}' % AT.encode(), "text holds bytes"),
    (b'{"id": 1, "text": "\xe9", "at": "%s"}' % AT.encode(), "text holds bytes"),
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
    ({"encoding": "utf8x"}, "'utf8x' is no text encoding"),
    ({"encoding": "hex"}, "'hex' is no text encoding"),
    ({"separator": "::"}, "pattern"), ({"separator": '"'}, "pattern"),
    ({"format": "xml"}, "format"), ({"colums": {}}, "colums"),
])  # fmt: skip
def test_wrong_options_say_what_is_wrong(changed, message):
    with pytest.raises(ValidationError, match=message):
        FileOptions(**({"path": "a.csv", "columns": BASE} | changed))


# --- recorded files ---
