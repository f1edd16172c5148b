"""Personal columns, forgotten or hashed as soon as they are read whole."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from evergreen.canonical import category_text
from evergreen.contracts.table import Table
from evergreen.ingest.columns import Gathered, none_wrong
from evergreen.ingest.values import recoded
from evergreen.privacy import hasher


def protect(columns: dict[str, Gathered], table: Table, key: bytes) -> dict[str, str]:
    """Forget or hash the personal columns among ``columns``, in place.

    Args:
        key: what :func:`evergreen.privacy.key_for` gives.

    Returns:
        What was done with each, in words.
    """
    done = {}
    for name, how in table.personal.items():
        if name not in columns:
            continue
        column = columns.pop(name)
        if how == "hash":
            columns[name] = _hashed(column, hasher(table.clean, name, key))
        done[name] = "hashed" if how == "hash" else "dropped"
    return done


def _hashed(column: Gathered, make: Callable[[object], str]) -> Gathered:
    codes = as_text(column)
    digests = [make(text) for text in codes.dictionary.to_pylist()]
    hidden = recoded(codes, pa.array(digests, pa.string()))
    return Gathered("category", hidden, none_wrong(), column.words, column.blanks)


def as_text(column: Gathered) -> pa.DictionaryArray:
    """The column as a category, also where it holds numbers."""
    if isinstance(column.values, pa.DictionaryArray):
        return column.values
    known, place = np.unique(column.values, return_inverse=True)
    texts = [category_text(value) for value in known.tolist()]
    codes = pa.array(place.astype(np.int32))
    return pa.DictionaryArray.from_arrays(codes, pa.array(texts, pa.string()))
