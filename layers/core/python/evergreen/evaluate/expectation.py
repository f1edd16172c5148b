"""What the candidate is expected to do when it serves, as far as the hold-out tells."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen import cbpe
from evergreen.block_bootstrap import blocks, bounds, grouped
from evergreen.bootstrap import clusters_of
from evergreen.contracts.expectation import Expectation, Knots
from evergreen.contracts.model_file import Metric, ModelFile
from evergreen.contracts.profile import ColumnProfile
from evergreen.contracts.signature import Signature
from evergreen.distribution import category_profile, number_profile
from evergreen.evaluate.knots import calibration
from evergreen.evaluate.loss_model import loss_model
from evergreen.frame import Frame
from evergreen.metrics import Floats, measure
from evergreen.skill import naive


def expectation(
    file: ModelFile, signature: Signature, rows: Frame, answers: Floats, threshold: float
) -> Expectation:
    """Performance, distributions, and what performance is estimated with before outcomes arrive.

    Args:
        rows: the hold-out, which nothing was fitted on.
        answers: of the graph, shape (n,), of several classes (n, k).
        threshold: from which on a binary model answers the positive class.
    """
    metric, truth = file.metric, rows.target
    low, high = bounds(metric, truth, answers, _blocks(file, rows))
    classes = signature.classes
    knots = calibration(truth, answers) if classes else ()
    return Expectation(
        metric=metric,
        value=measure(metric, truth, answers),
        low=low,
        high=high,
        rows=len(rows),
        naive=naive(metric, truth, len(classes)),
        answers=_distribution(answers if answers.ndim == 1 else answers.argmax(axis=1), classes),
        outcomes=_distribution(truth, classes),
        calibration=knots,
        estimated=_estimated(metric, knots, answers) if knots else None,
        losses=None if classes else loss_model(file, signature, rows, answers),
        threshold=threshold,
    )


def _estimated(metric: Metric, knots: tuple[Knots, ...], answers: Floats) -> float | None:
    """None where nothing or all is sure to be positive."""
    found = cbpe.expected(metric, answers, cbpe.chances(knots, answers))
    return found if np.isfinite(found) else None


def _blocks(file: ModelFile, rows: Frame) -> list[NDArray[np.intp]]:
    """As what is realised later is resampled by."""
    groups = [grouped(clusters_of(rows, file.group))] if file.group else []
    return [blocks(rows.time), *groups]


def _distribution(values: NDArray[Any], classes: tuple[str, ...]) -> ColumnProfile:
    """Of labels, given by their places, or of numbers."""
    if classes and values.dtype.kind != "f":
        return category_profile(np.array(classes, dtype=np.str_)[values], classes)
    return number_profile(values.astype(np.float32))
