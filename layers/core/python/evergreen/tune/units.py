"""Rows that belong together: of one group, or equal."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.columns import Categories, Values, categories, is_text
from evergreen.frame import Frame
from evergreen.hashes import bits, mix, of_rows

Ids = NDArray[np.int64]


class Units(Struct, frozen=True, eq=False):
    """The u units of n rows.

    Attributes:
        of_row: the unit of each row, 0 to u - 1, shape (n,).
        sizes: rows of each unit, shape (u,).
        names: what orders them without chance, each once, shape (u,).
    """

    of_row: NDArray[np.intp]
    sizes: NDArray[np.intp]
    names: NDArray[np.uint64]


def as_units(ids: Ids, seed: int) -> Units:
    """Rows of one id are a unit; another seed orders them otherwise."""
    known, of_row, sizes = np.unique(ids, return_inverse=True, return_counts=True)
    salt = mix(np.array([seed], dtype=np.int64).view(np.uint64))
    return Units(of_row, sizes, mix(known.view(np.uint64) ^ salt))


def groups(rows: Frame, group: str | None) -> Ids:
    """A number for each row's group, shape (n,); a row without one is alone and below 0."""
    alone = -1 - np.arange(len(rows), dtype=np.int64)
    if group is None:
        return alone
    codes, nameless = _coded(rows.columns[group])
    return np.where(nameless, alone, np.unique(codes, return_inverse=True)[1])


def learned_apart(rows: Frame, group: str | None) -> Ids:
    """A number for what no two folds may share: a group, or a row and those equal to it."""
    columns = (mix(bits(_coded(rows.columns[name])[0])) for name in sorted(rows.columns))
    equal = of_rows(rows.target, rows.time, columns).view(np.int64)
    if group is None:
        return equal
    codes, nameless = _coded(rows.columns[group])
    return np.where(nameless, equal, mix(bits(codes)).view(np.int64))


def _coded(values: Values) -> tuple[Ids, NDArray[np.bool_]]:
    """A number for each value, and where there is none."""
    if not is_text(values):
        numbers = np.asarray(values, dtype=np.float64)
        return bits(numbers).view(np.int64), np.isnan(numbers)
    coded = values if isinstance(values, Categories) else categories(values)
    missing = np.array([value == "" for value in coded.values] or [True])
    return coded.codes.astype(np.int64), missing[coded.codes]
