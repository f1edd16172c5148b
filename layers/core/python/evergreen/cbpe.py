"""What a metric of classes will be, from the probabilities alone: confidence-based performance
estimation (NannyML's CBPE; https://nannyml.readthedocs.io, "How it works: CBPE").

A row that was answered with a calibrated probability c turns out positive in c of all cases. So
the metric is taken of each row as every class, weighted by how likely it is. It holds as long as
equal rows turn out as they did at training: it sees rows of other kinds, not another world.
"""

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.expectation import Knots
from evergreen.contracts.model_file import Metric
from evergreen.metrics import Floats, measure_weighted

_SMALLEST = float(np.finfo(np.float64).eps)


def chances(calibration: tuple[Knots, ...], answers: Floats) -> Floats:
    """How likely each row is positive, shape (n,), or each class, (n, k).

    Beyond its outer corners a curve goes on level. Of several classes each was calibrated against
    the rest, so that they are brought back to a sum of one.

    Args:
        answers: probabilities, shape (n,) or (n, k) in the order of ``calibration``.
    """
    if answers.ndim == 1:
        (knots,) = calibration
        return np.asarray(np.interp(answers, knots.answered, knots.true), dtype=np.float64)
    each = [
        np.interp(column, knots.answered, knots.true)
        for column, knots in zip(answers.T, calibration, strict=True)
    ]
    stacked = np.stack(each, axis=1)
    total = stacked.sum(axis=1, keepdims=True)
    return np.where(total > 0, stacked / np.where(total > 0, total, 1.0), answers)


def expected(metric: Metric, answers: Floats, chance: Floats, share: float | None = None) -> float:
    """The metric to expect; NaN where nothing or all is sure to be positive.

    Args:
        answers: probabilities as they were answered, shape (n,) or (n, k).
        chance: of the same shape, as :func:`chances` gives them.
        share: of positives that the rows are weighted to; without it as they are.
    """
    if answers.ndim > 1:
        return _of_classes(metric, answers, chance)
    positive, negative = chance, 1 - chance
    if share is not None:
        positive = positive * share / max(chance.mean(), _SMALLEST)
        negative = negative * (1 - share) / max(1 - chance.mean(), _SMALLEST)
    target = np.repeat([1, 0], len(answers))
    weights = np.concatenate([positive, negative])[np.newaxis]
    return float(measure_weighted(metric, target, np.tile(answers, 2), weights)[0])


def _of_classes(metric: Metric, answers: Floats, chance: Floats) -> float:
    if metric == "log_loss":
        kept = np.clip(answers, _SMALLEST, 1 - _SMALLEST)
        return float(-np.mean(np.sum(chance * np.log(kept), axis=1)))
    likeliest = answers.argmax(axis=1)
    right = chance[np.arange(len(answers)), likeliest]
    if metric == "accuracy":
        return float(right.mean())
    return _macro_f1(likeliest, right, chance)


def _macro_f1(likeliest: NDArray[np.intp], right: Floats, chance: Floats) -> float:
    classes = chance.shape[1]
    hits = np.bincount(likeliest, right, classes)
    sides = np.bincount(likeliest, minlength=classes) + chance.sum(axis=0)
    there = sides > 0
    return float(np.mean(2 * hits[there] / sides[there]))
