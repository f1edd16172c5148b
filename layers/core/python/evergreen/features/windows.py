"""Sums, extremes and distinct counts of many windows over one sorted array.

A window is rows ``lo`` up to, not with, ``hi``; none is empty. What a window holds alone decides
its value, to the last bit: not where the array begins, nor which windows are asked beside it. So
a month built alone has the bytes that it has when all are built at once.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BITS = 30
"""Of a value's part: 2**33 of them fit into an int64."""
_MANTISSA = 53

Index = NDArray[np.int64]
Floats = NDArray[np.float64]
Total = Callable[[Index], Index]


def prefix_total(lo: Index, hi: Index) -> Total:
    """Sums of int64 values of shape (n,) over the windows."""

    def total(values: Index) -> Index:
        sums = np.concatenate([np.zeros(1, np.int64), np.cumsum(values, dtype=np.int64)])
        found: Index = sums[hi] - sums[lo]
        return found

    return total


def exact_sum(values: Floats, total: Total) -> Floats:
    """Sums of floats that do not depend on the order of adding.

    Each value is cut, exactly, into whole multiples of 2**30, 1, 2**-30 and so on, which are summed
    as int64.

    Args:
        values: finite, shape (n,).
        total: sums int64 of shape (n,) over the windows.

    Returns:
        float64, one per window.
    """
    parts, rest = [], values
    exponents = np.frexp(values[values != 0])[1]
    top = -(-int(exponents.max(initial=0)) // _BITS)
    bottom = (int(exponents.min(initial=0)) - _MANTISSA) // _BITS
    for place in range(top, bottom - 1, -1):
        whole = np.trunc(np.ldexp(rest, -_BITS * place))
        rest = rest - np.ldexp(whole, _BITS * place)
        if whole.any():
            parts.append(np.ldexp(total(whole.astype(np.int64)).astype(np.float64), _BITS * place))
        if not rest.any():
            break
    zeros = total(np.zeros(len(values), np.int64)).astype(np.float64)
    return sum(reversed(parts), zeros)


def extreme(values: NDArray[Any], lo: Index, hi: Index, pick: np.ufunc) -> NDArray[Any]:
    """The least or greatest value of each window, by doubling lengths (a sparse table of which one
    level is held at a time).

    Args:
        pick: ``np.fmin`` or ``np.fmax``, which pass over NaN, or ``np.maximum``.
    """
    found = np.empty(len(lo), values.dtype)
    level = np.frexp((hi - lo).astype(np.float64))[1] - 1
    for step in range(int(level.max(initial=-1)) + 1):
        at = np.flatnonzero(level == step)
        found[at] = pick(values[lo[at]], values[hi[at] - (1 << step)])
        half = 1 << step
        values = pick(values[:-half], values[half:]) if len(values) > half else values
    return found


def distinct(codes: Index, lo: Index, hi: Index) -> Index:
    """How many distinct codes each window holds; codes below 0 are missing.

    A code counts where it is first in a window. With ``lo`` and ``hi`` ascending, the windows in
    which row i comes first are neighbours: those that hold i and not the same code before it.
    """
    rows = np.flatnonzero(codes >= 0)
    order = rows[np.argsort(codes[rows], kind="stable")]
    before = np.full(len(codes), -1, np.int64)
    same = codes[order[1:]] == codes[order[:-1]]
    before[order[1:][same]] = order[:-1][same]
    start = np.maximum(
        np.searchsorted(hi, rows, side="right"), np.searchsorted(lo, before[rows], side="right")
    )
    stop = np.searchsorted(lo, rows, side="right")
    some = start < stop
    changes = np.bincount(start[some], minlength=len(lo) + 1).astype(np.int64)
    changes -= np.bincount(stop[some], minlength=len(lo) + 1)
    return np.cumsum(changes)[: len(lo)]
