"""How far are two distributions apart, whatever chance explains? From counts over the same bins."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def shares(counts: Floats) -> Floats:
    """Counts by their sum, or all zero."""
    rows = counts.sum()
    return counts / rows if rows else np.zeros(len(counts))


def scaled(counts: NDArray[np.number], added: float) -> Floats:
    """As many rows as they are worth, where ``added`` is added to one over their number."""
    rows = float(counts.sum())
    found: Floats = counts.astype(np.float64) / (1 + rows * added)
    return found


def jensen_shannon(before: Floats, now: Floats) -> float:
    """The Jensen-Shannon distance in base 2: 0 for equal shares, 1 where no bin is shared.

    The root of the divergence of Lin (1991), which makes it a metric (Endres and Schindelin 2003).
    """
    p, q = shares(before), shares(now)
    middle = (p + q) / 2
    terms = (_relative(p, middle), _relative(q, middle))
    return float(np.sqrt(max(0.0, sum(terms) / 2)))


def _relative(p: Floats, middle: Floats) -> float:
    there = p > 0
    return float(np.sum(p[there] * np.log2(p[there] / middle[there])))


def kolmogorov_smirnov(before: Floats, now: Floats) -> float:
    """The largest distance of the two distribution functions at the bins' edges.

    Between two edges they may be further apart than at either, by at most the larger share that
    falls between them; so it is at most that much below the distance of the values themselves.
    """
    return float(np.abs(np.cumsum(shares(before)) - np.cumsum(shares(now))).max(initial=0.0))
