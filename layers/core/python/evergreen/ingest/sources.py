"""Files become tables of text; the model file, not the file's format, decides the types."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from msgspec import Struct

from evergreen.digest import sha256
from evergreen.errors import InvalidTable, NotFound
from evergreen.ports import ObjectStore

BYTES_AT_MOST = 256 * 1024**2
"""Uncompressed bytes of a run's sources. Text, types and report of one raw byte take up to 9 bytes
at once (measured), so this fits the 3,008 MB of memory that every account's functions may have."""

DELIMITERS = ",;\t|"

_EMPTY = "{key} is empty; give a table with a header and rows."
_NO_ROWS = "{key} has a header but no rows; give a table with rows."
_NO_UTF8 = "{key} is no CSV text in UTF-8; save the table as 'CSV UTF-8'."


class Source(Struct, frozen=True, eq=False):
    """A file as read: every column as text, "" where it is empty."""

    key: str
    bytes: int
    sha256: str
    table: pa.Table


def read(store: ObjectStore, keys: Iterable[str]) -> list[Source]:
    """Read the objects ``keys`` below ``raw/``, in this order.

    Raises:
        NotFound: an object is missing.
        InvalidTable: an object is no table, is empty, or all of them are too large.
    """
    sources: list[Source] = []
    left = BYTES_AT_MOST
    for key in keys:
        body = _fetch(store, key, left)
        table = _parquet(key, body, left) if key.endswith(".parquet") else _csv(key, body, left)
        if not table.num_rows:
            raise InvalidTable(_NO_ROWS.format(key=key))
        left -= max(len(body), table.nbytes if key.endswith((".gz", ".parquet")) else 0)
        sources.append(Source(key, len(body), sha256(body), table))
    return sources


def _fetch(store: ObjectStore, key: str, left: int) -> bytes:
    if not key.startswith("raw/"):
        raise InvalidTable(f"The source '{key}' does not lie below raw/; upload it there.")
    if not key.endswith((".csv", ".csv.gz", ".parquet")):
        raise InvalidTable(f"{key} must be a .csv, .csv.gz or .parquet file.")
    try:
        size = store.size(key)
    except NotFound:
        raise NotFound(f"There is no source '{key}' in the features bucket.") from None
    if size > left:
        raise _too_large(key)
    if not size:
        raise InvalidTable(_EMPTY.format(key=key))
    return store.read(key)


def _too_large(key: str) -> InvalidTable:
    mebibytes = BYTES_AT_MOST // 1024**2
    return InvalidTable(
        f"With {key} the sources exceed {mebibytes} MiB uncompressed, more than one run reads; "
        "give fewer rows or columns."
    )


def _csv(key: str, body: bytes, left: int) -> pa.Table:
    if key.endswith(".gz"):
        body = _gunzip(key, body, left)
    if b"\0" in body:
        raise InvalidTable(
            f"{key} is no CSV text: it holds binary data; save the table as 'CSV UTF-8', or as a "
            "file that ends in .parquet or .csv.gz if it is one."
        )
    delimiter, header = _header(key, body)
    ragged: list[pa.csv.InvalidRow] = []
    try:
        table = pa.csv.read_csv(
            io.BytesIO(body),
            read_options=pa.csv.ReadOptions(use_threads=False),  # else no row numbers in errors
            parse_options=_parse_options(delimiter, ragged),
            convert_options=pa.csv.ConvertOptions(
                column_types={name: pa.string() for name in header}, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise InvalidTable(_csv_problem(key, ragged, str(error))) from None
    return _named(key, table)


def _header(key: str, body: bytes) -> tuple[str, list[str]]:
    start = body[: 1024**2].decode("utf-8-sig", errors="replace")
    delimiter = max(DELIMITERS, key=start.partition("\n")[0].count)
    header = next(csv.reader(io.StringIO(start), delimiter=delimiter), [])
    if not any(name.strip() for name in header):
        raise InvalidTable(f"{key} has no header line with column names.")
    if any("\ufffd" in name for name in header):
        raise InvalidTable(_NO_UTF8.format(key=key))
    return delimiter, header


def _parse_options(delimiter: str, ragged: list[pa.csv.InvalidRow]) -> pa.csv.ParseOptions:
    def note(row: pa.csv.InvalidRow) -> str:
        ragged.append(row)
        return "error"

    return pa.csv.ParseOptions(
        delimiter=delimiter, newlines_in_values=True, invalid_row_handler=note
    )


def _csv_problem(key: str, ragged: list[pa.csv.InvalidRow], message: str) -> str:
    if "UTF8" in message:
        return _NO_UTF8.format(key=key)
    if "Empty CSV" in message:
        return _NO_ROWS.format(key=key)
    if not ragged:
        return f"{key} cannot be read as CSV: {message.splitlines()[0].rstrip('.')}."
    row = ragged[0]
    return (
        f"{key}: line {row.number} has {row.actual_columns} fields where the header has "
        f"{row.expected_columns}; quote fields that hold the delimiter."
    )


def _gunzip(key: str, body: bytes, left: int) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as archive:
            plain = archive.read(left + 1)
    except (OSError, EOFError, zlib.error):
        raise InvalidTable(f"{key} is no complete gzip file.") from None
    if len(plain) > left:
        raise _too_large(key)
    if not plain:
        raise InvalidTable(_EMPTY.format(key=key))
    return plain


def _parquet(key: str, body: bytes, left: int) -> pa.Table:
    try:
        file = pq.ParquetFile(io.BytesIO(body))
        groups = range(file.metadata.num_row_groups)
        if sum(file.metadata.row_group(i).total_byte_size for i in groups) > left:
            raise _too_large(key)
        table = file.read()
    except (pa.ArrowException, OSError):
        raise InvalidTable(
            f"{key} is no readable Parquet file; write it anew, or name it .csv if it is text."
        ) from None
    if not table.num_columns:
        raise InvalidTable(f"{key} has no columns.")
    columns = [_as_text(column) for column in table.columns]
    return _named(key, pa.table(columns, names=table.column_names))


def _as_text(column: pa.ChunkedArray) -> pa.Array:
    values = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _as_text(pa.chunked_array([values.dictionary_decode()]))
    if pa.types.is_floating(kind):  # as Python writes them, unlike Arrow's 1.2e+11
        texts = values.to_numpy(zero_copy_only=False).astype(np.str_)
        return pa.array(np.where(texts == "nan", "", texts), pa.string())
    try:
        return values.cast(pa.string()).fill_null("")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        texts = ["" if value is None else str(value) for value in values.to_pylist()]
        return pa.array(texts, pa.string())


def _named(key: str, table: pa.Table) -> pa.Table:
    names = [name.strip() for name in table.column_names]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidTable(f"{key} has more than one column named '{twice[0]}'.")
    return table.rename_columns(names)
