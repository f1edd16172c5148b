"""From JSON rows to a graph's matrix, in one pass that is prepared once per version.

What :func:`evergreen.infer.rows.check` and :func:`evergreen.contracts.signature.encode` say is what
holds. This reads rows that are plainly right, with the same result, in a fraction of the time;
whatever it is not sure of goes to those two, which also know how to say what is wrong.
"""

from collections.abc import Callable
from itertools import repeat
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.canonical import category_text
from evergreen.cleaning import number_cleaner, text_cleaner
from evergreen.contracts.signature import UNSEEN, Column, Signature, encode
from evergreen.infer.rows import LARGEST, TEXT_CHARACTERS_AT_MOST, check

Rows = list[dict[str, Any]]
_PLAIN = frozenset({float, int})
_NUMBERS = frozenset({float, int, type(None)})
_SCALARS = frozenset({str, int, bool, type(None)})
_NAN = float("nan")


class Unsure(Exception):
    """The rows are not plainly right."""


class Encoded(Struct, frozen=True, eq=False):
    """``matrix`` is float32 of shape (rows, inputs); ``unseen`` counts unknown categories."""

    matrix: NDArray[np.float32]
    unseen: dict[str, int]


class Reader:
    """Reads the rows of one signature."""

    def __init__(self, signature: Signature) -> None:
        self._signature = signature
        self._inputs = [(column.name, _values(column)) for column in signature.inputs]
        self._known = {column.name for column in signature.inputs} | set(signature.context)

    def read(self, rows: Rows) -> Encoded:
        """The rows as the graph takes them.

        Raises:
            RejectedRows: names each row and column that does not fit.
        """
        try:
            return self._read(rows)
        except (KeyError, Unsure):
            batch = check(self._signature, rows)
            return Encoded(encode(self._signature, batch.columns), batch.unseen)

    def _read(self, rows: Rows) -> Encoded:
        width = len(self._inputs)
        unseen: dict[str, int] = {}
        columns = []
        for name, values in self._inputs:
            found, unknown = values([row[name] for row in rows])
            columns.append(found)
            if unknown:
                unseen[name] = unknown
        if any(len(row) != width for row in rows):
            self._look_beside(rows)
        # In 64 bits first, as JSON numbers are, so that a number is rounded as encode rounds it.
        matrix = np.array(columns, dtype=np.float64)
        return Encoded(np.ascontiguousarray(matrix.T, dtype=np.float32), unseen)

    def _look_beside(self, rows: Rows) -> None:
        """Columns that are no inputs are context, and short text or whole numbers."""
        for row in rows:
            if not row.keys() <= self._known:
                raise Unsure
            for name in self._signature.context:
                value = row.get(name)
                if type(value) not in _SCALARS or _too_long(value):
                    raise Unsure


_Values = Callable[[list[Any]], tuple[list[float], int]]


def _values(column: Column) -> _Values:
    """What reads one column's values, and counts the unknown ones among them."""
    return _category(column) if column.type == "category" else _number(column)


def _number(column: Column) -> _Values:
    nullable, clean = column.nullable, number_cleaner(column.rule) if column.rule else None

    def read(values: list[Any]) -> tuple[list[float], int]:
        types = set(map(type, values))
        if not types <= (_NUMBERS if nullable else _PLAIN):
            raise Unsure
        present = [value for value in values if value is not None]
        # NaN compares as false with everything, wherever it stands, so each is compared by itself.
        if not all(-LARGEST <= value <= LARGEST for value in present):
            raise Unsure
        if len(present) < len(values):
            values = [_NAN if value is None else value for value in values]
        if clean is None:
            return values, 0
        cleaned = list(map(clean, values))
        if not nullable and any(value != value for value in cleaned):
            raise Unsure
        return cleaned, 0

    return read


def _category(column: Column) -> _Values:
    codes = {value: float(code) for code, value in enumerate(column.values)}
    # A known value is looked up as it came only where that is its canonical spelling.
    clean = text_cleaner(column.rule) if column.rule else category_text
    spelled = {
        value: code
        for value, code in codes.items()
        if _is_canonical(value) and clean(value) == value
    }
    missing = codes.get("", UNSEEN)

    def other(value: Any) -> tuple[float, int]:
        if type(value) not in _SCALARS or _too_long(value):
            raise Unsure
        text = clean(category_text(value))
        if not text:
            if not column.nullable:
                raise Unsure
            return missing, 0
        code = codes.get(text)
        return (UNSEEN, 1) if code is None else (code, 0)

    def read(values: list[Any]) -> tuple[list[float], int]:
        if set(map(type, values)) == {str}:
            found = list(map(spelled.get, values, repeat(None)))
            if None not in found:
                return found, 0  # type: ignore[return-value]
        both = [other(value) for value in values]
        return [code for code, _ in both], sum(unknown for _, unknown in both)

    return read


def _is_canonical(value: str) -> bool:
    return bool(value) and value == category_text(value) and not _too_long(value)


def _too_long(value: object) -> bool:
    return type(value) is str and len(value) > TEXT_CHARACTERS_AT_MOST
