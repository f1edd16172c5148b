"""How well one column alone tells the target of rows that it has not seen.

The rows are dealt into two halves; in each, the mean target of every bin of the column is learned
and foretells the other half's. Of classes the strength is Gini's, 2 AUC - 1 (AUC as Mann and
Whitney's probability, ties counting half; of more than two classes the mean over one class against
the others, weighted by rows: Provost and Domingos 2001). Of a number it is the share of its
variance that is explained, R2, by bins or by a straight line, whichever explains more.
"""

import numpy as np

from evergreen.ingest.report.outcome import Outcome
from evergreen.ingest.report.values import Floats, Values, Whole, binned, hashed

_BINS = 64
_ROWS_A_BIN = 20
_SAME_UNIT, _ON_A_LINE = 0.5, 0.98
_PRIOR = 2.0
"""Rows of the overall mean that each bin is thought to hold beside its own."""


def strength(values: Values, target: Outcome) -> float:
    """0 (tells nothing) to 1 (tells all)."""
    rows = len(values)
    if rows < 2 * _ROWS_A_BIN:
        return 0.0
    most = _BINS if values.type != "category" else max(2, rows // _ROWS_A_BIN)
    place, bins = binned(values, max(2, min(most, rows // _ROWS_A_BIN)))
    half = (hashed(rows) & 1).astype(np.int64)
    if target.kind != "number":
        return max(0.0, _gini(place, bins, half, target))
    found = _explained(place, bins, half, target.values[:, 0])
    if values.type != "category":
        found = max(found, _straight(values.numbers, half, target.values[:, 0]))
    return max(0.0, found)


def follows(numbers: Floats, target: Floats) -> bool:
    """Whether a number follows the target on a line, or in the target's own unit, as what is made
    of the target does, while a mere cause of it hardly will."""
    known = ~np.isnan(numbers)
    x, y = numbers[known], target[known]
    if len(x) < _ROWS_A_BIN or not np.ptp(x) or not np.ptp(y):
        return False
    with_same_unit = 1 - float(np.var(y - x)) / float(np.var(y))
    return with_same_unit >= _SAME_UNIT or float(np.corrcoef(x, y)[0, 1]) ** 2 >= _ON_A_LINE


def _gini(place: Whole, bins: int, half: Whole, target: Outcome) -> float:
    total = 0.0
    weights = target.values.sum(axis=0)
    for column, weight in zip(target.values.T, weights, strict=True):
        rows, sums = _by_bin(place, bins, half, column)
        both = [
            _auc(_means(rows[1 - side], sums[1 - side]), rows[side], sums[side]) for side in (0, 1)
        ]
        total += weight * (sum(both) - 1)
    return float(total / weights.sum()) if weights.sum() else 0.0


def _by_bin(place: Whole, bins: int, half: Whole, numbers: Floats) -> tuple[Floats, Floats]:
    """Rows and the sum of ``numbers`` in each bin of either half, shape (2, bins)."""
    cell = place + bins * half
    rows: Floats = np.bincount(cell, minlength=2 * bins).astype(np.float64)
    sums: Floats = np.bincount(cell, numbers, minlength=2 * bins).astype(np.float64)
    return rows.reshape(2, bins), sums.reshape(2, bins)


def _means(rows: Floats, sums: Floats) -> Floats:
    overall = sums.sum() / max(rows.sum(), 1)
    means: Floats = (sums + _PRIOR * overall) / (rows + _PRIOR)
    return means


def _auc(score: Floats, rows: Floats, positives: Floats) -> float:
    """The AUC of bins of one score each."""
    _, place = np.unique(score, return_inverse=True)
    good = np.bincount(place, positives)
    bad = np.bincount(place, rows) - good
    pairs = good.sum() * bad.sum()
    if pairs <= 0:
        return 0.5
    return float((good * (np.cumsum(bad) - bad / 2)).sum() / pairs)


def _explained(place: Whole, bins: int, half: Whole, numbers: Floats) -> float:
    numbers = numbers - numbers.mean()  # squares of a large mean would hide the differences
    rows, sums = _by_bin(place, bins, half, numbers)
    left = float((numbers**2).sum())
    for side in (0, 1):
        mean = _means(rows[1 - side], sums[1 - side])
        left += float((rows[side] * mean**2 - 2 * mean * sums[side]).sum())
    return 1 - left / _spread(numbers)


def _straight(x: Floats, half: Whole, y: Floats) -> float:
    """R2 of a line through the other half's known rows; a missing value has their mean."""
    known = ~np.isnan(x)
    left = 0.0
    for side in (0, 1):
        seen, asked = known & (half != side), known & (half == side)
        if seen.sum() < _ROWS_A_BIN or not np.ptp(x[seen]):
            return 0.0
        middle, level = x[seen].mean(), y[seen].mean()
        slope = ((x[seen] - middle) * (y[seen] - level)).sum() / ((x[seen] - middle) ** 2).sum()
        left += float(((y[asked] - level - slope * (x[asked] - middle)) ** 2).sum())
        rest = y[~known & (half == side)]
        left += float(((rest - level) ** 2).sum())
    return 1 - left / _spread(y)


def _spread(numbers: Floats) -> float:
    return float(((numbers - numbers.mean()) ** 2).sum()) or float("inf")
