"""Rows by the groups of a protected column."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.columns import Categories, Values

_VALUES_AS_GROUPS = 10


def groups(values: Values) -> NDArray[np.str_]:
    """Each row's group: a category's value, a number of few values, or a number's quarter."""
    if isinstance(values, Categories):
        return values.text()
    if values.dtype.kind == "U":
        return values.astype(np.str_)
    numbers = values.astype(np.float64)
    known = numbers[~np.isnan(numbers)]
    distinct = np.unique(known)
    if len(distinct) <= _VALUES_AS_GROUPS:
        names = [f"{number:g}" for number in distinct]
        place = np.searchsorted(distinct, numbers)
    else:
        edges = np.unique(np.quantile(known, [0, 0.25, 0.5, 0.75, 1]))
        names = [f"{a:g} to {b:g}" for a, b in pairwise(edges)]
        place = np.searchsorted(edges[1:-1], numbers)
    return np.where(np.isnan(numbers), "", np.array([*names, ""])[np.minimum(place, len(names))])
