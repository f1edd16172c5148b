"""Rows of a table that repeat an earlier one as a whole."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evergreen import repeats
from evergreen.ingest.columns import Gathered
from evergreen.ingest.gather import Gathering
from evergreen.ingest.hashing import repeated


def repeated_rows(gathering: Gathering, sourced: int) -> NDArray[np.bool_]:
    """Which rows repeat an earlier one, shape (n,).

    Args:
        sourced: how many of the rows came from sources; only they can be copies.
    """
    found = np.zeros(gathering.rows, np.bool_)
    columns = [gathering.columns[name] for name in sorted(gathering.columns)]
    found[:sourced] = repeated(columns, sourced)
    return found


def by_chance(gathering: Gathering, found: NDArray[np.bool_]) -> bool:
    """Whether the rows that repeat another are as many as their few values make by chance.

    Args:
        found: the rows that do, shape (n,).
    """
    columns = map(_codes, gathering.columns.values())
    return repeats.by_chance(columns, len(found), int(found.sum()))


def _codes(column: Gathered) -> NDArray[np.generic]:
    values = column.values
    codes: NDArray[np.generic] = (
        values.indices.to_numpy() if isinstance(values, pa.DictionaryArray) else values
    )
    return codes
