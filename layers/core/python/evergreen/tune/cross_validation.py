"""Fit a configuration on every fold and measure it on the rows that the fold left out."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from evergreen import metrics
from evergreen.contracts.model_file import Metric
from evergreen.contracts.signature import Signature
from evergreen.contracts.stages import Configuration
from evergreen.errors import InvalidTable
from evergreen.estimators.onward import Asked
from evergreen.estimators.pipeline import Fitted
from evergreen.estimators.steps import fit_in_steps, with_steps
from evergreen.frame import Frame
from evergreen.metrics import Floats
from evergreen.tune.folds import Fold, Rows

_WORSE_AT_LEAST = 3
"""Looks without an improvement, before a fit in steps ends,"""
_STEPS_MORE = 1.25
"""and by so many times the steps of the last that was worth it."""
_WORTH = 1e-3
"""An improvement, as a share of the loss, that is worth further steps."""


class Measured(Struct, frozen=True, eq=False):
    """What a configuration scores, where it learns in steps at the number that scores best.

    Attributes:
        configuration: with its number of steps.
        loss: the mean of ``fold_losses`` weighted by rows; where a fold has no such metric (it
            holds one class), that of all answers together.
        fold_losses: of the folds that have one.
        answers: to the rows that each fold left out, shape (m,) or (m, k), fold after fold.
        predict_seconds: for 1,000 rows.
        cut: whether time was over while further steps still helped.
    """

    configuration: Configuration
    loss: float
    fold_losses: tuple[float, ...]
    answers: Floats
    predict_seconds: float
    cut: bool = False


class _Looks:
    """When further steps no longer help."""

    def __init__(self) -> None:
        self._loss, self._steps, self._worse = math.inf, 0, 0

    @property
    def helping(self) -> bool:
        """Whether the last steps did."""
        return self._worse == 0

    def enough(self, steps: int, loss: float) -> bool:
        """Whether the loss after so many steps, and those before it, say so."""
        if self._loss == math.inf or loss < self._loss - abs(self._loss) * _WORTH:
            self._loss, self._steps, self._worse = loss, steps, 0
            return False
        self._worse += 1
        return self._worse >= _WORSE_AT_LEAST and steps > self._steps * _STEPS_MORE


def cross_validate(
    signature: Signature,
    configuration: Configuration,
    rows: Frame,
    folds: list[Fold],
    metric: Metric,
    expired: Callable[[], bool] = lambda: False,
) -> Measured:
    """All folds take their steps together, and end when their mean loss no longer falls by what is
    worth it.

    Args:
        expired: asked after each step; then no further ones are taken.

    Raises:
        InvalidTable: the rows to fit on lack a class, or those measured have no such metric.
    """
    parts = [part(rows, fold.measured) for fold in folds]
    fits = [fit_in_steps(signature, configuration, part(rows, fold.fit)) for fold in folds]
    measured = [Asked(signature, each) for each in parts]
    best, looks = None, _Looks()
    for each in zip(*fits, strict=True):
        steps, fitted = each[0][0], [fit for _, fit in each]
        found = _measure(with_steps(configuration, steps), signature, fitted, measured, metric)
        if best is None or found.loss < best.loss:
            best = found
        if looks.enough(steps, found.loss):
            break
        if expired():
            best = replace(best, cut=steps > 0 and looks.helping)
            break
    if best is None:
        raise InvalidTable("The configuration was fitted in no step; give it one at least.")
    return best


def part(rows: Frame, places: Rows) -> Frame:
    """Rows by their ascending places; not copied where they follow one another."""
    if len(places) and places[-1] - places[0] + 1 == len(places):
        return rows.take(slice(int(places[0]), int(places[-1]) + 1))
    return rows.take(places)


def _measure(
    configuration: Configuration,
    signature: Signature,
    fitted: list[Fitted],
    measured: list[Asked],
    metric: Metric,
) -> Measured:
    answered = [each.answers(fit) for fit, each in zip(fitted, measured, strict=True)]
    seconds = sum(each.seconds for each in measured)
    parts = [each.rows for each in measured]
    losses = np.array(
        [
            metrics.loss(metric, metrics.measure(metric, each.target, answer))
            for each, answer in zip(parts, answered, strict=True)
        ]
    )
    sizes = np.array([len(each) for each in parts])
    together = np.concatenate(answered)
    there = np.isfinite(losses)
    if np.all(there):
        loss = float(np.average(losses, weights=sizes))
    else:
        target = np.concatenate([each.target for each in parts])
        loss = _pooled(signature, metric, target, together)
    return Measured(
        configuration,
        loss,
        tuple(losses[there].tolist()),
        together,
        seconds / int(sizes.sum()) * 1000,
    )


def _pooled(signature: Signature, metric: Metric, target: NDArray[Any], answered: Floats) -> float:
    loss = metrics.loss(metric, metrics.measure(metric, target, answered))
    if math.isfinite(loss):
        return loss
    if not np.all(np.isfinite(answered)):
        raise InvalidTable("What was fitted answers rows with no number.")
    what = "only one class" if signature.classes else "only one value"
    raise InvalidTable(
        f"The {len(target):,} rows that the folds measure have no {metric}, because they hold"
        f" {what} of '{signature.target}'; add rows, or change the split."
    )
