"""Calibration that a graph repeats exactly: log-probabilities scaled, moved and normalised.

``softmax(slope * log(p) + biases)`` is, of two classes, Platt's sigmoid on the log-odds (Platt
1999); of several, temperature scaling (Guo et al. 2017) or, with biases, bias-corrected temperature
scaling (Alexandari et al. 2020).
"""

import copy
from typing import TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression

from evergreen.contracts.candidate import Method
from evergreen.estimators.pipeline import Fitted, pipeline_of

Floats: TypeAlias = NDArray[np.float64]

_LEAST_OF_TWO, _LEAST_OF_MORE, _LEAST_OF_LINEAR = 1e-4, 1e-6, 1e-12

_SLOPES = (0.05, 10.0)
_BIASES = (-10.0, 10.0)


class Calibration(Struct, frozen=True):
    """``slope`` is 1 / temperature; ``biases`` has one element per class, the first 0. ``least`` is
    what a probability of 0 becomes before its logarithm is taken; those between are moved evenly
    towards it, so that their order stays."""

    method: Method
    slope: float
    biases: tuple[float, ...]
    least: float = _LEAST_OF_TWO


def least_of(members: tuple[Fitted, ...], classes: int) -> float:
    """The ``least`` that a graph of the members can calibrate with exactly.

    A graph has probabilities next to 1, and 1 minus them, in multiples of 6e-8 only; nearer to 0
    the log-odds of a binary model would not be known to four digits. A linear model alone is
    calibrated in its coefficients and knows them all.
    """
    if len(members) == 1 and _is_logistic(members[0]):
        return _LEAST_OF_LINEAR
    return _LEAST_OF_TWO if classes == 2 else _LEAST_OF_MORE


def calibrated(calibration: Calibration, answers: Floats) -> Floats:
    """Calibrated probabilities of the same shape as ``answers``: (n,) of the positive class, or
    (n, k)."""
    every: Floats = softmax(
        calibration.slope * _logs(answers, calibration.least) + np.array(calibration.biases), axis=1
    )
    return every[:, 1] if answers.ndim == 1 else every


def fit_calibration(
    method: Method, target: NDArray[np.integer], answers: Floats, least: float = _LEAST_OF_TWO
) -> Calibration:
    """The calibration of least log loss.

    Args:
        target: class codes, shape (n,).
        answers: to rows that the model was not fitted on, shape (n,) or (n, k).
    """
    logs, here = _logs(answers, least), np.arange(len(target))
    free = 0 if method == "temperature" else logs.shape[1] - 1
    truth = np.zeros_like(logs)
    truth[here, target] = 1

    def loss(given: Floats) -> tuple[float, Floats]:
        scaled = log_softmax(given[0] * logs + np.r_[0.0, given[1:], _padding(logs, free)], axis=1)
        excess = np.exp(scaled) - truth
        slope = np.sum(excess * logs) / len(target)
        biases = excess.mean(axis=0)[1 : 1 + free]
        return -float(scaled[here, target].mean()), np.r_[slope, biases]

    start = np.r_[1.0, np.zeros(free)]
    bounds = [_SLOPES, *[_BIASES] * free]
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x
    biases = (0.0, *found[1:].tolist(), *_padding(logs, free).tolist())
    return Calibration(method, float(found[0]), biases, least)


def folded(calibration: Calibration, fitted: Fitted) -> Fitted | None:
    """A logistic regression that answers what this one answers after calibration, so that it stays
    linear; None where the pipeline ends in something else."""
    if not _is_logistic(fitted):
        return None
    made = copy.deepcopy(fitted)
    model = pipeline_of(made).named_steps["model"]
    biases = np.array(calibration.biases, dtype=model.intercept_.dtype)
    if len(model.intercept_) == 1:
        biases = biases[1:]
    model.coef_ = model.coef_ * model.coef_.dtype.type(calibration.slope)
    model.intercept_ = model.intercept_ * biases.dtype.type(calibration.slope) + biases
    return made


def _padding(logs: Floats, free: int) -> Floats:
    """Biases that are not fitted."""
    return np.zeros(logs.shape[1] - 1 - free)


def _is_logistic(fitted: Fitted) -> bool:
    return isinstance(pipeline_of(fitted).named_steps["model"], LogisticRegression)


def _logs(answers: Floats, least: float) -> Floats:
    every = np.stack([1 - answers, answers], axis=1) if answers.ndim == 1 else answers
    logs: Floats = np.log(every * (1 - every.shape[1] * least) + least)
    return logs
