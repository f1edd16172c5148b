"""Files of every form as record batches of raw columns, a few MiB at a time."""

import csv
import io
import re
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from msgspec import Struct

from evergreen.digest import sha256
from evergreen.errors import InvalidTable
from evergreen.ingest.lines import line_batches
from evergreen.ingest.stream import Text
from evergreen.ports import ObjectStore

BLOCK_BYTES = 1024**2
BLOCK_ROWS = 65_536
DELIMITERS = ",;\t|"

EMPTY = "{key} is empty; give a table with a header and rows."
NO_ROWS = "{key} has a header but no rows; give a table with rows."
_EXCEL = re.compile("sep=.", re.IGNORECASE)
_NO_UTF8 = "{key} is no CSV text in UTF-8; save the table as 'CSV UTF-8'."


class Ragged(Struct, frozen=True):
    """A line of a CSV that has not as many fields as the header. ``row`` counts from 1."""

    row: int
    text: str
    reason: str


class Reading:
    """One source while it is read: its batches, and afterwards what there is to tell of it."""

    def __init__(self, store: ObjectStore, key: str, size: int) -> None:
        """Nothing is read yet."""
        self.key, self.bytes = key, size
        self.sha256 = ""
        self.rows = 0
        self.header: dict[str, str] = {}
        """Names as they stand in the file, and as they are used, where those differ."""
        self.ragged: list[Ragged] = []
        self._store = store

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, in order. Text that is empty is ""; what a typed format lacks is null.

        Raises:
            InvalidTable: it is no table, or it is empty.
        """
        form = self.key.removesuffix(".gz").rpartition(".")[2]
        make = {"csv": self._csv, "parquet": self._parquet}.get(form, self._lines)
        for batch in make():
            self.rows += batch.num_rows
            yield batch.rename_columns(self._names(batch.schema.names))
        if not self.rows and not self.ragged:
            raise InvalidTable(NO_ROWS.format(key=self.key))

    def _names(self, names: list[str]) -> list[str]:
        used = [name.removeprefix("\ufeff").strip() for name in names]
        self.header |= {n: u for n, u in zip(names, used, strict=True) if n != u}
        twice = sorted({name for name in used if used.count(name) > 1})
        if twice:
            raise InvalidTable(f"{self.key} has more than one column named '{twice[0]}'.")
        return used

    def _csv(self) -> Iterator[pa.RecordBatch]:
        text = Text(self._store, self.key)
        delimiter, header = _header(self.key, text)
        self._names(header)
        types = {name: pa.string() for name in header}
        try:
            reader = pa.csv.open_csv(
                pa.PythonFile(text, mode="r"),
                read_options=pa.csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES),
                parse_options=pa.csv.ParseOptions(
                    delimiter=delimiter, newlines_in_values=True, invalid_row_handler=self._skip
                ),
                convert_options=pa.csv.ConvertOptions(
                    column_types=types, strings_can_be_null=False
                ),
            )
            yield from reader
        except pa.ArrowInvalid as error:
            raise InvalidTable(_csv_problem(self.key, str(error))) from None
        self.sha256 = text.sha256

    def _skip(self, row: pa.csv.InvalidRow) -> str:
        reason = f"{row.actual_columns} fields where the header has {row.expected_columns}"
        self.ragged.append(Ragged(row.number - 1, row.text, reason))
        return "skip"

    def _lines(self) -> Iterator[pa.RecordBatch]:
        text = Text(self._store, self.key)
        if not text.ahead(1):
            raise InvalidTable(EMPTY.format(key=self.key))
        yield from line_batches(self.key, text, BLOCK_BYTES, self._broken)
        self.sha256 = text.sha256

    def _broken(self, before: int, line: str, reason: str) -> None:
        row = self.rows + before + len(self.ragged) + 1
        self.ragged.append(Ragged(row, line, reason))

    def _parquet(self) -> Iterator[pa.RecordBatch]:
        body = self._store.read(self.key)
        self.sha256 = sha256(body)
        try:
            file = pq.ParquetFile(pa.BufferReader(body))
            if not file.metadata.num_columns:
                raise InvalidTable(f"{self.key} has no columns.")
            yield from file.iter_batches(BLOCK_ROWS, use_threads=False)
        except (pa.ArrowException, OSError):
            raise InvalidTable(
                f"{self.key} is no readable Parquet file; write it anew, or name it .csv if it is "
                "text."
            ) from None


def _header(key: str, text: Text) -> tuple[str, list[str]]:
    start = text.ahead(1024**2).decode("utf-8-sig", errors="replace")
    if not start:
        raise InvalidTable(EMPTY.format(key=key))
    first = start.partition("\n")[0].strip()
    if _EXCEL.fullmatch(first):
        raise InvalidTable(
            f"{key} begins with '{first}', which only Excel reads; delete that line."
        )
    delimiter = max(DELIMITERS, key=first.count)
    try:
        header = next(csv.reader(io.StringIO(start), delimiter=delimiter), [])
    except csv.Error:
        raise InvalidTable(
            f"{key} has a header that cannot be read as CSV, such as one whose lines end with a "
            "carriage return alone; save the table as 'CSV UTF-8'."
        ) from None
    if not any(name.strip() for name in header):
        raise InvalidTable(f"{key} has no header line with column names.")
    if any("\ufffd" in name for name in header):
        raise InvalidTable(_NO_UTF8.format(key=key))
    return delimiter, header


def _csv_problem(key: str, message: str) -> str:
    if "UTF8" in message:
        return _NO_UTF8.format(key=key)
    if "Empty CSV" in message:
        return NO_ROWS.format(key=key)
    if "straddling" in message:
        return (
            f"{key} has a row of more than {BLOCK_BYTES // 1024**2} MiB; look for a quotation mark "
            "that is never closed."
        )
    return f"{key} cannot be read as CSV: {message.splitlines()[0].rstrip('.')}."
