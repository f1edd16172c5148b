"""A model's signature: the columns it takes, in order, and how they become its input matrix.

The graph takes one float32 matrix. Numbers go in as they are, a missing number as NaN; a category
goes in as its index in ``values``, one that training never saw (or a missing one) as
:data:`UNSEEN`. Encoding stands here and not in the graph, so that training, batch scoring and
serving run the same few lines, and a converter has no strings to get wrong.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.model_file import FeatureType
from evergreen.errors import InvalidTable

UNSEEN = -1.0

Columns = Mapping[str, NDArray[Any]]


class Column(Struct, frozen=True, forbid_unknown_fields=True):
    """One input column. ``values`` are a category's known values, in the order of their codes."""

    name: str
    type: FeatureType
    nullable: bool = False
    values: tuple[str, ...] = ()


class Signature(Struct, frozen=True, forbid_unknown_fields=True):
    """What goes into a model version and what its two probabilities mean.

    ``context`` columns may come with a request and are captured, never scored.
    ``classes`` holds the negative and the positive label.
    """

    inputs: tuple[Column, ...]
    context: tuple[str, ...]
    target: str
    classes: tuple[str, str]


def encode(signature: Signature, columns: Columns) -> NDArray[np.float32]:
    """The model's input for ``columns``.

    Args:
        columns: one array of n rows per input: floating for numbers, text for categories.

    Returns:
        float32, shape (n, len(signature.inputs)).

    Raises:
        InvalidTable: a column of the signature is not there.
    """
    missing = [column.name for column in signature.inputs if column.name not in columns]
    if missing:
        raise InvalidTable(
            f"The rows lack the column(s) {', '.join(missing)} that the model takes."
        )
    encoded = [_encode_column(column, columns[column.name]) for column in signature.inputs]
    return np.column_stack(encoded).astype(np.float32, copy=False)


def _encode_column(column: Column, values: NDArray[Any]) -> NDArray[np.float32]:
    if column.type == "number":
        return values.astype(np.float32, copy=False)
    known = np.array(column.values, dtype=np.str_)
    order = np.argsort(known)
    if not len(known):
        return np.full(len(values), UNSEEN, dtype=np.float32)
    position = np.clip(np.searchsorted(known, values, sorter=order), 0, len(known) - 1)
    codes = order[position].astype(np.float32)
    return np.where(known[order[position]] == values, codes, np.float32(UNSEEN)).astype(np.float32)
