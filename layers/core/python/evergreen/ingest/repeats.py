"""Rows that repeat an earlier one as a whole: the same row twice, or two alike by chance.

Two rows of few columns of few values are often equal, and each counts. How many pairs chance alone
makes follows from how often each column agrees with itself, were the columns independent: the
product of the columns' sums of squared shares. They seldom are, which makes more of them.
"""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evergreen.ingest.columns import Gathered
from evergreen.ingest.gather import Gathering
from evergreen.ingest.hashing import repeated

_EXPLAINED = 0.1
"""Share of the repeated rows that chance alone must make, before none is thought to be a copy."""


def repeated_rows(gathering: Gathering, sourced: int) -> NDArray[np.bool_]:
    """Which rows repeat an earlier one, shape (n,).

    Args:
        sourced: how many of the rows came from sources; only they can be copies.
    """
    found = np.zeros(gathering.rows, np.bool_)
    columns = [gathering.columns[name] for name in sorted(gathering.columns)]
    found[:sourced] = repeated(columns, sourced)
    return found


def by_chance(columns: Iterable[Gathered], found: NDArray[np.bool_]) -> bool:
    """Whether so few values make so many equal rows.

    Args:
        found: the rows that repeat another, shape (n,).
    """
    count, rows = int(found.sum()), len(found)
    pairs = rows * (rows - 1) / 2
    for column in columns:
        if pairs < max(count, 1) * _EXPLAINED:
            return False
        pairs *= _agreement(column)
    return count > 0 and pairs >= count * _EXPLAINED


def _agreement(column: Gathered) -> float:
    """The chance that two rows have the same value, or none both."""
    values = column.values
    if isinstance(values, pa.DictionaryArray):
        values = values.indices.to_numpy()
    counts = np.unique(values, return_counts=True)[1].astype(np.float64)
    return float(counts @ counts) / float(counts.sum()) ** 2
