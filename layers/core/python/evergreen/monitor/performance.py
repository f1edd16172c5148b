"""The metrics of a binary model, on numpy alone."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Truth = NDArray[np.bool_]
Probability = NDArray[np.float64]


def roc_auc(truth: Truth, probability: Probability) -> float:
    """Area under the ROC curve by ranks, ties at their mean rank (Mann and Whitney, 1947); NaN
    without both classes."""
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return math.nan
    _, place, tied = np.unique(probability, return_inverse=True, return_counts=True)
    rank = (np.cumsum(tied) - (tied - 1) / 2)[place]
    return float((rank[truth].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def average_precision(truth: Truth, probability: Probability) -> float:
    """Sum over thresholds of (recall gained) x precision; NaN without a positive."""
    positives = int(truth.sum())
    if not positives:
        return math.nan
    order = np.argsort(-probability, kind="stable")
    last_of_tie = np.append(np.diff(probability[order]) != 0, True)
    hits = np.cumsum(truth[order])[last_of_tie]
    precision = hits / (np.flatnonzero(last_of_tie) + 1)
    return float(np.sum(np.diff(hits, prepend=0) * precision) / positives)


def log_loss(truth: Truth, probability: Probability) -> float:
    """Mean negative log-likelihood; probabilities are kept a rounding error from 0 and 1."""
    if not len(truth):
        return math.nan
    tiny = np.finfo(np.float64).eps
    p = np.clip(probability, tiny, 1 - tiny)
    return float(-np.mean(np.where(truth, np.log(p), np.log1p(-p))))


METRICS: dict[str, Callable[[Truth, Probability], float]] = {
    "roc_auc": roc_auc,
    "average_precision": average_precision,
    "log_loss": log_loss,
}
"""By the name that the model file uses."""
