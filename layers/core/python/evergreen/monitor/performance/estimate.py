"""The metric on rows whose outcome has not arrived, and how sure that is.

Of classes by CBPE; of numbers by the losses that the hold-out's errors led to expect (NannyML's
DLE). Both know that rows are of another kind, neither that the world became another.
"""

import math

import numpy as np

from evergreen import cbpe
from evergreen.contracts.drift import Measured
from evergreen.contracts.expectation import Expectation
from evergreen.contracts.model_file import LESS_IS_BETTER, Metric
from evergreen.contracts.profile import CategoryProfile, NumberProfile
from evergreen.metrics import Floats
from evergreen.monitor.performance.rows import Rows
from evergreen.skill import perfect

Z = 1.6448536269514722
"""Of the middle 90 % of a normal distribution."""
_MEAN_TO_ROOT = 1.2533141373155001
"""Of a normal error the root of the mean square beside the mean, sqrt(pi / 2)."""
_SMALLEST = 1e-12
_CURVES = ("roc_auc", "average_precision", "accuracy", "macro_f1")


def estimated(expected: Expectation, rows: Rows) -> Measured | None:
    """The metric to expect with the middle 90 % of what may be realised; None without what
    estimates, or without rows."""
    value = point(expected, rows)
    if value is None or not math.isfinite(value):
        return None
    half = Z * deviation(expected, value, len(rows))
    best = perfect(expected.metric)
    if expected.metric in LESS_IS_BETTER:
        return Measured(value, max(value - half, best), value + half, len(rows))
    return Measured(value, value - half, min(value + half, best), len(rows))


def point(expected: Expectation, rows: Rows, share: float | None = None) -> float | None:
    """The metric to expect.

    Args:
        share: of positives that the rows of a binary model are weighted to.
    """
    if not len(rows):
        return None
    if expected.calibration:
        chance = cbpe.chances(expected.calibration, rows.answers)
        return _corrected(expected, cbpe.expected(expected.metric, rows.answers, chance, share))
    if not len(rows.losses):
        return None
    loss = float(rows.losses.mean(dtype=np.float64))
    if expected.metric == "r2":
        whole = outcomes_variance(expected, rows.answers, loss)
        return 1 - loss / whole if whole else math.nan
    return math.sqrt(loss) if expected.metric == "rmse" else loss


def _corrected(expected: Expectation, value: float) -> float:
    """What probabilities that were too unsure or too sure get wrong, they got wrong on the hold-out
    too: a loss by as large a share, another metric by as much."""
    told = expected.estimated
    if told is None or not math.isfinite(told):
        return value
    if expected.metric in _CURVES:
        return min(value + expected.value - told, perfect(expected.metric))
    return value * expected.value / told if told > _SMALLEST else value


def deviation(expected: Expectation, value: float, rows: int) -> float:
    """The standard deviation of what ``rows`` realise about an estimate: the sampling error of so
    many rows (as NannyML, from the hold-out's) and the hold-out's own. A loss that is larger
    varies as much more."""
    scale = 1.0
    if expected.metric not in _CURVES:
        of = _one_minus if expected.metric == "r2" else float
        before = of(expected.value)
        scale = abs(of(value) / before) if before else 1.0
    return scale * standard_error(expected) * math.sqrt(1 + expected.rows / rows)


def standard_error(expected: Expectation) -> float:
    """Of the hold-out's metric."""
    return (expected.high - expected.low) / (2 * Z)


def naive_of(expected: Expectation, rows: Rows, value: float) -> float:
    """The metric of a constant, of rows without outcomes, where ``value`` is the metric to expect.

    Of classes from their probabilities. Of numbers the hold-out's, by how much wider outcomes must
    be: they spread as the answers do, and by the errors.
    """
    if expected.calibration:
        return _of_chances(expected.metric, cbpe.chances(expected.calibration, rows.answers))
    if expected.metric == "r2":
        return 0.0
    before, now = _spread_before(expected), _spread(expected.metric, value, rows.answers)
    return expected.naive * now / before if before else expected.naive


def _of_chances(metric: Metric, chance: Floats) -> float:
    if metric == "roc_auc":
        return 0.5
    shares = np.atleast_1d(chance.mean(axis=0))
    if metric == "average_precision":
        return float(shares[0])
    if len(shares) == 1:
        shares = np.array([1 - shares[0], shares[0]])
    if metric == "log_loss":
        there = shares[shares > 0]
        return float(-np.sum(there * np.log(there)))
    largest = float(shares.max())
    if metric == "accuracy":
        return largest
    return 2 * largest / (1 + largest) / int(np.count_nonzero(shares))


def outcomes_variance(expected: Expectation, answers: Floats, loss: float) -> float:
    """The variance to expect of outcomes, with this mean squared error.

    They spread as the answers do and by the errors, which a good answer leaves unrelated; as far as
    they are related, as they were on the hold-out.
    """
    whole = float(answers.var()) + loss
    before, outcomes = expected.answers, expected.outcomes
    if not isinstance(before, NumberProfile) or not isinstance(outcomes, NumberProfile):
        return whole
    made = before.deviation**2 + (1 - expected.value) * outcomes.deviation**2
    return whole * outcomes.deviation**2 / made if made else whole


def _spread(metric: Metric, value: float, answers: Floats) -> float:
    """The standard deviation of outcomes; of ``poisson_deviance``, whose constant pays the variance
    for each unit of the mean, that."""
    mean = float(answers.mean())
    spread = math.hypot(float(answers.std()), _root(metric, value, mean))
    return _paid(metric, spread, mean)


def _spread_before(expected: Expectation) -> float:
    answers = expected.answers
    if not isinstance(answers, NumberProfile):
        return 0.0
    root = _root(expected.metric, expected.value, answers.mean)
    return _paid(expected.metric, math.hypot(answers.deviation, root), answers.mean)


def _paid(metric: Metric, spread: float, mean: float) -> float:
    return spread**2 / max(mean, _SMALLEST) if metric == "poisson_deviance" else spread


def _root(metric: Metric, value: float, mean: float) -> float:
    """The root of the mean squared error that goes with a loss."""
    if metric == "poisson_deviance":
        return math.sqrt(max(value * mean, 0.0))
    return value if metric == "rmse" else value * _MEAN_TO_ROOT


def _one_minus(value: float) -> float:
    return 1 - value


def positives(expected: Expectation) -> float | None:
    """Share of the hold-out's rows that were of the second, the positive, class."""
    if not isinstance(expected.outcomes, CategoryProfile) or len(expected.calibration) != 1:
        return None
    counts = list(expected.outcomes.counts.values())
    rows = sum(counts)
    return counts[1] / rows if len(counts) == 2 and rows else None
