"""Mentions from files: CSV, JSON Lines, Parquet, Excel."""

import codecs
import glob
import gzip
import io
import itertools
import zlib
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from listening_etl import (
    Capabilities,
    CsvRecords,
    Item,
    RecordMapping,
    SourceUnreadable,
    did_you_mean,
    from_json,
    hookimpl,
    json_lines,
    to_json,
)

SPREADSHEETS = {"xlsx", "xlsm", "xlsb", "xls", "ods"}
UTF8 = "utf-8-sig"  # swallows a byte order mark
BATCH = 1_000  # rows of Parquet in memory


class FileOptions(RecordMapping):
    """Where the file is and how it is written; how a row becomes a mention is `RecordMapping`'s."""

    path: Path = Field(description="the file, or several as in exports/*.csv; .gz is unpacked")
    format: Literal["csv", "jsonl", "parquet", "excel"] | None = Field(None, description="else by its ending")
    encoding: str = Field("utf-8", validate_default=True, description="of CSV and JSON Lines")
    separator: str = Field(",", pattern=r'^[^"\r\n]$', description="between the cells of CSV")
    sheet: str | None = Field(None, description="of Excel; else the first")

    @field_validator("encoding")
    @classmethod
    def _encoding_is_known(cls, name):
        try:
            "".encode(name)
        except LookupError:
            raise ValueError(f"{name!r} is no text encoding; 'utf-8' and 'cp1252' are common") from None
        return UTF8 if codecs.lookup(name).name == "utf-8" else name


def unreadable(what, path, do=None):
    """The error for a file that cannot be read as a whole."""
    return SourceUnreadable(what, where=str(path), do=do)


def files_of(options):
    """The files that `path` names, in sorted order."""
    path = options.path
    if path.is_dir():
        raise unreadable("it is a folder", path, f"Name its files: '{path}/*.csv'.")
    if path.exists():
        return [path]
    found = map(Path, sorted(glob.glob(str(path), recursive=True)))  # noqa: PTH207 - an absolute one too
    files = [name for name in found if name.is_file()]
    if not files:
        raise unreadable("no such file", path, "Check 'path' in the settings.")
    return files


def format_of(path, options):
    """The format that the settings state, else that of the ending."""
    ending = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    known = options.format or (
        "excel" if ending in SPREADSHEETS else "jsonl" if ending == "ndjson" else ending
    )
    if known not in READERS:
        raise unreadable("its ending names no known format", path, "Set 'format'.")
    return known


def check_header(names, known, path, options):
    """Refuse a header that names a column twice or lacks one that the settings map."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise unreadable(f"the header names {str(twice)[1:-1]} more than once", path, "Rename the columns.")
    for name in options.columns_used:
        if name not in known:
            what = f"there is no column {name!r}.{did_you_mean(name, known)}"
            raise unreadable(what, path, f"It has: {', '.join(known)}.")


def opened(path):
    """The file's bytes, unpacked."""
    return gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")


def opened_text(path, options, newline):
    """The same decoded, without loss."""
    return io.TextIOWrapper(opened(path), encoding=options.encoding, errors="keep_bytes", newline=newline)


# Each reader yields (number of the line or row, its item).


def read_csv(path, options):
    """Records of a CSV file."""
    with opened_text(path, options, newline="") as file:
        records = CsvRecords(file, options.separator, where=str(path))
        check_header(records.names, records.names, path, options)
        yield from records


def read_jsonl(path, options):
    """Lines of a JSON Lines file: bytes as they are, or text where the encoding is not UTF-8."""
    with opened(path) if options.encoding == UTF8 else opened_text(path, options, newline="\n") as file:
        yield from json_lines(file, where=str(path))


def read_parquet(path, options):
    """Rows of a Parquet file, a thousand at a time; nested columns are named with dots."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def nested(fields, prefix=""):
        for field in fields:
            yield prefix + field.name
            if pa.types.is_struct(field.type):
                yield from nested(field.type, f"{prefix}{field.name}.")

    try:
        with pq.ParquetFile(path) as file:
            check_header(file.schema_arrow.names, list(nested(file.schema_arrow)), path, options)
            batches = map(rows_of, file.iter_batches(BATCH))
            yield from enumerate(itertools.chain.from_iterable(batches), 1)
    except pa.ArrowException as error:
        raise unreadable(f"it is no readable Parquet file ({error})", path) from error


def read_excel(path, options):
    """Rows of one sheet, the first by default; read whole."""
    import fastexcel

    try:
        book = fastexcel.read_excel(path)
        if options.sheet is not None and options.sheet not in book.sheet_names:
            what = f"there is no sheet {options.sheet!r}.{did_you_mean(options.sheet, book.sheet_names)}"
            raise unreadable(what, path, f"It has: {', '.join(book.sheet_names)}.")
        load = partial(book.load_sheet, options.sheet or 0)
        top = load(header_row=None, skip_rows=0, n_rows=100, dtypes="string").to_arrow().to_pylist()
        start = next((row for row, cells in enumerate(top) if any(cells.values())), None)
        if start is None:
            raise unreadable("the sheet is empty", path, "Export it again.")
        cells = [(name or "").strip() for name in top[start].values()]
        names = [name or f"column {number}" for number, name in enumerate(cells, 1)]
        check_header(names, names, path, options)
        batch = load(header_row=start, schema_sample_rows=None).to_arrow().rename_columns(names)
    except fastexcel.FastExcelError as error:
        why = str(error).partition("\n")[0]
        raise unreadable(f"it is no readable spreadsheet ({why})", path) from error
    yield from enumerate(rows_of(batch), start + 2)


def rows_of(batch):
    """Rows of an Arrow batch as JSON text, what is not a number as null."""
    import pyarrow as pa

    def cast(batch, change):
        fields = [field.with_type(change(field.type) or field.type) for field in batch.schema]
        return batch.cast(pa.schema(fields), safe=False)

    # Python's times have microseconds; text that is no UTF-8 becomes bytes for keep_bytes.
    batch = cast(batch, lambda kind: pa.types.is_timestamp(kind) and pa.timestamp("us", kind.tz))
    try:
        rows = batch.to_pylist()
    except UnicodeDecodeError:
        rows = cast(batch, lambda kind: pa.types.is_string(kind) and pa.binary()).to_pylist()
    for row in rows:
        yield to_json({name: None if value != value else value for name, value in row.items()})  # noqa: PLR0124 - NaN


READERS = {"csv": read_csv, "jsonl": read_jsonl, "parquet": read_parquet, "excel": read_excel}


class FileSource:
    """Mentions from CSV, JSON Lines, Parquet or Excel files: exports of stores, calls, surveys and tools.

    Collects every row of the files that `path` names. Misses nothing silently: a row that cannot be read is
    kept with the reason. Limits: Excel is read whole. Terms: those under which the file was exported.
    """

    name = "file"
    options_type = FileOptions
    capabilities = Capabilities(history=None, order="any", deletions="none")

    def fetch(self, options, slice, http):
        """Every row, as JSON text; a line of JSON Lines as its bytes."""
        for path in files_of(options):
            read = READERS[format_of(path, options)]
            try:
                facts = path.stat()
                if facts.st_size == 0:
                    raise unreadable("it is empty", path, "Export it again.")
                fetched_at = datetime.fromtimestamp(facts.st_mtime, UTC)
                for number, data in read(path, options):
                    yield Item(data, f"{path.name}:{number}", fetched_at)
            except (OSError, EOFError, UnicodeError, zlib.error) as error:
                raise unreadable(f"it cannot be read ({error})", path) from error

    def parse(self, item, options):
        """One row as a mention."""
        return options.mention(from_json(item))


@hookimpl
def listening_sources():
    """The source of this file."""
    return [FileSource()]
