"""Rows that are equal: the same row twice, or two alike by chance.

Two rows of few columns of few values are often equal, and each counts. How many pairs chance alone
makes follows from how often each column agrees with itself, were the columns independent: the
product of the columns' sums of squared shares. They seldom are, which makes more of them.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.columns import Values, categories, is_text
from evergreen.frame import Frame
from evergreen.hashes import mix

_EXPLAINED = 0.1
"""Share of the repeated rows that chance alone must make, before none is thought to be a copy."""


def by_chance(columns: Iterable[NDArray[Any]], rows: int, repeated: int) -> bool:
    """Whether so few values make so many equal rows.

    Args:
        columns: each of shape (rows,), numbers or codes.
        repeated: how many of the rows equal an earlier one.
    """
    pairs = rows * (rows - 1) / 2
    for column in columns:
        if pairs < repeated * _EXPLAINED:
            return False
        counts = np.unique(column, return_counts=True)[1].astype(np.float64)
        pairs *= float(counts @ counts) / float(rows) ** 2
    return repeated > 0 and pairs >= repeated * _EXPLAINED


def told_apart(rows: Frame, equal: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A number for each row and its copies, shape (n,); of rows that are equal by chance each has
    its own, or all that have one answer would be learned and all that have another be asked.

    Args:
        equal: what equal rows share, shape (n,).
    """
    repeated = len(equal) - len(np.unique(equal))
    given = (*map(_codes, rows.columns.values()), rows.target, rows.time)
    if not repeated or not by_chance(given, len(equal), repeated):
        return equal
    order = np.argsort(equal, kind="stable")
    begins = np.r_[True, np.diff(equal[order]) != 0]
    place = np.empty(len(equal), np.uint64)
    place[order] = np.arange(len(equal)) - np.flatnonzero(begins)[np.cumsum(begins) - 1]
    return np.where(place > 0, mix(equal ^ mix(place)), equal)


def _codes(values: Values) -> NDArray[Any]:
    return categories(values).codes if is_text(values) else np.asarray(values)
