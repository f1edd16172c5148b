"""The metric on rows whose outcome has arrived."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.block_bootstrap import RESAMPLES, blocks, bounds, grouped
from evergreen.contracts.drift import Measured
from evergreen.contracts.model_file import Metric
from evergreen.metrics import Floats, measure_weighted
from evergreen.monitor.performance.rows import Judged

LEAST = 30
"""Fewer rows say nothing."""


def realised(
    metric: Metric, judged: Judged, weights: Floats | None = None, resamples: int = RESAMPLES
) -> Measured | None:
    """The metric with its middle 90 % over resampled days, or groups where that is wider; None of
    fewer than 30 rows, or of outcomes that are all the same.

    Args:
        weights: of the rows, without them equal.
    """
    rows, truth = judged.rows, judged.truth
    if len(rows) < LEAST or truth.min() == truth.max():
        return None
    unit = np.ones(len(rows)) if weights is None else weights
    value = float(measure_weighted(metric, truth, rows.answers, unit[np.newaxis])[0])
    by = [blocks(rows.times), *([grouped(rows.clusters)] if len(rows.clusters) else [])]
    low, high = bounds(metric, truth, rows.answers, by, weights, resamples)
    if not math.isfinite(value) or not math.isfinite(low):
        return None
    return Measured(value, low, high, len(rows))


def to_share(truth: NDArray[Any], share: float) -> Floats:
    """Weights under which so many of the rows are positive, shape (n,)."""
    positive = truth == 1
    there = float(positive.mean())
    return np.where(positive, share / there, (1 - share) / (1 - there))
