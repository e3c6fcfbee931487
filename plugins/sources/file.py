"""Mentions from files: CSV, JSON Lines, Parquet, Excel."""

import codecs
import csv
import glob
import gzip
import hashlib
import html
import io
import itertools
import json
import math
import re
import zlib
from collections import deque
from datetime import UTC, date, datetime, time
from decimal import Decimal
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

import orjson
from pydantic import Field, field_validator, model_validator

from listening_etl import (
    Author,
    Capabilities,
    Item,
    Malformed,
    Media,
    Mention,
    Options,
    SourceUnreadable,
    hookimpl,
)

FIELDS = [field for field in Mention.__struct_fields__ if field != "author"]
FIELDS += [f"author.{field}" for field in Author.__struct_fields__]
SPREADSHEETS = {"xlsx", "xlsm", "xlsb", "xls", "ods"}
UTF8 = "utf-8-sig"  # swallows a byte order mark
LONGEST_RECORD = 16_000_000  # characters of CSV that a stray quote may swallow before it is refused
LONGEST_LINE = 64_000_000  # bytes of JSON
MOST_READ_AGAIN = 1_000_000  # lines of one file, so that a hostile file costs no quadratic time
BATCH = 1_000  # rows of Parquet in memory
SPREADSHEET_DIGITS = 2**53  # a number beyond lost its last digits when it became a float


def keep_bytes(error):
    """Decode an invalid byte as a lone surrogate, in any encoding; `Mention` refuses it, nothing is lost."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error("keep_bytes", keep_bytes)


def meant(name, known):
    """` Did you mean …?` when something known is close, else nothing."""
    close = get_close_matches(name, list(known), 1)
    return f" Did you mean {close[0]!r}?" if close else ""


def unreadable(what, path, do=None):
    """The error for a file that cannot be read as a whole."""
    return SourceUnreadable(what, where=str(path), do=do)


class FileOptions(Options):
    """`columns` maps a mention's field to a column (`author.handle: user.handle`), `values` to a constant."""

    path: Path
    format: Literal["csv", "jsonl", "parquet", "excel"] | None = None
    encoding: str = Field("utf-8", validate_default=True)
    separator: str = Field(",", pattern=r'^[^"\r\n]$')
    sheet: str | None = None
    timezone: str | None = None
    decimal: Literal[".", ","] = "."
    date_format: str | None = None
    epoch: Literal["s", "ms"] | None = None
    columns: dict[str, str]
    values: dict[str, str | int | float | bool] = Field({})
    id_from: list[str] = Field([])
    unescape_html: bool = False

    @field_validator("encoding")
    @classmethod
    def _encoding_is_known(cls, name):
        try:
            "".encode(name)
        except LookupError:
            raise ValueError(f"{name!r} is no text encoding; 'utf-8' and 'cp1252' are common") from None
        return UTF8 if codecs.lookup(name).name == "utf-8" else name

    @field_validator("timezone")
    @classmethod
    def _zone_is_known(cls, name):
        try:
            return name and ZoneInfo(name).key
        except (LookupError, ValueError, OSError):
            raise ValueError(f"{name!r} is no IANA time zone.{meant(name, available_timezones())}") from None

    @field_validator("date_format")
    @classmethod
    def _format_is_usable(cls, pattern):
        if pattern is not None:
            datetime.strptime(datetime(2000, 1, 1, tzinfo=UTC).strftime(pattern), pattern)  # noqa: DTZ007
        return pattern

    @model_validator(mode="after")
    def _fields_fit(self):
        given, twice = self.columns.keys() | self.values.keys(), self.columns.keys() & self.values.keys()
        unknown = sorted(given - {*FIELDS})
        problems = [f"a mention has no field {name!r}.{meant(name, FIELDS)}" for name in unknown]
        problems += [f"{name!r} is in columns and in values." for name in sorted(twice)]
        if "published_at" not in given:
            problems.append("'published_at' is missing in columns.")
        if "native_id" not in given and not self.id_from:
            problems.append("'native_id' is missing in columns; without one, id_from names what makes it.")
        if "native_id" in given and self.id_from:
            problems.append("'native_id' and id_from exclude each other.")
        if self.date_format and self.epoch:
            problems.append("date_format and epoch exclude each other.")
        if problems:
            raise ValueError(" ".join(problems))
        Mention(
            **Plan(self).mention | {"native_id": "1", "published_at": "2000-01-01T00:00Z"}
        )  # checks values
        return self


# Reading: each reader yields (line or row number, JSON text of the row).


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
    for name in [*options.columns.values(), *options.id_from]:
        if name not in known:
            what = f"there is no column {name!r}.{meant(name, known)}"
            raise unreadable(what, path, f"It has: {', '.join(known)}.")


def opened(path):
    """The file's bytes, unpacked."""
    return gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")


def opened_text(path, options, newline):
    """The same decoded, without loss."""
    return io.TextIOWrapper(opened(path), encoding=options.encoding, errors="keep_bytes", newline=newline)


def plain(value):
    """What JSON has no word for, as the nearest thing it has."""
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.decode("utf-8", "keep_bytes") if isinstance(value, bytes) else str(value)


encode = json.JSONEncoder(default=plain).encode  # ASCII: lone surrogates survive as escapes


def refused(reason, cells):
    """An item that `parse` refuses with this reason."""
    return encode([reason, cells])


class Lines:
    """The physical lines of a file; remembers those of the current record, to read them again."""

    def __init__(self, file):
        first = file.readline(LONGEST_RECORD).removeprefix("\ufeff")
        rest = iter(partial(file.readline, LONGEST_RECORD), "")
        self._lines = itertools.chain([first] if first else [], rest)
        self._again, self._record, self._size, self._read_again = deque(), [], 0, 0
        self.number = 0

    def __iter__(self):
        return self

    def __next__(self):
        line = self._again.popleft() if self._again else next(self._lines)
        self.number += 1
        self._record.append(line)
        self._size += len(line)
        if self._size > LONGEST_RECORD:
            raise csv.Error(f"it runs over more than {LONGEST_RECORD:,} characters")
        return line

    def start_record(self):
        """Number of the line that comes next."""
        self._record, self._size = [], 0
        return self.number + 1

    def give_up_record(self):
        """The broken record's first line; those that a stray quote swallowed after it are read again."""
        broken, *swallowed = self._record
        self._read_again += len(swallowed)
        if self._read_again > MOST_READ_AGAIN:
            return "".join(self._record)
        self._again.extendleft(reversed(swallowed))
        self.number -= len(swallowed)
        return broken


def read_csv(path, options):
    """Records of a CSV file, RFC 4180: a quote that is never closed costs its own line, not the file."""
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_RECORD))
    with opened_text(path, options, newline="") as file:
        lines = Lines(file)
        reader = csv.reader(lines, delimiter=options.separator, strict=True)
        try:
            names = next(filter(None, reader), None)
        except csv.Error as error:
            raise unreadable(f"the header is no CSV record ({error})", path) from error
        if names is None:
            raise unreadable("it is empty", path, "Export it again.")
        names = [name.strip() or f"column {number}" for number, name in enumerate(names, 1)]
        check_header(names, names, path, options)
        while True:
            number = lines.start_record()
            try:
                cells = next(reader, None)
            except csv.Error as error:
                why = "a quote is never closed" if "unexpected end" in str(error) else error
                yield number, refused(f"it is no CSV record: {why}", [lines.give_up_record()])
                continue
            if cells is None:
                return
            if len(cells) == len(names):
                yield number, json.dumps(dict(zip(names, cells, strict=True)))
            elif cells:
                yield number, refused(f"it has {len(cells)} cells, the header {len(names)}", cells)


def read_jsonl(path, options):
    """Lines of a JSON Lines file: bytes as they are, or text where the encoding is not UTF-8."""
    with opened(path) if options.encoding == UTF8 else opened_text(path, options, newline="\n") as file:
        number, line = 0, file.readline(LONGEST_LINE)
        if line in (b"", b"\xef\xbb\xbf", "", "\ufeff"):
            raise unreadable("it is empty", path, "Export it again.")
        line = line.removeprefix(b"\xef\xbb\xbf" if isinstance(line, bytes) else "\ufeff")
        while line:
            number += 1
            if line.strip():
                yield number, line.rstrip() if isinstance(line, bytes) else ESCAPED.sub(escape, line.rstrip())
            while len(line) == LONGEST_LINE:  # the rest of a line that is no mention
                line = file.readline(LONGEST_LINE)
            line = file.readline(LONGEST_LINE)


ESCAPED = re.compile("[\ud800-\udfff]")


def escape(match):
    """A lone surrogate as JSON writes it, since UTF-8 cannot."""
    return f"\\u{ord(match[0]):04x}"


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
            what = f"there is no sheet {options.sheet!r}.{meant(options.sheet, book.sheet_names)}"
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
        yield encode({name: None if value != value else value for name, value in row.items()})  # noqa: PLR0124 - NaN


READERS = {"csv": read_csv, "jsonl": read_jsonl, "parquet": read_parquet, "excel": read_excel}


# Converting: each takes (cell, column, options); a blank cell never gets here.


def to_text(value, column, options):
    """Text as it is; a whole number without its `.0`."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        if isinstance(value, float) and abs(value) > SPREADSHEET_DIGITS:
            raise Malformed(f"{column} {value!r} is a number that has lost its last digits")
        return str(int(value)) if float(value).is_integer() else str(value)
    raise Malformed(f"{column} is a {type(value).__name__}, not text")


def to_prose(value, column, options):
    """Text that people read."""
    text = to_text(value, column, options)
    if options.unescape_html:
        text = html.unescape(text)
    return None if text.isspace() else text


NUMBER = {
    ".": re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII),
    ",": re.compile(r"[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d+)?", re.ASCII),
}


def to_number(value, column, options):
    """A finite number; thousands separators are not guessed."""
    number = None
    if isinstance(value, str) and NUMBER[options.decimal].fullmatch(value.strip()):
        number = float(value.replace(",", "."))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value) if abs(value) < 1e300 else None
    if number is None or not math.isfinite(number):
        raise Malformed(f"{column} {cut(value)} is not a number")
    return number


def to_whole(value, column, options):
    """A whole number of 64 bits; `12.0` is one."""
    if type(value) is not int:
        number = to_number(value, column, options)
        if number != int(number):
            raise Malformed(f"{column} {cut(value)} is not a whole number")
        value = int(number)
    if abs(value) >= 2**63:
        raise Malformed(f"{column} is out of range")
    return value


def to_boolean(value, column, options):
    """True, 1, yes or their contrary."""
    word = str(value).strip().lower()
    if word not in {"true", "1", "yes", "false", "0", "no"}:
        raise Malformed(f"{column} {cut(value)} is neither true nor false")
    return word in {"true", "1", "yes"}


def to_time(value, column, options):
    """A time with its zone; the first of two when the clocks are put back."""
    if not isinstance(value, str | int | float):
        raise Malformed(f"{column} is {cut(value)}, not a time")
    text = str(value).strip()
    if options.epoch and NUMBER["."].fullmatch(text):
        return from_epoch(text, column, options)
    if not options.date_format and (not isinstance(value, str) or (text.isdecimal() and len(text) != 8)):
        raise Malformed(f"{column} {cut(value)} is a number; the option epoch says in which unit")
    try:
        written = datetime.strptime(text, options.date_format) if options.date_format else from_iso(text)  # noqa: DTZ007
    except ValueError:
        form = options.date_format or "ISO 8601"
        raise Malformed(f"{column} {cut(value)} is not a time ({form})") from None
    if written.tzinfo is not None:
        return written
    if not options.timezone:
        raise Malformed(f"{column} {cut(value)} has no time zone; the option timezone states it")
    zone = ZoneInfo(options.timezone)
    try:
        moment = written.replace(tzinfo=zone).astimezone(UTC)
        back = moment.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        raise Malformed(f"{column} {cut(value)} is out of range") from None
    if back != written:
        raise Malformed(f"{column} {cut(value)} does not exist in {zone}: the clocks were put forward")
    return moment


def from_iso(text):
    """ISO 8601; also with a space before the offset, or `UTC` for it."""
    if len(text) > 19 and text[10] in " T":
        text = text[:11] + text[11:].replace(" ", "").replace("UTC", "Z")
    return datetime.fromisoformat(text)


def from_epoch(value, column, options):
    """Seconds or milliseconds since 1970."""
    try:
        return datetime.fromtimestamp(float(value) / (1000 if options.epoch == "ms" else 1), UTC)
    except (ValueError, OverflowError, OSError):
        raise Malformed(f"{column} {cut(value)} is out of range") from None


def to_list(value, column, options, between=re.compile(r"[\s|]+")):
    """A list, or its text: JSON, or words separated by spaces or `|`."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            raise Malformed(f"{column} {cut(value)} is no JSON list") from None
    if isinstance(value, str):
        value = between.split(value)
    if not isinstance(value, list):
        raise Malformed(f"{column} {cut(value)} is not a list")
    words = (to_text(word, column, options).strip() for word in value if not is_blank(word))
    return tuple(word for word in words if word)


def to_media(value, column, options):
    """Addresses of pictures, videos and sounds."""
    return tuple(Media(url=url) for url in to_list(value, column, options))


def cut(value):
    """A cell for a message."""
    if isinstance(value, list | dict):
        return f"a {type(value).__name__}"
    return repr(value) if len(str(value)) <= 60 else f"{str(value)[:60]!r}…"


CONVERT = {
    **dict.fromkeys(("text", "title"), to_prose),
    **dict.fromkeys(("published_at", "updated_at", "deleted_at"), to_time),
    **dict.fromkeys(("likes", "replies", "reshares", "views", "author.followers"), to_whole),
    **dict.fromkeys(("rating", "rating_scale", "lat", "lon"), to_number),
    **dict.fromkeys(("tagged", "hashtags", "links"), to_list),
    "about": partial(to_list, between=re.compile(r"\|")),  # the name of a brand holds spaces
    "media": to_media,
    "author.verified": to_boolean,
}


class Plan:
    """What `parse` needs to know of its options, worked out once."""

    def __init__(self, options):
        self.options = options
        constants = {
            name: CONVERT.get(name, to_text)(value, name, options) for name, value in options.values.items()
        }
        self.mention = {"native_id": None, "published_at": None}
        self.mention |= {name: value for name, value in constants.items() if not name.startswith("author.")}
        self.author = {name[7:]: value for name, value in constants.items() if name.startswith("author.")}
        self.columns = [
            (name.removeprefix("author."), name.startswith("author."), column, column.split("."),
             CONVERT.get(name, to_text))
            for name, column in options.columns.items()
        ]  # fmt: skip

    def id_of(self, row):
        """A stable id from the columns in `id_from`."""
        cells = [find(row, name, name.split(".")) for name in self.options.id_from]
        if all(map(is_blank, cells)):
            raise Malformed(f"it has no id: {', '.join(self.options.id_from)} are empty")
        words = [None if is_blank(cell) else to_text(cell, "id_from", self.options) for cell in cells]
        return hashlib.blake2b(encode(words).encode(), digest_size=16).hexdigest()


_plans = {}


def plan_of(options):
    """The plan of these very options; kept, since `parse` is called for every item."""
    plan = _plans.get(id(options))
    if plan is None:
        if len(_plans) >= 100:
            _plans.clear()
        plan = _plans[id(options)] = Plan(options)  # the plan holds the options, so the id stays theirs
    return plan


def find(row, column, steps):
    """A cell by its name, else by the steps into nested objects."""
    value = row.get(column)
    if value is None and len(steps) > 1:
        value = row
        for step in steps:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def is_blank(value):
    """Whether a cell says nothing: absent, NaN, empty, or spaces only."""
    return value is None or value != value or (isinstance(value, str) and (not value or value.isspace()))  # noqa: PLR0124


def row_of(data):
    """The object that an item holds; JSON as Python writes it (`NaN`, lone surrogates) is read too."""
    if isinstance(data, dict):
        return data
    try:
        row = orjson.loads(data)
    except orjson.JSONDecodeError:
        try:
            row = json.loads(data if isinstance(data, str) else data.decode("utf-8", "keep_bytes"))
        except json.JSONDecodeError as error:
            raise Malformed(f"it is no JSON: {error.msg} at position {error.pos}") from None
        except (ValueError, RecursionError) as error:
            raise Malformed(f"it is no JSON: {error}") from None
    if isinstance(row, list) and len(row) == 2 and isinstance(row[0], str) and isinstance(row[1], list):
        raise Malformed(row[0])  # see refused()
    if not isinstance(row, dict):
        raise Malformed(f"it is a {type(row).__name__}, not an object")
    return row


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
        row = row_of(getattr(item, "data", item))
        plan = plan_of(options)
        mention, author = plan.mention.copy(), plan.author.copy()
        for field, of_author, column, steps, convert in plan.columns:
            value = find(row, column, steps)
            if is_blank(value):
                continue
            (author if of_author else mention)[field] = convert(value, column, options)
        if options.id_from:
            mention["native_id"] = plan.id_of(row)
        if any(value is not None for value in author.values()):
            mention["author"] = Author(**author)
        return Mention(**mention)


@hookimpl
def listening_sources():
    """The source of this file."""
    return [FileSource()]
