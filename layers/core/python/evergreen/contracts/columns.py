"""A column of rows in memory: an array, or, where it is text, codes and the values they mean."""

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray


class Categories(Struct, frozen=True, eq=False):
    """Text of n rows, each distinct one held once.

    Attributes:
        codes: integers of shape (n,), the place of each row's text in ``values``.
        values: distinct texts, "" for missing; some may be of no row.
    """

    codes: NDArray[Any]
    values: tuple[str, ...]

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.codes)

    def __getitem__(self, rows: Any) -> "Categories":
        """The rows that a mask, an index or a slice selects."""
        return Categories(self.codes[rows], self.values)

    def text(self) -> NDArray[np.str_]:
        """The rows as an array of text."""
        known: NDArray[np.str_] = np.array(self.values or ("",), dtype=np.str_)
        return known.take(self.codes)

    def counted(self) -> NDArray[np.int64]:
        """Rows by value, shape (len(values),)."""
        return np.bincount(self.codes, minlength=len(self.values)).astype(np.int64)


Values = NDArray[Any] | Categories
"""Floating for numbers, where NaN is missing; text or :class:`Categories` where "" is missing."""


def categories(values: Values) -> Categories:
    """A column of text as codes, its values those of its rows in ascending order."""
    if isinstance(values, Categories):
        used = np.flatnonzero(values.counted())
        order = sorted(used.tolist(), key=values.values.__getitem__)
        place = np.zeros(len(values.values), dtype=np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        return Categories(place[values.codes], tuple(values.values[i] for i in order))
    found, codes = np.unique(np.asarray(values, dtype=np.str_), return_inverse=True)
    return Categories(codes.astype(np.int32), tuple(found.tolist()))


def is_text(values: Values) -> bool:
    """Whether a column holds categories and not numbers."""
    return isinstance(values, Categories) or values.dtype.kind == "U"


def joined(first: Values, second: Values) -> Values:
    """The rows of ``first`` followed by those of ``second``, both text or both numbers."""
    if not isinstance(first, Categories) and not isinstance(second, Categories):
        return np.concatenate([first, second])
    first, second = (v if isinstance(v, Categories) else categories(v) for v in (first, second))
    if first.values is second.values:
        return Categories(np.concatenate([first.codes, second.codes]), first.values)
    values = tuple(sorted({*first.values, *second.values}))
    place = {value: code for code, value in enumerate(values)}
    codes = [
        np.array([place[value] for value in each.values], dtype=np.int32)[each.codes]
        for each in (first, second)
    ]
    return Categories(np.concatenate(codes), values)
