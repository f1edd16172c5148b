"""A Parquet file in the features bucket, of which only what is asked for is read."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from evergreen.errors import InvalidTable
from evergreen.object_file import ObjectFile
from evergreen.ports import ObjectStore


def open_parquet(store: ObjectStore, key: str, tag: str) -> pq.ParquetFile:
    """The file behind ``key``, its footer read.

    Raises:
        NotFound: there is no such object.
        Conflict: its tag is no longer ``tag``.
        InvalidTable: it is no Parquet file, or two columns share a name.
    """
    try:
        file = pq.ParquetFile(ObjectFile(store, key, tag), pre_buffer=True)
    except (pa.ArrowException, OSError):
        raise InvalidTable(f"{key} is no readable Parquet file.") from None
    names = file.schema_arrow.names
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InvalidTable(f"{key} has more than one column named '{twice}'.")
    return file


def rows_of(file: pq.ParquetFile, groups: Sequence[int]) -> int:
    """How many rows some of the row groups hold."""
    return sum(file.metadata.row_group(group).num_rows for group in groups)
