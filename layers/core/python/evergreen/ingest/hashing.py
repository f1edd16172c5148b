"""128-bit digests of rows, by which equal ones are found without holding their text."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from evergreen.ingest.columns import Gathered

Digests = NDArray[np.uint64]

_KEYS = ("evergreen rows 1", "evergreen rows 2")
_SEEDS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1B54A32D192ED03))


def repeated(columns: Sequence[Gathered], rows: int) -> NDArray[np.bool_]:
    """Which of the first ``rows`` rows repeat an earlier one as a whole.

    Equal rows have equal digests of twice 64 bits; by chance two of a million different rows have,
    with a probability below 1e-26. The second is made of those alone whose first another has.
    """
    first = _lane(columns, 0, slice(rows))
    order = np.argsort(first, kind="stable")
    alike = np.flatnonzero(first[order[1:]] == first[order[:-1]])
    few = np.sort(order[np.union1d(alike, alike + 1)])
    found = np.zeros(rows, np.bool_)
    found[few] = again(first[few], _lane(columns, 1, few))
    return found


def again(first: Digests, second: Digests) -> NDArray[np.bool_]:
    """Which pairs an earlier one equals."""
    order = np.lexsort((np.arange(len(first)), second, first))
    first, second = first[order], second[order]
    found = np.zeros(len(order), np.bool_)
    found[order[1:]] = (first[1:] == first[:-1]) & (second[1:] == second[:-1])
    return found


def _lane(columns: Iterable[Gathered], which: int, rows: slice | NDArray[np.int64]) -> Digests:
    """A digest of each of some rows."""
    cells = (_cells(column, _KEYS[which], _SEEDS[which])[rows] for column in columns)
    lane: Digests | None = None
    for each in cells:
        if lane is None:
            lane = np.full(len(each), _SEEDS[which], np.uint64)
        _mix(lane, each)
    return np.zeros(0, np.uint64) if lane is None else lane


def _cells(column: Gathered, key: str, seed: np.uint64) -> Digests:
    if isinstance(column.values, pa.DictionaryArray):
        known = _texts(column.values.dictionary, key)
        cells: Digests = known[column.values.indices.to_numpy()]
        return cells
    bits = (column.values + 0.0).view(np.uint64) ^ seed  # -0.0 is 0.0
    bits[np.isnan(column.values)] = seed
    bits[column.wrong.rows] = _texts(column.wrong.texts, key)
    return bits


def _texts(texts: pa.Array, key: str) -> Digests:
    values = np.array(texts.to_pylist(), dtype=object)
    found: Digests = pd.util.hash_array(values, hash_key=key, categorize=False)
    return found


def _mix(lane: Digests, cells: Digests) -> None:
    """Fold cells into their rows, so that the same cells in other columns are another row.

    The finaliser of SplitMix64 (Steele et al. 2014).
    """
    lane *= np.uint64(0xFF51AFD7ED558CCD)
    lane ^= cells
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        lane ^= lane >> np.uint64(shift)
        lane *= np.uint64(factor)
    lane ^= lane >> np.uint64(31)
