"""How alike are rows of the same stretch of time? Then many rows are worth but a few.

Hours of one day share its weather, a week its holidays. Where the share of a bin varies from
stretch to stretch with variance r p (1 - p), so that r is the intraclass correlation, m rows of one
stretch tell the share p with variance p (1 - p) (1/m + r (1 - 1/m)) and no better (Kish, "Survey
Sampling", 1965, section 5.4).
"""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DAY = 86_400 * 10**9
"""In nanoseconds."""
DAYS = (1, 7, 28)
"""Lengths of stretches that are looked at."""
STRETCHES_AT_LEAST = 4
_SURE = 2.0


def places(time: NDArray[np.int64], days: int) -> NDArray[np.intp]:
    """The stretch of each row, numbered from 0 over those that have any, oldest first."""
    return np.unique(time // (days * DAY), return_inverse=True)[1]


def alike(counts: NDArray[np.int64], expected: Floats | None = None, trends: bool = True) -> float:
    """The intraclass correlation of rows in the same stretch, 0 where chance explains it.

    Args:
        counts: rows by stretch and bin, shape (stretches, bins), each stretch with some.
        expected: the shares that seasons explain, of the same shape.
        trends: whether what moves on and on is told from what comes and goes: then only
            differences of stretches that follow each other count (von Neumann 1941).
    """
    total = counts.sum(axis=0)
    filled = total > 0
    free, pairs = int(filled.sum()) - 1, len(counts) - 1
    if free < 1 or pairs < STRETCHES_AT_LEAST - 1:
        return 0.0
    rows = counts.sum(axis=1)
    shares = counts / rows[:, np.newaxis]
    left = (shares if expected is None else shares - expected)[:, filled]
    apart = np.diff(left, axis=0) if trends else (left - left.mean(axis=0)) * math.sqrt(2)
    found = float(np.sum(apart**2 / (total[filled] / total.sum()))) / free / pairs
    chance = float(np.mean(1 / rows[1:] + 1 / rows[:-1]))
    if found - chance < _SURE * chance * math.sqrt(3 / (free * pairs)):
        return 0.0
    return min(1.0, (found - chance) / 2)
