"""The bin of each of many numbers among rising edges, in a tenth of a binary search's time."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]

_CELLS = 4096
_STEPS_AT_MOST = 16
"""Edges in one cell; past so many, a binary search is as quick."""
_EDGES_AT_LEAST = 4


class NumberBins:
    """Bin i holds edges[i-1] < value <= edges[i]; after the last one comes what is missing.

    The range of the edges is divided into equal cells. The cell of a number rises with the number,
    however it is rounded, so edges of lower cells are below it, and those of higher ones are not:
    only the few of its own cell are compared with it.
    """

    def __init__(self, edges: Sequence[float]) -> None:
        """``edges`` are 32-bit numbers, rising."""
        self._edges = np.array(edges, dtype=np.float32)
        self._steps = 0
        if len(self._edges) < _EDGES_AT_LEAST:
            return
        with np.errstate(all="ignore"):
            self._scale = np.float32(_CELLS) / (self._edges[-1] - self._edges[0])
        cells = self._cells(self._edges)
        self._steps = int(np.bincount(cells).max())
        self._first = np.searchsorted(cells, np.arange(_CELLS), side="left")
        self._next = np.append(self._edges, np.float32(np.inf))

    def places(self, values: Floats32) -> NDArray[np.intp]:
        """The bin of each value, shape (n,)."""
        missing = np.isnan(values)
        if 0 < self._steps <= _STEPS_AT_MOST:
            found = self._first.take(self._cells(values))
            for _ in range(self._steps):
                found += self._next.take(found) < values
        else:
            found = np.searchsorted(self._edges, values, side="left")
        if missing.any():
            found[missing] = len(self._edges) + 1
        return found

    def _cells(self, values: Floats32) -> NDArray[np.intp]:
        with np.errstate(all="ignore"):
            cell = (values - self._edges[0]) * self._scale
        within = np.fmin(np.fmax(cell, np.float32(0)), np.float32(_CELLS - 1))
        found: NDArray[np.intp] = within.astype(np.intp)
        return found
