"""How often what is answered with a probability comes true, as a curve.

Isotonic regression (Zadrozny and Elkan 2002) of bins that each hold enough of both outcomes: of
single rows it would make every answer surer than it is, and what is estimated with it better. The
probabilities are left as they are unless the curve answers better on rows it was not fitted on.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from evergreen.contracts.expectation import Knots
from evergreen.metrics import Floats, brier

_AS_ANSWERED = Knots((0.0, 1.0), (0.0, 1.0))
_BINS = 32
"""At most so many that hold equally many of each outcome."""
_ROWS = 10
"""Of each outcome in a bin, at least."""
_FOLDS = 5


def calibration(truth: NDArray[Any], answers: Floats) -> tuple[Knots, ...]:
    """The curve of the positive class, or of each of several against the rest.

    Args:
        truth: 1 for the positive class or the class's place, shape (n,).
        answers: probabilities, shape (n,) or (n, k).
    """
    if answers.ndim == 1:
        return (_chosen(truth == 1, answers),)
    return tuple(_chosen(truth == place, each) for place, each in enumerate(answers.T))


def _chosen(came: NDArray[np.bool_], answered: Floats) -> Knots:
    """Folds are runs of neighbours, so that of rows in time a curve must last."""
    fold = np.arange(len(came)) * _FOLDS // len(came)
    apart = np.empty(len(came))
    for each in range(_FOLDS):
        knots = _curve(came[fold != each], answered[fold != each])
        apart[fold == each] = np.interp(answered[fold == each], knots.answered, knots.true)
    better = brier(came, apart) < brier(came, answered)
    return _curve(came, answered) if better else _AS_ANSWERED


def _curve(came: NDArray[np.bool_], answered: Floats) -> Knots:
    edges = np.unique(np.concatenate([_edges(answered[came]), _edges(answered[~came])]))
    if not len(edges):
        return _AS_ANSWERED
    place = np.searchsorted(edges, answered)
    rows = np.bincount(place, minlength=len(edges) + 1)
    filled = rows > 0
    means, shares = (
        np.bincount(place, each, len(rows))[filled] / rows[filled] for each in (answered, came)
    )
    fitted = IsotonicRegression(y_min=0.0, y_max=1.0).fit_transform(
        means, shares, sample_weight=rows[filled]
    )
    return Knots(_rounded(means), _rounded(fitted))


def _edges(answered: Floats) -> Floats:
    bins = min(_BINS, len(answered) // _ROWS)
    if bins < 2:
        return np.empty(0)
    return np.quantile(answered, np.arange(1, bins) / bins, method="inverted_cdf")


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(float(f"{value:.6g}") for value in values)
