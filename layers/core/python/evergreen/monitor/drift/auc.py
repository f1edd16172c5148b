"""The area under the ROC curve of weighted rows, its interval and its significance."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Auc(Struct, frozen=True):
    """``variance`` is as the rows say (DeLong, DeLong and Clarke-Pearson 1988), ``by_chance`` where
    both sides are of one distribution (Mann and Whitney 1947, ties counted)."""

    value: float
    variance: float
    by_chance: float


def auc(before: Floats, weights: Floats, now: Floats) -> Auc:
    """P(a row of ``now`` scores above one of ``before``), ties half.

    Args:
        weights: of the rows of ``before``, each >= 0 and some above.
    """
    share = weights / weights.sum()
    above = _above(before, share, now)
    beneath = 1 - _above(now, np.full(len(now), 1 / len(now)), before)
    value = float(above.mean())
    spread = float(np.mean((above - value) ** 2)) / max(len(now) - 1, 1)
    spread += float(np.sum(share**2 * (beneath - value) ** 2))
    rows = 1 / float(np.sum(share**2))
    ties = _tied(np.concatenate([before, now]))
    chance = (1 / rows + 1 / len(now) + 1 / (rows * len(now))) / 12 * (1 - ties)
    return Auc(value, spread, chance)


def _above(of: Floats, share: Floats, by: Floats) -> Floats:
    """For each of ``by`` the weighted share of ``of`` below it, ties half."""
    order = np.argsort(of)
    ordered = of[order]
    total = np.concatenate([[0.0], np.cumsum(share[order])])
    ends = (np.searchsorted(ordered, by, side=side) for side in ("left", "right"))
    low, high = (total[end] for end in ends)
    halves: Floats = (low + high) / 2
    return halves


def _tied(scores: Floats) -> float:
    rows = float(len(scores))
    _, times = np.unique(scores, return_counts=True)
    return float(np.sum(times.astype(np.float64) ** 3 - times)) / (rows**3 - rows)
