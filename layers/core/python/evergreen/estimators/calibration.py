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

_SMALLEST_OF_TWO, _SMALLEST_OF_MORE = 1e-4, 1e-6

_SLOPES = (0.05, 10.0)
_BIASES = (-10.0, 10.0)


class Calibration(Struct, frozen=True):
    """``slope`` is 1 / temperature; ``biases`` has one element per class, the first 0."""

    method: Method
    slope: float
    biases: tuple[float, ...]


def smallest(classes: int) -> float:
    """What a probability of 0 becomes before its logarithm is taken; those between are moved
    evenly towards it, so that their order stays.

    A graph has probabilities next to 1, and 1 minus them, in multiples of 6e-8 only; nearer to 0
    the log-odds of a binary model would not be known to four digits.
    """
    return _SMALLEST_OF_TWO if classes == 2 else _SMALLEST_OF_MORE


def calibrated(calibration: Calibration, answers: Floats) -> Floats:
    """Calibrated probabilities of the same shape as ``answers``: (n,) of the positive class, or
    (n, k)."""
    every: Floats = softmax(
        calibration.slope * _logs(answers) + np.array(calibration.biases), axis=1
    )
    return every[:, 1] if answers.ndim == 1 else every


def fit_calibration(method: Method, target: NDArray[np.integer], answers: Floats) -> Calibration:
    """The calibration of least log loss.

    Args:
        target: class codes, shape (n,).
        answers: to rows that the model was not fitted on, shape (n,) or (n, k).
    """
    logs, here = _logs(answers), np.arange(len(target))
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
    return Calibration(method, float(found[0]), biases)


def folded(calibration: Calibration, fitted: Fitted) -> Fitted | None:
    """A logistic regression that answers what this one answers after calibration, so that it stays
    linear; None where the pipeline ends in something else."""
    steps = getattr(pipeline_of(fitted), "named_steps", {})
    if not isinstance(steps.get("model"), LogisticRegression):
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


def _logs(answers: Floats) -> Floats:
    every = np.stack([1 - answers, answers], axis=1) if answers.ndim == 1 else answers
    classes = every.shape[1]
    least = smallest(classes)
    logs: Floats = np.log(every * (1 - classes * least) + least)
    return logs
