"""Metrics of a binary model, for many weightings of the same rows at once.

Weights are how often a row was drawn, so a bootstrap of B resamples is one (B, n) matrix and no
loop, and unit weights give the metric itself. Ties are exact: rows of equal probability are one
step of the curve. numpy alone, so that every layer can measure alike; a weighting without
positives or without negatives has no metric and yields NaN.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.model_file import Metric

Floats = NDArray[np.float64]
_SMALLEST = float(np.finfo(np.float64).eps)


def measure(metric: Metric, target: NDArray[np.int8], probability: Floats) -> float:
    """The metric on n rows, each counted once."""
    return float(measure_weighted(metric, target, probability, np.ones((1, len(target))))[0])


def measure_weighted(
    metric: Metric, target: NDArray[np.int8], probability: Floats, weights: Floats
) -> Floats:
    """The metric for each weighting.

    Args:
        target: int8 of shape (n,), 1 for the positive class.
        probability: float64 of shape (n,).
        weights: shape (B, n), not negative.

    Returns:
        float64 of shape (B,).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        values = _METRICS[metric](target == 1, probability, weights)
    positives = weights @ target
    one_class = (positives == 0) | (positives == weights.sum(axis=1))
    return np.where(one_class, np.nan, values)


def ahead(metric: Metric, one: Floats, other: Floats) -> Floats:
    """By how much ``one`` is better than ``other``, element by element."""
    return other - one if metric == "log_loss" else one - other


def loss(metric: Metric, value: float) -> float:
    """The metric turned so that less is better: 1 - value for areas, log loss as it is."""
    return value if metric == "log_loss" else 1.0 - value


def from_loss(metric: Metric, value: float) -> float:
    """The metric that has this :func:`loss`."""
    return loss(metric, value)


def brier(target: NDArray[np.int8], probability: Floats) -> float:
    """Mean squared difference between probability and outcome (Brier 1950)."""
    return float(np.mean((probability - target) ** 2))


def _roc_auc(positive: NDArray[np.bool_], probability: Floats, weights: Floats) -> Floats:
    """Share of (positive, negative) pairs in the right order, ties half (Mann-Whitney U)."""
    hits, misses = _steps(positive, probability, weights)
    higher = np.cumsum(hits, axis=1) - hits
    pairs = (misses * (higher + hits / 2)).sum(axis=1)
    area: Floats = pairs / (hits.sum(axis=1) * misses.sum(axis=1))
    return area


def _average_precision(positive: NDArray[np.bool_], probability: Floats, weights: Floats) -> Floats:
    """Precision at each distinct probability, weighted by the recall it adds."""
    hits, misses = _steps(positive, probability, weights)
    found = np.cumsum(hits, axis=1)
    precision = found / np.maximum(found + np.cumsum(misses, axis=1), _SMALLEST)
    average: Floats = (hits * precision).sum(axis=1) / hits.sum(axis=1)
    return average


def _log_loss(positive: NDArray[np.bool_], probability: Floats, weights: Floats) -> Floats:
    """Mean negative log-likelihood in nats, probabilities kept an epsilon away from 0 and 1."""
    inside = np.clip(probability, _SMALLEST, 1 - _SMALLEST)
    each = -np.log(np.where(positive, inside, 1 - inside))
    mean: Floats = (weights @ each) / weights.sum(axis=1)
    return mean


def _steps(
    positive: NDArray[np.bool_], probability: Floats, weights: Floats
) -> tuple[Floats, Floats]:
    """Weight of positives and of negatives at each distinct probability, highest first: (B, k)."""
    order = np.argsort(-probability, kind="stable")
    ordered = probability[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    sorted_weights = weights[:, order]
    hits = np.add.reduceat(sorted_weights * positive[order], starts, axis=1)
    return hits, np.add.reduceat(sorted_weights, starts, axis=1) - hits


_METRICS: dict[Metric, Callable[[NDArray[np.bool_], Floats, Floats], Floats]] = {
    "roc_auc": _roc_auc,
    "average_precision": _average_precision,
    "log_loss": _log_loss,
}
