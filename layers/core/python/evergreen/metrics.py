"""Metrics of every problem, for many weightings of the same rows at once.

Weights are how often a row was drawn, so a bootstrap of B resamples is one (B, n) matrix and no
loop, and unit weights give the metric itself. Ties are exact: rows of equal probability are one
step of the curve. numpy alone, so that every layer can measure alike. A weighting has no metric,
and yields NaN, where a binary target holds one class, or where r2's target does not vary.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.model_file import LESS_IS_BETTER, QUANTILES, Metric

Floats = NDArray[np.float64]
Target = NDArray[Any]
_SMALLEST = float(np.finfo(np.float64).eps)
NO_SPREAD = 1e-12
"""Of the squares; what is left by rounding is no spread."""


def measure(metric: Metric, target: Target, answers: Floats) -> float:
    """The metric on n rows, each counted once."""
    return float(measure_weighted(metric, target, answers, np.ones((1, len(target))))[0])


def measure_weighted(metric: Metric, target: Target, answers: Floats, weights: Floats) -> Floats:
    """The metric for each weighting.

    Args:
        target: shape (n,), as :class:`evergreen.frame.Frame` holds it.
        answers: float64; the positive class's probability or a number, shape (n,), or the
            probabilities of several classes, shape (n, k).
        weights: shape (B, n), not negative.

    Returns:
        float64 of shape (B,).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return _METRICS[metric](target, answers, weights)


def of_rows(metric: Metric, target: Target, answers: Floats) -> Floats:
    """What the metric is the mean of, row by row, shape (n,): of ``rmse`` (the root of it) and
    ``r2`` the squared error. Metrics of curves and ``macro_f1`` have no such thing.

    Args:
        target: as :func:`measure_weighted` takes it, like ``answers``.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return _OF_ROWS[metric](target, answers)


def ahead(metric: Metric, one: Floats, other: Floats) -> Floats:
    """By how much ``one`` is better than ``other``, element by element."""
    return other - one if metric in LESS_IS_BETTER else one - other


def loss(metric: Metric, value: float) -> float:
    """The metric turned so that less is better: as it is where it is so, else 1 - value."""
    return value if metric in LESS_IS_BETTER else 1.0 - value


def from_loss(metric: Metric, value: float) -> float:
    """The metric that has this :func:`loss`."""
    return loss(metric, value)


def brier(target: Target, probability: Floats) -> float:
    """Mean squared difference between probability and outcome (Brier 1950)."""
    return float(np.mean((probability - target) ** 2))


def _of_two_classes(target: Target, weights: Floats, values: Floats) -> Floats:
    positives = weights @ (target == 1)
    one_class = (positives == 0) | (positives == weights.sum(axis=1))
    return np.where(one_class, np.nan, values)


def _roc_auc(target: Target, probability: Floats, weights: Floats) -> Floats:
    """Share of (positive, negative) pairs in the right order, ties half (Mann-Whitney U)."""
    hits, misses = _steps(target, probability, weights)
    higher = np.cumsum(hits, axis=1) - hits
    pairs = (misses * (higher + hits / 2)).sum(axis=1)
    return _of_two_classes(target, weights, pairs / (hits.sum(axis=1) * misses.sum(axis=1)))


def _average_precision(target: Target, probability: Floats, weights: Floats) -> Floats:
    """Precision at each distinct probability, weighted by the recall it adds."""
    hits, misses = _steps(target, probability, weights)
    found = np.cumsum(hits, axis=1)
    precision = found / np.maximum(found + np.cumsum(misses, axis=1), _SMALLEST)
    average = (hits * precision).sum(axis=1) / hits.sum(axis=1)
    return _of_two_classes(target, weights, average)


def _log_loss(target: Target, answers: Floats, weights: Floats) -> Floats:
    """Mean of :func:`_surprise`; of two classes none where a resample holds one."""
    mean = _mean(_surprise(target, answers), weights)
    return _of_two_classes(target, weights, mean) if answers.ndim == 1 else mean


def _surprise(target: Target, answers: Floats) -> Floats:
    """Negative log-likelihood in nats, probabilities kept an epsilon away from 0 and 1."""
    given: Floats
    if answers.ndim == 1:
        given = np.where(target == 1, answers, 1 - answers)
    else:
        given = answers[np.arange(len(target)), target]
    surprise: Floats = -np.log(np.clip(given, _SMALLEST, 1 - _SMALLEST))
    return surprise


def _hit(target: Target, answers: Floats) -> Floats:
    """1 where the likeliest class is the row's (their mean is the accuracy)."""
    hit: Floats = (answers.argmax(axis=1) == target).astype(np.float64)
    return hit


def _macro_f1(target: Target, answers: Floats, weights: Floats) -> Floats:
    """Mean over the classes that were there or were answered of 2 TP / (2 TP + FP + FN)."""
    classes = np.arange(answers.shape[1])
    answered = (answers.argmax(axis=1)[:, None] == classes).astype(np.float64)
    there = (target[:, None] == classes).astype(np.float64)
    sides = weights @ answered + weights @ there
    return np.nanmean(2 * (weights @ (answered * there)) / sides, axis=1)  # type: ignore[no-any-return]


def _squared(target: Target, answers: Floats) -> Floats:
    """Squared error; the root of its mean is in the target's unit."""
    return np.asarray((answers - target) ** 2, dtype=np.float64)


def _absolute(target: Target, answers: Floats) -> Floats:
    """Absolute error, in the target's unit."""
    return np.abs(answers - target)


def _r2(target: Target, answers: Floats, weights: Floats) -> Floats:
    """1 - squared error / squared distance from the mean (coefficient of determination)."""
    centred = target - target.mean()
    squares = weights @ centred**2
    spread = squares - (weights @ centred) ** 2 / weights.sum(axis=1)
    share = 1 - (weights @ _squared(target, answers)) / spread
    return np.where(spread <= NO_SPREAD * squares, np.nan, share)


def _deviance(target: Target, answers: Floats) -> Floats:
    """2 (y log(y / m) - y + m) for answers m, kept above zero (McCullagh and Nelder 1989); the
    constant of least deviance is the mean. A negative target has none."""
    kept = np.maximum(answers, _SMALLEST)
    counted = np.where(target == 0, 0.0, target * np.log(target / kept))
    return np.asarray(2 * (counted - target + kept), dtype=np.float64)


def _pinball(quantile: float, target: Target, answers: Floats) -> Floats:
    """What a miss costs: the quantile for each unit too low, one minus it for each unit too high
    (Koenker and Bassett 1978), in the target's unit; the constant of least loss is the target's
    quantile."""
    short = target - answers
    return np.asarray(np.maximum(quantile * short, (quantile - 1) * short), dtype=np.float64)


def _mean(each: Floats, weights: Floats) -> Floats:
    mean: Floats = (weights @ each) / weights.sum(axis=1)
    return mean


def _steps(target: Target, probability: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weight of positives and of negatives at each distinct probability, highest first: (B, k)."""
    order = np.argsort(-probability, kind="stable")
    ordered = probability[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    sorted_weights = weights[:, order]
    hits = np.add.reduceat(sorted_weights * (target[order] == 1), starts, axis=1)
    return hits, np.add.reduceat(sorted_weights, starts, axis=1) - hits


_OF_ROWS: dict[Metric, Callable[[Target, Floats], Floats]] = {
    "log_loss": _surprise,
    "accuracy": _hit,
    "rmse": _squared,
    "mae": _absolute,
    "r2": _squared,
    "poisson_deviance": _deviance,
    **{name: partial(_pinball, quantile) for name, quantile in QUANTILES.items()},
}


def _mean_of(metric: Metric, target: Target, answers: Floats, weights: Floats) -> Floats:
    return _mean(_OF_ROWS[metric](target, answers), weights)


def _rmse(target: Target, answers: Floats, weights: Floats) -> Floats:
    root: Floats = np.sqrt(_mean(_squared(target, answers), weights))
    return root


_METRICS: dict[Metric, Callable[[Target, Floats, Floats], Floats]] = {
    **{metric: partial(_mean_of, metric) for metric in _OF_ROWS},
    "roc_auc": _roc_auc,
    "average_precision": _average_precision,
    "log_loss": _log_loss,
    "macro_f1": _macro_f1,
    "rmse": _rmse,
    "r2": _r2,
}
