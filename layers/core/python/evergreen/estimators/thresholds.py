"""Split thresholds that a graph of 32-bit floats can hold exactly.

A tree splits halfway between 32-bit values, in 64 bits; a converter rounds that to 32. Halfway
between two prices lies a third, but for a rounding error, and a threshold that is rounded up to
it sends it to the other branch (0.06 probability apart, measured). For a 32-bit ``x``, ``x <= t``
says the same as ``x <= floor32(t)``, so rounding all thresholds down before they are converted
changes no prediction and leaves nothing to round.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

_BOOSTED = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
_FORESTS = (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)


def floor32(thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The largest 32-bit values not above ``thresholds``, as float64 of the same shape."""
    with np.errstate(over="ignore"):
        nearest = thresholds.astype(np.float32)
    below = np.nextafter(nearest, np.float32(-np.inf))
    return np.where(nearest > thresholds, below, nearest).astype(np.float64)


def hold_in_32_bits(model: object) -> None:
    """Round the thresholds of a fitted tree ensemble down; other models stay as they are."""
    if isinstance(model, _BOOSTED):
        for stage in model._predictors:
            for tree in stage:
                tree.nodes["num_threshold"] = floor32(tree.nodes["num_threshold"])
    elif isinstance(model, _FORESTS):
        for estimator in model.estimators_:
            estimator.tree_.threshold[:] = floor32(estimator.tree_.threshold)
