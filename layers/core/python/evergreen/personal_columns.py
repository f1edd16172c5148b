"""Personal columns of a table, before anything else sees them."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from evergreen.contracts.table import Clean, Privacy
from evergreen.privacy import hasher

Rows = TypeVar("Rows", pa.Table, pa.RecordBatch)


def protect(rows: Rows, personal: Mapping[str, Privacy], key: bytes, clean: Clean) -> Rows:
    """The rows without columns to drop, and with digests (text, null where missing) in those to
    hash; every other column is the same, and so is their order.

    Args:
        key: what :func:`evergreen.privacy.key_for` gives.
        clean: the table's rules; a hashed column's own is applied before it is hashed.
    """
    if not personal:
        return rows
    names = [name for name in rows.schema.names if personal.get(name) != "drop"]
    columns = [
        _hashed(rows.column(name), hasher(clean, name, key))
        if personal.get(name) == "hash"
        else rows.column(name)
        for name in names
    ]
    made: Rows = type(rows).from_arrays(columns, names=names)
    return made


def _hashed(
    column: pa.Array | pa.ChunkedArray, make: Callable[[object], str]
) -> pa.Array | pa.ChunkedArray:
    """Each value's digest; every distinct value of a chunk is hashed once."""
    if isinstance(column, pa.ChunkedArray):
        chunks = [_hashed(chunk, make) for chunk in column.chunks]
        return pa.chunked_array(chunks, pa.string())
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    encoded = pc.dictionary_encode(column)
    digests = [make(value) or None for value in encoded.dictionary.to_pylist()]
    return pc.take(pa.array(digests, pa.string()), encoded.indices)
