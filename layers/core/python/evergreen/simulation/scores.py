"""How good the champions were, step by step."""

import math

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.model_file import LESS_IS_BETTER, Metric
from evergreen.metrics import measure
from evergreen.simulation.history import History
from evergreen.simulation.result import Window
from evergreen.simulation.traffic import Answers

ROWS_AT_LEAST = 30
"""A window of fewer rows says too little to be the worst, or to be measured at all."""


def measured(
    history: History, answers: Answers, rows: NDArray[np.int64], version: int, span: tuple[str, str]
) -> Window:
    """The metric of what a version answered in a step."""
    served = rows[answers.fits[rows]]
    value = None
    if len(served) >= ROWS_AT_LEAST:
        found = measure(history.file.metric, history.rows.target[served], answers.scores[served])
        value = None if math.isnan(found) else found
    since, until = span
    return Window(since, until, version, len(served), len(rows) - len(served), value)


def mean(windows: list[Window]) -> float:
    """The windows' metric, weighed by their rows; NaN without any."""
    told = [(w.value, w.rows) for w in windows if w.value is not None]
    rows = sum(count for _, count in told)
    return sum(value * count for value, count in told) / rows if rows else math.nan


def worst(metric: Metric, windows: list[Window]) -> Window | None:
    """The window with the worst metric, of equals the first."""
    told = [w for w in windows if w.value is not None]
    sign = -1 if metric in LESS_IS_BETTER else 1
    return min(told, key=lambda window: sign * (window.value or 0.0), default=None)
