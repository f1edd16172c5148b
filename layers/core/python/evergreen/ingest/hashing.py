"""128-bit digests of rows, by which equal ones are found without holding their text."""

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evergreen.ingest.columns import Gathered

Digests = NDArray[np.uint64]

_SEEDS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1B54A32D192ED03))
_NONE = np.uint64(0xFFF8000000000000)
"""Bits of what is no number, which no number that is there has; from here on words have theirs."""


def repeated(columns: Sequence[Gathered], rows: int) -> NDArray[np.bool_]:
    """Which of the first ``rows`` rows repeat an earlier one as a whole.

    Equal rows have equal digests of twice 64 bits; by chance two of a million different rows have,
    with a probability below 1e-26. The second is made of those alone whose first another has.
    """
    first = _lane(columns, _SEEDS[0], slice(rows))
    order = np.argsort(first, kind="stable")
    alike = np.flatnonzero(first[order[1:]] == first[order[:-1]])
    few = np.sort(order[np.union1d(alike, alike + 1)])
    found = np.zeros(rows, np.bool_)
    if len(few):
        found[few] = again(first[few], _lane(columns, _SEEDS[1], few))
    return found


def again(first: Digests, second: Digests) -> NDArray[np.bool_]:
    """Which pairs an earlier one equals."""
    order = np.lexsort((np.arange(len(first)), second, first))
    first, second = first[order], second[order]
    found = np.zeros(len(order), np.bool_)
    found[order[1:]] = (first[1:] == first[:-1]) & (second[1:] == second[:-1])
    return found


def _lane(columns: Iterable[Gathered], seed: np.uint64, rows: slice | NDArray[np.int64]) -> Digests:
    """A digest of each of some rows."""
    lane: Digests | None = None
    for column in columns:
        cells = _cells(column, seed)[rows]
        lane = np.full(len(cells), seed, np.uint64) if lane is None else lane
        _mix(lane, cells)
    return np.zeros(0, np.uint64) if lane is None else lane


def _cells(column: Gathered, seed: np.uint64) -> Digests:
    """64 bits of each cell, the same for equal cells of one column."""
    if isinstance(column.values, pa.DictionaryArray):  # each text stands once in the dictionary
        codes: Digests = column.values.indices.to_numpy().astype(np.uint64) ^ seed
        return codes
    bits = (column.values + 0.0).view(np.uint64) ^ seed  # -0.0 is 0.0
    bits[np.isnan(column.values)] = _NONE ^ seed
    words = column.wrong.texts.dictionary_encode().indices.to_numpy().astype(np.uint64)
    bits[column.wrong.rows] = (words + _NONE + np.uint64(1)) ^ seed
    return bits


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
