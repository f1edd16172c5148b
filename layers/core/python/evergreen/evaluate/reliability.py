"""Whether what is answered with a probability comes true as often.

Bins hold equally many rows, not equally wide ranges: the error that they estimate then depends
least on how probabilities are spread (Nguyen and O'Connor 2015).
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.run_report import Interval, Reliability, ReliabilityBin
from evergreen.metrics import Floats, brier

_BINS = 10
_Z = 1.6448536269514722
"""Of the middle 90 % of a normal distribution."""


def reliability(truth: NDArray[Any], answered: Floats) -> Reliability:
    """Of the positive class, or, of several, of the likeliest one (Guo et al. 2017).

    Args:
        truth: shape (n,); 1 for the positive class or the class's place.
        answered: probabilities of shape (n,), of several classes (n, k). Their Brier score is the
            sum over the classes (Brier 1950).
    """
    if answered.ndim == 1:
        return _reliability(truth == 1, answered, brier(truth, answered))
    hit = answered.argmax(axis=1) == truth
    outcome = truth[:, None] == np.arange(answered.shape[1])
    score = float(np.mean(np.sum((answered - outcome) ** 2, axis=1)))
    return _reliability(hit, answered.max(axis=1), score)


def wilson(hits: int, rows: int) -> Interval:
    """The 90 % interval of a share (Wilson 1927)."""
    share, correction = hits / rows, _Z**2 / rows
    middle = (share + correction / 2) / (1 + correction)
    half = math.sqrt(share * (1 - share) * correction + correction**2 / 4) / (1 + correction)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _reliability(came: NDArray[np.bool_], answered: Floats, score: float) -> Reliability:
    order = np.argsort(answered, kind="stable")
    cuts = _cuts(answered[order])
    bins = [_bin(came[part], answered[part]) for part in np.split(order, cuts)]
    error = sum(each.rows * abs(each.answered - each.observed) for each in bins) / len(came)
    return Reliability(tuple(bins), float(error), score)


def _cuts(ordered: Floats) -> list[int]:
    """Where bins begin: equal answers are never in two."""
    wanted = ordered[[len(ordered) * i // _BINS for i in range(1, _BINS)]]
    places = np.unique(np.searchsorted(ordered, wanted, side="left"))
    return [int(place) for place in places if place > 0]


def _bin(came: NDArray[np.bool_], answered: Floats) -> ReliabilityBin:
    hits, rows = int(came.sum()), len(came)
    return ReliabilityBin(rows, float(answered.mean()), hits / rows, wilson(hits, rows))
