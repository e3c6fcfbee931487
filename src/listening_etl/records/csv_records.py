"""Records of CSV text, read strictly: a stray quote costs its own line, not the rows that it swallowed."""

from __future__ import annotations

import csv
import itertools
from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import TextIO

from listening_etl.errors import SourceUnreadable
from listening_etl.records.json_records import refused, to_json

LONGEST_RECORD = 16_000_000
"""Characters that a stray quote may swallow before its line is refused."""

MOST_READ_AGAIN = 1_000_000
"""Lines of one file, so that a hostile file costs no quadratic time; beyond, what was swallowed is kept whole."""


class CsvRecords:
    """Records of CSV text with a header (RFC 4180), each as an item with the number of its first line.

    An item is the JSON of the record by column name, or what `from_json` refuses with a reason: a line that
    is no CSV, a row with more or fewer cells than the header. `names` are the columns as the header has
    them, `column 3` for a third without a name. Blank lines are passed over. Open `file` with `newline=""`;
    `where` names it in messages. Raises `SourceUnreadable` when there is no header.
    """

    def __init__(self, file: TextIO, separator: str = ",", where: str | None = None) -> None:
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST_RECORD))
        self._lines = _Lines(file)
        self._reader = csv.reader(self._lines, delimiter=separator, strict=True)
        try:
            header = next(filter(None, self._reader), None)
        except csv.Error as error:
            raise SourceUnreadable(f"the header is no CSV record ({error})", where=where) from error
        if header is None:
            raise SourceUnreadable("it is empty", where=where, do="Export it again.")
        self.names = [name.strip() or f"column {number}" for number, name in enumerate(header, 1)]

    def __iter__(self) -> Iterator[tuple[int, str]]:
        lines, reader, names = self._lines, self._reader, self.names
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
                yield number, to_json(dict(zip(names, cells, strict=True)))
            elif cells:
                yield number, refused(f"it has {len(cells)} cells, the header {len(names)}", cells)


class _Lines:
    """The physical lines of a file; remembers those of the current record, to read them again."""

    def __init__(self, file: TextIO) -> None:
        first = file.readline(LONGEST_RECORD).removeprefix("\ufeff")
        rest = iter(partial(file.readline, LONGEST_RECORD), "")
        self._lines = itertools.chain([first] if first else [], rest)
        self._again: deque[str] = deque()
        self._record: list[str] = []
        self._size, self._read_again = 0, 0
        self.number = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.number += 1
        self._record.append(line)
        self._size += len(line)
        if self._size > LONGEST_RECORD:
            raise csv.Error(f"it runs over more than {LONGEST_RECORD:,} characters")
        return line

    def start_record(self) -> int:
        """Number of the line that comes next."""
        self._record, self._size = [], 0
        return self.number + 1

    def give_up_record(self) -> str:
        """The broken record's first line; those that a stray quote swallowed after it are read again."""
        broken, *swallowed = self._record
        self._read_again += len(swallowed)
        if self._read_again > MOST_READ_AGAIN:
            return "".join(self._record)
        self._again.extendleft(reversed(swallowed))
        self.number -= len(swallowed)
        return broken
