"""Rows that belong together: of one group, or copies of each other."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.frame import Frame
from evergreen.groups import Ids, coded
from evergreen.hashes import bits, mix, of_rows
from evergreen.repeats import told_apart


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


def learned_apart(rows: Frame, group: str | None) -> Ids:
    """A number for what no two folds may share: a group, or a row and its copies."""
    columns = (mix(bits(coded(rows.columns[name])[0])) for name in sorted(rows.columns))
    equal = told_apart(rows, of_rows(rows.target, rows.time, columns)).view(np.int64)
    if group is None:
        return equal
    codes, nameless = coded(rows.columns[group])
    return np.where(nameless, equal, mix(bits(codes)).view(np.int64))
