"""A model's signature: the columns it takes, in order, and how they become its input matrix.

The graph takes one float32 matrix. Numbers go in as they are, a missing number as NaN; a category
goes in as its index in ``values``, one that training never saw (or a missing one) as
:data:`UNSEEN`. Encoding stands here and not in the graph, so that training, batch scoring and
serving run the same few lines, and a converter has no strings to get wrong.
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.cleaning import clean_numbers, clean_texts
from evergreen.contracts.columns import Categories, Values
from evergreen.contracts.model_file import Forecast, Problem
from evergreen.contracts.table import ColumnRule, FeatureType, Time
from evergreen.contracts.view_file import Online, Part
from evergreen.errors import InvalidTable

UNSEEN = -1.0

Columns = Mapping[str, Values]


class Column(Struct, frozen=True, forbid_unknown_fields=True):
    """One input column. ``values`` are a category's known values, in the order of their codes.

    ``origin`` says who gives it: the caller, or, where the caller leaves it out, a feature view,
    the row's time, or the series' past. ``rule`` is how ingest cleaned it, so how a request's
    value is cleaned.
    """

    name: str
    type: FeatureType
    nullable: bool = False
    values: tuple[str, ...] = ()
    origin: Literal["request", "view", "calendar", "past"] = "request"
    rule: ColumnRule | None = None


class Lookup(Struct, frozen=True, forbid_unknown_fields=True):
    """A view whose features serving reads by entity.

    ``keys`` are the row's columns that hold the view's entity, in the view's order; ``inputs``
    gives for each input column of this view the view's feature.
    """

    view: str
    keys: tuple[str, ...]
    inputs: dict[str, str]
    online: Online = Online()


class Signature(Struct, frozen=True, forbid_unknown_fields=True):
    """What goes into a model version and what comes out of it.

    ``context`` columns may come with a request and are captured, never scored. ``classes`` are
    the labels in the order of the graph's probabilities: of a binary model the negative and the
    positive one, none where the model answers with a number.
    """

    inputs: tuple[Column, ...]
    context: tuple[str, ...]
    target: str
    classes: tuple[str, ...]
    problem: Problem = "binary"
    time: Time | None = None
    calendar: tuple[Part, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    forecast: Forecast | None = None
    """With its lags filled in."""


def encode(signature: Signature, columns: Columns) -> NDArray[np.float32]:
    """The model's input for ``columns``.

    Args:
        columns: n rows per input: floating for numbers, text (as an array, or as codes and their
            values) for categories. Numbers in 64 bits and text as an array are as somebody sent
            them, and are cleaned by the column's rule; the others are of a feature set, so clean,
            and no bound may judge them by their rounding.

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


def _encode_column(column: Column, values: Values) -> NDArray[np.float32]:
    if isinstance(values, Categories):
        place = {value: code for code, value in enumerate(column.values)}
        found = [place.get(value, UNSEEN) for value in values.values] or [UNSEEN]
        known_codes: NDArray[np.float32] = np.array(found, dtype=np.float32)
        return known_codes.take(values.codes)
    if column.type == "number":
        if column.rule and values.dtype == np.float64:
            values = clean_numbers(column.rule, values)
        return values.astype(np.float32, copy=False)
    if column.rule:
        values = clean_texts(column.rule, values)
    known = np.array(column.values, dtype=np.str_)
    order = np.argsort(known)
    if not len(known):
        return np.full(len(values), UNSEEN, dtype=np.float32)
    position = np.clip(np.searchsorted(known, values, sorter=order), 0, len(known) - 1)
    codes = order[position].astype(np.float32)
    return np.where(known[order[position]] == values, codes, np.float32(UNSEEN)).astype(np.float32)
