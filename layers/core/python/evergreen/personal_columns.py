"""Personal columns of a table, before anything else sees them."""

from collections.abc import Mapping
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from evergreen.contracts.table import Privacy
from evergreen.privacy import digest

Rows = TypeVar("Rows", pa.Table, pa.RecordBatch)


def protect(rows: Rows, personal: Mapping[str, Privacy], key: bytes) -> Rows:
    """The rows without columns to drop, and with digests (text, null where missing) in those to
    hash; every other column is the same, and so is their order.

    Args:
        key: what :func:`evergreen.privacy.key_for` gives.
    """
    names = [name for name in rows.schema.names if personal.get(name) != "drop"]
    columns = [
        hashed(rows.column(name), key) if personal.get(name) == "hash" else rows.column(name)
        for name in names
    ]
    made: Rows = type(rows).from_arrays(columns, names=names)
    return made


def hashed(column: pa.Array | pa.ChunkedArray, key: bytes) -> pa.Array | pa.ChunkedArray:
    """Each value's digest; every distinct value is hashed once."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if isinstance(column, pa.ChunkedArray):
        chunks = [hashed(chunk, key) for chunk in column.chunks]
        return pa.chunked_array(chunks, pa.string())
    encoded = pc.dictionary_encode(column)
    digests = [digest(value, key) or None for value in encoded.dictionary.to_pylist()]
    return pc.take(pa.array(digests, pa.string()), encoded.indices)
