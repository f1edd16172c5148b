"""128-bit digests of rows, by which equal ones are found without holding their text."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from evergreen.ingest.columns import Gathered

Digests = tuple[NDArray[np.uint64], NDArray[np.uint64]]

_KEYS = ("evergreen rows 1", "evergreen rows 2")
_SEEDS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1B54A32D192ED03))


def digests(columns: Iterable[Gathered], rows: int) -> Digests:
    """Two 64-bit digests of each of the first ``rows`` rows.

    Equal cells have equal digests; by chance two of a million different rows have, with a
    probability below 1e-26.
    """
    first, second = (np.full(rows, seed, np.uint64) for seed in _SEEDS)
    for column in columns:
        for lane, key, seed in zip((first, second), _KEYS, _SEEDS, strict=True):
            _mix(lane, _cells(column, key, seed)[:rows])
    return first, second


def repeated(rows: Digests) -> NDArray[np.bool_]:
    """Rows whose digests an earlier row has."""
    first, second = rows
    found = np.zeros(len(first), np.bool_)
    order = np.argsort(first, kind="stable")
    alike = np.flatnonzero(first[order[1:]] == first[order[:-1]])
    few = order[np.union1d(alike, alike + 1)]
    few = few[np.lexsort((few, second[few], first[few]))]
    same = (first[few[1:]] == first[few[:-1]]) & (second[few[1:]] == second[few[:-1]])
    found[few[1:][same]] = True
    return found


def _cells(column: Gathered, key: str, seed: np.uint64) -> NDArray[np.uint64]:
    if isinstance(column.values, pa.DictionaryArray):
        known = _texts(column.values.dictionary, key)
        cells: NDArray[np.uint64] = known[column.values.indices.to_numpy()]
        return cells
    bits = (column.values + 0.0).view(np.uint64) ^ seed  # -0.0 is 0.0
    bits[np.isnan(column.values)] = seed
    bits[column.wrong.rows] = _texts(column.wrong.texts, key)
    return bits


def _texts(texts: pa.Array, key: str) -> NDArray[np.uint64]:
    values = np.array(texts.to_pylist(), dtype=object)
    found: NDArray[np.uint64] = pd.util.hash_array(values, hash_key=key, categorize=False)
    return found


def _mix(lane: NDArray[np.uint64], cells: NDArray[np.uint64]) -> None:
    """Fold cells into their rows, so that the same cells in other columns are another row.

    The finaliser of SplitMix64 (Steele et al. 2014).
    """
    lane *= np.uint64(0xFF51AFD7ED558CCD)
    lane ^= cells
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        lane ^= lane >> np.uint64(shift)
        lane *= np.uint64(factor)
    lane ^= lane >> np.uint64(31)
