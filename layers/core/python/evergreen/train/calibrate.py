"""Calibrate probabilities where that lowers the log loss by more than noise."""

from collections.abc import Callable
from functools import partial

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen import metrics
from evergreen.contracts.candidate import Bin, CalibrationReport, Method
from evergreen.contracts.model_file import Metric, Problem
from evergreen.estimators.calibration import Calibration, calibrated, fit_calibration
from evergreen.metrics import Floats
from evergreen.train.evidence import SURE, Evidence

_BINS = 10


class Calibrated(Struct, frozen=True, eq=False):
    """``answers`` are calibrated by other parts' rows where ``calibration`` is there."""

    calibration: Calibration | None
    answers: Floats
    report: CalibrationReport


def choose_calibration(
    evidence: Evidence, answers: Floats, problem: Problem, metric: Metric, least: float
) -> Calibrated:
    """The first of the problem's methods that surely lowers the log loss, and a later one where it
    surely lowers it further.

    Args:
        answers: of the members together, to the evidence's rows, shape (m,) or (m, k).
        least: of the members; see :func:`evergreen.estimators.calibration.least_of`.
    """
    taken: Calibrated | None = None
    last: Calibrated | None = None
    for method in _methods(problem, metric):
        before = taken.answers if taken else answers
        last = _tried(evidence, answers, before, partial(fit_calibration, method, least=least))
        taken = last if last.report.taken else taken
    assert last is not None  # noqa: S101  every problem of classes has a method
    return taken or last


def _methods(problem: Problem, metric: Metric) -> tuple[Method, ...]:
    if problem == "binary":
        return ("sigmoid",)
    # Biases move the likeliest class, so they are for models that are judged by probabilities.
    more: tuple[Method, ...] = ("bias-corrected temperature",) if metric == "log_loss" else ()
    return ("temperature", *more)


def _tried(
    evidence: Evidence, answers: Floats, before: Floats, fitting: Callable[..., Calibration]
) -> Calibrated:
    target = evidence.target
    after = np.empty_like(answers)
    for known, unknown in evidence.splits():
        fitted = fitting(target[known], answers[known])
        after[unknown] = calibrated(fitted, answers[unknown])
    sure = evidence.surely("log_loss", target, after, before)
    calibration = fitting(target, answers)
    taken = sure >= SURE
    report = CalibrationReport(
        calibration.method,
        calibration.slope,
        calibration.biases,
        metrics.measure("log_loss", target, answers),
        metrics.measure("log_loss", target, after),
        sure,
        taken,
        reliability(target, answers),
        reliability(target, after),
    )
    return Calibrated(calibration if taken else None, after if taken else answers, report)


def reliability(target: NDArray[np.integer], answers: Floats) -> tuple[Bin, ...]:
    """Up to ten bins of equally many rows in the order of their probability.

    Args:
        answers: of the positive class, shape (m,), or of all classes, shape (m, k), of which the
            likeliest counts.
    """
    if answers.ndim == 1:
        probability, so = answers, target == 1
    else:
        probability, so = answers.max(axis=1), answers.argmax(axis=1) == target
    order = np.argsort(probability, kind="stable")
    parts = [part for part in np.array_split(order, _BINS) if len(part)]
    return tuple(
        Bin(len(part), float(probability[part].mean()), float(so[part].mean())) for part in parts
    )
