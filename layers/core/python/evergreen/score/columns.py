"""Arrow columns against a model's signature: arrays to encode, and which rows do not fit and why.

What serving accepts of a JSON row is accepted here, and becomes the same input of the graph. A
row that serving would refuse is refused here alone, not the table with it.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.canonical import category_text
from evergreen.cleaning import clean_numbers, clean_text
from evergreen.completion import Gap
from evergreen.contracts.signature import Column, Signature

TEXT_CHARACTERS_AT_MOST = 1000
"""As in serving: longer text is no category."""

MISSING = "The value is missing, and the model needs one."
TOO_LARGE = "The number is infinite or too large for 32-bit floating point."
TOO_LONG = f"The text has more than {TEXT_CHARACTERS_AT_MOST:,} characters."

_LARGEST = float(np.finfo(np.float32).max)
_Mask = NDArray[np.bool_]


class Checked(Struct, frozen=True, eq=False):
    """Rows of a record batch after their check.

    ``columns`` holds the rows that fit, ``fits`` says which of all those are; ``problems`` are
    row within the batch, column and reason; ``unseen`` counts category values by column that
    training never saw, in the rows that fit.
    """

    columns: dict[str, NDArray[Any]]
    fits: _Mask
    problems: list[tuple[int, str, str]]
    unseen: dict[str, int]


class _Values(Struct, frozen=True, eq=False):
    """One column: values to encode, the rows that do not fit by reason, and the unseen ones."""

    values: NDArray[Any]
    misfits: dict[str, _Mask]
    unseen: _Mask


def misfit(column: Column, kind: pa.DataType) -> str:
    """Why no value of an Arrow type can be one of the column, "" where it can."""
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    if _is_number(value):
        return ""
    if column.type == "number":
        return f"holds {kind} where numbers belong"
    text = pa.types.is_string(value) or pa.types.is_large_string(value)
    if text or pa.types.is_boolean(value):
        return ""
    return f"holds {kind}, which is no category; write it as text"


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
    )


def check(signature: Signature, batch: pa.RecordBatch, gaps: Sequence[Gap] = ()) -> Checked:
    """Check every row of a batch whose columns are there and of a fitting type, but for ``gaps``,
    which were found before."""
    found = {c.name: _read(c, batch.column(c.name)) for c in signature.inputs}
    fits = np.ones(batch.num_rows, dtype=np.bool_)
    problems: dict[tuple[int, str], str] = {}
    for name, column in found.items():
        for reason, rows in column.misfits.items():
            fits &= ~rows
            problems |= {(int(row), name): reason for row in np.flatnonzero(rows)}
    fits[[gap.row for gap in gaps]] = False
    problems |= {(gap.row, gap.column): gap.detail for gap in gaps}
    columns = {name: column.values[fits] for name, column in found.items()}
    listed = sorted((row, name, reason) for (row, name), reason in problems.items())
    unseen = {name: int(np.count_nonzero(c.unseen & fits)) for name, c in found.items()}
    return Checked(columns, fits, listed, {n: c for n, c in unseen.items() if c})


def _read(column: Column, array: pa.Array) -> _Values:
    return _numbers(column, array) if column.type == "number" else _categories(column, array)


def _numbers(column: Column, array: pa.Array) -> _Values:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    # Not safe: a whole number above 2**53 becomes the nearest float, as in JSON.
    values = array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    misfits = {TOO_LARGE: np.abs(values) > _LARGEST}
    if column.rule:
        values = clean_numbers(column.rule, values)
    if not column.nullable:
        misfits[MISSING] = np.isnan(values)
    return _Values(values, misfits, np.zeros(len(values), dtype=np.bool_))


def _categories(column: Column, array: pa.Array) -> _Values:
    """Each distinct value is looked at once; the last entry of every list stands for null."""
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    distinct: list[Any] = array.dictionary.to_pylist()
    rows = array.indices.fill_null(len(distinct)).to_numpy(zero_copy_only=False)
    texts = [*(category_text(value) for value in distinct), ""]
    if column.rule:
        texts = [clean_text(column.rule, text) for text in texts]
    known = set(column.values)
    long = np.array([len(text) > TEXT_CHARACTERS_AT_MOST for text in texts])
    large = np.array([*(_is_infinite(value) for value in distinct), False])
    missing = np.array([not text for text in texts])
    misfits = {TOO_LONG: long[rows], TOO_LARGE: large[rows]}
    if not column.nullable:
        misfits[MISSING] = missing[rows]
    unseen = np.array([bool(text) and text not in known for text in texts])
    # Every unseen value has one code, so its text, which may be long, is not spread over rows.
    values = np.array([text if text in known else "" for text in texts], dtype=np.str_)
    return _Values(values[rows], misfits, unseen[rows])


def _is_infinite(value: object) -> bool:
    return isinstance(value, float) and math.isinf(value)
