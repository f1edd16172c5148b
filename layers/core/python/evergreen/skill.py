"""Skill: how far a metric has come from an answer without any to a perfect one.

``skill = (value - naive) / (perfect - naive)``: 1 is perfect, 0 what a constant reaches, below 0 is
worse than that (the skill score of forecast verification, Murphy 1988). The constant is fitted on
the very rows that are measured, so that rows which are harder for everybody (a season of larger
numbers, a month of rarer positives) cost no skill: of ``r2`` the skill is the metric itself, of
``roc_auc`` it is (auc - 0.5) / 0.5, and of a loss 1 - loss / loss of the constant.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.model_file import LESS_IS_BETTER, QUANTILES, Metric
from evergreen.metrics import Floats, measure


def perfect(metric: Metric) -> float:
    """The metric of answers that are all right."""
    return 0.0 if metric in LESS_IS_BETTER else 1.0


def skill(metric: Metric, value: float, naive: float) -> float:
    """How far ``value`` has come; NaN where the constant is perfect already."""
    whole = perfect(metric) - naive
    return (value - naive) / whole if whole else float("nan")


def naive(metric: Metric, truth: NDArray[Any], classes: int = 0) -> float:
    """The metric of the best constant on these rows: their rate, class shares, majority, mean,
    median (``mae``) or quantile (``pinball_..``).

    Args:
        truth: shape (n,), as :class:`evergreen.frame.Frame` holds a target.
        classes: how many there are, 0 of a number.
    """
    return measure(metric, truth, _constant(metric, truth, classes))


def _constant(metric: Metric, truth: NDArray[Any], classes: int) -> Floats:
    # A model of several classes may have learned from a table that held two.
    if classes > 2 or metric in ("accuracy", "macro_f1"):
        shares = np.bincount(truth, minlength=classes) / len(truth)
        return np.broadcast_to(shares, (len(truth), classes))
    if metric == "mae":
        return np.full(len(truth), np.median(truth))
    if metric in QUANTILES:
        return np.full(len(truth), np.quantile(truth, QUANTILES[metric], method="inverted_cdf"))
    return np.full(len(truth), truth.mean())
