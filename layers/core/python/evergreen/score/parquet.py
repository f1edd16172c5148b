"""A Parquet file in the features bucket, of which only what is asked for is read."""

import io
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from evergreen.errors import InvalidTable
from evergreen.ports import ObjectStore


class _Ranges(io.RawIOBase):
    """An object as a file; every read asks for its own bytes, and for the planned ``tag``."""

    def __init__(self, store: ObjectStore, key: str, tag: str) -> None:
        self._store, self._key, self._tag = store, key, tag
        self._size = store.size(key)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._size - self._at)
        wanted = left if size is None or size < 0 else min(size, left)
        if not wanted:
            return b""
        body = self._store.read_part(self._key, self._at, wanted, self._tag)
        self._at += len(body)
        return body


def open_parquet(store: ObjectStore, key: str, tag: str) -> pq.ParquetFile:
    """The file behind ``key``, its footer read.

    Raises:
        NotFound: there is no such object.
        Conflict: its tag is no longer ``tag``.
        InvalidTable: it is no Parquet file, or two columns share a name.
    """
    try:
        file = pq.ParquetFile(_Ranges(store, key, tag), pre_buffer=True)
    except (pa.ArrowException, OSError):
        raise InvalidTable(f"{key} is no readable Parquet file.") from None
    names = file.schema_arrow.names
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InvalidTable(f"{key} has more than one column named '{twice}'.")
    return file


def rows_of(file: pq.ParquetFile, groups: Sequence[int]) -> int:
    """How many rows some of the row groups hold."""
    return sum(file.metadata.row_group(group).num_rows for group in groups)
