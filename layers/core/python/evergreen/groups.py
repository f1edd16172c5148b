"""Which rows are of one group."""

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.columns import Categories, Values, categories, is_text
from evergreen.frame import Frame
from evergreen.hashes import bits

Ids = NDArray[np.int64]


def groups(rows: Frame, group: str | None) -> Ids:
    """A number for each row's group, shape (n,); a row without one is alone and below 0."""
    alone = -1 - np.arange(len(rows), dtype=np.int64)
    if group is None:
        return alone
    codes, nameless = coded(rows.columns[group])
    return np.where(nameless, alone, np.unique(codes, return_inverse=True)[1])


def coded(values: Values) -> tuple[Ids, NDArray[np.bool_]]:
    """A number for each value, and where there is none."""
    if not is_text(values):
        numbers = np.asarray(values, dtype=np.float64)
        return bits(numbers).view(np.int64), np.isnan(numbers)
    known = values if isinstance(values, Categories) else categories(values)
    missing = np.array([value == "" for value in known.values] or [True])
    return known.codes.astype(np.int64), missing[known.codes]
